/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_state - what a client is made of, and what client.c and client_group.c ask of each other.
 */
#ifndef MODELS_WEB_CLIENT_STATE_H
#define MODELS_WEB_CLIENT_STATE_H

#include "models/web/client.h"

struct client {
    struct event wake;     /* start, end of a think time, next arrival */
    struct event reading;  /* bytes have come and lie unread for a while */
    struct event patience; /* the oldest request in flight has waited long enough */
    struct client_group *group;
    struct client *next; /* free list of the open loop */
    struct host *machine;
    void *socket;                 /* the wire's; NULL: none, the next request opens one */
    struct request *first, *last; /* in flight, oldest first; each holds a reference */
    struct request *unsent;       /* the one whose bytes TCP has not taken in full; NULL: none */
    struct reply *reply; /* of the oldest request, so far; a reference; NULL: no byte yet */
    uint32_t unsent_offset, received, in_flight;
    uint32_t index, ordinal; /* ordinal: requests sent on this connection */
    bool resting;
    bool closing;           /* the last request on this connection asked for its close */
    uint64_t sent;          /* requests, ever */
    int64_t opened_at_ns;   /* its connection */
    int64_t progress_at_ns; /* the last byte came, or the first request after a silence was sent */
    int64_t stall_ns;       /* longest silence since the latest fault */
    struct random random;
};

/* Time batches of the measured period, for the confidence intervals. */
struct client_batch {
    int64_t since_ns;
    uint64_t right, bytes;
    struct moments latency;
};

struct client_group {
    struct client_settings settings;
    const struct client_wire *wire;
    struct simulation *simulation;
    struct host *const *machines;
    unsigned machine_count;
    struct tcp_address service;
    struct exchange_pool *exchanges;
    struct notice_board *notices;
    struct client *clients; /* closed loop: an array */
    struct client *idle;    /* open loop: free list; `all` owns them */
    struct client **all;
    uint32_t client_count;
    size_t client_room;
    struct event arrival;
    struct random arrivals;
    bool draining, measuring;
    unsigned in_flight;
    uint32_t resting;       /* closed loop: clients that will do nothing more */
    int64_t stall_since_ns; /* the latest fault; -1: none yet */
    enum stall_victim stall_victim;
    struct histogram stalls[STALL_VICTIMS]; /* of all clients, after each of the faults before it */
    struct client_counts counts;
    struct histogram latency;
    struct client_batch batch;
    struct client_measures measures;
};

/* client.c */
void client_init(struct client *self, struct client_group *group, uint32_t index);
void client_fini(struct client *self);
/* Sends as many requests as pipelining allows; opens a connection if there is none. */
void client_go_on(struct client *self);
/* The wire has news. The last one ends the connection from outside: the wire's object is gone. */
void client_connected(struct client *self);
void client_readable(struct client *self);
void client_writable(struct client *self);
void client_closed(struct client *self, enum tcp_reason reason);

/* If the client waits for the server to close: posts how long already. */
void client_tell_close(const struct client *self);

/* client_group.c: what became of a request. */
void client_group_ended(struct client_group *self, struct client *client, struct request *request,
                        enum outcome outcome);
/* The client has nothing in flight and no connection any more (open loop: it is free again). */
void client_group_rest(struct client_group *self, struct client *client);

#endif
