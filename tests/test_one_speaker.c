/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of P5's checker (models/oracle/one_speaker.c): leases that overlap are noticed also when their holders' packets do not.
 */
#include "models/params.h"
#include "models/world_state.h"
#include "sim/scenario.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

enum { P5 = 4, MS = 1000000 };

/* The primary falls silent in mid-reply, for longer than anybody looks. */
static const char text[] = "scheme: duplex\n"
                           "network: {client_machines: 1}\n"
                           "tcp: {profile: linux-6}\n"
                           "clients: {count: 2, connection: keep-alive, reply: 100KB}\n"
                           "run: {warmup: 0, duration: 1s}\n"
                           "faults:\n"
                           "  - {pause: primary, at: 100ms, for: 10s}\n";

static struct scenario *scenario;
static struct world *world;

static void begin(const char *plant)
{
    char set[64];
    snprintf(set, sizeof set, "plant=%s", plant);
    const char *const sets[] = {set, NULL};
    scenario = scenario_parse("test.yaml", text, strlen(text), &understudy_schema,
                              understudy_metrics, sets, stderr);
    ck_assert_ptr_nonnull(scenario);
    world = world_new(scenario->points[0].config, 1);
}

static void teardown(void)
{
    world_free(world);
    scenario_free(scenario);
}

static uint64_t violations(void)
{
    return world_promise(world, P5)->violations;
}

/* How many more there are once the checker has heard this. */
static uint64_t after_hearing(enum notice_kind kind, unsigned server, uint64_t value)
{
    uint64_t before = violations();
    const struct notice notice = {
        .kind = kind, .host = &world->servers[server].host, .value = value};
    struct observer *checker = &world->promises[P5].observer;
    checker->notice(checker, &notice);
    return violations() - before;
}

START_TEST(a_lease_that_outlives_the_takeover_is_noticed_though_its_holder_is_silent)
{
    begin("lease-too-long");
    world_run_until(world, 99 * MS);
    ck_assert_uint_eq(violations(), 0);
    world_run_until(world, 400 * MS);
    ck_assert_uint_eq(world->measures.takeovers, 1);
    ck_assert_uint_gt(violations(), 0);
    ck_assert_ptr_nonnull(strstr(world_promise(world, P5)->first, "the lease of primary lasts"));
}
END_TEST

START_TEST(a_lease_that_has_run_out_or_died_with_its_host_is_no_concern)
{
    begin("none");
    world_run_until(world, 400 * MS);
    ck_assert_uint_eq(world->measures.takeovers, 1);
    ck_assert_uint_gt(world_promise(world, P5)->checks, 1000);
    ck_assert_uint_eq(violations(), 0);
    after_hearing(NOTICE_LEASE, SERVER_PRIMARY, INT64_MAX);
    uint64_t view = world->servers[SERVER_BACKUP].host.view;
    ck_assert_uint_eq(after_hearing(NOTICE_SERVICE_SEGMENT, SERVER_BACKUP, view), 1);
    ck_assert_uint_eq(after_hearing(NOTICE_SERVICE_ANNOUNCED, SERVER_BACKUP, 0), 1);
    server_crash(world, &world->servers[SERVER_PRIMARY]);
    ck_assert_uint_eq(after_hearing(NOTICE_SERVICE_SEGMENT, SERVER_BACKUP, view), 0);
    ck_assert_uint_eq(after_hearing(NOTICE_SERVICE_ANNOUNCED, SERVER_BACKUP, 0), 0);
}
END_TEST

START_TEST(the_address_is_claimed_alone_only_when_nobody_else_may_speak)
{
    begin("none");
    world_run_until(world, 50 * MS);
    ck_assert_uint_eq(after_hearing(NOTICE_SERVICE_ANNOUNCED, SERVER_BACKUP, 0), 0);
    world_run_until(world, 400 * MS);
    ck_assert_uint_eq(after_hearing(NOTICE_SERVICE_ANNOUNCED, SERVER_BACKUP, 0), 0);
    after_hearing(NOTICE_LEASE, SERVER_PRIMARY, 500 * MS);
    ck_assert_uint_eq(after_hearing(NOTICE_SERVICE_ANNOUNCED, SERVER_BACKUP, 0), 1);
    world_run_until(world, 501 * MS);
    ck_assert_uint_eq(after_hearing(NOTICE_SERVICE_ANNOUNCED, SERVER_BACKUP, 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("one_speaker");
    TCase *tests = tcase_create("leases");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests,
                   a_lease_that_outlives_the_takeover_is_noticed_though_its_holder_is_silent);
    tcase_add_test(tests, a_lease_that_has_run_out_or_died_with_its_host_is_no_concern);
    tcase_add_test(tests, the_address_is_claimed_alone_only_when_nobody_else_may_speak);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
