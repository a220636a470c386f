/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report - results as rows for people (an aligned table) and for programs (CSV, JSON lines).
 *
 * All formats print the same rows with the same columns, those of the database's view `result`: run, scenario, backend,
 * point, metric, host, value, unit, ci_low, ci_high, n. The table is for reading: one line per point and host, metrics as
 * columns, engineering units, the interval's half-width where there is one; it fits the terminal.
 */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include "sim/results.h"

#include <stdio.h>

enum report_format { REPORT_TABLE, REPORT_CSV, REPORT_JSON };
extern const char *const report_format_names[]; /* NULL-ended */

struct report_row {
    const char *run; /* hexadecimal identity */
    const char *scenario, *backend, *point, *metric, *host, *unit;
    struct interval value;
};

/* Rows may come in any number of calls; begin and end frame them (CSV header, table layout). */
struct report;
struct report *report_begin(enum report_format format, FILE *stream, bool colours);
void report_row(struct report *self, const struct report_row *row);
void report_end(struct report *self);

/* "12.3 ms", "5.93 MB/s", "1.20 M": a value in readable units. */
int report_value(char *out, size_t room, double value, const char *unit);

#endif
