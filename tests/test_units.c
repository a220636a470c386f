/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_units - values as readers see them.
 */
#include "sim/units.h"

#include <math.h>
#include <string.h>

#include "tests/suite.h"

/* clang-format off */
static const struct {
    double value;
    const char *unit;
    int digits;
    const char *text;
} singles[] = {
    {0.0123, "s", 3, "12.3 ms"},       {1.5, "s", 3, "1.50 s"},           {4.2e-7, "s", 3, "420 ns"},
    {5930000, "bytes/s", 3, "5.93 MB/s"}, {512, "bytes", 3, "512 B"},     {647200, "cycles", 3, "647 kcycles"},
    {3907000, "cycles", 3, "3,907 kcycles"}, {0.724, "1", 3, "72.4 %"},   {1, "1", 3, "100 %"},
    {28509, "requests", 3, "28,509"},  {541.3, "requests/s", 3, "541 requests/s"}, {2.346, NULL, 3, "2.35"},
    {0, "s", 3, "0 s"},                {-0.005, "s", 3, "-5 ms"},         {1234567, "events", 3, "1,234,567"},
    {0.99996e-3, "s", 3, "1.00 ms"},   {NAN, "s", 3, "-"},                {INFINITY, "s", 3, "-"},
};
/* clang-format on */

START_TEST(a_value_is_shown_in_its_scale_with_its_digits)
{
    char text[64];
    unit_print(text, sizeof text, singles[_i].value, singles[_i].unit, singles[_i].digits);
    ck_assert_str_eq(text, singles[_i].text);
}
END_TEST

static struct interval single(double value)
{
    return (struct interval){.mean = value, .low = -INFINITY, .high = INFINITY, .n = 1};
}

static struct interval within(double value, double half)
{
    return (struct interval){.mean = value, .low = value - half, .high = value + half, .n = 5};
}

static void assert_cell(const struct unit_column *column, struct interval value, const char *text,
                        const char *half)
{
    char found[64];
    unit_column_value(column, &value, found, sizeof found);
    ck_assert_str_eq(found, text);
    unit_column_half(column, &value, found, sizeof found);
    ck_assert_str_eq(found, half);
}

START_TEST(a_column_has_one_scale_and_one_number_of_decimals)
{
    struct interval values[] = {single(554e3), single(11.678e6), single(NAN)};
    struct unit_column column = unit_column("bytes/s", values, 3, 3);
    ck_assert_str_eq(column.scale.name, "MB/s");
    assert_cell(&column, values[0], "0.554", "");
    assert_cell(&column, values[1], "11.678", "");
    assert_cell(&column, values[2], "-", "");
}
END_TEST

START_TEST(a_column_is_scaled_for_its_middle)
{
    struct interval values[] = {single(0.041), single(5)};
    struct unit_column column = unit_column("s", values, 2, 3);
    ck_assert_str_eq(column.scale.name, "ms");
    assert_cell(&column, values[0], "41.0", "");
    assert_cell(&column, values[1], "5,000.0", "");
}
END_TEST

START_TEST(counts_stay_whole_and_their_means_do_not)
{
    struct interval counts[] = {single(3896), single(0), single(50)};
    struct unit_column column = unit_column("requests", counts, 3, 3);
    assert_cell(&column, counts[0], "3,896", "");
    assert_cell(&column, counts[1], "0", "");
    struct interval means[] = {single(3896.4), single(1.2)};
    column = unit_column("requests", means, 2, 3);
    assert_cell(&column, means[0], "3,896.4", "");
    assert_cell(&column, means[1], "1.2", "");
}
END_TEST

START_TEST(an_interval_shows_where_it_is_above_the_last_digit)
{
    struct interval values[] = {within(0.1407, 0.0001), within(0.0522, 0.00001)};
    struct unit_column column = unit_column("s", values, 2, 3);
    ck_assert(column.intervals);
    assert_cell(&column, values[0], "140.7", "\u00b10.1");
    assert_cell(&column, values[1], "52.2", "");
    struct interval narrow[] = {within(0.1407, 0.00001)};
    column = unit_column("s", narrow, 1, 3);
    ck_assert(!column.intervals);
}
END_TEST

START_TEST(one_observation_has_no_interval)
{
    struct interval value = within(5, 1);
    value.n = 1;
    struct unit_column column = unit_column("s", &value, 1, 3);
    ck_assert(!column.intervals);
    struct interval unbounded = {.mean = 5, .low = -INFINITY, .high = INFINITY, .n = 2};
    column = unit_column("s", &unbounded, 1, 3);
    ck_assert(!column.intervals);
}
END_TEST

START_TEST(a_small_value_beside_large_ones_is_not_shown_as_zero)
{
    struct interval values[] = {single(0.0004), single(1)};
    struct unit_column column = unit_column("1", values, 2, 3);
    assert_cell(&column, values[0], "0.04", "");
    struct interval apart[] = {single(3e-4), single(5000)};
    column = unit_column(NULL, apart, 2, 3);
    assert_cell(&column, apart[0], "0.0003", "");
}
END_TEST

START_TEST(a_column_of_zeros_is_whole)
{
    struct interval values[] = {single(0), single(0)};
    struct unit_column column = unit_column("s", values, 2, 3);
    ck_assert_str_eq(column.scale.name, "s");
    assert_cell(&column, values[0], "0", "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("units");
    TCase *tests = tcase_create("units");
    tcase_add_loop_test(tests, a_value_is_shown_in_its_scale_with_its_digits, 0,
                        (int)(sizeof singles / sizeof *singles));
    tcase_add_test(tests, a_column_has_one_scale_and_one_number_of_decimals);
    tcase_add_test(tests, a_column_is_scaled_for_its_middle);
    tcase_add_test(tests, counts_stay_whole_and_their_means_do_not);
    tcase_add_test(tests, an_interval_shows_where_it_is_above_the_last_digit);
    tcase_add_test(tests, one_observation_has_no_interval);
    tcase_add_test(tests, a_small_value_beside_large_ones_is_not_shown_as_zero);
    tcase_add_test(tests, a_column_of_zeros_is_whole);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
