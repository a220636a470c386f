/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_peer: who is believed, when, and after whom.
 */
#include "core/ft_peer.h"
#include "tests/suite.h"

enum { OWN = 1000, FIRST = 7, SECOND = 8, WINDOW = 50, NOW = 10000, SENT = 9999 };

static struct ft_peer peer;

static void setup(void)
{
    ft_peer_init(&peer, OWN, WINDOW);
}

static struct ft_control message_of(uint64_t incarnation, int64_t sent_ns, uint64_t echo_of,
                                    int64_t echo_ns)
{
    return (struct ft_control){
        .incarnation = incarnation,
        .sent_ns = sent_ns,
        .echo_incarnation = echo_of,
        .echo_ns = echo_ns,
    };
}

static enum ft_control_error hear(uint64_t incarnation, int64_t sent_ns, uint64_t echo_of,
                                  int64_t echo_ns, bool *replaced)
{
    struct ft_control message = message_of(incarnation, sent_ns, echo_of, echo_ns);
    return ft_peer_hear(&peer, &message, NOW, SENT, replaced);
}

static void meet_first(void)
{
    bool replaced;
    ck_assert_int_eq(hear(FIRST, 100, OWN, NOW - 10, &replaced), FT_CONTROL_OK);
    ck_assert(!replaced); /* there was nobody to replace */
}

START_TEST(who_has_not_heard_us_is_echoed_and_not_believed)
{
    bool replaced;
    ck_assert_int_eq(hear(FIRST, 100, 0, 0, &replaced), FT_CONTROL_STALE);
    ck_assert_uint_eq(peer.incarnation, FIRST);
    ck_assert_int_eq(peer.heard_ns, 100);
    ck_assert_int_eq(hear(SECOND, 5, 0, 0, &replaced), FT_CONTROL_STALE);
    ck_assert_uint_eq(peer.incarnation, SECOND); /* whoever it is, he may answer */
    ck_assert_int_eq(peer.heard_ns, 5);
}
END_TEST

START_TEST(a_recent_time_of_ours_is_the_proof_and_an_old_one_or_another_lifes_is_not)
{
    static const struct {
        uint64_t echo_of;
        int64_t echo_ns;
        enum ft_control_error want;
    } rows[] = {
        {OWN, NOW - 1, FT_CONTROL_OK},
        {OWN, NOW - WINDOW + 1, FT_CONTROL_OK},
        {OWN, NOW - WINDOW, FT_CONTROL_STALE},
        {OWN, SENT + 1, FT_CONTROL_STALE}, /* we have not said that yet */
        {OWN - 1, NOW - 1, FT_CONTROL_STALE},
        {0, NOW - 1, FT_CONTROL_STALE},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool replaced;
        setup();
        ck_assert_msg(hear(FIRST, 1, rows[i].echo_of, rows[i].echo_ns, &replaced) == rows[i].want,
                      "row %u", i);
    }
}
END_TEST

START_TEST(once_proven_an_incarnation_is_believed_without_an_echo_as_long_as_it_goes_on)
{
    bool replaced;
    meet_first();
    ck_assert_int_eq(hear(FIRST, 101, 0, 0, &replaced), FT_CONTROL_OK);
    ck_assert_int_eq(hear(FIRST, 101, OWN, NOW - 1, &replaced), FT_CONTROL_OLD);
    ck_assert_int_eq(hear(FIRST, 100, OWN, NOW - 1, &replaced), FT_CONTROL_OLD);
    ck_assert_int_eq(peer.heard_ns, 101);
}
END_TEST

START_TEST(a_new_incarnation_replaces_the_old_one_with_a_later_echo_only)
{
    bool replaced;
    meet_first();
    ck_assert_int_eq(hear(SECOND, 1, 0, 0, &replaced), FT_CONTROL_STALE);
    ck_assert_uint_eq(peer.incarnation, FIRST); /* we go on echoing whom we know */
    ck_assert_int_eq(hear(SECOND, 2, OWN, NOW - 10, &replaced), FT_CONTROL_STALE);
    ck_assert(!replaced);
    ck_assert_int_eq(hear(SECOND, 3, OWN, NOW - 9, &replaced), FT_CONTROL_OK);
    ck_assert(replaced);
    ck_assert_uint_eq(peer.incarnation, SECOND);
    ck_assert_int_eq(peer.heard_ns, 3); /* its clock began anew */
}
END_TEST

START_TEST(the_dead_do_not_come_back_by_what_they_said)
{
    bool replaced;
    meet_first();
    ck_assert_int_eq(hear(SECOND, 1, OWN, NOW - 5, &replaced), FT_CONTROL_OK);
    for (int64_t echo_ns = NOW - 20; echo_ns <= NOW - 5; echo_ns++) {
        ck_assert_int_eq(hear(FIRST, 1000 + echo_ns, OWN, echo_ns, &replaced), FT_CONTROL_STALE);
        ck_assert(!replaced);
    }
    ck_assert_uint_eq(peer.incarnation, SECOND);
}
END_TEST

START_TEST(nobody_has_the_incarnation_zero)
{
    bool replaced;
    ck_assert_int_eq(hear(0, 100, OWN, NOW - 1, &replaced), FT_CONTROL_STALE);
    ck_assert(!peer.proven);
}
END_TEST

START_TEST(only_our_own_times_are_echoes)
{
    struct ft_control message = message_of(FIRST, 1, OWN + 1, NOW - 1);
    ck_assert_int_eq(ft_peer_echo(&peer, &message), 0);
    ck_assert(!ft_peer_fresh(&peer, &message, NOW));
    message.echo_incarnation = OWN;
    ck_assert_int_eq(ft_peer_echo(&peer, &message), NOW - 1);
    ck_assert(ft_peer_fresh(&peer, &message, NOW));
    ck_assert(!ft_peer_fresh(&peer, &message, NOW + WINDOW));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_peer");
    TCase *tcase = tcase_create("incarnations");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, who_has_not_heard_us_is_echoed_and_not_believed);
    tcase_add_test(tcase,
                   a_recent_time_of_ours_is_the_proof_and_an_old_one_or_another_lifes_is_not);
    tcase_add_test(tcase,
                   once_proven_an_incarnation_is_believed_without_an_echo_as_long_as_it_goes_on);
    tcase_add_test(tcase, a_new_incarnation_replaces_the_old_one_with_a_later_echo_only);
    tcase_add_test(tcase, the_dead_do_not_come_back_by_what_they_said);
    tcase_add_test(tcase, nobody_has_the_incarnation_zero);
    tcase_add_test(tcase, only_our_own_times_are_echoes);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
