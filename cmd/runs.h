/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runs - the runs of a batch, and what the replications of one point say together.
 */
#ifndef CMD_RUNS_H
#define CMD_RUNS_H

#include "sim/results.h"
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

/* All runs of one scenario, in order of point and replication. */
struct scenario_runs {
    const struct scenario *scenario;
    const struct run *runs;
    size_t count;
};

/* Puts the metrics of every run into the order of the table of metrics and of hosts, whether they were just measured or come from
 * the database. */
void runs_order(struct run *runs, size_t count);
/* The part of a batch's runs that belongs to the scenario. */
struct scenario_runs runs_of(const struct scenario *scenario, const struct run *runs, size_t count);
/* The first run of a point; NULL if there is none. */
const struct run *runs_first(const struct scenario_runs *self, size_t point);
/* A metric at a point: the mean over replications with their 95 % confidence interval, or the one run's own value and interval.
 * A mean of NAN if there is none. */
struct interval runs_value(const struct scenario_runs *self, size_t point, const char *metric,
                           const char *host);

#endif
