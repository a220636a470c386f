/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explore_report - the progress of a hunt and its end, in words and numbers.
 */
#include "cmd/explore.h"
#include "models/explore/swarm.h"
#include "models/params.h"
#include "sim/scenario_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define FIRST_S 2.0
#define TERMINAL_S 0.5
#define LINE_S 30.0

/* --- progress ----------------------------------------------------------------------------------------------------- */

static double shown_s;
static bool shown;

static uint64_t all_trials(const struct explorer *explorer)
{
    uint64_t trials = 0;
    for (unsigned i = 0; i < explorer->tally_count; i++)
        trials += explorer->tallies[i].trials;
    return trials;
}

/* How much longer: what is left of the time, or of the strategy's jobs at the rate so far. */
static double to_go_s(const struct explorer *explorer)
{
    const struct tally *tally = &explorer->tallies[explorer->tally_count - 1];
    double passed_s = explorer_seconds(explorer);
    if (explorer->settings.for_ns > 0)
        return (double)explorer->settings.for_ns / 1e9 - passed_s;
    if (tally->jobs_done == 0)
        return 0;
    double each_s = (passed_s - tally->began_s) / (double)tally->jobs_done;
    return each_s * (double)(tally->jobs - tally->first_job - tally->jobs_done);
}

/* Where its strategy goes on, as options: after a kill -9 nothing else is left. */
static void print_place(FILE *stream, const struct explorer *explorer, const struct tally *tally)
{
    if (tally->strategy == &strategy_swarm)
        fprintf(stream, "--seeds %" PRIu64 "..%" PRIu64, swarm_next_seed(explorer, tally),
                explorer->settings.last_seed);
    else
        fprintf(stream, "--from %zu", tally_next_job(tally));
}

void explore_progress(const struct explorer *explorer)
{
    bool terminal = isatty(STDERR_FILENO);
    double passed_s = explorer_seconds(explorer);
    const struct tally *tally = &explorer->tallies[explorer->tally_count - 1];
    if (passed_s < FIRST_S || passed_s - shown_s < (terminal ? TERMINAL_S : LINE_S))
        return;
    uint64_t trials = all_trials(explorer);
    shown_s = passed_s;
    shown = true;
    fprintf(stderr,
            "%s%s: %" PRIu64 " runs, %.0f a second, %u of %u combinations, %.0f s, about %.0f s to "
            "go; now at ",
            terminal ? "\r\033[K" : "", tally->strategy->name, trials, (double)trials / passed_s,
            coverage_reached(&explorer->coverage), coverage_possible(), passed_s,
            to_go_s(explorer));
    print_place(stderr, explorer, tally);
    fputs(terminal ? "" : "\n", stderr);
    fflush(stderr);
}

void explore_progress_end(void)
{
    if (shown && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    shown_s = 0;
    shown = false;
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

void explore_print_sets(const struct explore_options *options)
{
    for (const char *const *set = options->sets; set != NULL && *set != NULL; set++)
        printf(" --set '%s'", *set);
}

/* The options that decide what a hunt tries. */
static void print_hunt(const struct explorer *explorer, const struct explore_options *options)
{
    const struct explorer_settings *settings = &explorer->settings;
    printf("understudy explore %s", options->file);
    explore_print_sets(options);
    if (settings->seed != 1)
        printf(" --seed %" PRIu64, settings->seed);
    if (settings->promise >= 0)
        printf(" --promise %s", trial_promise(settings->promise)->name);
    if (settings->victim != TARGET_NONE)
        printf(" --victim %s", settings->victim == TARGET_PRIMARY ? "primary" : "backup");
    if (settings->every_moment)
        printf(" --every-moment");
    if (settings->pairs == UINT64_MAX)
        printf(" --pairs all");
    else if (settings->pairs != EXPLORE_PAIRS)
        printf(" --pairs %" PRIu64, settings->pairs);
}

/* The strategy that was ended goes on where it was, those behind it begin. */
static void report_rest(const struct explorer *explorer, const struct explore_options *options)
{
    const struct tally *last = &explorer->tallies[explorer->tally_count - 1];
    if (last->complete || explorer->found != NULL)
        return;
    printf("go on:  ");
    print_hunt(explorer, options);
    printf(" --only %s ", last->strategy->name);
    print_place(stdout, explorer, last);
    putchar('\n');
    if (explorer->settings.only != NULL)
        return;
    for (unsigned i = explorer->tally_count; strategies[i] != NULL; i++) {
        printf("        ");
        print_hunt(explorer, options);
        printf(" --only %s\n", strategies[i]->name);
    }
}

static void report_tally(const struct tally *tally)
{
    printf("%-13s %10" PRIu64 " runs for %" PRIu64 " %s%s", tally->strategy->name, tally->trials,
           tally->moments, tally->strategy->unit, tally->complete ? "" : " (not all)");
    if (tally->stranded > 0)
        printf("; in %" PRIu64 " a client waits for what died with the only host that had it",
               tally->stranded);
    putchar('\n');
}

void explore_report(const struct explorer *explorer, const struct explore_options *options)
{
    if (options->coverage)
        coverage_print(&explorer->coverage, stdout, true);
    for (unsigned i = 0; i < explorer->tally_count && !options->quiet; i++)
        report_tally(&explorer->tallies[i]);
    uint64_t trials = all_trials(explorer);
    if (!options->quiet)
        printf("%" PRIu64 " runs in %.1f s, %.0f per second of CPU time; %u of %u combinations of "
               "situation, event and fault reached%s\n",
               trials, explorer_seconds(explorer), (double)trials / explorer->cpu_seconds,
               coverage_reached(&explorer->coverage), coverage_possible(),
               options->coverage ? "" : " (--coverage lists them)");
    if (explorer->found == NULL)
        printf("no promise was broken\n");
    if (!options->quiet && explorer->tally_count > 0)
        report_rest(explorer, options);
}

void explore_report_found(const struct counterexample *found)
{
    const struct promise_type *promise = trial_promise(found->promise);
    printf("BROKEN  %s %s: %s\n        %s\n", promise->name, promise->title, promise->help,
           found->trial.texts[found->promise]);
    for (int i = 0; i < TRIAL_PROMISES; i++) {
        if ((found->trial.broken >> i & 1) && i != found->promise)
            printf("        also %s %s\n", trial_promise(i)->name, trial_promise(i)->title);
    }
    scenario_write_lists(stdout, &understudy_schema, &found->config);
}
