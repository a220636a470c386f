/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The message path in a whole world whose clients change their minds: nothing that nobody will ask for stays in a log or in the
 * queue in front of it.
 */
#include "models/params.h"
#include "models/web/message_path_state.h"
#include "models/world_state.h"
#include "sim/scenario.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

static struct scenario *parse(const char *text, const char *const *sets)
{
    struct scenario *scenario = scenario_parse("test.yaml", text, strlen(text), &understudy_schema,
                                               understudy_metrics, sets, stderr);
    ck_assert_ptr_nonnull(scenario);
    return scenario;
}

static void check_promises(const struct world *world)
{
    const struct promise *promise;
    for (unsigned i = 0; (promise = world_promise(world, i)) != NULL; i++)
        ck_assert_msg(promise->violations == 0, "%s: %s", promise->type->name, promise->first);
}

static void check_empty(const struct world *world)
{
    const struct message_path *primary = world->servers[SERVER_PRIMARY].message_path;
    const struct message_path *backup = world->servers[SERVER_BACKUP].message_path;
    ck_assert_uint_eq(primary->sender.waiting, 0);
    ck_assert_uint_eq(ft_sender_outstanding(&primary->sender), 0);
    ck_assert_uint_eq(backup->log.count, 0);
    ck_assert_uint_eq(backup->log.held, 0);
}

/* Replies queue for a log that has room for two of them, and most clients are gone before theirs has begun. */
static const char full_log[] =
    "scheme: duplex\n"
    "network: {client_machines: 1}\n"
    "clients: {count: 8, connection: keep-alive, requests: 12, reply: 100KB, reply_max: 100KB,\n"
    "  abandon: 60%, abandon_after: 'uniform(0, 60ms)', timeout: 0, late: 5s}\n"
    "replication: {log: 250KB, log_cut: stop}\n"
    "run: {warmup: 0, duration: 10s, drain: 30s}\n";

START_TEST(clients_that_change_their_minds_leave_nothing_in_the_log)
{
    struct scenario *scenario = parse(full_log, NULL);
    struct world *world = world_new(scenario->points[0].config, (uint64_t)_i + 1);
    world_run_until(world, INT64_C(9000000000));
    ck_assert_uint_gt(client_group_counts(world->clients)->outcomes[OUTCOME_ABANDONED], 20);
    ck_assert_uint_gt(client_group_counts(world->clients)->outcomes[OUTCOME_RIGHT], 20);
    check_empty(world);
    check_promises(world);
    world_free(world);
    scenario_free(scenario);
}
END_TEST

/* The demux takes a millisecond for every record, in which the connection that it is for may go. */
static const char slow_demux[] = "scheme: duplex\n"
                                 "network: {client_machines: 1}\n"
                                 "clients: {count: 1, connection: keep-alive, requests: 1, reply: "
                                 "4KB, abandon: 100%, timeout: 0}\n"
                                 "costs: {record_user: 350000}\n"
                                 "run: {warmup: 0, duration: 1s, drain: 10s}\n";

START_TEST(a_record_may_be_complete_when_its_connection_goes)
{
    char set[64];
    snprintf(set, sizeof set, "clients.abandon_after=%dus", 1000 + 250 * _i);
    const char *const sets[] = {set, NULL};
    struct scenario *scenario = parse(slow_demux, sets);
    struct world *world = world_new(scenario->points[0].config, 1);
    world_run_until(world, INT64_C(500000000));
    check_empty(world);
    check_promises(world);
    world_free(world);
    scenario_free(scenario);
}
END_TEST

/* --- what it costs ---------------------------------------------------------------------------------------------- */

static const char many_at_once[] =
    "scheme: duplex\n"
    "network: {client_machines: 1}\n"
    "clients: {count: 8, connection: keep-alive, requests: 20, reply: 10KB, reply_max: 10KB}\n"
    "costs: {copy_per_byte: 1}\n"
    "run: {warmup: 0, duration: 1s, drain: 10s}\n";

/* Cycles that the backup has spent on copying, in all. */
static uint64_t copying(const char *workers)
{
    const char *const sets[] = {workers, NULL};
    struct scenario *scenario = parse(many_at_once, sets);
    struct world *world = world_new(scenario->points[0].config, 1);
    world_run_all(world);
    ck_assert_uint_eq(client_group_counts(world->clients)->outcomes[OUTCOME_RIGHT], 8 * 20);
    const struct cpu_account *account = cpu_account(&world->servers[SERVER_BACKUP].host.cpu);
    uint64_t cycles = account->cycles[CPU_KERNEL][COST_COPY];
    world_free(world);
    scenario_free(scenario);
    return cycles;
}

START_TEST(a_reply_is_copied_to_its_worker_whether_or_not_that_worker_waited_for_it)
{
    uint64_t waiting = copying("server.backup_workers=8"),
             late = copying("server.backup_workers=1");
    ck_assert_uint_gt(waiting, 0);
    ck_assert_double_eq_tol((double)late / (double)waiting, 1, 0.01);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("message_path");
    TCase *tests = tcase_create("changes of mind");
    tcase_add_loop_test(tests, clients_that_change_their_minds_leave_nothing_in_the_log, 0, 3);
    tcase_add_loop_test(tests, a_record_may_be_complete_when_its_connection_goes, 0, 32);
    suite_add_tcase(suite, tests);
    tests = tcase_create("costs");
    tcase_add_test(tests, a_reply_is_copied_to_its_worker_whether_or_not_that_worker_waited_for_it);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
