/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * event_queue - filing, searching and dealing out; the idea is told in the header.
 *
 * Not done: shrinking or growing the digits to the distribution at hand. Six bits keep the tables of the levels in use in
 * the first-level cache, and 64 list ends are few enough to stay there too while a long slot is dealt out.
 */
#include "sim/event_queue.h"

#include <string.h>

/* Slots up to this length are searched where they are. */
enum { SEARCHED_MAX = 8 };

void event_queue_init(struct event_queue *self)
{
    memset(self, 0, sizeof *self);
}

static inline unsigned level_of(const struct event_queue *self, int64_t at_ns)
{
    uint64_t difference = (uint64_t)at_ns ^ (uint64_t)self->base_ns;
    return (63U - (unsigned)__builtin_clzll(difference | 1)) / EVENT_QUEUE_DIGIT_BITS;
}

static inline unsigned slot_of(unsigned level, int64_t at_ns)
{
    return (unsigned)((uint64_t)at_ns >> (level * EVENT_QUEUE_DIGIT_BITS)) % EVENT_QUEUE_SLOTS;
}

static inline void append(struct event_queue *self, struct event *event)
{
    unsigned level = level_of(self, event->at_ns);
    unsigned index = slot_of(level, event->at_ns);
    struct event_slot *slot = &self->slot[level][index];
    uint64_t bit = UINT64_C(1) << index;
    struct event **link = self->slots[level] & bit ? slot->tail : &slot->first;
    self->slots[level] |= bit;
    self->levels |= UINT64_C(1) << level;
    *link = event;
    event->link = link;
    event->next = NULL;
    slot->tail = &event->next;
}

static inline void clear_slot(struct event_queue *self, unsigned level, unsigned index)
{
    self->slots[level] &= ~(UINT64_C(1) << index);
    if (self->slots[level] == 0)
        self->levels &= ~(UINT64_C(1) << level);
}

static inline void unlink_from(struct event_queue *self, struct event *event, unsigned level,
                               unsigned index)
{
    struct event_slot *slot = &self->slot[level][index];
    struct event *next = event->next;
    struct event **link = event->link;
    *link = next;
    event->link = NULL;
    if (next != NULL)
        next->link = link;
    else if (link == &slot->first)
        clear_slot(self, level, index);
    else
        slot->tail = link;
}

void event_queue_insert(struct event_queue *self, struct event *event)
{
    append(self, event);
}

void event_queue_remove(struct event_queue *self, struct event *event)
{
    unsigned level = level_of(self, event->at_ns);
    unlink_from(self, event, level, slot_of(level, event->at_ns));
}

/* The earliest event of a list, the first of them if there are several; NULL if the list is too long to search. */
static struct event *search(struct event *first)
{
    struct event *earliest = first;
    struct event *event = first->next;
    for (int length = 1; event != NULL; event = event->next) {
        if (++length > SEARCHED_MAX)
            return NULL;
        if (event->at_ns < earliest->at_ns)
            earliest = event;
    }
    return earliest;
}

static void deal_out(struct event_queue *self, unsigned level, unsigned index, int64_t start_ns)
{
    struct event *event = self->slot[level][index].first;
    clear_slot(self, level, index);
    self->base_ns = start_ns;
    while (event != NULL) {
        struct event *next = event->next;
        __builtin_prefetch(next);
        append(self, event);
        event = next;
    }
}

struct event *event_queue_take(struct event_queue *self, int64_t until_ns)
{
    while (self->levels != 0) {
        unsigned level = (unsigned)__builtin_ctzll(self->levels);
        unsigned index = (unsigned)__builtin_ctzll(self->slots[level]);
        struct event *first = self->slot[level][index].first;
        struct event *event = level == 0 ? first : search(first);
        if (event != NULL) {
            if (event->at_ns > until_ns)
                return NULL;
            unlink_from(self, event, level, index);
            return event;
        }
        unsigned shift = level * EVENT_QUEUE_DIGIT_BITS;
        int64_t start_ns = (int64_t)((uint64_t)first->at_ns >> shift << shift);
        if (start_ns > until_ns)
            return NULL;
        deal_out(self, level, index, start_ns);
    }
    return NULL;
}
