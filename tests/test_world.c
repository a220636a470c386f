/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A world may be watched step by step: how its time is cut up must not change what happens in it.
 */
#include "models/params.h"
#include "models/world_state.h"
#include "sim/scenario.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

static const char text[] = "scheme: duplex\n"
                           "network: {client_machines: 1, loss: 1%}\n"
                           "clients: {count: 3, connection: keep-alive, requests: 4, post: 50%}\n"
                           "run: {warmup: 20ms, duration: 500ms, drain: 20s}\n"
                           "faults: [{crash: primary, when: reply_logged, count: 3}]\n";

static struct scenario *parse(void)
{
    struct scenario *scenario = scenario_parse("test.yaml", text, strlen(text), &understudy_schema,
                                               understudy_metrics, NULL, stderr);
    ck_assert_ptr_nonnull(scenario);
    return scenario;
}

static void same_checks(const struct world *one, const struct world *other)
{
    for (unsigned i = 0; world_promise(one, i) != NULL; i++) {
        ck_assert_uint_eq(world_promise(one, i)->checks, world_promise(other, i)->checks);
        ck_assert_uint_eq(world_promise(one, i)->violations, 0);
        ck_assert_uint_eq(world_promise(other, i)->violations, 0);
    }
}

START_TEST(slices_of_time_change_nothing)
{
    struct scenario *scenario = parse();
    struct world *whole = world_new(scenario->points[0].config, 7);
    struct world *sliced = world_new(scenario->points[0].config, 7);
    world_run_all(whole);
    int64_t slice_ns = 0;
    while (world_run_until(sliced, world_now_ns(sliced) + slice_ns))
        slice_ns = (slice_ns * 7 + 1013) % 3000017;
    ck_assert_int_eq(world_now_ns(whole), world_now_ns(sliced));
    same_checks(whole, sliced);
    ck_assert_uint_gt(world_promise(whole, 0)->checks, 10);
    world_free(whole);
    world_free(sliced);
    scenario_free(scenario);
}
END_TEST

START_TEST(a_world_can_be_freed_at_any_time)
{
    struct scenario *scenario = parse();
    for (int64_t until_ns = 0; until_ns < 100000000; until_ns += 7654321) {
        struct world *world = world_new(scenario->points[0].config, 7);
        ck_assert(world_run_until(world, until_ns));
        ck_assert_int_eq(world_now_ns(world), until_ns);
        world_free(world);
    }
    scenario_free(scenario);
}
END_TEST

START_TEST(a_run_that_is_over_stays_over)
{
    struct scenario *scenario = parse();
    struct world *world = world_new(scenario->points[0].config, 7);
    world_run_all(world);
    int64_t end_ns = world_now_ns(world);
    ck_assert(!world_run_until(world, INT64_MAX));
    ck_assert_int_eq(world_now_ns(world), end_ns);
    ck_assert_ptr_null(world_promise(world, 8));
    world_free(world);
    scenario_free(scenario);
}
END_TEST

/* --- faults by number ------------------------------------------------------------------------------------------- */

static const struct config *config_with(struct fault fault)
{
    static struct config config;
    struct scenario *scenario = parse();
    config = *(const struct config *)scenario->points[0].config;
    scenario_free(scenario);
    fault.client = -1;
    fault.count = 1;
    config.network.impairment.loss = 0;
    config.fault_count = 1;
    config.faults[0] = fault;
    return &config;
}

START_TEST(a_crash_can_strike_after_any_number_of_events)
{
    for (int64_t event = 1; event < 400; event += 37) {
        struct world *world =
            world_new(config_with((struct fault){.crash = TARGET_PRIMARY, .event = event}), 7);
        world_run_events(world, (uint64_t)event - 1);
        ck_assert_uint_eq(world->simulation.events, (uint64_t)event - 1);
        ck_assert(world->servers[0].host.alive);
        world_run_events(world, 1);
        ck_assert(!world->servers[0].host.alive);
        ck_assert(world->servers[1].host.alive);
        ck_assert_uint_eq(world->faults_struck, 1);
        world_free(world);
    }
}
END_TEST

START_TEST(a_single_packet_can_be_lost)
{
    struct world *world =
        world_new(config_with((struct fault){.fate = FATE_LOST, .packet = 30}), 7);
    world_run_all(world);
    ck_assert_uint_eq(world->faults_struck, 1);
    ck_assert_uint_eq(lan_counters(world->service_lan).lost, 1);
    world_free(world);
}
END_TEST

/* The whole service must survive one death, not two: a fault that need not be survived does not strike. */
START_TEST(a_survivable_fault_spares_the_last_server)
{
    struct config config = *config_with((struct fault){.crash = TARGET_PRIMARY, .event = 100});
    config.faults[1] = (struct fault){
        .crash = TARGET_PRIMARY, .at_ns = 300000000, .survivable = true, .client = -1, .count = 1};
    config.fault_count = 2;
    struct world *world = world_new(&config, 7);
    world_run_all(world);
    ck_assert_uint_eq(world->faults_struck, 1);
    ck_assert(world->servers[1].host.alive);
    world_free(world);
}
END_TEST

/* A host that sleeps is no survivor, and one that is to notice a death must not sleep. */
START_TEST(a_survivable_fault_waits_for_a_host_that_is_awake)
{
    struct config config = *config_with(
        (struct fault){.pause = TARGET_BACKUP, .at_ns = 100000000, .for_ns = 200000000});
    config.faults[1] = (struct fault){
        .crash = TARGET_PRIMARY, .at_ns = 200000000, .survivable = true, .client = -1, .count = 1};
    config.fault_count = 2;
    for (unsigned i = 0; i < 2; i++) {
        struct world *world = world_new(&config, 7);
        world_run_all(world);
        ck_assert_uint_eq(world->faults_struck, 1);
        ck_assert(world->servers[0].host.alive == (i == 0));
        world_free(world);
        config.faults[0].survivable = true; /* the other way round */
        config.faults[0].at_ns = 210000000;
        config.faults[1].survivable = false;
    }
}
END_TEST

START_TEST(a_world_is_quiet_when_all_requests_have_ended_and_all_connections_are_closed)
{
    struct config config = *config_with((struct fault){.crash = TARGET_BACKUP, .event = 9});
    config.run.duration_ns = 10000000000;
    struct world *world = world_new(&config, 7);
    while (world_run_events(world, 1) && !world_is_quiet(world))
        ck_assert(world_now_ns(world) < 5000000000);
    ck_assert_uint_eq(client_group_counts(world->clients)->outcomes[OUTCOME_RIGHT], 12);
    world_conclude(world);
    ck_assert(!world_run_events(world, 1));
    world_free(world);
}
END_TEST

/* The 90th machine's address once was the service's, and it talked to itself for ever. */
START_TEST(as_many_machines_as_there_may_be_reach_the_service)
{
    struct config config = *config_with((struct fault){.crash = TARGET_BACKUP, .at_ns = 1});
    config.fault_count = 0;
    config.network.client_machines = config.clients.count = 200;
    config.clients.requests = 1;
    struct world *world = world_new(&config, 7);
    world_run_events(world, 100000); /* more than enough, and an end to a world without one */
    ck_assert_uint_eq(client_group_counts(world->clients)->outcomes[OUTCOME_RIGHT], 200);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("world");
    TCase *tcase = tcase_create("world");
    tcase_add_test(tcase, slices_of_time_change_nothing);
    tcase_add_test(tcase, a_world_can_be_freed_at_any_time);
    tcase_add_test(tcase, a_run_that_is_over_stays_over);
    tcase_add_test(tcase, a_crash_can_strike_after_any_number_of_events);
    tcase_add_test(tcase, a_single_packet_can_be_lost);
    tcase_add_test(tcase, a_survivable_fault_spares_the_last_server);
    tcase_add_test(tcase, a_survivable_fault_waits_for_a_host_that_is_awake);
    tcase_add_test(tcase,
                   a_world_is_quiet_when_all_requests_have_ended_and_all_connections_are_closed);
    tcase_add_test(tcase, as_many_machines_as_there_may_be_reach_the_service);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
