/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report - results as rows for programs: CSV, or JSON with an object a line.
 *
 * Both have the columns of the database's view `result`: run, scenario, backend, point, metric, host, value, unit, ci_low,
 * ci_high, n. A number that is not finite, and an interval that nobody knows, is empty in CSV and null in JSON. Tables for people are the program's (cmd/tables.c).
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

/* Rows may come in any number of calls; begin and end frame them. The format is CSV or JSON. */
struct report;
struct report *report_begin(enum report_format format, FILE *stream);
void report_row(struct report *self, const struct report_row *row);
void report_end(struct report *self);

#endif
