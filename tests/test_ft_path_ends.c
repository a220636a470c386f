/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_path at the ends of connections: resets, FINs, and ports that are used again. Exploration found each of
 * these.
 */
#include "tests/path_world.h"

/* The backup was reset before it had all of the request, so the client hears of no more than it had. */
START_TEST(a_reset_at_a_lowered_ack_number_is_shown_to_tcp_at_its_own)
{
    open_both();
    in(&primary, from_client(FT_ACK | FT_PSH, 1, 1, 100), FROM_PEER);
    out(&primary, from_server(FT_ACK, 1, 101, 500)); /* 100 bytes here, none reported */
    assert_verdict(&primary, FT_PASS, FT_REASON_CLAMPED_OUT);
    ck_assert_uint_eq(primary.verdict.edit.ack, CLIENT_ISN + 1);
    in(&primary, from_client(FT_RST, 51, 0, 0), FROM_PEER);
    ck_assert_uint_eq(primary.verdict.edit.seq,
                      CLIENT_ISN + 51); /* nobody's number: not believed */
    ck_assert_uint_eq(primary.flow.closed, 0);
    in(&primary, from_client(FT_RST, 1, 0, 0), FROM_PEER);
    assert_verdict(&primary, FT_PASS, FT_REASON_RESET_IN);
    ck_assert_uint_eq(primary.verdict.edit.seq, CLIENT_ISN + 101);
    ck_assert_uint_eq(primary.flow.closed, 1);
}
END_TEST

/* The client takes windows from the segment with the highest number (RFC 9293, SND.WL1). */
START_TEST(nothing_has_a_number_behind_a_fin_that_is_held)
{
    open_both();
    request();
    out(&primary, from_server(FT_ACK | FT_FIN, 1, 101, 0));
    assert_verdict(&primary, FT_DROP, FT_REASON_FIN_HELD);
    in(&primary, from_client(FT_ACK | FT_PSH, 101, 1, 100), FROM_PEER);
    in(&primary, report(from_server(FT_ACK, 1, 201, 0)), FROM_PEER);
    out(&primary, from_server(FT_ACK, 2, 201, 0));
    assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN);
    ck_assert_uint_eq(primary.verdict.edit.seq, server_isn + 1);
    in(&primary, report(from_server(FT_ACK | FT_FIN, 1, 201, 0)), FROM_PEER);
    assert_verdict(&primary, FT_FORWARD, FT_REASON_FIN_FORWARDED);
    out(&primary, from_server(FT_ACK, 2, 201, 0));
    ck_assert_uint_eq(primary.verdict.edit.seq, server_isn + 2);
}
END_TEST

/* Initial sequence numbers may be near each other by chance; the client's never go back. */
START_TEST(a_replaced_socket_is_known_by_what_it_acknowledges)
{
    open_both();
    out(&primary, packet(false, FT_ACK, server_isn - 1000, CLIENT_ISN - 5000, 0, WINDOW));
    assert_verdict(&primary, FT_LOCAL_ACK, FT_REASON_REPLACED);
    out(&primary, from_server(FT_ACK, 1, 1, 0));
    assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN);
}
END_TEST

/* Something stood in its way at the backup; the primary has answered the first request meanwhile. */
START_TEST(a_connection_is_created_again_although_the_client_has_a_reply)
{
    open_both();
    request();
    backup.host.now_ns += FT_ASSIGN_AGAIN_NS;
    struct wire wire =
        packet(true, FT_ACK, CLIENT_ISN + 1, server_isn + 501, 100, 1); /* room for 128 more */
    in(&backup, wire, 0);
    assert_verdict(&backup, FT_ASSIGN | FT_PASS | FT_COPY, FT_REASON_ASSIGNED_AGAIN);
    ck_assert_uint_eq(backup.verdict.edit.ack, server_isn + 1);
    out(&backup, from_server(FT_ACK, 1, 101, 0));
    in(&backup, from_client(FT_ACK, 101, 501, 0), 0);
    assert_verdict(&backup, FT_PASS | FT_COPY, FT_REASON_CLAMPED_IN);
}
END_TEST

/* The primary never had the earlier connection, and so answered the SYN. */
START_TEST(the_next_connection_from_a_port_is_known_though_its_numbers_are_near)
{
    const uint32_t next = CLIENT_ISN + 3000, old_isn = server_isn;
    open_both();
    primary.known = false;
    in(&backup, syn(next, MSS), 0);
    in(&primary, syn(next, MSS), FROM_PEER);
    assert_verdict(&primary, FT_ANSWER, FT_REASON_SYN_ANSWERED);
    uint32_t isn = primary.verdict.assign.server_isn;
    ck_assert_uint_ne(isn, old_isn);
    in(&backup, packet(true, FT_ACK, next + 1, isn + 1, 0, WINDOW), HAS_SOCKET);
    assert_verdict(&backup, FT_CLEAR | FT_COPY, FT_REASON_SYN_REUSE);
    in(&backup, packet(true, FT_ACK | FT_PSH, next + 1, isn + 1, 100, WINDOW), 0);
    assert_verdict(&backup, FT_ASSIGN | FT_PASS | FT_COPY, FT_REASON_ASSIGNED);
}
END_TEST

/* The primary spoke the last FIN before it had the client's, and died. */
START_TEST(a_client_that_has_not_heard_of_its_own_fin_is_told_not_reset)
{
    open_both();
    request();
    in(&backup, from_client(FT_ACK | FT_FIN, 101, 1, 0), 0);
    out(&backup, from_server(FT_ACK | FT_FIN, 1, 102, 0));
    in(&backup, from_client(FT_ACK, 102, 2, 0), 0);
    takeover(&backup);
    in(&backup, from_client(FT_ACK | FT_FIN, 101, 2, 0), 0);
    out(&backup, from_server(FT_RST, 2, 0, 0));
    assert_verdict(&backup, FT_PASS, FT_REASON_SPOKEN);
    ck_assert_uint_eq(backup.verdict.edit.flags, FT_ACK);
    ck_assert_uint_eq(backup.verdict.edit.ack, CLIENT_ISN + 102);
    ck_assert_uint_eq(backup.verdict.edit.window, WINDOW); /* a window is not drawn back */
}
END_TEST

START_TEST(a_syn_into_a_live_connection_brings_no_bytes_into_it)
{
    struct wire wire = packet(true, FT_SYN | FT_PSH, 12345, 0, 700, WINDOW);
    open_both();
    in(&primary, wire, HAS_SOCKET);
    assert_verdict(&primary, FT_PASS, FT_REASON_SYN_LIVE);
    uint32_t end = primary.verdict.edit.seq + 700;
    ck_assert_uint_eq(end, CLIENT_ISN); /* all of it before the next byte */
}
END_TEST

/* An earlier connection's socket stood in the way of it until now, and the client gives it up. */
static void obstructed(void)
{
    open_both();
    out(&primary, packet(false, FT_ACK, server_isn - 1000, CLIENT_ISN - 5000, 0, WINDOW));
    assert_verdict(&primary, FT_LOCAL_ACK, FT_REASON_REPLACED);
}

static void open_next(uint32_t isn)
{
    in(&primary, syn(isn, MSS), FROM_PEER);
    assert_verdict(&primary, FT_ANSWER | (primary.flow.closed ? FT_CLEAR : 0),
                   primary.flow.closed ? FT_REASON_SYN_REUSE : FT_REASON_SYN_ANSWERED);
    uint32_t next = primary.verdict.assign.server_isn;
    in(&primary, packet(true, FT_ACK, isn + 1, next + 1, 0, WINDOW), FROM_PEER);
    assert_verdict(&primary, FT_ASSIGN | FT_PASS, FT_REASON_ASSIGNED);
}

START_TEST(a_client_may_give_up_a_connection_that_could_not_be_created_and_begin_another)
{
    obstructed();
    in(&primary, from_client(FT_ACK | FT_RST, 101, 1, 0), FROM_PEER);
    assert_verdict(&primary, FT_DROP, FT_REASON_EARLY);
    ck_assert_uint_eq(primary.flow.closed, 1);
    open_next(CLIENT_ISN + 5000);
}
END_TEST

START_TEST(nor_does_such_a_connection_stand_in_the_way_when_its_reset_was_lost)
{
    obstructed();
    open_next(CLIENT_ISN + 5000);
}
END_TEST

/* The other host serves it meanwhile. */
START_TEST(what_the_client_says_while_its_connection_cannot_be_created_is_noted)
{
    open_both();
    out(&backup, packet(false, FT_ACK, server_isn - 1000, CLIENT_ISN - 5000, 0, WINDOW));
    for (uint32_t ack = 1; ack < 500000; ack += 50000) {
        in(&backup, from_client(FT_ACK, 101, ack, 0), 0);
        assert_verdict(&backup, FT_DROP | FT_COPY, FT_REASON_EARLY);
    }
    in(&backup, from_client(FT_ACK, 1, 500000, 100), 0);
    assert_verdict(&backup, FT_ASSIGN | FT_PASS | FT_COPY, FT_REASON_ASSIGNED_AGAIN);
}
END_TEST

/* Nor does anything of the earlier one's remains speak for it. */
START_TEST(data_that_overtakes_the_handshake_of_a_ports_next_connection_is_dropped)
{
    const uint32_t next = CLIENT_ISN + 300000;
    open_both();
    in(&backup, from_client(FT_RST, 1, 0, 0), 0);
    in(&primary, from_client(FT_RST, 1, 0, 0), 0);
    in(&primary, syn(next, MSS), 0);
    assert_verdict(&primary, FT_ANSWER | FT_CLEAR, FT_REASON_SYN_REUSE);
    struct wire wire =
        packet(true, FT_ACK, next + 101, primary.verdict.assign.server_isn + 1, 100, WINDOW);
    in(&primary, wire, 0);
    assert_verdict(&primary, FT_DROP, FT_REASON_EARLY);
    in(&backup, wire, 0);
    assert_verdict(&backup, FT_DROP | FT_COPY, FT_REASON_EARLY);
}
END_TEST

START_TEST(a_late_reset_of_a_ports_earlier_connection_does_not_close_the_next)
{
    open_both();
    request();
    in(&backup, packet(true, FT_ACK | FT_RST, CLIENT_ISN + 5000, server_isn - 70000, 0, 0), 0);
    ck_assert(!backup.flow.closed);
    in(&backup, from_client(FT_ACK | FT_RST, 5000, 1, 0), 0);
    ck_assert(backup.flow.closed);
}
END_TEST

/* The first bits of its acknowledgement may look like those of a handshake. */
START_TEST(the_last_fin_is_shown_to_a_closed_connections_remains_whatever_its_number_is)
{
    open_both();
    primary.flow.closed = 1;
    primary.flow.own_acked = CLIENT_ISN + 102;
    for (uint32_t end = 1; end < 5000; end++) {
        primary.flow.own_sent = primary.flow.client_acked = server_isn + end;
        ck_assert_uint_eq(in(&primary, from_client(FT_ACK | FT_FIN, 101, end, 0), 0), FT_PASS);
    }
}
END_TEST

/* The backup has been reset already, and the reset's copy to the primary was lost. */
START_TEST(a_syn_into_a_connection_that_only_the_primary_has_is_answered_though_its_ack_is_held)
{
    open_both();
    request();
    out(&primary, from_server(FT_ACK, 1, 101, 0));
    assert_verdict(&primary, FT_DROP, FT_REASON_ACK_HELD);
    in(&primary, syn(CLIENT_ISN + 5000, MSS), HAS_SOCKET);
    assert_verdict(&primary, FT_PASS, FT_REASON_SYN_LIVE);
    out(&primary, from_server(FT_ACK, 1, 101, 0));
    assert_verdict(&primary, FT_PASS, FT_REASON_CLAMPED_OUT);
    ck_assert_uint_eq(primary.verdict.edit.ack, CLIENT_ISN + 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_reset_at_a_lowered_ack_number_is_shown_to_tcp_at_its_own,
        nothing_has_a_number_behind_a_fin_that_is_held,
        a_replaced_socket_is_known_by_what_it_acknowledges,
        a_connection_is_created_again_although_the_client_has_a_reply,
        the_next_connection_from_a_port_is_known_though_its_numbers_are_near,
        a_client_that_has_not_heard_of_its_own_fin_is_told_not_reset,
        a_syn_into_a_live_connection_brings_no_bytes_into_it,
        a_client_may_give_up_a_connection_that_could_not_be_created_and_begin_another,
        what_the_client_says_while_its_connection_cannot_be_created_is_noted,
        data_that_overtakes_the_handshake_of_a_ports_next_connection_is_dropped,
        a_late_reset_of_a_ports_earlier_connection_does_not_close_the_next,
        the_last_fin_is_shown_to_a_closed_connections_remains_whatever_its_number_is,
        a_syn_into_a_connection_that_only_the_primary_has_is_answered_though_its_ack_is_held,
        nor_does_such_a_connection_stand_in_the_way_when_its_reset_was_lost,
    };
    Suite *suite = suite_create("ft_path_ends");
    TCase *tcase = tcase_create("ends");
    tcase_add_checked_fixture(tcase, setup, NULL);
    for (unsigned i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
