/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * simulation - one simulated world's clock, its event queue, its seed and its trace hook.
 */
#ifndef SIM_SIMULATION_H
#define SIM_SIMULATION_H

#include "sim/event.h"
#include "sim/event_queue.h" /* struct event_queue: the queue's own business */

struct trace; /* sim/trace.h */

struct simulation {
    int64_t now_ns;
    uint64_t seed;
    uint64_t events; /* fired so far */
    uint64_t
        events_limit; /* simulation_run() returns when so many have been fired; UINT64_MAX: no limit */
    bool stopped;
    struct trace *trace; /* NULL: off, at the price of one untaken branch */
    struct event_queue queue;
};

void simulation_init(struct simulation *self, uint64_t seed);
/* Pending events are forgotten, their owners untouched. */
void simulation_fini(struct simulation *self);
/* Fires events up to and including `until_ns`; then now_ns == until_ns unless stopped, limited or out of events earlier.
 * Returns the number of events fired. */
uint64_t simulation_run(struct simulation *self, int64_t until_ns);
/* Makes the running simulation_run() return after the present event. */
void simulation_stop(struct simulation *self);

#endif
