/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer - the hunt: strategy after strategy deals trials out to all threads, until one breaks a promise or none is left.
 *
 * A strategy is a row of a table: it says how many jobs it has and does one, which is some trials. Jobs are begun in order
 * and those before one with a counterexample are ended, so the counterexample reported, that of the first job with one, does not depend on how many
 * threads there are or how fast they run; only a limit of time makes a hunt end at a place of its own.
 */
#ifndef MODELS_EXPLORE_EXPLORER_H
#define MODELS_EXPLORE_EXPLORER_H

#include "models/explore/branches.h"
#include "models/explore/counterexample.h"

#include <stdatomic.h>

struct crash_points;

struct explorer_settings {
    const struct config *config; /* the scenario, with two servers */
    uint64_t seed;
    unsigned threads;
    int64_t for_ns;                 /* wall clock; 0: until everything is done */
    uint64_t pairs;                 /* about so many of all pairs of faults; UINT64_MAX: all */
    uint64_t first_seed, last_seed; /* of the swarm */
    bool every_moment;              /* crash at every moment, also where others stand for it */
    int victim;             /* enum fault_target: who dies at the crash points; NONE: each */
    const char *only;       /* a strategy's name; NULL: all */
    size_t first_job;       /* of that one: an earlier hunt has done those before */
    int promise;            /* index of the only one hunted for; -1: any */
    const atomic_int *stop; /* not 0: somebody wants an end */
};

/* What a strategy has done so far. */
struct tally {
    const struct strategy *strategy;
    uint64_t trials, events;
    uint64_t moments;  /* that the trials stand for */
    uint64_t stranded; /* trials that had not ended because of what had died with its only host */
    size_t jobs, first_job, jobs_done;
    size_t first_cut; /* the first job that was ended before its end */
    double began_s;   /* after the hunt's beginning */
    bool complete;
};

enum { EXPLORER_STRATEGIES_MAX = 8 };

struct explorer {
    struct explorer_settings settings;
    struct tally tallies[EXPLORER_STRATEGIES_MAX];
    unsigned tally_count;
    struct counterexample *found; /* of the first job that found one; NULL: none */
    atomic_size_t found_job;      /* later ones need not go on */
    double cpu_seconds;
    struct coverage coverage;
    /* The caller's: called about ten times a second. May be NULL. */
    void (*progress)(const struct explorer *self);
    /* the strategies' own */
    struct config beside;      /* the scenario as it is beside further faults */
    struct crash_points *base; /* of the scenario without further faults */
    atomic_int dealt;          /* no more jobs */
    atomic_int over; /* nor the rest of those begun: time is up, or somebody wants an end */
    int64_t started_ns;
};

void explorer_init(struct explorer *self, const struct explorer_settings *settings);
void explorer_fini(struct explorer *self);
/* Hunts. True if something was found. */
bool explorer_run(struct explorer *self);
/* How many seconds it has been hunting. */
double explorer_seconds(const struct explorer *self);
/* Where to go on after a hunt that was ended: all jobs before are done. */
size_t tally_next_job(const struct tally *self);

/* --- strategies --------------------------------------------------------------------------------------------------- */

/* What one job did. */
struct job {
    struct explorer *explorer;
    const struct strategy *strategy;
    size_t number;
    uint64_t trials, events, moments, stranded;
    bool cut;                     /* it was ended before its end */
    struct counterexample *found; /* the first; NULL: none */
    struct coverage *coverage;
};

struct strategy {
    const char *name, *help;
    const char *unit; /* what `moments` counts, "crash points" */
    /* How many jobs there are; called once, before the first. */
    size_t (*jobs)(struct explorer *self);
    void (*work)(struct job *self, size_t number);
};
extern const struct strategy *const strategies[]; /* NULL-ended */
extern const struct strategy strategy_crash_points, strategy_pairs, strategy_swarm;

/* For strategies: runs a trial and counts it, as so many moments; true if the job should end now. */
bool job_trial(struct job *self, const struct config *config, uint64_t seed, uint64_t moments);
/* The same for a trial that was run already. */
bool job_count(struct job *self, const struct trial *trial, const struct config *config,
               uint64_t seed, uint64_t moments);
/* The same for runs that differ in one last fault (branches.h), as many moments as each has. */
bool job_branches(struct job *self, const struct config *config, uint64_t seed,
                  const struct branch *list, size_t count);
/* Something was found, here or in an earlier job, or time is up. */
bool job_must_end(struct job *self);

#endif
