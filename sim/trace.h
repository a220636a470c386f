/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace - a hook through which a simulation tells what happens in it, as typed records.
 *
 * TRACE(simulation, "primary", "log.append", TRACE_INT("bytes", size), TRACE_TEXT("why", "full"));
 *
 * costs one untaken branch while simulation->trace is NULL: the fields are not even computed. What becomes of a record is
 * the sink's affair; trace_text writes lines for people, a writer of JSON lines has all it needs in the record. Nothing is
 * kept, so texts need to live only as long as the call.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stdint.h>
#include <stdio.h>

#include "sim/simulation.h"

enum trace_kind { TRACE_KIND_INT, TRACE_KIND_DOUBLE, TRACE_KIND_TEXT };

struct trace_field {
    const char *name; /* NULL ends the fields of a record */
    enum trace_kind kind;
    union {
        int64_t integer;
        double number;
        const char *text;
    };
};

struct trace_record {
    int64_t at_ns;
    const char *entity, *what;
    const struct trace_field *fields;
};

/* A sink; embed it in what it writes to. */
struct trace {
    void (*write)(struct trace *self, const struct trace_record *record);
};

#define TRACE_INT(label, value)                                                                    \
    {                                                                                              \
        .name = (label), .kind = TRACE_KIND_INT, .integer = (int64_t)(value)                       \
    }
#define TRACE_DOUBLE(label, value)                                                                 \
    {                                                                                              \
        .name = (label), .kind = TRACE_KIND_DOUBLE, .number = (value)                              \
    }
#define TRACE_TEXT(label, value)                                                                   \
    {                                                                                              \
        .name = (label), .kind = TRACE_KIND_TEXT, .text = (value)                                  \
    }

#define TRACE(simulation, entity, what, ...)                                                       \
    do {                                                                                           \
        if (__builtin_expect((simulation)->trace != NULL, 0))                                      \
            trace_write((simulation), (entity), (what),                                            \
                        (const struct trace_field[]){__VA_ARGS__ __VA_OPT__(, ){.name = NULL}});   \
    } while (0)

/* The slow half of TRACE(); simulation->trace is not NULL. */
void trace_write(const struct simulation *simulation, const char *entity, const char *what,
                 const struct trace_field *fields);

/* Writes "0.001500000 primary log.append bytes=12" to a stream it does not own. */
struct trace_text {
    struct trace trace;
    FILE *stream;
};

void trace_text_init(struct trace_text *self, FILE *stream);

#endif
