/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table - texts by row and column; widths are found when it is printed.
 */
#include "sim/table.h"

#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_STANDARD = 120, WIDTH_LEAST = 40, GAP = 2 };

struct table {
    struct arena arena;
    struct table_column *columns;
    size_t column_count, column_room;
    const char ***rows; /* a NULL text is an empty one */
    size_t row_count, row_room;
    size_t *widths;
};

/* --- filling ---------------------------------------------------------------------------------------------------- */

struct table *table_new(void)
{
    struct table *self = must(calloc(1, sizeof *self));
    return self;
}

void table_free(struct table *self)
{
    for (size_t r = 0; r < self->row_count; r++)
        free(self->rows[r]);
    free(self->rows);
    free(self->columns);
    free(self->widths);
    arena_free(&self->arena);
    free(self);
}

static const char *kept(struct table *self, const char *text)
{
    return text != NULL ? arena_copy(&self->arena, text, strlen(text)) : "";
}

size_t table_add_column(struct table *self, const struct table_column *column)
{
    self->columns =
        grown(self->columns, self->column_count, &self->column_room, sizeof *self->columns);
    struct table_column *own = &self->columns[self->column_count];
    *own = *column;
    own->group = kept(self, column->group);
    own->name = kept(self, column->name);
    own->unit = kept(self, column->unit);
    return self->column_count++;
}

size_t table_add_row(struct table *self)
{
    self->rows = grown(self->rows, self->row_count, &self->row_room, sizeof *self->rows);
    self->rows[self->row_count] = must(calloc(self->column_count + 1, sizeof **self->rows));
    return self->row_count++;
}

void table_set(struct table *self, size_t row, size_t column, const char *text)
{
    self->rows[row][column] = kept(self, text);
}

/* --- widths ----------------------------------------------------------------------------------------------------- */

size_t text_width(const char *text)
{
    size_t width = 0;
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == '\033')
            text += strcspn(text, "m");
        else
            width += ((unsigned char)*text & 0xc0) != 0x80;
        if (*text == '\0')
            break;
    }
    return width;
}

size_t table_room(FILE *stream)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    if (columns != NULL && atoi(columns) >= WIDTH_LEAST)
        return (size_t)atoi(columns);
    if (isatty(fileno(stream)) && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 &&
        size.ws_col >= WIDTH_LEAST)
        return size.ws_col;
    return WIDTH_STANDARD;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t gap(const struct table *self, size_t column, size_t first)
{
    return column == first ? 0 : self->columns[column].tight ? 1 : GAP;
}

/* One past the last neighbour that shares the group of column `from`, not beyond `to`. */
static size_t group_end(const struct table *self, size_t from, size_t to)
{
    size_t end = from + 1;
    while (end < to && (self->columns[end].tight ||
                        (self->columns[from].group[0] != '\0' &&
                         strcmp(self->columns[end].group, self->columns[from].group) == 0)))
        end++;
    return end;
}

static size_t span(const struct table *self, size_t from, size_t to)
{
    size_t width = 0;
    for (size_t c = from; c < to; c++)
        width += gap(self, c, from) + self->widths[c];
    return width;
}

static void measure(struct table *self)
{
    self->widths = must(calloc(self->column_count + 1, sizeof *self->widths));
    for (size_t c = 0; c < self->column_count; c++) {
        const struct table_column *column = &self->columns[c];
        size_t width =
            column->tight ? 0 : larger(text_width(column->name), text_width(column->unit));
        for (size_t r = 0; r < self->row_count; r++)
            width = larger(width, text_width(self->rows[r][c]));
        self->widths[c] = width;
    }
    for (size_t c = 0; c < self->column_count; c = group_end(self, c, self->column_count)) {
        size_t end = group_end(self, c, self->column_count);
        size_t own = span(self, c, end), head = text_width(self->columns[c].group);
        if (head > own)
            self->widths[c] += head - own;
    }
}

/* --- printing --------------------------------------------------------------------------------------------------- */

/* A line under construction: blanks at its end are never written. */
struct line {
    FILE *stream;
    size_t blanks;
};

static void put(struct line *self, const char *text, size_t width, bool left)
{
    size_t own = text_width(text), rest = width > own ? width - own : 0;
    self->blanks += left ? 0 : rest;
    if (own > 0) {
        fprintf(self->stream, "%*s%s", (int)self->blanks, "", text);
        self->blanks = 0;
    }
    self->blanks += left ? rest : 0;
}

/* Over one column and its tight ones (of `width` in all, the first of `first`) to the right as its name is; over several to the
 * left, with a line to the end. */
static void put_group(struct line *self, const char *name, size_t width, size_t first, bool alone)
{
    size_t own = text_width(name), used = alone ? larger(own, first) : own;
    put(self, name, used, false);
    if (!alone && own > 0 && width > own + 1) {
        fputc(' ', self->stream);
        for (size_t i = own + 1; i < width; i++)
            fputs("\u2500", self->stream);
        return;
    }
    self->blanks += width > used ? width - used : 0;
}

/* Columns that are printed side by side: the keys, and some of those behind them. */
struct part {
    size_t keys, from, to;
};

static size_t gap_before(const struct table *self, const struct part *part, size_t column)
{
    return gap(self, column, part->keys > 0 ? 0 : part->from);
}

/* One past the columns that the head of column c covers: itself, and the tight ones behind it. */
static size_t head_end(const struct table *self, size_t c, size_t to)
{
    size_t end = c + 1;
    while (end < to && self->columns[end].tight)
        end++;
    return end;
}

static void print_groups(const struct table *self, struct line *line, const struct part *part,
                         size_t from, size_t to)
{
    for (size_t c = from; c < to;) {
        size_t end = group_end(self, c, to);
        line->blanks += gap_before(self, part, c);
        put_group(line, self->columns[c].group, span(self, c, end), self->widths[c],
                  end == head_end(self, c, to));
        c = end;
    }
}

enum head { HEAD_NAME, HEAD_UNIT };

static const char *head_text(const struct table_column *column, enum head which)
{
    return which == HEAD_NAME ? column->name : column->unit;
}

static void print_heads(const struct table *self, struct line *line, const struct part *part,
                        size_t from, size_t to, enum head which)
{
    for (size_t c = from; c < to;) {
        line->blanks += gap_before(self, part, c);
        put(line, head_text(&self->columns[c], which), self->widths[c], self->columns[c].left);
        for (size_t end = head_end(self, c++, to); c < end; c++)
            line->blanks += gap_before(self, part, c) + self->widths[c];
    }
}

static bool repeats(const struct table *self, size_t row, size_t column)
{
    for (size_t c = 0; row > 0 && c <= column; c++) {
        const char *own = self->rows[row][c], *above = self->rows[row - 1][c];
        if (strcmp(own ? own : "", above ? above : "") != 0)
            return false;
    }
    return row > 0;
}

static void print_cells(const struct table *self, struct line *line, const struct part *part,
                        size_t from, size_t to, size_t row)
{
    for (size_t c = from; c < to; c++) {
        line->blanks += gap_before(self, part, c);
        bool blank = c + 1 < part->keys && repeats(self, row, c);
        put(line, blank ? "" : self->rows[row][c], self->widths[c], self->columns[c].left);
    }
}

static bool has_heads(const struct table *self, const struct part *part, enum head which)
{
    bool found = false;
    for (size_t c = 0; c < part->to; c++) {
        if (c < part->keys || c >= part->from)
            found = found || head_text(&self->columns[c], which)[0] != '\0';
    }
    return found;
}

static bool has_groups(const struct table *self, const struct part *part)
{
    for (size_t c = part->from; c < part->to; c++) {
        if (self->columns[c].group[0] != '\0')
            return true;
    }
    return false;
}

static void begin_line(struct line *self, bool bold)
{
    self->blanks = 0;
    fputs(bold ? "\033[1m" : "", self->stream);
}

static void end_line(struct line *self, bool bold)
{
    fputs(bold ? "\033[0m\n" : "\n", self->stream);
}

static void print_part(const struct table *self, FILE *stream, const struct part *part,
                       bool colours)
{
    struct line line = {.stream = stream};
    if (has_groups(self, part)) {
        begin_line(&line, colours);
        print_groups(self, &line, part, 0, part->keys);
        print_groups(self, &line, part, part->from, part->to);
        end_line(&line, colours);
    }
    for (enum head which = HEAD_NAME; which <= HEAD_UNIT; which++) {
        if (!has_heads(self, part, which))
            continue;
        begin_line(&line, colours);
        print_heads(self, &line, part, 0, part->keys, which);
        print_heads(self, &line, part, part->from, part->to, which);
        end_line(&line, colours);
    }
    for (size_t row = 0; row < self->row_count; row++) {
        begin_line(&line, false);
        print_cells(self, &line, part, 0, part->keys, row);
        print_cells(self, &line, part, part->from, part->to, row);
        end_line(&line, false);
    }
}

/* As many columns as there is room for, at least one. */
static size_t fitting(const struct table *self, const struct part *part, size_t room)
{
    size_t to = part->from, used = span(self, 0, part->keys);
    while (to < self->column_count) {
        size_t end = head_end(self, to, self->column_count);
        used += GAP + span(self, to, end);
        if (to > part->from && used > room)
            break;
        to = end;
    }
    return to;
}

void table_print(struct table *self, FILE *stream, size_t room, bool colours)
{
    struct part part = {0};
    while (part.keys < self->column_count && self->columns[part.keys].key)
        part.keys++;
    free(self->widths);
    measure(self);
    part.from = part.keys;
    do {
        part.to = fitting(self, &part, room);
        fputs(part.from > part.keys ? "\n" : "", stream);
        print_part(self, stream, &part, colours);
        part.from = part.to;
    } while (part.to < self->column_count);
}
