/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary - rows for people and programs, a line per promise, a line per expectation.
 */
#include "cmd/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROMISES_MAX = 16 };

/* --- values over replications ----------------------------------------------------------------------------------- */

static struct interval point_value(const struct run *runs, size_t count,
                                   const struct scenario *scenario, size_t point, const char *name,
                                   const char *host)
{
    struct moments moments = {0};
    struct interval single = {.mean = NAN};
    for (size_t i = 0; i < count; i++) {
        if (runs[i].scenario != scenario || runs[i].point != point)
            continue;
        const struct metric *metric = results_find(&runs[i].results, name, host);
        if (metric == NULL)
            continue;
        single = metric->value;
        moments_add(&moments, metric->value.mean);
    }
    return moments.n > 1 ? moments_interval(&moments, 0.95) : single;
}

static bool stdout_is_terminal(void)
{
    return isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
}

void summary_rows(const struct run *runs, size_t count, enum report_format format)
{
    struct report *report = report_begin(format, stdout, stdout_is_terminal());
    for (size_t i = 0; i < count; i++) {
        const struct run *run = &runs[i];
        if (run->replication > 0)
            continue;
        for (size_t m = 0; m < run->results.metric_count; m++) {
            const struct metric *metric = &run->results.metrics[m];
            struct report_row row = {
                .run = run->id,
                .scenario = run->scenario->name,
                .backend = "sim",
                .point = run->scenario->points[run->point].json,
                .metric = metric->type->name,
                .host = metric->host,
                .unit = metric->type->unit,
                .value = point_value(runs, count, run->scenario, run->point, metric->type->name,
                                     metric->host),
            };
            report_row(report, &row);
        }
    }
    report_end(report);
}

/* --- promises --------------------------------------------------------------------------------------------------- */

struct tally {
    const char *promise, *title;
    uint64_t checks, violations, told; /* told: violations that bind nobody */
    const struct run *first;
    const char *first_text;
};

static size_t tally_verdicts(const struct run *runs, size_t count, struct tally *tallies)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t v = 0; v < runs[i].results.verdict_count; v++) {
            const struct verdict *verdict = &runs[i].results.verdicts[v];
            size_t t = 0;
            while (t < used && strcmp(tallies[t].promise, verdict->promise) != 0)
                t++;
            if (t == PROMISES_MAX)
                continue;
            if (t == used)
                tallies[used++] =
                    (struct tally){.promise = verdict->promise, .title = verdict->title};
            tallies[t].checks += verdict->checks;
            *(verdict->binding ? &tallies[t].violations : &tallies[t].told) += verdict->violations;
            if (verdict->binding && verdict->violations > 0 && tallies[t].first == NULL) {
                tallies[t].first = &runs[i];
                tallies[t].first_text = verdict->first;
            }
        }
    }
    return used;
}

static bool judge_promises(const struct run *runs, size_t count, bool quiet)
{
    struct tally tallies[PROMISES_MAX];
    size_t used = tally_verdicts(runs, count, tallies);
    bool good = true;
    for (size_t t = 0; t < used; t++) {
        const struct tally *tally = &tallies[t];
        if (tally->violations > 0) {
            good = false;
            fprintf(
                stderr,
                "FAIL  %s %s: %llu of %llu checks failed; first in %s %s (replication %u): %s\n",
                tally->promise, tally->title, (unsigned long long)tally->violations,
                (unsigned long long)tally->checks, tally->first->scenario->name,
                tally->first->scenario->points[tally->first->point].json, tally->first->replication,
                tally->first_text);
        } else if (!quiet) {
            fprintf(stderr, "ok    %s %s: %llu checks", tally->promise, tally->title,
                    (unsigned long long)tally->checks);
            if (tally->told > 0)
                fprintf(stderr, " (and %llu failures of schemes that never promised it)",
                        (unsigned long long)tally->told);
            fputc('\n', stderr);
        }
    }
    return good;
}

/* --- expectations ----------------------------------------------------------------------------------------------- */

struct lookup {
    struct expect_values values;
    const struct scenario *scenario;
    const struct run *runs;
    size_t count;
};

static double look_up(const struct expect_values *values, size_t point, const char *metric,
                      const char *host)
{
    const struct lookup *self = (const struct lookup *)values;
    return point_value(self->runs, self->count, self->scenario, point, metric, host).mean;
}

static bool judge_expectations(const struct scenario *scenario, const struct run *runs,
                               size_t count, bool quiet)
{
    struct lookup lookup = {
        .values = {.value = look_up}, .scenario = scenario, .runs = runs, .count = count};
    bool good = true;
    for (size_t i = 0; i < scenario->expectation_count; i++) {
        const struct expectation *expectation = &scenario->expectations[i];
        struct expect_outcome outcome;
        expect_judge(expectation, scenario, &lookup.values, &outcome);
        good = good && outcome.holds;
        if (outcome.holds && quiet)
            continue;
        fprintf(stderr, "%s  %s: %s\n", outcome.holds ? "ok  " : "FAIL", scenario->name,
                expectation->name ? expectation->name : expectation->text);
        fprintf(stderr, "      %s%s%s%s\n", outcome.text, expectation->source ? " [" : "",
                expectation->source ? expectation->source : "", expectation->source ? "]" : "");
    }
    return good;
}

bool summary_judge(struct scenario *const *scenarios, const struct run *runs, size_t count,
                   bool quiet)
{
    fflush(stdout);
    bool good = judge_promises(runs, count, quiet);
    for (; *scenarios != NULL; scenarios++)
        good = judge_expectations(*scenarios, runs, count, quiet) && good;
    return good;
}
