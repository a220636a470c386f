/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory - that never runs out: who asks in vain ends the program.
 *
 * What a simulation is made of comes from memory_new(), and so from the heap (sim/heap.h) that its thread uses, if it uses one.
 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stddef.h>
#include <stdlib.h>

struct heap;

static inline void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

/* This thread takes its memory from there from now on; NULL: from the C library. Returns what it used before. */
struct heap *memory_use(struct heap *heap);
/* Zeroed, aligned for any object. */
void *memory_new(size_t bytes);
/* While the thread uses what the memory came from. NULL is left alone. */
void memory_free(void *memory);
/* As realloc(); the new bytes are zero. */
void *memory_resized(void *memory, size_t old_bytes, size_t new_bytes);
/* As grown(), with what is new zeroed. */
void *memory_grown(void *array, size_t count, size_t *room, size_t size);

/* An array of `count` elements of `size` bytes from the C library, with room for one more. What is new is not zeroed. */
static inline void *grown(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room > 0 ? 2 * *room : 16;
    return must(realloc(array, *room * size));
}

#endif
