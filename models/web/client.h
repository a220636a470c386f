/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client - the people who use the service: connections, requests, think times, patience, and what became of each request.
 *
 * Closed loop: a client sends its next request when the last one ended and it has thought. Open loop: requests arrive by
 * themselves, each on a connection of its own. A client classifies every reply byte by byte: right, lost, cut, mixed,
 * duplicated, late. After a failure it opens a new connection and goes on; it does not retry the request (what a retry
 * would do is for the scheme's promise of exactly one reply to make needless).
 */
#ifndef MODELS_WEB_CLIENT_H
#define MODELS_WEB_CLIENT_H

#include "models/host/host.h"
#include "models/web/client_wire.h"
#include "models/web/exchange.h"
#include "sim/dist.h"
#include "sim/histogram.h"
#include "sim/stats.h"

enum client_connection { CONNECTION_PER_REQUEST, CONNECTION_KEEP_ALIVE };
enum client_loop { LOOP_CLOSED, LOOP_OPEN };

struct client_settings {
    int64_t count;                   /* clients (closed loop) */
    int loop;                        /* enum client_loop */
    int connection;                  /* enum client_connection */
    int64_t requests;                /* each client stops after so many; 0: never */
    int64_t requests_per_connection; /* keep-alive: reconnect after so many; 0: never */
    int64_t pipeline;                /* requests in flight on a connection; 1: none are pipelined */
    struct dist think;               /* ns, between the end of a reply and the next request */
    struct dist read_pause;          /* ns, how long arrived bytes lie unread */
    struct dist interval;            /* ns, between arrivals (open loop) */
    double post;                     /* fraction of requests that are POSTs */
    struct dist body;                /* bytes of a POST's body */
    struct dist reply;               /* bytes of a reply's body */
    int64_t reply_max_bytes;         /* larger draws are cut to this */
    struct dist service; /* ns, time a dynamic reply takes beyond its costs; 0: static */
    int64_t head_bytes;  /* of a request */
    int64_t
        timeout_ns;  /* patience: no end of the reply within this is "lost" or "cut"; 0: endless */
    int64_t late_ns; /* the liveness bound: a right reply after this is "late" */
    double abandon;  /* fraction of requests whose client closes the connection before the end */
    struct dist abandon_after; /* ns, from when the request was sent */
    int64_t ports;             /* that a client machine has for its connections */
    int64_t start_spread_ns;   /* clients begin at random within this */
};

struct client_counts {
    uint64_t outcomes[OUTCOMES]; /* by enum outcome; PENDING: in flight now */
    uint64_t reply_bytes;        /* body bytes of right replies */
    uint64_t connections, connections_lost;
};

/* What the batches of the measured period gave; one value a batch each. */
struct client_measures {
    struct moments latency_s, throughput, goodput;
};

struct client_group;

/* `machines` hosts carry the clients in turn; `service` is whom they talk to. Streams are keyed by (seed, client), so every
 * scheme meets the same clients. */
struct client_group *client_group_new(const struct client_settings *settings,
                                      const struct client_wire *wire, struct simulation *simulation,
                                      struct host *const *machines, unsigned machine_count,
                                      struct tcp_address service, struct exchange_pool *exchanges,
                                      struct notice_board *notices);
void client_group_free(struct client_group *self);
void client_group_start(struct client_group *self);
/* No new requests; those in flight go on. */
void client_group_drain(struct client_group *self);
unsigned client_group_in_flight(const struct client_group *self);
/* When the oldest of the connections that are open now was opened; INT64_MAX: none is. */
int64_t client_group_oldest_connection_ns(const struct client_group *self);
/* Since when a client has waited longest, for a reply or for the server to close; INT64_MAX: none waits. Connections opened
 * before `exposed_before_ns` may have died with their only host, and do not count. */
int64_t client_group_oldest_ns(const struct client_group *self, int64_t exposed_before_ns);
/* How many wait on such a connection, and for ever: they have nothing to send that another host would answer with a reset. */
uint32_t client_group_stranded(const struct client_group *self, int64_t exposed_before_ns);
/* Every client but those stranded has had all its requests answered and has closed its connection (closed loop with an end
 * only). */
bool client_group_at_rest(const struct client_group *self, uint32_t stranded);
/* Statistics of what ends from now on (the warm-up is over). Outcome counts are never reset. */
void client_group_measure(struct client_group *self);
/* Ends a batch of the measured period and begins the next one. */
void client_group_batch(struct client_group *self);
/* Nothing that ends from now on is measured. */
void client_group_stop_measuring(struct client_group *self);
/* The run is over: what is still in flight is told as pending. */
void client_group_conclude(struct client_group *self);

const struct client_counts *client_group_counts(const struct client_group *self);
const struct client_measures *client_group_measures(const struct client_group *self);
const struct histogram *
client_group_latency(const struct client_group *self); /* ns, request sent to last reply byte */
enum stall_victim { STALL_PRIMARY, STALL_BACKUP, STALL_OTHER, STALL_VICTIMS };
/* The longest time that any request in flight at or after `since_ns`, when a fault struck, saw no byte arrive on its connection. The
 * next call begins anew. `victim`: whom the fault befell, nobody in particular if OTHER. */
void client_group_watch_stall(struct client_group *self, int64_t since_ns,
                              enum stall_victim victim);
int64_t client_group_stall_ns(const struct client_group *self);
/* For each call of client_group_watch_stall() with this victim (STALL_VICTIMS: with any) the longest of each client's that had any;
 * the caller finishes it. */
void client_group_stalls(const struct client_group *self, enum stall_victim victim,
                         struct histogram *out);

struct results;
/* Latency, throughput, goodput, stalls, outcomes and lost connections, as metrics of a run. */
void client_group_report(const struct client_group *self, struct results *results);

#endif
