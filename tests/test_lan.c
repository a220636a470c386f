/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_lan - who receives a frame, when, and who does not.
 */
#include "models/net/lan.h"

#include <string.h>

#include "tests/suite.h"

enum {
    STATIONS = 4,
    FULL = 1460,
    FULL_NS = 123040 /* at 100 Mb/s */,
    CABLE_NS = 500,
    SWITCH_NS = 10000
};

static struct simulation simulation;
static struct packet_pool *pool;
static struct lan *lan;

static struct station {
    struct receiver receiver;
    int count;
    int64_t last_at_ns;
    uint16_t mac, from;
    uint32_t mark;
} stations[STATIONS];

static void take(struct receiver *receiver, struct packet *packet)
{
    struct station *self = container_of(receiver, struct station, receiver);
    self->count++;
    self->last_at_ns = simulation.now_ns;
    self->from = packet->mac_from;
    self->mark = packet->mark;
    packet_free(packet);
}

static void setup(void)
{
    simulation_init(&simulation, 1);
    pool = packet_pool_new();
    memset(stations, 0, sizeof stations);
}

static void teardown(void)
{
    simulation_run(&simulation, INT64_MAX);
    ck_assert_uint_eq(packet_pool_live(pool), 0);
    lan_free(lan);
    packet_pool_free(pool);
}

static void build(int count, bool direct, int64_t queue_bytes)
{
    struct lan_settings settings = {
        .cable = {.rate_bps = 100000000, .delay_ns = CABLE_NS, .queue_bytes = queue_bytes},
        .switch_latency_ns = SWITCH_NS,
        .direct = direct,
    };
    lan = lan_new(&simulation, &settings, "test");
    for (int i = 0; i < count; i++) {
        stations[i].receiver.receive = take;
        stations[i].mac = lan_attach(lan, &stations[i].receiver);
        ck_assert_uint_eq(stations[i].mac, (unsigned)i + 1);
    }
}

static void send(uint16_t from, uint16_t to, uint32_t payload_bytes)
{
    struct packet *packet = packet_new(pool);
    packet->header_bytes = 40;
    packet->payload_bytes = payload_bytes;
    packet->mac_from = from;
    packet->mac_to = to;
    packet->mark = 5;
    lan_send(lan, packet);
}

static void run(void)
{
    simulation_run(&simulation, INT64_MAX);
}

static void check_counts(int one, int two, int three, int four)
{
    ck_assert_int_eq(stations[0].count, one);
    ck_assert_int_eq(stations[1].count, two);
    ck_assert_int_eq(stations[2].count, three);
    ck_assert_int_eq(stations[3].count, four);
}

START_TEST(the_switch_stores_and_forwards)
{
    build(4, false, 0);
    send(1, 3, FULL);
    ck_assert_int_eq(lan_backlog_ns(lan, 1), FULL_NS);
    ck_assert_int_eq(lan_backlog_ns(lan, 3), 0);
    run();
    check_counts(0, 0, 1, 0);
    ck_assert_int_eq(stations[2].last_at_ns, 2 * (FULL_NS + CABLE_NS) + SWITCH_NS);
    ck_assert_uint_eq(stations[2].from, 1);
    ck_assert_uint_eq(stations[2].mark, 0); /* a host's own note does not travel */
    struct link_counters counters = lan_counters(lan);
    ck_assert_uint_eq(counters.packets, 2);
    ck_assert_uint_eq(counters.wire_bytes, 2 * 1538);
}
END_TEST

START_TEST(frames_in_a_row_use_both_cables_at_once)
{
    build(4, false, 0);
    for (int i = 0; i < 10; i++)
        send(1, 2, FULL);
    run();
    check_counts(0, 10, 0, 0);
    ck_assert_int_eq(stations[1].last_at_ns, 11 * FULL_NS + 2 * CABLE_NS + SWITCH_NS);
}
END_TEST

START_TEST(two_senders_share_the_cable_of_the_third)
{
    build(4, false, 0);
    send(1, 3, FULL);
    send(2, 3, FULL);
    run();
    check_counts(0, 0, 2, 0);
    ck_assert_int_eq(stations[2].last_at_ns, 3 * FULL_NS + 2 * CABLE_NS + SWITCH_NS);
}
END_TEST

START_TEST(both_directions_of_a_cable_are_independent)
{
    build(4, false, 0);
    send(1, 2, FULL);
    send(2, 1, FULL);
    run();
    check_counts(1, 1, 0, 0);
    ck_assert_int_eq(stations[0].last_at_ns, stations[1].last_at_ns);
}
END_TEST

START_TEST(the_queue_of_a_switch_port_overflows)
{
    build(4, false, 4 * 1538);
    for (int i = 0; i < 4; i++) {
        send(1, 3, FULL);
        send(2, 3, FULL);
    }
    run();
    struct link *down = lan_downlink(lan, 3);
    ck_assert_uint_eq(down->counters.dropped_queue, 8U - (unsigned)stations[2].count);
    ck_assert_int_ge(stations[2].count, 4);
    ck_assert_int_lt(stations[2].count, 8);
    ck_assert_uint_eq(lan_counters(lan).dropped_queue, down->counters.dropped_queue);
}
END_TEST

START_TEST(a_broadcast_reaches_all_but_its_sender)
{
    build(4, false, 0);
    send(2, MAC_BROADCAST, 0);
    run();
    check_counts(1, 0, 1, 1);
    ck_assert_int_eq(stations[0].last_at_ns, 2 * (84 * 80 + CABLE_NS) + SWITCH_NS);
}
END_TEST

START_TEST(a_frame_to_nobody_or_oneself_is_dropped_and_counted)
{
    build(4, false, 0);
    send(1, 77, 0);
    send(1, 1, 0);
    send(1, MAC_NONE, 0);
    run();
    check_counts(0, 0, 0, 0);
    ck_assert_uint_eq(lan_unknown(lan), 3);
}
END_TEST

START_TEST(a_partition_cuts_one_pair_both_ways_and_nobody_else)
{
    build(4, false, 0);
    lan_partition(lan, 1, 2, true);
    send(1, 2, 0);
    send(2, 1, 0);
    send(1, 3, 0);
    send(3, 2, 0);
    run();
    check_counts(0, 1, 1, 0);
    ck_assert_uint_eq(lan_counters(lan).cut, 2);
    send(1, MAC_BROADCAST, 0);
    run();
    check_counts(0, 1, 2, 1);
    lan_partition(lan, 2, 1, false);
    send(1, 2, 0);
    send(2, 1, 0);
    run();
    check_counts(1, 2, 2, 1);
}
END_TEST

START_TEST(a_pulled_cable_silences_one_direction)
{
    build(4, false, 0);
    link_set_up(lan_uplink(lan, 1), false);
    send(1, 2, 0);
    send(2, 1, 0);
    run();
    check_counts(1, 0, 0, 0);
    link_set_up(lan_downlink(lan, 1), false);
    send(2, 1, 0);
    run();
    check_counts(1, 0, 0, 0);
}
END_TEST

START_TEST(a_direct_cable_has_no_switch)
{
    build(2, true, 0);
    send(1, 2, FULL);
    run();
    ck_assert_int_eq(stations[1].last_at_ns, FULL_NS + CABLE_NS);
    send(2, MAC_BROADCAST, 0);
    send(2, 9, 0);
    run();
    check_counts(1, 1, 0, 0);
    ck_assert_uint_eq(lan_unknown(lan), 1);
    ck_assert_ptr_eq(lan_downlink(lan, 1), lan_uplink(lan, 2));
    ck_assert_ptr_eq(lan_downlink(lan, 2), lan_uplink(lan, 1));
    lan_partition(lan, 1, 2, true);
    send(1, 2, 0);
    send(2, 1, 0);
    run();
    check_counts(1, 1, 0, 0);
    ck_assert_uint_eq(lan_counters(lan).cut, 2);
}
END_TEST

static int losses(const char *name, int *fate)
{
    struct lan_settings settings = {.cable.impairment.loss = 0.5};
    lan = lan_new(&simulation, &settings, name);
    memset(stations, 0, sizeof stations);
    for (int i = 0; i < 2; i++) {
        stations[i].receiver.receive = take;
        lan_attach(lan, &stations[i].receiver);
    }
    for (int i = 0; i < 100; i++) {
        int before = stations[1].count;
        send(1, 2, 0);
        run();
        fate[i] = stations[1].count > before;
    }
    lan_free(lan);
    lan = NULL;
    return stations[1].count;
}

START_TEST(lans_have_random_streams_of_their_own_by_name)
{
    int one[100], again[100], other[100];
    ck_assert_int_eq(losses("service", one), losses("service", again));
    losses("log", other);
    ck_assert_mem_eq(one, again, sizeof one);
    ck_assert_mem_ne(one, other, sizeof one);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lan");
    TCase *tests = tcase_create("lan");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_switch_stores_and_forwards);
    tcase_add_test(tests, frames_in_a_row_use_both_cables_at_once);
    tcase_add_test(tests, two_senders_share_the_cable_of_the_third);
    tcase_add_test(tests, both_directions_of_a_cable_are_independent);
    tcase_add_test(tests, the_queue_of_a_switch_port_overflows);
    tcase_add_test(tests, a_broadcast_reaches_all_but_its_sender);
    tcase_add_test(tests, a_frame_to_nobody_or_oneself_is_dropped_and_counted);
    tcase_add_test(tests, a_partition_cuts_one_pair_both_ways_and_nobody_else);
    tcase_add_test(tests, a_pulled_cable_silences_one_direction);
    tcase_add_test(tests, a_direct_cable_has_no_switch);
    tcase_add_test(tests, lans_have_random_streams_of_their_own_by_name);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
