/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nearest - which of the known names a misspelt one was meant to be.
 */
#ifndef SIM_NEAREST_H
#define SIM_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *wanted;
    const char *name; /* the nearest so far; NULL: none is near */
    size_t distance;
};

void nearest_init(struct nearest *self, const char *wanted);
void nearest_offer(struct nearest *self, const char *known);

#endif
