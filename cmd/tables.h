/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tables - a scenario's values for people: what it is, what it asks, and what was found.
 */
#ifndef CMD_TABLES_H
#define CMD_TABLES_H

#include "cmd/runs.h"

#include <stdio.h>

/* `metrics`: as grid_fill() takes it. True if some value was printed with its interval. */
bool tables_print(const struct scenario_runs *runs, const char *metrics, FILE *stream);

#endif
