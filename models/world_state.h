/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world_state - what a world is made of, and what world.c, server.c, faults.c and measures.c ask of each other.
 */
#ifndef MODELS_WORLD_STATE_H
#define MODELS_WORLD_STATE_H

#include "models/host/kernel_path.h"
#include "models/host/replica.h"
#include "models/oracle/promise.h"
#include "models/scheme.h"
#include "models/web/apache.h"
#include "models/web/client.h"
#include "models/web/message_path.h"
#include "models/world.h"

enum { WORLD_SERVERS_MAX = 2, WORLD_PROMISES = 8 };
enum { SERVER_PRIMARY, SERVER_BACKUP }; /* indices of the servers by what they begin as */

/* A server host and the software on it. */
struct server {
    struct host host;
    struct apache *apache; /* what faces the clients; NULL while the host is dead */
    struct apache *behind; /* the unchanged server behind a proxy; NULL: there is no proxy */
    struct message_path *message_path;
    struct kernel_path *kernel_path;
    struct replica *replica;
    enum ft_role role;
    uint64_t log_peak;
};

/* One fault of the config, waiting or at work. */
struct fault_watch {
    struct observer observer;
    struct event strike, heal;
    struct world *world;
    const struct fault *fault;
    const struct server *hit; /* by an impairment of one server's cables */
    struct host *pauses;      /* the host that it keeps paused; NULL: none */
    uint64_t pauses_epoch;    /* that host's, when it struck */
    int64_t seen;
    bool struck, impairs, cuts; /* cuts: the path is cut */
};

/* Accounts at the beginning of the measured time. */
struct baseline {
    struct cpu_account account;
    int64_t busy_ns;
};

struct measures {
    struct observer observer;
    struct baseline baselines[WORLD_SERVERS_MAX];
    struct moments log_wait_s;
    uint64_t reexecuted, takeovers, unprotected;
    int64_t since_ns, until_ns;
    bool on;
};

/* Somebody who sees every packet as it is put on a link; its number is fates.packets. */
struct packet_watch {
    void (*sent)(struct packet_watch *self, const struct link *link, const struct packet *packet,
                 const struct link_fate *fate);
};

enum world_phase { PHASE_BEGINS, PHASE_WARMS_UP, PHASE_MEASURES, PHASE_DRAINS, PHASE_OVER };

struct world {
    const struct config *config;
    const struct scheme *scheme;
    struct simulation simulation;
    struct packet_pool *packets;
    struct exchange_pool *exchanges;
    struct notice_board notices;
    struct lan *service_lan, *log_lan;
    struct tcp_profile tcp;
    struct host_costs free_costs;
    struct server servers[WORLD_SERVERS_MAX];
    unsigned server_count;
    struct host *machines; /* the clients' */
    struct host **machine_list;
    unsigned machine_count;
    struct tcp_address service;
    struct client_group *clients;
    struct stage stage;
    struct observer roles; /* keeps the stage and host views true */
    struct promise promises[WORLD_PROMISES];
    unsigned promise_count;
    struct fault_watch faults[CONFIG_FAULTS_MAX];
    struct link_fates fates;    /* numbers all packets of the world */
    struct packet_watch *watch; /* NULL: nobody wants to see them all */
    struct measures measures;
    uint64_t faults_struck;
    uint64_t incarnations; /* of servers, drawn so far */
    enum world_phase phase;
    int64_t mark_ns;       /* when the phase, or its present part, ends */
    int64_t end_ns;        /* of the drain */
    uint64_t events_limit; /* of the present world_run_events() */
    int64_t batches;       /* measured so far */
};

/* server.c */
/* All hosts of a service share it; in the real world it is configured. */
extern const struct ft_key server_key;
/* OUT: it asks to be taken in. */
void server_start(struct world *world, struct server *self, enum ft_role role);
/* The host dies: everything on it is gone. */
void server_crash(struct world *world, struct server *self);
/* The processes of its server die (kill -9); its kernel lives, closes their connections and tells the daemon. */
void server_kill(struct world *world, struct server *self);
/* The host's part in the service has ended: it stays up, and silent. */
void server_retire(struct world *world, struct server *self);
struct server *world_server_of(struct world *world, const struct host *host);
/* Who is primary (or serves alone), who is backup, now; NULL: nobody. */
struct server *world_speaker(struct world *world);
struct server *world_backup(struct world *world);

/* faults.c */
/* Whether another server is in service, so that the service must go on if this one dies. */
bool world_survives_without(const struct world *world, const struct server *server);
void faults_start(struct world *world);
/* The config has one fault more than when the world began. */
void faults_start_last(struct world *world);
/* Those that are due after a number of events: the next such number (UINT64_MAX: none is left); strike. */
uint64_t faults_next_event(const struct world *world);
void faults_strike_at_event(struct world *world);
/* The world is not what it was: from `until_ns` on, liveness is judged anew. */
void faults_disturb(struct world *world, int64_t until_ns, enum stall_victim victim);

/* impairment.c: a fault begins to spoil cables, of `hit` if it is one server's, or ends to do so. */
void impairment_begins(struct fault_watch *self, const struct server *hit);
void impairment_ends(struct fault_watch *self);

/* fates.c: before the first packet is sent. */
void fates_init(struct world *world);
/* The config's faults are others than before. */
void fates_expect(struct world *world);
/* From the next packet on; NULL: nobody any more. */
void fates_watch(struct world *world, struct packet_watch *watch);

/* measures.c */
void measures_start(struct world *world);
void measures_begin(struct world *world);
void measures_end(struct world *world);
void measures_report(struct world *world, struct results *results);

#endif
