/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shrink - candidates smaller than the best so far, tried in turn; the first that still fails is the new best.
 */
#include "models/explore/shrink.h"

#include "models/explore/shrink_state.h"
#include "models/params.h"
#include "models/scheme.h"

#include <stdlib.h>
#include <string.h>

/* How often it is worth to aim at another moment: for a smaller run, and for one that is only plainer. */
enum { AIMS_FOR_FEWER = 1000, AIMS_FOR_PLAINER = 50 };

/* --- trying ------------------------------------------------------------------------------------------------------- */

bool shrink_is_over(const struct shrinker *self)
{
    return self->trials >= self->settings->trials_max ||
           self->events >= self->settings->events_max ||
           (self->settings->stop != NULL && atomic_load(self->settings->stop) != 0);
}

static bool possible(const struct config *config)
{
    const char *param;
    unsigned rule = 0;
    char text[400];
    return schemes[config->scheme].servers > 1 &&
           understudy_schema.check(config, &rule, &param, text, sizeof text);
}

bool shrink_try_exactly(struct shrinker *self, const struct config *candidate)
{
    struct trial trial;
    if (shrink_is_over(self) || !possible(candidate))
        return false;
    self->trials++;
    trial_run(&trial, candidate, self->best->seed, NULL);
    self->events += trial.events;
    if (!(trial.broken >> self->best->promise & 1))
        return false;
    self->best->config = *candidate;
    self->best->trial = trial;
    return true;
}

/* Also with its numbered faults aimed anew, if there are any. */
static bool try_aiming(struct shrinker *self, const struct config *candidate, unsigned aims)
{
    return shrink_try_exactly(self, candidate) || shrink_aim(self, candidate, aims);
}

/* --- faults ------------------------------------------------------------------------------------------------------- */

static void without(struct config *out, const struct config *from, size_t first, size_t count)
{
    *out = *from;
    memmove(&out->faults[first], &out->faults[first + count],
            (out->fault_count - first - count) * sizeof *out->faults);
    out->fault_count -= count;
}

static bool fewer_faults(struct shrinker *self)
{
    bool better = false;
    struct config candidate;
    for (size_t size = self->best->config.fault_count; size > 0; size /= 2) {
        for (size_t first = 0; first + size <= self->best->config.fault_count;) {
            without(&candidate, &self->best->config, first, size);
            if (try_aiming(self, &candidate, AIMS_FOR_FEWER))
                better = true;
            else
                first += size;
        }
    }
    return better;
}

/* --- parameters --------------------------------------------------------------------------------------------------- */

static void copy_param(const struct param *param, struct config *to, const struct config *from)
{
    static const size_t sizes[] = {
        [PARAM_INT] = sizeof(int64_t),
        [PARAM_NUMBER] = sizeof(double),
        [PARAM_BOOL] = sizeof(bool),
        [PARAM_CHOICE] = sizeof(int),
        [PARAM_DURATION] = sizeof(int64_t),
        [PARAM_SIZE] = sizeof(int64_t),
        [PARAM_RATE] = sizeof(int64_t),
        [PARAM_FREQUENCY] = sizeof(int64_t),
        [PARAM_CYCLES] = sizeof(int64_t),
        [PARAM_DURATION_DIST] = sizeof(struct dist),
        [PARAM_SIZE_DIST] = sizeof(struct dist),
    };
    memcpy((char *)to + param->offset, (const char *)from + param->offset, sizes[param->kind]);
}

static bool same_param(const struct param *param, const struct config *one,
                       const struct config *other)
{
    char a[400], b[400];
    param_print(param, one, a, sizeof a);
    param_print(param, other, b, sizeof b);
    return strcmp(a, b) == 0;
}

static bool begins_with(const struct param *param, const char *group)
{
    return strncmp(param->name, group, strlen(group)) == 0;
}

/* The bug, the scheme and the seed are no features, and what a request or a run may take is what liveness is judged by. */
static bool is_fixed(const struct param *param)
{
    return begins_with(param, "run.") || begins_with(param, "plant") ||
           begins_with(param, "scheme") || begins_with(param, "clients.late") ||
           begins_with(param, "clients.timeout");
}

/* All parameters but those of one group at once, or one by one, to their value in `ideal`. */
static bool towards(struct shrinker *self, const struct config *ideal, const char *but)
{
    bool better = false, differs = false;
    struct config candidate = self->best->config;
    for (const struct param *param = understudy_schema.params; param->name != NULL; param++) {
        if (is_fixed(param) || begins_with(param, but) || same_param(param, &candidate, ideal))
            continue;
        copy_param(param, &candidate, ideal);
        differs = true;
    }
    if (!differs)
        return false;
    if (try_aiming(self, &candidate, AIMS_FOR_PLAINER))
        return true;
    for (const struct param *param = understudy_schema.params; param->name != NULL; param++) {
        if (is_fixed(param) || begins_with(param, but) ||
            same_param(param, &self->best->config, ideal))
            continue;
        candidate = self->best->config;
        copy_param(param, &candidate, ideal);
        better = try_aiming(self, &candidate, AIMS_FOR_PLAINER) || better;
    }
    return better;
}

/* --- sizes -------------------------------------------------------------------------------------------------------- */

/* A whole number that should be small. */
struct size {
    int64_t (*get)(const struct config *config);
    void (*set)(struct config *config, int64_t value);
    int64_t least;
};

#define SIZE(name, field)                                                                          \
    static int64_t get_##name(const struct config *config)                                         \
    {                                                                                              \
        return config->field;                                                                      \
    }                                                                                              \
    static void set_##name(struct config *config, int64_t value)                                   \
    {                                                                                              \
        config->field = value;                                                                     \
    }
#define SIZE_OF_DIST(name, field)                                                                  \
    static int64_t get_##name(const struct config *config)                                         \
    {                                                                                              \
        return (int64_t)dist_mean(&config->field);                                                 \
    }                                                                                              \
    static void set_##name(struct config *config, int64_t value)                                   \
    {                                                                                              \
        config->field = dist_constant((double)value);                                              \
    }
SIZE(clients, clients.count)
SIZE(requests, clients.requests)
SIZE(pipeline, clients.pipeline)
SIZE(machines, network.client_machines)
SIZE(head, clients.head_bytes)
SIZE_OF_DIST(reply, clients.reply)
SIZE_OF_DIST(body, clients.body)

static const struct size sizes[] = {
    {get_clients, set_clients, 1},   {get_requests, set_requests, 1},
    {get_machines, set_machines, 1}, {get_pipeline, set_pipeline, 1},
    {get_reply, set_reply, 0},       {get_body, set_body, 0},
    {get_head, set_head, 1},         {NULL, NULL, 0},
};

static bool try_size(struct shrinker *self, const struct size *size, int64_t value)
{
    struct config candidate = self->best->config;
    size->set(&candidate, value);
    return try_aiming(self, &candidate, AIMS_FOR_FEWER);
}

/* In steps as wide as they may be, and no wider than what is left. */
static bool smaller_size(struct shrinker *self, const struct size *size)
{
    bool better = false;
    int64_t left = size->get(&self->best->config) - size->least;
    for (int64_t step = left; step > 0;) {
        if (!try_size(self, size, size->least + left - step)) {
            step /= 2;
            continue;
        }
        better = true;
        left -= step;
        step = left < step ? left : step;
    }
    return better;
}

static bool smaller_sizes(struct shrinker *self)
{
    bool better = false;
    for (const struct size *size = sizes; size->get != NULL; size++)
        better = smaller_size(self, size) || better;
    return better;
}

/* --- numbers that people can read --------------------------------------------------------------------------------- */

/* One digit, or two. */
static int64_t round_to(int64_t value, int64_t keep)
{
    int64_t unit = 1;
    while (value / unit >= keep)
        unit *= 10;
    return (value + unit / 2) / unit * unit;
}

static bool rounder_faults(struct shrinker *self, int64_t keep)
{
    bool better = false;
    static const size_t fields[] = {offsetof(struct fault, at_ns), offsetof(struct fault, for_ns),
                                    offsetof(struct fault, after_ns),
                                    offsetof(struct fault, reorder_delay_ns)};
    for (size_t i = 0; i < self->best->config.fault_count; i++) {
        for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
            struct config candidate = self->best->config;
            int64_t *field = (int64_t *)((char *)&candidate.faults[i] + fields[f]);
            int64_t rounded = round_to(*field, keep);
            if (rounded == *field)
                continue;
            *field = rounded;
            better = shrink_try_exactly(self, &candidate) || better;
        }
    }
    return better;
}

static bool rounder_params(struct shrinker *self, int64_t keep)
{
    bool better = false;
    for (const struct param *param = understudy_schema.params; param->name != NULL; param++) {
        struct config candidate = self->best->config;
        bool dist = param->kind == PARAM_DURATION_DIST;
        if ((param->kind != PARAM_DURATION && !dist) || is_fixed(param) ||
            same_param(param, &candidate, self->settings->base))
            continue;
        int64_t value = (int64_t)param_number(param, &candidate), rounded = round_to(value, keep);
        if (value == rounded)
            continue;
        if (dist)
            *(struct dist *)((char *)&candidate + param->offset) = dist_constant((double)rounded);
        else
            *(int64_t *)((char *)&candidate + param->offset) = rounded;
        better = shrink_try_exactly(self, &candidate) || better;
    }
    return better;
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

uint64_t shrink(struct counterexample *found, const struct shrink_settings *settings)
{
    struct shrinker self = {.settings = settings, .best = found};
    struct config defaults = {0};
    param_defaults(understudy_schema.params, &defaults);
    bool better;
    do { /* as the scenario has it; what is smaller than that comes behind, or the two would take turns for ever */
        better = fewer_faults(&self);
        better = shrink_impairments(&self) || better;
        better = towards(&self, settings->base, "none") || better;
    } while (better && !shrink_is_over(&self));
    do {
        better = fewer_faults(&self);
        better = smaller_sizes(&self) || better;
        better = shrink_windows(&self) || better;
    } while (better && !shrink_is_over(&self));
    /* A line less to read for every parameter at its default; but a default number of clients would be more to read. */
    towards(&self, &defaults, "clients.");
    (void)(rounder_params(&self, 10) || rounder_params(&self, 100));
    (void)(rounder_faults(&self, 10) || rounder_faults(&self, 100));
    return self.trials;
}
