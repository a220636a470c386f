/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nearest - edit distance with adjacent transpositions (Damerau, optimal string alignment); near is a third of the letters.
 */
#include "sim/nearest.h"

#include <string.h>

enum { NAME_MAX_BYTES = 64 };

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NAME_MAX_BYTES + 1] = {{0}};
    size_t m = strlen(a), n = strlen(b);
    for (size_t j = 0; j <= n; j++)
        rows[1][j] = j;
    for (size_t i = 1; i <= m; i++) {
        rows[2][0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t cost = a[i - 1] != b[j - 1];
            rows[2][j] = least(rows[1][j] + 1, rows[2][j - 1] + 1, rows[1][j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                rows[2][j] = least(rows[2][j], rows[0][j - 2] + 1, rows[2][j]);
        }
        memcpy(rows[0], rows[1], sizeof rows[0]);
        memcpy(rows[1], rows[2], sizeof rows[0]);
    }
    return rows[1][n];
}

void nearest_init(struct nearest *self, const char *wanted)
{
    size_t letters = strlen(wanted);
    *self = (struct nearest){.wanted = wanted, .distance = letters / 3 + 2};
    if (letters > NAME_MAX_BYTES)
        self->distance = 0;
}

void nearest_offer(struct nearest *self, const char *known)
{
    size_t wanted = strlen(self->wanted), size = strlen(known);
    size_t least_distance = wanted > size ? wanted - size : size - wanted;
    if (least_distance >= self->distance || size > NAME_MAX_BYTES)
        return;
    size_t found = distance(self->wanted, known);
    if (found < self->distance) {
        self->distance = found;
        self->name = known;
    }
}
