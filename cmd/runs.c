/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runs - values over replications.
 */
#include "cmd/runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- order ------------------------------------------------------------------------------------------------------ */

static int host_rank(const char *host)
{
    static const char *const order[] = {"", "primary", "backup", "servers", "busiest"};
    int rank = 0, count = sizeof order / sizeof *order;
    while (rank < count && strcmp(order[rank], host) != 0)
        rank++;
    return rank;
}

static int compare_metrics(const void *left, const void *right)
{
    const struct metric *a = left, *b = right;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1; /* both are of one table */
    int rank = host_rank(a->host) - host_rank(b->host);
    return rank != 0 ? rank : strcmp(a->host, b->host);
}

void runs_order(struct run *runs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct results *results = &runs[i].results;
        if (results->metric_count > 0)
            qsort(results->metrics, results->metric_count, sizeof *results->metrics,
                  compare_metrics);
    }
}

/* --- values ----------------------------------------------------------------------------------------------------- */

struct scenario_runs runs_of(const struct scenario *scenario, const struct run *runs, size_t count)
{
    struct scenario_runs self = {.scenario = scenario};
    for (size_t i = 0; i < count; i++) {
        if (runs[i].scenario != scenario)
            continue;
        if (self.count++ == 0)
            self.runs = &runs[i];
    }
    return self;
}

/* Runs are in order of their points. */
static size_t lower_bound(const struct scenario_runs *self, size_t point)
{
    size_t low = 0, high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (self->runs[middle].point < point)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct run *runs_first(const struct scenario_runs *self, size_t point)
{
    size_t at = lower_bound(self, point);
    return at < self->count && self->runs[at].point == point ? &self->runs[at] : NULL;
}

struct interval runs_value(const struct scenario_runs *self, size_t point, const char *metric,
                           const char *host)
{
    struct moments moments = {0};
    struct interval single = {.mean = NAN, .low = NAN, .high = NAN};
    for (size_t i = lower_bound(self, point); i < self->count && self->runs[i].point == point;
         i++) {
        const struct metric *found = results_find(&self->runs[i].results, metric, host);
        if (found == NULL)
            continue;
        single = found->value;
        moments_add(&moments, found->value.mean);
    }
    return moments.n > 1 ? moments_interval(&moments, 0.95) : single;
}
