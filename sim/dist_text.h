/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dist_text - distributions between text ("exp(5ms)") and struct dist.
 */
#ifndef SIM_DIST_TEXT_H
#define SIM_DIST_TEXT_H

#include "sim/dist.h"
#include "sim/quantity.h"

/* A plain quantity is a constant. `directory`: where the file of empirical(file) is looked for, unless its name is absolute. On
 * failure a message with its remedy. */
bool dist_parse(const char *text, enum quantity_kind kind, const char *directory, struct dist *out,
                char *error, size_t room);
/* Writes it so that dist_parse() gives it back. Returns what snprintf returns. */
int dist_print(const struct dist *self, enum quantity_kind kind, char *out, size_t room);

#endif
