/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_proxies - the scheme `user-proxies` as a whole: hosts die at the worst moments and clients lose nothing, the backup's
 * server executes nothing before it has to, and the work is done by those who should do it. And what all schemes of two
 * hosts need: clients learn where the service is although a broadcast was lost.
 */
#include "models/params.h"
#include "models/scheme.h"
#include "models/world_state.h"
#include "sim/scenario.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

static const char crashes[] = "scheme: user-proxies\n"
                              "network: {rate: 1Gbps, client_machines: 2}\n"
                              "tcp: {profile: linux-6}\n"
                              "clients:\n"
                              "  count: 6\n"
                              "  post: 50%\n"
                              "  body: 3KB\n"
                              "  reply: 'choice(1KB: 50, 50KB: 45, 300KB: 5)'\n"
                              "  think: uniform(0, 3ms)\n"
                              "run: {warmup: 10ms, duration: 500ms, drain: 10s}\n";

/* What strikes, and with it connections of one request (for handshakes and closes) or of many. */
static const struct {
    const char *connection, *faults;
} trials[] = {
    {"keep-alive", ""},
    {"per-request", ""},
    {"keep-alive", "{crash: primary, at: 100ms}"},
    {"keep-alive", "{crash: backup, at: 100ms}"},
    {"keep-alive", "{crash: primary, when: request_part, count: 40}"},
    {"keep-alive", "{crash: primary, when: request_received, count: 60}"},
    {"keep-alive", "{crash: primary, when: executing, count: 40}"},
    {"keep-alive", "{crash: primary, when: executed, count: 40}"},
    {"keep-alive", "{crash: primary, when: record_sent, count: 40}"},
    {"keep-alive", "{crash: primary, when: reply_logged, count: 40}"},
    {"keep-alive", "{crash: backup, when: reply_logged, count: 40}"},
    {"keep-alive", "{crash: primary, when: reply_released, count: 40}"},
    {"keep-alive", "{crash: primary, when: reply_segment_sent, segment: 3, count: 10}"},
    {"per-request", "{crash: primary, when: connection_opening, count: 40, after: 20us}"},
    {"per-request", "{crash: primary, when: connection_closing, count: 40}"},
    {"keep-alive", "{pause: primary, at: 100ms, for: 200ms}"},
    {"keep-alive", "{cut: log_channel, at: 100ms}"},
};

static struct scenario *parse(const char *base, const char *connection, const char *faults)
{
    static char text[2000];
    int size = snprintf(text, sizeof text, "%sfaults: [%s]\n", base, faults);
    char override[60];
    snprintf(override, sizeof override, "clients.connection=%s", connection);
    const char *overrides[] = {override, "replication.log_timeout=100ms", NULL};
    struct scenario *scenario =
        scenario_parse("test.yaml", text, (size_t)size, &understudy_schema, understudy_metrics,
                       connection != NULL ? overrides : NULL, stderr);
    ck_assert_ptr_nonnull(scenario);
    return scenario;
}

/* Who executes, and who of them had the right to. */
static struct {
    struct observer observer;
    struct world *world;
    unsigned executing, received, wrongly;
} heard;

static void hear(struct observer *observer, const struct notice *notice)
{
    (void)observer;
    heard.received += notice->kind == NOTICE_REQUEST_RECEIVED;
    heard.executing += notice->kind == NOTICE_EXECUTING;
    const struct server *server = world_server_of(heard.world, notice->host);
    heard.wrongly += notice->kind == NOTICE_EXECUTING && server->role == FT_ROLE_BACKUP;
}

static void listen_to(struct world *world)
{
    memset(&heard, 0, sizeof heard);
    heard.world = world;
    heard.observer =
        (struct observer){hear, 1U << NOTICE_REQUEST_RECEIVED | 1U << NOTICE_EXECUTING};
    notice_subscribe(&world->notices, &heard.observer);
}

static void check_promises(const struct world *world)
{
    for (unsigned i = 0; world_promise(world, i) != NULL; i++) {
        const struct promise *promise = world_promise(world, i);
        ck_assert_msg(promise->violations == 0, "%s: %s", promise->type->name, promise->first);
        ck_assert_msg(promise->checks > 50, "%s was hardly looked at", promise->type->name);
    }
}

static uint64_t check_outcomes(const struct world *world)
{
    const struct client_counts *counts = client_group_counts(world->clients);
    for (int outcome = 0; outcome < OUTCOMES; outcome++) {
        if (outcome != OUTCOME_RIGHT)
            ck_assert_msg(counts->outcomes[outcome] == 0, "%u of outcome %d",
                          (unsigned)counts->outcomes[outcome], outcome);
    }
    ck_assert_uint_eq(counts->connections_lost, 0);
    return counts->outcomes[OUTCOME_RIGHT];
}

START_TEST(clients_lose_nothing_whoever_dies_and_when)
{
    struct scenario *scenario = parse(crashes, trials[_i].connection, trials[_i].faults);
    struct world *world = world_new(scenario->points[0].config, 11);
    listen_to(world);
    world_run_all(world);
    check_promises(world);
    uint64_t right = check_outcomes(world);
    bool struck = trials[_i].faults[0] != '\0';
    ck_assert_uint_eq(world->faults_struck, struck ? 1 : 0);
    ck_assert_uint_gt(right, 100);
    ck_assert_uint_eq(heard.wrongly, 0);
    /* Every request is read at both hosts and executed once, unless somebody died. */
    if (!struck) {
        ck_assert_uint_eq(heard.received, 2 * right);
        ck_assert_uint_eq(heard.executing, right);
    }
    world_free(world);
    scenario_free(scenario);
}
END_TEST

/* --- who does the work ---------------------------------------------------------------------------------------- */

static const char costly[] =
    "scheme: user-proxies\n"
    "clients: {count: 4, requests: 25, connection: per-request, reply: 1KB}\n"
    "costs: {request_user: 149000, request_kernel: 144000, connection_open: 170000,\n"
    "  connection_close: 114000, system_call: 700, context_switch: 2500, copy_per_byte: 2,\n"
    "  path_lookup: 600, path_forward: 1500, proxy_message: 4000, record_user: 2000}\n"
    "run: {warmup: 0, duration: 2s, drain: 10s}\n";

static uint64_t booked(const struct world *world, unsigned server, enum cpu_mode mode,
                       enum cost_component component)
{
    return cpu_account(&world->servers[server].host.cpu)->cycles[mode][component];
}

START_TEST(proxies_pay_for_every_packet_and_every_part)
{
    enum { REQUESTS = 100, PARTS_PRIMARY = 4, PARTS_BACKUP = 2 };
    struct scenario *scenario = parse(costly, NULL, "");
    struct world *world = world_new(scenario->points[0].config, 1);
    world_run_all(world);
    ck_assert_uint_eq(check_outcomes(world), REQUESTS);
    const unsigned parts[] = {PARTS_PRIMARY * REQUESTS, PARTS_BACKUP * REQUESTS};
    for (unsigned i = 0; i < 2; i++) {
        uint64_t packets = booked(world, i, CPU_USER, COST_PATH) / 600;
        ck_assert_uint_gt(packets,
                          8 * REQUESTS); /* two handshakes' worth, request, reply, two FINs */
        ck_assert_uint_eq(booked(world, i, CPU_USER, COST_PROXY), 4000 * (packets + parts[i]));
    }
    /* Only the primary's server has worked; only the primary had connections to it. */
    ck_assert_uint_eq(booked(world, SERVER_PRIMARY, CPU_USER, COST_APACHE), 149000 * REQUESTS);
    ck_assert_uint_eq(booked(world, SERVER_BACKUP, CPU_USER, COST_APACHE), 0);
    ck_assert_uint_eq(booked(world, SERVER_PRIMARY, CPU_KERNEL, COST_CONNECTION),
                      3 * 284000 * REQUESTS);
    ck_assert_uint_eq(booked(world, SERVER_BACKUP, CPU_KERNEL, COST_CONNECTION), 284000 * REQUESTS);
    world_free(world);
    scenario_free(scenario);
}
END_TEST

/* --- announcements -------------------------------------------------------------------------------------------- */

/* The primary goes on alone 100 ms after the backup died; what it then broadcasts is lost. */
START_TEST(clients_that_missed_the_first_announcement_hear_a_later_one)
{
    const char *const names[] = {"duplex", "user-proxies"};
    struct scenario *scenario =
        parse(crashes, "keep-alive",
              "{crash: backup, at: 100ms}, {loss: 1, on: clients, at: 190ms, for: 25ms}");
    struct config *config = scenario->points[0].config;
    while (strcmp(schemes[config->scheme].name, names[_i]) != 0)
        config->scheme = (config->scheme + 1) % 5;
    struct world *world = world_new(config, 1);
    world_run_until(world, 180000000);
    ck_assert_int_eq(world->servers[SERVER_PRIMARY].role, FT_ROLE_PRIMARY);
    world_run_until(world, 210000000);
    ck_assert_int_eq(world->servers[SERVER_PRIMARY].role, FT_ROLE_SOLO);
    world_run_all(world);
    check_promises(world);
    check_outcomes(world);
    world_free(world);
    scenario_free(scenario);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("proxies");
    TCase *tests = tcase_create("proxies");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, clients_lose_nothing_whoever_dies_and_when, 0,
                        sizeof trials / sizeof *trials);
    tcase_add_test(tests, proxies_pay_for_every_packet_and_every_part);
    tcase_add_loop_test(tests, clients_that_missed_the_first_announcement_hear_a_later_one, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
