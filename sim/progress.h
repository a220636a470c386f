/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress - how far a long job is, on standard error: after two seconds, rewritten in place on a terminal, else a line every
 * ten seconds. It never mixes with results on standard output.
 */
#ifndef SIM_PROGRESS_H
#define SIM_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
    FILE *stream;
    bool terminal, shown;
    const char *what; /* "runs" */
    size_t total, done;
    int64_t started_ns, shown_ns;
};

void progress_init(struct progress *self, FILE *stream, const char *what, size_t total,
                   int64_t now_ns);
/* Shows what is due to be shown. `now_ns`: of a clock that only goes forward. */
void progress_update(struct progress *self, size_t done, int64_t now_ns);
/* Takes the line off the terminal. */
void progress_end(struct progress *self);

#endif
