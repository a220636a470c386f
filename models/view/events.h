/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * events - what happened, one JSON object a line: {"t":0.001500000,"entity":"primary","event":"executed",…}.
 *
 * `t` is in seconds of simulated time, to the nanosecond; lines are in the order of the simulation. docs/trace.md lists the
 * events and their fields.
 */
#ifndef MODELS_VIEW_EVENTS_H
#define MODELS_VIEW_EVENTS_H

#include "models/view/reading.h"
#include "models/view/tap.h"
#include "sim/trace.h"

struct events {
    FILE *stream; /* not owned */
    const struct tap *tap;
    uint64_t lines;
};

/* Where a packet was captured; frame 0: nowhere. */
struct frame_place {
    const char *file;
    uint64_t frame;
};

void events_passage(struct events *self, int64_t now_ns, const struct passage *passage,
                    const struct reading *reading, struct frame_place place);
void events_notice(struct events *self, int64_t now_ns, const struct notice *notice);
void events_record(struct events *self, const struct trace_record *record);

#endif
