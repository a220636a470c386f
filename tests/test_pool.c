/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/pool: every job once, results by one, and a stop that is obeyed.
 */
#include "sim/pool.h"
#include "tests/suite.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

enum { JOBS = 500 };

static atomic_int worked[JOBS], running, most_running;
static int finished[JOBS];
static pthread_t caller;
static bool by_caller, overlapped;
static atomic_int stop, idled;
static size_t stop_after;

static void work(void *context, size_t job)
{
    (void)context;
    int now = atomic_fetch_add(&running, 1) + 1, most = atomic_load(&most_running);
    while (now > most && !atomic_compare_exchange_weak(&most_running, &most, now))
        ;
    atomic_fetch_add(&worked[job], 1);
    usleep(job % 50 == 0 ? 2000 : 0);
    atomic_fetch_sub(&running, 1);
}

static void done(void *context, size_t job)
{
    size_t *count = context;
    static bool inside;
    overlapped = overlapped || inside;
    inside = true;
    by_caller = by_caller && pthread_equal(pthread_self(), caller);
    ck_assert_int_eq(atomic_load(&worked[job]), 1); /* its work came first */
    finished[job]++;
    if (++*count == stop_after)
        atomic_store(&stop, 1);
    inside = false;
}

static void idle(void *context)
{
    (void)context;
    atomic_fetch_add(&idled, 1);
}

static size_t run(size_t jobs, unsigned threads, size_t *count)
{
    struct pool_work pool = {.context = count, .work = work, .done = done, .idle = idle};
    caller = pthread_self();
    by_caller = true;
    return pool_run(&pool, jobs, threads, &stop);
}

START_TEST(every_job_is_done_once_and_taken_by_the_caller)
{
    static const unsigned threads[] = {1, 2, 7};
    size_t count = 0;
    ck_assert_uint_eq(run(JOBS, threads[_i], &count), JOBS);
    ck_assert_uint_eq(count, JOBS);
    for (unsigned i = 0; i < JOBS; i++) {
        ck_assert_int_eq(atomic_load(&worked[i]), 1);
        ck_assert_int_eq(finished[i], 1);
    }
    ck_assert(by_caller);
    ck_assert(!overlapped);
    ck_assert_int_le(atomic_load(&most_running), (int)threads[_i]);
}
END_TEST

START_TEST(without_jobs_nothing_happens)
{
    size_t count = 0;
    ck_assert_uint_eq(run(0, 3, &count), 0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(after_a_stop_what_was_begun_is_ended_and_nothing_else_begins)
{
    size_t count = 0;
    stop_after = 20;
    size_t did = run(JOBS, 2, &count);
    ck_assert_uint_eq(did, count);
    ck_assert_uint_ge(did, 20);
    ck_assert_uint_lt(did, JOBS);
    for (unsigned i = 0; i < JOBS; i++)
        ck_assert_int_eq(atomic_load(&worked[i]), finished[i]);
}
END_TEST

START_TEST(a_pool_that_is_stopped_before_does_nothing)
{
    size_t count = 0;
    atomic_store(&stop, 1);
    ck_assert_uint_eq(run(JOBS, 2, &count), 0);
}
END_TEST

static void slow(void *context, size_t job)
{
    (void)context, (void)job;
    usleep(350000);
}

START_TEST(while_it_waits_the_caller_may_show_progress)
{
    size_t count = 0;
    atomic_store(&worked[0], 1); /* done() looks */
    struct pool_work pool = {.context = &count, .work = slow, .done = done, .idle = idle};
    pool_run(&pool, 1, 1, &stop);
    ck_assert_int_ge(atomic_load(&idled), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pool");
    TCase *tcase = tcase_create("pool");
    tcase_add_loop_test(tcase, every_job_is_done_once_and_taken_by_the_caller, 0, 3);
    tcase_add_test(tcase, without_jobs_nothing_happens);
    tcase_add_test(tcase, after_a_stop_what_was_begun_is_ended_and_nothing_else_begins);
    tcase_add_test(tcase, a_pool_that_is_stopped_before_does_nothing);
    tcase_add_test(tcase, while_it_waits_the_caller_may_show_progress);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
