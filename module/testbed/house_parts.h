/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * house_parts - what house.c, house_network.c, house_programs.c and house_status.c ask of each other.
 *
 * What returns a bool has said why not in the house's `error` when it returns false.
 */
#ifndef MODULE_TESTBED_HOUSE_PARTS_H
#define MODULE_TESTBED_HOUSE_PARTS_H

#include "module/testbed/house.h"

enum { HOUSE_LOG_PORT = 7080 };                    /* of understudyd */
enum { HOUSE_TRIES = 500, HOUSE_STEP_US = 10000 }; /* patience with what must happen soon */

extern const char *const house_server_names[HOUSE_SERVERS];

/* Sets `error`; always false. */
bool house_fail(struct house *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* house_network.c: machines come with their cables, without programs. */
bool house_build_exchange(struct house *self);
bool house_build_client(struct house *self);
bool house_build_server(struct house *self, unsigned index);
/* The service's address, where no daemon sets it. */
bool house_set_address(struct house *self, unsigned index);
/* Takes the exchange's end of a dead server's cables out, which the kernel does when it gets round to it. */
void house_unplug(struct house *self, unsigned index);

/* house_programs.c */
bool house_draw_key(struct house *self);
bool house_start_httpd(struct house *self, unsigned index);
/* `options`: more of them, between blanks, or NULL. Returns when it answers: then it has set the service's address. */
bool house_start_daemon(struct house *self, unsigned index, const char *options);

/* house_status.c */
/* Whether a server's /run may be looked into. */
void house_set_present(struct house *self, unsigned index, bool present);
bool house_await_daemon(struct house *self, unsigned index);
/* Until every server has the role that it is to begin with. */
bool house_await_ready(struct house *self);
/* All that a server's programs have said, to stderr. */
void house_tell_log(struct house *self, unsigned index);

#endif
