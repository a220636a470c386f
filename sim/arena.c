/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arena - a list of blocks, each one object or many small ones.
 */
#include "sim/arena.h"

#include "sim/memory.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16384, ALIGNMENT = alignof(max_align_t) };

struct arena_block {
    struct arena_block *next;
    size_t used, room;
    alignas(max_align_t) char bytes[];
};

void *arena_new(struct arena *self, size_t size)
{
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct arena_block *block = self->blocks;
    if (block == NULL || block->room - block->used < rounded) {
        size_t room = rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES;
        block = must(calloc(1, sizeof *block + room));
        block->room = room;
        block->next = self->blocks;
        self->blocks = block;
    }
    void *object = block->bytes + block->used;
    block->used += rounded;
    return object;
}

char *arena_copy(struct arena *self, const char *text, size_t size)
{
    char *copy = arena_new(self, size + 1);
    memcpy(copy, text, size);
    return copy;
}

char *arena_print(struct arena *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = arena_new(self, (size_t)size + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    return text;
}

void arena_free(struct arena *self)
{
    while (self->blocks != NULL) {
        struct arena_block *block = self->blocks;
        self->blocks = block->next;
        free(block);
    }
}
