/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/progress: silent when short, seldom when long, and right about what is left.
 */
#include "sim/progress.h"
#include "tests/suite.h"

#include <string.h>

#define SECOND INT64_C(1000000000)

static char *text;
static size_t size;
static FILE *stream;
static struct progress progress;

static void setup(void)
{
    stream = fopen("/dev/null", "w"); /* progress_init() asks whether it is a terminal */
    progress_init(&progress, stream, "runs", 40, 5 * SECOND);
    fclose(stream);
    progress.stream = stream = open_memstream(&text, &size);
}

static void teardown(void)
{
    fclose(stream);
    free(text);
}

START_TEST(a_short_job_says_nothing)
{
    for (int64_t now = 5 * SECOND; now < 7 * SECOND; now += SECOND / 10)
        progress_update(&progress, 30, now);
    progress_end(&progress);
    fflush(stream);
    ck_assert_uint_eq(size, 0);
}
END_TEST

START_TEST(a_long_job_says_how_far_it_is_and_how_long_it_will_take)
{
    progress_update(&progress, 10, 15 * SECOND);
    fflush(stream);
    ck_assert_str_eq(text, "10 of 40 runs, 10 s, about 30 s to go\n");
}
END_TEST

START_TEST(where_nothing_is_done_nothing_is_promised)
{
    progress_update(&progress, 0, 15 * SECOND);
    fflush(stream);
    ck_assert_str_eq(text, "0 of 40 runs, 10 s\n");
}
END_TEST

START_TEST(outside_a_terminal_a_line_comes_every_ten_seconds_and_has_no_escapes)
{
    unsigned lines = 0;
    for (int64_t now = 5 * SECOND; now <= 65 * SECOND; now += SECOND / 10)
        progress_update(&progress, 1, now);
    progress_end(&progress);
    fflush(stream);
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    ck_assert_uint_eq(lines, 6);
    ck_assert_ptr_null(strchr(text, '\033'));
    ck_assert_ptr_null(strchr(text, '\r'));
}
END_TEST

START_TEST(on_a_terminal_the_line_is_rewritten_and_taken_off)
{
    progress.terminal = true;
    progress_update(&progress, 10, 15 * SECOND);
    progress_update(&progress, 11, 15 * SECOND + SECOND / 10); /* too soon */
    progress_end(&progress);
    fflush(stream);
    ck_assert_str_eq(text, "\r\033[K10 of 40 runs, 10 s, about 30 s to go\r\033[K");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("progress");
    TCase *tcase = tcase_create("progress");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_short_job_says_nothing);
    tcase_add_test(tcase, a_long_job_says_how_far_it_is_and_how_long_it_will_take);
    tcase_add_test(tcase, where_nothing_is_done_nothing_is_promised);
    tcase_add_test(tcase, outside_a_terminal_a_line_comes_every_ten_seconds_and_has_no_escapes);
    tcase_add_test(tcase, on_a_terminal_the_line_is_rewritten_and_taken_off);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
