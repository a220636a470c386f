/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * grid - chooses metrics and hosts, and fetches their values.
 */
#include "cmd/grid.h"

#include "models/config.h"
#include "models/params.h"
#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Hosts that stand for several. */
static const char sum_host[] = "servers", larger_host[] = "busiest";

/* --- which metrics ---------------------------------------------------------------------------------------------- */

bool grid_lists(const char *metrics, const char *name)
{
    size_t size = strlen(name);
    if (strcmp(metrics, "all") == 0)
        return true;
    for (const char *at = metrics; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, size) == 0 && (at[size] == ',' || at[size] == '\0'))
            return true;
    }
    return false;
}

static bool has_faults(const struct scenario *scenario)
{
    for (size_t p = 0; p < scenario->point_count; p++) {
        if (((const struct config *)scenario->points[p].config)->fault_count > 0)
            return true;
    }
    return false;
}

struct mention {
    const char *metric;
    bool found;
};

static void compare_metric(void *context, const char *metric)
{
    struct mention *self = context;
    self->found = self->found || strcmp(metric, self->metric) == 0;
}

static bool has_values(const struct scenario_runs *runs, const struct metric_type *type)
{
    for (size_t i = 0; i < runs->count; i++) {
        const struct results *results = &runs->runs[i].results;
        for (size_t m = 0; m < results->metric_count; m++) {
            if (results->metrics[m].type == type)
                return true;
        }
    }
    return false;
}

static bool is_chosen(const struct scenario *scenario, const char *metrics,
                      const struct metric_type *type)
{
    if (metrics != NULL)
        return grid_lists(metrics, type->name);
    struct mention mention = {.metric = type->name};
    for (size_t i = 0; i < scenario->shown_count; i++)
        compare_metric(&mention, scenario->shown[i]->name);
    for (size_t i = 0; i < scenario->expectation_count; i++)
        expect_each_metric(&scenario->expectations[i], compare_metric, &mention);
    unsigned usual = has_faults(scenario) ? SHOWN_FAULTS : SHOWN_STEADY;
    return mention.found || (type->shown & usual) != 0;
}

/* --- which hosts ------------------------------------------------------------------------------------------------ */

struct hosts {
    const char *names[GRID_HOSTS_MAX];
    size_t count;
};

static void add_host(struct hosts *self, const char *host)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->names[i], host) == 0)
            return;
    }
    if (self->count < GRID_HOSTS_MAX)
        self->names[self->count++] = host;
}

static bool stands_for_several(const char *host)
{
    return strcmp(host, sum_host) == 0 || strcmp(host, larger_host) == 0;
}

/* The hosts that have the metric at a point: servers first, then, of several servers, their sum (and their larger). */
static void hosts_at(const struct scenario_runs *runs, size_t point, const struct metric_type *type,
                     bool all, struct hosts *out)
{
    const struct run *run = runs_first(runs, point);
    size_t metric_count = run != NULL ? run->results.metric_count : 0;
    for (int several = 0; several <= 1; several++) {
        if (several && out->count < 2)
            return;
        for (size_t m = 0; m < metric_count; m++) {
            const struct metric *metric = &run->results.metrics[m];
            bool wanted = all || strcmp(metric->host, larger_host) != 0;
            if (metric->type == type && wanted && stands_for_several(metric->host) == several)
                add_host(out, metric->host);
        }
    }
}

/* --- values ----------------------------------------------------------------------------------------------------- */

static void add_column(struct grid *self, const struct metric_type *type, const char *host)
{
    if (self->column_count == GRID_COLUMNS_MAX)
        return;
    struct grid_column *column = &self->columns[self->column_count++];
    column->type = type;
    column->host = host;
    column->values = must(calloc(self->row_count + 1, sizeof *column->values));
    for (size_t r = 0; r < self->row_count; r++) {
        const struct grid_row *row = &self->rows[r];
        column->values[r] =
            runs_value(self->runs, row->point, type->name, self->by_host ? row->host : host);
    }
}

static void add_row(struct grid *self, size_t point, const char *host)
{
    self->rows[self->row_count++] = (struct grid_row){.point = point, .host = host};
}

static void begin(struct grid *self, const struct scenario_runs *runs, bool by_host)
{
    *self = (struct grid){.runs = runs, .by_host = by_host};
    size_t room = runs->scenario->point_count * (by_host ? GRID_HOSTS_MAX : 1);
    self->rows = must(calloc(room + 1, sizeof *self->rows));
}

static void add_columns_by_host(struct grid *self, const struct metric_type *type, bool all)
{
    struct hosts hosts = {0};
    for (size_t p = 0; p < self->runs->scenario->point_count; p++)
        hosts_at(self->runs, p, type, all, &hosts);
    for (size_t h = 0; h < hosts.count; h++)
        add_column(self, type, hosts.names[h]);
}

void grid_fill(struct grid *points, struct grid *hosts, const struct scenario_runs *runs,
               const char *metrics)
{
    const struct scenario *scenario = runs->scenario;
    const struct metric_type *chosen[GRID_COLUMNS_MAX];
    size_t count = 0, by_host = 0;
    bool all = metrics != NULL && strcmp(metrics, "all") == 0;
    for (const struct metric_type *type = understudy_metrics; type->name != NULL; type++) {
        if (count == GRID_COLUMNS_MAX || !is_chosen(scenario, metrics, type) ||
            !has_values(runs, type))
            continue;
        chosen[count++] = type;
        by_host += type->by_host;
    }
    begin(points, runs, false);
    begin(hosts, runs, true);
    for (size_t p = 0; p < scenario->point_count; p++) {
        struct hosts names = {0};
        for (size_t i = 0; i < count; i++) {
            if (chosen[i]->by_host)
                hosts_at(runs, p, chosen[i], all, &names);
        }
        add_row(points, p, "");
        for (size_t h = 0; h < names.count; h++)
            add_row(hosts, p, names.names[h]);
    }
    for (size_t i = 0; i < count; i++) {
        if (!chosen[i]->by_host)
            add_column(points, chosen[i], "");
        else if (by_host == 1)
            add_columns_by_host(points, chosen[i], all);
        else
            add_column(hosts, chosen[i], "");
    }
}

void grid_fini(struct grid *self)
{
    for (size_t c = 0; c < self->column_count; c++)
        free(self->columns[c].values);
    free(self->rows);
}

enum grid_kind grid_kind(const struct grid *self, const struct grid_column *column)
{
    size_t there = 0, equal = 0;
    double first = NAN;
    for (size_t r = 0; r < self->row_count; r++) {
        double value = column->values[r].mean;
        if (isnan(value))
            continue;
        if (there++ == 0)
            first = value;
        equal += value == first;
    }
    if (there == 0)
        return GRID_MISSING;
    if (equal < there)
        return GRID_VARIES;
    return first == 0 ? GRID_ZERO : there == self->row_count && there > 1 ? GRID_SAME : GRID_VARIES;
}
