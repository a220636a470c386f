/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * param - texts into configs by rows, and back.
 */
#include "sim/param.h"

#include "sim/dist_text.h"
#include "sim/nearest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {
    [PARAM_INT] = "number",          [PARAM_NUMBER] = "number",
    [PARAM_BOOL] = "yes or no",      [PARAM_CHOICE] = "choice",
    [PARAM_DURATION] = "duration",   [PARAM_SIZE] = "size",
    [PARAM_RATE] = "rate",           [PARAM_FREQUENCY] = "frequency",
    [PARAM_CYCLES] = "cycles",       [PARAM_DURATION_DIST] = "duration dist",
    [PARAM_SIZE_DIST] = "size dist",
};

const char *param_kind_name(enum param_kind kind)
{
    return kind_names[kind];
}

static enum quantity_kind quantity_of(enum param_kind kind)
{
    switch (kind) {
    case PARAM_DURATION:
    case PARAM_DURATION_DIST:
        return QUANTITY_DURATION;
    case PARAM_SIZE:
    case PARAM_SIZE_DIST:
        return QUANTITY_SIZE;
    case PARAM_RATE:
        return QUANTITY_RATE;
    case PARAM_FREQUENCY:
        return QUANTITY_FREQUENCY;
    default:
        return QUANTITY_NUMBER;
    }
}

const struct param *param_find(const struct param *table, const char *name, const char **nearest)
{
    for (const struct param *param = table; param->name != NULL; param++) {
        if (strcmp(param->name, name) == 0)
            return param;
    }
    struct nearest near;
    nearest_init(&near, name);
    for (const struct param *param = table; nearest != NULL && param->name != NULL; param++)
        nearest_offer(&near, param->name);
    if (nearest != NULL)
        *nearest = near.name;
    return NULL;
}

enum quantity_kind param_quantity(const struct param *self)
{
    return quantity_of(self->kind);
}

static void *place(const struct param *self, void *config)
{
    return (char *)config + self->offset;
}

static const void *const_place(const struct param *self, const void *config)
{
    return (const char *)config + self->offset;
}

/* --- setting ---------------------------------------------------------------------------------------------------- */

static bool in_range(const struct param *self, double low, double high, char *error, size_t room)
{
    if (low >= self->min && high <= self->max)
        return true;
    char least[48], most[48];
    quantity_print(self->min, quantity_of(self->kind), least, sizeof least);
    quantity_print(self->max, quantity_of(self->kind), most, sizeof most);
    snprintf(error, room, "'%s' must be %s to %s", self->name, least, most);
    return false;
}

static void unknown_choice(const struct param *self, const char *text, char *error, size_t room)
{
    struct nearest near;
    nearest_init(&near, text);
    for (int i = 0; self->choices[i] != NULL; i++)
        nearest_offer(&near, self->choices[i]);
    size_t used = (size_t)snprintf(error, room, "unknown %s '%.40s' (known: ", self->name, text);
    for (int i = 0; self->choices[i] != NULL && used < room; i++)
        used +=
            (size_t)snprintf(error + used, room - used, "%s%s", i ? ", " : "", self->choices[i]);
    if (used < room)
        snprintf(error + used, room - used, "%s%s%s)", near.name ? "; did you mean " : "",
                 near.name ? near.name : "", near.name ? "?" : "");
}

static bool set_choice(const struct param *self, void *config, const char *text, char *error,
                       size_t room)
{
    for (int i = 0; self->choices[i] != NULL; i++) {
        if (strcmp(self->choices[i], text) == 0) {
            *(int *)place(self, config) = i;
            return true;
        }
    }
    unknown_choice(self, text, error, room);
    return false;
}

static bool set_bool(const struct param *self, void *config, const char *text, char *error,
                     size_t room)
{
    bool yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0 || strcmp(text, "on") == 0;
    bool no = strcmp(text, "no") == 0 || strcmp(text, "false") == 0 || strcmp(text, "off") == 0;
    if (yes || no)
        *(bool *)place(self, config) = yes;
    else
        snprintf(error, room, "'%s' is yes or no, not '%.40s'", self->name, text);
    return yes || no;
}

static bool set_dist(const struct param *self, void *config, const char *text,
                     const char *directory, char *error, size_t room)
{
    struct dist dist;
    if (!dist_parse(text, quantity_of(self->kind), directory, &dist, error, room))
        return false;
    double most = dist_max(&dist), low = dist_is_constant(&dist) ? most : self->min;
    if (!in_range(self, low, isfinite(most) ? most : self->max, error, room))
        return false;
    *(struct dist *)place(self, config) = dist;
    return true;
}

static bool set_quantity(const struct param *self, void *config, const char *text, char *error,
                         size_t room)
{
    double value;
    char why[160];
    if (!quantity_parse(text, quantity_of(self->kind), &value, why, sizeof why)) {
        snprintf(error, room, "'%s' is %s, and %s", self->name,
                 quantity_kind_names[quantity_of(self->kind)], why);
        return false;
    }
    if (!in_range(self, value, value, error, room))
        return false;
    if (self->kind == PARAM_NUMBER) {
        *(double *)place(self, config) = value;
        return true;
    }
    if (value != floor(value) && (self->kind == PARAM_INT || self->kind == PARAM_CYCLES)) {
        snprintf(error, room, "'%s' is a whole number, not '%.40s'", self->name, text);
        return false;
    }
    if (value != 0 && llround(value) == 0) { /* 0 often means "none" or "no limit" */
        snprintf(error, room, "'%s' is less than 1%s, and not 0: '%.40s'", self->name,
                 quantity_units[quantity_of(self->kind)][0].name, text);
        return false;
    }
    *(int64_t *)place(self, config) = llround(value);
    return true;
}

bool param_set(const struct param *self, void *config, const char *text, const char *directory,
               char *error, size_t room)
{
    switch (self->kind) {
    case PARAM_CHOICE:
        return set_choice(self, config, text, error, room);
    case PARAM_BOOL:
        return set_bool(self, config, text, error, room);
    case PARAM_DURATION_DIST:
    case PARAM_SIZE_DIST:
        return set_dist(self, config, text, directory, error, room);
    default:
        return set_quantity(self, config, text, error, room);
    }
}

static size_t value_size(enum param_kind kind)
{
    switch (kind) {
    case PARAM_CHOICE:
        return sizeof(int);
    case PARAM_BOOL:
        return sizeof(bool);
    case PARAM_NUMBER:
        return sizeof(double);
    case PARAM_DURATION_DIST:
    case PARAM_SIZE_DIST:
        return sizeof(struct dist);
    default:
        return sizeof(int64_t);
    }
}

void param_copy(const struct param *self, void *to, const void *from)
{
    memcpy(place(self, to), const_place(self, from), value_size(self->kind));
}

/* --- printing --------------------------------------------------------------------------------------------------- */

int param_print(const struct param *self, const void *config, char *out, size_t room)
{
    const void *at = const_place(self, config);
    switch (self->kind) {
    case PARAM_CHOICE:
        return snprintf(out, room, "%s", self->choices[*(const int *)at]);
    case PARAM_BOOL:
        return snprintf(out, room, "%s", *(const bool *)at ? "yes" : "no");
    case PARAM_DURATION_DIST:
    case PARAM_SIZE_DIST:
        return dist_print(at, quantity_of(self->kind), out, room);
    case PARAM_NUMBER:
        return quantity_print(*(const double *)at, QUANTITY_NUMBER, out, room);
    default:
        return quantity_print((double)*(const int64_t *)at, quantity_of(self->kind), out, room);
    }
}

double param_number(const struct param *self, const void *config)
{
    const void *at = const_place(self, config);
    switch (self->kind) {
    case PARAM_CHOICE:
        return NAN;
    case PARAM_BOOL:
        return *(const bool *)at;
    case PARAM_DURATION_DIST:
    case PARAM_SIZE_DIST:
        return dist_mean(at);
    case PARAM_NUMBER:
        return *(const double *)at;
    default:
        return (double)*(const int64_t *)at;
    }
}

void param_defaults(const struct param *table, void *config)
{
    char error[240];
    for (const struct param *param = table; param->name != NULL; param++) {
        if (param->standard != NULL &&
            !param_set(param, config, param->standard, NULL, error, sizeof error))
            fprintf(stderr, "a default does not fit its own row: %s\n", error);
    }
}
