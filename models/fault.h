/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fault - what a scenario does to its world: a crash, a pause, a cut; when, to whom, for how long.
 *
 * A fault strikes at a time (`at`), or when a protocol event has been seen (`when`, optionally only for one request of one
 * client, one segment of its reply, on one host), and then `after` a further delay. What the explorer has found strikes after
 * a number of the simulation's own events (`event`), or is the fate of one numbered packet (`packet`): exact, but the numbers
 * mean something else as soon as the program changes.
 */
#ifndef MODELS_FAULT_H
#define MODELS_FAULT_H

#include "models/web/client.h"

#include <stdbool.h>
#include <stdint.h>

enum fault_fate { FATE_NONE, FATE_LOST, FATE_DUPLICATED, FATE_CORRUPTED, FATE_LATE };
enum fault_target {
    TARGET_NONE,
    TARGET_PRIMARY, /* whoever is it when the fault strikes */
    TARGET_BACKUP,
    TARGET_LOG_CHANNEL, /* the network path between the two servers that the log channel uses */
    TARGET_CLIENTS,     /* the service LAN's cables of all client machines */
    TARGET_SERVERS,     /* every path between the two servers */
};

/* By value, as scenario files name them; NULL-ended (models/params.c). */
extern const char *const fault_target_names[], *const fault_fate_names[];

struct fault {
    int crash, kill, restart, pause,
        cut; /* enum fault_target; exactly one of the kinds is not TARGET_NONE */
    double loss, duplicate, corrupt, reorder; /* probabilities on `on`'s cables */
    int64_t reorder_delay_ns;
    int on;         /* enum fault_target, of these */
    int fate;       /* enum fault_fate, of one packet */
    int64_t packet; /* its number on the world's links: 1, 2, … */
    int64_t bit;    /* corrupted: which */
    int64_t at_ns;
    int64_t event;   /* strikes when so many events of the simulation have fired; 0: otherwise */
    int when;        /* enum notice_kind; NOTICE_NONE: by time */
    int64_t count;   /* the count-th such event; 1: the first */
    int64_t client;  /* only of this client; -1: any */
    int64_t request; /* only of this ordinal on its connection; 0: any */
    int64_t segment; /* only at this segment (or byte: notice value); 0: any */
    int64_t not_before_ns; /* events before this do not count */
    int64_t after_ns;      /* delay between event and strike */
    int64_t every_ns; /* strikes again after so long, to the end of the measured time; 0: once */
    bool survivable;  /* strikes only while the other server is in service too */
    int64_t
        for_ns; /* pause, cut, loss end by themselves after this; 0: never. How late a packet is */
};

/* Whether it takes a host out of service, if only for a while. */
static inline bool fault_befalls_host(const struct fault *self)
{
    return (self->crash | self->kill | self->pause) != TARGET_NONE;
}

/* Whether it may keep clients waiting: what heals, and what spoils some packets, is not looked at by itself. */
static inline bool fault_hurts(const struct fault *self)
{
    return fault_befalls_host(self) || self->cut != TARGET_NONE;
}

/* Whose it is that clients wait after it. */
static inline enum stall_victim fault_stalls(const struct fault *self)
{
    int victim = self->crash | self->kill | self->pause;
    return victim == TARGET_PRIMARY  ? STALL_PRIMARY
           : victim == TARGET_BACKUP ? STALL_BACKUP
                                     : STALL_OTHER;
}

#endif
