/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_stats - sums against plain arithmetic, intervals against printed tables of Student's t, and against their own
 * promise: that 95 of 100 of them cover the truth.
 */
#include "sim/stats.h"

#include <gsl/gsl_randist.h>
#include <math.h>

#include "sim/random.h"
#include "tests/suite.h"

static struct moments moments_of(const double *values, int n)
{
    struct moments moments = {0};
    for (int i = 0; i < n; i++)
        moments_add(&moments, values[i]);
    return moments;
}

START_TEST(mean_and_variance_are_those_of_the_textbook)
{
    struct moments moments = moments_of((double[]){2, 4, 4, 4, 5, 5, 7, 9}, 8);
    ck_assert_uint_eq(moments.n, 8);
    ck_assert_double_eq_tol(moments.mean, 5, 1e-12);
    ck_assert_double_eq_tol(moments_variance(&moments), 32.0 / 7, 1e-12);
}
END_TEST

START_TEST(a_large_offset_does_not_spoil_the_variance)
{
    struct moments moments = moments_of((double[]){1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}, 4);
    ck_assert_double_eq_tol(moments_variance(&moments), 30, 1e-6);
}
END_TEST

START_TEST(merging_gives_what_adding_all_gives)
{
    struct random random;
    random_init(&random, 1, (uint64_t)_i);
    struct moments all = {0}, parts[3] = {0}, merged = {0};
    for (int i = 0; i < _i; i++) {
        double value = 100 + random_exponential(&random, 3);
        moments_add(&all, value);
        moments_add(&parts[random_below(&random, 3)], value);
    }
    for (int i = 0; i < 3; i++)
        moments_merge(&merged, &parts[i]);
    ck_assert_uint_eq(merged.n, all.n);
    ck_assert_double_eq_tol(merged.mean, all.mean, 1e-9);
    ck_assert_double_eq_tol(merged.squares, all.squares, 1e-9 * (1 + all.squares));
}
END_TEST

/* From printed tables: two-sided, `confidence`, n - 1 degrees of freedom. */
static const struct {
    int n;
    double confidence, t;
} tables[] = {
    {2, 0.95, 12.706}, {3, 0.95, 4.303},   {6, 0.95, 2.571},  {11, 0.95, 2.228},  {31, 0.95, 2.042},
    {11, 0.90, 1.812}, {11, 0.999, 4.587}, {21, 0.99, 2.845}, {121, 0.95, 1.980},
};

START_TEST(the_interval_is_students)
{
    struct moments moments = {0};
    for (int i = 0; i < tables[_i].n; i++)
        moments_add(&moments, 10 + i % 2);
    struct interval interval = moments_interval(&moments, tables[_i].confidence);
    double half = tables[_i].t * sqrt(moments_variance(&moments) / tables[_i].n);
    ck_assert_uint_eq(interval.n, (uint64_t)tables[_i].n);
    ck_assert_double_eq_tol(interval.mean, moments.mean, 1e-12);
    ck_assert_double_eq_tol(interval.high - interval.mean, half, 3e-4 * half);
    ck_assert_double_eq_tol(interval.mean - interval.low, half, 3e-4 * half);
}
END_TEST

START_TEST(one_value_says_nothing_about_its_error)
{
    struct moments moments = moments_of((double[]){7}, 1);
    struct interval interval = moments_interval(&moments, 0.95);
    ck_assert(interval.low == -INFINITY && interval.high == INFINITY);
    ck_assert_double_eq(interval.mean, 7);
    ck_assert(isnan(moments_variance(&moments)));
}
END_TEST

/* How many of `trials` intervals over n normal values cover their mean. */
static int coverage(int trials, int n, double confidence)
{
    int covered = 0;
    for (int trial = 0; trial < trials; trial++) {
        struct random random;
        random_init(&random, (uint64_t)trial, 1);
        struct moments moments = {0};
        for (int i = 0; i < n; i++)
            moments_add(&moments, 3 + gsl_ran_gaussian(random_gsl(&random), 2));
        struct interval interval = moments_interval(&moments, confidence);
        covered += interval.low <= 3 && 3 <= interval.high;
    }
    return covered;
}

START_TEST(ninety_five_of_a_hundred_intervals_cover_the_truth)
{
    enum {
        TRIALS = 10000
    }; /* standard deviation of the count: 22 at 95 %, 30 at 90 %, 10 at 99 % */
    static const int sizes[] = {3, 5, 30};
    ck_assert_int_ge(coverage(TRIALS, sizes[_i], 0.95), 9500 - 90);
    ck_assert_int_le(coverage(TRIALS, sizes[_i], 0.95), 9500 + 90);
    ck_assert_int_ge(coverage(TRIALS, sizes[_i], 0.90), 9000 - 120);
    ck_assert_int_le(coverage(TRIALS, sizes[_i], 0.90), 9000 + 120);
    ck_assert_int_ge(coverage(TRIALS, sizes[_i], 0.99), 9900 - 40);
    ck_assert_int_le(coverage(TRIALS, sizes[_i], 0.99), 9900 + 40);
}
END_TEST

/* A correlated series with mean 0: each value is 0.9 of the one before, and noise. */
static double next_correlated(double *state, struct random *random)
{
    return *state = 0.9 * *state + gsl_ran_gaussian(random_gsl(random), 1);
}

START_TEST(batch_means_cover_where_plain_intervals_of_a_correlated_series_do_not)
{
    enum { TRIALS = 400, VALUES = 10000, LENGTH = 500 };
    int plain_covered = 0, batches_covered = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        struct random random;
        random_init(&random, (uint64_t)trial, 2);
        double state = gsl_ran_gaussian(random_gsl(&random), sqrt(1 / (1 - 0.81)));
        struct moments plain = {0};
        struct batch_means batches;
        batch_means_init(&batches, LENGTH);
        for (int i = 0; i < VALUES; i++) {
            double value = next_correlated(&state, &random);
            moments_add(&plain, value);
            batch_means_add(&batches, value);
        }
        struct interval naive = moments_interval(&plain, 0.95);
        struct interval honest = batch_means_interval(&batches, 0.95);
        plain_covered += naive.low <= 0 && 0 <= naive.high;
        batches_covered += honest.low <= 0 && 0 <= honest.high;
    }
    ck_assert_int_ge(batches_covered, TRIALS * 90 / 100);
    ck_assert_int_le(batches_covered, TRIALS * 99 / 100);
    ck_assert_int_le(plain_covered, TRIALS * 60 / 100);
}
END_TEST

START_TEST(an_incomplete_batch_does_not_count)
{
    struct batch_means batches;
    batch_means_init(&batches, 3);
    for (int i = 1; i <= 8; i++)
        batch_means_add(&batches, i);
    struct interval interval = batch_means_interval(&batches, 0.95);
    ck_assert_uint_eq(interval.n, 2);
    ck_assert_double_eq_tol(interval.mean, 3.5, 1e-12);
}
END_TEST

START_TEST(the_time_average_weighs_by_time)
{
    struct time_average average;
    time_average_init(&average, 1000, 2);
    ck_assert_double_eq(time_average_mean(&average, 1000), 2);
    time_average_set(&average, 1010, 5);
    time_average_set(&average, 1020, 0);
    ck_assert_double_eq_tol(time_average_mean(&average, 1040), 70.0 / 40, 1e-12);
    time_average_reset(&average, 1050);
    ck_assert_double_eq(time_average_mean(&average, 1050), 0);
    time_average_set(&average, 1060, 4);
    ck_assert_double_eq_tol(time_average_mean(&average, 1080), 80.0 / 30, 1e-12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stats");
    TCase *tests = tcase_create("stats");
    tcase_add_test(tests, mean_and_variance_are_those_of_the_textbook);
    tcase_add_test(tests, a_large_offset_does_not_spoil_the_variance);
    tcase_add_loop_test(tests, merging_gives_what_adding_all_gives, 0, 20);
    tcase_add_loop_test(tests, the_interval_is_students, 0, sizeof tables / sizeof tables[0]);
    tcase_add_test(tests, one_value_says_nothing_about_its_error);
    tcase_add_loop_test(tests, ninety_five_of_a_hundred_intervals_cover_the_truth, 0, 3);
    tcase_add_test(tests, batch_means_cover_where_plain_intervals_of_a_correlated_series_do_not);
    tcase_add_test(tests, an_incomplete_batch_does_not_count);
    tcase_add_test(tests, the_time_average_weighs_by_time);
    tcase_set_timeout(tests, 30);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
