/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * units - scales and decimals.
 */
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS_MAX = 5, DECIMALS_MAX = 3, NUMBER_MAX = 64 };

/* --- scales ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *unit, *shown; /* shown: behind the prefix */
    int largest, smallest;    /* powers of 1000 that are in use */
} scaled[] = {
    {"s", "s", 0, -3},
    {"bytes", "B", 3, 0},
    {"bytes/s", "B/s", 3, 0},
    {"cycles", "cycles", 1, 0}, /* thousands, as in the literature */
};

static const char *const prefixes[] = {"n", "u", "m", "", "k", "M", "G"};

static struct unit_scale named(double factor, const char *prefix, const char *name)
{
    struct unit_scale scale = {.factor = factor};
    snprintf(scale.name, sizeof scale.name, "%s%s", prefix, name);
    return scale;
}

struct unit_scale unit_scale(const char *unit, double magnitude)
{
    if (unit == NULL)
        return named(1, "", "");
    if (strcmp(unit, "1") == 0)
        return named(0.01, "", "%");
    if (strcmp(unit, "requests/s") == 0)
        return named(1, "", "requests/s");
    for (size_t i = 0; i < sizeof scaled / sizeof *scaled; i++) {
        if (strcmp(unit, scaled[i].unit) != 0)
            continue;
        int power = scaled[i].largest;
        magnitude = magnitude == 0 ? 1 : fabs(magnitude);
        while (power > scaled[i].smallest && magnitude < pow(1000, power) * 0.9995)
            power--;
        return named(pow(1000, power), prefixes[power + 3], scaled[i].shown);
    }
    return named(1, "", ""); /* counts */
}

/* --- numbers ---------------------------------------------------------------------------------------------------- */

static bool is_whole(double value)
{
    return value == floor(value) && fabs(value) < 1e15;
}

/* With separators of thousands. */
static int print_decimals(char *out, size_t room, double value, int decimals)
{
    char digits[NUMBER_MAX];
    int size = snprintf(digits, sizeof digits, "%.*f", decimals, value);
    if (size < 0 || (size_t)size >= sizeof digits)
        return snprintf(out, room, "%.3g", value);
    int whole = (int)strcspn(digits, "."), first = digits[0] == '-';
    char grouped[NUMBER_MAX * 2];
    size_t used = 0;
    for (int i = 0; i < size; i++) {
        if (i > first && i < whole && (whole - i) % 3 == 0)
            grouped[used++] = ',';
        grouped[used++] = digits[i];
    }
    grouped[used] = '\0';
    return snprintf(out, room, "%s", grouped);
}

/* The decimals that show `digits` significant digits of the value. */
static int decimals_for(double value, int digits)
{
    if (value == 0)
        return 0;
    double rounded = fabs(value) * (1 + 0.5 * pow(10, -digits)); /* 0.9996 becomes 1.00 */
    int before = (int)floor(log10(rounded)) + 1;
    return digits > before ? digits - before : 0;
}

int unit_print(char *out, size_t room, double value, const char *unit, int digits)
{
    if (!isfinite(value))
        return snprintf(out, room, "-");
    struct unit_scale scale = unit_scale(unit, value);
    double shown = value / scale.factor;
    char number[NUMBER_MAX];
    if (is_whole(shown) || fabs(shown) >= 1e6)
        print_decimals(number, sizeof number, shown, 0);
    else
        snprintf(number, sizeof number, "%.*f", decimals_for(shown, digits), shown);
    return snprintf(out, room, "%s%s%s", number, scale.name[0] != '\0' ? " " : "", scale.name);
}

/* --- columns ---------------------------------------------------------------------------------------------------- */

static double half_of(const struct interval *value)
{
    double half = (value->high - value->low) / 2;
    return value->n > 1 && isfinite(half) && half > 0 ? half : 0;
}

/* The least that the decimals can show. */
static bool is_visible(const struct unit_column *self, double amount)
{
    return fabs(amount) / self->scale.factor >= 0.5 * pow(10, -self->decimals);
}

static bool is_count(const struct unit_column *self)
{
    return self->scale.name[0] == '\0' && self->scale.factor == 1;
}

struct unit_column unit_column(const char *unit, const struct interval *values, size_t count,
                               int digits)
{
    double largest = 0, smallest = INFINITY;
    bool whole = true;
    for (size_t i = 0; i < count; i++) {
        double size = fabs(values[i].mean);
        if (!isfinite(size))
            continue;
        largest = fmax(largest, size);
        if (size > 0)
            smallest = fmin(smallest, size);
        whole = whole && is_whole(size);
    }
    struct unit_column self = {.scale = unit_scale(unit, sqrt(largest) * sqrt(smallest))};
    if (largest == 0)
        self.scale = unit_scale(unit, 0);
    else if (!(whole && is_count(&self))) {
        int wanted = decimals_for(smallest / self.scale.factor, digits);
        int most = decimals_for(largest / self.scale.factor, DIGITS_MAX);
        most = most < DECIMALS_MAX ? most : DECIMALS_MAX;
        self.decimals = wanted < most ? wanted : most;
    }
    for (size_t i = 0; i < count; i++)
        self.intervals = self.intervals || is_visible(&self, half_of(&values[i]));
    return self;
}

int unit_column_value(const struct unit_column *self, const struct interval *value, char *out,
                      size_t room)
{
    if (!isfinite(value->mean))
        return snprintf(out, room, "-");
    if (value->mean != 0 && !is_visible(self, value->mean))
        return snprintf(out, room, "%.1g", value->mean / self->scale.factor);
    return print_decimals(out, room, value->mean / self->scale.factor, self->decimals);
}

int unit_column_half(const struct unit_column *self, const struct interval *value, char *out,
                     size_t room)
{
    double half = half_of(value);
    char number[NUMBER_MAX];
    if (!isfinite(value->mean) || !is_visible(self, half))
        return snprintf(out, room, "%s", "");
    print_decimals(number, sizeof number, half / self->scale.factor, self->decimals);
    return snprintf(out, room, "\u00b1%s", number);
}
