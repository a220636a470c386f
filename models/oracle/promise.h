/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * promise - the checkers: one promise each, always on, in every run.
 *
 * A checker listens to notices and looks at the world from outside: at what is really in whose memory, not at what the
 * protocol believes. It counts how often it looked, so that "no violation" can be told from "never looked". Adding one is
 * one file and one line in promises[].
 */
#ifndef MODELS_ORACLE_PROMISE_H
#define MODELS_ORACLE_PROMISE_H

#include "models/oracle/stage.h"
#include "models/web/exchange.h"

enum { PROMISE_TEXT_MAX = 240, PROMISE_PAST_MAX = 64, PROMISE_OFFERS_MAX = 512 };

struct promise;

/* The numbers of a connection that a client has ended. */
struct past_connection {
    const struct host *machine;
    uint32_t own_isn, peer_isn;
    uint16_t port;
};

/* The most that the service has offered on a connection. */
struct offer {
    const struct host *machine;
    uint32_t own_isn;    /* the client's */
    uint32_t ack, right; /* the highest acknowledgement, the farthest right edge of the window */
    uint16_t port;
};

struct promise_type {
    const char *name;  /* "P1" */
    const char *title; /* "acknowledged input survives" */
    const char *help;
    uint32_t kinds; /* the notices it listens to */
    void (*notice)(struct promise *self, const struct notice *notice);
};
extern const struct promise_type *const promises[]; /* NULL-ended */

struct promise {
    struct observer observer;
    const struct promise_type *type;
    const struct stage *stage;
    const struct notice *subject; /* what is being looked at; NULL: nothing */
    uint64_t checks, violations;
    int64_t first_at_ns;
    char first[PROMISE_TEXT_MAX]; /* the first violation, with its simulated time */
    struct {
        uint64_t view;
        unsigned host;
        bool anybody;
        int64_t until_ns[STAGE_HOSTS_MAX];  /* by host id and its own clock: the end of its lease */
    } speaker;                              /* P5's memory */
    uint64_t logged_bytes[STAGE_HOSTS_MAX]; /* P8's: by host id */
    struct {
        struct past_connection connections[PROMISE_PAST_MAX]; /* a ring */
        unsigned count;
    } past;                                  /* P6's */
    struct offer offers[PROMISE_OFFERS_MAX]; /* P6's; of two connections in one place the later's */
};

void promise_init(struct promise *self, const struct promise_type *type, const struct stage *stage);
/* One look: `ok` or not; the text describes what is wrong. */
void promise_check(struct promise *self, bool ok, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
