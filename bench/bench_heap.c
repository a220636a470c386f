/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_heap - the hold model on the least that a simulator can do with, a plain 4-ary heap: bench_heap PENDING EVENTS.
 *
 * Time, order of scheduling and callback stand in the heap's array. It is no engine: nothing can be cancelled, found or
 * moved; it has no end time and counts nothing. What an engine does beyond it must be worth its price.
 */
#include "bench/hold.h"

struct entry {
    int64_t at_ns;
    uint64_t order;
    void (*fire)(void);
};

static struct hold hold;
static struct entry *heap;
static uint64_t size, scheduled;
static int64_t now_ns;
static int running = 1;

static inline int before(const struct entry *a, const struct entry *b)
{
    return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->order < b->order);
}

static void schedule(int64_t after_ns, void (*fire)(void))
{
    struct entry new = {.at_ns = now_ns + after_ns, .order = scheduled++, .fire = fire};
    uint64_t at = size++;
    while (at > 0 && before(&new, &heap[(at - 1) / 4])) {
        heap[at] = heap[(at - 1) / 4];
        at = (at - 1) / 4;
    }
    heap[at] = new;
}

static uint64_t earliest_child(uint64_t first)
{
    uint64_t end = first + 4 < size ? first + 4 : size, earliest = first;
    for (uint64_t child = first + 1; child < end; child++)
        if (before(&heap[child], &heap[earliest]))
            earliest = child;
    return earliest;
}

static struct entry take(void)
{
    struct entry first = heap[0], last = heap[--size];
    uint64_t at = 0;
    while (4 * at + 1 < size) {
        uint64_t child = earliest_child(4 * at + 1);
        if (!before(&heap[child], &last))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return first;
}

static void fire(void)
{
    schedule(hold_increment_ns(&hold), fire);
    running = hold_count(&hold);
}

int main(int argc, char **argv)
{
    uint64_t pending = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000;
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000000;
    heap = calloc(pending + 1, sizeof *heap);
    if (pending == 0 || heap == NULL) {
        fprintf(stderr, "usage: bench_heap PENDING EVENTS\n");
        return 2;
    }
    hold_init(&hold, pending, count);
    for (uint64_t i = 0; i < pending; i++)
        schedule(hold_increment_ns(&hold), fire);
    while (running) {
        struct entry next = take();
        now_ns = next.at_ns;
        next.fire();
    }
    hold_report(&hold);
    free(heap);
    return 0;
}
