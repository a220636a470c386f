/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arena - memory that is given back all at once.
 */
#ifndef SIM_ARENA_H
#define SIM_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks;
};

/* Zeroed, aligned for any object. Running out of memory ends the program. */
void *arena_new(struct arena *self, size_t size);
char *arena_copy(struct arena *self, const char *text, size_t size); /* with a NUL behind */
char *arena_print(struct arena *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *self);

#endif
