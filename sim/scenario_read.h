/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_read - a scenario under construction: what scenario.c reads from files and sweep.c unfolds into points.
 */
#ifndef SIM_SCENARIO_READ_H
#define SIM_SCENARIO_READ_H

#include "sim/scenario.h"
#include "sim/yaml.h"

/* A value for a parameter, and where it was written. */
struct assignment {
    const struct param *param;
    const char *text;
    const char *directory; /* of the file, for names of other files */
    struct place place;
};

/* One value of an axis: one assignment, or several that go together. */
struct axis_value {
    struct assignment *assignments;
    size_t count;
    const char *text;   /* what it means, however it is written */
    const void *config; /* where the assigned values are; no others */
};

struct axis {
    struct axis_value *values;
    size_t count;
    struct place place;
};

enum {
    SCENARIO_AXES_MAX = 16,
    SCENARIO_POINTS_MAX = 10000,
    SCENARIO_VALUES_MAX = 1000,
    SCENARIO_TOLD_MAX = 32
};

struct scenario_reader {
    const struct schema *schema;
    const struct metric_type *metrics;
    struct diagnostics diagnostics;
    struct arena arena;
    struct scenario *scenario;
    void *base;           /* config without the swept parameters */
    void *scratch;        /* a config to try values in */
    bool *narrowed;       /* by parameter: --set took its axis down to one value */
    struct place *places; /* by parameter: where its value was set last; line 0: nowhere */
    const struct yaml_node *sweep, *expect, *show;
    const char *directory; /* of the scenario */
    struct axis *axes;
    size_t axis_count;
    unsigned included;                   /* files */
    const char *told[SCENARIO_TOLD_MAX]; /* what was said of impossible points */
    size_t told_count;
};

/* sweep.c */
void sweep_read(struct scenario_reader *self, const char *const *overrides);
void sweep_unfold(struct scenario_reader *self);

/* scenario.c: the row a name stands for; NULL, and the error told, if there is none. */
const struct param *scenario_param(struct scenario_reader *self, const char *name,
                                   struct place place);

#endif
