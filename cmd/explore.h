/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explore - what the hunt looks like to the person who started it.
 */
#ifndef CMD_EXPLORE_H
#define CMD_EXPLORE_H

#include "models/explore/explorer.h"

/* How far it is, on standard error. */
void explore_progress(const struct explorer *explorer);
/* What was done, and what was found. */
void explore_report(const struct explorer *explorer);

#endif
