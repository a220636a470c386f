/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * house - the real service that a config describes: machines on switches, Apache, understudyd, modules.
 *
 * Addresses as in the simulated world (models/world.h). Stock Apache for `unreplicated`, modules and daemon on one host for
 * `simplex`, on two for `duplex` and `duplex-mi` (the log on a LAN of its own). A shortage of the machine (no privilege, no
 * kernel support, no Apache) is described in `error`, with the remedy.
 */
#ifndef MODULE_TESTBED_HOUSE_H
#define MODULE_TESTBED_HOUSE_H

#include "core/ft_group.h"
#include "core/ft_role.h"
#include "models/config.h"
#include "models/scheme.h"
#include "module/testbed/machine.h"
#include "module/testbed/trap.h"
#include "module/testbed/wiring.h"

#include <pthread.h>

enum { HOUSE_SERVERS = 2, HOUSE_ERROR_MAX = 600 };

struct house_server {
    struct machine machine;
    uint32_t ip;
    int log;      /* what its programs print */
    bool present; /* its /run may be looked into; under the house's lock */
    bool killed;  /* its server's processes were */
};

struct house {
    const struct config *config;
    const struct scheme *scheme;
    struct machine exchange, client; /* the switches; where the clients are */
    struct house_server servers[HOUSE_SERVERS];
    unsigned server_count;
    char key[40]; /* the hosts' shared one, in hexadecimal */
    pthread_mutex_t lock;
    struct wiring wiring; /* without faults there is none: packets pass as they come */
    int trap_file;
    struct trap *trap; /* in the servers */
    int journal;       /* of executions: struct stamp_execution, appended */
    struct tcp_address service;
    char modules[300]; /* folder of mod_understudy.so and the like, and of understudyd */
    char error[HOUSE_ERROR_MAX];
};

/* What a scheme needs that this program cannot do for real; NULL: nothing. */
const char *house_obstacle(const struct config *config);
/* Builds everything and returns when the service answers. On false house_close() is still to be called. */
bool house_open(struct house *self, const struct config *config);
void house_close(struct house *self);

/* The power fails: cables out, everything dead. */
void house_crash(struct house *self, unsigned server);
/* `kill -9` of the server's processes; the machine and its daemon live. */
void house_kill_server(struct house *self, unsigned server);
/* A dead server's machine is built anew, empty; one whose server was killed gets another one. Either asks to be taken in. Takes some
 * 100 ms; the calling thread must live as long as the machine. */
bool house_restart(struct house *self, unsigned server);
/* A server's understudyd is killed and another one started, with more options (NULL: none); the server's own processes live on. */
bool house_replace_daemon(struct house *self, unsigned server, const char *options);
/* The status that understudyd gives of itself, as JSON; false: nobody answers. Any thread. */
bool house_status(struct house *self, unsigned server, char *out, size_t room);
/* What a server is now, and its status; OUT also if it is dead or does not answer. Any thread. */
enum ft_role house_role(struct house *self, unsigned server, char *status, size_t room);

#endif
