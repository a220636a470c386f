/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/param: every kind of parameter from text into a config and back, and every complaint.
 */
#include "sim/param.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

struct config {
    int64_t count, time_ns, bytes, rate_bps, hz, cycles;
    double fraction;
    bool flag;
    int color;
    struct dist think, size;
};

static const char *const colors[] = {"red", "green", "blue", NULL};

#define AT(field) .offset = offsetof(struct config, field)
static const struct param TABLE[] = {
    {"a.count", PARAM_INT, "3", 1, 100, AT(count), .help = "a number"},
    {"a.time", PARAM_DURATION, "5ms", 0, 1e12, AT(time_ns), .help = "a time"},
    {"a.bytes", PARAM_SIZE, "64KB", 1, 1e9, AT(bytes), .help = "a size"},
    {"a.rate", PARAM_RATE, "100Mbps", 1, 1e12, AT(rate_bps), .help = "a rate"},
    {"a.hz", PARAM_FREQUENCY, "350MHz", 1, 1e12, AT(hz), .help = "a clock"},
    {"a.cycles", PARAM_CYCLES, "1000", 0, 1e9, AT(cycles), .help = "cycles"},
    {"a.fraction", PARAM_NUMBER, "50%", 0, 1, AT(fraction), .help = "a part"},
    {"a.flag", PARAM_BOOL, "yes", 0, 0, AT(flag), .help = "a flag"},
    {"a.color", PARAM_CHOICE, "green", 0, 0, AT(color), .choices = colors, .help = "a color"},
    {"a.think", PARAM_DURATION_DIST, "exp(5ms)", 0, 1e12, AT(think), .help = "a dist"},
    {"a.size", PARAM_SIZE_DIST, "choice(1KB: 1, 10KB: 1)", 0, 1e9, AT(size), .help = "a dist"},
    {.name = NULL},
};

static struct config config;
static char error[300];

static void setup(void)
{
    memset(&config, 0, sizeof config);
    param_defaults(TABLE, &config);
}

static const struct param *row(const char *name)
{
    const struct param *param = param_find(TABLE, name, NULL);
    ck_assert_ptr_nonnull(param);
    return param;
}

static bool set(const char *name, const char *text)
{
    error[0] = '\0';
    return param_set(row(name), &config, text, NULL, error, sizeof error);
}

START_TEST(defaults_are_set_in_base_units)
{
    ck_assert_int_eq(config.count, 3);
    ck_assert_int_eq(config.time_ns, 5000000);
    ck_assert_int_eq(config.bytes, 65536);
    ck_assert_int_eq(config.rate_bps, 100000000);
    ck_assert_int_eq(config.hz, 350000000);
    ck_assert_int_eq(config.cycles, 1000);
    ck_assert_double_eq(config.fraction, 0.5);
    ck_assert(config.flag);
    ck_assert_int_eq(config.color, 1);
    ck_assert_double_eq(dist_mean(&config.think), 5e6);
    ck_assert_double_eq(dist_mean(&config.size), 5632);
}
END_TEST

START_TEST(what_is_printed_sets_the_same_value)
{
    for (const struct param *param = TABLE; param->name != NULL; param++) {
        struct config before = config;
        char text[200];
        param_print(param, &config, text, sizeof text);
        ck_assert_msg(set(param->name, text), "%s: %s: %s", param->name, text, error);
        ck_assert_msg(memcmp(&before, &config, sizeof config) == 0, "%s: %s", param->name, text);
    }
}
END_TEST

START_TEST(what_does_not_fit_is_refused_names_itself_and_changes_nothing)
{
    static const char *const rows[][3] = {
        {"a.count", "0", "'a.count' must be 1 to 100"},
        {"a.count", "101", "must be 1 to 100"},
        {"a.count", "2.5", "whole number"},
        {"a.count", "many", "is not a number"},
        {"a.time", "40", "'a.time' is a duration, and '40' has no unit (write 40ms)"},
        {"a.time", "-1ms", "must be 0 to"},
        {"a.bytes", "0", "must be 1B to"},
        {"a.rate", "100MHz", "not a unit of a rate"},
        {"a.cycles", "0.5", "whole number"},
        {"a.fraction", "150%", "must be 0 to 1"},
        {"a.flag", "perhaps", "'a.flag' is yes or no, not 'perhaps'"},
        {"a.color", "grene", "known: red, green, blue; did you mean green?"},
        {"a.color", "xyzzy", "known: red, green, blue)"},
        {"a.think", "gamma(1ms)", "unknown distribution"},
        {"a.size", "2GB", "must be 0 to"},
        {"a.size", "uniform(1KB, 2GB)", "must be 0 to"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config before = config;
        ck_assert_msg(!set(rows[i][0], rows[i][1]), "%s: %s passed", rows[i][0], rows[i][1]);
        ck_assert_msg(strstr(error, rows[i][2]) != NULL, "%s: %s: %s", rows[i][0], rows[i][1],
                      error);
        ck_assert(memcmp(&before, &config, sizeof config) == 0);
    }
}
END_TEST

START_TEST(limits_are_inside_the_range)
{
    ck_assert(set("a.count", "1"));
    ck_assert(set("a.count", "100"));
    ck_assert(set("a.fraction", "0"));
    ck_assert(set("a.fraction", "1"));
}
END_TEST

START_TEST(yes_has_three_names_and_so_has_no)
{
    static const char *const yes[] = {"yes", "true", "on"}, *const no[] = {"no", "false", "off"};
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(set("a.flag", yes[i]) && config.flag);
        ck_assert(set("a.flag", no[i]) && !config.flag);
    }
}
END_TEST

START_TEST(an_unknown_name_gets_its_nearest)
{
    const char *nearest;
    ck_assert_ptr_null(param_find(TABLE, "a.cuont", &nearest));
    ck_assert_str_eq(nearest, "a.count");
    ck_assert_ptr_null(param_find(TABLE, "something-else-entirely", &nearest));
    ck_assert_ptr_null(nearest);
}
END_TEST

START_TEST(numbers_for_comparing_are_in_base_units)
{
    ck_assert_double_eq(param_number(row("a.time"), &config), 5e6);
    ck_assert_double_eq(param_number(row("a.fraction"), &config), 0.5);
    ck_assert_double_eq(param_number(row("a.flag"), &config), 1);
    ck_assert_double_eq(param_number(row("a.think"), &config), 5e6);
    ck_assert(isnan(param_number(row("a.color"), &config)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("param");
    TCase *tcase = tcase_create("param");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, defaults_are_set_in_base_units);
    tcase_add_test(tcase, what_is_printed_sets_the_same_value);
    tcase_add_test(tcase, what_does_not_fit_is_refused_names_itself_and_changes_nothing);
    tcase_add_test(tcase, limits_are_inside_the_range);
    tcase_add_test(tcase, yes_has_three_names_and_so_has_no);
    tcase_add_test(tcase, an_unknown_name_gets_its_nearest);
    tcase_add_test(tcase, numbers_for_comparing_are_in_base_units);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
