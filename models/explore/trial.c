/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial - building a world, letting it run dry, asking its checkers.
 */
#include "models/explore/trial.h"

#include "core/ft_plant.h"
#include "models/world_state.h"
#include "sim/bug.h"

#include <stdio.h>
#include <string.h>

static bool step(struct trial_watch *watch, struct world *world)
{
    return watch != NULL && watch->step != NULL ? watch->step(watch, world)
                                                : world_run_events(world, TRIAL_STRIDE);
}

bool trial_goes_on(const struct world *world)
{
    return !world_is_quiet(world) && !world_is_overdue(world);
}

static void note_broken(struct trial *self, const struct world *world)
{
    const struct promise *promise;
    for (unsigned i = 0; (promise = world_promise(world, i)) != NULL; i++) {
        if (promise->violations == 0)
            continue;
        self->broken |= 1u << i;
        memcpy(self->texts[i], promise->first, sizeof self->texts[i]);
        if (self->promise >= 0 && promise->first_at_ns >= self->broken_at_ns)
            continue;
        self->promise = (int)i;
        self->broken_at_ns = promise->first_at_ns;
    }
}

static const struct promise_type bug = {
    .name = "bug",
    .title = "a failed assertion",
    .help = "the simulator's own assertions hold, whatever happens in it",
};

static const struct promise_type endless = {
    .name = "end",
    .title = "a run without an end",
    .help = "every run is over within run.duration and run.drain, or is overdue (P7)",
};

const struct promise_type *trial_promise(int index)
{
    return index == TRIAL_BUG ? &bug : index == TRIAL_ENDLESS ? &endless : promises[index];
}

/* A client holds on to a connection that may have died with the only host that had it, and others may wait for its port: of that
 * nothing is promised. */
static bool is_stranded(const struct world *world)
{
    return client_group_oldest_connection_ns(world->clients) < world->stage.exposed_before_ns;
}

static void note_endless(struct trial *self, const struct world *world)
{
    self->promise = TRIAL_ENDLESS;
    self->broken = 1u << TRIAL_ENDLESS;
    self->broken_at_ns = world->simulation.now_ns;
    snprintf(
        self->texts[TRIAL_ENDLESS], sizeof self->texts[TRIAL_ENDLESS],
        "at %.6f s, when run.drain was over, clients still had requests or connections, none of "
        "them overdue",
        (double)world->simulation.now_ns / 1e9);
}

void trial_judge(struct trial *self, struct world *world)
{
    self->quiet = world_is_quiet(world);
    world_conclude(world);
    note_broken(self, world);
    if (!self->quiet && self->promise < 0 && !is_stranded(world))
        note_endless(self, world);
    self->events = world->simulation.events;
    self->packets = world->fates.packets;
    self->ended_at_ns = world->simulation.now_ns;
}

void trial_attempt(struct trial *self, void (*run)(struct trial *self, void *context),
                   void *context)
{
    jmp_buf here;
    jmp_buf *before = bug_survive(&here);
    int plant = ft_plant_use(0);
    *self = (struct trial){.promise = -1};
    if (setjmp(here) == 0) {
        run(self, context);
    } else {
        *self = (struct trial){.promise = TRIAL_BUG, .broken = 1u << TRIAL_BUG};
        strcpy(self->texts[TRIAL_BUG], "standard error says which");
    }
    ft_plant_use(plant);
    bug_survive(before);
}

/* --- a whole run -------------------------------------------------------------------------------------------------- */

struct order {
    const struct config *config;
    uint64_t seed;
    struct trial_watch *watch;
};

static void run(struct trial *self, void *context)
{
    const struct order *order = context;
    struct trial_watch *watch = order->watch;
    struct world *world = world_new(order->config, order->seed);
    if (watch != NULL && watch->begins != NULL)
        watch->begins(watch, world);
    while (step(watch, world) && trial_goes_on(world))
        ;
    trial_judge(self, world);
    if (watch != NULL && watch->ends != NULL)
        watch->ends(watch, world);
    world_free(world);
}

void trial_run(struct trial *self, const struct config *config, uint64_t seed,
               struct trial_watch *watch)
{
    struct order order = {config, seed, watch};
    trial_attempt(self, run, &order);
}
