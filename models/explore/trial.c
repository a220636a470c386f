/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial - building a world, letting it run dry, asking its checkers.
 */
#include "models/explore/trial.h"

#include "models/world_state.h"

#include <string.h>

enum { EVENTS_AT_A_TIME = 32 };

static bool step(struct trial_watch *watch, struct world *world)
{
    return watch != NULL && watch->step != NULL ? watch->step(watch, world)
                                                : world_run_events(world, EVENTS_AT_A_TIME);
}

static void judge(struct trial *self, const struct world *world)
{
    const struct promise *promise;
    for (unsigned i = 0; (promise = world_promise(world, i)) != NULL; i++) {
        if (promise->violations == 0)
            continue;
        self->broken |= 1u << i;
        if (self->promise >= 0 && promise->first_at_ns >= self->broken_at_ns)
            continue;
        self->promise = (int)i;
        self->broken_at_ns = promise->first_at_ns;
        memcpy(self->text, promise->first, sizeof self->text);
    }
}

void trial_run(struct trial *self, const struct config *config, uint64_t seed,
               struct trial_watch *watch)
{
    struct world *world = world_new(config, seed);
    *self = (struct trial){.promise = -1};
    if (watch != NULL && watch->begins != NULL)
        watch->begins(watch, world);
    while (step(watch, world) && !world_is_quiet(world) && !world_is_overdue(world))
        ;
    self->quiet = world_is_quiet(world);
    world_conclude(world);
    judge(self, world);
    self->events = world->simulation.events;
    self->packets = world->fates.packets;
    self->ended_at_ns = world->simulation.now_ns;
    if (watch != NULL && watch->ends != NULL)
        watch->ends(watch, world);
    world_free(world);
}
