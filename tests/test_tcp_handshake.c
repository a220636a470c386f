/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of TCP's beginnings: what two ends agree on, who may break them off, and connections taken over from others.
 */
#include "tests/tcp_peer.h"

static const int64_t second_ns = INT64_C(1000000000);
static const uint8_t scales[] = {0xff, 0, 2, 7};
enum { SCALES = sizeof scales / sizeof scales[0] };

static struct tcp_profile profile_of(int index)
{
    return tcp_profiles[index];
}

/* What a window field from the peer and one to the peer are multiplied with, seen from outside. */
static void check_scales(struct peer *peer, uint8_t theirs, uint8_t ours)
{
    struct content data;
    content_init(&data, CONTENT_OTHER, 1, 1000, NULL);
    peer_say_data(
        peer,
        (struct tcp_header){
            .seq = PEER_ISN + 1, .ack = PEER_HOST_ISN + 1, .window = 0xffff, .flags = TCP_FLAG_ACK},
        &(struct span){.content = &data, .length = 1000});
    ck_assert_uint_eq(peer->socket->snd_window, 0xffffu << theirs);
    peer_run(peer, second_ns); /* delayed ACK */
    const struct peer_heard *ack = peer_last(peer);
    ck_assert_uint_eq(ack->segment.ack, PEER_ISN + 1001);
    uint32_t right = ack->segment.ack + ((uint32_t)ack->segment.window << ours);
    ck_assert_uint_eq(right, peer->socket->rcv_right);
    ck_assert_uint_eq(data.references, 1);
}

START_TEST(a_passive_end_answers_a_window_scale_only_if_both_ends_have_one)
{
    struct tcp_profile profile = profile_of(_i / SCALES / SCALES);
    profile.window_scale = scales[_i % SCALES];
    uint8_t offered = scales[_i / SCALES % SCALES];
    bool both = profile.window_scale != 0xff && offered != 0xff;
    struct peer peer;
    peer_init(&peer, &profile);
    peer_open(&peer, offered, 0xffff);
    ck_assert_uint_eq(peer.heard[0].segment.flags, TCP_FLAG_SYN | TCP_FLAG_ACK);
    ck_assert_uint_eq(peer.heard[0].options.window_scale, both ? profile.window_scale : 0xff);
    ck_assert_uint_eq(peer.heard[0].options.mss, profile.mss);
    ck_assert(peer.heard[0].options.sack_permitted);
    check_scales(&peer, both ? offered : 0, both ? profile.window_scale : 0);
    peer_fini(&peer);
}
END_TEST

START_TEST(an_active_end_scales_only_if_its_offer_is_answered)
{
    struct tcp_profile profile = profile_of(_i / SCALES / SCALES);
    profile.window_scale = scales[_i % SCALES];
    uint8_t answered = scales[_i / SCALES % SCALES];
    bool both = profile.window_scale != 0xff && answered != 0xff;
    struct peer peer;
    peer_init(&peer, &profile);
    struct tcp_address local = {.ip = PEER_HOST_IP, .port = PEER_HOST_PORT};
    struct tcp_address remote = {.ip = PEER_OWN_IP, .port = PEER_OWN_PORT};
    peer.socket = tcp_connect(peer.stack, local, remote, &peer_events, &peer);
    ck_assert_uint_eq(peer.heard[0].segment.flags, TCP_FLAG_SYN);
    ck_assert_uint_eq(peer.heard[0].options.window_scale, profile.window_scale);
    peer_syn(&peer, TCP_FLAG_SYN | TCP_FLAG_ACK, answered);
    check_scales(&peer, both ? answered : 0, both ? profile.window_scale : 0);
    peer_fini(&peer);
}
END_TEST

START_TEST(sack_is_answered_only_if_both_ends_have_it)
{
    struct tcp_profile profile = profile_of(0);
    profile.sack = _i & 1;
    struct peer peer;
    peer_init(&peer, &profile);
    struct tcp_header syn = {.seq = PEER_ISN, .window = 0xffff, .flags = TCP_FLAG_SYN};
    if (_i & 2) {
        syn.option_bytes = 4;
        memcpy(syn.options, (uint8_t[]){1, 1, 4, 2}, 4);
    }
    peer_say(&peer, syn);
    ck_assert_int_eq(peer.heard[0].options.sack_permitted, _i == 3);
    peer_fini(&peer);
}
END_TEST

START_TEST(a_half_open_connection_is_reset_by_the_exact_sequence_number_only)
{
    struct tcp_profile profile = profile_of(_i);
    struct tcp_address local = {.ip = PEER_HOST_IP, .port = PEER_HOST_PORT};
    struct tcp_address remote = {.ip = PEER_OWN_IP, .port = PEER_OWN_PORT};
    struct peer peer;
    peer_init(&peer, &profile);
    peer_syn(&peer, TCP_FLAG_SYN, 7);
    const uint32_t wrong[] = {PEER_ISN, PEER_ISN + 2, PEER_ISN + 1000, 0};
    for (unsigned i = 0; i < 4; i++) {
        peer_say(&peer, (struct tcp_header){.seq = wrong[i], .flags = TCP_FLAG_RST});
        ck_assert_ptr_nonnull(tcp_find(peer.stack, local, remote));
    }
    peer_say(&peer, (struct tcp_header){.seq = PEER_ISN + 1, .flags = TCP_FLAG_RST});
    ck_assert_ptr_null(tcp_find(peer.stack, local, remote));
    ck_assert_uint_eq(peer.count, 1); /* the SYN-ACK: resets are not answered */
    peer_fini(&peer);
}
END_TEST

START_TEST(the_ack_that_ends_a_handshake_is_not_a_duplicate_of_what_it_sets_off)
{
    struct tcp_profile profile = profile_of(_i);
    struct content greeting;
    struct peer peer;
    content_init(&greeting, CONTENT_OTHER, 1, 2 * 1460, NULL);
    peer_init(&peer, &profile);
    peer.greeting = &greeting;
    peer_open(&peer, 7, 0xffff);
    ck_assert_uint_eq(peer.count, 3); /* SYN-ACK and the greeting */
    peer_ack(&peer, PEER_HOST_ISN + 1, 0xffff);
    peer_ack(&peer, PEER_HOST_ISN + 1, 0xffff);
    ck_assert_uint_eq(tcp_counters(peer.stack)->retransmissions, 0);
    peer_ack(&peer, PEER_HOST_ISN + 1, 0xffff); /* the third one is one too many */
    ck_assert_uint_eq(tcp_counters(peer.stack)->retransmissions, 1);
    peer_fini(&peer);
}
END_TEST

START_TEST(an_unanswered_syn_is_sent_again_after_times_that_double)
{
    struct tcp_profile profile = profile_of(_i);
    struct peer peer;
    peer_init(&peer, &profile);
    struct tcp_address local = {.ip = PEER_HOST_IP, .port = PEER_HOST_PORT};
    struct tcp_address remote = {.ip = PEER_OWN_IP, .port = PEER_OWN_PORT};
    peer.socket = tcp_connect(peer.stack, local, remote, &peer_events, &peer);
    peer_run(&peer, 4000 * second_ns);
    ck_assert(peer.closed && peer.reason == TCP_TIMED_OUT);
    ck_assert_uint_eq(peer.count, 1 + profile.syn_retries);
    int64_t wait_ns = profile.rto_initial_ns, at_ns = 0;
    for (unsigned i = 0; i < peer.count; i++) {
        ck_assert_uint_eq(peer.heard[i].segment.flags, TCP_FLAG_SYN);
        ck_assert_int_eq(peer.heard[i].at_ns, at_ns);
        at_ns += wait_ns < profile.rto_max_ns ? wait_ns : profile.rto_max_ns;
        wait_ns *= 2;
    }
    peer_fini(&peer);
}
END_TEST

/* --- connections whose handshake others have made --------------------------------------------------------------- */

static void adopt(struct peer *peer, uint8_t peer_scale, uint8_t own_scale)
{
    struct tcp_adoption adoption = {
        .local = {.ip = PEER_HOST_IP, .port = PEER_HOST_PORT},
        .remote = {.ip = PEER_OWN_IP, .port = PEER_OWN_PORT},
        .client_isn = PEER_ISN,
        .server_isn = PEER_HOST_ISN,
        .mss = 1460,
        .peer_window_scale = peer_scale,
        .own_window_scale = own_scale,
        .sack = true,
    };
    ck_assert_int_eq(tcp_adopt(peer->stack, &adoption), TCP_ADOPTED);
    peer_ack(peer, PEER_HOST_ISN + 1, 1000);
    ck_assert_ptr_nonnull(peer->socket);
    ck_assert_uint_eq(peer->count, 0); /* nobody says anything about it */
}

START_TEST(an_adopted_connection_scales_as_its_handshake_said_whatever_our_own_profile)
{
    struct tcp_profile profile = profile_of(_i / SCALES / SCALES);
    uint8_t theirs = scales[_i % SCALES], ours = scales[_i / SCALES % SCALES];
    bool both = theirs != 0xff && ours != 0xff;
    struct peer peer;
    peer_init(&peer, &profile);
    adopt(&peer, theirs, ours);
    check_scales(&peer, both ? theirs : 0, both ? ours : 0);
    peer_fini(&peer);
}
END_TEST

START_TEST(an_adopted_connection_without_scaling_does_not_tell_its_window_at_every_read)
{
    /* Its buffer cannot be larger than what it can say; else each read looks as if it had doubled the window. */
    struct tcp_profile profile = profile_of(1);
    struct content data;
    struct peer peer;
    peer_init(&peer, &profile);
    adopt(&peer, _i == 0 ? 0xff : 7, _i == 1 ? 0xff : 7);
    content_init(&data, CONTENT_OTHER, 1, 100 * 1460, NULL);
    for (uint32_t i = 0; i < 100; i++) {
        peer_say_data(&peer,
                      (struct tcp_header){.seq = PEER_ISN + 1 + i * 1460,
                                          .ack = PEER_HOST_ISN + 1,
                                          .window = 1000,
                                          .flags = TCP_FLAG_ACK},
                      &(struct span){.content = &data, .offset = i * 1460, .length = 1460});
    }
    peer_run(&peer, second_ns);
    ck_assert_uint_eq(peer.received, data.length);
    ck_assert_uint_le(peer.count, 100); /* an ACK for a segment each, at most (quick ACKs) */
    peer_fini(&peer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tcp_handshake");
    TCase *tcase = tcase_create("agreement");
    tcase_add_loop_test(tcase, a_passive_end_answers_a_window_scale_only_if_both_ends_have_one, 0,
                        2 * SCALES * SCALES);
    tcase_add_loop_test(tcase, an_active_end_scales_only_if_its_offer_is_answered, 0,
                        2 * SCALES * SCALES);
    tcase_add_loop_test(tcase, sack_is_answered_only_if_both_ends_have_it, 0, 4);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("handshake");
    tcase_add_loop_test(tcase, a_half_open_connection_is_reset_by_the_exact_sequence_number_only, 0,
                        2);
    tcase_add_loop_test(tcase, the_ack_that_ends_a_handshake_is_not_a_duplicate_of_what_it_sets_off,
                        0, 2);
    tcase_add_loop_test(tcase, an_unanswered_syn_is_sent_again_after_times_that_double, 0, 2);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("adoption");
    tcase_add_loop_test(tcase,
                        an_adopted_connection_scales_as_its_handshake_said_whatever_our_own_profile,
                        0, 2 * SCALES * SCALES);
    tcase_add_loop_test(
        tcase, an_adopted_connection_without_scaling_does_not_tell_its_window_at_every_read, 0, 3);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
