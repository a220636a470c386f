/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diagnostic - what is wrong with a file, where, and what to do: all of it, in the order of finding.
 *
 *     crash.yaml:6:14: error: 'rtt' is a duration, and '40' has no unit (write 40ms)
 *       wan: {rtt: 40, loss: 0.1%}
 *                  ^~
 */
#ifndef SIM_DIAGNOSTIC_H
#define SIM_DIAGNOSTIC_H

#include <stdio.h>

struct source {
    const char *name; /* as the user gave it */
    const char *text; /* NUL-terminated */
};

/* A place; line and column count from 1; line 0: the file as a whole. */
struct place {
    const struct source *source;
    unsigned line, column, width;
};

struct diagnostics {
    FILE *stream;
    unsigned errors;
};

enum { DIAGNOSTICS_MAX = 50 }; /* printed; more are counted */

void diagnostic_error(struct diagnostics *self, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* One line of summary if there were errors too many to print. */
void diagnostics_end(const struct diagnostics *self);

#endif
