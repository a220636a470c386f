/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calibration - counts from short simulations, constants from least squares, the cable's delay from the latency that is left.
 */
#include "models/calibration.h"

#include "models/params.h"
#include "models/world.h"
#include "sim/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The kernel's sum of CPU time is exact, but for what befell the machine; its ticks decide how it is divided. */
#define ERROR_CPU 0.03
#define ERROR_PROGRAMS 0.10
#define CONDITION_MAX 30.0
#define LEAST_PART 0.005
#define MS INT64_C(1000000)
#define PROBE_NS 20000
enum { REQUESTS = 2000, SHORTEST_MS = 5, LIGHT_MS = 50, HEAD_BYTES = 1000 };
enum { ROW_USER, ROW_KERNEL, ROW_PROGRAMS, ROWS_OF_POINT };

static const struct {
    const char *name, *kin;
} kin[] = {
    {"path_forward", "path_lookup"},
    {"path_suppress", "path_lookup"},
    {"heartbeat", "path_lookup"},
    {"record_user", "request_user"},
    {"hand_off", "system_call"},
    {"proxy_message", "request_user"},
    {NULL, NULL},
};

/* --- constants --------------------------------------------------------------------------------------------------- */

static const char *short_name(const struct param *constant)
{
    return strchr(constant->name, '.') + 1;
}

struct fit_column *calibration_constant(struct calibration *self, const char *name)
{
    for (size_t i = 0; i < self->constant_count; i++) {
        if (strcmp(short_name(self->constants[i]), name) == 0)
            return &self->columns[i];
    }
    return NULL;
}

static void set_constant(struct config *config, const struct param *constant, double value)
{
    char text[40], error[200];
    bool whole = constant->kind == PARAM_CYCLES;
    snprintf(text, sizeof text, whole ? "%.0f" : "%.4f", value);
    if (!param_set(constant, config, text, ".", error, sizeof error))
        abort(); /* no cost of a real machine is beyond the row's range */
}

void calibration_init(struct calibration *self, struct calibration_point *points,
                      size_t point_count, double hz)
{
    *self = (struct calibration){
        .points = points, .point_count = point_count, .hz = hz, .requests = REQUESTS};
    for (const struct param *row = understudy_schema.params; row->name != NULL; row++) {
        if (strncmp(row->name, "costs.", 6) != 0)
            continue;
        self->columns[self->constant_count] = (struct fit_column){
            .ratio = point_count > 0 ? param_number(row, points[0].config) : 0, .known = NAN};
        self->constants[self->constant_count++] = row;
    }
    for (size_t i = 0; i < point_count; i++)
        self->light_count += calibration_is_light(points[i].config);
}

bool calibration_is_light(const struct config *config)
{
    return config->clients.count == 1;
}

/* --- simulations ------------------------------------------------------------------------------------------------- */

/* Some thousand requests are enough: the simulator has no noise. */
static int64_t duration_ns(const struct config *config, unsigned requests)
{
    if (calibration_is_light(config))
        return LIGHT_MS * MS;
    double bytes = dist_mean(&config->clients.reply) + HEAD_BYTES +
                   config->clients.post * dist_mean(&config->clients.body);
    double rate = config->network.rate_bps > 0 ? (double)config->network.rate_bps : 1e12;
    int64_t wanted = (int64_t)(requests * bytes * 8e9 / rate);
    return wanted > SHORTEST_MS * MS ? wanted : SHORTEST_MS * MS;
}

static double found(const struct results *results, const char *metric, const char *host)
{
    const struct metric *value = results_find(results, metric, host);
    return value != NULL ? value->value.mean : NAN;
}

static struct calibration_cost simulate(const struct calibration *self, const struct config *base,
                                        const struct config *machine)
{
    struct config config = *base;
    struct results results;
    config.costs = machine->costs;
    config.cpu = machine->cpu;
    config.network.delay_ns = machine->network.delay_ns;
    config.run.duration_ns = duration_ns(base, self->requests);
    config.run.warmup_ns = config.run.duration_ns / 4;
    results_init(&results, understudy_metrics);
    world_run(&config, 1, &results);
    struct calibration_cost cost = {
        .user = found(&results, "cycles_user", "servers") / (double)config.cpu.hz,
        .kernel = found(&results, "cycles_kernel", "servers") / (double)config.cpu.hz,
        .programs = NAN,
        .latency = found(&results, "latency_p50", ""),
    };
    results_fini(&results);
    return cost;
}

static bool goes_on(const struct calibration *self, size_t done, size_t total)
{
    return self->go_on == NULL || self->go_on(self->context, done, total);
}

/* --- CPU time ---------------------------------------------------------------------------------------------------- */

static void fill_measured(const struct calibration *self, const struct calibration_cost *cost,
                          double *measured, double *errors)
{
    measured[ROW_USER] = cost->user * self->hz;
    measured[ROW_KERNEL] = cost->kernel * self->hz;
    errors[ROW_USER] = errors[ROW_KERNEL] = ERROR_CPU * (cost->user + cost->kernel) * self->hz;
    bool known = !isnan(cost->programs);
    measured[ROW_PROGRAMS] = known ? cost->programs * self->hz : 0;
    errors[ROW_PROGRAMS] = known ? ERROR_PROGRAMS * cost->programs * self->hz : 1;
}

/* How often a request of this point takes the operation, by row. */
static void fill_counts(const struct calibration *self, const struct calibration_point *point,
                        size_t constant, double *design)
{
    struct config machine = self->profile;
    memset(&machine.costs, 0, sizeof machine.costs);
    set_constant(&machine, self->constants[constant], 1);
    struct calibration_cost cost = simulate(self, point->config, &machine);
    double hz = (double)machine.cpu.hz;
    bool programs = !isnan(point->measured.programs) &&
                    strcmp(short_name(self->constants[constant]), "path_lookup") == 0;
    design[ROW_USER * self->constant_count] = cost.user * hz;
    design[ROW_KERNEL * self->constant_count] = cost.kernel * hz;
    design[ROW_PROGRAMS * self->constant_count] = programs ? cost.kernel * hz : 0;
}

static void scale_absent(struct calibration *self)
{
    for (size_t i = 0; i < self->constant_count; i++) {
        struct fit_column *column = &self->columns[i];
        for (size_t k = 0; column->state == FIT_ABSENT && kin[k].name != NULL; k++) {
            const struct fit_column *other = calibration_constant(self, kin[k].kin);
            if (strcmp(short_name(self->constants[i]), kin[k].name) != 0 ||
                other->state == FIT_ABSENT || other->ratio <= 0)
                continue;
            column->value = column->ratio * other->value / other->ratio;
            self->kin[i] = kin[k].kin;
        }
    }
}

static bool fit_costs(struct calibration *self, char *why, size_t room)
{
    size_t n = self->constant_count, heavy = self->point_count - self->light_count;
    size_t rows = heavy * ROWS_OF_POINT, at = 0;
    double *design = memory_new((rows * n + 1) * sizeof *design);
    double *measured = memory_new((rows + 1) * sizeof *measured);
    double *errors = memory_new((rows + 1) * sizeof *errors);
    bool good = true;
    for (size_t p = 0; p < self->point_count && good; p++) {
        const struct calibration_point *point = &self->points[p];
        if (calibration_is_light(point->config))
            continue;
        fill_measured(self, &point->measured, measured + at, errors + at);
        for (size_t c = 0; c < n && good; c++) {
            fill_counts(self, point, c, design + at * n + c);
            good = goes_on(self, at / ROWS_OF_POINT * n + c, heavy * n);
        }
        at += ROWS_OF_POINT;
    }
    self->fit = (struct fit){.rows = at,
                             .columns = n,
                             .design = design,
                             .measured = measured,
                             .errors = errors,
                             .limit = CONDITION_MAX,
                             .least = LEAST_PART,
                             .column = self->columns};
    if (good && !(good = fit_solve(&self->fit)))
        snprintf(why, room,
                 "the points say too little to fit anything by: sweep the scheme, replies, "
                 "connections");
    memory_free(design);
    memory_free(measured);
    memory_free(errors);
    self->fit.design = self->fit.measured = self->fit.errors = NULL;
    if (!good)
        return false;
    scale_absent(self);
    for (size_t c = 0; c < n; c++)
        set_constant(&self->profile, self->constants[c], self->columns[c].value);
    return true;
}

/* --- latency ----------------------------------------------------------------------------------------------------- */

/* What a point's latency is without any delay, and how much it grows with a cable's: in proportion, when nothing waits. */
static void probe(const struct calibration *self, const struct calibration_point *point,
                  double *least, double *slope)
{
    struct config machine = self->profile;
    machine.network.delay_ns = 0;
    *least = simulate(self, point->config, &machine).latency;
    machine.network.delay_ns = PROBE_NS;
    *slope = (simulate(self, point->config, &machine).latency - *least) / PROBE_NS;
}

/* Weighed least squares of one unknown, by sums; every latency is as sure as it is long. */
static void fit_delay(struct calibration *self)
{
    double xx = 0, xy = 0, yy = 0, least, slope;
    for (size_t p = 0; p < self->point_count; p++) {
        const struct calibration_point *point = &self->points[p];
        if (!calibration_is_light(point->config))
            continue;
        probe(self, point, &least, &slope);
        double x = slope / point->measured.latency, y = 1 - least / point->measured.latency;
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    if (self->light_count == 0)
        return;
    double delay_ns = fmax(xy / xx, 0);
    double left = yy - 2 * delay_ns * xy + delay_ns * delay_ns * xx;
    self->profile.network.delay_ns = self->profile.log_network.delay_ns = llround(delay_ns);
    self->delay_error_ns =
        self->light_count > 1 ? sqrt(left / (double)(self->light_count - 1) / xx) : INFINITY;
}

bool calibration_solve(struct calibration *self, char *why, size_t room)
{
    why[0] = '\0';
    if (self->point_count == 0) {
        snprintf(why, room, "there are no points");
        return false;
    }
    self->profile = *self->points[0].config;
    self->profile.cpu.hz = (int64_t)self->hz;
    if (!fit_costs(self, why, room))
        return false;
    fit_delay(self);
    for (size_t p = 0; p < self->point_count; p++)
        self->points[p].simulated = simulate(self, self->points[p].config, &self->profile);
    return true;
}
