/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * options - what understudyd is told on its command line.
 */
#ifndef MODULE_DAEMON_OPTIONS_H
#define MODULE_DAEMON_OPTIONS_H

#include "module/daemon/daemon.h"

enum options_wish { OPTIONS_SERVE, OPTIONS_STATUS };

/* If something is wrong, or help is wanted, the program ends here, with the reason (exit code 2). To ask for the status takes no more
 * than the control path. */
enum options_wish options_read(struct daemon_settings *settings, int argc, char **argv);

#endif
