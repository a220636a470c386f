/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_path: one connection between a client, a primary and a backup, segment by segment; every reason is
 * reached, and every packet that a verdict makes has valid checksums.
 */
#include "tests/path_world.h"

/* --- handshake --------------------------------------------------------------------------------------------------- */

START_TEST(the_backup_copies_a_syn_and_the_primary_answers)
{
    in(&backup, syn(CLIENT_ISN, MSS), 0);
    assert_verdict(&backup, FT_COPY, FT_REASON_SYN_COPIED);
    in(&primary, syn(CLIENT_ISN, MSS), 0);
    assert_verdict(&primary, FT_ANSWER, FT_REASON_SYN_ANSWERED);
    ck_assert_uint_eq(primary.verdict.assign.own_scale, SCALE);
}
END_TEST

START_TEST(both_hosts_create_the_identical_connection)
{
    open_both();
    assert_verdict(&backup, FT_ASSIGN | FT_COPY | FT_PASS, FT_REASON_ASSIGNED);
    ck_assert_mem_eq(&backup.verdict.assign, &primary.verdict.assign, sizeof(struct ft_assign));
    ck_assert_uint_eq(backup.flow.assign.client_isn, CLIENT_ISN);
    ck_assert_uint_eq(backup.flow.assign.server_isn, server_isn);
    ck_assert_uint_eq(backup.flow.assign.mss, MSS);
    ck_assert_uint_eq(backup.flow.assign.client_scale, SCALE);
    ck_assert_uint_eq(backup.flow.assign.sack, 1);
}
END_TEST

START_TEST(first_data_creates_the_connection_when_the_ack_was_lost)
{
    struct wire data = from_client(FT_ACK | FT_PSH, 1, 1, 100);
    in(&backup, data, 0);
    assert_verdict(&backup, FT_ASSIGN | FT_COPY | FT_PASS, FT_REASON_ASSIGNED);
    in(&primary, data, 0);
    assert_verdict(&primary, FT_ASSIGN | FT_PASS, FT_REASON_ASSIGNED);
}
END_TEST

START_TEST(data_that_overtakes_its_handshake_is_dropped)
{
    struct wire data = from_client(FT_ACK, 1461, 1, 100);
    in(&backup, data, 0);
    assert_verdict(&backup, FT_COPY, FT_REASON_UNKNOWN);
    in(&primary, data, 0);
    assert_verdict(&primary, FT_DROP, FT_REASON_EARLY);
}
END_TEST

START_TEST(a_stranger_reaches_the_primary_only)
{
    struct wire data = from_client(FT_ACK, 1, 0x500, 100);
    in(&backup, data, 0);
    assert_verdict(&backup, FT_COPY, FT_REASON_UNKNOWN);
    in(&primary, data, HAS_SOCKET);
    assert_verdict(&primary, FT_PASS, FT_REASON_PLAIN);
    out(&primary, from_server(FT_ACK, 0x500, 101, 10));
    assert_verdict(&primary, FT_PASS, FT_REASON_PLAIN);
}
END_TEST

START_TEST(a_connection_tcp_did_not_create_is_created_again_after_a_while)
{
    struct wire data = from_client(FT_ACK, 1, 1, 100);
    open_both();
    in(&primary, data, 0);
    assert_verdict(&primary, FT_PASS, FT_REASON_IN_ORDER);
    primary.host.now_ns += FT_ASSIGN_AGAIN_NS;
    in(&primary, data, HAS_SOCKET);
    assert_verdict(&primary, FT_PASS, FT_REASON_IN_ORDER);
    out(&primary, from_server(FT_RST, 1, 0, 0)); /* nobody knows the connection */
    assert_verdict(&primary, FT_DROP, FT_REASON_STILLBORN);
    in(&primary, data, 0);
    assert_verdict(&primary, FT_ASSIGN | FT_PASS, FT_REASON_ASSIGNED_AGAIN);
    ck_assert_uint_eq(primary.flow.closed, 0);
    out(&primary, from_server(FT_ACK, 1, 1, 0));
    primary.host.now_ns += FT_ASSIGN_AGAIN_NS;
    in(&primary, data, 0);
    assert_verdict(&primary, FT_PASS, FT_REASON_IN_ORDER);
}
END_TEST

START_TEST(without_both_listeners_a_connection_is_not_replicated)
{
    backup.host.listening = 0;
    in(&backup, syn(CLIENT_ISN, MSS), 0);
    assert_verdict(&backup, FT_COPY, FT_REASON_SYN_PLAIN);
    primary.host.peer_listening = 0;
    in(&primary, syn(CLIENT_ISN, MSS), 0);
    assert_verdict(&primary, FT_PASS, FT_REASON_SYN_PLAIN);
    primary.host.peer_listening = 1;
    primary.host.listening = 0;
    in(&primary, syn(CLIENT_ISN, MSS), 0);
    assert_verdict(&primary, FT_DROP, FT_REASON_LISTENER_DOWN);
    primary.host.listening = 1;
    primary.host.table_full = 1;
    in(&primary, syn(CLIENT_ISN, MSS), 0);
    assert_verdict(&primary, FT_PASS, FT_REASON_SYN_PLAIN);
}
END_TEST

START_TEST(an_mss_that_cannot_be_encoded_is_served_plainly)
{
    in(&backup, syn(CLIENT_ISN, 100), 0);
    assert_verdict(&backup, FT_COPY, FT_REASON_SYN_MSS);
    in(&primary, syn(CLIENT_ISN, 100), 0);
    assert_verdict(&primary, FT_PASS, FT_REASON_SYN_MSS);
}
END_TEST

START_TEST(a_syn_into_a_live_connection_becomes_a_probe)
{
    open_both();
    in(&backup, syn(12345, MSS), HAS_SOCKET);
    assert_verdict(&backup, FT_COPY | FT_PASS, FT_REASON_SYN_LIVE);
    in(&primary, syn(12345, MSS), HAS_SOCKET);
    assert_verdict(&primary, FT_PASS, FT_REASON_SYN_LIVE);
    ck_assert_uint_eq(primary.verdict.edit.flags, FT_ACK);
    ck_assert_uint_eq(primary.verdict.edit.seq,
                      CLIENT_ISN); /* one before the next: TCP must answer */
    ck_assert_uint_eq(primary.verdict.edit.ack, server_isn + 1);
}
END_TEST

/* --- acknowledgements -------------------------------------------------------------------------------------------- */

START_TEST(an_ack_is_held_until_the_backup_reports_and_then_forwarded)
{
    open_both();
    request();
    out(&primary, from_server(FT_ACK, 1, 101, 0));
    assert_verdict(&primary, FT_DROP, FT_REASON_ACK_HELD);
    in(&primary, report(from_server(FT_ACK, 1, 101, 0)), FROM_PEER);
    assert_verdict(&primary, FT_FORWARD, FT_REASON_REPORT_FORWARDED);
    ck_assert_uint_eq(primary.verdict.edit.ack, CLIENT_ISN + 101U);
    ck_assert_uint_eq(primary.verdict.edit.seq, server_isn + 1);
    in(&primary, report(from_server(FT_ACK, 1, 101, 0)), FROM_PEER);
    assert_verdict(&primary, FT_DROP, FT_REASON_REPORT_TAKEN);
}
END_TEST

START_TEST(an_ack_behind_the_report_passes_as_it_is)
{
    open_both();
    request();
    in(&primary, report(from_server(FT_ACK, 1, 101, 0)), FROM_PEER);
    assert_verdict(&primary, FT_DROP, FT_REASON_REPORT_TAKEN);
    out(&primary, from_server(FT_ACK, 1, 101, 0));
    assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN);
}
END_TEST

START_TEST(a_reply_carries_the_backups_ack_and_the_smaller_window)
{
    open_both();
    request();
    out(&primary, from_server(FT_ACK, 1, 101, 1460));
    assert_verdict(&primary, FT_PASS, FT_REASON_CLAMPED_OUT);
    ck_assert_uint_eq(primary.verdict.edit.ack, CLIENT_ISN + 1U);
    ck_assert_uint_eq(primary.verdict.edit.window, 64000 >> SCALE);
    in(&primary, report(packet(false, FT_ACK, server_isn + 1, CLIENT_ISN + 101U, 0, 300)),
       FROM_PEER);
    assert_verdict(&primary, FT_FORWARD, FT_REASON_REPORT_FORWARDED);
    ck_assert_uint_eq(primary.verdict.edit.seq, server_isn + 1461);
    ck_assert_uint_eq(primary.verdict.edit.window, (64000 - 100) >> SCALE); /* never drawn back */
}
END_TEST

START_TEST(a_window_the_backup_opens_is_told_to_the_client)
{
    open_both();
    request();
    in(&primary, report(from_server(FT_ACK, 1, 101, 0)), FROM_PEER);
    out(&primary, packet(false, FT_ACK, server_isn + 1, CLIENT_ISN + 101U, 0, 2000));
    assert_verdict(&primary, FT_PASS, FT_REASON_CLAMPED_OUT);
    ck_assert_uint_eq(primary.verdict.edit.window, WINDOW);
    in(&primary, report(packet(false, FT_ACK, server_isn + 1, CLIENT_ISN + 101U, 0, 1500)),
       FROM_PEER);
    assert_verdict(&primary, FT_FORWARD, FT_REASON_REPORT_FORWARDED);
    ck_assert_uint_eq(primary.verdict.edit.window, 1500);
}
END_TEST

START_TEST(a_window_is_worth_a_segment_from_two_mss)
{
    const uint32_t edge = (2 * MSS + (1 << SCALE) - 1) / (1 << SCALE); /* in units of the window */
    uint16_t window = (uint16_t)(WINDOW + edge - 1);
    open_both();
    request();
    in(&primary, report(from_server(FT_ACK, 1, 101, 0)), FROM_PEER);
    out(&primary, packet(false, FT_ACK, server_isn + 1, CLIENT_ISN + 101U, 0, 2000));
    in(&primary, report(packet(false, FT_ACK, server_isn + 1, CLIENT_ISN + 101U, 0, window)),
       FROM_PEER);
    assert_verdict(&primary, FT_DROP, FT_REASON_REPORT_TAKEN);
    window++;
    in(&primary, report(packet(false, FT_ACK, server_isn + 1, CLIENT_ISN + 101U, 0, window)),
       FROM_PEER);
    assert_verdict(&primary, FT_FORWARD, FT_REASON_REPORT_FORWARDED);
}
END_TEST

/* A buffer of less than three segments: from nothing to two is all it ever has to tell. */
START_TEST(a_small_window_is_worth_a_segment_when_it_has_doubled)
{
    open_both();
    in(&primary, from_client(FT_ACK | FT_PSH, 1, 1, 100), FROM_PEER);
    in(&primary, report(packet(false, FT_ACK, server_isn + 1, CLIENT_ISN + 101U, 0, 0)), FROM_PEER);
    primary.flow.spoken_right = primary.flow.reported_right = CLIENT_ISN + 101U;
    out(&primary, packet(false, FT_ACK, server_isn + 1, CLIENT_ISN + 101U, 0, 2000));
    in(&primary, report(packet(false, FT_ACK, server_isn + 1, CLIENT_ISN + 101U, 0, 1)), FROM_PEER);
    assert_verdict(&primary, FT_DROP, FT_REASON_REPORT_TAKEN);
    const uint16_t window = (MSS >> SCALE) + 1;
    in(&primary, report(packet(false, FT_ACK, server_isn + 1, CLIENT_ISN + 101U, 0, window)),
       FROM_PEER);
    assert_verdict(&primary, FT_FORWARD, FT_REASON_REPORT_FORWARDED);
    ck_assert_uint_eq(primary.verdict.edit.window, window);
}
END_TEST

START_TEST(a_lost_ack_is_repeated_though_the_primary_is_ahead)
{
    open_both();
    request();
    in(&primary, report(from_server(FT_ACK, 1, 101, 0)), FROM_PEER);
    out(&primary, from_server(FT_ACK, 1, 101, 0)); /* lost on the way to the client */
    in(&primary, from_client(FT_ACK, 101, 1, 100), 0);
    out(&primary, from_server(FT_ACK, 1, 201, 0));
    assert_verdict(&primary, FT_DROP, FT_REASON_ACK_HELD);
    /* The client sends the first 100 bytes again; both have them. */
    in(&primary, report(from_server(FT_ACK, 1, 101, 0)), FROM_PEER);
    assert_verdict(&primary, FT_FORWARD, FT_REASON_REPORT_FORWARDED);
    ck_assert_uint_eq(primary.verdict.edit.ack, CLIENT_ISN + 101U);
    /* The same in the other order: the report first. */
    setup();
    open_both();
    request();
    primary.flow.own_acked = primary.flow.spoken_ack = primary.flow.reported_ack =
        CLIENT_ISN + 101U;
    in(&primary, report(from_server(FT_ACK, 1, 101, 0)), FROM_PEER);
    assert_verdict(&primary, FT_DROP, FT_REASON_REPORT_TAKEN);
    out(&primary, from_server(FT_ACK, 1, 201, 0));
    assert_verdict(&primary, FT_PASS, FT_REASON_CLAMPED_OUT);
    out(&primary, from_server(FT_ACK, 1, 201, 0));
    assert_verdict(&primary, FT_DROP, FT_REASON_ACK_HELD);
}
END_TEST

/* What it says would release the held ACK, end the connection, or let its end out. */
START_TEST(a_report_that_does_not_verify_is_counted_and_changes_nothing)
{
    static const uint8_t FLAGS[] = {FT_ACK, FT_ACK | FT_FIN, FT_ACK | FT_RST};
    open_both();
    out(&primary, from_server(FT_ACK, 1, 101, 0));
    const struct ft_flow before = primary.flow;
    const struct wire wire = report(from_server(FT_ACK, 1, 1, 0));
    for (unsigned i = 0; i < sizeof FLAGS; i++) {
        struct wire forged = wire;
        struct ft_segment segment = parse(&forged);
        ft_segment_set_ack(&segment, forged.bytes, CLIENT_ISN + 101U); /* the tag is another's */
        ft_segment_set_flags(&segment, forged.bytes, FLAGS[i]);
        in(&primary, forged, FROM_PEER);
        assert_verdict(&primary, FT_DROP, FT_REASON_REPORT_FORGED);
        ft_segment_bare(&segment, forged.bytes); /* nor without one */
        forged.length = FT_HEADER_MIN;
        in(&primary, forged, FROM_PEER);
        assert_verdict(&primary, FT_DROP, FT_REASON_REPORT_FORGED);
        ck_assert_mem_eq(&before, &primary.flow, sizeof before);
    }
}
END_TEST

START_TEST(reports_of_other_views_and_connections_are_refused)
{
    struct wire wire;
    open_both();
    wire = report(from_server(FT_ACK, 1, 101, 0));
    primary.host.view++;
    in(&primary, wire, FROM_PEER);
    assert_verdict(&primary, FT_DROP, FT_REASON_STALE_VIEW);
    primary.host.view--;
    primary.flow.assign.view--;
    in(&primary, wire, FROM_PEER);
    assert_verdict(&primary, FT_DROP, FT_REASON_STALE_VIEW);
    primary.known = false;
    in(&primary, wire, FROM_PEER);
    assert_verdict(&primary, FT_DROP, FT_REASON_REPORT_UNKNOWN);
    in(&backup, wire, FROM_PEER);
    assert_verdict(&backup, FT_DROP, FT_REASON_STALE_VIEW);
}
END_TEST

/* --- the backup's own TCP ---------------------------------------------------------------------------------------- */

START_TEST(the_backup_sees_no_ack_of_what_it_has_not_sent)
{
    open_both();
    request();
    in(&backup, from_client(FT_ACK, 101, 1461, 0), 0);
    assert_verdict(&backup, FT_COPY | FT_PASS, FT_REASON_CLAMPED_IN);
    ck_assert_uint_eq(backup.verdict.edit.ack, server_isn + 1);
    /* The right edge stays: 1460 bytes are 11.4 units of the window. */
    ck_assert_uint_eq(backup.verdict.edit.window, WINDOW + (1460 >> SCALE));
    /* What it sends later is acknowledged here. */
    out(&backup, from_server(FT_ACK, 1, 1, 1000));
    assert_verdict(&backup, FT_LOCAL_ACK, FT_REASON_ALREADY_ACKED);
    ck_assert_uint_eq(backup.verdict.inward.ack, server_isn + 1001);
    ck_assert_uint_eq(backup.verdict.inward.seq, CLIENT_ISN + 1U);
    out(&backup, from_server(FT_ACK, 1001, 1, 1000)); /* in part */
    assert_verdict(&backup, FT_LOCAL_ACK, FT_REASON_ALREADY_ACKED);
    ck_assert_uint_eq(backup.verdict.inward.ack, server_isn + 1461);
    out(&backup, from_server(FT_ACK, 2001, 1, 1000));
    assert_verdict(&backup, FT_DROP, FT_REASON_SUPPRESSED);
    out(&backup, from_server(FT_ACK, 3001, 101, 1000));
    assert_verdict(&backup, FT_REPORT, FT_REASON_REPORTED);
}
END_TEST

START_TEST(an_incredible_ack_is_not_believed)
{
    open_both();
    in(&backup, packet(true, FT_ACK, CLIENT_ISN + 0x40000000U, server_isn + 5000, 0, WINDOW), 0);
    ck_assert_uint_eq(backup.flow.client_acked, server_isn + 1);
    in(&backup, from_client(FT_ACK, 1, 0x50000000, 0), 0);
    ck_assert_uint_eq(backup.flow.client_acked, server_isn + 1);
    in(&backup, from_client(FT_ACK, 1, (WINDOW << SCALE) + 4, 0), 0); /* beyond its window */
    ck_assert_uint_eq(backup.flow.client_acked, server_isn + 1);
    in(&primary, from_client(FT_ACK, 1, 2, 0), 0); /* the primary knows what it has sent */
    ck_assert_uint_eq(primary.flow.client_acked, server_isn + 1);
}
END_TEST

START_TEST(local_acks_carry_no_options)
{
    struct wire wire;
    struct ft_segment segment;
    open_both();
    in(&backup, from_client(FT_ACK, 1, 1461, 0), 0);
    wire = from_server(FT_ACK, 1, 1, 1000);
    wire.length += 12;
    wire.bytes[32] = 0x80;
    ft_put32(wire.bytes + 40, 0x0101050a); /* a SACK block of ours is not the client's */
    seal(&wire);
    ck_assert_uint_eq(out(&backup, wire), FT_LOCAL_ACK);
    segment = parse(&wire);
    ck_assert_uint_eq(ft_path_local_ack(&segment, wire.bytes, &backup.verdict), 40);
    ck_assert_uint_eq(segment.destination_port, SERVICE_PORT);
    ck_assert_uint_eq(segment.tcp_bytes, 20);
}
END_TEST

/* --- the end of a connection ------------------------------------------------------------------------------------- */

START_TEST(a_fin_is_held_until_the_backups_comes_at_the_same_place)
{
    open_both();
    request();
    in(&primary, report(from_server(FT_ACK, 1, 101, 0)), FROM_PEER);
    out(&primary, from_server(FT_ACK | FT_FIN, 1, 101, 500));
    assert_verdict(&primary, FT_PASS, FT_REASON_FIN_HELD);
    ck_assert_uint_eq(primary.verdict.edit.flags, FT_ACK);
    out(&primary, from_server(FT_ACK | FT_FIN, 501, 101, 0));
    assert_verdict(&primary, FT_DROP, FT_REASON_FIN_HELD);
    in(&primary, report(from_server(FT_ACK | FT_FIN, 1, 101, 500)), FROM_PEER);
    assert_verdict(&primary, FT_FORWARD, FT_REASON_FIN_FORWARDED);
    ck_assert_uint_eq(primary.verdict.edit.flags, FT_ACK | FT_FIN);
    ck_assert_uint_eq(primary.verdict.edit.seq, server_isn + 501);
    out(&primary, from_server(FT_ACK | FT_FIN, 501, 101, 0)); /* again, if that was lost */
    assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN);
}
END_TEST

START_TEST(fins_at_different_places_stay_held)
{
    open_both();
    request();
    in(&primary, report(from_server(FT_ACK, 1, 101, 0)), FROM_PEER);
    out(&primary, from_server(FT_ACK | FT_FIN, 1, 101, 0)); /* the process was killed */
    assert_verdict(&primary, FT_PASS, FT_REASON_FIN_HELD);  /* as an ACK, it is news */
    ck_assert_uint_eq(primary.verdict.edit.flags, FT_ACK);
    in(&primary, report(from_server(FT_ACK | FT_FIN, 1, 101, 500)), FROM_PEER);
    assert_verdict(&primary, FT_DROP, FT_REASON_FIN_DIVERGED);
    out(&primary, from_server(FT_ACK | FT_FIN, 1, 101, 0));
    assert_verdict(&primary, FT_DROP, FT_REASON_FIN_DIVERGED);
}
END_TEST

START_TEST(resets_leave_only_when_both_hosts_reset)
{
    open_both();
    request();
    out(&primary, from_server(FT_ACK, 1, 101, 0));
    out(&primary, from_server(FT_RST | FT_ACK, 1, 101, 0));
    assert_verdict(&primary, FT_DROP, FT_REASON_RESET_HELD);
    out(&backup, from_server(FT_RST, 1, 101, 0)); /* it never had the connection */
    assert_verdict(&backup, FT_DROP, FT_REASON_STILLBORN);
    out(&backup, from_server(FT_ACK, 1, 101, 0));
    in(&primary, report(from_server(FT_RST | FT_ACK, 7, 101, 0)), FROM_PEER);
    assert_verdict(&primary, FT_FORWARD, FT_REASON_REPORT_FORWARDED);
    ck_assert_uint_eq(primary.verdict.edit.seq, server_isn + 1);
    out(&primary, from_server(FT_RST | FT_ACK, 1, 101, 0));
    assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN);
}
END_TEST

static void close_both(void)
{
    struct wire fin = from_client(FT_ACK | FT_FIN, 101, 1, 0);
    struct wire last = from_client(FT_ACK, 102, 2, 0);
    open_both();
    request();
    in(&backup, fin, 0);
    in(&primary, fin, 0);
    out(&primary, from_server(FT_ACK | FT_FIN, 1, 102, 0));
    in(&primary, report(from_server(FT_ACK | FT_FIN, 1, 102, 0)), FROM_PEER);
    assert_verdict(&primary, FT_FORWARD, FT_REASON_FIN_FORWARDED);
    ck_assert_uint_eq(primary.flow.closed, 0);
    in(&backup, last, 0);
    in(&primary, last, 0);
    ck_assert_uint_eq(primary.flow.closed, 1);
    ck_assert_uint_eq(backup.flow.closed, 1);
}

START_TEST(a_client_may_use_its_port_again)
{
    close_both();
    in(&backup, syn(5000, MSS), 0);
    assert_verdict(&backup, FT_COPY | FT_CLEAR, FT_REASON_SYN_REUSE);
    ck_assert_uint_eq(backup.verdict.inward.seq, CLIENT_ISN + 102U);
    in(&primary, syn(5000, MSS), 0);
    assert_verdict(&primary, FT_ANSWER | FT_CLEAR, FT_REASON_SYN_REUSE);
    server_isn = primary.verdict.assign.server_isn;
    in(&backup, packet(true, FT_ACK, 5001, server_isn + 1, 0, WINDOW), 0);
    assert_verdict(&backup, FT_ASSIGN | FT_COPY | FT_PASS, FT_REASON_ASSIGNED);
    in(&primary, packet(true, FT_ACK, 5001, server_isn + 1, 0, WINDOW), 0);
    assert_verdict(&primary, FT_ASSIGN | FT_PASS, FT_REASON_ASSIGNED);
    ck_assert_uint_eq(backup.flow.assign.client_isn, 5000);
}
END_TEST

START_TEST(an_entry_outlives_time_wait_and_no_live_socket)
{
    const int64_t keep_ns = 60000000000;
    close_both();
    int64_t heard_ns = primary.flow.heard_ns;
    ck_assert(!ft_flow_expired(&primary.flow, heard_ns + keep_ns - 1, keep_ns, false));
    ck_assert(ft_flow_expired(&primary.flow, heard_ns + keep_ns, keep_ns, true));
    primary.flow.closed = 0;
    ck_assert(!ft_flow_expired(&primary.flow, heard_ns + keep_ns, keep_ns, true));
    ck_assert(ft_flow_expired(&primary.flow, heard_ns + keep_ns, keep_ns, false));
}
END_TEST

START_TEST(a_port_reused_without_replication_is_forgotten)
{
    close_both();
    primary.host.peer_listening = 0;
    in(&primary, syn(5000, MSS), 0);
    assert_verdict(&primary, FT_PASS | FT_FORGET, FT_REASON_SYN_PLAIN);
    ck_assert(!primary.known);
}
END_TEST

START_TEST(a_new_connection_replaces_one_that_only_the_backup_believes_in)
{
    struct wire ack;
    open_both();
    request();
    out(&backup, from_server(FT_ACK, 1, 101, 0));
    primary.known = false;
    in(&primary, syn(0x70000000, MSS), 0);
    server_isn = primary.verdict.assign.server_isn;
    ack = packet(true, FT_ACK, 0x70000001, server_isn + 1, 0, WINDOW);
    in(&backup, ack, HAS_SOCKET);
    assert_verdict(&backup, FT_COPY | FT_CLEAR, FT_REASON_SYN_REUSE);
    ck_assert_uint_eq(backup.verdict.inward.seq, CLIENT_ISN + 101U);
    in(&backup, ack, 0);
    assert_verdict(&backup, FT_ASSIGN | FT_COPY | FT_PASS, FT_REASON_ASSIGNED);
}
END_TEST

/* It was delayed, and would end a connection that the client has begun since; unless nothing is heard of that. */
START_TEST(a_handshake_that_was_overtaken_by_a_later_one_is_dropped)
{
    const uint32_t isn = CLIENT_ISN - 100000;
    open_both();
    primary.known = false;
    in(&primary, syn(isn, MSS), 0);
    struct wire ack =
        packet(true, FT_ACK, isn + 1, primary.verdict.assign.server_isn + 1, 0, WINDOW);
    in(&backup, ack, HAS_SOCKET);
    assert_verdict(&backup, FT_COPY, FT_REASON_OVERTAKEN);
    ck_assert(!backup.flow.closed);
    backup.host.now_ns += FT_SILENT_NS;
    in(&backup, ack, HAS_SOCKET);
    assert_verdict(&backup, FT_COPY | FT_CLEAR, FT_REASON_SYN_REUSE);
}
END_TEST

START_TEST(a_reset_by_the_client_closes_where_it_is_credible)
{
    open_both();
    in(&backup, from_client(FT_RST, 0x40000000, 0, 0), 0);
    assert_verdict(&backup, FT_COPY | FT_PASS, FT_REASON_RESET_IN);
    ck_assert_uint_eq(backup.flow.closed, 0);
    in(&backup, from_client(FT_RST, 0, 0, 0), 0);
    ck_assert_uint_eq(backup.flow.closed, 0);
    in(&backup, from_client(FT_RST, 1, 0, 0), 0);
    ck_assert_uint_eq(backup.flow.closed, 1);
}
END_TEST

/* --- roles ------------------------------------------------------------------------------------------------------- */

START_TEST(a_primary_without_a_lease_is_silent)
{
    struct wire wire;
    open_both();
    request();
    wire = report(from_server(FT_ACK, 1, 101, 0));
    out(&primary, from_server(FT_ACK, 1, 101, 0));
    primary.host.now_ns = primary.host.lease_until_ns;
    out(&primary, from_server(FT_ACK, 1, 101, 10));
    assert_verdict(&primary, FT_DROP, FT_REASON_LEASE_EXPIRED);
    in(&primary, wire, FROM_PEER);
    assert_verdict(&primary, FT_DROP, FT_REASON_LEASE_EXPIRED);
    primary.known = false;
    out(&primary, from_server(FT_ACK, 1, 101, 10));
    assert_verdict(&primary, FT_DROP, FT_REASON_LEASE_EXPIRED);
    in(&primary, syn(CLIENT_ISN, MSS), 0);
    assert_verdict(&primary, FT_DROP, FT_REASON_LEASE_EXPIRED);
}
END_TEST

START_TEST(a_host_out_of_service_is_silent)
{
    open_both();
    primary.host.role = FT_ROLE_OUT;
    in(&primary, from_client(FT_ACK, 1, 1, 10), 0);
    assert_verdict(&primary, FT_DROP, FT_REASON_ROLE_OUT);
    out(&primary, from_server(FT_ACK, 1, 1, 10));
    assert_verdict(&primary, FT_DROP, FT_REASON_ROLE_OUT);
}
END_TEST

START_TEST(after_a_takeover_the_backup_speaks_from_where_the_client_is)
{
    open_both();
    request();
    in(&backup, from_client(FT_ACK, 101, 1461, 0), 0);
    takeover(&backup);
    out(&backup, from_server(FT_ACK, 1, 101, 1460));
    assert_verdict(&backup, FT_LOCAL_ACK, FT_REASON_ALREADY_ACKED);
    out(&backup, from_server(FT_ACK, 1461, 101, 1460));
    assert_verdict(&backup, FT_PASS, FT_REASON_SPOKEN);
    in(&backup, from_client(FT_ACK, 101, 2921, 0), 0);
    assert_verdict(&backup, FT_PASS, FT_REASON_IN_ORDER);
    out(&backup, from_server(FT_ACK | FT_FIN, 2921, 101, 0));
    assert_verdict(&backup, FT_PASS, FT_REASON_SPOKEN);
}
END_TEST

START_TEST(after_a_takeover_the_client_may_know_more_than_we_have_said)
{
    open_both();
    request();
    takeover(&backup);
    in(&backup, from_client(FT_ACK, 101, 1461, 50), 0); /* the dead one's words were on their way */
    assert_verdict(&backup, FT_PASS, FT_REASON_CLAMPED_IN);
    ck_assert_uint_eq(backup.flow.client_acked, server_isn + 1461);
    out(&backup, from_server(FT_ACK, 1, 151, 1460));
    assert_verdict(&backup, FT_LOCAL_ACK, FT_REASON_ALREADY_ACKED);
    setup();
    takeover(&primary); /* nobody but it has ever spoken for its connection */
    in(&primary, from_client(FT_ACK, 1, 1, 0), 0);
    in(&primary, from_client(FT_ACK, 1, 2, 0), 0);
    ck_assert_uint_eq(primary.flow.client_acked, server_isn + 1);
}
END_TEST

START_TEST(after_a_takeover_the_primary_holds_nothing_back)
{
    open_both();
    request();
    out(&primary, from_server(FT_ACK | FT_FIN, 1, 101, 0));
    assert_verdict(&primary, FT_DROP, FT_REASON_FIN_HELD);
    takeover(&primary);
    primary.host.now_ns = 2 * HOST.lease_until_ns;
    out(&primary, from_server(FT_ACK | FT_FIN, 1, 101, 0));
    assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN);
    ck_assert_uint_eq(primary.verdict.edit.flags, FT_ACK | FT_FIN);
    out(&primary, from_server(FT_RST, 1, 101, 0));
    assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN);
}
END_TEST

/* Two processors: the listener sees the data before the other one has created the connection from the ACK. */
START_TEST(a_listeners_reset_at_the_start_is_not_the_connections)
{
    struct side *sides[] = {&primary, &backup};
    takeover(&primary);
    in(&primary, syn(CLIENT_ISN, MSS), 0);
    for (unsigned i = 0; i < 2; i++) {
        struct wire stray = from_server(FT_RST, 1, 0, 0);
        in(sides[i], from_client(FT_ACK, 1, 1, 0), 0);
        in(sides[i], from_client(FT_ACK | FT_PSH, 1, 1, 200), 0);
        out(sides[i], stray);
        assert_verdict(sides[i], FT_DROP, FT_REASON_STILLBORN);
        out(sides[i], from_server(FT_ACK, 1, 201, 0)); /* it was created after all */
        out(sides[i], stray);
        assert_verdict(sides[i], FT_DROP, FT_REASON_STILLBORN);
        ck_assert_uint_eq(sides[i]->flow.closed, 0);
        sides[i]->host.now_ns += FT_ASSIGN_AGAIN_NS;
        out(sides[i], stray); /* not any more */
        ck_assert_uint_eq(sides[i]->flow.closed, 1);
    }
    assert_verdict(&backup, FT_REPORT, FT_REASON_REPORTED);
    out(&primary, from_server(FT_RST, 1, 0, 0));
    assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN);
}
END_TEST

START_TEST(a_sockets_own_reset_counts_from_the_start)
{
    takeover(&primary);
    in(&primary, syn(CLIENT_ISN, MSS), 0);
    in(&primary, from_client(FT_ACK, 1, 1, 0), 0);
    out(&primary, from_server(FT_RST | FT_ACK, 1, 1, 0));
    assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN);
    ck_assert_uint_eq(primary.flow.closed, 1);
}
END_TEST

START_TEST(a_host_alone_answers_syns_itself)
{
    takeover(&backup);
    backup.host.peer_listening = 0;
    in(&backup, syn(CLIENT_ISN, MSS), 0);
    assert_verdict(&backup, FT_ANSWER, FT_REASON_SYN_ANSWERED);
    in(&backup, from_client(FT_ACK, 1, 1, 0), 0);
    assert_verdict(&backup, FT_ASSIGN | FT_PASS, FT_REASON_ASSIGNED);
}
END_TEST

START_TEST(nobody_speaks_without_a_lease_not_even_alone)
{
    takeover(&backup);
    backup.host.lease_until_ns = backup.host.now_ns; /* it takes a newcomer in, who may speak now */
    in(&backup, syn(CLIENT_ISN, MSS), 0);
    assert_verdict(&backup, FT_DROP, FT_REASON_LEASE_EXPIRED);
    out(&backup, from_server(FT_ACK, 1, 101, 10));
    assert_verdict(&backup, FT_DROP, FT_REASON_LEASE_EXPIRED);
}
END_TEST

/* The client's reset came before the bytes it stands behind, so TCP did not believe it; its next connection has the port. */
START_TEST(a_socket_whose_port_has_a_new_connection_is_reset_at_its_own_number)
{
    struct side *sides[] = {&primary, &backup};
    open_both();
    for (int i = 0; i < 2; i++) {
        out(sides[i], packet(false, FT_ACK, server_isn + 1000000000, CLIENT_ISN - 5000, 0, WINDOW));
        assert_verdict(sides[i], FT_LOCAL_ACK, FT_REASON_REPLACED);
        ck_assert_uint_eq(sides[i]->verdict.inward.seq, CLIENT_ISN - 5000u);
        ck_assert_uint_eq(sides[i]->verdict.inward.flags, FT_RST);
        ck_assert(!sides[i]->flow.alive); /* so that the connection is created again */
        out(sides[i], packet(false, FT_RST, server_isn + 1000000000, 0, 0, 0));
        assert_verdict(sides[i], FT_DROP, FT_REASON_REPLACED);
        ck_assert(!sides[i]->flow.closed);
        uint32_t copy = i == 0 ? 0 : FT_COPY;
        unsigned how = i == 0 ? FROM_PEER : 0;
        in(sides[i], from_client(FT_ACK, 101, 1, 100), how);
        assert_verdict(sides[i], FT_DROP | copy, FT_REASON_EARLY);
        in(sides[i], from_client(FT_ACK, 1, 1, 100), how);
        assert_verdict(sides[i], FT_ASSIGN | FT_PASS | copy, FT_REASON_ASSIGNED_AGAIN);
        out(sides[i], from_server(FT_ACK, 1, 101, 0));
        out(sides[i], packet(false, FT_ACK, server_isn + 1000000000, CLIENT_ISN - 5000, 0, WINDOW));
        assert_verdict(sides[i], FT_DROP, FT_REASON_REPLACED); /* it had waited on its way */
    }
}
END_TEST

START_TEST(what_comes_past_the_backup_is_sent_round_by_it)
{
    struct wire data = from_client(FT_ACK, 1, 1, 100);
    in(&primary, syn(CLIENT_ISN, MSS), DIRECT);
    assert_verdict(&primary, FT_COPY, FT_REASON_DETOUR);
    in(&primary, data, DIRECT);
    assert_verdict(&primary, FT_COPY, FT_REASON_DETOUR);
    ck_assert(!primary.known);
    in(&backup, data, FROM_PEER);
    assert_verdict(&backup, FT_ASSIGN | FT_COPY | FT_PASS, FT_REASON_ASSIGNED);
    in(&primary, data, FROM_PEER);
    assert_verdict(&primary, FT_ASSIGN | FT_PASS, FT_REASON_ASSIGNED);
    in(&primary, from_client(FT_ACK, 101, 1, 100), DIRECT);
    assert_verdict(&primary, FT_COPY, FT_REASON_DETOUR);
    primary.flow.assign.view--; /* its own alone: no detour */
    in(&primary, from_client(FT_ACK, 101, 1, 100), DIRECT);
    assert_verdict(&primary, FT_PASS, FT_REASON_IN_ORDER);
    primary.flow.closed = 1;
    in(&primary, syn(CLIENT_ISN, MSS), DIRECT);
    assert_verdict(&primary, FT_COPY, FT_REASON_DETOUR);
}
END_TEST

START_TEST(other_traffic_passes)
{
    struct wire wire = from_client(FT_ACK, 1, 1, 0);
    ft_put16(wire.bytes + 22, 443);
    seal(&wire);
    in(&primary, wire, 0);
    assert_verdict(&primary, FT_PASS, FT_REASON_NOT_OURS);
    out(&primary, wire);
    assert_verdict(&primary, FT_PASS, FT_REASON_NOT_OURS);
    in(&primary, from_server(FT_ACK, 1, 1, 0),
       DIRECT); /* what comes from the service is no client's */
    assert_verdict(&primary, FT_PASS, FT_REASON_NOT_OURS);
}
END_TEST

/* A reason that nothing reaches is a mistake in the table. The parser's are reached in test_ft_segment, TABLE_FULL is the
 * shell's. Needs CK_FORK=no, which main() sets: the counts are of this process. */
START_TEST(every_reason_is_reached)
{
    for (unsigned reason = 0; reason < FT_REASONS; reason++) {
        if ((reason >= FT_REASON_NOT_IPV4 && reason <= FT_REASON_IP_CHECKSUM) ||
            reason == FT_REASON_TABLE_FULL)
            continue;
        ck_assert_msg(reached[reason] > 0, "never: %s", ft_reason_texts[reason].name);
    }
}
END_TEST

int main(void)
{
    const TTest *const TESTS[] = {
        the_backup_copies_a_syn_and_the_primary_answers,
        both_hosts_create_the_identical_connection,
        first_data_creates_the_connection_when_the_ack_was_lost,
        data_that_overtakes_its_handshake_is_dropped,
        a_stranger_reaches_the_primary_only,
        a_connection_tcp_did_not_create_is_created_again_after_a_while,
        without_both_listeners_a_connection_is_not_replicated,
        an_mss_that_cannot_be_encoded_is_served_plainly,
        a_syn_into_a_live_connection_becomes_a_probe,
        an_ack_is_held_until_the_backup_reports_and_then_forwarded,
        an_ack_behind_the_report_passes_as_it_is,
        a_reply_carries_the_backups_ack_and_the_smaller_window,
        a_window_the_backup_opens_is_told_to_the_client,
        a_window_is_worth_a_segment_from_two_mss,
        a_small_window_is_worth_a_segment_when_it_has_doubled,
        a_lost_ack_is_repeated_though_the_primary_is_ahead,
        a_report_that_does_not_verify_is_counted_and_changes_nothing,
        reports_of_other_views_and_connections_are_refused,
        the_backup_sees_no_ack_of_what_it_has_not_sent,
        an_incredible_ack_is_not_believed,
        local_acks_carry_no_options,
        a_fin_is_held_until_the_backups_comes_at_the_same_place,
        fins_at_different_places_stay_held,
        resets_leave_only_when_both_hosts_reset,
        a_client_may_use_its_port_again,
        an_entry_outlives_time_wait_and_no_live_socket,
        a_port_reused_without_replication_is_forgotten,
        a_new_connection_replaces_one_that_only_the_backup_believes_in,
        a_handshake_that_was_overtaken_by_a_later_one_is_dropped,
        a_reset_by_the_client_closes_where_it_is_credible,
        a_primary_without_a_lease_is_silent,
        a_host_out_of_service_is_silent,
        after_a_takeover_the_backup_speaks_from_where_the_client_is,
        after_a_takeover_the_client_may_know_more_than_we_have_said,
        after_a_takeover_the_primary_holds_nothing_back,
        a_listeners_reset_at_the_start_is_not_the_connections,
        a_sockets_own_reset_counts_from_the_start,
        a_host_alone_answers_syns_itself,
        nobody_speaks_without_a_lease_not_even_alone,
        a_socket_whose_port_has_a_new_connection_is_reset_at_its_own_number,
        what_comes_past_the_backup_is_sent_round_by_it,
        other_traffic_passes,
        every_reason_is_reached,
    };
    setenv("CK_FORK", "no", 1);
    Suite *suite = suite_create("ft_path");
    TCase *tcase = tcase_create("path");
    tcase_add_checked_fixture(tcase, setup, NULL);
    for (size_t i = 0; i < sizeof TESTS / sizeof TESTS[0]; i++)
        tcase_add_test(tcase, TESTS[i]);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
