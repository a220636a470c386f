/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host's own clock: how it differs from true time, and that a timer set on it fires when it shows that time.
 */
#include "models/host/host.h"
#include "tests/suite.h"

static struct simulation simulation;

static struct host host_of(int64_t offset_ns, int64_t ppm)
{
    return (struct host){
        .simulation = &simulation,
        .settings = {.clock_offset_ns = offset_ns, .clock_ppm = ppm},
    };
}

START_TEST(a_clock_gains_what_its_rate_says)
{
    struct host right = host_of(0, 0), fast = host_of(5, 200), slow = host_of(0, -200);
    simulation.now_ns = 3600 * INT64_C(1000000000) + 123;
    ck_assert_int_eq(host_clock_ns(&right), simulation.now_ns);
    ck_assert_int_eq(host_clock_ns(&fast), simulation.now_ns + 720000000 + 5);
    ck_assert_int_eq(host_clock_ns(&slow), simulation.now_ns - 720000000);
}
END_TEST

START_TEST(a_timer_fires_when_the_clock_shows_its_time_and_not_later_than_need_be)
{
    struct random random;
    random_init(&random, 1, (uint64_t)_i);
    for (int i = 0; i < 1000; i++) {
        int64_t ppm = (int64_t)random_below(&random, 401) - 200;
        struct host host = host_of((int64_t)random_below(&random, 1000000000000), ppm);
        simulation.now_ns = (int64_t)random_below(&random, 100000000000);
        int64_t at_ns = host_clock_ns(&host) + (int64_t)random_below(&random, 1000000000);
        int64_t fires_ns = host_clock_reaches_ns(&host, at_ns);
        ck_assert_int_ge(fires_ns, simulation.now_ns);
        simulation.now_ns = fires_ns;
        ck_assert_int_ge(host_clock_ns(&host), at_ns);
        ck_assert_int_le(host_clock_ns(&host), at_ns + 3);
    }
}
END_TEST

START_TEST(a_time_that_has_passed_is_now)
{
    struct host host = host_of(1000, 0);
    simulation.now_ns = 77;
    ck_assert_int_eq(host_clock_reaches_ns(&host, 500), 77);
    ck_assert_int_eq(host_clock_reaches_ns(&host, 1077), 77);
    ck_assert_int_eq(host_clock_reaches_ns(&host, 1078), 78);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clock");
    TCase *tcase = tcase_create("clock");
    tcase_add_test(tcase, a_clock_gains_what_its_rate_says);
    tcase_add_loop_test(
        tcase, a_timer_fires_when_the_clock_shows_its_time_and_not_later_than_need_be, 0, 10);
    tcase_add_test(tcase, a_time_that_has_passed_is_now);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
