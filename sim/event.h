/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * event - the future of one simulation: things that will happen, in the order in which they will.
 *
 * An event is embedded in the object it belongs to (a timer in a socket, an arrival in a packet), so scheduling allocates
 * nothing and the callback finds its owner with container_of(). Events of one simulation fire in order of time; events of
 * the same time fire in the order in which they were scheduled, always, on every machine: that order comes from queues
 * that are first in, first out, never from a pointer. Time is int64_t nanoseconds since the start of the simulation.
 * There is no global state: any number of simulations may live in one process, one thread each.
 *
 * Costs: schedule and cancel are O(1), fire is O(1) amortised; see bench/ for what that is in nanoseconds.
 */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef container_of
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))
#endif

struct simulation;

/* An event is idle or pending. It must not move or be freed while it is pending. Fields are the queue's own: `at_ns` may
 * be read while the event is pending or fires. */
struct event {
    int64_t at_ns;
    void (*fire)(struct event *self, struct simulation *simulation);
    struct event *next, **link; /* `link`: what points at this event; NULL when idle */
};

/* Prepares an idle event that will call `fire`. The callback may schedule its own event again, or free its owner. */
void event_init(struct event *self, void (*fire)(struct event *, struct simulation *));

/* Schedules at `at_ns`, which must not lie in the past (a bug: asserted). A pending event is moved, with a new place in
 * the order of its new time. */
void event_schedule(struct event *self, struct simulation *simulation, int64_t at_ns);

/* Takes a pending event back; an idle one is left alone. */
void event_cancel(struct event *self, struct simulation *simulation);

static inline bool event_pending(const struct event *self)
{
    return self->link != NULL;
}

#endif
