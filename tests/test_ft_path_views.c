/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_path across views: takeovers, newcomers, and to whom a connection belongs.
 */
#include "tests/path_world.h"

/* The primary serves alone, and has the connection; then the newcomer is its backup in a newer view. */
static void open_alone(void)
{
    takeover(&primary);
    backup = (struct side){.host = HOST};
    backup.host.view = backup.host.old_view = 0;
    ck_assert_uint_eq(in(&primary, syn(CLIENT_ISN, MSS), 0), FT_ANSWER);
    server_isn = primary.verdict.assign.server_isn;
}

static void newcomer_stands_by(void)
{
    ft_path_set_role(&backup.host, FT_ROLE_BACKUP, primary.host.view + 1);
}

static void alone_no_more(void)
{
    ft_path_set_role(&primary.host, FT_ROLE_PRIMARY, primary.host.view + 1);
}

START_TEST(a_newcomer_leaves_older_connections_to_the_primary)
{
    open_alone();
    struct wire first = from_client(FT_ACK, 1, 1, 100); /* like the end of a handshake */
    in(&primary, first, 0);
    assert_verdict(&primary, FT_ASSIGN | FT_PASS, FT_REASON_ASSIGNED);
    newcomer_stands_by();
    for (unsigned i = 0; i < 2; i++) {
        in(&backup, first, 0);
        assert_verdict(&backup, FT_COPY, FT_REASON_UNKNOWN);
        in(&backup, from_client(FT_ACK, 101, 1461, 100), 0);
        assert_verdict(&backup, FT_COPY, FT_REASON_UNKNOWN);
        in(&primary, from_client(FT_ACK, 101, 1461, 100), FROM_PEER);
        assert_verdict(&primary, FT_PASS, FT_REASON_IN_ORDER);
        out(&primary, from_server(FT_ACK, 1461, 201, 100));
        assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN); /* nothing is gated */
        if (i == 0)
            alone_no_more();
    }
}
END_TEST

START_TEST(a_handshake_belongs_to_the_view_it_began_in)
{
    open_alone();
    struct wire last = from_client(FT_ACK, 1, 1, 0);
    newcomer_stands_by();
    in(&backup, last, 0);
    assert_verdict(&backup, FT_COPY, FT_REASON_UNKNOWN);
    alone_no_more(); /* while it is on its way */
    in(&primary, last, FROM_PEER);
    assert_verdict(&primary, FT_ASSIGN | FT_PASS, FT_REASON_ASSIGNED);
    ck_assert_uint_eq(primary.flow.assign.view, primary.host.old_view);
    out(&primary, from_server(FT_ACK, 1, 101, 100));
    assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN);
    primary.known = false;
    in(&primary, syn(7000, MSS), FROM_PEER);
    server_isn = primary.verdict.assign.server_isn;
    last = packet(true, FT_ACK, 7001, server_isn + 1, 0, WINDOW);
    in(&backup, last, 0);
    assert_verdict(&backup, FT_ASSIGN | FT_COPY | FT_PASS, FT_REASON_ASSIGNED);
    in(&primary, last, FROM_PEER);
    assert_verdict(&primary, FT_ASSIGN | FT_PASS, FT_REASON_ASSIGNED);
    ck_assert_mem_eq(&primary.flow.assign, &backup.flow.assign, sizeof primary.flow.assign);
    ck_assert_uint_eq(primary.flow.assign.view, primary.host.view);
}
END_TEST

START_TEST(a_handshake_outlives_takeovers_and_one_newcomer_but_not_two)
{
    struct wire last = from_client(FT_ACK, 1, 1, 0);
    for (uint32_t newcomers = 0; newcomers < 3; newcomers++) {
        primary.known = false;
        in(&primary, last, FROM_PEER);
        if (newcomers == 2) {
            assert_verdict(&primary, FT_PASS, FT_REASON_PLAIN);
        } else {
            assert_verdict(&primary, FT_ASSIGN | FT_PASS, FT_REASON_ASSIGNED);
            ck_assert_uint_eq(primary.flow.assign.view, VIEW);
        }
        takeover(&primary);
        takeover(&primary);
        ft_path_set_role(&primary.host, FT_ROLE_PRIMARY, VIEW + 100 * (newcomers + 1));
    }
}
END_TEST

START_TEST(who_was_out_knows_no_handshake_from_before)
{
    struct wire last = from_client(FT_ACK, 1, 1, 0);
    ft_path_set_role(&primary.host, FT_ROLE_OUT, VIEW);
    ft_path_set_role(&primary.host, FT_ROLE_SOLO, VIEW + 1);
    primary.host.lease_until_ns = INT64_MAX;
    in(&primary, last, 0);
    assert_verdict(&primary, FT_PASS, FT_REASON_PLAIN);
}
END_TEST

static struct wire from_port(struct wire wire, uint32_t port)
{
    ft_put16(wire.bytes + 20, port);
    seal(&wire);
    return wire;
}

/* Seven bits tell an early segment from a stranger's: by chance, a handshake of the old view may look early in the new one. */
START_TEST(no_handshake_of_the_old_view_is_taken_for_an_early_segment_of_the_new_one)
{
    struct side before = primary;
    for (uint32_t port = 1000; port < 3000; port++) {
        primary = before;
        primary.known = false;
        in(&primary, from_port(syn(7000, MSS), port), FROM_PEER);
        uint32_t isn = primary.verdict.assign.server_isn;
        alone_no_more();
        in(&primary, from_port(packet(true, FT_ACK, 7001, isn + 1, 0, WINDOW), port), 0);
        assert_verdict(&primary, FT_ASSIGN | FT_PASS, FT_REASON_ASSIGNED);
        ck_assert_uint_eq(primary.flow.assign.view, VIEW);
        ck_assert_uint_eq(primary.flow.assign.mss, MSS);
    }
}
END_TEST

/* The client has a reply from the host that died, and our TCP creates the connection only now. */
START_TEST(a_connection_created_again_after_a_takeover_shows_tcp_no_ack_of_what_it_has_not_sent)
{
    open_both();
    in(&backup, from_client(FT_ACK, 101, 251, 0), 0);
    takeover(&backup);
    backup.host.now_ns += FT_ASSIGN_AGAIN_NS;
    in(&backup, from_client(FT_ACK, 1, 251, 100), 0);
    assert_verdict(&backup, FT_ASSIGN | FT_PASS, FT_REASON_ASSIGNED_AGAIN);
    out(&backup, from_server(FT_ACK, 1, 101, 0));
    in(&backup, from_client(FT_ACK, 101, 251, 100), 0);
    assert_verdict(&backup, FT_PASS, FT_REASON_CLAMPED_IN);
    ck_assert_uint_eq(backup.verdict.edit.ack, server_isn + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_path_views");
    TCase *tcase = tcase_create("views");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_newcomer_leaves_older_connections_to_the_primary);
    tcase_add_test(tcase, a_handshake_belongs_to_the_view_it_began_in);
    tcase_add_test(tcase, a_handshake_outlives_takeovers_and_one_newcomer_but_not_two);
    tcase_add_test(tcase, who_was_out_knows_no_handshake_from_before);
    tcase_add_test(tcase,
                   no_handshake_of_the_old_view_is_taken_for_an_early_segment_of_the_new_one);
    tcase_add_test(
        tcase,
        a_connection_created_again_after_a_takeover_shows_tcp_no_ack_of_what_it_has_not_sent);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
