/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of TCP end to end: handshake to TIME_WAIT, and exact delivery over a network that loses, doubles, reorders, damages.
 */
#include "tests/tcp_pair.h"

static const struct link_settings clean = {
    .rate_bps = 100000000, .delay_ns = 50000, .queue_bytes = 1 << 20};
static const int64_t second_ns = INT64_C(1000000000);

static const struct tcp_profile *profile_of(int index)
{
    return &tcp_profiles[index % 3];
}

START_TEST(a_connection_opens_carries_data_both_ways_and_closes)
{
    struct pair pair;
    struct content up, down;
    content_init(&up, CONTENT_OTHER, 1, 300, NULL);
    content_init(&down, CONTENT_OTHER, 2, 50000, NULL);
    pair_init(&pair, profile_of(_i), &clean, 1);
    pair_load(&pair, &up, &down);
    pair.server.close_at_end = true;
    pair_connect(&pair);
    pair_run(&pair, 10 * second_ns);
    ck_assert_uint_eq(pair.server.received, 300);
    ck_assert_uint_eq(pair.client.received, 50000);
    ck_assert(pair.client.closed && pair.server.closed);
    ck_assert_int_eq(pair.client.reason, TCP_CLOSED);
    ck_assert_int_eq(pair.server.reason, TCP_CLOSED);
    ck_assert_uint_eq(tcp_counters(pair.server.stack)->time_waits, 1);
    ck_assert_uint_eq(tcp_counters(pair.client.stack)->retransmissions, 0);
    ck_assert_uint_eq(tcp_counters(pair.server.stack)->retransmissions, 0);
    ck_assert_uint_eq(packet_pool_live(pair.packets), 0);
    ck_assert_uint_eq(pair.server.stack->piece_slab.live, 0);
    ck_assert_uint_eq(pair.client.stack->piece_slab.live, 0);
    ck_assert_uint_eq(up.references, 1);
    ck_assert_uint_eq(down.references, 1);
    pair_fini(&pair);
}
END_TEST

START_TEST(every_byte_arrives_once_and_in_order_over_a_bad_network)
{
    struct pair pair;
    struct content up, down;
    uint64_t seed = (uint64_t)_i;
    struct link_settings bad = clean;
    bad.impairment = (struct link_impairment){.loss = 0.02 * (double)(seed % 5),
                                              .duplicate = 0.02 * (double)(seed % 3),
                                              .reorder = 0.05 * (double)(seed % 4),
                                              .corrupt = 0.01 * (double)(seed % 2),
                                              .reorder_delay_ns = 300000};
    content_init(&up, CONTENT_OTHER, 1, 70000, NULL);
    content_init(&down, CONTENT_OTHER, 2, 400000, NULL);
    struct tcp_profile profile = *profile_of(_i);
    profile.sack = seed % 7 != 3;
    pair_init(&pair, &profile, &bad, seed + 1);
    pair.client.stack->fixed_isn = pair.server.stack->fixed_isn = true;
    pair.client.stack->isn_bias = 0xffffff00u - (uint32_t)seed; /* the numbers wrap on the way */
    pair.server.stack->isn_bias = 0xffff0000u + (uint32_t)seed;
    pair_load(&pair, &up, &down);
    pair.server.close_at_end = true;
    pair_connect(&pair);
    pair_run(&pair, 4000 * second_ns);
    ck_assert_uint_eq(pair.server.received, 70000);
    ck_assert_uint_eq(pair.client.received, 400000);
    ck_assert(pair.server.finished_seen || pair.client.finished_seen);
    ck_assert_uint_eq(packet_pool_live(pair.packets), 0);
    pair_fini(&pair);
    ck_assert_uint_eq(up.references, 1);
    ck_assert_uint_eq(down.references, 1);
}
END_TEST

START_TEST(a_lossless_transfer_takes_as_long_as_the_wire_needs)
{
    /* Handshake, then slow start to a window that fills the pipe: the time is bounded below by the wire, and above by that
     * plus one round trip for each doubling of the window. */
    struct pair pair;
    struct content down;
    const uint32_t bytes = 4000000;
    content_init(&down, CONTENT_OTHER, 2, bytes, NULL);
    pair_init(&pair, profile_of(_i), &clean, 1);
    pair_load(&pair, NULL, &down);
    pair_connect(&pair);
    pair_run(&pair, 100 * second_ns);
    ck_assert_uint_eq(pair.client.received, bytes);
    double packets = bytes / 1460.0, wire_s = packets * 1538 * 8 / 1e8;
    double took_s = (double)pair.client.done_at_ns / 1e9;
    ck_assert_double_ge(took_s, wire_s + 100e-6);
    ck_assert_double_le(took_s, wire_s * 1.02 + 0.012);
    pair_fini(&pair);
}
END_TEST

START_TEST(a_syn_to_nobody_is_refused)
{
    struct pair pair;
    pair_init(&pair, profile_of(_i), &clean, 1);
    struct tcp_address local = {.ip = PAIR_SERVER_IP, .port = PAIR_PORT};
    tcp_unlisten(pair.server.stack, local);
    pair_connect(&pair);
    pair_run(&pair, second_ns);
    ck_assert(pair.client.closed);
    ck_assert_int_eq(pair.client.reason, TCP_REFUSED);
    pair_fini(&pair);
}
END_TEST

START_TEST(a_connection_to_a_silent_host_times_out)
{
    struct pair pair;
    pair_init(&pair, profile_of(_i), &clean, 1);
    link_set_up(&pair.client.out, false);
    pair_connect(&pair);
    pair_run(&pair, 1000 * second_ns);
    ck_assert(pair.client.closed);
    ck_assert_int_eq(pair.client.reason, TCP_TIMED_OUT);
    pair_fini(&pair);
}
END_TEST

START_TEST(an_adopted_connection_continues_a_handshake_made_by_others)
{
    /* The client connects to a port nobody listens on at first sight: its SYN is lost, the "module" answers instead. */
    struct pair pair;
    struct content up, down;
    content_init(&up, CONTENT_OTHER, 1, 1000, NULL);
    content_init(&down, CONTENT_OTHER, 2, 100000, NULL);
    pair_init(&pair, profile_of(_i), &clean, 1);
    pair_load(&pair, &up, &down);
    link_set_up(&pair.client.out, false);
    pair_connect(&pair);
    pair_run(&pair, 1000000);
    link_set_up(&pair.client.out, true);
    struct tcp_facts client;
    tcp_facts(pair.client.socket, &client);
    uint8_t scale = pair.client.stack->profile.window_scale;
    struct tcp_adoption adoption = {.local = client.remote,
                                    .remote = client.local,
                                    .client_isn = client.own_isn,
                                    .server_isn = 77777,
                                    .mss = 1460,
                                    .peer_window_scale = scale,
                                    .own_window_scale = scale,
                                    .sack = true};
    ck_assert_int_eq(tcp_adopt(pair.server.stack, &adoption), TCP_ADOPTED);
    ck_assert_int_eq(tcp_adopt(pair.server.stack, &adoption), TCP_ADOPT_EXISTS);
    struct tcp_header answer = {
        .source_ip = PAIR_SERVER_IP,
        .destination_ip = PAIR_CLIENT_IP,
        .source_port = PAIR_PORT,
        .destination_port = client.local.port,
        .seq = 77777,
        .ack = client.own_isn + 1,
        .window = 65535,
        .flags = TCP_FLAG_SYN | TCP_FLAG_ACK,
        .option_bytes = 12,
        .options = {2, 4, 1460 >> 8, 1460 & 255, 1, 1, 4, 2, 1, 3, 3, scale}};
    tcp_send_bare(pair.server.stack, &answer);
    pair_run(&pair, 10 * second_ns);
    ck_assert_uint_eq(pair.server.received, 1000);
    ck_assert_uint_eq(pair.client.received, 100000);
    struct tcp_facts server;
    tcp_facts(pair.server.socket, &server);
    ck_assert_uint_eq(server.own_isn, 77777);
    pair_fini(&pair);
}
END_TEST

START_TEST(a_reset_ends_the_other_side_and_nothing_leaks)
{
    struct pair pair;
    struct content down;
    content_init(&down, CONTENT_OTHER, 2, 1000000, NULL);
    pair_init(&pair, profile_of(_i), &clean, 1);
    pair_load(&pair, NULL, &down);
    pair_connect(&pair);
    pair_run(&pair, 10000000);
    tcp_abort(pair.client.socket);
    pair.client.socket = NULL;
    pair_run(&pair, second_ns);
    ck_assert(pair.server.closed);
    ck_assert_int_eq(pair.server.reason, TCP_RESET);
    ck_assert_uint_eq(pair.server.stack->piece_slab.live, 0);
    ck_assert_uint_eq(down.references, 1);
    pair_fini(&pair);
}
END_TEST

START_TEST(a_kicked_sender_repairs_a_lost_flight_without_waiting_for_its_timer)
{
    struct pair pair;
    struct content down;
    content_init(&down, CONTENT_OTHER, 2, 60000, NULL);
    pair_init(&pair, profile_of(_i), &clean, 1);
    pair_load(&pair, NULL, &down);
    link_set_up(&pair.server.out, true);
    pair_connect(&pair);
    pair_run(&pair, 600000); /* the first flight is under way */
    link_set_up(&pair.server.out, false);
    pair_run(&pair, 20000000);
    link_set_up(&pair.server.out, true);
    ck_assert_uint_lt(pair.client.received, down.length);
    tcp_kick(pair.server.socket);
    pair_run(&pair, 20000000 + 60000000); /* far less than the smallest time-out */
    ck_assert_uint_eq(pair.client.received, down.length);
    pair_fini(&pair);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tcp");
    TCase *tcase = tcase_create("tcp");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_connection_opens_carries_data_both_ways_and_closes, 0, 3);
    tcase_add_loop_test(tcase, every_byte_arrives_once_and_in_order_over_a_bad_network, 0, 60);
    tcase_add_loop_test(tcase, a_lossless_transfer_takes_as_long_as_the_wire_needs, 0, 3);
    tcase_add_loop_test(tcase, a_syn_to_nobody_is_refused, 0, 3);
    tcase_add_loop_test(tcase, a_connection_to_a_silent_host_times_out, 0, 3);
    tcase_add_loop_test(tcase, an_adopted_connection_continues_a_handshake_made_by_others, 0, 3);
    tcase_add_loop_test(tcase, a_reset_ends_the_other_side_and_nothing_leaks, 0, 3);
    tcase_add_loop_test(tcase, a_kicked_sender_repairs_a_lost_flight_without_waiting_for_its_timer,
                        0, 2);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
