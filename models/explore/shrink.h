/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shrink - cuts a counterexample to the fewest faults, clients, requests and bytes that still break the same promise.
 *
 * Delta debugging (Zeller and Hildebrandt, TSE 2002) over the list of faults, then one parameter after the other towards its
 * default or the smallest value, again and again until nothing helps. Random impairments are first turned into what they did
 * to single packets, so that these can be taken away one by one. Faults that strike after a number of events mean something
 * else once the run has changed before them: they are aimed anew, at every crash point of the smaller run.
 */
#ifndef MODELS_EXPLORE_SHRINK_H
#define MODELS_EXPLORE_SHRINK_H

#include "models/explore/explorer.h"

struct shrink_settings {
    const struct config *base; /* the scenario: where parameters go if not to their defaults */
    uint64_t trials_max, events_max; /* as much work as it is worth */
    const atomic_int *stop;          /* not 0: it is small enough; may be NULL */
};

/* Makes `found` as small as it can. Returns how many trials that took. */
uint64_t shrink(struct counterexample *found, const struct shrink_settings *settings);

#endif
