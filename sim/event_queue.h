/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * event_queue - the pending events of one simulation: a radix heap of intrusive lists, 64 slots of eight lists a level.
 *
 * A simulation never schedules into its past, so the queue is monotone and needs no comparisons between distant events.
 * Let `base_ns` be a time that no pending event precedes. An event is filed by the highest 6-bit digit in which its time
 * differs from base_ns (digits begin at bit 3): the level is the digit's place, the slot its value, and the three bits below
 * choose one of the slot's eight lists. Hence every list of a level comes before every later one of it and before all
 * higher levels, and bitmaps find the first one in three instructions. A list with few events is searched where it is; if
 * it is longer, base_ns moves to its slot's start and the slot is dealt out to lower levels, its eight lists in turn, so
 * that the cache misses of a list overlap with those of the others. An event is dealt out at most once a level, in
 * practice twice.
 *
 * Events of one time are always in one and the same list, appended in the order of their scheduling and dealt out in list
 * order, which is why no order counter is needed. The queue holds pointers into itself: it must not move.
 */
#ifndef SIM_EVENT_QUEUE_H
#define SIM_EVENT_QUEUE_H

#include "sim/event.h"

enum {
    EVENT_QUEUE_LIST_BITS = 3,
    EVENT_QUEUE_LISTS = 8, /* of a slot */
    EVENT_QUEUE_DIGIT_BITS = 6,
    EVENT_QUEUE_SLOTS = 64,
    EVENT_QUEUE_LEVELS = 10,
};

struct event_list {
    struct event *first; /* of no use unless the list's bit is set */
    struct event **tail; /* where the next event goes: &first, if there is none */
};

struct event_queue {
    int64_t base_ns;
    uint64_t levels;                                      /* bit l: level l has an event */
    uint64_t slots[EVENT_QUEUE_LEVELS];                   /* bit s: that slot has an event */
    uint8_t lists[EVENT_QUEUE_LEVELS][EVENT_QUEUE_SLOTS]; /* bit i: that list has an event */
    struct event_list list[EVENT_QUEUE_LEVELS][EVENT_QUEUE_SLOTS][EVENT_QUEUE_LISTS];
};

void event_queue_init(struct event_queue *self);
/* `event` is idle and event->at_ns is set, not before the time of the last event taken. */
void event_queue_insert(struct event_queue *self, struct event *event);
void event_queue_remove(struct event_queue *self, struct event *event);
/* Removes and returns the first event if it is not after `until_ns`; NULL otherwise. After NULL, events may be inserted
 * at until_ns or later if any event is left, at any time from the last one taken if none is. */
struct event *event_queue_take(struct event_queue *self, int64_t until_ns);

/* A time that no pending event precedes: the first one's own, if few are pending near it. INT64_MAX: none is pending. */
int64_t event_queue_not_before(const struct event_queue *self);

static inline bool event_queue_empty(const struct event_queue *self)
{
    return self->levels == 0;
}

#endif
