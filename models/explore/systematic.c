/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systematic - every crash point of the scenario's own run, then pairs: a packet lost before the crash, or after it.
 *
 * A pair's second fault is chosen in a recording of the run with the first, since a first fault changes what follows. Pairs
 * beyond the budget are left out by a hash of their numbers, the same ones every time.
 */
#include "models/explore/crash_points.h"
#include "models/explore/explorer.h"
#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>

enum { POINTS_A_JOB = 64 };

static void record(const struct explorer *self, struct crash_points *points,
                   const struct config *config, uint64_t after, bool every, struct trial *trial)
{
    int victim = self->settings.victim;
    size_t kept = 0;
    crash_points_record(points, config, self->settings.seed, after, every, trial);
    for (size_t i = 0; i < points->crash_count; i++) {
        if (victim == TARGET_NONE || points->crashes[i].target == victim)
            points->crashes[kept++] = points->crashes[i];
    }
    points->crash_count = kept;
}

static const struct crash_points *base_of(struct explorer *self)
{
    if (self->base != NULL)
        return self->base;
    struct trial trial;
    self->base = must(calloc(1, sizeof *self->base));
    record(self, self->base, &self->beside, 0, self->settings.every_moment, &trial);
    return self->base;
}

static struct branch crash_branch(const struct crash_point *point)
{
    return (struct branch){
        .event = point->event,
        .moments = point->stands_for,
        .fault = {.crash = point->target,
                  .event = (int64_t)point->event,
                  .client = -1,
                  .count = 1,
                  .survivable = true},
    };
}

/* It leaves the common run before the event that sends the packet. */
static struct branch loss_branch(const struct sent_packet *packet)
{
    return (struct branch){
        .event = packet->event - 1,
        .moments = 1,
        .fault = {.fate = FATE_LOST, .packet = (int64_t)packet->number, .client = -1, .count = 1},
    };
}

/* --- crash points ------------------------------------------------------------------------------------------------- */

/* The first job is the run without a further fault. */
static size_t crash_jobs(struct explorer *self)
{
    return 1 + (base_of(self)->crash_count + POINTS_A_JOB - 1) / POINTS_A_JOB;
}

static void crash_work(struct job *self, size_t number)
{
    const struct explorer_settings *settings = &self->explorer->settings;
    const struct crash_points *points = self->explorer->base;
    struct branch list[POINTS_A_JOB];
    size_t count = 0;
    if (number == 0) {
        job_trial(self, settings->config, settings->seed, 0);
        return;
    }
    for (size_t i = (number - 1) * POINTS_A_JOB; i < points->crash_count && count < POINTS_A_JOB;
         i++)
        list[count++] = crash_branch(&points->crashes[i]);
    job_branches(self, &self->explorer->beside, settings->seed, list, count);
}

const struct strategy strategy_crash_points = {
    .name = "crash-points",
    .help = "each server dies at every moment of the scenario's own run",
    .unit = "crash points",
    .jobs = crash_jobs,
    .work = crash_work,
};

/* --- pairs -------------------------------------------------------------------------------------------------------- */

static size_t pair_jobs(struct explorer *self)
{
    const struct crash_points *points = base_of(self);
    bool room = self->settings.config->fault_count + 2 <= CONFIG_FAULTS_MAX;
    return room && self->settings.pairs > 0 ? points->crash_count + points->packet_count : 0;
}

/* Whether this pair is one of those that the budget allows. On average half of the second faults come after the first. */
static bool is_chosen(const struct explorer *self, size_t first, size_t second)
{
    const struct crash_points *points = self->base;
    double all = (double)points->crash_count * (double)points->packet_count;
    double part = (double)self->settings.pairs / all;
    return part >= 1 ||
           (double)(random_entity("pair", first << 32 | second) >> 11) * 0x1p-53 < part;
}

/* The second faults of a pair that the budget allows. */
static size_t choose(const struct job *self, const struct crash_points *points, bool crash_first,
                     struct branch *list)
{
    size_t all = crash_first ? points->packet_count : points->crash_count, count = 0;
    for (size_t i = 0; i < all; i++) {
        if (!is_chosen(self->explorer, self->number, i))
            continue;
        list[count] =
            crash_first ? loss_branch(&points->packets[i]) : crash_branch(&points->crashes[i]);
        list[count++].moments = 1;
    }
    return count;
}

static void pair_work(struct job *self, size_t number)
{
    const struct explorer *explorer = self->explorer;
    const struct crash_points *base = explorer->base;
    uint64_t seed = explorer->settings.seed;
    struct config config = explorer->beside;
    struct crash_points after;
    struct trial trial;
    bool crash_first = number < base->crash_count;
    struct branch first = crash_first ? crash_branch(&base->crashes[number])
                                      : loss_branch(&base->packets[number - base->crash_count]);
    config.faults[config.fault_count++] = first.fault;
    record(explorer, &after, &config, first.event + !crash_first, false, &trial);
    bool end = job_count(self, &trial, &config, seed, 0);
    size_t most = after.packet_count + after.crash_count;
    struct branch *list = must(calloc(most + 1, sizeof *list));
    if (!end)
        job_branches(self, &config, seed, list, choose(self, &after, crash_first, list));
    free(list);
    crash_points_fini(&after);
}

const struct strategy strategy_pairs = {
    .name = "pairs",
    .help = "a crash, and a single packet lost before or after it",
    .unit = "pairs",
    .jobs = pair_jobs,
    .work = pair_work,
};
