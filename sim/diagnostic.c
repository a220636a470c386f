/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diagnostic - prints errors with their line and a caret under the place.
 */
#include "sim/diagnostic.h"

#include <stdarg.h>
#include <string.h>

enum { LINE_SHOWN = 160, TEXT_SHOWN = 1000 };

static const char *line_at(const struct source *source, unsigned line)
{
    const char *at = source->text;
    while (at != NULL && line-- > 1) {
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    return at;
}

/* What a file says must not command a terminal. */
static void print_harmless(FILE *stream, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        fputc((c < 0x20 && c != '\t') || c == 0x7f ? '?' : c, stream);
    }
}

static void print_line(FILE *stream, struct place place)
{
    const char *line = line_at(place.source, place.line);
    if (line == NULL || place.column == 0)
        return;
    size_t size = strcspn(line, "\r\n");
    if (size > LINE_SHOWN || place.column > size + 1)
        return;
    print_harmless(stream, line, size);
    fputc('\n', stream);
    /* Tabs stay tabs, so that the caret stands where the place is. */
    for (unsigned i = 1; i < place.column; i++)
        fputc(line[i - 1] == '\t' ? '\t' : ' ', stream);
    fputc('^', stream);
    for (unsigned i = 1; i < place.width && place.column - 1 + i < size; i++)
        fputc('~', stream);
    fputc('\n', stream);
}

void diagnostic_error(struct diagnostics *self, struct place place, const char *format, ...)
{
    if (self->errors++ >= DIAGNOSTICS_MAX)
        return;
    if (place.line > 0)
        fprintf(self->stream, "%s:%u:%u: error: ", place.source->name, place.line, place.column);
    else
        fprintf(self->stream, "%s: error: ", place.source->name);
    char text[TEXT_SHOWN];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print_harmless(self->stream, text, strlen(text));
    fputc('\n', self->stream);
    if (place.line > 0)
        print_line(self->stream, place);
}

void diagnostics_end(const struct diagnostics *self)
{
    if (self->errors > DIAGNOSTICS_MAX)
        fprintf(self->stream, "and %u more errors\n", self->errors - DIAGNOSTICS_MAX);
}
