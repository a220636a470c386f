/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of reintegration from end to end (models/server.c, models/web/message_path.c, and the core below): hosts die and come
 * back under load, and every promise is held against what the clients see.
 */
#include "models/params.h"
#include "models/web/client_state.h"
#include "models/world_state.h"
#include "sim/random.h"
#include "tests/suite.h"

#include <string.h>

#define MS INT64_C(1000000)

static const char *const with_backup[] = {"duplex", "duplex-mi", "user-proxies"};
static struct config config;
static struct world *world;

/* What the newcomer logs, and for which connections. */
static struct {
    struct observer observer;
    const struct host *host; /* NULL: none came yet */
    uint64_t logged;
} newcomer;

static void setup(void)
{
    param_defaults(understudy_schema.params, &config);
    config.tcp.profile = 1; /* linux-6 */
    config.network.rate_bps = 1000000000;
    config.cpu.hz = 3000000000;
    config.clients.count = 8;
    config.clients.post = 0.5;
    config.clients.reply = dist_constant(4000);
    config.clients.think = dist_constant(4e6);
    config.clients.timeout_ns = 5000 * MS;
    config.run.warmup_ns = 100 * MS;
    config.run.batches = 2;
    config.run.drain_ns = 20000 * MS;
    config.fault_count = 0;
    world = NULL;
}

static void teardown(void)
{
    if (world != NULL)
        world_free(world);
}

static struct fault *add_fault(int64_t at_ms)
{
    struct fault *fault = &config.faults[config.fault_count++];
    *fault = (struct fault){.at_ns = at_ms * MS, .client = -1, .count = 1};
    return fault;
}

static void crash_at(int64_t at_ms, int target)
{
    add_fault(at_ms)->crash = target;
}

static void restart_at(int64_t at_ms)
{
    add_fault(at_ms)->restart = TARGET_PRIMARY;
}

static void hear(struct observer *observer, const struct notice *notice)
{
    (void)observer;
    if (notice->kind == NOTICE_RESTART)
        newcomer.host = notice->host;
    else
        newcomer.logged += notice->host == newcomer.host;
}

static void begin(const char *scheme, uint64_t seed)
{
    for (int i = 0; scheme_names[i] != NULL; i++) {
        if (strcmp(scheme_names[i], scheme) == 0)
            config.scheme = i;
    }
    world = world_new(&config, seed);
    memset(&newcomer, 0, sizeof newcomer);
    newcomer.observer.notice = hear;
    newcomer.observer.kinds = 1u << NOTICE_RESTART | 1u << NOTICE_REPLY_LOGGED;
    notice_subscribe(&world->notices, &newcomer.observer);
}

static uint64_t outcomes(enum outcome outcome)
{
    return client_group_counts(world->clients)->outcomes[outcome];
}

static uint64_t lost(void)
{
    return outcomes(OUTCOME_LOST) + outcomes(OUTCOME_CUT);
}

static void expect_promises(void)
{
    for (unsigned i = 0; world_promise(world, i) != NULL; i++) {
        const struct promise *promise = world_promise(world, i);
        ck_assert_msg(promise->violations == 0, "%s: %s", promise->type->name, promise->first);
    }
    ck_assert_uint_eq(outcomes(OUTCOME_MIXED) + outcomes(OUTCOME_DUPLICATED), 0);
    ck_assert_uint_eq(outcomes(OUTCOME_PENDING), 0);
}

static void run(const char *scheme, uint64_t seed)
{
    begin(scheme, seed);
    world_run_all(world);
    expect_promises();
    teardown();
    world = NULL;
}

/* --- one comes back ----------------------------------------------------------------------------------------------- */

START_TEST(a_host_that_comes_back_protects_new_connections_at_once_and_nobody_waits)
{
    crash_at(200, _i % 2 == 0 ? TARGET_PRIMARY : TARGET_BACKUP);
    restart_at(1500);
    config.run.duration_ns = 1600 * MS;
    begin(with_backup[_i / 2], 1);
    world_run_until(world, 1499 * MS);
    client_group_watch_stall(world->clients, 1499 * MS, STALL_OTHER);
    ck_assert(!world->stage.paired);
    world_run_all(world);
    ck_assert(world->stage.paired);
    ck_assert_int_le(stage_unprotected_ns(&world->stage), 1320 * MS);
    ck_assert_int_gt(world->stage.reintegration_ns, 0);
    ck_assert_int_le(world->stage.reintegration_ns, 20 * MS); /* died at 200, came back at 1500 */
    ck_assert_int_le(client_group_stall_ns(world->clients), 20 * MS);
    ck_assert_uint_gt(newcomer.logged, 100);
    ck_assert_uint_eq(lost(), 0);
    expect_promises();
    for (unsigned i = 0; world_promise(world, i) != NULL; i++)
        ck_assert_uint_gt(world_promise(world, i)->checks, 100);
}
END_TEST

START_TEST(connections_from_before_go_on_and_are_not_logged)
{
    config.clients.connection = CONNECTION_KEEP_ALIVE; /* for ever */
    crash_at(200, _i % 2 == 0 ? TARGET_PRIMARY : TARGET_BACKUP);
    restart_at(500);
    config.run.duration_ns = 900 * MS;
    begin(with_backup[_i / 2], 1);
    world_run_until(world, 600 * MS);
    ck_assert(world->stage.paired);
    uint64_t before = outcomes(OUTCOME_RIGHT);
    world_run_all(world);
    ck_assert_uint_gt(outcomes(OUTCOME_RIGHT), before + 500);
    ck_assert_uint_eq(newcomer.logged, 0);
    ck_assert_uint_eq(lost(), 0);
    ck_assert_uint_eq(client_group_counts(world->clients)->connections_lost, 0);
    expect_promises();
}
END_TEST

/* --- and then the other one dies ---------------------------------------------------------------------------------- */

START_TEST(a_second_crash_loses_nothing_of_what_began_since_the_first_was_mended)
{
    crash_at(200, _i % 2 == 0 ? TARGET_PRIMARY : TARGET_BACKUP);
    restart_at(500);
    crash_at(900, TARGET_PRIMARY);
    config.run.duration_ns = 1200 * MS;
    begin(with_backup[_i / 2], 1);
    world_run_all(world);
    ck_assert_uint_eq(world->faults_struck, 3);
    ck_assert_uint_eq(world->measures.takeovers, 2);
    ck_assert_uint_eq(lost(), 0);
    expect_promises();
}
END_TEST

START_TEST(connections_that_only_the_second_victim_had_are_lost_and_counted_as_unprotected)
{
    config.clients.connection = CONNECTION_KEEP_ALIVE;
    crash_at(200, TARGET_PRIMARY);
    restart_at(500);
    crash_at(1100, TARGET_PRIMARY);
    config.run.duration_ns = 1400 * MS;
    begin(with_backup[_i], 1);
    world_run_all(world);
    ck_assert_uint_eq(lost(), 8); /* one request on each */
    ck_assert_uint_eq(world->measures.unprotected, 8);
    expect_promises();
}
END_TEST

START_TEST(the_hosts_may_die_in_turn_for_ever)
{
    for (int64_t i = 0; i < 5; i++) {
        crash_at(200 + 600 * i, i % 3 == 2 ? TARGET_BACKUP : TARGET_PRIMARY);
        restart_at(400 + 600 * i);
    }
    config.run.duration_ns = 3200 * MS;
    begin(with_backup[_i], 1);
    world_run_all(world);
    ck_assert_uint_eq(world->faults_struck, 10);
    ck_assert(world->stage.paired);
    ck_assert_uint_eq(lost(), 0);
    expect_promises();
}
END_TEST

/* --- sooner than anybody noticed ---------------------------------------------------------------------------------- */

START_TEST(a_host_that_is_back_before_it_was_missed_was_dead_all_the_same)
{
    static const int64_t after_ms[] = {0, 1, 6, 20, 45, 60};
    for (unsigned i = 0; i < 6; i++) {
        setup();
        config.fault_count = 0;
        crash_at(200, _i % 2 == 0 ? TARGET_PRIMARY : TARGET_BACKUP);
        restart_at(200 + after_ms[i]);
        config.run.duration_ns = 400 * MS;
        begin(with_backup[_i / 2], 1);
        world_run_all(world);
        ck_assert_uint_eq(world->faults_struck, 2);
        ck_assert(world->stage.paired);
        ck_assert_int_le(stage_unprotected_ns(&world->stage), (after_ms[i] + 30) * MS);
        ck_assert_uint_eq(lost(), 0);
        expect_promises();
        teardown();
        world = NULL;
    }
}
END_TEST

START_TEST(a_slow_primary_that_was_put_out_can_begin_anew)
{
    struct fault *pause = add_fault(200);
    pause->pause = TARGET_PRIMARY;
    pause->for_ns = 150 * MS;
    restart_at(600);
    crash_at(1000, TARGET_PRIMARY);
    config.run.duration_ns = 1200 * MS;
    begin(with_backup[_i], 1);
    world_run_until(world, 900 * MS);
    ck_assert(world->stage.paired);
    world_run_all(world);
    ck_assert_uint_eq(lost(), 0);
    expect_promises();
}
END_TEST

/* --- nobody left -------------------------------------------------------------------------------------------------- */

START_TEST(when_both_have_died_the_service_begins_again)
{
    crash_at(200, TARGET_BACKUP);
    crash_at(400, TARGET_PRIMARY);
    restart_at(600);
    restart_at(700);
    config.run.duration_ns = 1500 * MS;
    begin(with_backup[_i], 1);
    world_run_until(world, 690 * MS);
    uint64_t before = outcomes(OUTCOME_RIGHT);
    ck_assert_ptr_null(world_speaker(world)); /* whoever is alone cannot know that it is */
    world_run_all(world);
    ck_assert(world->stage.paired);
    ck_assert_uint_gt(outcomes(OUTCOME_RIGHT), before + 500);
}
END_TEST

/* --- anything ----------------------------------------------------------------------------------------------------- */

static void draw_world(struct random *random)
{
    config.network.impairment.loss = random_below(random, 2) ? 0.01 : 0;
    config.clocks.offset_ns[0] = (int64_t)random_below(random, 1000) * MS;
    config.clocks.ppm[0] = (int64_t)random_below(random, 401) - 200;
    config.clocks.ppm[1] = (int64_t)random_below(random, 401) - 200;
    config.clients.count = 4;
    config.clients.connection = (int)random_below(random, 2);
    config.clients.requests_per_connection = (int64_t)random_below(random, 100);
    for (int64_t at_ms = 100; at_ms < 1000; at_ms += 1 + (int64_t)random_below(random, 300)) {
        if (random_below(random, 2) == 0) {
            restart_at(at_ms);
            continue;
        }
        crash_at(at_ms, random_below(random, 3) == 0 ? TARGET_BACKUP : TARGET_PRIMARY);
        config.faults[config.fault_count - 1].survivable = true;
    }
    config.run.duration_ns = 1100 * MS;
}

START_TEST(whenever_hosts_die_and_come_back_no_promise_is_broken)
{
    struct random random;
    random_init(&random, (uint64_t)_i, 1);
    draw_world(&random);
    run(with_backup[_i % 3], (uint64_t)_i + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reintegration");
    TCase *tcase = tcase_create("end to end");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(
        tcase, a_host_that_comes_back_protects_new_connections_at_once_and_nobody_waits, 0, 6);
    tcase_add_loop_test(tcase, connections_from_before_go_on_and_are_not_logged, 0, 6);
    tcase_add_loop_test(
        tcase, a_second_crash_loses_nothing_of_what_began_since_the_first_was_mended, 0, 6);
    tcase_add_loop_test(
        tcase, connections_that_only_the_second_victim_had_are_lost_and_counted_as_unprotected, 0,
        3);
    tcase_add_loop_test(tcase, the_hosts_may_die_in_turn_for_ever, 0, 3);
    tcase_add_loop_test(tcase, a_host_that_is_back_before_it_was_missed_was_dead_all_the_same, 0,
                        6);
    tcase_add_loop_test(tcase, a_slow_primary_that_was_put_out_can_begin_anew, 0, 3);
    tcase_add_loop_test(tcase, when_both_have_died_the_service_begins_again, 0, 3);
    tcase_add_loop_test(tcase, whenever_hosts_die_and_come_back_no_promise_is_broken, 0, 30);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
