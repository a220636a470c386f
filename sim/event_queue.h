/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * event_queue - the pending events of one simulation: a radix heap of intrusive lists, 64 slots a level.
 *
 * A simulation never schedules into its past, so the queue is monotone and needs no comparisons between distant events.
 * Let `base_ns` be a time that no pending event precedes. An event is filed by the highest 6-bit digit in which its time
 * differs from base_ns: the level is the digit's place, the slot its value. Hence every slot of a level comes before every
 * later slot of it and before all higher levels, and bitmaps find the first one in two instructions. A slot with few
 * events is searched where it is; a longer one moves base_ns to the slot's start and is dealt out to lower levels. An event
 * is dealt out at most once a level, in practice two or three times.
 *
 * Events of one time are always in one and the same list, appended in the order of their scheduling and dealt out in list
 * order, which is why no order counter is needed. The queue holds pointers into itself: it must not move.
 */
#ifndef SIM_EVENT_QUEUE_H
#define SIM_EVENT_QUEUE_H

#include "sim/event.h"

enum { EVENT_QUEUE_DIGIT_BITS = 6, EVENT_QUEUE_SLOTS = 64, EVENT_QUEUE_LEVELS = 11 };

struct event_slot {
    struct event *first;
    struct event **tail; /* valid while the slot's bit is set */
};

struct event_queue {
    int64_t base_ns;
    uint64_t levels;                    /* bit l: level l has an event */
    uint64_t slots[EVENT_QUEUE_LEVELS]; /* bit s: that slot has an event */
    struct event_slot slot[EVENT_QUEUE_LEVELS][EVENT_QUEUE_SLOTS];
};

void event_queue_init(struct event_queue *self);
/* `event` is idle and event->at_ns is set, not before the time of the last event taken. */
void event_queue_insert(struct event_queue *self, struct event *event);
void event_queue_remove(struct event_queue *self, struct event *event);
/* Removes and returns the first event if it is not after `until_ns`; NULL otherwise. After NULL, events may be inserted
 * at until_ns or later if any event is left, at any time from the last one taken if none is. */
struct event *event_queue_take(struct event_queue *self, int64_t until_ns);

static inline bool event_queue_empty(const struct event_queue *self)
{
    return self->levels == 0;
}

#endif
