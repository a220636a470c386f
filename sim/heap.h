/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heap - the memory of one simulation in one piece: the whole simulation can be put aside, go on, and be brought back.
 *
 * While a thread uses a heap, memory_new() and memory_free() (sim/memory.h) take from it and give to it. Everything lies at the
 * same addresses again when it is brought back, so pointers inside it hold; what lies outside is not brought back, and must not
 * point at what came later. Memory returns to the system with the heap only. The address sanitizer does not watch inside.
 */
#ifndef SIM_HEAP_H
#define SIM_HEAP_H

#include <stddef.h>

/* Sizes of blocks: a class for each 16 bytes up to 1 KB, then for each power of two. */
enum { HEAP_SMALL = 64, HEAP_CLASSES = HEAP_SMALL + 40 };

/* How much is used; the free blocks below that, by class. */
struct heap_state {
    size_t used;
    void *free[HEAP_CLASSES];
};

struct heap {
    char *bytes;
    struct heap_state state, aside;
    char *copy; /* what was put aside; NULL: nothing */
    size_t copy_room;
};

void heap_init(struct heap *self);
void heap_fini(struct heap *self);
/* Zeroed, aligned for any object. */
void *heap_new(struct heap *self, size_t bytes);
void heap_free(struct heap *self, void *block);
/* A copy of all that is in it is kept, in place of an earlier one. */
void heap_put_aside(struct heap *self);
/* All is as it was when it was put aside; that can be done again and again. */
void heap_bring_back(struct heap *self);

#endif
