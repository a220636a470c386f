/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shrink_faults - faults made simpler: random ones explicit, long ones short, numbered ones aimed anew.
 */
#include "models/explore/crash_points.h"
#include "models/explore/shrink_state.h"
#include "models/world_state.h"

#include <string.h>

enum { NUMBERED_MAX = 2 };

/* --- aiming ------------------------------------------------------------------------------------------------------- */

static bool is_numbered(const struct fault *fault)
{
    return fault->event > 0 || (fault->packet > 0 && fault->fate == FATE_LOST);
}

/* The first numbered fault from `from` on; fault_count: none. */
static size_t next_numbered(const struct config *config, size_t from)
{
    while (from < config->fault_count && !is_numbered(&config->faults[from]))
        from++;
    return from;
}

/* The moments of a run without the numbered faults from `number` on. */
static void record(struct shrinker *self, const struct config *candidate, size_t number,
                   uint64_t after, struct crash_points *points)
{
    struct config before = *candidate;
    struct trial trial;
    before.fault_count = 0;
    for (size_t i = 0; i < candidate->fault_count; i++) {
        if (i < number || !is_numbered(&candidate->faults[i]))
            before.faults[before.fault_count++] = candidate->faults[i];
    }
    crash_points_record(points, &before, self->best->seed, after, false, &trial);
    self->trials++;
    self->events += trial.events;
}

static bool aim_from(struct shrinker *self, struct config *candidate, size_t number, uint64_t after,
                     unsigned *aims);

static bool aim_at(struct shrinker *self, struct config *candidate, size_t number, uint64_t event,
                   unsigned *aims)
{
    if (next_numbered(candidate, number + 1) < candidate->fault_count)
        return aim_from(self, candidate, next_numbered(candidate, number + 1), event, aims);
    return (*aims)-- > 0 && shrink_try_exactly(self, candidate);
}

static bool aim_from(struct shrinker *self, struct config *candidate, size_t number, uint64_t after,
                     unsigned *aims)
{
    struct fault *fault = &candidate->faults[number], was = *fault;
    struct crash_points points;
    bool hit = false;
    record(self, candidate, number, after, &points);
    size_t count = fault->packet > 0 ? points.packet_count : points.crash_count;
    for (size_t i = 0; i < count && !hit && *aims > 0 && !shrink_is_over(self); i++) {
        if (was.packet > 0) {
            fault->packet = (int64_t)points.packets[i].number;
            hit = aim_at(self, candidate, number, points.packets[i].event, aims);
        } else if (points.crashes[i].target == (was.crash | was.pause)) {
            fault->event = (int64_t)points.crashes[i].event;
            hit = aim_at(self, candidate, number, points.crashes[i].event, aims);
        }
    }
    crash_points_fini(&points);
    *fault = was;
    return hit;
}

/* Numbered faults stand in the order in which they strike. */
bool shrink_aim(struct shrinker *self, const struct config *candidate, unsigned aims)
{
    struct config aimed = *candidate;
    size_t first = next_numbered(candidate, 0), count = 0;
    for (size_t i = first; i < candidate->fault_count; i = next_numbered(candidate, i + 1))
        count++;
    return count > 0 && count <= NUMBERED_MAX && aim_from(self, &aimed, first, 0, &aims);
}

/* --- random impairments ------------------------------------------------------------------------------------------- */

struct fate_recorder {
    struct trial_watch watch;
    struct packet_watch packets;
    struct world *world;
    struct config *config; /* gets the fates as faults */
    bool full;
};

static void add_fate(struct fate_recorder *self, int fate, int64_t bit, int64_t late_ns)
{
    struct config *config = self->config;
    if (config->fault_count == CONFIG_FAULTS_MAX) {
        self->full = true;
        return;
    }
    config->faults[config->fault_count++] = (struct fault){
        .fate = fate,
        .packet = (int64_t)self->world->fates.packets,
        .bit = bit,
        .for_ns = late_ns,
        .client = -1,
        .count = 1,
    };
}

static void sent(struct packet_watch *watch, const struct link *link, const struct packet *packet,
                 const struct link_fate *fate)
{
    (void)link;
    (void)packet;
    struct fate_recorder *self = container_of(watch, struct fate_recorder, packets);
    if (fate->lost)
        add_fate(self, FATE_LOST, 0, 0);
    if (fate->duplicated)
        add_fate(self, FATE_DUPLICATED, 0, 0);
    if (fate->corrupted)
        add_fate(self, FATE_CORRUPTED, fate->bit, 0);
    if (fate->late_ns > 0)
        add_fate(self, FATE_LATE, 0, fate->late_ns);
}

static void begins(struct trial_watch *watch, struct world *world)
{
    struct fate_recorder *self = container_of(watch, struct fate_recorder, watch);
    self->world = world;
    fates_watch(world, &self->packets);
}

static bool is_random(const struct config *config)
{
    const struct link_impairment *impairment = &config->network.impairment;
    bool random =
        impairment->loss + impairment->duplicate + impairment->corrupt + impairment->reorder > 0;
    for (size_t i = 0; i < config->fault_count; i++)
        random |= config->faults[i].on != TARGET_NONE;
    return random;
}

/* What the dice did to the packets of this run, as faults of its own; the dice are put away. */
bool shrink_impairments(struct shrinker *self)
{
    if (!is_random(&self->best->config))
        return false;
    struct config candidate = self->best->config;
    struct fate_recorder recorder = {
        .watch = {.begins = begins}, .packets = {.sent = sent}, .config = &candidate};
    struct trial trial;
    candidate.fault_count = 0;
    for (size_t i = 0; i < self->best->config.fault_count; i++) {
        const struct fault *fault = &self->best->config.faults[i];
        if (fault->on == TARGET_NONE && fault->fate == FATE_NONE)
            candidate.faults[candidate.fault_count++] = *fault;
    }
    trial_run(&trial, &self->best->config, self->best->seed, &recorder.watch);
    self->trials++;
    self->events += trial.events;
    candidate.network.impairment = (struct link_impairment){0};
    return !recorder.full && shrink_try_exactly(self, &candidate);
}

/* --- windows ------------------------------------------------------------------------------------------------------ */

static bool try_window(struct shrinker *self, size_t number, int64_t later_ns, int64_t for_ns)
{
    struct config candidate = self->best->config;
    candidate.faults[number].at_ns += later_ns;
    candidate.faults[number].for_ns = for_ns;
    return for_ns > 0 && shrink_try_exactly(self, &candidate);
}

/* Faults that last are made to last half as long, from either end. */
bool shrink_windows(struct shrinker *self)
{
    bool better = false;
    for (size_t i = 0; i < self->best->config.fault_count; i++) {
        for (int tries = 0; tries < 20; tries++) {
            const struct fault *fault = &self->best->config.faults[i];
            int64_t half_ns = fault->for_ns / 2;
            bool timed = fault->event == 0 && fault->when == NOTICE_NONE && fault->packet == 0;
            if (!try_window(self, i, 0, half_ns) &&
                !(timed && try_window(self, i, fault->for_ns - half_ns, half_ns)))
                break;
            better = true;
        }
    }
    return better;
}
