/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * testbed_state - what a run is made of, and what testbed.c, strike.c, usage.c and judge.c ask of each other.
 */
#ifndef MODULE_TESTBED_TESTBED_STATE_H
#define MODULE_TESTBED_TESTBED_STATE_H

#include "models/oracle/promise.h"
#include "module/testbed/mason.h"
#include "module/testbed/socket_wire.h"
#include "module/testbed/watch.h"
#include "sim/results.h"

enum { TESTBED_PROMISES = 8 };

struct testbed;

/* One fault of the config, waiting or at work. */
struct strike {
    struct observer observer;
    struct event strike, heal;
    struct testbed *testbed;
    const struct fault *fault;
    int64_t seen;
    bool struck;
    int server; /* that was paused; -1: none */
};

/* CPU time that a server's processes and TC programs have used. */
struct usage {
    int64_t user_ns, kernel_ns, programs_ns;
};

/* What a client took for the reply to a request, for the journal to be held against. */
struct judged {
    uint64_t request, nonce;
    int64_t opened_at_ns; /* its connection; on the run's clock */
    uint8_t outcome;
};

struct testbed {
    const struct config *config;
    const atomic_int *stop;
    struct house house;
    struct mason mason;
    struct watch watch;
    struct simulation clock;
    struct exchange_pool *exchanges;
    struct socket_wire wire;
    struct notice_board notices;
    struct host machine, *machine_list[1];
    struct client_group *clients;
    struct strike strikes[CONFIG_FAULTS_MAX];
    uint64_t faults_struck, crashes;
    bool ending; /* the measured time is over: nothing strikes any more */
    struct usage usage[HOUSE_SERVERS];
    int64_t usage_ns; /* since when; then: for how long */
    int statistics;   /* while it is open the kernel counts how long TC programs run */
    bool measures_programs;
    struct observer judge;
    struct judged *judged;
    size_t judged_count, judged_room;
};

/* strike.c */
/* What of the faults there cannot be for real; NULL: nothing. */
const char *testbed_faults_obstacle(const struct config *config);
void testbed_faults_start(struct testbed *self);
/* Has an event happened that a fault waits for, inside a server or on a cable? To be called often. */
void testbed_faults_look(struct testbed *self);
/* usage.c */
void testbed_usage_begin(struct testbed *self);
void testbed_usage_end(struct testbed *self);
/* judge.c: what clients saw, held against what the servers noted */
void testbed_judge_start(struct testbed *self);
/* One verdict for each of promises[]. */
void testbed_judge(const struct testbed *self, const struct watch *seen,
                   struct verdict verdicts[TESTBED_PROMISES]);
void testbed_report(struct testbed *self, struct results *results);

#endif
