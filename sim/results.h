/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * results - what one run found: metrics with their intervals and histograms, verdicts on promises, or why it failed.
 *
 * A run fills it, the store writes it, nothing else is shared between them. Names of metrics come from the model's
 * NULL-ended table, so that a metric nobody declared cannot be reported (asserted).
 */
#ifndef SIM_RESULTS_H
#define SIM_RESULTS_H

#include "sim/histogram.h"
#include "sim/stats.h"

/* Tables that show a metric unasked: those of scenarios in which nothing breaks, those in which something does. */
enum metric_shown { SHOWN_NOT = 0, SHOWN_STEADY = 1, SHOWN_FAULTS = 2 };

struct metric_type {
    const char *name, *unit, *help; /* a NULL name ends the table */
    bool by_host;
    const char *group, *title; /* heads of its column in tables; NULL: none, the name */
    unsigned shown;            /* of enum metric_shown */
};

struct metric {
    const struct metric_type *type;
    const char *host; /* a literal; "" if not by host */
    struct interval value;
    struct histogram *histogram; /* NULL: none; owned */
};

enum { VERDICT_TEXT_MAX = 240 };
struct verdict {
    const char *promise, *title; /* literals */
    uint64_t checks, violations;
    bool
        binding; /* a violation fails the run; else it is only told (the scheme never promised it) */
    char first[VERDICT_TEXT_MAX];
};

struct results {
    const struct metric_type *types;
    struct metric *metrics;
    size_t metric_count, metric_room;
    struct verdict *verdicts;
    size_t verdict_count, verdict_room;
};

void results_init(struct results *self, const struct metric_type *types);
void results_fini(struct results *self);
/* A single value: nobody knows how far it can be trusted, so its interval is infinite, as in sim/stats.h. */
void results_add(struct results *self, const char *metric, const char *host, double value);
void results_add_interval(struct results *self, const char *metric, const char *host,
                          struct interval value);
/* Attaches a copy of the histogram to a metric already added. */
void results_add_histogram(struct results *self, const char *metric, const char *host,
                           const struct histogram *histogram);
void results_add_verdict(struct results *self, const struct verdict *verdict);
/* NULL if there is none. */
const struct metric *results_find(const struct results *self, const char *metric, const char *host);

#endif
