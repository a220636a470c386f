/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_path: what becomes of a report, and of a SYN that nobody may answer yet.
 */
#include "tests/path_world.h"

/* The backup's own options, and the tag, are not for clients. */
START_TEST(what_is_sent_on_of_a_report_is_a_bare_ack)
{
    open_both();
    out(&primary, from_server(FT_ACK, 1, 101, 0));
    struct wire wire = report(from_server(FT_ACK, 1, 101, 0));
    in(&primary, wire, FROM_PEER);
    assert_verdict(&primary, FT_FORWARD, FT_REASON_REPORT_FORWARDED);
    struct ft_segment segment = parse(&wire);
    ck_assert_uint_ne(segment.tag, 0);
    wire.length = ft_path_forward(&segment, wire.bytes, &primary.verdict);
    ck_assert_uint_eq(wire.length, FT_HEADER_MIN);
    segment = parse(&wire);
    ck_assert_uint_eq(segment.tag, 0);
    ck_assert_uint_eq(segment.ack, CLIENT_ISN + 101U);
}
END_TEST

START_TEST(without_the_gate_nothing_is_held_or_reported)
{
    open_both();
    request();
    primary.host.ack_gate = backup.host.ack_gate = 0;
    out(&primary, from_server(FT_ACK, 1, 101, 0));
    assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN);
    out(&backup, from_server(FT_ACK, 1, 101, 0));
    assert_verdict(&backup, FT_DROP, FT_REASON_SUPPRESSED);
    out(&primary, from_server(FT_ACK | FT_FIN, 1, 101, 0));
    assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN);
    out(&primary, from_server(FT_RST | FT_ACK, 1, 101, 0));
    assert_verdict(&primary, FT_PASS, FT_REASON_SPOKEN);
}
END_TEST

static bool waits(struct side *side, struct wire wire)
{
    struct ft_segment segment = parse(&wire);
    return ft_path_syn_waits(&segment, &side->verdict);
}

/* A SYN that nobody answers now, and that whoever goes on alone is to answer: not one into a connection that lives on. */
START_TEST(a_syn_waits_for_whoever_goes_on_alone_unless_its_connection_is_live)
{
    const struct wire wire = syn(CLIENT_ISN, MSS), ack = from_client(FT_ACK, 1, 1, 0);
    in(&backup, wire, 0);
    ck_assert(waits(&backup, wire));
    in(&primary, wire, 0);
    ck_assert(!waits(&primary, wire)); /* it has been answered */
    primary.host.lease_until_ns = primary.host.now_ns;
    in(&primary, wire, 0);
    assert_verdict(&primary, FT_DROP, FT_REASON_LEASE_EXPIRED);
    ck_assert(waits(&primary, wire));
    primary.host.lease_until_ns = INT64_MAX;
    open_both();
    backup.flow.alive = primary.flow.alive = 1;
    in(&backup, wire, 0);
    ck_assert(!waits(&backup, wire));
    primary.host.lease_until_ns = primary.host.now_ns;
    in(&primary, wire, 0);
    assert_verdict(&primary, FT_DROP, FT_REASON_SYN_LIVE);
    ck_assert(!waits(&primary, wire));
    primary.flow.closed = 1;
    in(&primary, wire, 0);
    ck_assert(waits(&primary, wire));
    ck_assert(!waits(&primary, ack));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_path_reports");
    TCase *tcase = tcase_create("reports");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, what_is_sent_on_of_a_report_is_a_bare_ack);
    tcase_add_test(tcase, without_the_gate_nothing_is_held_or_reported);
    tcase_add_test(tcase, a_syn_waits_for_whoever_goes_on_alone_unless_its_connection_is_live);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
