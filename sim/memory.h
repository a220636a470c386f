/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory - that never runs out: who asks in vain ends the program.
 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stddef.h>
#include <stdlib.h>

static inline void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

/* Zeroed, aligned for any object. */
static inline void *memory_new(size_t bytes)
{
    return must(calloc(1, bytes));
}

static inline void memory_free(void *memory)
{
    free(memory);
}

/* An array of `count` elements of `size` bytes, with room for one more. What is new is not zeroed. */
static inline void *grown(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room > 0 ? 2 * *room : 16;
    return must(realloc(array, *room * size));
}

#endif
