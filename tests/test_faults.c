/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of the killing of a server's processes (models/server.c, models/faults.c): its kernel closes the connections, and with a
 * backup no client sees it; and of faults that strike again and again.
 */
#include "models/params.h"
#include "models/scheme.h"
#include "models/world_state.h"
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

static int scheme_named(const char *name)
{
    int scheme = 0;
    while (strcmp(scheme_names[scheme], name) != 0)
        scheme++;
    return scheme;
}

static void simulate(const char *scheme)
{
    config.scheme = scheme_named(scheme);
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

START_TEST(stalls_are_told_by_whom_the_fault_befell)
{
    config.clients.requests_per_connection = 3;
    config.run.duration_ns = 1500000000;
    config.fault_count = 3;
    config.faults[0] = (struct fault){.crash = TARGET_BACKUP, .at_ns = 200000000, .client = -1};
    config.faults[1] = (struct fault){.restart = TARGET_BACKUP, .at_ns = 500000000, .client = -1};
    config.faults[2] = (struct fault){.crash = TARGET_PRIMARY, .at_ns = 900000000, .client = -1};
    simulate("duplex");
    const struct metric *all = results_find(&results, "stall", "");
    const struct metric *primary = results_find(&results, "stall_primary", "");
    const struct metric *backup = results_find(&results, "stall_backup", "");
    ck_assert_uint_eq(primary->histogram->count, 6);
    ck_assert_uint_eq(backup->histogram->count, 6);
    ck_assert_uint_eq(all->histogram->count, 12);
    double a = value("stall_primary"), b = value("stall_backup");
    ck_assert_double_eq(value("stall"), a > b ? a : b);
    expect_nothing_lost();
}
END_TEST

START_TEST(a_primary_that_has_told_its_backup_to_go_need_not_be_survived)
{
    config.replication.log_timeout_ns = 50000000;
    config.fault_count = 2;
    config.faults[0] = (struct fault){
        .cut = TARGET_LOG_CHANNEL, .at_ns = 200000000, .for_ns = 100000000, .client = -1};
    config.faults[1] = (struct fault){.kill = TARGET_PRIMARY,
                                      .when = NOTICE_PROPOSAL,
                                      .count = 1,
                                      .survivable = true,
                                      .client = -1};
    simulate("duplex");
    ck_assert_double_eq(value("faults"), 1);
    expect_nothing_lost();
    results_fini(&results);
    results_init(&results, understudy_metrics);
    config.faults[1].survivable = false;
    simulate("duplex");
    ck_assert_double_eq(value("faults"), 2);
}
END_TEST

/* --- faults that overlap ---------------------------------------------------------------------------------------- */

enum { MS = 1000000 };

static struct world *begin(const char *scheme, size_t faults, const struct fault *one,
                           const struct fault *other)
{
    config.scheme = scheme_named(scheme);
    config.faults[0] = *one;
    config.faults[1] = *other;
    config.fault_count = faults;
    return world_new(&config, 1);
}

static const struct host *host_at(struct world *world, unsigned server, int64_t at_ms)
{
    world_run_until(world, at_ms * MS);
    return &world->servers[server].host;
}

START_TEST(a_host_stays_paused_until_the_last_pause_of_it_ends)
{
    const struct fault inner = {.pause = TARGET_PRIMARY, .at_ns = 20 * MS, .for_ns = 20 * MS};
    const struct fault outer = {.pause = TARGET_PRIMARY, .at_ns = 10 * MS, .for_ns = 100 * MS};
    struct world *world = begin("unreplicated", 2, &inner, &outer);
    ck_assert(host_at(world, 0, 30)->paused);
    ck_assert(host_at(world, 0, 109)->paused);
    ck_assert(!host_at(world, 0, 111)->paused);
    world_free(world);
}
END_TEST

START_TEST(the_end_of_one_hosts_pause_leaves_the_other_host_paused)
{
    const struct fault backup = {.pause = TARGET_BACKUP, .at_ns = 10 * MS, .for_ns = 20 * MS};
    const struct fault primary = {.pause = TARGET_PRIMARY, .at_ns = 12 * MS, .for_ns = 30 * MS};
    struct world *world = begin("duplex", 2, &backup, &primary);
    ck_assert(host_at(world, 0, 31)->paused);
    ck_assert(!host_at(world, 1, 31)->paused);
    ck_assert(!host_at(world, 0, 43)->paused);
    world_free(world);
}
END_TEST

START_TEST(a_pause_that_began_before_the_host_died_is_none_in_its_next_life)
{
    static const int64_t old_pause_ms[] = {40, 200};
    const struct fault crash = {.crash = TARGET_PRIMARY, .at_ns = 20 * MS};
    config.faults[2] = (struct fault){.restart = TARGET_PRIMARY, .at_ns = 25 * MS};
    config.faults[3] = (struct fault){.pause = TARGET_PRIMARY, .at_ns = 30 * MS, .for_ns = 30 * MS};
    for (unsigned i = 0; i < 2; i++) {
        const struct fault before = {
            .pause = TARGET_PRIMARY, .at_ns = 10 * MS, .for_ns = old_pause_ms[i] * MS};
        struct world *world = begin("unreplicated", 4, &before, &crash);
        ck_assert(!host_at(world, 0, 26)->paused);
        ck_assert(host_at(world, 0, 55)->paused);
        ck_assert(!host_at(world, 0, 61)->paused);
        world_free(world);
    }
}
END_TEST

static uint64_t cut_packets(struct world *world, struct lan *lan, int64_t from_ms, int64_t to_ms)
{
    world_run_until(world, from_ms * MS);
    uint64_t before = lan_counters(lan).cut;
    world_run_until(world, to_ms * MS);
    return lan_counters(lan).cut - before;
}

START_TEST(a_path_stays_cut_until_the_last_fault_that_cuts_it_ends)
{
    const struct fault log = {.cut = TARGET_LOG_CHANNEL, .at_ns = 20 * MS, .for_ns = 10 * MS};
    const struct fault all = {.cut = TARGET_SERVERS, .at_ns = 10 * MS, .for_ns = 60 * MS};
    for (unsigned turn = 0; turn < 2; turn++) {
        struct world *world = begin("duplex-mi", 2, turn ? &log : &all, turn ? &all : &log);
        ck_assert_uint_gt(cut_packets(world, world->log_lan, 15, 20), 0);
        ck_assert_uint_gt(cut_packets(world, world->log_lan, 35, 60), 0);
        ck_assert_uint_eq(cut_packets(world, world->log_lan, 75, 100), 0);
        world_free(world);
    }
}
END_TEST

START_TEST(two_cuts_of_the_clients_cables_are_one_until_both_have_ended)
{
    const struct fault inner = {.cut = TARGET_CLIENTS, .at_ns = 120 * MS, .for_ns = 10 * MS};
    const struct fault outer = {.cut = TARGET_CLIENTS, .at_ns = 110 * MS, .for_ns = 300 * MS};
    struct world *world = begin("unreplicated", 2, &inner, &outer);
    uint16_t mac = world->machines[0].nics[NETWORK_SERVICE].mac;
    world_run_until(world, 200 * MS);
    ck_assert(!lan_uplink(world->service_lan, mac)->up);
    world_run_until(world, 411 * MS);
    ck_assert(lan_uplink(world->service_lan, mac)->up);
    world_free(world);
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
    tcase_add_test(tcase, stalls_are_told_by_whom_the_fault_befell);
    tcase_add_test(tcase, a_primary_that_has_told_its_backup_to_go_need_not_be_survived);
    tcase_add_test(tcase, a_host_stays_paused_until_the_last_pause_of_it_ends);
    tcase_add_test(tcase, the_end_of_one_hosts_pause_leaves_the_other_host_paused);
    tcase_add_test(tcase, a_pause_that_began_before_the_host_died_is_none_in_its_next_life);
    tcase_add_test(tcase, a_path_stays_cut_until_the_last_fault_that_cuts_it_ends);
    tcase_add_test(tcase, two_cuts_of_the_clients_cables_are_one_until_both_have_ended);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
