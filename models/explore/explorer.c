/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer - rounds of jobs on the pool; the caller's thread adds up.
 */
#include "models/explore/explorer.h"

#include "models/explore/crash_points.h"
#include "sim/memory.h"
#include "sim/pool.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { JOBS_A_ROUND = 4096 };

const struct strategy *const strategies[] = {&strategy_crash_points, &strategy_pairs,
                                             &strategy_swarm, NULL};

struct round {
    struct explorer *explorer;
    const struct strategy *strategy;
    struct tally *tally;
    size_t first;
    struct job *jobs;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

double explorer_seconds(const struct explorer *self)
{
    return (double)(clock_ns(CLOCK_MONOTONIC) - self->started_ns) / 1e9;
}

/* --- a job -------------------------------------------------------------------------------------------------------- */

bool job_must_end(struct job *self)
{
    struct explorer *explorer = self->explorer;
    self->cut = self->cut || atomic_load(&explorer->over) != 0 ||
                atomic_load(&explorer->found_job) < self->number;
    return self->cut || self->found != NULL;
}

static void find(struct job *self, const struct trial *trial, const struct config *config,
                 uint64_t seed)
{
    int wanted = self->explorer->settings.promise;
    self->found = must(malloc(sizeof *self->found));
    *self->found = (struct counterexample){
        .config = *config, .seed = seed, .trial = *trial, .strategy = self->strategy};
    self->found->promise = wanted < 0 ? trial->promise : wanted;
}

bool job_count(struct job *self, const struct trial *trial, const struct config *config,
               uint64_t seed, uint64_t moments)
{
    self->trials++;
    self->events += trial->events;
    self->moments += moments;
    self->stranded += !trial->quiet && trial->promise < 0;
    int wanted = self->explorer->settings.promise;
    bool counts = wanted < 0 ? trial->promise >= 0 : trial->broken >> wanted & 1;
    if (counts && self->found == NULL)
        find(self, trial, config, seed);
    return job_must_end(self);
}

bool job_trial(struct job *self, const struct config *config, uint64_t seed, uint64_t moments)
{
    struct trial trial;
    coverage_trial(self->coverage, &trial, config, seed);
    return job_count(self, &trial, config, seed, moments);
}

struct branching {
    struct job *job;
    uint64_t seed;
};

static bool branch_done(void *context, const struct branch *branch, const struct config *config,
                        const struct trial *trial)
{
    struct branching *self = context;
    return job_count(self->job, trial, config, self->seed, branch->moments);
}

bool job_branches(struct job *self, const struct config *config, uint64_t seed,
                  const struct branch *list, size_t count)
{
    struct branching branching = {self, seed};
    struct branches branches = {
        .config = config,
        .seed = seed,
        .list = list,
        .count = count,
        .coverage = self->coverage,
        .context = &branching,
        .done = branch_done,
    };
    if (count > 0)
        branches_run(&branches);
    return job_must_end(self);
}

/* --- rounds ------------------------------------------------------------------------------------------------------- */

static void work(void *context, size_t number)
{
    struct round *round = context;
    struct job *job = &round->jobs[number];
    job->explorer = round->explorer;
    job->strategy = round->strategy;
    job->number = round->first + number;
    job->coverage = must(calloc(1, sizeof *job->coverage));
    round->strategy->work(job, job->number);
}

static void keep(struct explorer *self, struct job *job)
{
    atomic_store(&self->dealt, 1);
    if (atomic_load(&self->found_job) < job->number) {
        free(job->found);
        return;
    }
    free(self->found);
    self->found = job->found;
    atomic_store(&self->found_job, job->number);
}

static void done(void *context, size_t number)
{
    struct round *round = context;
    struct job *job = &round->jobs[number];
    coverage_add(&round->explorer->coverage, job->coverage);
    free(job->coverage);
    round->tally->trials += job->trials;
    round->tally->events += job->events;
    round->tally->moments += job->moments;
    round->tally->stranded += job->stranded;
    round->tally->jobs_done++;
    if (job->cut && job->number < round->tally->first_cut)
        round->tally->first_cut = job->number;
    if (job->found != NULL)
        keep(round->explorer, job);
}

static void idle(void *context)
{
    struct round *round = context;
    struct explorer *self = round->explorer;
    bool late = self->settings.for_ns > 0 &&
                clock_ns(CLOCK_MONOTONIC) - self->started_ns > self->settings.for_ns;
    if (late || atomic_load(self->settings.stop) != 0) {
        atomic_store(&self->over, 1);
        atomic_store(&self->dealt, 1);
    }
    if (self->progress != NULL)
        self->progress(self);
}

static void run_strategy(struct explorer *self, const struct strategy *strategy)
{
    const struct explorer_settings *settings = &self->settings;
    struct tally *tally = &self->tallies[self->tally_count++];
    *tally = (struct tally){
        .strategy = strategy, .began_s = explorer_seconds(self), .first_cut = SIZE_MAX};
    tally->jobs = strategy->jobs(self);
    tally->first_job = settings->first_job < tally->jobs ? settings->first_job : tally->jobs;
    struct round round = {
        .explorer = self, .strategy = strategy, .tally = tally, .first = tally->first_job};
    struct pool_work pool = {.context = &round, .work = work, .done = done, .idle = idle};
    while (round.first < tally->jobs && atomic_load(&self->dealt) == 0) {
        size_t left = tally->jobs - round.first;
        size_t count = left < JOBS_A_ROUND ? left : JOBS_A_ROUND;
        round.jobs = must(calloc(count, sizeof *round.jobs));
        pool_run(&pool, count, settings->threads, &self->dealt);
        free(round.jobs);
        round.first += count;
        idle(&round);
    }
    tally->complete = tally_next_job(tally) == tally->jobs;
}

/* Jobs are begun in order and those begun are ended, so there are no gaps but those that were cut. */
size_t tally_next_job(const struct tally *self)
{
    size_t next = self->first_job + self->jobs_done;
    return self->first_cut < next ? self->first_cut : next;
}

bool explorer_run(struct explorer *self)
{
    int64_t cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    self->started_ns = clock_ns(CLOCK_MONOTONIC);
    for (unsigned i = 0; strategies[i] != NULL && atomic_load(&self->dealt) == 0; i++) {
        if (self->settings.only == NULL || strcmp(self->settings.only, strategies[i]->name) == 0)
            run_strategy(self, strategies[i]);
    }
    self->cpu_seconds = (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns) / 1e9;
    return self->found != NULL;
}

/* A scenario's own fault was meant for a pair. Beside others it may meet a single server, and of that one's death nothing is
 * promised: it spares it, as theirs do. */
static void spare_the_last(struct config *config)
{
    for (size_t i = 0; i < config->fault_count; i++)
        config->faults[i].survivable |= fault_befalls_host(&config->faults[i]);
}

void explorer_init(struct explorer *self, const struct explorer_settings *settings)
{
    *self = (struct explorer){
        .settings = *settings, .found_job = SIZE_MAX, .beside = *settings->config};
    spare_the_last(&self->beside);
}

void explorer_fini(struct explorer *self)
{
    free(self->found);
    if (self->base != NULL)
        crash_points_fini(self->base);
    free(self->base);
}
