/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of TCP's congestion control and loss recovery: against the formulas known for them, and against a peer that forgets
 * what it said it holds.
 */
#include "tests/tcp_pair.h"
#include "tests/tcp_peer.h"

#include <math.h>

static const int64_t second_ns = INT64_C(1000000000);

/* --- slow start ------------------------------------------------------------------------------------------------- */

/* Long path, infinitely fast, one way `delay_ns`: when the last byte of `segments` has arrived, in round trips. */
static double rounds_for(const struct tcp_profile *base, uint32_t segments)
{
    const int64_t delay_ns = 50000000;
    struct link_settings path = {.delay_ns = delay_ns};
    struct tcp_profile profile = *base;
    profile.send_buffer_bytes = 1 << 20;
    struct pair pair;
    struct content down;
    content_init(&down, CONTENT_OTHER, 2, 1460 * segments, NULL);
    pair_init(&pair, &profile, &path, 1);
    pair_load(&pair, NULL, &down);
    pair_connect(&pair);
    pair_run(&pair, 60 * second_ns);
    ck_assert_uint_eq(pair.client.received, down.length);
    ck_assert_uint_eq(tcp_counters(pair.server.stack)->retransmissions, 0);
    pair_fini(&pair);
    return (double)pair.client.done_at_ns / (2.0 * (double)delay_ns);
}

START_TEST(slow_start_doubles_the_window_each_round_trip)
{
    /* RFC 5681: rounds of w, 2w, 4w … segments while every segment is acknowledged (quick ACKs: the first 16) or while each
     * ACK opens by what it acknowledges. The first flight arrives two round trips after the SYN left: handshake 1,
     * accepted 1.5, there 2. */
    const struct tcp_profile *profile = &tcp_profiles[_i];
    unsigned rounds = profile->byte_counting == 0 ? 6 : 4;
    uint32_t total = 0, window = profile->initial_window_segments;
    for (unsigned round = 0; round < rounds; round++) {
        total += window;
        window *= 2;
        ck_assert_double_eq_tol(rounds_for(profile, total), 2 + round, 1e-6);
        ck_assert_double_eq_tol(rounds_for(profile, total + 1), 3 + round, 0.5); /* one more */
        ck_assert_double_ge(rounds_for(profile, total + 1), 3 + round - 1e-6);
    }
}
END_TEST

START_TEST(slow_start_under_delayed_acks_grows_by_half_each_round_trip)
{
    /* One ACK for two segments, one segment for each ACK: windows of w, 1.5w, 2.25w … (RFC 3465, section 2). */
    struct tcp_profile profile = *pair_profile("linux-2.4");
    profile.quick_acks = 0;
    profile.initial_window_segments = 8;
    uint32_t total = 0, window = 8;
    for (unsigned round = 0; round < 4; round++) {
        total += window;
        window += window / 2;
        ck_assert_double_eq_tol(rounds_for(&profile, total), 2 + round, 1e-6);
        ck_assert_double_ge(rounds_for(&profile, total + 1), 3 + round - 1e-6);
    }
}
END_TEST

/* --- congestion avoidance --------------------------------------------------------------------------------------- */

/* The window after as many ACKs as acknowledge `windows` windows, `segments` segments each. */
static uint32_t window_after(const struct tcp_profile *profile, unsigned segments, unsigned windows)
{
    enum { SEGMENT = 1460, AT_FIRST = 20 };
    struct tcp_stack stack = {.profile = *profile};
    struct tcp_socket socket = {.stack = &stack, .mss = SEGMENT};
    socket.congestion_window = socket.slow_start_threshold = AT_FIRST * SEGMENT;
    for (unsigned i = 0; i < windows; i++) {
        uint32_t window = socket.congestion_window / SEGMENT;
        for (uint32_t ack = 0; ack < window / segments; ack++)
            profile->congestion->acked(&socket, segments * SEGMENT);
    }
    return socket.congestion_window / SEGMENT - AT_FIRST;
}

START_TEST(without_byte_counting_an_ack_counts_once_whatever_it_acknowledges)
{
    /* RFC 5681 (3): a window of ACKs opens the window by one segment. Delayed ACKs are half as many, and it opens half as fast
     * (RFC 3465, section 2.1); with L = 2 they lose nothing. */
    struct tcp_profile profile = *pair_profile("linux-2.4");
    ck_assert_uint_eq(window_after(&profile, 1, 12), 11);
    ck_assert_uint_eq(window_after(&profile, 2, 12), 5);
    profile.byte_counting = 2;
    ck_assert_uint_eq(window_after(&profile, 2, 12), 11);
}
END_TEST

/* --- throughput under loss -------------------------------------------------------------------------------------- */

/* Measured over the second half: the first one begins with the overshoot of slow start, which no formula knows. */
static double rate_under_loss(const struct tcp_profile *profile, int64_t delay_ns, double loss,
                              uint32_t bytes, uint64_t seed)
{
    struct link_settings path = {.delay_ns = delay_ns};
    struct pair pair;
    struct content down;
    content_init(&down, CONTENT_OTHER, 2, bytes, NULL);
    pair_init(&pair, profile, &path, seed);
    link_impair(&pair.server.out, &(struct link_impairment){.loss = loss});
    pair_load(&pair, NULL, &down);
    pair_connect(&pair);
    while (pair.client.received < bytes / 2)
        pair_run(&pair, pair.simulation.now_ns + 2 * delay_ns);
    uint32_t left = bytes - pair.client.received;
    int64_t from_ns = pair.simulation.now_ns;
    pair_run(&pair, 6000 * second_ns);
    ck_assert_uint_eq(pair.client.received, down.length);
    double rate = left / ((double)(pair.client.done_at_ns - from_ns) / 1e9);
    pair_fini(&pair);
    return rate;
}

static struct tcp_profile roomy(const char *name)
{
    struct tcp_profile profile = *pair_profile(name);
    profile.window_scale = 7;
    profile.receive_buffer_bytes = 1 << 22;
    profile.send_buffer_max_bytes = 1 << 23;
    return profile;
}

START_TEST(newrenos_throughput_under_loss_is_near_the_mathis_bound)
{
    /* Mathis and others (1997): rate = MSS / RTT x C / sqrt(p), C = sqrt(3/2) with an ACK for every segment, sqrt(3/4) with
     * delayed ACKs; those do not matter to who counts bytes (RFC 3465 with L = 2). Band: 0.7 to 1.3, as losses are
     * random. */
    static const double losses[] = {0.002, 0.005, 0.01};
    double loss = losses[_i / 2 % 3];
    struct tcp_profile profile = roomy("linux-2.4");
    profile.sack = _i % 2;
    profile.byte_counting = 1 + (uint32_t)_i / 6;
    double rate = rate_under_loss(&profile, 10000000, loss, 20000000, 5 + (uint64_t)_i);
    double bound = 1460 / 0.02 * sqrt(0.75 * profile.byte_counting) / sqrt(loss);
    ck_assert_double_ge(rate, 0.7 * bound);
    ck_assert_double_le(rate, 1.3 * bound);
}
END_TEST

START_TEST(cubics_throughput_under_loss_is_near_its_own_formula_or_renos)
{
    /* RFC 9438: on short paths the Reno-friendly region rules (Mathis, C = sqrt(3/2)), on long ones the cubic curve, whose
     * mean window is (C (3 + b) / (4 (1 - b)))^(1/4) RTT^(3/4) / p^(3/4) segments (equation 6; C = 0.4, b = 0.7). Both
     * assume losses at equal distances, ours are random. Band: 0.7 to 1.3 of the larger one. */
    static const struct {
        int64_t delay_ns;
        double loss;
    } paths[] = {{5000000, 0.005}, {10000000, 0.01}, {100000000, 0.001}, {200000000, 0.002}};
    int64_t delay_ns = paths[_i].delay_ns;
    double loss = paths[_i].loss, rtt = 2.0 * (double)delay_ns / 1e9;
    struct tcp_profile profile = roomy("linux-6");
    double rate = rate_under_loss(&profile, delay_ns, loss, 40000000, 5 + (uint64_t)_i);
    double reno = sqrt(1.5) / sqrt(loss);
    double cubic = pow(0.4 * 3.7 / (4 * 0.3), 0.25) * pow(rtt, 0.75) / pow(loss, 0.75);
    double bound = 1460 / rtt * fmax(reno, cubic);
    ck_assert_double_ge(rate, 0.7 * bound);
    ck_assert_double_le(rate, 1.3 * bound);
}
END_TEST

/* --- time-outs -------------------------------------------------------------------------------------------------- */

START_TEST(a_silent_peer_is_sent_the_same_bytes_after_times_that_double_and_then_given_up)
{
    struct tcp_profile profile = tcp_profiles[_i];
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 1000, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    peer_send(&peer, &data);
    unsigned first = peer.count - 1;
    int64_t wait_ns = tcp_rto(peer.socket), at_ns = 0;
    peer_run(&peer, 10000 * second_ns);
    ck_assert(peer.closed && peer.reason == TCP_TIMED_OUT);
    ck_assert_uint_eq(peer.count, first + 1 + profile.retries);
    for (unsigned i = first; i < peer.count; i++) {
        ck_assert_int_eq(peer.heard[i].at_ns, at_ns);
        ck_assert_uint_eq(peer.heard[i].segment.seq, PEER_HOST_ISN + 1);
        ck_assert_uint_eq(peer.heard[i].segment.length, 1000);
        at_ns += wait_ns;
        wait_ns = 2 * wait_ns < profile.rto_max_ns ? 2 * wait_ns : profile.rto_max_ns;
    }
    peer_fini(&peer);
}
END_TEST

/* The window has room for some, and a part of that is lost; what waits behind is no part of a retransmission. */
START_TEST(a_retransmission_carries_nothing_that_was_never_sent)
{
    struct tcp_profile profile = tcp_profiles[_i];
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 2, 1000, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 0xff, 300);
    peer_send(&peer, &data);
    for (int i = 0; i < 4; i++)
        peer_ack(&peer, PEER_HOST_ISN + 1, 300);
    tcp_kick(peer.socket);
    peer_run(&peer, 100 * second_ns);
    uint32_t sent_through = PEER_HOST_ISN + 1 + 300;
    unsigned copies = 0;
    for (unsigned i = 1; i < peer.count; i++) {
        const struct tcp_segment *segment = &peer.heard[i].segment;
        copies += segment->length > 0;
        ck_assert_uint_le(segment->seq + segment->length, sent_through);
    }
    ck_assert_uint_ge(copies, 3);
    peer_ack(&peer, sent_through, 0xffff);
    ck_assert_uint_eq(peer_last(&peer)->segment.seq, sent_through);
    ck_assert_uint_eq(peer_last(&peer)->segment.length, 700);
    peer_fini(&peer);
}
END_TEST

START_TEST(the_timeout_is_the_smoothed_round_trip_and_four_deviations)
{
    /* RFC 6298, from round trips of the test's own making; Linux keeps the second term at 200 ms at least. */
    struct tcp_profile profile = tcp_profiles[_i];
    static const int64_t trips_ns[] = {300000000, 500000000, 100000000, 400000000, 350000000};
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 1460, NULL);
    peer_init(&peer, &profile);
    peer_syn(&peer, TCP_FLAG_SYN, 7);
    peer_run(&peer, 200000000);
    peer_ack(&peer, PEER_HOST_ISN + 1, 1000);
    double mean = 0.2, deviation = 0.1;
    uint32_t through = PEER_HOST_ISN + 1;
    for (unsigned i = 0; i < 5; i++) {
        peer_send(&peer, &data);
        peer_run(&peer, trips_ns[i]);
        peer_ack(&peer, through += 1460, 1000);
        double error = (double)trips_ns[i] / 1e9 - mean;
        mean += error / 8;
        deviation += (fabs(error) - deviation) / 4;
        double expected = mean + fmax(4 * deviation, 0.2);
        ck_assert_double_eq_tol((double)tcp_rto(peer.socket) / 1e9, expected, 1e-6);
    }
    ck_assert_uint_eq(tcp_counters(peer.stack)->retransmissions, 0);
    peer_fini(&peer);
}
END_TEST

START_TEST(a_paused_hosts_timeouts_are_one_when_it_resumes)
{
    /* Three time-outs' worth of pause: one retransmission, at its end, and a time-out doubled once. */
    struct tcp_profile profile = tcp_profiles[_i];
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 1000, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    int64_t timeout_ns = tcp_rto(peer.socket);
    peer_send(&peer, &data);
    unsigned sent = peer.count;
    tcp_stack_pause(peer.stack);
    peer_run(&peer, 7 * timeout_ns + 1);
    ck_assert_uint_eq(peer.count, sent);
    tcp_stack_resume(peer.stack);
    peer_run(&peer, 1);
    ck_assert_uint_eq(peer.count, sent + 1);
    ck_assert_int_eq(tcp_rto(peer.socket), 2 * timeout_ns);
    peer_run(&peer, 2 * timeout_ns - 2);
    ck_assert_uint_eq(peer.count, sent + 1);
    peer_run(&peer, 2);
    ck_assert_uint_eq(peer.count, sent + 2);
    peer_fini(&peer);
}
END_TEST

START_TEST(a_pause_that_ends_before_the_timeout_does_not_move_it)
{
    struct tcp_profile profile = tcp_profiles[_i];
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 1000, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    int64_t timeout_ns = tcp_rto(peer.socket);
    peer_send(&peer, &data);
    unsigned sent = peer.count;
    tcp_stack_pause(peer.stack);
    peer_run(&peer, timeout_ns / 2);
    tcp_stack_resume(peer.stack);
    peer_run(&peer, timeout_ns - timeout_ns / 2 - 1);
    ck_assert_uint_eq(peer.count, sent);
    peer_run(&peer, 1);
    ck_assert_uint_eq(peer.count, sent + 1);
    peer_fini(&peer);
}
END_TEST

START_TEST(a_doubled_timeout_stays_doubled_until_a_round_trip_is_measured)
{
    /* Karn's algorithm, RFC 6298 section 5: the acknowledgement of bytes that were sent twice measures nothing. Without
     * that, a path slower than the time-out would be sent everything twice for ever. */
    struct tcp_profile profile = tcp_profiles[_i];
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 1000, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    int64_t timeout_ns = tcp_rto(peer.socket);
    peer_send(&peer, &data);
    peer_run(&peer, timeout_ns + 1);
    peer_ack(&peer, PEER_HOST_ISN + 1001, 1000);
    ck_assert_int_eq(tcp_rto(peer.socket), 2 * timeout_ns);
    peer_send(&peer, &data);
    unsigned sent = peer.count;
    peer_run(&peer, 2 * timeout_ns - 1);
    ck_assert_uint_eq(peer.count, sent);
    peer_ack(&peer, PEER_HOST_ISN + 2001, 1000);
    ck_assert_int_ge(tcp_rto(peer.socket),
                     2 * timeout_ns); /* measured: the round trip was that long */
    peer_run(&peer, 1);
    peer_send(&peer, &data);
    peer_ack(&peer, PEER_HOST_ISN + 3001, 1000);
    peer_send(&peer, &data);
    peer_ack(&peer, PEER_HOST_ISN + 4001, 1000);
    ck_assert_uint_eq(peer.socket->backoff, 0);
    peer_fini(&peer);
}
END_TEST

START_TEST(the_variance_counts_as_one_tick_of_the_clock_at_least)
{
    /* RFC 6298 (2.3): SRTT + max(G, 4 RTTVAR). Round trips that are all alike leave no variance. */
    const struct tcp_profile *profile = pair_profile("ns-3");
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 1460, NULL);
    peer_init(&peer, profile);
    peer_syn(&peer, TCP_FLAG_SYN, 7);
    uint32_t through = PEER_HOST_ISN + 1;
    for (unsigned i = 0; i < 100; i++) {
        peer_run(&peer, 2 * second_ns / 5);
        peer_ack(&peer, through, 1000);
        peer_send(&peer, &data);
        through += 1460;
    }
    ck_assert_int_eq(tcp_rto(peer.socket), 2 * second_ns / 5 + profile->rto_granularity_ns);
    peer_fini(&peer);
}
END_TEST

/* --- fast retransmit -------------------------------------------------------------------------------------------- */

START_TEST(what_duplicate_acks_let_out_does_not_count_in_the_threshold)
{
    /* RFC 5681 3.2, step 2: ten segments were out when the first duplicate came; limited transmit adds two. */
    enum { SEGMENT = 1460, OUT = 10 };
    struct tcp_profile profile = *pair_profile("linux-2.4");
    profile.initial_window_segments = OUT;
    profile.send_buffer_bytes = 4 * OUT * SEGMENT;
    profile.sack = _i;
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 2 * OUT * SEGMENT, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    peer_send(&peer, &data);
    ck_assert_uint_eq(tcp_flight(peer.socket), OUT * SEGMENT);
    for (uint32_t i = 2; i <= 4; i++) {
        uint32_t first = PEER_HOST_ISN + 1;
        if (profile.sack)
            peer_sack(&peer, first, first + SEGMENT, first + i * SEGMENT);
        else
            peer_ack(&peer, first, 1000);
    }
    ck_assert_int_eq(peer.socket->recovery, TCP_RECOVERY_FAST);
    ck_assert_uint_ge(tcp_flight(peer.socket), (OUT + 2) * SEGMENT);
    ck_assert_uint_eq(peer.socket->slow_start_threshold, OUT * SEGMENT / 2);
    peer_fini(&peer);
}
END_TEST

/* --- a peer that forgets ---------------------------------------------------------------------------------------- */

enum { MSS = 1460, FLIGHT = 10, FIRST = PEER_HOST_ISN + 1 };

/* A connection with ten segments on their way, of which the peer holds the second to fifth. */
static void open_with_a_hole(struct peer *peer, const struct tcp_profile *profile,
                             struct content *data, int64_t trip_ns)
{
    content_init(data, CONTENT_OTHER, 1, FLIGHT * MSS, NULL);
    peer_init(peer, profile);
    peer_syn(peer, TCP_FLAG_SYN, 7);
    peer_run(peer, trip_ns);
    peer_ack(peer, FIRST, 1000);
    ck_assert_uint_eq(peer_send(peer, data), FLIGHT * MSS);
    ck_assert_uint_eq(peer->count, 1 + FLIGHT);
    for (uint32_t i = 2; i <= 5; i++)
        peer_sack(peer, FIRST, FIRST + MSS, FIRST + i * MSS);
    ck_assert_uint_eq(peer->heard[1 + FLIGHT].segment.seq, FIRST); /* fast retransmit */
}

static struct tcp_profile profile_with_room(int index)
{
    struct tcp_profile profile = tcp_profiles[index];
    profile.initial_window_segments = FLIGHT;
    profile.send_buffer_bytes = 2 * FLIGHT * MSS;
    return profile;
}

START_TEST(bytes_that_the_peer_forgot_are_sent_again_after_the_renege_wait)
{
    /* Linux tcp_check_sack_reneging(): the larger of half a round trip and 10 ms, not a whole time-out. */
    static const int64_t trips_ns[] = {100000, 80000000};
    int64_t trip_ns = trips_ns[_i / 2], wait_ns = trip_ns / 2 > 10000000 ? trip_ns / 2 : 10000000;
    struct tcp_profile profile = profile_with_room(_i % 2);
    struct content data;
    struct peer peer;
    open_with_a_hole(&peer, &profile, &data, trip_ns);
    peer_ack(&peer, FIRST + MSS, 1000); /* the hole is filled, what was above it is not there */
    unsigned before = peer.count;
    peer_run(&peer, wait_ns - 1);
    ck_assert_uint_eq(peer.count, before);
    peer_run(&peer, 1);
    ck_assert_uint_eq(peer.count, before + 1);
    ck_assert_uint_eq(peer_last(&peer)->segment.seq, FIRST + MSS);
    /* From here on the peer is honest: it gets everything, each segment as a reaction to the last one. */
    uint32_t through = FIRST + MSS;
    for (unsigned i = before; i < peer.count && i < before + 2 * FLIGHT; i++) {
        const struct tcp_segment *segment = &peer.heard[i].segment;
        ck_assert(!seq_after(segment->seq, through));
        through = max_u32(through, segment->seq + segment->length);
        peer_ack(&peer, through, 1000);
    }
    ck_assert_uint_eq(through, FIRST + FLIGHT * MSS);
    ck_assert_uint_eq(tcp_unacknowledged(peer.socket), 0);
    peer_fini(&peer);
}
END_TEST

START_TEST(bytes_that_the_peer_forgot_are_sent_again_after_a_timeout)
{
    /* The retransmission that fills the hole is lost; meanwhile the peer is replaced by one that holds nothing. */
    struct tcp_profile profile = profile_with_room(_i);
    struct content data;
    struct peer peer;
    open_with_a_hole(&peer, &profile, &data, 100000);
    unsigned before = peer.count;
    peer_run(&peer, tcp_rto(peer.socket) + 1);
    ck_assert_uint_gt(peer.count, before);
    ck_assert_uint_eq(peer.heard[before].segment.seq, FIRST);
    uint32_t through = FIRST;
    for (unsigned rounds = 0; through != FIRST + FLIGHT * MSS && rounds < 20; rounds++) {
        for (; before < peer.count; before++) {
            const struct tcp_segment *segment = &peer.heard[before].segment;
            if (segment->seq == through)
                through += segment->length;
        }
        peer_ack(&peer, through, 1000);
        if (before == peer.count)
            peer_run(&peer, second_ns);
    }
    ck_assert_uint_eq(through, FIRST + FLIGHT * MSS);
    peer_fini(&peer);
}
END_TEST

START_TEST(a_peer_that_keeps_its_word_is_not_sent_what_it_holds)
{
    struct tcp_profile profile = profile_with_room(_i);
    struct content data;
    struct peer peer;
    open_with_a_hole(&peer, &profile, &data, 100000);
    peer_sack(&peer, FIRST + 5 * MSS, FIRST + 6 * MSS, FIRST + FLIGHT * MSS);
    peer_run(&peer, second_ns);
    for (unsigned i = 1 + FLIGHT; i < peer.count; i++) {
        uint32_t seq = peer.heard[i].segment.seq;
        ck_assert(seq == FIRST || seq == FIRST + 5 * MSS);
    }
    peer_fini(&peer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tcp_recovery");
    TCase *tcase = tcase_create("formulas");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, slow_start_doubles_the_window_each_round_trip, 0, 2);
    tcase_add_test(tcase, slow_start_under_delayed_acks_grows_by_half_each_round_trip);
    tcase_add_test(tcase, without_byte_counting_an_ack_counts_once_whatever_it_acknowledges);
    tcase_add_loop_test(tcase, newrenos_throughput_under_loss_is_near_the_mathis_bound, 0, 12);
    tcase_add_loop_test(tcase, cubics_throughput_under_loss_is_near_its_own_formula_or_renos, 0, 4);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("time-outs");
    tcase_add_loop_test(
        tcase, a_silent_peer_is_sent_the_same_bytes_after_times_that_double_and_then_given_up, 0,
        2);
    tcase_add_loop_test(tcase, a_retransmission_carries_nothing_that_was_never_sent, 0, 2);
    tcase_add_loop_test(tcase, the_timeout_is_the_smoothed_round_trip_and_four_deviations, 0, 2);
    tcase_add_loop_test(tcase, a_paused_hosts_timeouts_are_one_when_it_resumes, 0, 3);
    tcase_add_loop_test(tcase, a_pause_that_ends_before_the_timeout_does_not_move_it, 0, 3);
    tcase_add_loop_test(tcase, a_doubled_timeout_stays_doubled_until_a_round_trip_is_measured, 0,
                        3);
    tcase_add_test(tcase, the_variance_counts_as_one_tick_of_the_clock_at_least);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("fast retransmit");
    tcase_add_loop_test(tcase, what_duplicate_acks_let_out_does_not_count_in_the_threshold, 0, 2);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("reneging");
    tcase_add_loop_test(tcase, bytes_that_the_peer_forgot_are_sent_again_after_the_renege_wait, 0,
                        4);
    tcase_add_loop_test(tcase, bytes_that_the_peer_forgot_are_sent_again_after_a_timeout, 0, 2);
    tcase_add_loop_test(tcase, a_peer_that_keeps_its_word_is_not_sent_what_it_holds, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
