/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch - a thread that follows what the servers are, from outside: it asks their daemons, often after a fault, now and then else.
 *
 * So a fault finds its target without waiting for an answer, and the run knows for how long new connections had no backup, which
 * connections only one host had (models/oracle/stage.h says why that matters), and how full the logs were. Times are CLOCK_MONOTONIC,
 * and late by up to the pause between two questions.
 */
#ifndef MODULE_TESTBED_WATCH_H
#define MODULE_TESTBED_WATCH_H

#include "module/testbed/house.h"

#include <pthread.h>

struct watch_server {
    enum ft_role role;
    uint64_t view;
    int64_t idle_ns; /* when it was last seen not asking to be taken in: dead, or in service */
    uint64_t log_bytes, log_peak; /* as asked: a short peak in between is not seen */
    uint64_t asked;
};

enum { WATCH_PAIRS_MAX = 2048 };
struct watch_pair {
    int64_t from_ns, to_ns; /* to_ns: when it broke, or a fault struck; INT64_MAX: not yet */
};

struct watch {
    struct house *house;
    pthread_t thread;
    pthread_mutex_t lock;
    bool ending, running;
    struct watch_server servers[HOUSE_SERVERS];
    bool paired;
    uint64_t pair_view;
    int64_t paired_ns; /* since when, or when the latest time began */
    int64_t
        exposed_before_ns; /* connections opened before may have died with the only host that had them */
    int64_t unprotected_ns; /* in which there was no pair, so far */
    int64_t counted_ns;
    int64_t disturbed_ns;     /* the latest fault */
    int64_t reintegration_ns; /* the longest */
    unsigned takeovers, pair_count, reintegrations;
    struct watch_pair pairs[WATCH_PAIRS_MAX]; /* the oldest are kept */
};

bool watch_start(struct watch *self, struct house *house);
void watch_end(struct watch *self);
/* A fault strikes, or heals: look closely for a while. `hurts`: what the pair does from now on is nobody's promise. */
void watch_disturbed(struct watch *self, bool hurts);
/* Who is it now; -1: nobody. PRIMARY: whoever speaks for the service. */
int watch_find(struct watch *self, enum ft_role role);
/* Whether both servers are in service, nothing has befallen them since, and both have all connections that were opened since. */
bool watch_protects(struct watch *self, int64_t opened_ns);
/* A copy, for the report. */
struct watch watch_read(struct watch *self);

#endif
