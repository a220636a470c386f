/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report - one list of rows, three ways to print them.
 */
#include "sim/report.h"

#include "sim/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const report_format_names[] = {"table", "csv", "json", NULL};

enum { WIDTH_STANDARD = 100, COLUMNS_MAX = 64, CELL_MAX = 40 };

/* A line of the table under construction: one point at one host. */
struct line {
    struct line *next;
    const char *point, *host;
    const char *cells[COLUMNS_MAX];
};

struct report {
    enum report_format format;
    FILE *stream;
    bool colours;
    struct arena arena;
    const char *scenario;
    const char *columns[COLUMNS_MAX];
    size_t column_count;
    struct line *first, *last;
};

/* --- values ----------------------------------------------------------------------------------------------------- */

static const struct {
    double factor;
    const char *prefix;
} prefixes[] = {{1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}, {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}};

static bool takes_prefix(const char *unit)
{
    return strcmp(unit, "s") == 0 || strncmp(unit, "bytes", 5) == 0 || strcmp(unit, "cycles") == 0;
}

int report_value(char *out, size_t room, double value, const char *unit)
{
    if (unit == NULL || strcmp(unit, "1") == 0)
        return snprintf(out, room, "%.3g", value);
    if (!isfinite(value))
        return snprintf(out, room, "-");
    if (strcmp(unit, "requests/s") == 0)
        return snprintf(out, room, value < 100 ? "%.3g/s" : "%.0f/s", value);
    if (!takes_prefix(unit)) /* counts */
        return snprintf(out, room, "%.15g", value);
    if (value == 0)
        return snprintf(out, room, "0 %s", strcmp(unit, "s") == 0 ? "s" : "");
    size_t i = 0, last = sizeof prefixes / sizeof *prefixes - 1;
    if (strcmp(unit, "s") != 0)
        last = 3; /* no milli-bytes */
    while (i < last && fabs(value) < prefixes[i].factor * 0.9995)
        i++;
    const char *name = strcmp(unit, "s") == 0         ? "s"
                       : strcmp(unit, "cycles") == 0  ? ""
                       : strcmp(unit, "bytes/s") == 0 ? "B/s"
                                                      : "B";
    return snprintf(out, room, "%.3g %s%s", value / prefixes[i].factor, prefixes[i].prefix, name);
}

static const char *cell_text(struct report *self, const struct report_row *row)
{
    char value[CELL_MAX], half[CELL_MAX];
    report_value(value, sizeof value, row->value.mean, row->unit);
    double width = (row->value.high - row->value.low) / 2;
    if (row->value.n < 2 || !isfinite(width) || width <= 0)
        return arena_print(&self->arena, "%s", value);
    if (row->value.mean != 0)
        snprintf(half, sizeof half, "%.1f%%", 100 * width / fabs(row->value.mean));
    else
        report_value(half, sizeof half, width, row->unit);
    return arena_print(&self->arena, "%s \u00b1%s", value, half);
}

/* --- table ------------------------------------------------------------------------------------------------------ */

static size_t display_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void pad(FILE *stream, const char *text, size_t width, bool right)
{
    size_t own = display_width(text), blanks = width > own ? width - own : 0;
    if (right)
        fprintf(stream, "%*s%s", (int)blanks, "", text);
    else
        fprintf(stream, "%s%*s", text, (int)blanks, "");
}

static size_t terminal_width(FILE *stream)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    if (columns != NULL && atoi(columns) >= 40)
        return (size_t)atoi(columns);
    if (isatty(fileno(stream)) && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 &&
        size.ws_col >= 40)
        return size.ws_col;
    return WIDTH_STANDARD;
}

/* {"scheme":"duplex","clients.reply":"10KB"} -> scheme=duplex reply=10KB */
static const char *point_label(struct report *self, const char *json)
{
    char *label = arena_copy(&self->arena, "", strlen(json) + 2), *out = label;
    const char *at = json;
    while ((at = strchr(at, '"')) != NULL) {
        const char *key = ++at, *end = strchr(at, '"');
        if (end == NULL || strncmp(end, "\":\"", 3) != 0)
            break;
        for (const char *c = key; c < end; c++) {
            if (*c == '.')
                key = c + 1;
        }
        const char *value = end + 3;
        at = strchr(value, '"');
        if (at == NULL)
            break;
        out += sprintf(out, "%s%.*s=%.*s", out == label ? "" : " ", (int)(end - key), key,
                       (int)(at - value), value);
        at++;
    }
    return label;
}

static size_t column_width(const struct report *self, size_t column)
{
    size_t width = display_width(self->columns[column]);
    for (const struct line *line = self->first; line != NULL; line = line->next) {
        size_t own = line->cells[column] ? display_width(line->cells[column]) : 0;
        width = own > width ? own : width;
    }
    return width;
}

static bool line_has(const struct line *line, size_t from, size_t to)
{
    for (size_t c = from; c < to; c++) {
        if (line->cells[c] != NULL)
            return true;
    }
    return false;
}

static void print_block(struct report *self, size_t from, size_t to, size_t label, size_t host)
{
    FILE *stream = self->stream;
    fputs(self->colours ? "\033[1m" : "", stream);
    pad(stream, "", label, false);
    if (host > 0) {
        fputs("  ", stream);
        pad(stream, "host", host, false);
    }
    for (size_t c = from; c < to; c++) {
        fputs("  ", stream);
        pad(stream, self->columns[c], column_width(self, c), true);
    }
    fputs(self->colours ? "\033[0m\n" : "\n", stream);
    for (const struct line *line = self->first; line != NULL; line = line->next) {
        if (!line_has(line, from, to))
            continue;
        pad(stream, line->point, label, false);
        if (host > 0) {
            fputs("  ", stream);
            pad(stream, line->host, host, false);
        }
        for (size_t c = from; c < to; c++) {
            fputs("  ", stream);
            pad(stream, line->cells[c] ? line->cells[c] : "", column_width(self, c), true);
        }
        fputc('\n', stream);
    }
    fputc('\n', stream);
}

static void flush_table(struct report *self)
{
    size_t label = 0, host = 0, room = terminal_width(self->stream);
    if (self->first == NULL)
        return;
    for (const struct line *line = self->first; line != NULL; line = line->next) {
        size_t own = display_width(line->point), name = display_width(line->host);
        label = own > label ? own : label;
        host = name > host ? name : host;
    }
    size_t margin = label + (host > 0 ? host + 2 : 0);
    for (size_t from = 0; from < self->column_count;) {
        size_t to = from, used = margin;
        while (to < self->column_count &&
               (to == from || used + 2 + column_width(self, to) <= room)) {
            used += 2 + column_width(self, to);
            to++;
        }
        print_block(self, from, to, label, host);
        from = to;
    }
    arena_free(&self->arena);
    self->first = self->last = NULL;
    self->column_count = 0;
}

static size_t column_of(struct report *self, const char *metric)
{
    size_t c = 0;
    while (c < self->column_count && strcmp(self->columns[c], metric) != 0)
        c++;
    if (c == self->column_count && c < COLUMNS_MAX)
        self->columns[self->column_count++] = arena_copy(&self->arena, metric, strlen(metric));
    return c;
}

static struct line *line_of(struct report *self, const struct report_row *row)
{
    const char *label = point_label(self, row->point);
    for (struct line *line = self->first; line != NULL; line = line->next) {
        if (strcmp(line->point, label) == 0 && strcmp(line->host, row->host) == 0)
            return line;
    }
    struct line *line = arena_new(&self->arena, sizeof *line);
    line->point = label;
    line->host = arena_copy(&self->arena, row->host, strlen(row->host));
    if (self->first != NULL)
        self->last->next = line;
    else
        self->first = line;
    self->last = line;
    return line;
}

static void table_row(struct report *self, const struct report_row *row)
{
    if (self->scenario == NULL || strcmp(self->scenario, row->scenario) != 0) {
        flush_table(self);
        self->scenario = row->scenario;
    }
    size_t column = column_of(self, row->metric);
    if (column < COLUMNS_MAX)
        line_of(self, row)->cells[column] = cell_text(self, row);
}

/* --- CSV and JSON ----------------------------------------------------------------------------------------------- */

static void csv_text(FILE *stream, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text != '\0'; text++)
        fprintf(stream, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', stream);
}

static void csv_number(FILE *stream, double value)
{
    if (isfinite(value))
        fprintf(stream, "%.17g", value);
}

static void csv_row(struct report *self, const struct report_row *row)
{
    const char *texts[] = {row->run,   row->scenario, row->backend,
                           row->point, row->metric,   row->host};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        csv_text(self->stream, texts[i]);
        fputc(',', self->stream);
    }
    csv_number(self->stream, row->value.mean);
    fprintf(self->stream, ",%s,", row->unit);
    csv_number(self->stream, row->value.low);
    fputc(',', self->stream);
    csv_number(self->stream, row->value.high);
    fprintf(self->stream, ",%llu\n", (unsigned long long)row->value.n);
}

static void json_text(FILE *stream, const char *key, const char *text)
{
    fprintf(stream, "\"%s\":\"", key);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(stream, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(stream, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, stream);
    }
    fputs("\",", stream);
}

static void json_number(FILE *stream, const char *key, double value)
{
    if (isfinite(value))
        fprintf(stream, "\"%s\":%.17g,", key, value);
    else
        fprintf(stream, "\"%s\":null,", key);
}

static void json_row(struct report *self, const struct report_row *row)
{
    FILE *stream = self->stream;
    fputc('{', stream);
    json_text(stream, "run", row->run);
    json_text(stream, "scenario", row->scenario);
    json_text(stream, "backend", row->backend);
    fprintf(stream, "\"point\":%s,", row->point);
    json_text(stream, "metric", row->metric);
    json_text(stream, "host", row->host);
    json_number(stream, "value", row->value.mean);
    json_text(stream, "unit", row->unit);
    json_number(stream, "ci_low", row->value.low);
    json_number(stream, "ci_high", row->value.high);
    fprintf(stream, "\"n\":%llu}\n", (unsigned long long)row->value.n);
}

/* --- life ------------------------------------------------------------------------------------------------------- */

struct report *report_begin(enum report_format format, FILE *stream, bool colours)
{
    struct report *self = calloc(1, sizeof *self);
    if (self == NULL)
        abort();
    self->format = format;
    self->stream = stream;
    self->colours = colours;
    if (format == REPORT_CSV)
        fputs("run,scenario,backend,point,metric,host,value,unit,ci_low,ci_high,n\n", stream);
    return self;
}

void report_row(struct report *self, const struct report_row *row)
{
    switch (self->format) {
    case REPORT_TABLE:
        table_row(self, row);
        break;
    case REPORT_CSV:
        csv_row(self, row);
        break;
    case REPORT_JSON:
        json_row(self, row);
        break;
    }
}

void report_end(struct report *self)
{
    flush_table(self);
    arena_free(&self->arena);
    free(self);
}
