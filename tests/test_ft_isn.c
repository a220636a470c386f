/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_isn: what is put in comes out, and nothing else gets through.
 */
#include "core/ft_isn.h"
#include "tests/suite.h"

static const struct ft_key KEY = {.word = {0x0123456789abcdef, 0xfedcba9876543210}};
static const struct ft_isn_ends ENDS = {
    .client_ip = 0x0a000001, .service_ip = 0x0a000064, .client_port = 40000, .service_port = 80};

enum { VIEW = 513 };

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state ^ *state >> 15;
}

static enum ft_isn_match check(uint32_t client_isn, uint32_t isn, uint32_t counter)
{
    struct ft_syn_options out;
    return ft_isn_check(&KEY, &ENDS, VIEW, client_isn, isn, counter, &out);
}

START_TEST(every_combination_of_options_comes_back)
{
    uint32_t random = 1;
    for (uint32_t i = 0; i < 8 * 16 * 2; i++) {
        const struct ft_syn_options in = {
            .mss = ft_isn_mss(i >> 5),
            .scale = (i >> 1 & 15) == 15 ? FT_NO_SCALE : (uint8_t)(i >> 1 & 15),
            .sack = i & 1,
        };
        uint32_t client_isn = next(&random), counter = next(&random);
        uint32_t isn = ft_isn_make(&KEY, &ENDS, VIEW, client_isn, counter, &in);
        struct ft_syn_options out;
        ck_assert_int_eq(ft_isn_check(&KEY, &ENDS, VIEW, client_isn, isn, counter, &out),
                         FT_ISN_VALID);
        ck_assert_uint_eq(out.mss, in.mss);
        ck_assert_uint_eq(out.scale, in.scale);
        ck_assert_uint_eq(out.sack, in.sack);
    }
}
END_TEST

START_TEST(the_mss_is_rounded_down_to_a_common_one)
{
    ck_assert_uint_eq(ft_isn_mss(ft_isn_mss_index(FT_ISN_MSS_MIN)), FT_ISN_MSS_MIN);
    ck_assert_uint_eq(ft_isn_mss(ft_isn_mss_index(1459)), 1440);
    ck_assert_uint_eq(ft_isn_mss(ft_isn_mss_index(1460)), 1460);
    ck_assert_uint_eq(ft_isn_mss(ft_isn_mss_index(65535)), 8960);
    for (uint32_t mss = FT_ISN_MSS_MIN; mss < 65535; mss++)
        ck_assert_uint_le(ft_isn_mss(ft_isn_mss_index((uint16_t)mss)), mss);
}
END_TEST

START_TEST(the_counter_may_be_one_ahead_and_two_behind)
{
    const struct ft_syn_options options = {.mss = 1460, .scale = 7, .sack = 1};
    for (uint32_t counter = 0xfffffff0; counter != 16; counter++) {
        uint32_t isn = ft_isn_make(&KEY, &ENDS, VIEW, 1000, counter, &options);
        ck_assert_int_eq(check(1000, isn, counter - 1), FT_ISN_VALID);
        ck_assert_int_eq(check(1000, isn, counter + 1), FT_ISN_VALID);
        ck_assert_int_eq(check(1000, isn, counter + 2), FT_ISN_VALID);
        ck_assert_int_ne(check(1000, isn, counter + 3), FT_ISN_VALID);
        ck_assert_int_ne(check(1000, isn, counter - 2), FT_ISN_VALID);
    }
}
END_TEST

START_TEST(a_later_segment_of_the_same_handshake_is_early)
{
    const struct ft_syn_options options = {.mss = 1460, .scale = 7, .sack = 1};
    uint32_t isn = ft_isn_make(&KEY, &ENDS, VIEW, 1000, 5, &options), early = 0;
    for (uint32_t ahead = 1; ahead <= 20000; ahead++)
        early += check(1000 + ahead, isn, 5) == FT_ISN_EARLY;
    ck_assert_uint_ge(early, 19990); /* 0.6 would be valid by chance */
}
END_TEST

START_TEST(a_guess_succeeds_once_in_four_million)
{
    uint32_t random = 7, valid = 0, early = 0;
    const uint32_t guesses = 400000;
    for (uint32_t i = 0; i < guesses; i++) {
        enum ft_isn_match match = check(next(&random), next(&random), 5);
        valid += match == FT_ISN_VALID;
        early += match == FT_ISN_EARLY;
    }
    ck_assert_uint_le(valid, 3);                      /* expected 0.1 */
    ck_assert_uint_ge(early, guesses / 128 * 9 / 10); /* expected 1/128 */
    ck_assert_uint_le(early, guesses / 128 * 11 / 10);
}
END_TEST

START_TEST(another_key_address_port_or_view_is_foreign)
{
    const struct ft_syn_options options = {.mss = 1460, .scale = 7, .sack = 1};
    uint32_t valid = 0;
    for (uint32_t i = 1; i <= 5000; i++) {
        struct ft_isn_ends ends = ENDS;
        struct ft_key key = KEY;
        struct ft_syn_options out;
        uint32_t isn = ft_isn_make(&KEY, &ENDS, VIEW, i, 5, &options);
        ends.client_port = (uint16_t)(ends.client_port + i);
        valid += ft_isn_check(&KEY, &ends, VIEW, i, isn, 5, &out) == FT_ISN_VALID;
        ends = ENDS;
        ends.client_ip += i;
        valid += ft_isn_check(&KEY, &ends, VIEW, i, isn, 5, &out) == FT_ISN_VALID;
        key.word[i & 1] += i;
        valid += ft_isn_check(&key, &ENDS, VIEW, i, isn, 5, &out) == FT_ISN_VALID;
        valid += ft_isn_check(&KEY, &ENDS, VIEW + i, i, isn, 5, &out) == FT_ISN_VALID;
        valid += check(i, isn ^ 0x20, 5) == FT_ISN_VALID; /* a forged MSS */
    }
    ck_assert_uint_le(valid, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_isn");
    TCase *tcase = tcase_create("isn");
    tcase_add_test(tcase, every_combination_of_options_comes_back);
    tcase_add_test(tcase, the_mss_is_rounded_down_to_a_common_one);
    tcase_add_test(tcase, the_counter_may_be_one_ahead_and_two_behind);
    tcase_add_test(tcase, a_later_segment_of_the_same_handshake_is_early);
    tcase_add_test(tcase, a_guess_succeeds_once_in_four_million);
    tcase_add_test(tcase, another_key_address_port_or_view_is_foreign);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
