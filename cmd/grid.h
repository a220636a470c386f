/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * grid - the values of a scenario that a table is to show: which metrics, at which points, of which hosts.
 *
 * Metrics of the whole service make columns, with a row for each point. Of metrics by host, one alone makes a column for each
 * host beside them; several make a second grid, with a row for each point and host.
 */
#ifndef CMD_GRID_H
#define CMD_GRID_H

#include "cmd/runs.h"

enum { GRID_COLUMNS_MAX = 128, GRID_HOSTS_MAX = 8 };

struct grid_column {
    const struct metric_type *type;
    const char *host;        /* "": the row's */
    struct interval *values; /* by row; a mean of NAN where there is none */
};

struct grid_row {
    size_t point;
    const char *host; /* "" if rows are points alone */
};

struct grid {
    const struct scenario_runs *runs;
    struct grid_row *rows;
    size_t row_count;
    struct grid_column columns[GRID_COLUMNS_MAX];
    size_t column_count;
    bool by_host; /* rows are points and hosts */
};

/* `metrics`: a list of names, "all", or NULL for the usual ones. Both grids may stay empty. */
void grid_fill(struct grid *points, struct grid *hosts, const struct scenario_runs *runs,
               const char *metrics);
void grid_fini(struct grid *self);

enum grid_kind { GRID_MISSING, GRID_ZERO, GRID_SAME, GRID_VARIES };
/* What the values of a column have in common; a single row varies, if it is not zero. */
enum grid_kind grid_kind(const struct grid *self, const struct grid_column *column);

/* True if the list is "all" or names the metric. */
bool grid_lists(const char *metrics, const char *name);

#endif
