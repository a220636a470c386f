/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wiring - the testbed's hold on its cables: the loader of the TC programs at the exchange's ports, and the memory they share.
 */
#ifndef MODULE_TESTBED_WIRING_H
#define MODULE_TESTBED_WIRING_H

#include "module/testbed/cables.h"
#include "module/testbed/machine.h"

#include <stdbool.h>

struct wiring {
    pid_t loader; /* 0: none */
    int socket;
    struct cables_memory *memory; /* NULL: the programs are not loaded */
};

/* Starts `program` (understudy-cables) in the exchange's network. What it complains about goes to `log`. */
bool wiring_open(struct wiring *self, const struct machine *exchange, const char *program, int log);
void wiring_close(struct wiring *self);
/* The programs on a port of the exchange: it is that cable's from now on, and carries everything. */
bool wiring_attach(struct wiring *self, const char *port, unsigned cable);

#endif
