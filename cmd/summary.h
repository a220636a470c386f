/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary - what a batch of runs found: rows, promises, expectations.
 */
#ifndef CMD_SUMMARY_H
#define CMD_SUMMARY_H

#include "sim/report.h"
#include "sim/scenario.h"

struct run {
    const struct scenario *scenario;
    size_t point;
    unsigned replication;
    bool done, failed; /* failed: could not be made */
    char id[17];
    int64_t started_at_s;
    double wall_time_s;
    struct results results;
};

/* One row per point, metric and host: the mean over replications, or the one run's own interval. */
void summary_rows(const struct run *runs, size_t count, enum report_format format);
/* Tells of promises and expectations on standard error; true if all that are binding hold. */
bool summary_judge(struct scenario *const *scenarios, const struct run *runs, size_t count,
                   bool quiet);

#endif
