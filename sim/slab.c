/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slab - its chunks.
 */
#include "sim/slab.h"

#include "sim/bug.h"
#include "sim/memory.h"

enum { CHUNK_BYTES_FIRST = 4096, CHUNK_BYTES_MAX = 65536 };

struct slab_chunk {
    struct slab_chunk *next;
    size_t count; /* objects, which follow */
};

void slab_init(struct slab *self, size_t object_bytes)
{
    assert(object_bytes >= sizeof(void *) && object_bytes % sizeof(void *) == 0);
    *self = (struct slab){.object_bytes = object_bytes};
}

void slab_fini(struct slab *self)
{
    while (self->chunks != NULL) {
        struct slab_chunk *chunk = self->chunks;
        self->chunks = chunk->next;
        memory_free(chunk);
    }
    slab_init(self, self->object_bytes);
}

static inline void *object_at(const struct slab *self, struct slab_chunk *chunk, size_t index)
{
    return (char *)(chunk + 1) + index * self->object_bytes;
}

void slab_each(const struct slab *self, void (*visit)(void *object))
{
    for (struct slab_chunk *chunk = self->chunks; chunk != NULL; chunk = chunk->next) {
        for (size_t i = 0; i < chunk->count; i++)
            visit(object_at(self, chunk, i));
    }
}

/* Twice the last chunk, and at least one object. */
static size_t next_bytes(const struct slab *self)
{
    size_t least = sizeof(struct slab_chunk) + self->object_bytes;
    size_t bytes = CHUNK_BYTES_FIRST;
    if (self->chunks != NULL)
        bytes = 2 * (sizeof(struct slab_chunk) + self->chunks->count * self->object_bytes);
    bytes = bytes < CHUNK_BYTES_MAX ? bytes : CHUNK_BYTES_MAX;
    return bytes > least ? bytes : least;
}

void slab_grow(struct slab *self)
{
    size_t bytes = next_bytes(self);
    struct slab_chunk *chunk = memory_new(bytes);
    chunk->count = (bytes - sizeof *chunk) / self->object_bytes;
    chunk->next = self->chunks;
    self->chunks = chunk;
    for (size_t i = chunk->count; i-- > 0;) {
        void *object = object_at(self, chunk, i);
        *(void **)object = self->free;
        self->free = object;
    }
}
