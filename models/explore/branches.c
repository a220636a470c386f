/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * branches - forward on the common run, aside, to the end of one branch, and back.
 */
#include "models/explore/branches.h"

#include "models/world_state.h"
#include "sim/bug.h"
#include "sim/heap.h"
#include "sim/memory.h"

struct trunk {
    const struct branches *branches;
    struct config config; /* the world's own: a branch's fault is its last */
    struct heap heap;
    struct world *world;
    uint64_t aside_at; /* the event at which the world was put aside */
    bool aside, over;  /* over: the common run has ended */
};

/* As trial_run() does it: to the same events, with a look whether the run is over after the same ones. False: it is. */
static bool run_to(struct world *world, uint64_t event)
{
    uint64_t *events = &world->simulation.events;
    while (*events < event) {
        uint64_t stride = TRIAL_STRIDE - *events % TRIAL_STRIDE;
        uint64_t left = event - *events;
        bool more = world_run_events(world, stride < left ? stride : left);
        if (!more || (*events % TRIAL_STRIDE == 0 && !trial_goes_on(world)))
            return false;
    }
    return true;
}

static void begin(struct trial *trial, void *context)
{
    struct trunk *self = context;
    (void)trial;
    self->world = world_new(&self->config, self->branches->seed);
    struct trial_watch *watch = coverage_watch_new(self->branches->coverage, &self->config);
    watch->begins(watch, self->world);
}

struct journey {
    struct trunk *trunk;
    const struct branch *branch;
};

static void advance(struct trial *trial, void *context)
{
    const struct journey *journey = context;
    struct trunk *self = journey->trunk;
    (void)trial;
    self->over = self->over || !run_to(self->world, journey->branch->event);
    if (self->aside && self->aside_at == self->world->simulation.events)
        return;
    heap_put_aside(&self->heap);
    self->aside = true;
    self->aside_at = self->world->simulation.events;
}

/* A run that ended before the fault could strike is judged as it is. */
static void branch_off(struct trial *trial, void *context)
{
    const struct journey *journey = context;
    struct trunk *self = journey->trunk;
    self->config.faults[self->config.fault_count++] = journey->branch->fault;
    if (!self->over) {
        faults_start_last(self->world);
        run_to(self->world, UINT64_MAX);
    }
    trial_judge(trial, self->world);
}

/* What breaks in the common run breaks in every branch behind. */
static bool try(struct trunk *self, const struct branch *branch, struct trial *trial)
{
    struct journey journey = {self, branch};
    size_t faults = self->config.fault_count;
    if (trial->promise != TRIAL_BUG)
        trial_attempt(trial, advance, &journey);
    bool sound = trial->promise != TRIAL_BUG;
    struct trial of_branch = *trial;
    if (sound)
        trial_attempt(&of_branch, branch_off, &journey);
    else
        self->config.faults[self->config.fault_count++] = branch->fault;
    bool enough = self->branches->done(self->branches->context, branch, &self->config, &of_branch);
    self->config.fault_count = faults;
    if (sound)
        heap_bring_back(&self->heap);
    return enough;
}

void branches_run(const struct branches *self)
{
    struct trunk trunk = {.branches = self, .config = *self->config};
    struct trial trial;
    assert(self->config->fault_count < CONFIG_FAULTS_MAX);
    heap_init(&trunk.heap);
    struct heap *before = memory_use(&trunk.heap);
    trial_attempt(&trial, begin, &trunk);
    for (size_t i = 0; i < self->count; i++) {
        if (try(&trunk, &self->list[i], &trial))
            break;
    }
    memory_use(before);
    heap_fini(&trunk.heap);
}
