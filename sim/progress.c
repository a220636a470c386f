/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress - one line, not too often.
 */
#include "sim/progress.h"

#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)
#define SILENT_NS (2 * SECOND_NS)
#define REWRITE_NS (SECOND_NS / 5)
#define LINE_NS (10 * SECOND_NS)

void progress_init(struct progress *self, FILE *stream, const char *what, size_t total,
                   int64_t now_ns)
{
    *self = (struct progress){
        .stream = stream,
        .terminal = isatty(fileno(stream)),
        .what = what,
        .total = total,
        .started_ns = now_ns,
        .shown_ns = now_ns,
    };
}

void progress_update(struct progress *self, size_t done, int64_t now_ns)
{
    int64_t passed_ns = now_ns - self->started_ns;
    int64_t pause_ns = self->terminal ? REWRITE_NS : LINE_NS;
    self->done = done;
    if (passed_ns < SILENT_NS || now_ns - self->shown_ns < pause_ns)
        return;
    self->shown_ns = now_ns;
    self->shown = true;
    fprintf(self->stream, "%s%zu of %zu %s, %.0f s", self->terminal ? "\r\033[K" : "", done,
            self->total, self->what, (double)passed_ns / 1e9);
    if (done > 0)
        fprintf(self->stream, ", about %.0f s to go",
                (double)passed_ns / 1e9 / (double)done * (double)(self->total - done));
    fputs(self->terminal ? "" : "\n", self->stream);
    fflush(self->stream);
}

void progress_end(struct progress *self)
{
    if (self->shown && self->terminal)
        fputs("\r\033[K", self->stream);
    fflush(self->stream);
}
