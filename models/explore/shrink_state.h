/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shrink_state - what shrink.c and shrink_faults.c ask of each other.
 */
#ifndef MODELS_EXPLORE_SHRINK_STATE_H
#define MODELS_EXPLORE_SHRINK_STATE_H

#include "models/explore/shrink.h"

struct shrinker {
    const struct shrink_settings *settings;
    struct counterexample *best;
    uint64_t trials, events;
};

/* shrink.c: true if the candidate breaks the same promise first; it is the best then. */
bool shrink_try_exactly(struct shrinker *self, const struct config *candidate);
bool shrink_is_over(const struct shrinker *self);

/* shrink_faults.c */
/* The candidate's numbered faults at other moments, at most so many times. */
bool shrink_aim(struct shrinker *self, const struct config *candidate, unsigned aims);
bool shrink_impairments(struct shrinker *self);
bool shrink_windows(struct shrinker *self);

#endif
