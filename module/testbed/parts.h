/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parts - where what is made for real lies: mod_understudy.so, mod_rehearsal.so, understudyd, understudy-cables.
 */
#ifndef MODULE_TESTBED_PARTS_H
#define MODULE_TESTBED_PARTS_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the folder's path, seen from the running program: beside it as `make module` builds it, or as `make install-module`
 * installs it. False: no part is in either; `out` names the first. */
bool parts_folder(char *out, size_t room);

#endif
