/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explore_report - the progress of a hunt and its end, in words and numbers.
 */
#include "cmd/explore.h"

#include "models/params.h"
#include "sim/scenario_write.h"

#include <inttypes.h>
#include <stdio.h>

void explore_progress(const struct explorer *explorer)
{
    (void)explorer;
}

static void report_tally(const struct tally *tally)
{
    printf("%-13s %" PRIu64 " runs for %" PRIu64 " %s%s, %.1f s, %.0f events a run\n",
           tally->strategy->name, tally->trials, tally->moments, tally->strategy->unit,
           tally->complete ? "" : " (not all)", tally->seconds,
           tally->trials > 0 ? (double)tally->events / (double)tally->trials : 0);
}

static void report_found(const struct counterexample *found)
{
    const struct trial *trial = &found->trial;
    printf("FOUND by %s: %s %s\n      %s\n", found->strategy->name, promises[trial->promise]->name,
           promises[trial->promise]->title, trial->text);
    scenario_write(stdout, &understudy_schema, &found->config, "found", "", NULL);
}

void explore_report(const struct explorer *explorer)
{
    uint64_t trials = 0;
    for (unsigned i = 0; i < explorer->tally_count; i++) {
        report_tally(&explorer->tallies[i]);
        trials += explorer->tallies[i].trials;
    }
    printf("%" PRIu64 " runs in %.1f s, %.0f a second of CPU time\n", trials,
           explorer_seconds(explorer), (double)trials / explorer->cpu_seconds);
    if (explorer->found != NULL)
        report_found(explorer->found);
    else
        printf("no promise was broken\n");
}
