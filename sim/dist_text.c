/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dist_text - parsing and printing of distributions.
 */
#include "sim/dist_text.h"

#include "sim/dist_table.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_MAX = 100000, LINE_MAX_BYTES = 200, TEXT_MAX = 1000, SIGMA_MAX = 100 };

static void skip_blanks(const char **at)
{
    while (isspace((unsigned char)**at))
        (*at)++;
}

static bool expect(const char **at, char wanted, char *error, size_t room)
{
    skip_blanks(at);
    if (**at == wanted) {
        (*at)++;
        return true;
    }
    snprintf(error, room, "'%c' is missing before '%.20s'", wanted, **at ? *at : "the end");
    return false;
}

static int find_type(const char *name, size_t size)
{
    for (int i = 0; dist_types[i].name != NULL; i++) {
        if (strlen(dist_types[i].name) == size && strncmp(dist_types[i].name, name, size) == 0)
            return i;
    }
    return -1;
}

static void unknown_type(const char *name, size_t size, char *error, size_t room)
{
    size_t used = (size_t)snprintf(
        error, room, "unknown distribution '%.*s' (known:", (int)(size < 30 ? size : 30), name);
    for (const struct dist_type *type = dist_types; type->name != NULL && used < room; type++)
        used += (size_t)snprintf(error + used, room - used, " %s", type->name);
    if (used < room)
        snprintf(error + used, room - used, ")");
}

/* --- tables ----------------------------------------------------------------------------------------------------- */

struct rows {
    double *values, *weights;
    size_t count, room;
};

static bool add_row(struct rows *rows, double value, double weight, char *error, size_t room)
{
    if (weight < 0 || value < 0) {
        snprintf(error, room, "values and weights must not be negative");
        return false;
    }
    if (rows->count == TABLE_MAX) {
        snprintf(error, room, "more than %d values", TABLE_MAX);
        return false;
    }
    if (rows->count == rows->room) {
        rows->room = rows->room ? rows->room * 2 : 16;
        rows->values = realloc(rows->values, rows->room * sizeof(double));
        rows->weights = realloc(rows->weights, rows->room * sizeof(double));
        if (rows->values == NULL || rows->weights == NULL)
            abort();
    }
    rows->values[rows->count] = value;
    rows->weights[rows->count++] = weight;
    return true;
}

static bool close_rows(struct rows *rows, const char *text, struct dist *out, char *error,
                       size_t room)
{
    double total = 0;
    for (size_t i = 0; i < rows->count; i++)
        total += rows->weights[i];
    bool good = rows->count > 0 && total > 0 && isfinite(total);
    if (good)
        out->table = dist_table_new(rows->values, rows->weights, rows->count, text);
    else
        snprintf(error, room, "no value has a weight above 0");
    free(rows->values);
    free(rows->weights);
    return good;
}

static bool drop_rows(struct rows *rows)
{
    free(rows->values);
    free(rows->weights);
    return false;
}

/* "1KB: 45, 10KB: 30)" */
static bool parse_choice(const char **at, enum quantity_kind kind, const char *text,
                         struct dist *out, char *error, size_t room)
{
    struct rows rows = {0};
    do {
        double value, weight = 1;
        skip_blanks(at);
        if (!quantity_scan(at, kind, &value, error, room))
            return drop_rows(&rows);
        skip_blanks(at);
        if (**at == ':') {
            (*at)++;
            skip_blanks(at);
            if (!quantity_scan(at, QUANTITY_NUMBER, &weight, error, room))
                return drop_rows(&rows);
        }
        if (!add_row(&rows, value, weight, error, room))
            return drop_rows(&rows);
        skip_blanks(at);
    } while (**at == ',' && (*at)++);
    if (!expect(at, ')', error, room))
        return drop_rows(&rows);
    return close_rows(&rows, text, out, error, room);
}

static bool make_zipf(const char *text, struct dist *out, char *error, size_t room)
{
    struct rows rows = {0};
    if (out->arguments[0] < 1 || out->arguments[0] > TABLE_MAX) {
        snprintf(error, room, "zipf needs a first argument of 1 to %d", TABLE_MAX);
        return false;
    }
    for (size_t rank = 1; rank <= (size_t)out->arguments[0]; rank++) {
        if (!add_row(&rows, (double)rank, pow((double)rank, -out->arguments[1]), error, room))
            return drop_rows(&rows);
    }
    return close_rows(&rows, text, out, error, room);
}

static bool read_row(char *line, enum quantity_kind kind, struct rows *rows, char *error,
                     size_t room)
{
    const char *at = line;
    double value, weight = 1;
    skip_blanks(&at);
    if (*at == '\0' || *at == '#')
        return true;
    if (!quantity_scan(&at, kind, &value, error, room))
        return false;
    skip_blanks(&at);
    if (*at != '\0' && *at != '#' && !quantity_scan(&at, QUANTITY_NUMBER, &weight, error, room))
        return false;
    return add_row(rows, value, weight, error, room);
}

static bool read_rows(FILE *file, const char *path, enum quantity_kind kind, struct rows *rows,
                      char *error, size_t room)
{
    char line[LINE_MAX_BYTES], why[160];
    for (unsigned number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        size_t size = strcspn(line, "\r\n");
        bool whole = line[size] != '\0' || feof(file);
        line[size] = '\0';
        if (!whole)
            snprintf(why, sizeof why, "the line is longer than %d bytes", LINE_MAX_BYTES - 2);
        if (whole && read_row(line, kind, rows, why, sizeof why))
            continue;
        snprintf(error, room, "%.100s:%u: %s", path, number, why);
        return false;
    }
    return true;
}

static bool read_file(const char *path, enum quantity_kind kind, const char *text, struct dist *out,
                      char *error, size_t room)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        snprintf(error, room, "cannot read '%.100s': %s", path, strerror(errno));
        return false;
    }
    struct rows rows = {0};
    bool good = read_rows(file, path, kind, &rows, error, room);
    if (good && ferror(file)) {
        snprintf(error, room, "cannot read '%.100s': %s", path, strerror(errno));
        good = false;
    }
    fclose(file);
    return good ? close_rows(&rows, text, out, error, room) : drop_rows(&rows);
}

static bool parse_empirical(const char **at, enum quantity_kind kind, const char *text,
                            const char *directory, struct dist *out, char *error, size_t room)
{
    skip_blanks(at);
    const char *end = strrchr(*at, ')');
    if (end == NULL || end == *at) {
        snprintf(error, room, "empirical needs the name of a file: empirical(sizes.txt)");
        return false;
    }
    char path[1024];
    bool relative = **at != '/' && directory != NULL && directory[0] != '\0';
    int size = snprintf(path, sizeof path, "%s%s%.*s", relative ? directory : "",
                        relative ? "/" : "", (int)(end - *at), *at);
    *at = end + 1;
    if (size >= (int)sizeof path) {
        snprintf(error, room, "the file's name is too long");
        return false;
    }
    return read_file(path, kind, text, out, error, room);
}

/* --- parsing ---------------------------------------------------------------------------------------------------- */

static bool parse_arguments(const char **at, enum quantity_kind kind, struct dist *out, char *error,
                            size_t room)
{
    const char *wanted = dist_types[out->type].arguments;
    for (unsigned i = 0; wanted[i] != '\0'; i++) {
        enum quantity_kind of = wanted[i] == 'q' ? kind : QUANTITY_NUMBER;
        skip_blanks(at);
        /* zipf counts in base units, so that 1 is the smallest rank. */
        if (out->type == DIST_ZIPF)
            of = QUANTITY_NUMBER;
        if ((i > 0 && !expect(at, ',', error, room)))
            return false;
        skip_blanks(at);
        if (!quantity_scan(at, of, &out->arguments[i], error, room))
            return false;
        if (out->arguments[i] < 0) {
            snprintf(error, room, "a distribution's arguments must not be negative");
            return false;
        }
    }
    return expect(at, ')', error, room);
}

static bool sensible(const struct dist *dist, char *error, size_t room)
{
    const double *a = dist->arguments;
    const char *wrong = NULL;
    if (dist->type == DIST_UNIFORM && a[0] > a[1])
        wrong = "uniform(low, high) needs low <= high";
    if (dist->type == DIST_PARETO && (a[0] <= 0 || a[1] <= 0))
        wrong = "pareto(scale, shape) needs both above 0";
    if (dist->type == DIST_WEIBULL && (a[0] <= 0 || a[1] <= 0))
        wrong = "weibull(scale, shape) needs both above 0";
    if (dist->type == DIST_LOGNORMAL && a[1] > SIGMA_MAX)
        wrong = "lognormal(mean, sigma) needs a sigma of at most 100: it is that of the logarithm";
    if (wrong != NULL)
        snprintf(error, room, "%s", wrong);
    return wrong == NULL;
}

static bool parse_call(const char **at, enum quantity_kind kind, const char *directory,
                       const char *text, struct dist *out, char *error, size_t room)
{
    const char *name = *at;
    while (isalpha((unsigned char)**at))
        (*at)++;
    size_t size = (size_t)(*at - name);
    int type = find_type(name, size);
    if (type < 0) {
        unknown_type(name, size, error, room);
        return false;
    }
    out->type = (uint8_t)type;
    if (!expect(at, '(', error, room))
        return false;
    if (type == DIST_CHOICE)
        return parse_choice(at, kind, text, out, error, room);
    if (type == DIST_EMPIRICAL)
        return parse_empirical(at, kind, text, directory, out, error, room);
    if (!parse_arguments(at, kind, out, error, room) || !sensible(out, error, room))
        return false;
    return type != DIST_ZIPF || make_zipf(text, out, error, room);
}

bool dist_parse(const char *text, enum quantity_kind kind, const char *directory, struct dist *out,
                char *error, size_t room)
{
    const char *at = text;
    *out = (struct dist){0};
    skip_blanks(&at);
    if (strlen(text) > TEXT_MAX) {
        snprintf(error, room, "longer than %d characters", TEXT_MAX);
        return false;
    }
    if (!isalpha((unsigned char)*at))
        return quantity_parse(text, kind, &out->arguments[0], error, room);
    if (!parse_call(&at, kind, directory, text, out, error, room))
        return false;
    skip_blanks(&at);
    if (*at == '\0')
        return true;
    snprintf(error, room, "'%.20s' behind the distribution is too much", at);
    return false;
}

int dist_print(const struct dist *self, enum quantity_kind kind, char *out, size_t room)
{
    if (self->type == DIST_CONSTANT)
        return quantity_print(self->arguments[0], kind, out, room);
    if (self->table != NULL)
        return snprintf(out, room, "%s", dist_table_text(self->table));
    const struct dist_type *type = &dist_types[self->type];
    char arguments[2][40] = {"", ""};
    for (unsigned i = 0; i < 2 && type->arguments[i] != '\0'; i++)
        quantity_print(self->arguments[i], type->arguments[i] == 'q' ? kind : QUANTITY_NUMBER,
                       arguments[i], sizeof arguments[i]);
    return snprintf(out, room, "%s(%s%s%s)", type->name, arguments[0],
                    type->arguments[1] ? ", " : "", arguments[1]);
}
