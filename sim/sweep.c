/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep - reads `sweep:` into axes, and unfolds their cross product into points.
 *
 *     sweep:
 *       scheme: [unreplicated, duplex]             an axis by its values
 *       clients.reply: {from: 1KB, to: 64KB, factor: 2}
 *       together:                                  one axis that varies several parameters
 *         - {clients.count: 1, run.duration: 60s}
 *         - {clients.count: 100, run.duration: 6s}
 */
#include "sim/scenario_read.h"

#include "sim/dist_table.h"
#include "sim/quantity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_TEXT = 400, VALUE_TEXT = 1100 };

/* --- axes ------------------------------------------------------------------------------------------------------- */

static struct axis *new_axis(struct scenario_reader *self, struct place place)
{
    if (self->axis_count == SCENARIO_AXES_MAX) {
        diagnostic_error(&self->diagnostics, place, "more than %d axes", SCENARIO_AXES_MAX);
        return NULL;
    }
    struct axis *axis = &self->axes[self->axis_count++];
    axis->place = place;
    axis->values = arena_new(&self->arena, SCENARIO_VALUES_MAX * sizeof *axis->values);
    return axis;
}

static const char *canonical(struct scenario_reader *self, const struct param *param,
                             const void *config)
{
    char text[VALUE_TEXT];
    param_print(param, config, text, sizeof text);
    return arena_copy(&self->arena, text, strlen(text));
}

/* True if the text is a value of the parameter, which then is in self->scratch; told if not. */
static bool value_is_right(struct scenario_reader *self, const struct assignment *assignment)
{
    char error[ERROR_TEXT];
    if (param_set(assignment->param, self->scratch, assignment->text, assignment->directory, error,
                  sizeof error))
        return true;
    diagnostic_error(&self->diagnostics, assignment->place, "%s", error);
    return false;
}

/* Finds what the assignments mean, however they are written; false, and told, if one is wrong. */
static bool understand(struct scenario_reader *self, struct axis_value *value)
{
    value->text = "";
    for (size_t i = 0; i < value->count; i++) {
        const struct param *param = value->assignments[i].param;
        if (!value_is_right(self, &value->assignments[i]))
            return false;
        value->text = arena_print(&self->arena, "%s %s=%s", value->text, param->name,
                                  canonical(self, param, self->scratch));
    }
    value->config = self->scratch;
    self->scratch = arena_new(&self->arena, self->schema->config_size);
    return true;
}

static bool has_value(const struct axis *axis, size_t count, const char *text)
{
    for (size_t v = 0; v < count; v++) {
        if (strcmp(axis->values[v].text, text) == 0)
            return true;
    }
    return false;
}

/* False, and told, if it is none for this axis. */
static bool add_value(struct scenario_reader *self, struct axis *axis,
                      struct assignment *assignments, size_t count, struct place place)
{
    struct axis_value value = {.assignments = assignments, .count = count};
    if (!understand(self, &value))
        return false;
    if (axis->count == SCENARIO_VALUES_MAX) {
        diagnostic_error(&self->diagnostics, place, "more than %d values", SCENARIO_VALUES_MAX);
        return false;
    }
    if (has_value(axis, axis->count, value.text)) {
        diagnostic_error(&self->diagnostics, place, "the same value twice:%s", value.text);
        return false;
    }
    axis->values[axis->count++] = value;
    return true;
}

static bool add_single(struct scenario_reader *self, struct axis *axis, const struct param *param,
                       const char *text, struct place place)
{
    struct assignment *assignment = arena_new(&self->arena, sizeof *assignment);
    *assignment = (struct assignment){
        .param = param, .text = text, .directory = self->directory, .place = place};
    return add_value(self, axis, assignment, 1, place);
}

/* --- ranges ----------------------------------------------------------------------------------------------------- */

struct range {
    const struct yaml_node *from, *to, *factor, *step;
};

static bool range_number(struct scenario_reader *self, const struct param *param,
                         const struct yaml_node *node, double *out)
{
    struct assignment assignment = {
        .param = param, .text = node->text, .directory = self->directory, .place = node->place};
    if (!value_is_right(self, &assignment))
        return false;
    *out = param_number(param, self->scratch);
    if (!isfinite(*out))
        diagnostic_error(&self->diagnostics, node->place, "a range needs numbers");
    return isfinite(*out);
}

static const char *number_text(struct scenario_reader *self, const struct param *param,
                               double number)
{
    char text[64];
    quantity_print(number, param_quantity(param), text, sizeof text);
    return arena_copy(&self->arena, text, strlen(text));
}

static void add_range(struct scenario_reader *self, struct axis *axis, const struct param *param,
                      const struct range *range, struct place place)
{
    double from, to, by;
    char error[ERROR_TEXT];
    const struct yaml_node *step = range->factor ? range->factor : range->step;
    if (param->kind == PARAM_CHOICE || param->kind == PARAM_BOOL) {
        diagnostic_error(&self->diagnostics, place, "'%s' has no range: list its values",
                         param->name);
        return;
    }
    if (!range_number(self, param, range->from, &from) ||
        !range_number(self, param, range->to, &to))
        return;
    enum quantity_kind kind = range->factor ? QUANTITY_NUMBER : param_quantity(param);
    if (!quantity_parse(step->text, kind, &by, error, sizeof error)) {
        diagnostic_error(&self->diagnostics, step->place, "%s", error);
        return;
    }
    bool grows = range->factor ? by > 1 && from > 0 : by > 0;
    if (!grows || to < from) {
        diagnostic_error(
            &self->diagnostics, step->place,
            "a range goes up: from <= to, factor above 1 (from above 0) or step above 0");
        return;
    }
    for (double at = from; at <= to * (1 + 1e-9); at = range->factor ? at * by : at + by) {
        if (!add_single(self, axis, param, number_text(self, param, at), place))
            return; /* the next would say the same */
    }
}

static bool read_range(struct scenario_reader *self, const struct yaml_node *node,
                       struct range *range)
{
    for (const struct yaml_item *item = node->first; item != NULL; item = item->next) {
        const char *name = item->key->text;
        const struct yaml_node **slot = strcmp(name, "from") == 0     ? &range->from
                                        : strcmp(name, "to") == 0     ? &range->to
                                        : strcmp(name, "factor") == 0 ? &range->factor
                                        : strcmp(name, "step") == 0   ? &range->step
                                                                      : NULL;
        if (slot != NULL && item->value->kind == YAML_SCALAR)
            *slot = item->value;
        else
            range->from = NULL;
    }
    bool whole = range->from && range->to && (range->factor == NULL) != (range->step == NULL);
    if (!whole)
        diagnostic_error(&self->diagnostics, node->place,
                         "a range is {from: …, to: …, factor: …} or {from: …, to: …, step: …}");
    return whole;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

static void read_values(struct scenario_reader *self, const struct param *param,
                        const struct yaml_item *entry)
{
    struct axis *axis = new_axis(self, entry->key->place);
    const struct yaml_node *node = entry->value;
    if (axis == NULL)
        return;
    if (node->kind == YAML_SCALAR)
        add_single(self, axis, param, node->text, node->place);
    if (node->kind == YAML_MAPPING) {
        struct range range = {0};
        if (read_range(self, node, &range))
            add_range(self, axis, param, &range, node->place);
        return;
    }
    for (const struct yaml_item *item = node->first; item != NULL; item = item->next) {
        if (item->value->kind == YAML_SCALAR)
            add_single(self, axis, param, item->value->text, item->value->place);
        else
            diagnostic_error(&self->diagnostics, item->value->place, "a value is a plain text");
    }
    if (node->kind == YAML_SEQUENCE && node->first == NULL)
        diagnostic_error(&self->diagnostics, node->place, "'%s' is swept over no value",
                         param->name);
}

static void read_together_value(struct scenario_reader *self, struct axis *axis,
                                const struct yaml_node *node)
{
    size_t count = 0;
    for (const struct yaml_item *item = node->first; item != NULL; item = item->next)
        count++;
    if (node->kind != YAML_MAPPING || count == 0) {
        diagnostic_error(&self->diagnostics, node->place,
                         "an element of 'together' is {parameter: value, …}");
        return;
    }
    struct assignment *assignments = arena_new(&self->arena, count * sizeof *assignments);
    size_t used = 0;
    for (const struct yaml_item *item = node->first; item != NULL; item = item->next) {
        const struct param *param = scenario_param(self, item->key->text, item->key->place);
        if (param == NULL)
            continue;
        if (item->value->kind != YAML_SCALAR) {
            diagnostic_error(&self->diagnostics, item->value->place, "'%s' takes one value here",
                             param->name);
            continue;
        }
        assignments[used++] = (struct assignment){.param = param,
                                                  .text = item->value->text,
                                                  .directory = self->directory,
                                                  .place = item->value->place};
    }
    add_value(self, axis, assignments, used, node->place);
}

static void read_together(struct scenario_reader *self, const struct yaml_item *entry)
{
    struct axis *axis = new_axis(self, entry->key->place);
    if (axis == NULL)
        return;
    if (entry->value->kind != YAML_SEQUENCE || entry->value->first == NULL) {
        diagnostic_error(&self->diagnostics, entry->value->place,
                         "'together' is a list of {parameter: value, …}");
        return;
    }
    for (const struct yaml_item *item = entry->value->first; item != NULL; item = item->next)
        read_together_value(self, axis, item->value);
}

static bool axis_sets(const struct axis *axis, const struct param *param)
{
    for (size_t v = 0; v < axis->count; v++) {
        for (size_t i = 0; i < axis->values[v].count; i++) {
            if (axis->values[v].assignments[i].param == param)
                return true;
        }
    }
    return false;
}

/* No parameter may be varied by two axes. */
static void check_conflicts(struct scenario_reader *self)
{
    for (size_t a = 0; a < self->axis_count; a++) {
        const struct axis *axis = &self->axes[a];
        for (const struct param *param = self->schema->params; param->name != NULL; param++) {
            for (size_t b = 0; b < a && axis_sets(axis, param); b++) {
                if (axis_sets(&self->axes[b], param))
                    diagnostic_error(&self->diagnostics, axis->place,
                                     "'%s' is swept by two axes: keep one", param->name);
            }
        }
    }
}

/* The parameter has this value all along the axis; values that then mean the same become one. */
static void narrow_axis(struct scenario_reader *self, struct axis *axis,
                        const struct assignment *wanted)
{
    size_t kept = 0;
    for (size_t v = 0; v < axis->count; v++) {
        struct axis_value value = axis->values[v];
        for (size_t i = 0; i < value.count; i++) {
            if (value.assignments[i].param == wanted->param)
                value.assignments[i] = *wanted;
        }
        if (understand(self, &value) && !has_value(axis, kept, value.text))
            axis->values[kept++] = value;
    }
    axis->count = kept;
}

static void override(struct scenario_reader *self, const char *text)
{
    char error[ERROR_TEXT];
    struct source *source = arena_new(&self->arena, sizeof *source);
    *source = (struct source){.name = "--set", .text = text};
    struct place place = {
        .source = source, .line = 1, .column = 1, .width = (unsigned)strlen(text)};
    const char *equals = strchr(text, '=');
    if (equals == NULL) {
        diagnostic_error(&self->diagnostics, place, "write --set name=value");
        return;
    }
    char *name = arena_copy(&self->arena, text, (size_t)(equals - text));
    const struct param *param = scenario_param(self, name, place);
    if (param == NULL)
        return;
    self->places[param - self->schema->params] = place;
    if (!param_set(param, self->base, equals + 1, ".", error, sizeof error)) {
        diagnostic_error(&self->diagnostics, place, "%s", error);
        return;
    }
    self->narrowed[param - self->schema->params] = true;
    struct assignment wanted = {
        .param = param, .text = equals + 1, .directory = ".", .place = place};
    for (size_t i = 0; i < self->axis_count; i++) {
        if (axis_sets(&self->axes[i], param))
            narrow_axis(self, &self->axes[i], &wanted);
    }
}

void sweep_read(struct scenario_reader *self, const char *const *overrides)
{
    self->axes = arena_new(&self->arena, SCENARIO_AXES_MAX * sizeof *self->axes);
    self->scratch = arena_new(&self->arena, self->schema->config_size);
    const struct yaml_node *sweep = self->sweep;
    if (sweep != NULL && sweep->kind != YAML_MAPPING) {
        diagnostic_error(&self->diagnostics, sweep->place, "'sweep' is {parameter: [value, …], …}");
        sweep = NULL;
    }
    for (const struct yaml_item *item = sweep ? sweep->first : NULL; item != NULL;
         item = item->next) {
        const struct param *param;
        if (strcmp(item->key->text, "together") == 0)
            read_together(self, item);
        else if ((param = scenario_param(self, item->key->text, item->key->place)) != NULL)
            read_values(self, param, item);
    }
    check_conflicts(self);
    for (; overrides != NULL && *overrides != NULL; overrides++)
        override(self, *overrides);
}

/* --- points ----------------------------------------------------------------------------------------------------- */

static size_t swept_params(struct scenario_reader *self, const struct param **out)
{
    size_t count = 0;
    for (size_t a = 0; a < self->axis_count; a++) {
        for (const struct param *param = self->schema->params; param->name != NULL; param++) {
            if (!axis_sets(&self->axes[a], param))
                continue;
            if (count == SCENARIO_AXES_MAX) {
                diagnostic_error(&self->diagnostics, self->axes[a].place,
                                 "more than %d swept parameters", SCENARIO_AXES_MAX);
                return count;
            }
            out[count++] = param;
        }
    }
    return count;
}

static void add_axis_value(struct scenario_axis *axis, const char *text)
{
    for (size_t i = 0; i < axis->value_count; i++) {
        if (strcmp(axis->values[i], text) == 0)
            return;
    }
    axis->values[axis->value_count++] = text;
}

/* As scenario files write it; of a distribution that a file tells, also a digest of what the file told. */
static void describe_value(FILE *stream, const struct param *param, const void *config)
{
    char text[VALUE_TEXT];
    const struct dist *dist = (const void *)((const char *)config + param->offset);
    param_print(param, config, text, sizeof text);
    fputs(text, stream);
    if ((param->kind == PARAM_DURATION_DIST || param->kind == PARAM_SIZE_DIST) &&
        dist->type == DIST_EMPIRICAL)
        fprintf(stream, " #%016llx", (unsigned long long)dist_table_digest(dist->table));
}

/* Every parameter and list element, a line each: what the point is, whatever file it came from. */
static const char *describe(struct scenario_reader *self, const void *config)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        abort();
    for (const struct param *param = self->schema->params; param->name != NULL; param++) {
        fprintf(stream, "%s: ", param->name);
        describe_value(stream, param, config);
        fputc('\n', stream);
    }
    for (const struct param_list *list = self->schema->lists; list != NULL && list->name != NULL;
         list++) {
        size_t count = *(const size_t *)((const char *)config + list->count_offset);
        for (size_t i = 0; i < count; i++) {
            const char *element = (const char *)config + list->offset + i * list->element_size;
            fprintf(stream, "%s:", list->name);
            for (const struct param *param = list->params; param->name != NULL; param++) {
                fprintf(stream, " %s=", param->name);
                describe_value(stream, param, element);
            }
            fputc('\n', stream);
        }
    }
    fclose(stream);
    const char *copy = arena_copy(&self->arena, text, size);
    free(text);
    return copy;
}

static const char *as_json(struct scenario_reader *self, const struct scenario *scenario,
                           const struct scenario_point *point)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        abort();
    const char *separator = "";
    fputc('{', stream);
    for (size_t a = 0; a < scenario->axis_count; a++) {
        if (point->values[a] == NULL)
            continue;
        fprintf(stream, "%s\"%s\":\"", separator, scenario->axes[a].param);
        for (const char *c = point->values[a]; *c != '\0'; c++) {
            if ((unsigned char)*c < 0x20)
                fprintf(stream, "\\u%04x", (unsigned)*c);
            else
                fprintf(stream, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
        }
        fputc('"', stream);
        separator = ",";
    }
    fputc('}', stream);
    fclose(stream);
    const char *copy = arena_copy(&self->arena, text, size);
    free(text);
    return copy;
}

static struct place place_of(const struct scenario_reader *self, const char *name,
                             const struct axis_value *const *chosen)
{
    for (size_t a = 0; a < self->axis_count; a++) {
        for (size_t i = 0; i < chosen[a]->count; i++) {
            if (name != NULL && strcmp(chosen[a]->assignments[i].param->name, name) == 0)
                return chosen[a]->assignments[i].place;
        }
    }
    const struct param *param = name ? param_find(self->schema->params, name, NULL) : NULL;
    struct place place = {0};
    if (param != NULL)
        place = self->places[param - self->schema->params];
    if (place.source == NULL) {
        struct source *whole = arena_new((struct arena *)&self->arena, sizeof *whole);
        *whole = (struct source){.name = self->scenario->path, .text = self->scenario->text};
        place = (struct place){.source = whole};
    }
    return place;
}

static void fill_point(struct scenario_reader *self, struct scenario_point *point,
                       const struct axis_value *const *chosen)
{
    point->config = arena_new(&self->arena, self->schema->config_size);
    memcpy(point->config, self->base, self->schema->config_size);
    for (size_t a = 0; a < self->axis_count; a++) {
        for (size_t i = 0; i < chosen[a]->count; i++)
            param_copy(chosen[a]->assignments[i].param, point->config, chosen[a]->config);
    }
}

/* Points are many, and what is wrong with them mostly the same. */
static void tell_once(struct scenario_reader *self, struct place place, const char *text)
{
    for (size_t i = 0; i < self->told_count; i++) {
        if (strcmp(self->told[i], text) == 0)
            return;
    }
    if (self->told_count < SCENARIO_TOLD_MAX)
        self->told[self->told_count++] = arena_copy(&self->arena, text, strlen(text));
    diagnostic_error(&self->diagnostics, place, "%s", text);
}

static void check_point(struct scenario_reader *self, const struct scenario_point *point,
                        const struct axis_value *const *chosen)
{
    char text[ERROR_TEXT];
    unsigned rule = 0;
    const char *wrong = NULL;
    while (!self->schema->check(point->config, &rule, &wrong, text, sizeof text))
        tell_once(self, place_of(self, wrong, chosen), text);
}

static void label_point(struct scenario_reader *self, struct scenario_point *point,
                        const struct param *const *swept, const struct axis_value *const *chosen)
{
    struct scenario *scenario = self->scenario;
    double *numbers = arena_new(&self->arena, scenario->axis_count * sizeof *numbers);
    point->values = arena_new(&self->arena, scenario->axis_count * sizeof *point->values);
    for (size_t s = 0; s < scenario->axis_count; s++) {
        numbers[s] = param_number(swept[s], point->config);
        for (size_t a = 0; a < self->axis_count; a++) {
            for (size_t i = 0; i < chosen[a]->count; i++) {
                if (chosen[a]->assignments[i].param == swept[s])
                    point->values[s] = canonical(self, swept[s], point->config);
            }
        }
        if (point->values[s] != NULL)
            add_axis_value(&scenario->axes[s], point->values[s]);
    }
    point->numbers = numbers;
    point->json = as_json(self, scenario, point);
    point->text = describe(self, point->config);
}

static size_t combinations(struct scenario_reader *self)
{
    size_t count = 1;
    for (size_t a = 0; a < self->axis_count; a++) {
        count *= self->axes[a].count;
        if (count > SCENARIO_POINTS_MAX) {
            diagnostic_error(&self->diagnostics, self->axes[a].place,
                             "the sweep has more than %d points", SCENARIO_POINTS_MAX);
            return 0;
        }
    }
    return count;
}

void sweep_unfold(struct scenario_reader *self)
{
    struct scenario *scenario = self->scenario;
    const struct param *swept[SCENARIO_AXES_MAX];
    size_t count = combinations(self);
    /* After other errors defaults stand in for what is wrong: they would be judged in its place. */
    bool possible = self->schema->check != NULL && self->diagnostics.errors == 0;
    scenario->axis_count = swept_params(self, swept);
    scenario->axes = arena_new(&self->arena, (scenario->axis_count + 1) * sizeof *scenario->axes);
    for (size_t s = 0; s < scenario->axis_count; s++)
        scenario->axes[s] = (struct scenario_axis){
            .param = swept[s]->name,
            .narrowed = self->narrowed[swept[s] - self->schema->params],
            .values = arena_new(&self->arena, SCENARIO_VALUES_MAX * sizeof(const char *))};
    scenario->points = arena_new(&self->arena, (count + 1) * sizeof *scenario->points);
    for (size_t index = 0; index < count; index++) {
        const struct axis_value *chosen[SCENARIO_AXES_MAX];
        size_t rest = index;
        for (size_t a = self->axis_count; a-- > 0;) { /* the last axis turns fastest */
            chosen[a] = &self->axes[a].values[rest % self->axes[a].count];
            rest /= self->axes[a].count;
        }
        struct scenario_point *point = &scenario->points[scenario->point_count++];
        fill_point(self, point, chosen);
        if (possible)
            check_point(self, point, chosen);
        label_point(self, point, swept, chosen);
    }
}
