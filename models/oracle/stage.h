/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stage - who is in service, and who has which connections: what the checkers hold the promises against.
 *
 * It follows the hosts' roles, deaths and restarts from outside. A host that comes back has only the connections that were
 * opened since it stood by; older ones are the other host's alone and die with it. That is no promise broken: the promises
 * are for one host lost at a time, and that one had been lost before. Such requests are counted as what they are. When the
 * only host in service is lost, every promise is. A primary that has proposed to serve alone, since its log is stuck, has lost
 * its backup: the other may be out already when it dies, and may not know that nobody came of it.
 */
#ifndef MODELS_ORACLE_STAGE_H
#define MODELS_ORACLE_STAGE_H

#include "models/host/host.h"

enum { STAGE_HOSTS_MAX = 4 };
#define STAGE_NEVER INT64_MAX

/* A server, as its role is seen from outside. */
struct stage_role {
    uint8_t role;    /* enum ft_role */
    bool in_service; /* alive and PRIMARY, BACKUP or SOLO in the newest view */
    bool alone;      /* SOLO */
    bool proposes;   /* PRIMARY, and has told its backup to go */
    uint64_t view;
    int64_t asks_since_ns; /* to be taken in, when it last was out */
    int64_t has_since_ns;  /* it has the connections that clients opened since; STAGE_NEVER: none */
};

struct stage {
    struct simulation *simulation;
    struct host *servers[STAGE_HOSTS_MAX];
    struct stage_role roles[STAGE_HOSTS_MAX];
    unsigned server_count;
    struct host *const *machines; /* the clients' */
    unsigned machine_count;
    struct tcp_address service;
    uint32_t client_window_bytes; /* the largest receive window a client can offer */
    uint64_t log_bytes;           /* memory that a host has for its log */
    int64_t late_ns;              /* liveness: a request ends within this; 0: whenever */
    int64_t disturbed_until_ns;   /* the last time that a fault struck or healed */

    int64_t
        protected_since_ns; /* when the last view with a backup began, for whom replies are logged */
    int64_t
        exposed_before_ns; /* connections opened before may have died with the one host that had them */
    int64_t unprotected_ns; /* for how long new connections have had no backup, up to ... */
    int64_t counted_ns;     /* ... this time */
    int64_t
        reintegration_ns; /* the longest time that a newcomer asked before new connections were both servers' */
    unsigned pairs; /* so far; the first is no reintegration */
    bool paired;
};

void stage_add(struct stage *self, struct host *server);
/* Keeps the roles true: PROPOSAL, ROLE, CRASH and RESTART of a server. To be subscribed before the checkers. */
void stage_note(struct stage *self, const struct notice *notice);
/* A server's processes are gone, and what they had with them, whatever its daemon makes of that. */
void stage_gone(struct stage *self, const struct host *server);
/* Whether the service goes on without this server: another one has what is protected. */
bool stage_survives(const struct stage *self, const struct host *server);
/* For how long new connections had no backup, up to now. */
int64_t stage_unprotected_ns(const struct stage *self);

/* Whether a connection that a client opened then may have died with the only host that had it. */
static inline bool stage_exposed(const struct stage *self, int64_t opened_at_ns)
{
    return opened_at_ns < self->exposed_before_ns;
}

#endif
