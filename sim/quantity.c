/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quantity - tables of units, and the way between texts and numbers.
 */
#include "sim/quantity.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct quantity_unit numbers[] = {{"", 1}, {"%", 0.01}, {NULL, 0}};
static const struct quantity_unit durations[] = {
    {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}, {NULL, 0}};
static const struct quantity_unit sizes[] = {{"B", 1},         {"KB", 1024},        {"KiB", 1024},
                                             {"MiB", 1048576}, {"GiB", 1073741824}, {"kB", 1e3},
                                             {"MB", 1e6},      {"GB", 1e9},         {NULL, 0}};
static const struct quantity_unit rates[] = {{"bps", 1},      {"kbps", 1e3},   {"Mbps", 1e6},
                                             {"Gbps", 1e9},   {"bit/s", 1},    {"kbit/s", 1e3},
                                             {"Mbit/s", 1e6}, {"Gbit/s", 1e9}, {NULL, 0}};
static const struct quantity_unit frequencies[] = {
    {"Hz", 1}, {"kHz", 1e3}, {"MHz", 1e6}, {"GHz", 1e9}, {NULL, 0}};

const struct quantity_unit *const quantity_units[QUANTITY_KINDS] = {
    [QUANTITY_NUMBER] = numbers, [QUANTITY_DURATION] = durations,    [QUANTITY_SIZE] = sizes,
    [QUANTITY_RATE] = rates,     [QUANTITY_FREQUENCY] = frequencies,
};

const char *const quantity_kind_names[QUANTITY_KINDS] = {
    [QUANTITY_NUMBER] = "a number",       [QUANTITY_DURATION] = "a duration",
    [QUANTITY_SIZE] = "a size",           [QUANTITY_RATE] = "a rate",
    [QUANTITY_FREQUENCY] = "a frequency",
};

static const char *const examples[QUANTITY_KINDS] = {
    [QUANTITY_NUMBER] = "",   [QUANTITY_DURATION] = "ms",   [QUANTITY_SIZE] = "KB",
    [QUANTITY_RATE] = "Mbps", [QUANTITY_FREQUENCY] = "MHz",
};

static const struct quantity_unit *find_unit(enum quantity_kind kind, const char *name, size_t size)
{
    for (const struct quantity_unit *unit = quantity_units[kind]; unit->name != NULL; unit++) {
        if (strlen(unit->name) == size && strncmp(unit->name, name, size) == 0)
            return unit;
    }
    return NULL;
}

static void list_units(enum quantity_kind kind, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (const struct quantity_unit *unit = quantity_units[kind]; unit->name != NULL; unit++) {
        if (used >= room)
            return;
        used += (size_t)snprintf(out + used, room - used, "%s%s", used > 0 ? " " : "", unit->name);
    }
}

static bool is_unit_letter(char c)
{
    return isalpha((unsigned char)c) || c == '%' || c == '/';
}

/* strtod() also takes "inf", "nan" and hexadecimal: none of them is a quantity. */
static bool scan_number(const char **text, double *value)
{
    const char *at = *text;
    if (*at == '-' || *at == '+')
        at++;
    if (!isdigit((unsigned char)at[0]) && !(at[0] == '.' && isdigit((unsigned char)at[1])))
        return false;
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
        return false;
    char *end;
    *value = strtod(*text, &end);
    *text = end;
    return true;
}

bool quantity_scan(const char **text, enum quantity_kind kind, double *value, char *error,
                   size_t room)
{
    const char *start = *text;
    if (!scan_number(text, value)) {
        snprintf(error, room, "'%.40s' is not %s", start, quantity_kind_names[kind]);
        return false;
    }
    if (!isfinite(*value)) {
        snprintf(error, room, "'%.40s' is too large", start);
        return false;
    }
    const char *name = *text;
    while (**text == ' ')
        (*text)++;
    const char *unit_at = *text;
    while (is_unit_letter(**text))
        (*text)++;
    size_t size = (size_t)(*text - unit_at);
    if (size == 0)
        *text = name;
    if (size == 0 && (kind == QUANTITY_NUMBER || *value == 0))
        return true;
    if (size == 0) {
        snprintf(error, room, "'%.*s' has no unit (write %.*s%s)", (int)(name - start), start,
                 (int)(name - start), start, examples[kind]);
        return false;
    }
    const struct quantity_unit *unit = find_unit(kind, unit_at, size);
    if (unit == NULL) {
        char known[120];
        list_units(kind, known, sizeof known);
        snprintf(error, room, "'%.*s' is not a unit of %s (known: %s)",
                 (int)(size < 40 ? size : 40), unit_at, quantity_kind_names[kind], known);
        return false;
    }
    *value *= unit->factor;
    if (!isfinite(*value)) {
        snprintf(error, room, "'%.40s' is too large", start);
        return false;
    }
    return true;
}

bool quantity_parse(const char *text, enum quantity_kind kind, double *value, char *error,
                    size_t room)
{
    const char *at = text;
    while (*at == ' ')
        at++;
    if (!quantity_scan(&at, kind, value, error, room))
        return false;
    while (*at == ' ')
        at++;
    if (*at == '\0')
        return true;
    snprintf(error, room, "'%.40s' is not %s ('%.20s' is too much)", text,
             quantity_kind_names[kind], at);
    return false;
}

/* The shortest digits that read back as the same number. */
static int print_number(double value, const char *unit, char *out, size_t room)
{
    for (int digits = 15; digits < 17; digits++) {
        char text[40];
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return snprintf(out, room, "%s%s", text, unit);
    }
    return snprintf(out, room, "%.17g%s", value, unit);
}

int quantity_print(double value, enum quantity_kind kind, char *out, size_t room)
{
    if (kind == QUANTITY_NUMBER || value == 0)
        return print_number(value, "", out, room);
    const struct quantity_unit *best = quantity_units[kind];
    for (const struct quantity_unit *unit = best; unit->name != NULL; unit++) {
        double units = value / unit->factor;
        if (units == floor(units) && units < 1e15 && fabs(units) >= 1 &&
            unit->factor > best->factor)
            best = unit;
    }
    return print_number(value / best->factor, best->name, out, room);
}
