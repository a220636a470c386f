/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/results: what was added is found, by metric and host.
 */
#include "sim/results.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

static const struct metric_type TYPES[] = {
    {.name = "latency", .unit = "s", .help = "mean time"},
    {.name = "cycles", .unit = "cycles", .help = "per request", .by_host = true},
    {.name = NULL}};
static struct results results;

static void setup(void)
{
    results_init(&results, TYPES);
}

static void teardown(void)
{
    results_fini(&results);
}

START_TEST(metrics_are_told_apart_by_name_and_host)
{
    results_add(&results, "cycles", "primary", 1);
    results_add(&results, "cycles", "backup", 2);
    results_add(&results, "latency", "", 3);
    ck_assert_double_eq(results_find(&results, "cycles", "primary")->value.mean, 1);
    ck_assert_double_eq(results_find(&results, "cycles", "backup")->value.mean, 2);
    ck_assert_double_eq(results_find(&results, "latency", "")->value.mean, 3);
    ck_assert_ptr_null(results_find(&results, "cycles", ""));
    ck_assert_ptr_null(results_find(&results, "latency", "primary"));
    ck_assert_ptr_null(results_find(&results, "nothing", ""));
}
END_TEST

START_TEST(a_single_value_has_no_interval)
{
    results_add(&results, "latency", "", 0.25);
    const struct metric *metric = results_find(&results, "latency", "");
    ck_assert_double_eq(metric->value.mean, 0.25);
    ck_assert(metric->value.low == -INFINITY && metric->value.high == INFINITY);
    ck_assert_uint_eq(metric->value.n, 1);
    ck_assert_str_eq(metric->type->unit, "s");
}
END_TEST

START_TEST(a_histogram_is_copied)
{
    struct histogram histogram;
    histogram_init(&histogram);
    histogram_add(&histogram, 1000);
    results_add(&results, "latency", "", 1e-6);
    results_add_histogram(&results, "latency", "", &histogram);
    histogram_add(&histogram, 2000);
    histogram_fini(&histogram);
    ck_assert_uint_eq(results_find(&results, "latency", "")->histogram->count, 1);
}
END_TEST

START_TEST(any_number_fits_and_verdicts_are_kept)
{
    for (unsigned i = 0; i < 1000; i++)
        results_add(&results, "cycles", "primary", i);
    for (unsigned i = 0; i < 100; i++)
        results_add_verdict(&results, &(struct verdict){.promise = "P1", .checks = i});
    ck_assert_uint_eq(results.metric_count, 1000);
    ck_assert_uint_eq(results.verdict_count, 100);
    ck_assert_uint_eq(results.verdicts[99].checks, 99);
    ck_assert_double_eq(results.metrics[999].value.mean, 999);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results");
    TCase *tcase = tcase_create("results");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, metrics_are_told_apart_by_name_and_host);
    tcase_add_test(tcase, a_single_value_has_no_interval);
    tcase_add_test(tcase, a_histogram_is_copied);
    tcase_add_test(tcase, any_number_fits_and_verdicts_are_kept);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
