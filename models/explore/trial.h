/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial - one complete run of a config under its faults, ended as soon as nothing more can happen, and judged.
 *
 * Safety is judged all the way, liveness when the run is over. A run in which a promise breaks goes on to its end, so that all
 * promises that break are known; the one that broke first counts.
 */
#ifndef MODELS_EXPLORE_TRIAL_H
#define MODELS_EXPLORE_TRIAL_H

#include "models/world.h"

/* Indices that stand for promises: of a failure of the program itself (sim/bug.h), and of a run that broke none but had not ended when
 * its own time was up, so that nobody can say whether all that is still under way would have ended. */
enum { TRIAL_BUG = 8, TRIAL_ENDLESS, TRIAL_PROMISES };

struct trial {
    int promise;     /* index in promises[] of the one that broke first; -1: none */
    unsigned broken; /* bit per promise */
    char texts[TRIAL_PROMISES][PROMISE_TEXT_MAX]; /* of those that broke */
    int64_t broken_at_ns, ended_at_ns;
    uint64_t events, packets; /* of the whole run */
    bool quiet;               /* nothing was left to do; otherwise the run's own end came first */
};

/* The promise with this index, or what stands for it. */
const struct promise_type *trial_promise(int index);
/* Somebody who wants to see the world of a trial; any function may be NULL. */
struct trial_watch {
    void (*begins)(struct trial_watch *self, struct world *world);
    /* Fires some events and returns whether the run goes on; NULL: many at a time. */
    bool (*step)(struct trial_watch *self, struct world *world);
    void (*ends)(struct trial_watch *self, struct world *world);
};

/* What most trials do in between: so many events, then a look whether the run is over. */
enum { TRIAL_STRIDE = 32 };

/* `watch` may be NULL. */
void trial_run(struct trial *self, const struct config *config, uint64_t seed,
               struct trial_watch *watch);

/* For those who run a world themselves (branches.c). */
bool trial_goes_on(const struct world *world);
/* The world's run is over: what came out of it. */
void trial_judge(struct trial *self, struct world *world);
/* Calls run(), which fills the trial; a bug in it is what came out, then. */
void trial_attempt(struct trial *self, void (*run)(struct trial *self, void *context),
                   void *context);

#endif
