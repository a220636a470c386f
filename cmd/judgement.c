/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judgement - a line for each promise over all runs, a line for each expectation of each scenario.
 */
#include "cmd/judgement.h"

#include "cmd/style.h"
#include "sim/table.h"
#include "sim/units.h"

#include <stdint.h>
#include <string.h>

enum { PROMISES_MAX = 16, TEXT_MAX = 800 };

enum verdict_kind { VERDICT_FAIL, VERDICT_PASS, VERDICT_SKIP };

static const char *verdict_text(const struct style *style, enum verdict_kind kind)
{
    static char text[3][40];
    static const char *const names[] = {"FAIL", "pass", "skip"};
    const char *colour = kind == VERDICT_FAIL   ? style->bad
                         : kind == VERDICT_PASS ? style->good
                                                : style->faint;
    snprintf(text[kind], sizeof text[kind], "%s%s%s", colour, names[kind], style->plain);
    return text[kind];
}

static const char *count_text(char *out, size_t room, uint64_t count)
{
    struct unit_column whole = {.scale = unit_scale(NULL, 1)};
    unit_column_value(&whole, &(struct interval){.mean = (double)count}, out, room);
    return out;
}

static void add_columns(struct table *table, const struct table_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        table_add_column(table, &columns[i]);
}

static void finish_table(struct table *table, FILE *stream, const struct style *style)
{
    table_print(table, stream, SIZE_MAX, style->colours);
    table_free(table);
}

/* --- promises --------------------------------------------------------------------------------------------------- */

struct tally {
    const char *promise, *title;
    uint64_t checks, violations, told; /* told: violations that bind nobody */
    const struct run *first;
    const char *first_text;
    const char *unchecked; /* why it was not looked at; NULL: it was, or nobody says */
};

static struct tally *tally_of(struct tally *tallies, size_t *used, const struct verdict *verdict)
{
    for (size_t t = 0; t < *used; t++) {
        if (strcmp(tallies[t].promise, verdict->promise) == 0)
            return &tallies[t];
    }
    if (*used == PROMISES_MAX)
        return NULL;
    tallies[*used] = (struct tally){.promise = verdict->promise, .title = verdict->title};
    return &tallies[(*used)++];
}

static size_t tally_verdicts(const struct summary *summary, struct tally *tallies)
{
    size_t used = 0;
    for (size_t i = 0; i < summary->run_count; i++) {
        const struct run *run = &summary->runs[i];
        for (size_t v = 0; v < run->results.verdict_count; v++) {
            const struct verdict *verdict = &run->results.verdicts[v];
            struct tally *tally = tally_of(tallies, &used, verdict);
            if (tally == NULL)
                continue;
            tally->checks += verdict->checks;
            if (verdict->checks == 0 && verdict->first[0] != '\0')
                tally->unchecked = verdict->first;
            *(verdict->binding ? &tally->violations : &tally->told) += verdict->violations;
            if (verdict->binding && verdict->violations > 0 && tally->first == NULL) {
                tally->first = run;
                tally->first_text = verdict->first;
            }
        }
    }
    return used;
}

static enum verdict_kind tally_kind(const struct tally *self)
{
    if (self->checks == 0 && self->unchecked != NULL)
        return VERDICT_SKIP;
    return self->violations == 0 ? VERDICT_PASS : VERDICT_FAIL;
}

static void print_tallies(const struct tally *tallies, size_t count, FILE *stream,
                          const struct style *style)
{
    static const struct table_column columns[] = {{.name = "", .left = true},
                                                  {.name = "promise", .left = true},
                                                  {.name = "checks"},
                                                  {.name = "violations"},
                                                  {.name = "not promised"}};
    struct table *table = table_new();
    bool told = false;
    for (size_t t = 0; t < count; t++)
        told = told || tallies[t].told > 0;
    add_columns(table, columns, told ? 5 : 4);
    for (size_t t = 0; t < count; t++) {
        const struct tally *tally = &tallies[t];
        char name[TEXT_MAX], number[40];
        size_t row = table_add_row(table);
        snprintf(name, sizeof name, "%s %s", tally->promise, tally->title);
        table_set(table, row, 0, verdict_text(style, tally_kind(tally)));
        table_set(table, row, 1, name);
        table_set(table, row, 2, count_text(number, sizeof number, tally->checks));
        table_set(table, row, 3, count_text(number, sizeof number, tally->violations));
        if (told)
            table_set(table, row, 4, count_text(number, sizeof number, tally->told));
    }
    finish_table(table, stream, style);
    for (size_t t = 0; t < count; t++) {
        if (tally_kind(&tallies[t]) == VERDICT_SKIP)
            fprintf(stream, "%s was not checked: %s\n", tallies[t].promise, tallies[t].unchecked);
    }
}

/* The command that shows it again. */
static void print_replay(const struct summary *summary, const struct run *run, FILE *stream)
{
    const struct scenario *scenario = run->scenario;
    const struct scenario_point *point = &scenario->points[run->point];
    fprintf(stream, "     see it again: %s --again --seed %llu", summary->command,
            (unsigned long long)summary->seed);
    for (size_t a = 0; a < scenario->axis_count; a++) {
        if (point->values[a] != NULL)
            fprintf(stream, " --set '%s=%s'", scenario->axes[a].param, point->values[a]);
    }
    fprintf(stream, " %s", scenario->path);
    fprintf(stream, run->replication > 0 ? " (replication %u)\n" : "\n", run->replication);
}

bool judge_promises(const struct summary *summary, FILE *stream)
{
    struct style style = style_of(stream);
    struct tally tallies[PROMISES_MAX];
    size_t used = tally_verdicts(summary, tallies);
    bool good = true;
    if (!summary->quiet && used > 0)
        print_tallies(tallies, used, stream, &style);
    for (size_t t = 0; t < used; t++) {
        const struct tally *tally = &tallies[t];
        if (tally->violations == 0)
            continue;
        good = false;
        fprintf(stream, "%s %s is broken: %s\n", verdict_text(&style, VERDICT_FAIL), tally->promise,
                tally->first_text);
        print_replay(summary, tally->first, stream);
    }
    if (!summary->quiet && used > 0)
        fputc('\n', stream);
    return good;
}

/* --- expectations ----------------------------------------------------------------------------------------------- */

struct lookup {
    struct expect_values values;
    struct scenario_runs runs;
};

static double look_up(const struct expect_values *values, size_t point, const char *metric,
                      const char *host)
{
    const struct lookup *self = (const struct lookup *)values;
    return runs_value(&self->runs, point, metric, host).mean;
}

struct tried {
    size_t held, failed, known, moot; /* known: failed, as the scenario says it does */
};

static void add_line(struct table *table, const struct scenario *scenario,
                     const struct expectation *expectation, const struct expect_outcome *outcome,
                     const struct style *style)
{
    char text[TEXT_MAX];
    size_t row = table_add_row(table);
    table_set(table, row, 0,
              verdict_text(style, outcome->moot    ? VERDICT_SKIP
                                  : outcome->holds ? VERDICT_PASS
                                                   : VERDICT_FAIL));
    table_set(table, row, 1, outcome->found);
    table_set(table, row, 2, outcome->found[0] != '\0' ? outcome->sign : "");
    table_set(table, row, 3, outcome->bound);
    table_set(table, row, 4, outcome->unit);
    snprintf(text, sizeof text, "%s%s",
             outcome->looked > 1 && !outcome->moot && outcome->place[0] != '\0' ? "worst at " : "",
             outcome->place);
    table_set(table, row, 5, text);
    snprintf(text, sizeof text, "%s: %s%s%s%s%s", scenario->name,
             expectation->name != NULL ? expectation->name : expectation->text,
             expectation->source != NULL ? " [" : "",
             expectation->source != NULL ? expectation->source : "",
             expectation->source != NULL ? "]" : "",
             outcome->holds && !outcome->moot && expectation->missed != NULL
                 ? " (and was thought to be missed)"
                 : "");
    table_set(table, row, 6, text);
}

static void try_scenario(const struct summary *summary, const struct scenario *scenario,
                         struct table *table, const struct style *style, struct tried *tried)
{
    struct lookup lookup = {.values = {.value = look_up},
                            .runs = runs_of(scenario, summary->runs, summary->run_count)};
    for (size_t i = 0; i < scenario->expectation_count; i++) {
        const struct expectation *expectation = &scenario->expectations[i];
        struct expect_outcome outcome;
        expect_judge(expectation, scenario, &lookup.values, &outcome);
        bool failed = !outcome.holds && !outcome.moot;
        bool known = failed && expectation->missed != NULL && outcome.looked > 0;
        tried->moot += outcome.moot;
        tried->held += outcome.holds && !outcome.moot;
        tried->failed += failed;
        tried->known += known;
        if (!summary->quiet || (failed && !known))
            add_line(table, scenario, expectation, &outcome, style);
    }
}

/* Why lines are missed, for those of which it is known. */
static void print_reasons(const struct summary *summary, FILE *stream)
{
    for (struct scenario *const *at = summary->scenarios; *at != NULL; at++) {
        struct lookup lookup = {.values = {.value = look_up},
                                .runs = runs_of(*at, summary->runs, summary->run_count)};
        for (size_t i = 0; i < (*at)->expectation_count; i++) {
            const struct expectation *expectation = &(*at)->expectations[i];
            struct expect_outcome outcome;
            expect_judge(expectation, *at, &lookup.values, &outcome);
            if (!outcome.holds && !outcome.moot && expectation->missed != NULL)
                fprintf(stream, "missed, and known to be: %s\n    because %s\n",
                        expectation->name != NULL ? expectation->name : expectation->text,
                        expectation->missed);
        }
    }
}

bool judge_expectations(const struct summary *summary, FILE *stream)
{
    static const struct table_column columns[] = {{.name = "", .left = true},
                                                  {.name = "found"},
                                                  {.name = "", .left = true},
                                                  {.name = "bound"},
                                                  {.name = "", .left = true, .tight = true},
                                                  {.name = "where", .left = true},
                                                  {.name = "expectation", .left = true}};
    struct style style = style_of(stream);
    struct tried tried = {0};
    struct table *table = table_new();
    add_columns(table, columns, sizeof columns / sizeof *columns);
    for (struct scenario *const *at = summary->scenarios; *at != NULL; at++)
        try_scenario(summary, *at, table, &style, &tried);
    bool good = tried.failed == tried.known;
    size_t lines = tried.held + tried.failed + tried.moot;
    if (lines == 0 || (summary->quiet && good)) {
        table_free(table);
        return true;
    }
    finish_table(table, stream, &style);
    if (!summary->quiet) {
        print_reasons(summary, stream);
        fprintf(stream, "%zu expectations: %zu hold, %zu do not", lines, tried.held, tried.failed);
        if (tried.known > 0)
            fprintf(stream, " (%zu of them for a known reason)", tried.known);
        if (tried.moot > 0)
            fprintf(stream, ", %zu not about these points", tried.moot);
        fputs("\n\n", stream);
    }
    return good;
}
