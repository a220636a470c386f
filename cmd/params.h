/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * params - what lists and reference pages say of a parameter beyond its row.
 */
#ifndef CMD_PARAMS_H
#define CMD_PARAMS_H

#include "sim/param.h"

#include <stdio.h>

/* "1us .. 60s", or the names of a choice. */
void params_print_range(FILE *stream, const struct param *param);
/* Its default as a scenario file would write it. */
const char *params_default(const struct param *param);

#endif
