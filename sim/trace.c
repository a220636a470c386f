/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace - the record's way to its sink, and the sink for people. Write errors of the stream are the stream's: see ferror().
 */
#include "sim/trace.h"

#include <inttypes.h>

void trace_write(const struct simulation *simulation, const char *entity, const char *what,
                 const struct trace_field *fields)
{
    struct trace_record record = {
        .at_ns = simulation->now_ns,
        .entity = entity,
        .what = what,
        .fields = fields,
    };
    simulation->trace->write(simulation->trace, &record);
}

static void write_field(FILE *stream, const struct trace_field *field)
{
    fprintf(stream, " %s=", field->name);
    switch (field->kind) {
    case TRACE_KIND_INT:
        fprintf(stream, "%" PRId64, field->integer);
        break;
    case TRACE_KIND_DOUBLE:
        fprintf(stream, "%.9g", field->number);
        break;
    case TRACE_KIND_TEXT:
        fputs(field->text, stream);
        break;
    }
}

static void write_text(struct trace *trace, const struct trace_record *record)
{
    FILE *stream = container_of(trace, struct trace_text, trace)->stream;
    fprintf(stream, "%" PRId64 ".%09" PRId64 " %s %s", record->at_ns / 1000000000,
            record->at_ns % 1000000000, record->entity, record->what);
    for (const struct trace_field *field = record->fields; field->name != NULL; field++)
        write_field(stream, field);
    fputc('\n', stream);
}

void trace_text_init(struct trace_text *self, FILE *stream)
{
    *self = (struct trace_text){.trace = {.write = write_text}, .stream = stream};
}
