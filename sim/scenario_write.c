/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_write - one line a parameter, groups as they are named, one line an element of a list.
 */
#include "sim/scenario_write.h"

#include "sim/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_TEXT = 1100 };

static bool is_plain(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < 0x20 || *c > 0x7e || strchr(":{}[],&*#?|<>=!%@`\\\"'", *c) != NULL)
            return false;
    }
    size_t size = strlen(text);
    return size > 0 && text[0] != '-' && text[0] != '.' && text[0] != ' ' && text[size - 1] != ' ';
}

/* Quoted, in YAML's double quotes, where a plain text could be read as something else. */
static void write_text(FILE *stream, const char *text)
{
    if (is_plain(text)) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            fputs("\\n", stream);
        else if (*text == '\t')
            fputs("\\t", stream);
        else if ((unsigned char)*text < 0x20 || *text == 0x7f)
            fprintf(stream, "\\x%02x", (unsigned)*text);
        else
            fprintf(stream, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    }
    fputc('"', stream);
}

/* True, with the text of its value, if the parameter differs from its default. */
static bool differs(const struct param *param, const void *config, const void *defaults,
                    char text[VALUE_TEXT])
{
    char standard[VALUE_TEXT];
    param_print(param, config, text, VALUE_TEXT);
    param_print(param, defaults, standard, sizeof standard);
    return strcmp(text, standard) != 0;
}

/* The name's group, as far as it was not begun by the name before; the rest of the name is returned. */
static const char *write_group(FILE *stream, const char *name, char group[], size_t room)
{
    const char *dot = strrchr(name, '.');
    size_t size = dot != NULL ? (size_t)(dot - name) : 0;
    if (size >= room || dot == NULL) {
        group[0] = '\0';
        return name;
    }
    if (strlen(group) != size || strncmp(group, name, size) != 0) {
        memcpy(group, name, size);
        group[size] = '\0';
        fprintf(stream, "%s:\n", group);
    }
    fputs("  ", stream);
    return dot + 1;
}

static void write_params(FILE *stream, const struct schema *schema, const void *config)
{
    char text[VALUE_TEXT], group[80] = "";
    void *defaults = must(calloc(1, schema->config_size));
    param_defaults(schema->params, defaults);
    for (const struct param *param = schema->params; param->name != NULL; param++) {
        if (!differs(param, config, defaults, text))
            continue;
        fprintf(stream, "%s: ", write_group(stream, param->name, group, sizeof group));
        write_text(stream, text);
        fputc('\n', stream);
    }
    free(defaults);
}

static void write_element(FILE *stream, const struct param_list *list, const void *element)
{
    char text[VALUE_TEXT];
    void *defaults = must(calloc(1, list->element_size));
    param_defaults(list->params, defaults);
    const char *separator = "";
    fputs("  - {", stream);
    for (const struct param *param = list->params; param->name != NULL; param++) {
        if (param->standard != NULL && !differs(param, element, defaults, text))
            continue;
        param_print(param, element, text, sizeof text);
        fprintf(stream, "%s%s: ", separator, param->name);
        write_text(stream, text);
        separator = ", ";
    }
    fputs("}\n", stream);
    free(defaults);
}

static void write_list(FILE *stream, const struct param_list *list, const void *config)
{
    size_t count = *(const size_t *)((const char *)config + list->count_offset);
    if (count > 0)
        fprintf(stream, "%s:\n", list->name);
    for (size_t i = 0; i < count; i++)
        write_element(stream, list, (const char *)config + list->offset + i * list->element_size);
}

static void write_pair(FILE *stream, const char *indent, const char *name, const char *text)
{
    fprintf(stream, "%s%s: ", indent, name);
    write_text(stream, text);
    fputc('\n', stream);
}

void scenario_write_lists(FILE *stream, const struct schema *schema, const void *config)
{
    for (const struct param_list *list = schema->lists; list != NULL && list->name != NULL; list++)
        write_list(stream, list, config);
}

void scenario_write(FILE *stream, const struct schema *schema, const void *config,
                    const char *title, const char *question, const struct scenario_note *notes)
{
    write_pair(stream, "", "title", title);
    if (question[0] != '\0')
        write_pair(stream, "", "question", question);
    if (notes != NULL && notes->name != NULL)
        fputs("found:\n", stream);
    for (; notes != NULL && notes->name != NULL; notes++)
        write_pair(stream, "  ", notes->name, notes->text);
    write_params(stream, schema, config);
    scenario_write_lists(stream, schema, config);
}
