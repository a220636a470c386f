/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary - puts tables, rows, judgements and a pointer to the database in order.
 */
#include "cmd/summary.h"

#include "cmd/grid.h"
#include "cmd/judgement.h"
#include "cmd/style.h"
#include "cmd/tables.h"
#include "models/params.h"

#include <stdlib.h>
#include <string.h>

bool summary_knows_metrics(const char *list, char *wrong, size_t room)
{
    if (strcmp(list, "all") == 0)
        return true;
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        snprintf(wrong, room, "%.*s", (int)strcspn(at, ","), at);
        const struct metric_type *type = understudy_metrics;
        while (type->name != NULL && strcmp(type->name, wrong) != 0)
            type++;
        if (type->name == NULL)
            return false;
    }
    return true;
}

/* --- for programs ----------------------------------------------------------------------------------------------- */

static void print_rows(const struct summary *self, struct report *report,
                       const struct scenario *scenario)
{
    struct scenario_runs runs = runs_of(scenario, self->runs, self->run_count);
    for (size_t p = 0; p < scenario->point_count; p++) {
        const struct run *run = runs_first(&runs, p);
        for (size_t m = 0; run != NULL && m < run->results.metric_count; m++) {
            const struct metric *metric = &run->results.metrics[m];
            if (self->metrics != NULL && !grid_lists(self->metrics, metric->type->name))
                continue;
            struct report_row row = {
                .run = run->id,
                .scenario = scenario->name,
                .backend = self->backend,
                .point = scenario->points[p].json,
                .metric = metric->type->name,
                .host = metric->host,
                .unit = metric->type->unit,
                .value = runs_value(&runs, p, metric->type->name, metric->host),
            };
            report_row(report, &row);
        }
    }
}

static void print_all_rows(const struct summary *self)
{
    struct report *report = report_begin(self->format, stdout);
    for (struct scenario *const *at = self->scenarios; *at != NULL; at++)
        print_rows(self, report, *at);
    report_end(report);
    fflush(stdout);
}

/* --- for people ------------------------------------------------------------------------------------------------- */

static unsigned most_replications(const struct summary *self)
{
    unsigned most = 0;
    for (size_t i = 0; i < self->run_count; i++)
        most = self->runs[i].replication >= most ? self->runs[i].replication + 1 : most;
    return most;
}

static void print_tables(const struct summary *self)
{
    struct style style = style_of(stdout);
    bool intervals = false;
    for (struct scenario *const *at = self->scenarios; *at != NULL; at++) {
        struct scenario_runs runs = runs_of(*at, self->runs, self->run_count);
        intervals = tables_print(&runs, self->metrics, stdout) || intervals;
    }
    if (!intervals)
        return;
    unsigned replications = most_replications(self);
    printf("%s\u00b1 is half of the 95 %% confidence interval, over ", style.faint);
    if (replications > 1)
        printf("%u replications", replications);
    else
        fputs("the batches of one run (run.batches)", stdout);
    printf("; none is shown below the last digit%s\n\n", style.plain);
}

static void print_database(const struct summary *self)
{
    printf("results: %zu run%s (%zu new) in %s; for example:\n"
           "  sqlite3 -box %s \"SELECT point, metric, host, value, unit FROM result WHERE scenario "
           "= '%s'\"\n",
           self->run_count, self->run_count == 1 ? "" : "s", self->new_count, self->database,
           self->database, (*self->scenarios)->name);
}

bool summary_print(const struct summary *self)
{
    bool for_people = self->format == REPORT_TABLE && !self->quiet;
    FILE *stream = for_people ? stdout : stderr;
    if (for_people)
        print_tables(self);
    else if (!self->quiet)
        print_all_rows(self);
    bool good = judge_promises(self, stream);
    good = judge_expectations(self, stream) && good;
    if (for_people)
        print_database(self);
    return good;
}
