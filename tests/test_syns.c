/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of models/host/syns: which SYNs a host that goes on alone still answers, and that it does.
 */
#include "models/host/syns.h"
#include "models/params.h"
#include "models/scheme.h"
#include "models/world.h"
#include "tests/suite.h"

#include <string.h>

#define SECOND INT64_C(1000000000)

static void remember(struct syns *syns, uint16_t port, int64_t at_ns)
{
    const struct ft_flow_key key = {.client_ip = 1, .client_port = port};
    struct packet packet = {.header_bytes = 52, .header = {(uint8_t)port}};
    syns_remember(syns, &key, &packet, at_ns);
}

START_TEST(a_second_long_and_the_latest_of_each_port)
{
    struct syns syns = {.first = NULL};
    ck_assert_ptr_null(syns_recent(&syns, 0));
    remember(&syns, 1, 0);
    remember(&syns, 2, SECOND / 2);
    remember(&syns, 1, SECOND / 2);
    const struct syn *syn = syns_recent(&syns, SECOND);
    ck_assert_uint_eq(syn->key.client_port, 1);
    ck_assert(syn_is_outdated(syn));
    ck_assert(!syn_is_outdated(syn->next) && !syn_is_outdated(syn->next->next));
    syn = syns_recent(&syns, SECOND + 1);
    ck_assert_uint_eq(syn->key.client_port, 2);
    ck_assert_uint_eq(syn->header[0], 2);
    ck_assert_uint_eq(syn->header_bytes, 52);
    ck_assert_ptr_null(syns_recent(&syns, 2 * SECOND));
    remember(&syns, 3, 2 * SECOND);
    ck_assert_uint_eq(syns_recent(&syns, 2 * SECOND)->key.client_port, 3);
    syns_fini(&syns);
    ck_assert_ptr_null(syns.first);
}
END_TEST

/* The longest silence that one of some clients met, each of whose requests has a connection of its own. */
static double stall_s(const char *scheme)
{
    static struct config config;
    struct results results;
    param_defaults(understudy_schema.params, &config);
    while (strcmp(scheme_names[config.scheme], scheme) != 0)
        config.scheme++;
    config.clients.count = 8;
    config.clients.connection = CONNECTION_PER_REQUEST;
    config.run.warmup_ns = SECOND / 10;
    config.run.duration_ns = SECOND / 2;
    config.fault_count = 1;
    config.faults[0] = (struct fault){.crash = TARGET_PRIMARY,
                                      .when = NOTICE_CONNECTION_OPENING,
                                      .count = 100,
                                      .after_ns = 20000,
                                      .client = -1};
    results_init(&results, understudy_metrics);
    world_run(&config, 1, &results);
    double stall = results_find(&results, "stall", "")->value.mean;
    ck_assert_double_eq(results_find(&results, "takeovers", "")->value.mean, 1);
    results_fini(&results);
    return stall;
}

START_TEST(a_client_whose_syn_died_with_the_primary_does_not_wait_to_send_it_again)
{
    static const char *const with_backup[] = {"duplex", "duplex-mi", "user-proxies"};
    ck_assert_double_lt(stall_s(with_backup[_i]), 0.2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("syns");
    TCase *tcase = tcase_create("syns");
    tcase_add_test(tcase, a_second_long_and_the_latest_of_each_port);
    tcase_add_loop_test(
        tcase, a_client_whose_syn_died_with_the_primary_does_not_wait_to_send_it_again, 0, 3);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
