/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of TCP's flow control: what a receiver offers it never takes back, how a sender asks for a closed window, and what a
 * window allows per round trip.
 */
#include "tests/tcp_pair.h"
#include "tests/tcp_peer.h"

static const int64_t second_ns = INT64_C(1000000000);

START_TEST(the_offered_windows_right_edge_never_moves_left)
{
    /* Segments of odd sizes that nobody reads: the window shrinks to nothing in steps no scaled field can express. */
    struct tcp_profile profile = tcp_profiles[_i % 2];
    profile.window_scale = (uint8_t)(_i / 2);
    profile.receive_buffer_bytes = 20000 + 37 * (uint32_t)_i;
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 100000, NULL);
    peer_init(&peer, &profile);
    peer.reads = false;
    peer_open(&peer, 7, 1000);
    uint32_t sent = 0, edge = PEER_ISN + 1 + peer.heard[0].segment.window;
    for (unsigned i = 1; edge != PEER_ISN + 1 + sent; i++) {
        uint32_t room = edge - (PEER_ISN + 1 + sent), size = min_u32(1 + i * 131 % 399, room);
        peer_say_data(&peer,
                      (struct tcp_header){.seq = PEER_ISN + 1 + sent,
                                          .ack = PEER_HOST_ISN + 1,
                                          .window = 1000,
                                          .flags = TCP_FLAG_ACK},
                      &(struct span){.content = &data, .offset = sent, .length = size});
        sent += size;
        peer_run(&peer, second_ns); /* delayed ACK */
        const struct peer_heard *ack = peer_last(&peer);
        uint32_t right = ack->segment.ack + ((uint32_t)ack->segment.window << profile.window_scale);
        ck_assert_uint_eq(ack->segment.ack, PEER_ISN + 1 + sent); /* all that fits is taken */
        ck_assert(!seq_before(right, edge));
        edge = right;
        ck_assert_uint_lt(i, 400);
    }
    /* As in Linux, each ACK may have had to round up. */
    uint32_t rounded = (peer.count - 1) * ((1u << profile.window_scale) - 1);
    ck_assert_uint_ge(sent, profile.receive_buffer_bytes);
    ck_assert_uint_le(sent, profile.receive_buffer_bytes + rounded);
    peer_fini(&peer);
}
END_TEST

START_TEST(what_acknowledges_more_tells_the_window_too_though_a_later_segment_overtook_it)
{
    struct tcp_profile profile = tcp_profiles[_i];
    const uint32_t offered = 3000;
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 5000, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 0, (uint16_t)offered);
    ck_assert_uint_eq(peer_send(&peer, &data), 5000);
    ck_assert_uint_eq(peer.count, 3); /* the SYN-ACK, and two full segments */
    struct tcp_header later = {.seq = PEER_ISN + 1 + 50,
                               .ack = PEER_HOST_ISN + 1 + 1460,
                               .window = (uint16_t)(offered - 1460),
                               .flags = TCP_FLAG_ACK};
    peer_say(&peer, later);
    peer_ack(&peer, PEER_HOST_ISN + 1 + 2920, (uint16_t)(offered - 2920));
    peer_run(&peer, 10 * second_ns);
    for (unsigned i = 1; i < peer.count; i++) {
        const struct tcp_segment *segment = &peer.heard[i].segment;
        ck_assert(!seq_after(segment->seq + segment->length, PEER_HOST_ISN + 1 + offered));
    }
    peer_fini(&peer);
}
END_TEST

/* --- asking for a closed window --------------------------------------------------------------------------------- */

/* A connection whose peer closes its window at once, in front of 5000 bytes. */
static void open_before_a_closed_window(struct peer *peer, struct tcp_profile *profile,
                                        struct content *data)
{
    content_init(data, CONTENT_OTHER, 1, 5000, NULL);
    peer_init(peer, profile);
    peer_open(peer, 7, 0);
    ck_assert_uint_eq(peer_send(peer, data), 5000);
    ck_assert_uint_eq(peer->count, 1); /* the SYN-ACK */
}

START_TEST(a_silent_peer_with_a_closed_window_is_asked_so_often_and_then_given_up)
{
    struct tcp_profile profile = tcp_profiles[_i];
    struct content data;
    struct peer peer;
    open_before_a_closed_window(&peer, &profile, &data);
    int64_t wait_ns = tcp_rto(peer.socket), at_ns = 0;
    peer_run(&peer, 10000 * second_ns);
    ck_assert(peer.closed && peer.reason == TCP_TIMED_OUT);
    ck_assert_uint_eq(peer.count, 1 + profile.retries);
    for (unsigned i = 1; i < peer.count; i++) { /* RFC 1122 4.2.2.17: exponentially less often */
        at_ns += wait_ns;
        ck_assert_int_eq(peer.heard[i].at_ns, at_ns);
        ck_assert_uint_eq(peer.heard[i].segment.length, 0);
        ck_assert_uint_eq(peer.heard[i].segment.seq, PEER_HOST_ISN);
        wait_ns = 2 * wait_ns < profile.rto_max_ns ? 2 * wait_ns : profile.rto_max_ns;
    }
    ck_assert_uint_eq(data.references, 1);
    peer_fini(&peer);
}
END_TEST

START_TEST(a_peer_that_answers_is_asked_for_ever_and_sent_to_when_its_window_opens)
{
    struct tcp_profile profile = tcp_profiles[_i];
    struct content data;
    struct peer peer;
    open_before_a_closed_window(&peer, &profile, &data);
    for (unsigned probes = 1; probes <= 3 * profile.retries; probes++) {
        while (peer.count < 1 + probes)
            peer_run(&peer, profile.rto_max_ns / 4);
        peer_ack(&peer, PEER_HOST_ISN + 1, 0);
        ck_assert(!peer.closed);
    }
    unsigned before = peer.count;
    peer_ack(&peer, PEER_HOST_ISN + 1, 1000);
    ck_assert_uint_gt(peer.count, before);
    ck_assert_uint_eq(peer.heard[before].segment.seq, PEER_HOST_ISN + 1);
    ck_assert_uint_eq(peer.heard[before].segment.length, 1460);
    peer_fini(&peer);
}
END_TEST

START_TEST(probes_of_one_silence_are_not_counted_against_the_next)
{
    /* Nearly given up, then a window that opens and closes again: the sender starts to count anew. */
    struct tcp_profile profile = tcp_profiles[_i];
    struct content data;
    struct peer peer;
    open_before_a_closed_window(&peer, &profile, &data);
    while (peer.count < 1 + profile.retries)
        peer_run(&peer, profile.rto_max_ns / 4);
    peer_say(&peer, (struct tcp_header){.seq = PEER_ISN + 1,
                                        .ack = PEER_HOST_ISN + 1,
                                        .window = 12, /* 1536 bytes: one segment */
                                        .flags = TCP_FLAG_ACK});
    peer_ack(&peer, PEER_HOST_ISN + 1 + 1460, 0);
    unsigned before = peer.count;
    while (peer.count < before + profile.retries)
        peer_run(&peer, profile.rto_max_ns / 4);
    ck_assert(!peer.closed);
    peer_run(&peer, 2 * profile.rto_max_ns);
    ck_assert(peer.closed);
    peer_fini(&peer);
}
END_TEST

static void read_nothing(struct tcp_socket *socket)
{
    (void)socket;
}

static const struct tcp_events lazy_events = {.readable = read_nothing, .closed = pair_closed};
static const struct link_settings clean = {
    .rate_bps = 100000000, .delay_ns = 50000, .queue_bytes = 1 << 20};

START_TEST(a_full_receiver_closes_the_window_and_a_probe_finds_it_open_again)
{
    struct pair pair;
    struct content down;
    content_init(&down, CONTENT_OTHER, 2, 3000000, NULL);
    pair_init(&pair, &tcp_profiles[_i], &clean, 1);
    pair_load(&pair, NULL, &down);
    pair_connect(&pair);
    tcp_set_owner(pair.client.socket, &lazy_events, &pair.client);
    pair_run(&pair, 5 * second_ns);
    ck_assert_uint_eq(pair.client.received, 0);
    uint32_t held = tcp_receivable(pair.client.socket);
    ck_assert_uint_gt(held, 30000);
    ck_assert_uint_lt(held, 3000000);
    tcp_set_owner(pair.client.socket, &pair_events, &pair.client);
    pair_readable(pair.client.socket);
    pair_run(&pair, 400 * second_ns);
    ck_assert_uint_eq(pair.client.received, down.length);
    pair_fini(&pair);
}
END_TEST

/* --- what a window allows --------------------------------------------------------------------------------------- */

START_TEST(a_long_path_carries_one_window_per_round_trip)
{
    /* Rate = window / round trip, once slow start has filled the window: the second half of the transfer is timed. */
    const int64_t delay_ns = 50000000;
    struct link_settings path = {.delay_ns = delay_ns};
    struct tcp_profile profile = tcp_profiles[_i];
    profile.send_buffer_bytes = 1 << 22;
    profile.receive_buffer_bytes = 44 * 1460; /* whole segments, even in number */
    struct pair pair;
    struct content down;
    content_init(&down, CONTENT_OTHER, 2, 40 * 44 * 1460, NULL);
    pair_init(&pair, &profile, &path, 1);
    pair_load(&pair, NULL, &down);
    pair_connect(&pair);
    int64_t half_ns = 0;
    while (pair.client.received < down.length) {
        pair_run(&pair, pair.simulation.now_ns + 1000000);
        if (half_ns == 0 && pair.client.received >= down.length / 2)
            half_ns = pair.simulation.now_ns;
    }
    double rounds = (double)(pair.client.done_at_ns - half_ns) / (2.0 * (double)delay_ns);
    ck_assert_double_ge(rounds, 19);
    ck_assert_double_le(rounds, 21.5); /* a delayed ACK may cut a round in two */
    pair_fini(&pair);
}
END_TEST

/* The peer's FIN comes again, as the ACK of it was lost: what TIME_WAIT answers takes no window back. */
START_TEST(an_ack_from_time_wait_advertises_the_window_that_was_advertised_last)
{
    struct peer peer;
    peer_init(&peer, &tcp_profiles[_i]);
    peer_open(&peer, 7, 1000);
    tcp_close(peer.socket);
    const struct tcp_header fin = {.seq = PEER_ISN + 1,
                                   .ack = PEER_HOST_ISN + 2,
                                   .window = 1000,
                                   .flags = TCP_FLAG_ACK | TCP_FLAG_FIN};
    peer_say(&peer, fin);
    ck_assert(peer.closed);
    const struct tcp_segment last = peer_last(&peer)->segment;
    unsigned count = peer.count;
    ck_assert_uint_gt(last.window, 0);
    peer_say(&peer, fin);
    ck_assert_uint_eq(peer.count, count + 1);
    ck_assert_uint_eq(peer_last(&peer)->segment.ack, last.ack);
    ck_assert_uint_eq(peer_last(&peer)->segment.window, last.window);
    peer_fini(&peer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tcp_window");
    TCase *tcase = tcase_create("window");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, the_offered_windows_right_edge_never_moves_left, 0, 16);
    tcase_add_loop_test(
        tcase, what_acknowledges_more_tells_the_window_too_though_a_later_segment_overtook_it, 0,
        3);
    tcase_add_loop_test(
        tcase, a_silent_peer_with_a_closed_window_is_asked_so_often_and_then_given_up, 0, 2);
    tcase_add_loop_test(
        tcase, a_peer_that_answers_is_asked_for_ever_and_sent_to_when_its_window_opens, 0, 2);
    tcase_add_loop_test(tcase, probes_of_one_silence_are_not_counted_against_the_next, 0, 2);
    tcase_add_loop_test(tcase, a_full_receiver_closes_the_window_and_a_probe_finds_it_open_again, 0,
                        3);
    tcase_add_loop_test(tcase, a_long_path_carries_one_window_per_round_trip, 0, 2);
    tcase_add_loop_test(tcase, an_ack_from_time_wait_advertises_the_window_that_was_advertised_last,
                        0, 3);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
