/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exchange - the truth about one request and about every execution of it.
 *
 * Requests and replies embed their content, so whoever holds a span of their bytes can ask what they belong to: the
 * simulated server "parses" a request by looking at the object behind the bytes once it has read enough of them, a client
 * sees which execution each reply byte came from. What is noted here for the checkers (executions, logged) no model may read
 * to decide anything.
 */
#ifndef MODELS_WEB_EXCHANGE_H
#define MODELS_WEB_EXCHANGE_H

#include "models/net/content.h"
#include <stdbool.h>

enum method { METHOD_GET, METHOD_POST };
enum { EXCHANGE_HOSTS = 4 }; /* servers */
enum {
    REPLY_HEAD_BYTES = 250
}; /* an Apache reply's status line and headers, typical: stated, not measured */

enum outcome {
    OUTCOME_PENDING,
    OUTCOME_RIGHT,
    OUTCOME_LOST, /* no byte of a reply, and the connection broke or the client's time-out passed */
    OUTCOME_CUT,  /* some bytes, not all */
    OUTCOME_MIXED,      /* bytes of more than one execution, or of another request */
    OUTCOME_DUPLICATED, /* more bytes than one reply */
    OUTCOME_LATE,       /* right, but after the liveness bound */
    OUTCOME_ABANDONED,  /* the client changed its mind and closed the connection: nobody's fault */
    OUTCOMES
};

struct exchange_pool;

struct request {
    struct content content; /* head_bytes of header, then the body */
    struct exchange_pool *pool;
    struct request *next; /* of its client */
    uint64_t number;      /* 1, 2, … in the order of the simulation */
    uint32_t client;      /* index */
    uint32_t ordinal;     /* on its connection: 1, 2, … */
    uint32_t head_bytes;
    uint32_t reply_bytes; /* body of the reply that it asks for */
    int64_t service_ns;   /* what a dynamic reply's generation takes beyond its costs; 0: static */
    int64_t sent_at_ns;
    int64_t opened_at_ns;  /* when the client opened the connection that it is on */
    int64_t abandon_at_ns; /* when its client changes its mind; INT64_MAX: never */
    uint8_t method;        /* enum method */
    bool close;            /* the client asked for "Connection: close" */
    /* truth, for the checkers only */
    uint8_t outcome;    /* enum outcome */
    uint8_t executions; /* begun */
    bool logged;        /* a complete reply to it was logged at a backup that was alive then */
    uint32_t logged_lives
        [EXCHANGE_HOSTS]; /* by host id: its epoch + 1 when it was logged there (kept by the checker of P4) */
    bool
        reexecuted_logged; /* it was executed again although its reply was logged at a live host: breaks P4 */
};

struct reply {
    struct content content; /* REPLY_HEAD_BYTES of header, then the body */
    struct exchange_pool *pool;
    struct request *request; /* holds a reference on its content */
    uint64_t nonce;          /* of the execution; unique */
    int64_t executed_at_ns;
    unsigned host;          /* id of the host that executed it */
    bool close;             /* "Connection: close": the server will close after it */
    bool logged;            /* truth: complete in the backup's log at some time */
    bool unprotected;       /* made and released while no backup was there to log it */
    uint32_t segments_sent; /* packets with its payload that left as the service, for triggers */
};

struct exchange_pool *exchange_pool_new(void);
void exchange_pool_free(struct exchange_pool *self);
/* Objects not yet given back, for leak checks. */
uint64_t exchange_pool_live(const struct exchange_pool *self);

/* One reference (of the content) belongs to the caller. */
struct request *request_new(struct exchange_pool *pool, uint32_t head_bytes, uint32_t body_bytes);
struct reply *reply_new(struct exchange_pool *pool, struct request *request, unsigned host);

/* NULL if the content is of another kind. */
struct request *request_of(struct content *content);
struct reply *reply_of(struct content *content);

#endif
