/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * param - one row declares one parameter: scenario files, --set, the reference page and every error message come from it.
 *
 * A model keeps its parameters in one struct ("config") and a NULL-ended table of rows that say where in it each lives.
 * Storage by kind: INT, DURATION (ns), SIZE (bytes), RATE (bit/s), FREQUENCY (Hz) are int64_t; CYCLES too; NUMBER is double;
 * BOOL is bool; CHOICE is int (index in `choices`); the DISTs are struct dist.
 * Units: durations ns us ms s min h; sizes B kB MB GB (powers of 1000) and KB KiB MiB GiB (powers of 1024: KB is what the
 * literature on web servers means by it); rates bps kbps Mbps Gbps (also bit/s, Mbit/s …); Hz kHz MHz GHz; "%" wherever
 * a NUMBER is a fraction. "0" needs no unit. What has a unit must show it.
 */
#ifndef SIM_PARAM_H
#define SIM_PARAM_H

#include "sim/dist.h"
#include "sim/quantity.h"

#include <stddef.h>

enum param_kind {
    PARAM_INT,
    PARAM_NUMBER,
    PARAM_BOOL,
    PARAM_CHOICE,
    PARAM_DURATION,
    PARAM_SIZE,
    PARAM_RATE,
    PARAM_FREQUENCY,
    PARAM_CYCLES,
    PARAM_DURATION_DIST,
    PARAM_SIZE_DIST,
};

struct param {
    const char *name; /* "network.rate": a dot is a level of the YAML; NULL ends the table */
    enum param_kind kind;
    const char *
        standard; /* the default, as a scenario file would write it; NULL: must be given (in lists) */
    double min, max;            /* inclusive, in the base unit; for DISTs every value it can draw */
    size_t offset;              /* in the config */
    const char *const *choices; /* CHOICE: NULL-ended names */
    const char *help;           /* one sentence */
};

/* A list of records of their own parameters, such as `faults:`. */
struct param_list {
    const char *name;
    const struct param *params;
    size_t offset, count_offset; /* in the config: the array, and its size_t count */
    size_t element_size, max;
    /* Judges a filled element; a text names what is wrong (static or of the element), NULL: right. */
    const char *(*check)(const void *element);
};

struct schema {
    const struct param *params;
    const struct param_list *lists; /* a NULL name ends it; may be NULL */
    size_t config_size;
    /* Judges a filled config as a whole by rules, from the number *rule on: if it breaks one, writes a text, sets `param` to the
     * name of the parameter to point at, moves *rule behind it and returns false. True: it breaks none (more). */
    bool (*check)(const void *config, unsigned *rule, const char **param, char *text, size_t room);
};

/* NULL if unknown; `nearest` (may be NULL) then gets the nearest known name, if one is near. */
const struct param *param_find(const struct param *table, const char *name, const char **nearest);
const char *param_kind_name(enum param_kind kind); /* "duration" */
/* Parses `text` into config; false and a plain message with its remedy in `error` if it is wrong. `directory`: where a
 * relative file name starts. */
bool param_set(const struct param *self, void *config, const char *text, const char *directory,
               char *error, size_t room);
/* The value alone, from one config into another. */
void param_copy(const struct param *self, void *to, const void *from);
/* Writes the value as a scenario file would, canonically. Returns what snprintf returns. */
int param_print(const struct param *self, const void *config, char *out, size_t room);
/* How its values are written; PARAM_CHOICE and PARAM_BOOL: of no use. */
enum quantity_kind param_quantity(const struct param *self);
/* The value in its base unit (of a dist: its mean), for comparing and ordering; NAN for a CHOICE. */
double param_number(const struct param *self, const void *config);
/* Fills every parameter with its default. */
void param_defaults(const struct param *table, void *config);

#endif
