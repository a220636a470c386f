/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario - reads a scenario file and what it includes into a base config; sweep.c makes the points of it.
 */
#include "sim/scenario_read.h"

#include "sim/memory.h"
#include "sim/nearest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INCLUDE_DEPTH_MAX = 8, INCLUDES_MAX = 200, ERROR_TEXT = 400 };

/* A file being read, with the files that include it. */
struct file {
    const struct file *includer;
    struct source source;
    const char *directory;
    bool *given; /* by parameter: it was set in this very file */
    unsigned depth;
};

static void *keep(struct scenario_reader *self, size_t size)
{
    return arena_new(&self->arena, size);
}

static size_t param_count(const struct schema *schema)
{
    size_t count = 0;
    while (schema->params[count].name != NULL)
        count++;
    return count;
}

/* --- parameters ------------------------------------------------------------------------------------------------- */

static const struct param_list *find_list(const struct schema *schema, const char *name)
{
    for (const struct param_list *list = schema->lists; list != NULL && list->name != NULL;
         list++) {
        if (strcmp(list->name, name) == 0)
            return list;
    }
    return NULL;
}

const struct param *scenario_param(struct scenario_reader *self, const char *name,
                                   struct place place)
{
    const char *nearest = NULL;
    const struct param *param = param_find(self->schema->params, name, &nearest);
    if (param == NULL)
        diagnostic_error(&self->diagnostics, place,
                         "unknown parameter '%.60s' (%s%s%s`understudy params` lists them)", name,
                         nearest ? "did you mean " : "", nearest ? nearest : "",
                         nearest ? "? " : "");
    return param;
}

static void set_param(struct scenario_reader *self, const struct file *file,
                      const struct param *param, const struct yaml_node *key,
                      const struct yaml_node *value)
{
    char error[ERROR_TEXT];
    size_t index = (size_t)(param - self->schema->params);
    if (file->given[index]) {
        diagnostic_error(&self->diagnostics, key->place, "'%s' is given twice", param->name);
        return;
    }
    file->given[index] = true;
    self->places[index] = value->place;
    if (value->kind != YAML_SCALAR)
        diagnostic_error(&self->diagnostics, value->place,
                         "'%s' takes one value (several values belong under `sweep:`)",
                         param->name);
    else if (!param_set(param, self->base, value->text, file->directory, error, sizeof error))
        diagnostic_error(&self->diagnostics, value->place, "%s", error);
}

/* True if some parameter's name begins with this and a dot. */
static bool is_group(const struct schema *schema, const char *name)
{
    size_t size = strlen(name);
    for (const struct param *param = schema->params; param->name != NULL; param++) {
        if (strncmp(param->name, name, size) == 0 && param->name[size] == '.')
            return true;
    }
    return false;
}

static void read_params(struct scenario_reader *self, const struct file *file, const char *name,
                        const struct yaml_node *key, const struct yaml_node *value)
{
    if (!is_group(self->schema, name) || value->kind == YAML_SCALAR) {
        if (is_group(self->schema, name) && param_find(self->schema->params, name, NULL) == NULL) {
            diagnostic_error(&self->diagnostics, value->place,
                             "'%s' is a group of parameters: write %s: {name: value}", name, name);
            return;
        }
        const struct param *param = scenario_param(self, name, key->place);
        if (param != NULL)
            set_param(self, file, param, key, value);
        return;
    }
    if (value->kind != YAML_MAPPING) {
        diagnostic_error(&self->diagnostics, value->place, "'%s' is a group of parameters", name);
        return;
    }
    for (const struct yaml_item *item = value->first; item != NULL; item = item->next)
        read_params(self, file, arena_print(&self->arena, "%s.%s", name, item->key->text),
                    item->key, item->value);
}

/* --- lists ------------------------------------------------------------------------------------------------------ */

static const char *names_of(struct scenario_reader *self, const struct param *params)
{
    const char *names = "";
    for (; params->name != NULL; params++)
        names = arena_print(&self->arena, "%s %s", names, params->name);
    return names;
}

static void read_element_param(struct scenario_reader *self, const struct file *file,
                               const struct param_list *list, const struct yaml_item *item,
                               void *element)
{
    char error[ERROR_TEXT];
    const char *nearest = NULL;
    const struct param *param = param_find(list->params, item->key->text, &nearest);
    if (param == NULL) {
        diagnostic_error(&self->diagnostics, item->key->place,
                         "unknown parameter '%.60s' of %s (known:%s%s%s%s)", item->key->text,
                         list->name, names_of(self, list->params), nearest ? "; did you mean " : "",
                         nearest ? nearest : "", nearest ? "?" : "");
        return;
    }
    if (item->value->kind != YAML_SCALAR)
        diagnostic_error(&self->diagnostics, item->value->place, "'%s' takes one value",
                         param->name);
    else if (!param_set(param, element, item->value->text, file->directory, error, sizeof error))
        diagnostic_error(&self->diagnostics, item->value->place, "%s", error);
}

static void read_element(struct scenario_reader *self, const struct file *file,
                         const struct param_list *list, const struct yaml_node *node, void *element)
{
    unsigned before = self->diagnostics.errors;
    if (node->kind != YAML_MAPPING) {
        diagnostic_error(&self->diagnostics, node->place, "an element of '%s' is {name: value, …}",
                         list->name);
        return;
    }
    param_defaults(list->params, element);
    for (const struct yaml_item *item = node->first; item != NULL; item = item->next)
        read_element_param(self, file, list, item, element);
    const char *wrong =
        before == self->diagnostics.errors && list->check != NULL ? list->check(element) : NULL;
    if (wrong != NULL)
        diagnostic_error(&self->diagnostics, node->place, "%s", wrong);
}

static void read_list(struct scenario_reader *self, const struct file *file,
                      const struct param_list *list, const struct yaml_node *node)
{
    size_t *count = (size_t *)((char *)self->base + list->count_offset);
    *count = 0;
    if (node->kind != YAML_SEQUENCE) {
        diagnostic_error(&self->diagnostics, node->place, "'%s' is a list: - {name: value, …}",
                         list->name);
        return;
    }
    for (const struct yaml_item *item = node->first; item != NULL; item = item->next) {
        if (*count == list->max) {
            diagnostic_error(&self->diagnostics, item->value->place,
                             "more than %zu elements in '%s'", list->max, list->name);
            return;
        }
        char *array = (char *)self->base + list->offset;
        read_element(self, file, list, item->value, array + (*count)++ * list->element_size);
    }
}

/* --- files ------------------------------------------------------------------------------------------------------ */

static void read_file(struct scenario_reader *self, struct file *file, size_t size);

static char *load(const char *path, size_t *size, struct arena *arena)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return NULL;
    char *text = NULL;
    size_t room = 0, used = 0;
    do {
        room = room ? room * 2 : 65536;
        char *more = arena_new(arena, room + 1);
        memcpy(more, text ? text : "", used);
        text = more;
        used += fread(text + used, 1, room - used, stream);
    } while (used == room && room < 1 << 22);
    int failed = ferror(stream) != 0 ? errno : 0;
    fclose(stream);
    errno = failed;
    *size = used;
    return failed ? NULL : text;
}

static const char *directory_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == path)
        return "/.";
    return slash != NULL ? arena_copy(arena, path, (size_t)(slash - path)) : "";
}

static bool is_same_file(const char *one, const char *other)
{
    struct stat a, b;
    return strcmp(one, other) == 0 || (stat(one, &a) == 0 && stat(other, &b) == 0 &&
                                       a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

/* "a.yaml includes b.yaml includes a.yaml" if the path is being read already; else NULL. */
static const char *find_loop(struct scenario_reader *self, const struct file *file,
                             const char *path)
{
    const char *chain = path;
    for (; file != NULL; file = file->includer) {
        chain = arena_print(&self->arena, "%s includes %s", file->source.name, chain);
        if (is_same_file(file->source.name, path))
            return chain;
    }
    return NULL;
}

/* False, and told, if this file cannot be included here. */
static bool may_include(struct scenario_reader *self, const struct file *from, const char *path,
                        struct place place)
{
    const char *loop = find_loop(self, from, path);
    if (loop != NULL)
        diagnostic_error(&self->diagnostics, place, "a loop: %s", loop);
    else if (from->depth == INCLUDE_DEPTH_MAX)
        diagnostic_error(&self->diagnostics, place, "included files include more than %d deep",
                         INCLUDE_DEPTH_MAX);
    else if (self->included++ == INCLUDES_MAX)
        diagnostic_error(&self->diagnostics, place, "more than %d files are included",
                         INCLUDES_MAX);
    else
        return true;
    return false;
}

static void include_one(struct scenario_reader *self, const struct file *from,
                        const struct yaml_node *node)
{
    if (node->kind != YAML_SCALAR) {
        diagnostic_error(&self->diagnostics, node->place, "include takes the name of a file");
        return;
    }
    bool relative = node->text[0] != '/' && from->directory[0] != '\0';
    char *path = arena_print(&self->arena, "%s%s%s", relative ? from->directory : "",
                             relative ? "/" : "", node->text);
    if (!may_include(self, from, path, node->place))
        return;
    size_t size = 0;
    char *text = load(path, &size, &self->arena);
    if (text == NULL) {
        diagnostic_error(&self->diagnostics, node->place, "cannot read '%s': %s", path,
                         strerror(errno));
        return;
    }
    struct file *file = keep(self, sizeof *file);
    file->includer = from;
    file->source = (struct source){.name = path, .text = text};
    file->directory = directory_of(&self->arena, path);
    file->depth = from->depth + 1;
    read_file(self, file, size);
}

static void include(struct scenario_reader *self, const struct file *from,
                    const struct yaml_node *node)
{
    if (node->kind != YAML_SEQUENCE) {
        include_one(self, from, node);
        return;
    }
    for (const struct yaml_item *item = node->first; item != NULL; item = item->next)
        include_one(self, from, item->value);
}

static const char *text_key(struct scenario_reader *self, const struct yaml_item *item)
{
    if (item->value->kind == YAML_SCALAR)
        return item->value->text;
    diagnostic_error(&self->diagnostics, item->value->place, "'%s' is a text", item->key->text);
    return "";
}

static void read_notes(struct scenario_reader *self, const struct yaml_node *node)
{
    size_t count = 0;
    if (node->kind != YAML_MAPPING) {
        diagnostic_error(&self->diagnostics, node->place, "'found' is {name: text, …}");
        return;
    }
    for (const struct yaml_item *item = node->first; item != NULL; item = item->next)
        count++;
    struct scenario_note *notes = keep(self, (count + 1) * sizeof *notes);
    self->scenario->notes = notes;
    for (const struct yaml_item *item = node->first; item != NULL; item = item->next)
        *notes++ = (struct scenario_note){item->key->text, text_key(self, item)};
}

/* Where a part of the file that is no parameter is kept until the parameters are known; NULL: it is none. */
static const struct yaml_node **find_section(struct scenario_reader *self, const char *name)
{
    return strcmp(name, "sweep") == 0    ? &self->sweep
           : strcmp(name, "expect") == 0 ? &self->expect
           : strcmp(name, "show") == 0   ? &self->show
                                         : NULL;
}

static void read_item(struct scenario_reader *self, const struct file *file,
                      const struct yaml_item *item)
{
    const char *name = item->key->text;
    const struct param_list *list = find_list(self->schema, name);
    const struct yaml_node **section;
    bool own = file->includer == NULL;
    if (strcmp(name, "include") == 0)
        return; /* done before */
    if (strcmp(name, "title") == 0 || strcmp(name, "question") == 0) {
        const char *text = text_key(self, item);
        if (own && name[0] == 't')
            self->scenario->title = text;
        else if (own)
            self->scenario->question = text;
    } else if ((section = find_section(self, name)) != NULL) {
        if (!own)
            diagnostic_error(&self->diagnostics, item->key->place,
                             "'%s' belongs into the scenario itself, not into what it includes",
                             name);
        else
            *section = item->value;
    } else if (strcmp(name, "found") == 0) {
        if (own)
            read_notes(self, item->value);
    } else if (strncmp(name, "x-", 2) == 0) {
        /* A place for anchors. */
    } else if (list != NULL) {
        read_list(self, file, list, item->value);
    } else {
        read_params(self, file, name, item->key, item->value);
    }
}

static void read_file(struct scenario_reader *self, struct file *file, size_t size)
{
    struct source *source = keep(self, sizeof *source);
    *source = file->source;
    file->given = keep(self, param_count(self->schema) * sizeof(bool));
    const struct yaml_node *root = yaml_parse(source, size, &self->arena, &self->diagnostics);
    if (root == NULL)
        return;
    if (file->includer == NULL && root->place.line == 0) {
        diagnostic_error(&self->diagnostics, root->place,
                         "nothing in it: a scenario has lines `name: value` (`understudy params` "
                         "lists the names; {} stands for all defaults)");
        return;
    }
    if (root->kind != YAML_MAPPING) {
        diagnostic_error(&self->diagnostics, root->place, "a scenario is a mapping: name: value");
        return;
    }
    for (const struct yaml_item *item = root->first; item != NULL; item = item->next) {
        if (strcmp(item->key->text, "include") == 0)
            include(self, file, item->value);
    }
    for (const struct yaml_item *item = root->first; item != NULL; item = item->next)
        read_item(self, file, item);
}

/* --- expectations ----------------------------------------------------------------------------------------------- */

static bool read_expectation(struct scenario_reader *self, const struct yaml_node *node,
                             struct expectation *out)
{
    const struct yaml_node *check = node->kind == YAML_SCALAR ? node : NULL;
    const struct yaml_item *first = node->kind == YAML_MAPPING ? node->first : NULL;
    for (const struct yaml_item *item = first; item != NULL; item = item->next) {
        if (strcmp(item->key->text, "check") == 0 && item->value->kind == YAML_SCALAR)
            check = item->value;
        else if (strcmp(item->key->text, "name") == 0)
            out->name = text_key(self, item);
        else if (strcmp(item->key->text, "source") == 0)
            out->source = text_key(self, item);
        else if (strcmp(item->key->text, "missed") == 0)
            out->missed = text_key(self, item);
        else
            diagnostic_error(&self->diagnostics, item->key->place,
                             "an expectation has check, name, source and missed, not '%.40s'",
                             item->key->text);
    }
    if (check == NULL) {
        diagnostic_error(&self->diagnostics, node->place,
                         "an expectation is a text, or {check: text, name: …, source: …}");
        return false;
    }
    out->text = check->text;
    char error[ERROR_TEXT];
    size_t at = 0;
    out->root = expect_parse(check->text, self->scenario, self->metrics, &self->arena, &at, error,
                             sizeof error);
    struct place place = check->place;
    if (place.width == strlen(check->text)) { /* plain text: the caret can point into it */
        place.column += (unsigned)at;
        place.width = 1;
    }
    if (out->root == NULL)
        diagnostic_error(&self->diagnostics, place, "%s", error);
    return out->root != NULL;
}

static void read_expectations(struct scenario_reader *self)
{
    const struct yaml_node *list = self->expect;
    if (list == NULL)
        return;
    if (list->kind != YAML_SEQUENCE) {
        diagnostic_error(&self->diagnostics, list->place, "'expect' is a list: - goodput > 5MB/s");
        return;
    }
    size_t count = 0;
    for (const struct yaml_item *item = list->first; item != NULL; item = item->next)
        count++;
    self->scenario->expectations = keep(self, count * sizeof *self->scenario->expectations);
    for (const struct yaml_item *item = list->first; item != NULL; item = item->next) {
        struct expectation *expectation =
            &self->scenario->expectations[self->scenario->expectation_count];
        self->scenario->expectation_count += read_expectation(self, item->value, expectation);
    }
}

/* --- metrics to show --------------------------------------------------------------------------------------------- */

static const struct metric_type *find_metric(struct scenario_reader *self,
                                             const struct yaml_node *node)
{
    const char *name = node->kind == YAML_SCALAR ? node->text : "";
    struct nearest near;
    nearest_init(&near, name);
    for (const struct metric_type *type = self->metrics; type->name != NULL; type++) {
        if (strcmp(type->name, name) == 0)
            return type;
        nearest_offer(&near, type->name);
    }
    diagnostic_error(&self->diagnostics, node->place,
                     "unknown metric '%.60s' (%s%s%s`understudy metrics` lists them)", name,
                     near.name ? "did you mean " : "", near.name ? near.name : "",
                     near.name ? "? " : "");
    return NULL;
}

static void read_show(struct scenario_reader *self)
{
    const struct yaml_node *list = self->show;
    if (list == NULL)
        return;
    if (list->kind != YAML_SEQUENCE) {
        diagnostic_error(&self->diagnostics, list->place, "'show' is a list: [log_wait, cycles]");
        return;
    }
    size_t count = 0;
    for (const struct yaml_item *item = list->first; item != NULL; item = item->next)
        count++;
    self->scenario->shown = keep(self, count * sizeof *self->scenario->shown);
    for (const struct yaml_item *item = list->first; item != NULL; item = item->next) {
        const struct metric_type *type = find_metric(self, item->value);
        if (type != NULL)
            self->scenario->shown[self->scenario->shown_count++] = type;
    }
}

/* --- the whole -------------------------------------------------------------------------------------------------- */

static const char *short_name(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    return arena_copy(arena, base,
                      dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base));
}

static struct scenario *finish(struct scenario_reader *self)
{
    diagnostics_end(&self->diagnostics);
    if (self->diagnostics.errors > 0) {
        arena_free(&self->arena);
        return NULL;
    }
    struct scenario *scenario = self->scenario;
    struct arena *arena = must(malloc(sizeof *arena));
    *arena = self->arena;
    scenario->memory = arena;
    return scenario;
}

struct scenario *scenario_parse(const char *name, const char *text, size_t size,
                                const struct schema *schema, const struct metric_type *metrics,
                                const char *const *overrides, FILE *errors)
{
    struct scenario_reader self = {
        .schema = schema, .metrics = metrics, .diagnostics = {.stream = errors}};
    char *copy = arena_copy(&self.arena, text, size);
    struct file file = {
        .source = {.name = arena_copy(&self.arena, name, strlen(name)), .text = copy},
        .directory = directory_of(&self.arena, name)};
    self.directory = file.directory;
    self.scenario = keep(&self, sizeof *self.scenario);
    *self.scenario = (struct scenario){.path = file.source.name,
                                       .name = short_name(&self.arena, name),
                                       .title = short_name(&self.arena, name),
                                       .question = "",
                                       .text = copy};
    self.base = keep(&self, schema->config_size);
    self.narrowed = keep(&self, param_count(schema) * sizeof *self.narrowed);
    self.places = keep(&self, param_count(schema) * sizeof *self.places);
    param_defaults(schema->params, self.base);
    read_file(&self, &file, size);
    unsigned before = self.diagnostics.errors;
    sweep_read(&self, overrides);
    read_show(&self);
    if (self.diagnostics.errors == before) {
        before = self.diagnostics.errors;
        sweep_unfold(&self);
        if (self.diagnostics.errors == before) /* else there are no points to look at */
            read_expectations(&self);
    }
    return finish(&self);
}

struct scenario *scenario_load(const char *path, const struct schema *schema,
                               const struct metric_type *metrics, const char *const *overrides,
                               FILE *errors)
{
    struct arena arena = {0};
    size_t size = 0;
    char *text = load(path, &size, &arena);
    struct scenario *scenario = NULL;
    if (text == NULL)
        fprintf(errors, "%s: error: cannot be read: %s%s\n", path, strerror(errno),
                errno == EISDIR ? " (name the files in it)" : "");
    else
        scenario = scenario_parse(path, text, size, schema, metrics, overrides, errors);
    arena_free(&arena);
    return scenario;
}

const char *scenario_note(const struct scenario *self, const char *name)
{
    const struct scenario_note *note = self->notes;
    while (note != NULL && note->name != NULL && strcmp(note->name, name) != 0)
        note++;
    return note != NULL && note->name != NULL ? note->text : NULL;
}

static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : name;
}

const char *scenario_axis_name(const struct scenario *self, size_t axis)
{
    const char *name = last_part(self->axes[axis].param);
    for (size_t a = 0; a < self->axis_count; a++) {
        if (a != axis && strcmp(last_part(self->axes[a].param), name) == 0)
            return self->axes[axis].param;
    }
    return name;
}

void scenario_leave_out(struct scenario *self, size_t point)
{
    self->point_count--;
    memmove(&self->points[point], &self->points[point + 1],
            (self->point_count - point) * sizeof *self->points);
    for (size_t a = 0; a < self->axis_count; a++)
        self->axes[a].narrowed = true;
}

void scenario_free(struct scenario *self)
{
    if (self == NULL)
        return;
    struct arena *arena = self->memory;
    arena_free(arena);
    free(arena);
}
