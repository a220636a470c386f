/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table - rows of texts in aligned columns, for people.
 *
 * Columns have up to three lines of head: a group that neighbours share, their own name, and a unit. The first columns may
 * be keys: they stand at the left of every part when the table is wider than the room there is, and a key that repeats
 * the one above it is left blank. Width is counted in characters of UTF-8; wide and combining characters are not known.
 */
#ifndef SIM_TABLE_H
#define SIM_TABLE_H

#include "sim/arena.h"

#include <stdbool.h>
#include <stdio.h>

struct table_column {
    const char *group, *name, *unit; /* NULL or "": none */
    bool left;                       /* aligned; else right */
    bool key;                        /* only in front of all that are none */
    bool tight; /* one blank in front of it, no head of its own: belongs to its left neighbour */
};

struct table;

/* Texts are copied. */
struct table *table_new(void);
size_t table_add_column(struct table *self, const struct table_column *column); /* its index */
size_t table_add_row(struct table *self);                                       /* its index */
void table_set(struct table *self, size_t row, size_t column, const char *text);
/* `room`: characters of a line; `colours`: bold heads. */
void table_print(struct table *self, FILE *stream, size_t room, bool colours);
void table_free(struct table *self);

/* Characters of a text as they show; colours (ESC [ ... m) take no room. */
size_t text_width(const char *text);
/* Of the stream's terminal, of $COLUMNS, or 120. */
size_t table_room(FILE *stream);

#endif
