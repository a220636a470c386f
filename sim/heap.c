/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heap - a stretch of addresses that is filled from its beginning; what is freed is kept by its size.
 */
#include "sim/heap.h"

#include "sim/bug.h"
#include "sim/memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* Addresses only: pages come with their use. */
#define RESERVED_BYTES ((size_t)4 << 30)
enum { STEP_BYTES = 16, FIRST_LARGE_BIT = 10 };

/* In front of every block. */
struct head {
    alignas(max_align_t) unsigned class;
};

void heap_init(struct heap *self)
{
    *self = (struct heap){0};
    self->bytes = mmap(NULL, RESERVED_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (self->bytes == MAP_FAILED)
        abort();
}

void heap_fini(struct heap *self)
{
    munmap(self->bytes, RESERVED_BYTES);
    free(self->copy);
}

static unsigned class_of(size_t bytes)
{
    size_t steps = (bytes + STEP_BYTES - 1) / STEP_BYTES;
    if (steps < HEAP_SMALL)
        return (unsigned)steps;
    unsigned bit = 64U - (unsigned)__builtin_clzll((uint64_t)bytes - 1);
    return HEAP_SMALL + bit - FIRST_LARGE_BIT;
}

static size_t room_of(unsigned class)
{
    return class < HEAP_SMALL ? (size_t) class * STEP_BYTES
                              : (size_t)1 << (class - HEAP_SMALL + FIRST_LARGE_BIT);
}

static void *take_fresh(struct heap *self, unsigned class)
{
    struct head *head = (struct head *)(self->bytes + self->state.used);
    self->state.used += sizeof *head + room_of(class);
    if (self->state.used > RESERVED_BYTES)
        abort();
    head->class = class;
    return head + 1;
}

void *heap_new(struct heap *self, size_t bytes)
{
    unsigned class = class_of(bytes > 0 ? bytes : 1);
    void *block = self->state.free[class];
    if (block != NULL)
        self->state.free[class] = *(void **)block;
    else
        block = take_fresh(self, class);
    return memset(block, 0, bytes);
}

void heap_free(struct heap *self, void *block)
{
    if (block == NULL)
        return;
    assert((char *)block > self->bytes && (char *)block < self->bytes + self->state.used);
    unsigned class = ((struct head *)block - 1)->class;
    *(void **)block = self->state.free[class];
    self->state.free[class] = block;
}

void heap_put_aside(struct heap *self)
{
    if (self->copy_room < self->state.used) {
        free(self->copy);
        self->copy_room = 2 * self->state.used;
        self->copy = must(malloc(self->copy_room));
    }
    memcpy(self->copy, self->bytes, self->state.used);
    self->aside = self->state;
}

void heap_bring_back(struct heap *self)
{
    memcpy(self->bytes, self->copy, self->aside.used);
    self->state = self->aside;
}
