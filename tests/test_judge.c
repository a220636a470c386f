/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The testbed's judges, each seen failing: what clients took, servers noted and the cables saw is made up, right in all but one thing.
 *
 * Whether the cables see it is for tests/test_cables.c and tests/check_testbed to say.
 */
#include "module/testbed/testbed_state.h"
#include "module/testbed/stamp.h"
#include "tests/suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { P1, P2, P3, P4, P5, P6, P7, P8 };
enum { REQUESTS = 3, LOG_LIMIT = 1000 };

static struct testbed *testbed;
static struct config config;
static struct cables_memory cables;
static struct watch seen;
static struct judged taken[REQUESTS];
static struct stamp_execution noted[2 * REQUESTS];
static size_t noted_count;

/* All is well: each request has been executed once and answered, and the log was never full. */
static void setup(void)
{
    testbed = calloc(1, sizeof *testbed);
    config = (struct config){.replication.log_bytes = LOG_LIMIT};
    cables = (struct cables_memory){.words = 100, .replies = REQUESTS};
    seen = (struct watch){.servers = {{.asked = 5, .log_peak = LOG_LIMIT}, {.asked = 5}}};
    testbed->config = &config;
    testbed->house = (struct house){.server_count = 2, .journal = memfd_create("journal", 0)};
    testbed->house.wiring.memory = &cables;
    testbed->judged = taken;
    testbed->judged_count = noted_count = REQUESTS;
    for (unsigned i = 0; i < REQUESTS; i++) {
        taken[i] = (struct judged){
            .request = i + 1, .nonce = 100 + i, .opened_at_ns = 10, .outcome = OUTCOME_RIGHT};
        noted[i] = (struct stamp_execution){
            .request = i + 1, .nonce = 100 + i, .begun_ns = 20, .at_ns = 30, .body_good = 1};
    }
}

static void teardown(void)
{
    close(testbed->house.journal);
    free(testbed);
}

static void judge(struct verdict verdicts[TESTBED_PROMISES])
{
    size_t size = noted_count * sizeof *noted;
    ck_assert_int_eq(write(testbed->house.journal, noted, size), (ssize_t)size);
    testbed_judge(testbed, &seen, verdicts);
}

/* Of all promises this one alone is broken, once; -1: none is. */
static void assert_broken(int promise)
{
    struct verdict verdicts[TESTBED_PROMISES];
    judge(verdicts);
    for (int i = 0; i < TESTBED_PROMISES; i++) {
        ck_assert_uint_gt(verdicts[i].checks, 0);
        ck_assert_msg(verdicts[i].violations == (i == promise), "%s: %llu violations (%s)",
                      verdicts[i].promise, (unsigned long long)verdicts[i].violations,
                      verdicts[i].first);
        ck_assert(verdicts[i].binding);
    }
}

static void execute_again(int64_t begun_ns)
{
    noted[noted_count] = noted[1];
    noted[noted_count].nonce = 999;
    noted[noted_count].begun_ns = begun_ns;
    noted[noted_count].at_ns = 50;
    noted_count++;
}

START_TEST(all_promises_are_judged_and_none_is_broken_when_all_is_well)
{
    assert_broken(-1);
}
END_TEST

START_TEST(a_damaged_body_breaks_the_first)
{
    noted[1].body_good = 0;
    assert_broken(P1);
}
END_TEST

START_TEST(a_reply_before_its_log_breaks_the_second)
{
    cables.unlogged = 1;
    assert_broken(P2);
}
END_TEST

START_TEST(a_reply_of_no_execution_breaks_the_third)
{
    taken[1].nonce = 555;
    assert_broken(P3);
}
END_TEST

START_TEST(a_mixed_reply_breaks_the_third_and_was_no_answer)
{
    struct verdict verdicts[TESTBED_PROMISES];
    taken[1].outcome = OUTCOME_MIXED;
    judge(verdicts);
    for (int i = 0; i < TESTBED_PROMISES; i++)
        ck_assert_uint_eq(verdicts[i].violations, i == P3 || i == P7);
}
END_TEST

START_TEST(an_execution_begun_after_the_one_that_arrived_breaks_the_fourth)
{
    execute_again(31);
    assert_broken(P4);
}
END_TEST

START_TEST(an_execution_begun_before_and_ended_after_breaks_nothing)
{
    execute_again(29);
    assert_broken(-1);
}
END_TEST

START_TEST(two_speakers_in_turn_break_the_fifth)
{
    cables.overlaps = 1;
    assert_broken(P5);
}
END_TEST

/* A connection that breaks takes its request with it. */
START_TEST(a_broken_connection_breaks_the_sixth)
{
    static const uint8_t outcomes[] = {OUTCOME_CUT, OUTCOME_LOST};
    struct verdict verdicts[TESTBED_PROMISES];
    taken[1].outcome = outcomes[_i];
    judge(verdicts);
    for (int i = 0; i < TESTBED_PROMISES; i++)
        ck_assert_uint_eq(verdicts[i].violations, i == P3 || i == P6 || i == P7);
}
END_TEST

START_TEST(a_connection_that_one_host_alone_had_may_break_with_it)
{
    taken[1].outcome = OUTCOME_CUT;
    seen.exposed_before_ns = 11;
    for (unsigned i = 0; i < REQUESTS; i++)
        taken[i].opened_at_ns = i == 1 ? 10 : 12;
    assert_broken(-1);
}
END_TEST

START_TEST(a_late_reply_breaks_the_seventh)
{
    taken[1].outcome = OUTCOME_LATE;
    assert_broken(P7);
}
END_TEST

START_TEST(a_request_that_never_ended_breaks_the_seventh)
{
    struct verdict verdicts[TESTBED_PROMISES];
    taken[1].outcome = OUTCOME_PENDING;
    judge(verdicts);
    ck_assert_uint_eq(verdicts[P7].violations, 1);
}
END_TEST

START_TEST(a_log_beyond_its_limit_breaks_the_eighth)
{
    seen.servers[_i].log_peak = LOG_LIMIT + 1;
    assert_broken(P8);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("judge");
    TCase *tcase = tcase_create("promises");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, all_promises_are_judged_and_none_is_broken_when_all_is_well);
    tcase_add_test(tcase, a_damaged_body_breaks_the_first);
    tcase_add_test(tcase, a_reply_before_its_log_breaks_the_second);
    tcase_add_test(tcase, a_reply_of_no_execution_breaks_the_third);
    tcase_add_test(tcase, a_mixed_reply_breaks_the_third_and_was_no_answer);
    tcase_add_test(tcase, an_execution_begun_after_the_one_that_arrived_breaks_the_fourth);
    tcase_add_test(tcase, an_execution_begun_before_and_ended_after_breaks_nothing);
    tcase_add_test(tcase, two_speakers_in_turn_break_the_fifth);
    tcase_add_loop_test(tcase, a_broken_connection_breaks_the_sixth, 0, 2);
    tcase_add_test(tcase, a_connection_that_one_host_alone_had_may_break_with_it);
    tcase_add_test(tcase, a_late_reply_breaks_the_seventh);
    tcase_add_test(tcase, a_request_that_never_ended_breaks_the_seventh);
    tcase_add_loop_test(tcase, a_log_beyond_its_limit_breaks_the_eighth, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
