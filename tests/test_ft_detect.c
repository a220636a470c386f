/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_detect: silence is counted in one's own waking time.
 */
#include "core/ft_detect.h"
#include "tests/suite.h"

enum { INTERVAL = 5, TIMEOUT = 50 };

START_TEST(silence_grows_with_ticks_and_ends_with_a_heartbeat)
{
    struct ft_detect detect;
    int64_t now = 1000;
    ft_detect_init(&detect, INTERVAL, now);
    for (unsigned round = 0; round < 3; round++) {
        for (int64_t silent = 0; silent < TIMEOUT; silent += INTERVAL) {
            ck_assert(!ft_detect_suspected(&detect, TIMEOUT));
            ft_detect_tick(&detect, now += INTERVAL);
        }
        ck_assert(ft_detect_suspected(&detect, TIMEOUT));
        ft_detect_heard(&detect, now);
        ck_assert(!ft_detect_suspected(&detect, TIMEOUT));
    }
}
END_TEST

START_TEST(who_has_slept_does_not_blame_the_other)
{
    struct ft_detect detect;
    ft_detect_init(&detect, INTERVAL, 0);
    ft_detect_tick(&detect, INTERVAL);
    ft_detect_tick(&detect, 1000000); /* paused: heartbeats may be waiting to be read */
    ck_assert(!ft_detect_suspected(&detect, TIMEOUT));
    ck_assert_int_le(detect.silence_ns, 3 * INTERVAL);
}
END_TEST

START_TEST(a_late_tick_counts_for_two_at_most)
{
    for (int64_t late = 0; late < 10 * INTERVAL; late++) {
        struct ft_detect detect;
        ft_detect_init(&detect, INTERVAL, 0);
        ft_detect_tick(&detect, late);
        ck_assert_int_eq(detect.silence_ns, late < 2 * INTERVAL ? late : 2 * INTERVAL);
    }
}
END_TEST

START_TEST(the_moment_of_suspicion_is_known_before)
{
    for (int64_t ticked = 0; ticked <= TIMEOUT - 2 * INTERVAL; ticked++) {
        struct ft_detect detect;
        ft_detect_init(&detect, INTERVAL, 0);
        for (int64_t at = 1; at <= ticked; at++)
            ft_detect_tick(&detect, 1000 + at); /* the first of them: as long as a tick may count */
        int64_t suspects = ft_detect_suspects_ns(&detect, TIMEOUT);
        struct ft_detect before = detect;
        for (int64_t at = detect.ticked_ns; at < suspects - 1; at++)
            ft_detect_tick(&before, at + 1);
        ck_assert(!ft_detect_suspected(&before, TIMEOUT));
        ft_detect_tick(&before, suspects);
        ck_assert(ft_detect_suspected(&before, TIMEOUT));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_detect");
    TCase *tcase = tcase_create("silence");
    tcase_add_test(tcase, silence_grows_with_ticks_and_ends_with_a_heartbeat);
    tcase_add_test(tcase, who_has_slept_does_not_blame_the_other);
    tcase_add_test(tcase, a_late_tick_counts_for_two_at_most);
    tcase_add_test(tcase, the_moment_of_suspicion_is_known_before);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
