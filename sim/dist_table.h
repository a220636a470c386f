/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dist_table - values with weights, drawn by their cumulative sums; and the numbers of the rows of dist_types[].
 *
 * Tables are interned for the life of the process, so that a struct dist may be copied freely between threads.
 */
#ifndef SIM_DIST_TABLE_H
#define SIM_DIST_TABLE_H

#include "sim/dist.h"

enum {
    DIST_CONSTANT,
    DIST_UNIFORM,
    DIST_EXP,
    DIST_LOGNORMAL,
    DIST_NORMAL,
    DIST_PARETO,
    DIST_WEIBULL,
    DIST_ZIPF,
    DIST_CHOICE,
    DIST_EMPIRICAL
};

/* Copies `count` values and weights (all weights >= 0, one > 0). `text` is what dist_print() will say. */
const struct dist_table *dist_table_new(const double *values, const double *weights, size_t count,
                                        const char *text);
/* For tests that make any number of them: no struct dist with a table may be used from then on. */
void dist_table_forget_all(void);
const char *dist_table_text(const struct dist_table *self);
/* Of values and weights: what the text of empirical(file) does not tell. */
uint64_t dist_table_digest(const struct dist_table *self);
double dist_table_draw(const struct dist_table *self, double uniform);
double dist_table_mean(const struct dist_table *self);
double dist_table_min(const struct dist_table *self);
double dist_table_max(const struct dist_table *self);

#endif
