/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of what TCP makes of single segments that no well-behaved peer on a good network would send.
 */
#include "tests/tcp_peer.h"

static const int64_t second_ns = INT64_C(1000000000);

static void say_bytes(struct peer *peer, struct content *content, uint32_t offset, uint32_t length)
{
    peer_say_data(peer,
                  (struct tcp_header){.seq = PEER_ISN + 1 + offset,
                                      .ack = PEER_HOST_ISN + 1,
                                      .window = 1000,
                                      .flags = TCP_FLAG_ACK},
                  &(struct span){.content = content, .offset = offset, .length = length});
}

/* --- old segments ----------------------------------------------------------------------------------------------- */

/* A keep-alive probe, say: below the window, but its acknowledgement is news. */
static void say_old_ack(struct peer *peer, uint32_t ack)
{
    peer_say(peer, (struct tcp_header){
                       .seq = PEER_ISN, .ack = ack, .window = 1000, .flags = TCP_FLAG_ACK});
}

START_TEST(an_old_segments_acknowledgement_is_told_to_the_owner_and_makes_room)
{
    struct tcp_profile profile = tcp_profiles[_i];
    profile.send_buffer_bytes = 2 * 1460;
    profile.send_buffer_max_bytes = 0;
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 10 * 1460, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    ck_assert_uint_eq(peer_send(&peer, &data), 2 * 1460); /* short: `writable` is owed */
    say_old_ack(&peer, PEER_HOST_ISN + 1);
    ck_assert_uint_eq(peer.acknowledged, 0);
    ck_assert_uint_eq(peer.writable, 0);
    say_old_ack(&peer, PEER_HOST_ISN + 1 + 2 * 1460);
    ck_assert_uint_eq(peer.acknowledged, 1);
    ck_assert_uint_eq(peer.writable, 1);
    ck_assert_uint_eq(tcp_unacknowledged(peer.socket), 0);
    peer_fini(&peer);
}
END_TEST

START_TEST(a_segment_of_another_connection_acknowledges_nothing)
{
    struct tcp_profile profile = tcp_profiles[_i];
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 1000, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    peer_send(&peer, &data);
    peer_say(&peer, (struct tcp_header){.seq = PEER_ISN - 100000000u,
                                        .ack = PEER_HOST_ISN + 1001,
                                        .window = 1000,
                                        .flags = TCP_FLAG_ACK});
    ck_assert_uint_eq(peer.acknowledged, 0);
    ck_assert_uint_eq(tcp_unacknowledged(peer.socket), 1000);
    peer_fini(&peer);
}
END_TEST

START_TEST(an_old_segments_acknowledgement_of_a_fin_ends_the_connection)
{
    struct tcp_profile profile = tcp_profiles[_i];
    struct peer peer;
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    peer_say(&peer, (struct tcp_header){.seq = PEER_ISN + 1,
                                        .ack = PEER_HOST_ISN + 1,
                                        .window = 1000,
                                        .flags = TCP_FLAG_ACK | TCP_FLAG_FIN});
    tcp_close(peer.socket); /* LAST_ACK */
    ck_assert(!peer.closed);
    say_old_ack(&peer, PEER_HOST_ISN + 2);
    ck_assert(peer.closed);
    ck_assert_int_eq(peer.reason, TCP_CLOSED);
    peer_fini(&peer);
}
END_TEST

START_TEST(an_old_reset_or_syn_acknowledges_nothing)
{
    struct tcp_profile profile = tcp_profiles[0];
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 1000, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    peer_send(&peer, &data);
    const uint8_t flags[] = {TCP_FLAG_RST | TCP_FLAG_ACK, TCP_FLAG_SYN | TCP_FLAG_ACK};
    peer_say(&peer,
             (struct tcp_header){
                 .seq = PEER_ISN, .ack = PEER_HOST_ISN + 1001, .window = 1000, .flags = flags[_i]});
    ck_assert(!peer.closed);
    ck_assert_uint_eq(peer.acknowledged, 0);
    ck_assert_uint_eq(tcp_unacknowledged(peer.socket), 1000);
    peer_fini(&peer);
}
END_TEST

START_TEST(an_open_connection_is_reset_by_the_exact_sequence_number_only)
{
    struct tcp_profile profile = tcp_profiles[_i];
    struct peer peer;
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    unsigned before = peer.count;
    peer_say(&peer, (struct tcp_header){.seq = PEER_ISN + 2, .flags = TCP_FLAG_RST});
    ck_assert(!peer.closed);
    ck_assert_uint_eq(peer.count, before + 1); /* RFC 5961: a challenge */
    peer_say(&peer, (struct tcp_header){.seq = PEER_ISN, .flags = TCP_FLAG_RST});
    ck_assert(!peer.closed);
    peer_say(&peer, (struct tcp_header){.seq = PEER_ISN + 1, .flags = TCP_FLAG_RST});
    ck_assert(peer.closed);
    ck_assert_int_eq(peer.reason, TCP_RESET);
    peer_fini(&peer);
}
END_TEST

/* Segments that ought not to come, so many at once; returns how often they were answered. */
static unsigned answers_to(struct peer *peer, unsigned count, uint32_t seq, uint8_t flags,
                           const struct span *span)
{
    unsigned before = peer->count;
    for (unsigned i = 0; i < count; i++)
        peer_say_data(peer,
                      (struct tcp_header){
                          .seq = seq, .ack = PEER_HOST_ISN + 1, .window = 1000, .flags = flags},
                      span);
    return peer->count - before;
}

START_TEST(what_ought_not_to_come_is_answered_twice_a_second_by_linux_6_and_always_by_others)
{
    struct tcp_profile profile = tcp_profiles[_i];
    bool limited = strcmp(profile.name, "linux-6") == 0;
    const struct {
        uint32_t seq;
        uint8_t flags;
    } strange[] = {
        {PEER_ISN, TCP_FLAG_ACK},     /* outside the window, as a probe is */
        {PEER_ISN + 1, TCP_FLAG_SYN}, /* RFC 5961, section 4 */
        {PEER_ISN + 2, TCP_FLAG_RST}, /* section 3 */
        {PEER_ISN, TCP_FLAG_SYN},
    };
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 10, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    for (unsigned i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        peer_run(&peer, second_ns / 2);
        ck_assert_uint_eq(answers_to(&peer, 5, strange[i].seq, strange[i].flags, NULL),
                          limited ? 1 : 5);
        peer_run(&peer, second_ns / 2 - 1);
        ck_assert_uint_eq(answers_to(&peer, 5, strange[i].seq, strange[i].flags, NULL),
                          limited ? 0 : 5);
        /* Data is no part of an endless exchange. */
        const struct span span = {.content = &data, .length = 10};
        ck_assert_uint_eq(answers_to(&peer, 3, PEER_ISN + 1 - 10, TCP_FLAG_ACK, &span), 3);
    }
    peer_fini(&peer);
}
END_TEST

/* The peer's next 1000 bytes, with an acknowledgement that cannot be meant for this connection: `ahead` of all that was sent. */
static void say_with_wrong_ack(int profile_number, uint32_t ahead)
{
    struct tcp_profile profile = tcp_profiles[profile_number];
    struct content data, theirs;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 1000, NULL);
    content_init(&theirs, CONTENT_OTHER, 2, 1000, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    peer_send(&peer, &data);
    unsigned before = peer.count;
    peer_say_data(&peer,
                  (struct tcp_header){.seq = PEER_ISN + 1,
                                      .ack = PEER_HOST_ISN + 1001 + ahead,
                                      .window = 1,
                                      .flags = TCP_FLAG_ACK},
                  &(struct span){.content = &theirs, .length = 1000});
    ck_assert_uint_eq(peer.count, before + 1);
    ck_assert_uint_eq(peer.received, 0);
    ck_assert_uint_eq(tcp_unacknowledged(peer.socket), 1000);
    peer_fini(&peer);
}

START_TEST(an_acknowledgement_of_what_was_never_sent_is_answered_and_dropped)
{
    say_with_wrong_ack(_i, 1);
}
END_TEST

START_TEST(so_is_one_older_than_the_largest_window)
{
    say_with_wrong_ack(_i, -200000000u);
}
END_TEST

/* --- very long connections -------------------------------------------------------------------------------------- */

START_TEST(a_connection_that_sent_more_than_half_the_sequence_space_still_counts_right)
{
    struct tcp_profile profile = tcp_profiles[_i];
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 1000, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    peer.socket->iss -= 3u << 30; /* as if so many bytes had gone before */
    ck_assert_uint_eq(tcp_unacknowledged(peer.socket), 0);
    ck_assert_uint_eq(peer_send(&peer, &data), 1000);
    ck_assert_uint_eq(tcp_unacknowledged(peer.socket), 1000);
    peer_fini(&peer);
}
END_TEST

START_TEST(the_last_small_segment_is_forgotten_when_full_ones_are_acknowledged_behind_it)
{
    /* Else it would seem to lie ahead after half the sequence space, and Nagle would wait for its ACK for ever. */
    struct tcp_profile profile = tcp_profiles[_i];
    struct content small, full;
    struct peer peer;
    content_init(&small, CONTENT_OTHER, 1, 10, NULL);
    content_init(&full, CONTENT_OTHER, 2, 1460, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    uint32_t through = PEER_HOST_ISN + 1;
    peer_send(&peer, &small);
    peer_ack(&peer, through += 10, 1000);
    for (unsigned i = 0; i < 3; i++) {
        peer_send(&peer, &full);
        peer_ack(&peer, through += 1460, 1000);
        ck_assert_uint_eq(peer.socket->snd_small, through);
    }
    peer_fini(&peer);
}
END_TEST

/* --- out of order ----------------------------------------------------------------------------------------------- */

START_TEST(adjacent_segments_behind_a_gap_are_one_piece)
{
    struct tcp_profile profile = tcp_profiles[_i];
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 21 * 1000, NULL);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    for (uint32_t i = 1; i < 21; i++) {
        say_bytes(&peer, &data, i * 1000, 1000);
        ck_assert_uint_eq(peer.stack->piece_slab.live, 1);
        ck_assert_uint_eq(peer_last(&peer)->segment.ack, PEER_ISN + 1);
        ck_assert_uint_eq(peer_last(&peer)->options.block_count, 1);
        ck_assert_uint_eq(peer_last(&peer)->options.blocks[0][0], PEER_ISN + 1 + 1000);
        ck_assert_uint_eq(peer_last(&peer)->options.blocks[0][1], PEER_ISN + 1 + (i + 1) * 1000);
    }
    ck_assert_uint_eq(data.references, 2); /* ours and the piece's */
    say_bytes(&peer, &data, 0, 1000);
    ck_assert_uint_eq(peer.received, data.length);
    ck_assert_uint_eq(peer.stack->piece_slab.live, 0);
    ck_assert_uint_eq(data.references, 1);
    ck_assert_uint_eq(peer_last(&peer)->segment.ack, PEER_ISN + 1 + data.length);
    peer_fini(&peer);
}
END_TEST

START_TEST(adjacent_segments_of_different_contents_stay_apart)
{
    /* Neighbours in sequence, but the bytes do not continue each other: joined, the second one's would be wrong. */
    struct tcp_profile profile = tcp_profiles[0];
    struct content first, second;
    struct peer peer;
    content_init(&first, CONTENT_OTHER, 1, 2000, NULL);
    content_init(&second, CONTENT_OTHER, 2, 3000, NULL);
    peer_init(&peer, &profile);
    peer.reads = false;
    peer_open(&peer, 7, 1000);
    say_bytes(&peer, &first, 1000, 1000);
    struct span span = {.content = &second, .offset = 2000, .length = 1000};
    if (_i == 1)
        span = (struct span){.content = &first, .offset = 500, .length = 1000};
    peer_say_data(&peer,
                  (struct tcp_header){.seq = PEER_ISN + 1 + 2000,
                                      .ack = PEER_HOST_ISN + 1,
                                      .window = 1000,
                                      .flags = TCP_FLAG_ACK},
                  &span);
    ck_assert_uint_eq(peer_last(&peer)->options.block_count, 1); /* to the peer it is one run */
    say_bytes(&peer, &first, 0, 1000);
    struct span got;
    ck_assert(tcp_receive(peer.socket, UINT32_MAX, &got));
    ck_assert(got.content == &first && got.offset == 0 && got.length == 2000);
    content_put(got.content);
    ck_assert(tcp_receive(peer.socket, UINT32_MAX, &got));
    ck_assert(got.content == span.content && got.offset == span.offset && got.length == 1000);
    content_put(got.content);
    peer_fini(&peer);
}
END_TEST

START_TEST(overlapping_segments_in_any_order_give_each_byte_once)
{
    struct tcp_profile profile = tcp_profiles[0];
    struct random random;
    struct content data;
    struct peer peer;
    content_init(&data, CONTENT_OTHER, 1, 5000, NULL);
    random_init(&random, (uint64_t)_i, 1);
    peer_init(&peer, &profile);
    peer_open(&peer, 7, 1000);
    for (unsigned i = 0; i < 400 && peer.received < data.length; i++) {
        uint32_t offset = (uint32_t)(random_uniform(&random) * 4990);
        uint32_t length = 1 + (uint32_t)(random_uniform(&random) * 1000);
        say_bytes(&peer, &data, i % 20 == 0 ? 0 : offset, min_u32(length, 5000 - offset));
        ck_assert_uint_eq(peer_last(&peer)->segment.ack, PEER_ISN + 1 + peer.received);
    }
    say_bytes(&peer, &data, 0, 1460);
    say_bytes(&peer, &data, 1460, 1460);
    say_bytes(&peer, &data, 2920, 1460);
    say_bytes(&peer, &data, 4380, 620);
    ck_assert_uint_eq(peer.received, data.length);
    ck_assert_uint_eq(peer.stack->piece_slab.live, 0);
    ck_assert_uint_eq(data.references, 1);
    peer_run(&peer, second_ns);
    peer_fini(&peer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tcp_input");
    TCase *tcase = tcase_create("old");
    tcase_add_loop_test(tcase, an_old_segments_acknowledgement_is_told_to_the_owner_and_makes_room,
                        0, 2);
    tcase_add_loop_test(tcase, a_segment_of_another_connection_acknowledges_nothing, 0, 2);
    tcase_add_loop_test(tcase, an_old_segments_acknowledgement_of_a_fin_ends_the_connection, 0, 2);
    tcase_add_loop_test(tcase, an_old_reset_or_syn_acknowledges_nothing, 0, 2);
    tcase_add_loop_test(tcase, an_open_connection_is_reset_by_the_exact_sequence_number_only, 0, 2);
    tcase_add_loop_test(
        tcase, what_ought_not_to_come_is_answered_twice_a_second_by_linux_6_and_always_by_others, 0,
        3);
    tcase_add_loop_test(tcase, an_acknowledgement_of_what_was_never_sent_is_answered_and_dropped, 0,
                        2);
    tcase_add_loop_test(tcase, so_is_one_older_than_the_largest_window, 0, 2);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("long");
    tcase_add_loop_test(
        tcase, a_connection_that_sent_more_than_half_the_sequence_space_still_counts_right, 0, 2);
    tcase_add_loop_test(
        tcase, the_last_small_segment_is_forgotten_when_full_ones_are_acknowledged_behind_it, 0, 2);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("order");
    tcase_add_loop_test(tcase, adjacent_segments_behind_a_gap_are_one_piece, 0, 2);
    tcase_add_loop_test(tcase, adjacent_segments_of_different_contents_stay_apart, 0, 2);
    tcase_add_loop_test(tcase, overlapping_segments_in_any_order_give_each_byte_once, 0, 20);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
