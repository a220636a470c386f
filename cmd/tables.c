/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tables - one table of a scenario, or two; columns that say the same in every row go into a line of their own.
 */
#include "cmd/tables.h"

#include "cmd/grid.h"
#include "cmd/style.h"
#include "sim/table.h"
#include "sim/units.h"

#include <ctype.h>
#include <string.h>

enum { TEXT_MAX = 100, DIGITS = 3 };

/* --- keys: the swept parameters, and the server ------------------------------------------------------------------- */

static void add_keys(const struct grid *grid, struct table *table)
{
    const struct scenario *scenario = grid->runs->scenario;
    for (size_t a = 0; a < scenario->axis_count; a++) {
        bool number = isdigit((unsigned char)scenario->axes[a].values[0][0]);
        struct table_column key = {
            .name = scenario_axis_name(scenario, a), .key = true, .left = !number};
        table_add_column(table, &key);
    }
    if (grid->by_host)
        table_add_column(table,
                         &(struct table_column){.name = "server", .key = true, .left = true});
}

static void set_keys(const struct grid *grid, struct table *table)
{
    const struct scenario *scenario = grid->runs->scenario;
    for (size_t r = 0; r < grid->row_count; r++) {
        size_t row = table_add_row(table);
        for (size_t a = 0; a < scenario->axis_count; a++)
            table_set(table, row, a, scenario->points[grid->rows[r].point].values[a]);
        if (grid->by_host)
            table_set(table, row, scenario->axis_count, grid->rows[r].host);
    }
}

/* --- values ----------------------------------------------------------------------------------------------------- */

static void add_heads(const struct grid *grid, const struct grid_column *column,
                      const struct unit_column *format, struct table *table)
{
    const struct metric_type *type = column->type;
    const char *title = type->title != NULL ? type->title : type->name;
    char group[TEXT_MAX];
    struct table_column head = {.group = type->group, .name = title, .unit = format->scale.name};
    if (type->by_host && !grid->by_host) {
        snprintf(group, sizeof group, "%s%s%s", type->group ? type->group : "",
                 type->group ? " " : "", title);
        head.group = group;
        head.name = column->host;
    }
    table_add_column(table, &head);
    if (format->intervals)
        table_add_column(table, &(struct table_column){.tight = true});
}

static void set_values(const struct grid *grid, const struct grid_column *column,
                       const struct unit_column *format, struct table *table, size_t at)
{
    char text[TEXT_MAX];
    for (size_t r = 0; r < grid->row_count; r++) {
        unit_column_value(format, &column->values[r], text, sizeof text);
        table_set(table, r, at, text);
        if (!format->intervals)
            continue;
        unit_column_half(format, &column->values[r], text, sizeof text);
        table_set(table, r, at + 1, text);
    }
}

/* True if some interval shows. */
static bool print_varying(const struct grid *grid, FILE *stream, bool colours)
{
    struct unit_column formats[GRID_COLUMNS_MAX];
    const struct grid_column *shown[GRID_COLUMNS_MAX];
    struct table *table = table_new();
    bool intervals = false;
    size_t count = 0;
    add_keys(grid, table);
    for (size_t c = 0; c < grid->column_count; c++) {
        const struct grid_column *column = &grid->columns[c];
        if (grid_kind(grid, column) != GRID_VARIES)
            continue;
        formats[count] = unit_column(column->type->unit, column->values, grid->row_count, DIGITS);
        add_heads(grid, column, &formats[count], table);
        intervals = intervals || formats[count].intervals;
        shown[count++] = column;
    }
    size_t at = grid->runs->scenario->axis_count + grid->by_host;
    set_keys(grid, table);
    for (size_t i = 0; i < count; i++) {
        set_values(grid, shown[i], &formats[i], table, at);
        at += formats[i].intervals ? 2 : 1;
    }
    if (count > 0)
        table_print(table, stream, table_room(stream), colours);
    table_free(table);
    return intervals;
}

/* --- what is the same everywhere ---------------------------------------------------------------------------------- */

static void print_name(FILE *stream, const struct grid_column *column, const char *separator)
{
    fprintf(stream, "%s%s%s%s", separator, column->type->name, column->host[0] != '\0' ? "@" : "",
            column->host);
}

static void print_folded(const struct grid *grid, enum grid_kind kind, const char *title,
                         FILE *stream)
{
    const char *separator = title;
    char text[TEXT_MAX];
    for (size_t c = 0; c < grid->column_count; c++) {
        const struct grid_column *column = &grid->columns[c];
        if (grid_kind(grid, column) != kind)
            continue;
        print_name(stream, column, separator);
        separator = ", ";
        if (kind != GRID_SAME)
            continue;
        unit_print(text, sizeof text, column->values[0].mean, column->type->unit, DIGITS);
        fprintf(stream, " %s", text);
    }
    fputs(separator != title ? "\n" : "", stream);
}

static bool print_grid(const struct grid *grid, FILE *stream, const struct style *style)
{
    bool intervals = print_varying(grid, stream, style->colours);
    fputs(style->faint, stream);
    print_folded(grid, GRID_SAME, "same everywhere: ", stream);
    print_folded(grid, GRID_ZERO, "all zero: ", stream);
    fputs(style->plain, stream);
    return intervals;
}

bool tables_print(const struct scenario_runs *runs, const char *metrics, FILE *stream)
{
    const struct scenario *scenario = runs->scenario;
    struct style style = style_of(stream);
    struct grid points, hosts;
    bool intervals = false;
    fprintf(stream, "%s%s: %s%s\n", style.bold, scenario->name, scenario->title, style.plain);
    if (scenario->question[0] != '\0')
        fprintf(stream, "%s\n", scenario->question);
    fputc('\n', stream);
    grid_fill(&points, &hosts, runs, metrics);
    if (points.column_count + hosts.column_count == 0)
        fputs("none of these metrics was measured\n\n", stream);
    if (points.column_count > 0) {
        intervals = print_grid(&points, stream, &style);
        fputc('\n', stream);
    }
    if (hosts.column_count > 0) {
        intervals = print_grid(&hosts, stream, &style) || intervals;
        fputc('\n', stream);
    }
    grid_fini(&points);
    grid_fini(&hosts);
    return intervals;
}
