/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_random - streams against the paper's definition of Philox, written out plainly here and held itself to the known
 * answers that Random123 publishes (its kat_vectors); then what the streams promise: keys, bounds, distributions.
 */
#include "sim/random.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

#include "tests/suite.h"

/* --- the reference: Philox 4x64-10 as in table 2 and figure 1 of the paper --- */

struct reference {
    uint64_t counter[4], key[2];
};

static void reference_block(struct reference state, uint64_t out[4])
{
    for (int i = 0; i < 10; i++) {
        unsigned __int128 a = (unsigned __int128)UINT64_C(0xd2e7470ee14c6c93) * state.counter[0];
        unsigned __int128 b = (unsigned __int128)UINT64_C(0xca5a826395121157) * state.counter[2];
        uint64_t next[4] = {
            (uint64_t)(b >> 64) ^ state.counter[1] ^ state.key[0],
            (uint64_t)b,
            (uint64_t)(a >> 64) ^ state.counter[3] ^ state.key[1],
            (uint64_t)a,
        };
        for (int k = 0; k < 4; k++)
            state.counter[k] = next[k];
        state.key[0] += UINT64_C(0x9e3779b97f4a7c15);
        state.key[1] += UINT64_C(0xbb67ae8584caa73b);
    }
    for (int k = 0; k < 4; k++)
        out[k] = state.counter[k];
}

static const struct {
    struct reference input;
    uint64_t output[4];
} known_answers[] = {
    {{{0, 0, 0, 0}, {0, 0}},
     {0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b}},
    {{{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}, {UINT64_MAX, UINT64_MAX}},
     {0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0}},
    {{{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89},
      {0x452821e638d01377, 0xbe5466cf34e90c6c}},
     {0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5, 0x57bd43b5e52b7fe6}},
};

START_TEST(the_reference_gives_the_published_answers)
{
    uint64_t out[4];
    reference_block(known_answers[_i].input, out);
    for (int k = 0; k < 4; k++)
        ck_assert_uint_eq(out[k], known_answers[_i].output[k]);
}
END_TEST

START_TEST(the_stream_of_key_zero_begins_with_the_published_answer)
{
    struct random random;
    random_init(&random, 0, 0);
    for (int k = 0; k < 4; k++)
        ck_assert_uint_eq(random_u64(&random), known_answers[0].output[k]);
}
END_TEST

START_TEST(a_stream_is_philox_in_counter_mode_under_seed_and_entity)
{
    struct reference state = {.key = {(uint64_t)_i * 7919, random_entity("client", (uint64_t)_i)}};
    struct random random;
    random_init(&random, state.key[0], state.key[1]);
    for (; state.counter[0] < 50; state.counter[0]++) {
        uint64_t block[4];
        reference_block(state, block);
        for (int k = 0; k < 4; k++)
            ck_assert_uint_eq(random_u64(&random), block[k]);
    }
}
END_TEST

START_TEST(a_copy_repeats_the_stream)
{
    struct random random;
    random_init(&random, 3, 4);
    random_u64(&random);
    struct random copy = random;
    for (int i = 0; i < 20; i++)
        ck_assert_uint_eq(random_u64(&random), random_u64(&copy));
}
END_TEST

/* Two streams are compared bit by bit: 64 x DRAWS coin tosses should agree half the time. */
static double agreement(struct random one, struct random other)
{
    enum { DRAWS = 4096 };
    int equal = 0;
    for (int i = 0; i < DRAWS; i++)
        equal += __builtin_popcountll(~(random_u64(&one) ^ random_u64(&other)));
    double n = 64.0 * DRAWS;
    return (equal - n / 2) / sqrt(n / 4); /* standard deviations */
}

START_TEST(streams_of_neighbouring_keys_are_not_alike)
{
    struct random base, seed, entity, swapped;
    uint64_t i = (uint64_t)_i;
    random_init(&base, i, i + 1);
    random_init(&seed, i + 1, i + 1);
    random_init(&entity, i, i + 2);
    random_init(&swapped, i + 1, i);
    ck_assert_double_lt(fabs(agreement(base, seed)), 4.5);
    ck_assert_double_lt(fabs(agreement(base, entity)), 4.5);
    ck_assert_double_lt(fabs(agreement(base, swapped)), 4.5);
    ck_assert_double_gt(agreement(base, base), 100);
}
END_TEST

static int compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

START_TEST(entities_of_different_name_or_index_have_different_keys)
{
    enum { INDEXES = 5000 };
    static const char *const names[] = {"client", "clienu", "link", "host", "", "tneilc"};
    enum { NAMES = sizeof names / sizeof names[0] };
    static uint64_t keys[NAMES * INDEXES];
    for (unsigned i = 0; i < NAMES * INDEXES; i++)
        keys[i] = random_entity(names[i / INDEXES], i % INDEXES);
    qsort(keys, NAMES * INDEXES, sizeof keys[0], compare);
    for (unsigned i = 1; i < NAMES * INDEXES; i++)
        if (keys[i] == keys[i - 1])
            ck_abort_msg("two entities have the key %llx", (unsigned long long)keys[i]);
    ck_assert_uint_eq(random_entity("client", 17), random_entity("client", 17));
}
END_TEST

/* The chance of counts this uneven, were all `bins` equally likely. */
static double evenness(const unsigned *counts, unsigned bins, unsigned draws)
{
    double expected = (double)draws / bins, sum = 0;
    for (unsigned i = 0; i < bins; i++)
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    return gsl_cdf_chisq_Q(sum, bins - 1);
}

START_TEST(random_below_is_even)
{
    enum { DRAWS = 100000 };
    static const unsigned bounds[] = {1, 2, 3, 7, 10, 100, 1000};
    unsigned bound = bounds[_i];
    unsigned counts[1000] = {0};
    struct random random;
    random_init(&random, 11, (uint64_t)_i);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t drawn = random_below(&random, bound);
        if (drawn >= bound)
            ck_abort_msg("%llu is not below %u", (unsigned long long)drawn, bound);
        counts[drawn]++;
    }
    if (bound > 1)
        ck_assert_double_gt(evenness(counts, bound, DRAWS), 1e-4);
}
END_TEST

START_TEST(random_below_rejects_what_would_bias_it)
{
    /* Of 2^64 numbers a bound of 3/4 x 2^64 cannot have equal shares: without rejection the lower of each three
     * results would come twice as often. */
    enum { DRAWS = 30000 };
    const uint64_t bound = UINT64_C(3) << 62;
    unsigned counts[3] = {0};
    struct random random;
    random_init(&random, 5, 5);
    for (int i = 0; i < DRAWS; i++)
        counts[random_below(&random, bound) % 3]++;
    ck_assert_double_gt(evenness(counts, 3, DRAWS), 1e-4);
    unsigned biased[3] = {0};
    for (int i = 0; i < DRAWS; i++)
        biased[(uint64_t)(((unsigned __int128)random_u64(&random) * bound) >> 64) % 3]++;
    ck_assert_double_lt(evenness(biased, 3, DRAWS), 1e-9);
}
END_TEST

START_TEST(uniform_numbers_are_even_and_below_one)
{
    enum { DRAWS = 200000, BINS = 256 };
    unsigned counts[BINS] = {0};
    struct random random;
    random_init(&random, 1, 1);
    for (int i = 0; i < DRAWS; i++) {
        double u = random_uniform(&random);
        if (u < 0 || u >= 1)
            ck_abort_msg("%g", u);
        counts[(int)(u * BINS)]++;
    }
    ck_assert_double_gt(evenness(counts, BINS, DRAWS), 1e-4);
}
END_TEST

START_TEST(exponential_numbers_have_their_distribution)
{
    enum { DRAWS = 200000, BINS = 100 };
    unsigned counts[BINS] = {0};
    struct random random;
    random_init(&random, 1, 2);
    for (int i = 0; i < DRAWS; i++) {
        double probability = gsl_cdf_exponential_P(random_exponential(&random, 5), 5);
        counts[(int)fmin(probability * BINS, BINS - 1)]++;
    }
    ck_assert_double_gt(evenness(counts, BINS, DRAWS), 1e-4);
}
END_TEST

START_TEST(gsl_draws_from_the_same_stream)
{
    struct random random, twin;
    random_init(&random, 8, 9);
    random_init(&twin, 8, 9);
    gsl_rng *gsl = random_gsl(&random);
    for (int i = 0; i < 10; i++) {
        ck_assert_uint_eq(gsl_rng_get(gsl), random_u64(&twin));
        ck_assert(gsl_rng_uniform(gsl) == random_uniform(&twin));
    }
    ck_assert_uint_eq(gsl_rng_max(gsl), UINT64_MAX);
    gsl_rng_set(gsl, 77);
    random_init(&twin, 77, 9);
    ck_assert_uint_eq(gsl_rng_get(gsl), random_u64(&twin));
}
END_TEST

START_TEST(gsl_distributions_come_out_right)
{
    enum { DRAWS = 100000, BINS = 50 };
    unsigned normal[BINS] = {0}, integers[BINS] = {0};
    struct random random;
    random_init(&random, 8, 10);
    gsl_rng *gsl = random_gsl(&random);
    for (int i = 0; i < DRAWS; i++) {
        double probability = gsl_cdf_ugaussian_P(gsl_ran_ugaussian(gsl));
        normal[(int)fmin(probability * BINS, BINS - 1)]++;
        integers[gsl_rng_uniform_int(gsl, BINS)]++;
    }
    ck_assert_double_gt(evenness(normal, BINS, DRAWS), 1e-4);
    ck_assert_double_gt(evenness(integers, BINS, DRAWS), 1e-4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *tests = tcase_create("random");
    tcase_add_loop_test(tests, the_reference_gives_the_published_answers, 0, 3);
    tcase_add_test(tests, the_stream_of_key_zero_begins_with_the_published_answer);
    tcase_add_loop_test(tests, a_stream_is_philox_in_counter_mode_under_seed_and_entity, 0, 10);
    tcase_add_test(tests, a_copy_repeats_the_stream);
    tcase_add_loop_test(tests, streams_of_neighbouring_keys_are_not_alike, 0, 10);
    tcase_add_test(tests, entities_of_different_name_or_index_have_different_keys);
    tcase_add_loop_test(tests, random_below_is_even, 0, 7);
    tcase_add_test(tests, random_below_rejects_what_would_bias_it);
    tcase_add_test(tests, uniform_numbers_are_even_and_below_one);
    tcase_add_test(tests, exponential_numbers_have_their_distribution);
    tcase_add_test(tests, gsl_draws_from_the_same_stream);
    tcase_add_test(tests, gsl_distributions_come_out_right);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
