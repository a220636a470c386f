/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slab - objects of one size, taken and given back all the time.
 *
 * They lie in chunks, each twice as large as the one before up to 64 KB, so that a small world stays small. What was given back
 * last, still in the cache, is taken next. Memory returns to the system with the slab only. Not done: huge pages; for a crowd of
 * 100,000 clients they changed nothing that could be measured.
 */
#ifndef SIM_SLAB_H
#define SIM_SLAB_H

#include <stddef.h>
#include <stdint.h>

struct slab_chunk;

struct slab {
    void *free; /* each begins with a pointer to the next */
    struct slab_chunk *chunks;
    size_t object_bytes;
    uint64_t live; /* taken and not given back */
};

/* Objects have the size of a type whose alignment is at most that of a pointer. */
void slab_init(struct slab *self, size_t object_bytes);
void slab_fini(struct slab *self);
/* Calls `visit` for every object there is, taken or not; one never taken yet is zero behind its first pointer. */
void slab_each(const struct slab *self, void (*visit)(void *object));
void slab_grow(struct slab *self); /* for slab_take() only */

/* As it was given back, or zero if it never was taken, but for a pointer's size at its beginning. */
static inline void *slab_take(struct slab *self)
{
    if (self->free == NULL)
        slab_grow(self);
    void *object = self->free;
    self->free = *(void **)object;
    self->live++;
    return object;
}

static inline void slab_give(struct slab *self, void *object)
{
    *(void **)object = self->free;
    self->free = object;
    self->live--;
}

#endif
