/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary - what a batch of runs found, for people and for programs: values, promises, expectations, and where it all is.
 */
#ifndef CMD_SUMMARY_H
#define CMD_SUMMARY_H

#include "cmd/runs.h"
#include "sim/report.h"

struct summary {
    struct scenario *const *scenarios; /* NULL-ended */
    const struct run *runs;
    size_t run_count, new_count; /* new: not in the database before */
    const char *backend, *command, *database;
    uint64_t seed;
    enum report_format format;
    const char *metrics; /* what --metrics says; NULL: nothing */
    bool quiet;          /* only what fails */
};

/* In the format `table` everything goes to standard output; else only rows do, and the rest to standard error. True if all that
 * has to hold does. */
bool summary_print(const struct summary *self);

/* False, and the first name that is no metric in `wrong`, if the list ("latency,cycles", "all") has one. */
bool summary_knows_metrics(const char *list, char *wrong, size_t room);

#endif
