/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/quantity: numbers with units in, out, and back; and what is no quantity.
 */
#include "sim/quantity.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

static char error[200];

static bool parse(const char *text, enum quantity_kind kind, double *value)
{
    error[0] = '\0';
    return quantity_parse(text, kind, value, error, sizeof error);
}

START_TEST(every_unit_of_every_kind_counts_as_its_table_says)
{
    for (int kind = 0; kind < QUANTITY_KINDS; kind++) {
        for (const struct quantity_unit *unit = quantity_units[kind]; unit->name != NULL; unit++) {
            char text[40];
            double value;
            snprintf(text, sizeof text, " 2.5 %s ", unit->name);
            ck_assert_msg(parse(text, (enum quantity_kind)kind, &value), "%s: %s", text, error);
            ck_assert_double_eq_tol(value, 2.5 * unit->factor, 1e-9 * unit->factor);
        }
    }
}
END_TEST

START_TEST(well_known_quantities_are_what_people_mean)
{
    static const struct {
        const char *text;
        enum quantity_kind kind;
        double value;
    } rows[] = {
        {"5ms", QUANTITY_DURATION, 5e6},    {"1.5 s", QUANTITY_DURATION, 1.5e9},
        {"2min", QUANTITY_DURATION, 120e9}, {"10KB", QUANTITY_SIZE, 10240},
        {"10kB", QUANTITY_SIZE, 10000},     {"1MB", QUANTITY_SIZE, 1e6},
        {"1MiB", QUANTITY_SIZE, 1048576},   {"100Mbps", QUANTITY_RATE, 1e8},
        {"1Gbit/s", QUANTITY_RATE, 1e9},    {"350MHz", QUANTITY_FREQUENCY, 350e6},
        {"2.5%", QUANTITY_NUMBER, 0.025},   {"0", QUANTITY_DURATION, 0},
        {"-3", QUANTITY_NUMBER, -3},        {"1e3", QUANTITY_NUMBER, 1000},
        {".5", QUANTITY_NUMBER, 0.5},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        double value;
        ck_assert_msg(parse(rows[i].text, rows[i].kind, &value), "%s: %s", rows[i].text, error);
        ck_assert_double_eq_tol(value, rows[i].value, fabs(rows[i].value) * 1e-12 + 1e-30);
    }
}
END_TEST

START_TEST(what_is_no_quantity_is_refused_with_a_remedy)
{
    static const struct {
        const char *text;
        enum quantity_kind kind;
        const char *part; /* of the message */
    } rows[] = {
        {"40", QUANTITY_DURATION, "has no unit (write 40ms)"},
        {"40", QUANTITY_SIZE, "write 40KB"},
        {"40", QUANTITY_RATE, "write 40Mbps"},
        {"40", QUANTITY_FREQUENCY, "write 40MHz"},
        {"40KB", QUANTITY_DURATION, "known: ns us ms s min h"},
        {"40 parsecs", QUANTITY_DURATION, "'parsecs' is not a unit of a duration"},
        {"40MS", QUANTITY_DURATION, "'MS'"},
        {"soon", QUANTITY_DURATION, "is not a duration"},
        {"", QUANTITY_NUMBER, "is not a number"},
        {"-", QUANTITY_NUMBER, "is not a number"},
        {"nan", QUANTITY_NUMBER, "is not a number"},
        {"inf", QUANTITY_NUMBER, "is not a number"},
        {"0x10", QUANTITY_NUMBER, "is not a number"},
        {"1e999", QUANTITY_NUMBER, "'1e999' is too large"},
        {"-1e999s", QUANTITY_DURATION, "too large"},
        {"1e308h", QUANTITY_DURATION, "too large"},
        {"5ms 6ms", QUANTITY_DURATION, "too much"},
        {"5ms,", QUANTITY_DURATION, "too much"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        double value;
        ck_assert_msg(!parse(rows[i].text, rows[i].kind, &value), "'%s' passed", rows[i].text);
        ck_assert_msg(strstr(error, rows[i].part) != NULL, "'%s': %s", rows[i].text, error);
    }
}
END_TEST

START_TEST(what_is_printed_is_read_back)
{
    static const double values[] = {
        0,       1,     999,  1000,     1024,  1500, 1e6,
        1048576, 3.5e9, 60e9, 1e15 + 1, 0.125, 1e18, 12345.678901234567};
    for (int kind = 0; kind < QUANTITY_KINDS; kind++) {
        for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
            char text[60];
            double back;
            quantity_print(values[i], (enum quantity_kind)kind, text, sizeof text);
            ck_assert_msg(parse(text, (enum quantity_kind)kind, &back), "%s: %s", text, error);
            ck_assert_double_eq(back, values[i]);
        }
    }
}
END_TEST

START_TEST(printing_takes_the_largest_whole_unit)
{
    char text[60];
    quantity_print(5e6, QUANTITY_DURATION, text, sizeof text);
    ck_assert_str_eq(text, "5ms");
    quantity_print(1500, QUANTITY_DURATION, text, sizeof text);
    ck_assert_str_eq(text, "1500ns");
    quantity_print(1e8, QUANTITY_RATE, text, sizeof text);
    ck_assert_str_eq(text, "100Mbps");
}
END_TEST

START_TEST(a_scan_stops_behind_the_quantity)
{
    const char *at = "5ms, rest";
    double value;
    ck_assert(quantity_scan(&at, QUANTITY_DURATION, &value, error, sizeof error));
    ck_assert_str_eq(at, ", rest");
    at = "7 )"; /* the blank is not the number's */
    ck_assert(quantity_scan(&at, QUANTITY_NUMBER, &value, error, sizeof error));
    ck_assert_str_eq(at, " )");
}
END_TEST

START_TEST(no_message_overruns_its_room)
{
    char small[12];
    double value;
    memset(small, 'x', sizeof small);
    quantity_parse("99999999999999999999 parsecs", QUANTITY_DURATION, &value, small, 8);
    ck_assert_uint_lt(strlen(small), 8);
    ck_assert_int_eq(small[8], 'x');
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quantity");
    TCase *tcase = tcase_create("quantity");
    tcase_add_test(tcase, every_unit_of_every_kind_counts_as_its_table_says);
    tcase_add_test(tcase, well_known_quantities_are_what_people_mean);
    tcase_add_test(tcase, what_is_no_quantity_is_refused_with_a_remedy);
    tcase_add_test(tcase, what_is_printed_is_read_back);
    tcase_add_test(tcase, printing_takes_the_largest_whole_unit);
    tcase_add_test(tcase, a_scan_stops_behind_the_quantity);
    tcase_add_test(tcase, no_message_overruns_its_room);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
