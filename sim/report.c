/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report - rows as they come.
 */
#include "sim/report.h"

#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const report_format_names[] = {"table", "csv", "json", NULL};

struct report {
    enum report_format format;
    FILE *stream;
};

/* --- CSV and JSON ----------------------------------------------------------------------------------------------- */

static void csv_text(FILE *stream, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text != '\0'; text++)
        fprintf(stream, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', stream);
}

static void csv_number(FILE *stream, double value)
{
    if (isfinite(value))
        fprintf(stream, "%.17g", value);
}

static void csv_row(struct report *self, const struct report_row *row)
{
    const char *texts[] = {row->run,   row->scenario, row->backend,
                           row->point, row->metric,   row->host};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        csv_text(self->stream, texts[i]);
        fputc(',', self->stream);
    }
    csv_number(self->stream, row->value.mean);
    fprintf(self->stream, ",%s,", row->unit);
    csv_number(self->stream, row->value.low);
    fputc(',', self->stream);
    csv_number(self->stream, row->value.high);
    fprintf(self->stream, ",%llu\n", (unsigned long long)row->value.n);
}

static void json_text(FILE *stream, const char *key, const char *text)
{
    fprintf(stream, "\"%s\":\"", key);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(stream, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(stream, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, stream);
    }
    fputs("\",", stream);
}

static void json_number(FILE *stream, const char *key, double value)
{
    if (isfinite(value))
        fprintf(stream, "\"%s\":%.17g,", key, value);
    else
        fprintf(stream, "\"%s\":null,", key);
}

static void json_row(struct report *self, const struct report_row *row)
{
    FILE *stream = self->stream;
    fputc('{', stream);
    json_text(stream, "run", row->run);
    json_text(stream, "scenario", row->scenario);
    json_text(stream, "backend", row->backend);
    fprintf(stream, "\"point\":%s,", row->point);
    json_text(stream, "metric", row->metric);
    json_text(stream, "host", row->host);
    json_number(stream, "value", row->value.mean);
    json_text(stream, "unit", row->unit);
    json_number(stream, "ci_low", row->value.low);
    json_number(stream, "ci_high", row->value.high);
    fprintf(stream, "\"n\":%llu}\n", (unsigned long long)row->value.n);
}

/* --- life ------------------------------------------------------------------------------------------------------- */

struct report *report_begin(enum report_format format, FILE *stream)
{
    struct report *self = must(calloc(1, sizeof *self));
    self->format = format;
    self->stream = stream;
    if (format == REPORT_CSV)
        fputs("run,scenario,backend,point,metric,host,value,unit,ci_low,ci_high,n\n", stream);
    return self;
}

void report_row(struct report *self, const struct report_row *row)
{
    if (self->format == REPORT_CSV)
        csv_row(self, row);
    else
        json_row(self, row);
}

void report_end(struct report *self)
{
    free(self);
}
