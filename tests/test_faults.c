/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of the killing of a server's processes (models/server.c, models/faults.c): its kernel closes the connections, and with a
 * backup no client sees it; and of faults that strike again and again.
 */
#include "models/params.h"
#include "models/scheme.h"
#include "models/world.h"
#include "tests/suite.h"

#include <string.h>

static struct config config;
static struct results results;

static void setup(void)
{
    param_defaults(understudy_schema.params, &config);
    config.clients.count = 6;
    config.clients.connection = CONNECTION_KEEP_ALIVE;
    config.clients.post = 0.5;
    config.run.warmup_ns = 100000000;
    config.run.duration_ns = 400000000;
    config.run.batches = 2;
    config.fault_count = 1;
    config.faults[0] = (struct fault){.kill = TARGET_PRIMARY, .at_ns = 200000000, .client = -1};
    results_init(&results, understudy_metrics);
}

static void teardown(void)
{
    results_fini(&results);
}

static double value(const char *metric)
{
    const struct metric *found = results_find(&results, metric, "");
    ck_assert_ptr_nonnull(found);
    return found->value.mean;
}

static void simulate(const char *scheme)
{
    for (int i = 0; scheme_names[i] != NULL; i++) {
        if (strcmp(scheme_names[i], scheme) == 0)
            config.scheme = i;
    }
    world_run(&config, (uint64_t)1, &results);
}

static void run(const char *scheme)
{
    simulate(scheme);
    ck_assert_double_eq(value("faults"), 1);
}

static void expect_nothing_lost(void)
{
    ck_assert_double_eq(value("requests_lost") + value("requests_cut") + value("requests_mixed"),
                        0);
    ck_assert_double_eq(value("connections_lost"), 0);
    ck_assert_double_gt(value("requests_ok"), 100);
    for (size_t i = 0; i < results.verdict_count; i++)
        ck_assert_msg(results.verdicts[i].violations == 0, "%s: %s", results.verdicts[i].promise,
                      results.verdicts[i].first);
}

START_TEST(without_a_backup_every_connection_breaks)
{
    run("unreplicated");
    ck_assert_double_ge(value("connections_lost"), 6);
}
END_TEST

START_TEST(with_a_backup_nobody_sees_the_killed_servers_connections_close)
{
    static const char *const with_backup[] = {"duplex", "duplex-mi", "user-proxies"};
    for (unsigned backup = 0; backup < 2; backup++) {
        for (unsigned i = 0; i < 3; i++) {
            results_fini(&results);
            results_init(&results, understudy_metrics);
            config.faults[0].kill = backup ? TARGET_BACKUP : TARGET_PRIMARY;
            run(with_backup[i]);
            expect_nothing_lost();
            ck_assert_double_eq(value("takeovers"), 1);
        }
    }
}
END_TEST

START_TEST(a_fault_strikes_every_so_often_and_each_has_its_stall)
{
    config.clients.requests_per_connection = 3;
    config.run.duration_ns = 900000000;
    config.fault_count = 2;
    config.faults[0] = (struct fault){
        .crash = TARGET_PRIMARY, .at_ns = 200000000, .every_ns = 300000000, .client = -1};
    config.faults[1] = (struct fault){
        .restart = TARGET_PRIMARY, .at_ns = 300000000, .every_ns = 300000000, .client = -1};
    simulate("duplex");
    ck_assert_double_eq(value("faults"), 6);
    ck_assert_double_eq(value("takeovers"), 3);
    const struct metric *stall = results_find(&results, "stall", "");
    ck_assert_uint_eq(stall->histogram->count, 3 * 6); /* every client after every crash */
    ck_assert_double_le(value("stall_p50"), value("stall_p99"));
    ck_assert_double_le(value("stall_p99"), value("stall") * 1.004);
    expect_nothing_lost();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faults");
    TCase *tcase = tcase_create("kill");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, without_a_backup_every_connection_breaks);
    tcase_add_test(tcase, with_a_backup_nobody_sees_the_killed_servers_connections_close);
    tcase_add_test(tcase, a_fault_strikes_every_so_often_and_each_has_its_stall);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
