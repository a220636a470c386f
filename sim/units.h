/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * units - values of results for readers: "12.3 ms", "5.93 MB/s", "72.4 %".
 *
 * Units are those of metrics: s, bytes, bytes/s, cycles, requests/s, 1 (a fraction, shown in %), and counts of anything
 * else. A column of values gets one scale and one number of decimals, so that its numbers can be compared at a glance.
 */
#ifndef SIM_UNITS_H
#define SIM_UNITS_H

#include "sim/stats.h"

#include <stdbool.h>
#include <stddef.h>

/* What a value is divided by, and the name of what it then is. */
struct unit_scale {
    double factor;
    char name[16];
};
/* The scale in which a value of this magnitude is between 1 and 1000. A NULL unit: a plain number. */
struct unit_scale unit_scale(const char *unit, double magnitude);
/* One value with its unit, to `digits` significant digits. Returns what snprintf returns. */
int unit_print(char *out, size_t room, double value, const char *unit, int digits);

/* How all values of a column are written. */
struct unit_column {
    struct unit_scale scale;
    int decimals;
    bool intervals; /* some value has an interval worth showing */
};
/* Shows `digits` significant digits of the smallest value, as far as the largest then has no more than 5. Values that are not
 * finite have no say. */
struct unit_column unit_column(const char *unit, const struct interval *values, size_t count,
                               int digits);
/* "141.2"; "-" if there is none. */
int unit_column_value(const struct unit_column *self, const struct interval *value, char *out,
                      size_t room);
/* "±0.4": half of the interval; "" where there is none, or it is below the last digit shown. */
int unit_column_half(const struct unit_column *self, const struct interval *value, char *out,
                     size_t room);

#endif
