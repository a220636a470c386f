/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario - a scenario file, read, checked and unfolded into the points of its sweep.
 *
 *     title: Peak throughput against reply size
 *     include: ../profiles/era.yaml
 *     clients: {count: 32, reply: 10KB}
 *     sweep:
 *       scheme: [unreplicated, duplex]
 *       clients.reply: [1KB, 10KB, 50KB]
 *     faults:
 *       - {crash: primary, at: 2s}
 *     show: [log_wait]
 *     expect:
 *       - goodput[scheme=duplex] <= 5.93MB/s
 *
 * Everything wrong with the file (and what it includes, and the --set overrides) is reported at once, with place, remedy
 * and the nearest known name. YAML is parsed by libfyaml, of which nothing shows here. Sweeps are cross products; a
 * `together:` list of mappings inside `sweep` varies several parameters as one axis.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "sim/expect.h"
#include "sim/param.h"

#include <stdio.h>

struct scenario_axis {
    const char *param;   /* name of a swept parameter */
    const char **values; /* texts as written, in order, without repeats */
    size_t value_count;
    bool
        narrowed; /* by an override, or points were left out: checks may speak of values that were there */
};

struct scenario_point {
    void *config;     /* schema->config_size bytes */
    const char *json; /* the swept parameters: {"scheme":"duplex","clients.reply":"10KB"} */
    const char *
        text; /* every parameter and list, canonically, one "name: value" a line: what identifies the point */
    const char *
        *values; /* by axis: the text; NULL where a `together` point leaves the parameter alone */
    const double *
        numbers; /* by axis: the value in its base unit, for comparing and ordering; NAN for choices */
};

/* What a program noted in a file that it wrote: the elements of its mapping `found:`. */
struct scenario_note {
    const char *name, *text;
};

struct scenario {
    const char *path,
        *name; /* name: title's short form, the file name without directory and .yaml */
    const char *title, *question;
    const char *text;                  /* of the file itself */
    const struct scenario_note *notes; /* a NULL name ends them; NULL: there are none */
    struct scenario_axis *axes;
    size_t axis_count;
    struct scenario_point *points;
    size_t point_count;
    const struct metric_type *
        *shown; /* metrics that its tables are to show besides the usual ones */
    size_t shown_count;
    struct expectation *expectations;
    size_t expectation_count;
    void *memory; /* what all of it is made of */
};

/* NULL if there were errors; all of them have then been written to `errors`. `overrides`: NULL-ended "name=value" texts,
 * which win over the file and, for a swept parameter, narrow its axis. `metrics`: for checking `expect`. */
struct scenario *scenario_load(const char *path, const struct schema *schema,
                               const struct metric_type *metrics, const char *const *overrides,
                               FILE *errors);
/* The same from memory; `name` stands for the file in messages. */
struct scenario *scenario_parse(const char *name, const char *text, size_t size,
                                const struct schema *schema, const struct metric_type *metrics,
                                const char *const *overrides, FILE *errors);
/* What to call an axis where room is short: "clients.reply" is "reply", if no other axis ends so. */
const char *scenario_axis_name(const struct scenario *self, size_t axis);
void scenario_free(struct scenario *self);
/* Takes a point out of the sweep, as if an override had: checks that speak of it alone are about nothing. */
void scenario_leave_out(struct scenario *self, size_t point);
/* The text noted under this name; NULL: none. */
const char *scenario_note(const struct scenario *self, const char *name);

#endif
