/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * event - scheduling and cancelling: the checks around the queue.
 */
#include "sim/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/bug.h"
#include "sim/simulation.h"

void event_init(struct event *self, void (*fire)(struct event *, struct simulation *))
{
    *self = (struct event){.fire = fire};
}

__attribute__((cold, noreturn)) static void fail_past(const struct simulation *simulation,
                                                      int64_t at_ns)
{
    fprintf(stderr,
            "bug: at %" PRId64 " ns (seed %" PRIu64 ", after %" PRIu64
            " events): event scheduled in the past, at %" PRId64 " ns\n",
            simulation->now_ns, simulation->seed, simulation->events, at_ns);
    bug_end();
}

void event_schedule(struct event *self, struct simulation *simulation, int64_t at_ns)
{
    if (__builtin_expect(at_ns < simulation->now_ns, 0))
        fail_past(simulation, at_ns);
    if (event_pending(self))
        event_queue_remove(&simulation->queue, self);
    self->at_ns = at_ns;
    event_queue_insert(&simulation->queue, self);
}

void event_cancel(struct event *self, struct simulation *simulation)
{
    if (event_pending(self))
        event_queue_remove(&simulation->queue, self);
}
