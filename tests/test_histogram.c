/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_histogram - quantiles against sorted values, merging against adding, and the compact form against damage.
 */
#include "sim/histogram.h"

#include <math.h>
#include <signal.h>
#include <string.h>

#include "sim/random.h"
#include "tests/suite.h"

enum { VALUES = 4000 };

/* Values of all magnitudes: test i ends at 2^(3 i + 3), as far as there is such a number. */
static int64_t draw(struct random *random, int test)
{
    int bits = 3 * test + 3 < 63 ? 3 * test + 3 : 63;
    return (int64_t)(random_u64(random) >> (64 - bits) >> random_below(random, (uint64_t)bits));
}

static int compare(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

START_TEST(a_quantile_is_within_0_4_percent_of_the_sorted_values)
{
    static int64_t values[VALUES];
    static const double quantiles[] = {0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1};
    struct random random;
    random_init(&random, 1, (uint64_t)_i);
    struct histogram histogram;
    histogram_init(&histogram);
    long double sum = 0;
    for (int i = 0; i < VALUES; i++) {
        values[i] = draw(&random, _i);
        sum += values[i];
        histogram_add(&histogram, values[i]);
    }
    qsort(values, VALUES, sizeof values[0], compare);
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        int rank = (int)ceil(quantiles[i] * VALUES);
        int64_t exact = values[rank > 0 ? rank - 1 : 0];
        int64_t found = histogram_quantile(&histogram, quantiles[i]);
        if (fabs((double)found - (double)exact) > (double)exact / 256)
            ck_abort_msg("quantile %g: %lld instead of %lld", quantiles[i], (long long)found,
                         (long long)exact);
    }
    ck_assert_int_eq(histogram.min, values[0]);
    ck_assert_int_eq(histogram.max, values[VALUES - 1]);
    double mean = (double)(sum / VALUES);
    ck_assert_double_eq_tol(histogram_mean(&histogram), mean, 1e-12 * mean);
    histogram_fini(&histogram);
}
END_TEST

START_TEST(quantiles_of_small_values_are_exact)
{
    struct histogram histogram;
    histogram_init(&histogram);
    for (int i = 100; i >= 1; i--)
        histogram_add(&histogram, i);
    for (int i = 1; i <= 100; i++)
        ck_assert_int_eq(histogram_quantile(&histogram, i / 100.0), i);
    ck_assert_int_eq(histogram_quantile(&histogram, 0), 1);
    ck_assert_int_eq(histogram_quantile(&histogram, 0.501), 51);
    histogram_fini(&histogram);
}
END_TEST

START_TEST(every_value_comes_back_alone)
{
    for (int64_t value = 0; value >= 0 && value < INT64_MAX / 3; value = value * 3 / 2 + 1) {
        struct histogram histogram;
        histogram_init(&histogram);
        histogram_add(&histogram, value);
        ck_assert_int_eq(histogram_quantile(&histogram, 0.5), value);
        histogram_fini(&histogram);
    }
}
END_TEST

START_TEST(the_largest_values_neither_overflow_nor_vanish)
{
    struct histogram histogram;
    histogram_init(&histogram);
    for (int i = 0; i < 8; i++)
        histogram_add(&histogram, INT64_MAX);
    ck_assert_int_eq(histogram_quantile(&histogram, 0.5), INT64_MAX);
    ck_assert_double_eq_tol(histogram_mean(&histogram), 0x1p63, 1);
    ck_assert_uint_eq(histogram.sum_carry, 3); /* 8 x (2^63 - 1) = 3 x 2^64 + (2^64 - 8) */
    ck_assert_uint_eq(histogram.sum, UINT64_MAX - 7);
    histogram_fini(&histogram);
}
END_TEST

static void check_equal(const struct histogram *one, const struct histogram *other)
{
    ck_assert_uint_eq(one->count, other->count);
    ck_assert_uint_eq(one->sum, other->sum);
    ck_assert_uint_eq(one->sum_carry, other->sum_carry);
    if (one->count != 0) {
        ck_assert_int_eq(one->min, other->min);
        ck_assert_int_eq(one->max, other->max);
    }
    static const uint64_t none[HISTOGRAM_BUCKETS];
    for (int i = 0; i < HISTOGRAM_OCTAVES; i++) {
        const uint64_t *a = one->octaves[i] != NULL ? one->octaves[i] : none;
        const uint64_t *b = other->octaves[i] != NULL ? other->octaves[i] : none;
        ck_assert_mem_eq(a, b, sizeof none);
    }
}

static void fill(struct histogram *histogram, int test, int values)
{
    struct random random;
    random_init(&random, 2, (uint64_t)test);
    histogram_init(histogram);
    for (int i = 0; i < values; i++)
        histogram_add(histogram, draw(&random, test));
}

START_TEST(merging_gives_what_adding_all_gives)
{
    struct random random;
    random_init(&random, 2, (uint64_t)_i);
    struct histogram all, parts[3], merged;
    histogram_init(&all);
    histogram_init(&merged);
    for (int i = 0; i < 3; i++)
        histogram_init(&parts[i]);
    for (int i = 0; i < 10 * _i; i++) {
        int64_t value = draw(&random, _i);
        histogram_add(&all, value);
        histogram_add(&parts[i % 7 == 0 ? 1 : 2], value); /* part 0 stays empty */
    }
    for (int i = 0; i < 3; i++) {
        histogram_merge(&merged, &parts[i]);
        histogram_fini(&parts[i]);
    }
    check_equal(&merged, &all);
    histogram_fini(&merged);
    histogram_fini(&all);
}
END_TEST

static uint8_t *saved(const struct histogram *histogram, size_t *size)
{
    *size = histogram_save(histogram, NULL, 0);
    uint8_t *blob = malloc(*size);
    ck_assert_uint_eq(histogram_save(histogram, blob, *size), *size);
    return blob;
}

START_TEST(what_was_saved_loads_again)
{
    struct histogram histogram, loaded;
    fill(&histogram, _i, _i * 40);
    size_t size;
    uint8_t *blob = saved(&histogram, &size);
    ck_assert(histogram_load(&loaded, blob, size));
    check_equal(&histogram, &loaded);
    free(blob);
    histogram_fini(&loaded);
    histogram_fini(&histogram);
}
END_TEST

START_TEST(the_form_is_the_same_on_every_machine)
{
    static const uint8_t expected[] = {1, 3, 5, 0xc8, 1, 0xd2, 1, 0, 5, 2, 0xc3, 1, 1};
    struct histogram histogram;
    histogram_init(&histogram);
    histogram_add(&histogram, 5);
    histogram_add(&histogram, 200); /* bucket 200, 195 behind the other */
    histogram_add(&histogram, 5);
    size_t size;
    uint8_t *blob = saved(&histogram, &size);
    struct histogram loaded;
    ck_assert(histogram_load(&loaded, blob, size));
    ck_assert_uint_eq(size, sizeof expected);
    ck_assert_mem_eq(blob, expected, sizeof expected);
    free(blob);
    histogram_fini(&loaded);
    histogram_fini(&histogram);
}
END_TEST

START_TEST(a_truncated_blob_is_refused)
{
    struct histogram histogram, loaded;
    fill(&histogram, 9, 100);
    size_t size;
    uint8_t *blob = saved(&histogram, &size);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *copy = malloc(cut + 1); /* so that reading beyond its end is noticed */
        memcpy(copy, blob, cut);
        ck_assert(!histogram_load(&loaded, copy, cut));
        ck_assert_uint_eq(loaded.count, 0);
        free(copy);
    }
    free(blob);
    histogram_fini(&histogram);
}
END_TEST

START_TEST(damaged_blobs_are_refused_or_load_as_something_consistent)
{
    struct histogram histogram, loaded;
    fill(&histogram, 7, 60);
    size_t size;
    uint8_t *blob = saved(&histogram, &size);
    struct random random;
    random_init(&random, 4, (uint64_t)_i);
    int refused = 0;
    for (int trial = 0; trial < 2000; trial++) {
        uint8_t *copy = malloc(size);
        memcpy(copy, blob, size);
        for (uint64_t hits = 1 + random_below(&random, 4); hits-- > 0;)
            copy[random_below(&random, size)] = (uint8_t)random_u64(&random);
        if (histogram_load(&loaded, copy, size)) {
            ck_assert(loaded.count == 0 || (loaded.min >= 0 && loaded.min <= loaded.max));
            int64_t median = histogram_quantile(&loaded, 0.5);
            ck_assert(loaded.count == 0 || (median >= loaded.min && median <= loaded.max));
        } else {
            refused++;
            ck_assert_uint_eq(loaded.count, 0);
        }
        histogram_fini(&loaded);
        free(copy);
    }
    ck_assert_int_gt(refused, 1000);
    free(blob);
    histogram_fini(&histogram);
}
END_TEST

/* Each is wrong in one thing; the first one is right. */
static const struct {
    const char *what;
    uint8_t bytes[24];
    size_t size;
    bool good;
} blobs[] = {
    {"two values of 5", {1, 2, 5, 5, 10, 0, 5, 2}, 8, true},
    {"nothing", {0}, 0, false},
    {"an unknown format", {2, 2, 5, 5, 10, 0, 5, 2}, 8, false},
    {"more in the buckets than the count", {1, 2, 5, 5, 10, 0, 5, 3}, 8, false},
    {"less in the buckets than the count", {1, 2, 5, 5, 10, 0, 5, 1}, 8, false},
    {"min above max", {1, 2, 6, 5, 10, 0, 5, 2}, 8, false},
    {"a bucket beyond the last", {1, 2, 5, 5, 10, 0, 0xff, 0xff, 1, 2}, 10, false},
    {"a number without end", {1, 2, 5, 5, 10, 0, 5, 0x82}, 8, false},
    {"counts that wrap around to the right one",
     {1, 2, 5, 5, 10, 0, 5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 3},
     19,
     false},
    {"bytes behind an empty histogram", {1, 0, 5, 2}, 4, false},
};

START_TEST(a_malformed_blob_is_refused)
{
    struct histogram loaded;
    if (histogram_load(&loaded, blobs[_i].bytes, blobs[_i].size) != blobs[_i].good)
        ck_abort_msg("%s", blobs[_i].what);
    ck_assert_uint_eq(loaded.count, blobs[_i].good ? 2 : 0);
    histogram_fini(&loaded);
}
END_TEST

START_TEST(an_empty_histogram_says_zero)
{
    struct histogram histogram, other;
    histogram_init(&histogram);
    histogram_init(&other);
    histogram_merge(&histogram, &other);
    ck_assert_int_eq(histogram_quantile(&histogram, 0.99), 0);
    ck_assert_double_eq(histogram_mean(&histogram), 0);
}
END_TEST

START_TEST(a_negative_value_is_a_bug)
{
    struct histogram histogram;
    histogram_init(&histogram);
    histogram_add(&histogram, -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("histogram");
    TCase *tests = tcase_create("histogram");
    tcase_add_loop_test(tests, a_quantile_is_within_0_4_percent_of_the_sorted_values, 0, 21);
    tcase_add_test(tests, quantiles_of_small_values_are_exact);
    tcase_add_test(tests, every_value_comes_back_alone);
    tcase_add_test(tests, the_largest_values_neither_overflow_nor_vanish);
    tcase_add_loop_test(tests, merging_gives_what_adding_all_gives, 0, 21);
    tcase_add_loop_test(tests, what_was_saved_loads_again, 0, 21);
    tcase_add_test(tests, the_form_is_the_same_on_every_machine);
    tcase_add_test(tests, a_truncated_blob_is_refused);
    tcase_add_loop_test(tests, damaged_blobs_are_refused_or_load_as_something_consistent, 0, 4);
    tcase_add_loop_test(tests, a_malformed_blob_is_refused, 0, sizeof blobs / sizeof blobs[0]);
    tcase_add_test(tests, an_empty_histogram_says_zero);
    tcase_add_test_raise_signal(tests, a_negative_value_is_a_bug, SIGABRT);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
