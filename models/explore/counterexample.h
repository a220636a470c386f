/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * counterexample - a run that breaks a promise, as a scenario file of its own: `run`, `trace` and `explore --replay` all play it.
 *
 * The file notes (under `found:`) which version found it in which scenario, what broke, and a digest of everything that
 * happened. Its faults may be numbers of events and packets, which mean something else in another version: a replay says so
 * instead of playing something else.
 */
#ifndef MODELS_EXPLORE_COUNTEREXAMPLE_H
#define MODELS_EXPLORE_COUNTEREXAMPLE_H

#include "models/explore/trial.h"
#include "sim/scenario.h"

struct strategy;

struct counterexample {
    struct config config;
    uint64_t seed;
    struct trial trial;
    int promise; /* that it is about: the first that breaks, or the one that was hunted for */
    const struct strategy *strategy; /* that found it */
};

/* Where it was found. */
struct origin {
    const char *version;
    const struct scenario *scenario;
    size_t point;
};

/* Writes the file, whole or not at all. False, with errno, if that failed. */
bool counterexample_write(const struct counterexample *self, const struct origin *origin,
                          const char *path);

enum replay_result {
    REPLAY_SAME,     /* the promise breaks as noted, and everything else is as it was */
    REPLAY_HOLDS,    /* no promise is broken now */
    REPLAY_DIFFERS,  /* something is broken, but it is not the run that was noted */
    REPLAY_NO_NOTES, /* not a counterexample's file */
    REPLAY_VERSION,  /* of another version */
    REPLAY_SCENARIO, /* of another scenario, or the scenario has changed since */
};

/* Plays a file again. `self` gets what came out of it, unless it could not be played (the last three). */
enum replay_result counterexample_replay(struct counterexample *self, const struct scenario *file,
                                         const struct origin *origin);

#endif
