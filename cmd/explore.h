/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explore - what the parts of `understudy explore` ask of each other.
 */
#ifndef CMD_EXPLORE_H
#define CMD_EXPLORE_H

#include "models/explore/explorer.h"
#include "sim/scenario.h"

enum { EXPLORE_PAIRS = 20000 }; /* unless --pairs says so */

struct explore_options {
    const char *file, *replay, *directory; /* directory: where counterexamples are kept */
    struct explorer_settings settings;
    bool quiet, coverage, no_shrink;
    const char *const *sets; /* what --set and --plant say; NULL-ended */
};

/* explore_report.c: how far it is, on standard error; what was done; what was found. */
void explore_progress(const struct explorer *explorer);
void explore_progress_end(void);
void explore_report(const struct explorer *explorer, const struct explore_options *options);
/* As they were given. */
void explore_print_sets(const struct explore_options *options);
void explore_report_found(const struct counterexample *found);

/* explore_keep.c: makes what was found small, writes it to a file, and says how to see it again. An exit code. */
int explore_keep(struct counterexample *found, const struct explore_options *options,
                 const struct origin *origin);
/* Plays such a file again. An exit code. */
int explore_replay(const struct explore_options *options, const struct scenario *scenario);

#endif
