/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * simulation - the loop: take the first event, move the clock to it, fire it.
 */
#include "sim/simulation.h"

#include <string.h>

void simulation_init(struct simulation *self, uint64_t seed)
{
    memset(self, 0, sizeof *self);
    self->seed = seed;
    self->events_limit = UINT64_MAX;
    event_queue_init(&self->queue);
}

void simulation_fini(struct simulation *self)
{
    event_queue_init(&self->queue);
}

uint64_t simulation_run(struct simulation *self, int64_t until_ns)
{
    uint64_t before = self->events;
    self->stopped = false;
    while (!self->stopped && self->events < self->events_limit) {
        struct event *event = event_queue_take(&self->queue, until_ns);
        if (event == NULL) {
            if (!event_queue_empty(&self->queue) && until_ns > self->now_ns)
                self->now_ns = until_ns;
            break;
        }
        self->now_ns = event->at_ns;
        self->events++;
        event->fire(event, self);
    }
    return self->events - before;
}

void simulation_stop(struct simulation *self)
{
    self->stopped = true;
}
