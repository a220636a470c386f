/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_write - a config as a scenario file that scenario_load() reads back to the same config: what a program has found,
 * kept in the form in which people write scenarios.
 */
#ifndef SIM_SCENARIO_WRITE_H
#define SIM_SCENARIO_WRITE_H

#include "sim/scenario.h"

/* Only what differs from the defaults is written. `notes` end with a NULL name; NULL: none. A distribution from a file keeps
 * the file's name as it was written. */
void scenario_write(FILE *stream, const struct schema *schema, const void *config,
                    const char *title, const char *question, const struct scenario_note *notes);

/* Only the lists of it. */
void scenario_write_lists(FILE *stream, const struct schema *schema, const void *config);

#endif
