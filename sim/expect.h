/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expect - checks on the metrics of a scenario's points, written in the scenario, deciding the exit code.
 *
 *     goodput[scheme=duplex-mi] >= 1.8 * goodput[scheme=duplex] for clients.reply == 50KB
 *     cpu_utilisation@busiest > 0.95 for clients.reply == 1KB
 *     latency[scheme=duplex] - latency[scheme=unreplicated] grows along clients.reply
 *     requests_lost == 0
 *
 * A term is `metric`, `metric@host`, `metric[param=value, …]`, a number with or without a unit (converted to the base of
 * the results: s, bytes, bytes/s), or max(…), min(…) of terms; + - * / and parentheses. A check holds at every point of
 * the sweep that fulfils its `for` conditions (joined by `and`); [param=value] looks at the point that differs from the
 * present one only there. `grows along` (`falls along`) compares neighbours along one numeric axis, strictly. A check whose
 * terms are nowhere defined fails, aloud. In YAML a check is a text, or a mapping {check:, name:, source:, missed:}.
 */
#ifndef SIM_EXPECT_H
#define SIM_EXPECT_H

#include "sim/arena.h"
#include "sim/results.h"

struct scenario;

struct expect_node; /* the parsed expression */

struct expectation {
    const char *text;
    const char *name;   /* what to call it; NULL: the text */
    const char *source; /* where the bound is from; NULL: not said */
    const char *missed; /* why it is known not to hold; NULL: it has to */
    struct expect_node *root;
};

/* NULL, a message and the place in the text of what is wrong, if it is no check on these metrics and axes. `scenario` needs its
 * axes and points; the expression lives in the arena. */
struct expect_node *expect_parse(const char *text, const struct scenario *scenario,
                                 const struct metric_type *metrics, struct arena *arena, size_t *at,
                                 char *error, size_t room);

/* The value of a metric at a point: the mean over its replications. NAN if it has none. `point` indexes scenario->points. */
struct expect_values {
    double (*value)(const struct expect_values *self, size_t point, const char *metric,
                    const char *host);
};

struct expect_outcome {
    bool holds;
    bool
        moot; /* is not about the points that an override left of the sweep: neither holds nor fails */
    size_t looked; /* comparisons made; 0 never holds */
    double left,
        right; /* of the comparison that is nearest to failing, or failed worst (relative margin) */
    size_t point;                        /* where that was */
    const char *sign;                    /* between them */
    char found[48], bound[48], unit[16]; /* for people: left, right, the unit of both */
    char place[200];                     /* the swept parameters there */
};

/* Every metric that the check looks at; one may come several times. */
void expect_each_metric(const struct expectation *self,
                        void (*take)(void *context, const char *metric), void *context);
void expect_judge(const struct expectation *self, const struct scenario *scenario,
                  const struct expect_values *values, struct expect_outcome *out);

#endif
