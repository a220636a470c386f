/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dist - a distribution of durations or sizes, as scenario files name it: "5ms", "exp(5ms)", "pareto(1KB, 1.2)".
 *
 * A row of dist_types[] is one distribution; drawing uses GSL on the caller's stream. Values are in the base unit of what
 * the parameter measures (ns, bytes) and never negative. Parsing is sim/dist_text.c's; a parsed dist holds no pointer but
 * that of a shared table (empirical, choice, zipf), which lives as long as the process.
 */
#ifndef SIM_DIST_H
#define SIM_DIST_H

#include "sim/random.h"

#include <stdbool.h>
#include <stddef.h>

enum { DIST_ARGUMENTS_MAX = 4 };
#define DIST_DRAW_MAX                                                                              \
    0x1p62 /* heavy tails are cut here: 146 years in ns; half of what int64_t holds */

struct dist_table; /* values and weights of empirical(file), cumulative weights of zipf(n, s) */

struct dist {
    uint8_t type; /* index in dist_types[]; 0: constant */
    double arguments[DIST_ARGUMENTS_MAX];
    const struct dist_table *table;
};

struct dist_type {
    const char *name; /* "exp"; NULL ends the table */
    const char *
        arguments; /* one letter each: q quantity of the parameter's unit, n plain number, f file */
    const char *help;
    double (*draw)(const struct dist *self, struct random *random);
    double (*mean)(const struct dist *self); /* INFINITY where there is none */
};
extern const struct dist_type dist_types[];

static inline struct dist dist_constant(double value)
{
    return (struct dist){.arguments = {value}};
}

double dist_draw(const struct dist *self, struct random *random);
double dist_mean(const struct dist *self);
/* True if every draw gives the same value. */
bool dist_is_constant(const struct dist *self);
/* The largest value it can draw; INFINITY if there is none. */
double dist_max(const struct dist *self);

#endif
