/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory - from the thread's heap, or from the C library.
 */
#include "sim/memory.h"

#include "sim/heap.h"

#include <string.h>

static _Thread_local struct heap *used;

struct heap *memory_use(struct heap *heap)
{
    struct heap *before = used;
    used = heap;
    return before;
}

void *memory_new(size_t bytes)
{
    return used != NULL ? heap_new(used, bytes) : must(calloc(1, bytes));
}

void memory_free(void *memory)
{
    if (used != NULL)
        heap_free(used, memory);
    else
        free(memory);
}

void *memory_resized(void *memory, size_t old_bytes, size_t new_bytes)
{
    void *resized = memory_new(new_bytes);
    if (memory != NULL)
        memcpy(resized, memory, old_bytes < new_bytes ? old_bytes : new_bytes);
    memory_free(memory);
    return resized;
}

void *memory_grown(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    size_t before = *room;
    *room = before > 0 ? 2 * before : 16;
    return memory_resized(array, before * size, *room * size);
}
