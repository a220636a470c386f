/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * branches - runs that differ in one last fault: what they have in common is simulated once.
 *
 * The world lies on a heap of its own (sim/heap.h). Where a run branches off it is put aside, the fault is added, the run goes
 * on to its end and is judged, and the world is brought back. What comes out is what trial_run() says of the same config, to the
 * event. docs/explore.md has what that saves, and what fork() would.
 */
#ifndef MODELS_EXPLORE_BRANCHES_H
#define MODELS_EXPLORE_BRANCHES_H

#include "models/explore/coverage.h"

struct branch {
    uint64_t event;     /* so many events have fired when it leaves the common run */
    struct fault fault; /* that strikes later only: after this event, or at a packet not sent yet */
    uint64_t moments;   /* the caller's */
};

struct branches {
    const struct config *config; /* the common run's, with room for another fault */
    uint64_t seed;
    const struct branch *list; /* in order of their events */
    size_t count;
    struct coverage *coverage;
    void *context;
    /* A branch's run is over; true: that was enough. */
    bool (*done)(void *context, const struct branch *branch, const struct config *config,
                 const struct trial *trial);
};

void branches_run(const struct branches *self);

#endif
