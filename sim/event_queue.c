/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * event_queue - filing, searching and dealing out; the idea is told in the header.
 *
 * Not done: fitting the digits to the distribution at hand. Six bits keep the lists of the levels in use near the
 * processor, and the list ends of one level are few enough to stay there while a long slot is dealt out.
 */
#include "sim/event_queue.h"

#include <string.h>

/* Lists up to this length are searched where they are. */
enum { SEARCHED_MAX = 8 };

/* Where an event is filed. */
struct place {
    unsigned level, slot, list;
};

void event_queue_init(struct event_queue *self)
{
    self->base_ns = 0;
    self->levels = 0;
    memset(self->slots, 0, sizeof self->slots);
    memset(self->lists, 0, sizeof self->lists);
    struct event_list *list = &self->list[0][0][0];
    for (size_t i = 0; i < sizeof self->list / sizeof *list; i++)
        list[i].tail = &list[i].first;
}

static inline struct place place_of(const struct event_queue *self, int64_t at_ns)
{
    uint64_t difference = (uint64_t)at_ns ^ (uint64_t)self->base_ns;
    unsigned highest_bit = 63U - (unsigned)__builtin_clzll(difference | EVENT_QUEUE_LISTS);
    unsigned level = (highest_bit - EVENT_QUEUE_LIST_BITS) / EVENT_QUEUE_DIGIT_BITS;
    unsigned digits = (unsigned)((uint64_t)at_ns >> (level * EVENT_QUEUE_DIGIT_BITS));
    return (struct place){
        .level = level,
        .slot = digits / EVENT_QUEUE_LISTS % EVENT_QUEUE_SLOTS,
        .list = digits % EVENT_QUEUE_LISTS,
    };
}

void event_queue_insert(struct event_queue *self, struct event *event)
{
    struct place place = place_of(self, event->at_ns);
    struct event_list *list = &self->list[place.level][place.slot][place.list];
    unsigned lists = self->lists[place.level][place.slot], bit = 1U << place.list;
    struct event **link = list->tail;
    self->lists[place.level][place.slot] = (uint8_t)(lists | bit);
    self->slots[place.level] |= UINT64_C(1) << place.slot;
    self->levels |= UINT64_C(1) << place.level;
    *link = event;
    event->link = link;
    event->next = NULL;
    list->tail = &event->next;
}

/* Which way branches would go here is chance, and a wrong guess costs more than some arithmetic. */
static inline void clear_slot_if(struct event_queue *self, unsigned level, unsigned slot,
                                 bool empty)
{
    self->slots[level] &= ~((uint64_t)empty << slot);
    self->levels &= ~((uint64_t)(self->slots[level] == 0) << level);
}

static inline void unlink_from(struct event_queue *self, struct event *event, struct place place)
{
    struct event_list *list = &self->list[place.level][place.slot][place.list];
    struct event *next = event->next;
    struct event **link = event->link;
    struct event ***who_points = next != NULL ? &next->link : &list->tail;
    bool empty = next == NULL && link == &list->first;
    uint8_t *lists = &self->lists[place.level][place.slot];
    *link = next;
    *who_points = link;
    event->link = NULL;
    *lists &= (uint8_t) ~((unsigned)empty << place.list);
    clear_slot_if(self, place.level, place.slot, *lists == 0);
}

void event_queue_remove(struct event_queue *self, struct event *event)
{
    unlink_from(self, event, place_of(self, event->at_ns));
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

/* Files the events of a slot anew, from its start: one of each list in turn. */
static void deal_out(struct event_queue *self, unsigned level, unsigned slot, int64_t start_ns)
{
    struct event *events[EVENT_QUEUE_LISTS];
    unsigned count = 0;
    for (unsigned lists = self->lists[level][slot]; lists != 0; lists &= lists - 1) {
        struct event_list *list = &self->list[level][slot][__builtin_ctz(lists)];
        events[count++] = list->first;
        list->tail = &list->first;
    }
    self->lists[level][slot] = 0;
    clear_slot_if(self, level, slot, true);
    self->base_ns = start_ns;
    while (count > 0) {
        for (unsigned i = count; i-- > 0;) {
            struct event *event = events[i];
            events[i] = event->next;
            __builtin_prefetch(events[i], 1);
            if (events[i] == NULL)
                events[i] = events[--count];
            event_queue_insert(self, event);
        }
    }
}

static inline int64_t start_of(int64_t at_ns, unsigned bits)
{
    return (int64_t)((uint64_t)at_ns >> bits << bits);
}

/* The first list that is not empty; there is one. */
static inline struct place first_place(const struct event_queue *self)
{
    struct place place;
    place.level = (unsigned)__builtin_ctzll(self->levels);
    place.slot = (unsigned)__builtin_ctzll(self->slots[place.level]);
    place.list = (unsigned)__builtin_ctz(self->lists[place.level][place.slot]);
    return place;
}

int64_t event_queue_not_before(const struct event_queue *self)
{
    if (self->levels == 0)
        return INT64_MAX;
    struct place place = first_place(self);
    struct event *first = self->list[place.level][place.slot][place.list].first;
    struct event *event = place.level == 0 ? first : search(first);
    return event != NULL ? event->at_ns
                         : start_of(first->at_ns, place.level * EVENT_QUEUE_DIGIT_BITS);
}

struct event *event_queue_take(struct event_queue *self, int64_t until_ns)
{
    while (self->levels != 0) {
        struct place place = first_place(self);
        struct event *first = self->list[place.level][place.slot][place.list].first;
        struct event *event =
            place.level == 0 ? first : search(first); /* level 0: one time a list */
        if (event != NULL) {
            if (event->at_ns > until_ns)
                return NULL;
            unlink_from(self, event, place);
            return event;
        }
        unsigned list_bits = place.level * EVENT_QUEUE_DIGIT_BITS;
        if (start_of(first->at_ns, list_bits) > until_ns)
            return NULL;
        deal_out(self, place.level, place.slot,
                 start_of(first->at_ns, list_bits + EVENT_QUEUE_LIST_BITS));
    }
    return NULL;
}
