/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_group: two hosts on clocks that drift, over LANs that delay, lose, double and reorder, with pauses and
 * crashes; whatever happens, two never speak at once, and somebody speaks in the end.
 */
#include "tests/pair_world.h"

/* --- all is well ------------------------------------------------------------------------------------------------- */

START_TEST(while_all_is_well_the_primary_speaks_and_nothing_changes)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    for (unsigned i = 0; i < 2500; i++) {
        step(&pair);
        if (!speaks(&pair, 0))
            ck_abort_msg("the primary is silent at %.4f ms", (double)pair.now_ns / 1e6);
    }
    ck_assert_int_eq(pair.hosts[0].group.role, FT_ROLE_PRIMARY);
    ck_assert_int_eq(pair.hosts[1].group.role, FT_ROLE_BACKUP);
    ck_assert_uint_eq(pair.hosts[0].group.view, 1);
}
END_TEST

/* --- somebody dies ----------------------------------------------------------------------------------------------- */

START_TEST(the_backup_speaks_soon_after_the_primary_died)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60 + (int64_t)next(&pair, 40));
    pair.hosts[0].dead = true;
    int64_t died_ns = pair.now_ns;
    while (!speaks(&pair, 1) && pair.now_ns < died_ns + 1000 * MS)
        step(&pair);
    ck_assert_int_le(pair.now_ns - died_ns, (50 + 2 * 5 + 1) * MS);
    ck_assert_int_eq(pair.hosts[1].group.role, FT_ROLE_SOLO);
    ck_assert_uint_gt(pair.hosts[1].group.view, 1);
}
END_TEST

START_TEST(whoever_serves_alone_announces_the_address_again_and_again)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    pass(&pair, 200);
    ck_assert_uint_eq(pair.hosts[0].announced + pair.hosts[1].announced, 0);
    pair.hosts[_i % 2].dead = true;
    struct host *survivor = &pair.hosts[1 - _i % 2];
    while (survivor->group.role != FT_ROLE_SOLO)
        step(&pair);
    ck_assert_uint_eq(survivor->announced, 1);
    pass(&pair, 100);
    ck_assert_uint_ge(survivor->announced, 5); /* soon, in case the first ones are lost */
    pass(&pair, 20000);
    ck_assert_uint_le(survivor->announced, 5 + 3 + 22);                /* seldom later on */
    ck_assert_int_ge(survivor->announced_ns, pair.now_ns - 2000 * MS); /* for ever */
}
END_TEST

START_TEST(the_primary_is_silent_a_while_and_then_goes_on_when_the_backup_died)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    pair.hosts[1].dead = true;
    pass(&pair, 35);
    ck_assert(!speaks(&pair, 0)); /* its lease has run out: the backup may be speaking */
    pass(&pair, 100);
    ck_assert(speaks(&pair, 0));
    ck_assert_int_eq(pair.hosts[0].group.role, FT_ROLE_SOLO);
}
END_TEST

START_TEST(a_first_heartbeat_that_comes_late_and_is_the_last_is_a_lease_that_the_backup_waits_for)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    struct host *primary = &pair.hosts[0];
    primary->asleep_until_ns = pair.now_ns + 25 * MS;
    pair.loss_percent = 100; /* it has nothing to echo when it wakes */
    pass(&pair, 24);
    pair.loss_percent = 0;
    while (primary->group.sent_ns == 0)
        step(&pair);
    int64_t only_ns = primary->group.sent_ns;
    ft_group_set_healthy(&primary->group, false);
    pass(&pair, 10);
    ck_assert_int_eq(primary->group.lease.until_ns, only_ns + 30 * MS);
    pass(&pair, 60); /* step() tells if both speak */
    ck_assert_int_eq(pair.hosts[1].group.role, FT_ROLE_SOLO);
}
END_TEST

/* --- a slow primary is not a dead one ---------------------------------------------------------------------------- */

START_TEST(a_primary_that_slept_is_out_when_it_wakes)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    pair.hosts[0].asleep_until_ns = pair.now_ns + 300 * MS;
    pass(&pair, 400);
    ck_assert_int_eq(pair.hosts[0].group.role, FT_ROLE_OUT);
    ck_assert_int_eq(pair.hosts[1].group.role, FT_ROLE_SOLO);
    ck_assert(speaks(&pair, 1));
}
END_TEST

START_TEST(whatever_happens_two_never_speak_at_once_and_one_does_in_the_end)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    pair.loss_percent = next(&pair, 40);
    pair.double_percent = next(&pair, 20);
    pair.delay_max_us = next(&pair, 4000);
    pair.ring = next(&pair, 20);
    for (unsigned round = 0; round < 12; round++) {
        pass(&pair, 10 + (int64_t)next(&pair, 60));
        unsigned victim = next(&pair, 2);
        if (next(&pair, 3) == 0)
            pair.hosts[victim].asleep_until_ns = pair.now_ns + (int64_t)next(&pair, 200) * MS;
        if (round == 8)
            pair.hosts[victim].dead = true;
    }
    pair.loss_percent = 0;
    pass(&pair, 500);
    ck_assert_msg(speaks(&pair, 0) || speaks(&pair, 1) || pair.hosts[0].group.role == FT_ROLE_OUT ||
                      pair.hosts[1].group.role == FT_ROLE_OUT || stranded(&pair, 0) ||
                      stranded(&pair, 1),
                  "nobody speaks, and nobody knows why: roles %d %d", pair.hosts[0].group.role,
                  pair.hosts[1].group.role);
}
END_TEST

/* --- one fault after the other ------------------------------------------------------------------------------------ */

static void sleep_until(struct pair *pair, unsigned host, int64_t until_ns)
{
    pair->hosts[host].asleep_until_ns = until_ns;
}

/* Messages that arrived while a host slept are soon too many to be kept: what it finds is what came first. */
START_TEST(a_backup_that_wakes_as_its_primary_falls_asleep_does_not_take_over)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    pair.ring = 8;
    pass(&pair, 60);
    sleep_until(&pair, 1, pair.now_ns + 130 * MS);
    while (pair.hosts[0].group.role != FT_ROLE_SOLO) /* it has taken the backup for dead */
        step(&pair);
    pass(&pair, 20);
    sleep_until(&pair, 0, pair.now_ns + 200 * MS);
    pass(&pair, 190); /* the backup is awake, and hears nothing */
    ck_assert_int_eq(pair.hosts[1].group.role, FT_ROLE_BACKUP);
    ck_assert(stranded(&pair, 1));
    pass(&pair, 30);
    ck_assert(speaks(&pair, 0));
    ck_assert_int_eq(pair.hosts[1].group.role, FT_ROLE_OUT);
}
END_TEST

START_TEST(a_primary_that_wakes_as_its_successor_falls_asleep_does_not_go_on_alone)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    pair.ring = 8;
    pass(&pair, 60);
    sleep_until(&pair, 0, pair.now_ns + 90 * MS);
    while (pair.hosts[1].group.role != FT_ROLE_SOLO)
        step(&pair);
    pass(&pair, 20);
    sleep_until(&pair, 1, pair.now_ns + 300 * MS);
    pass(&pair, 290);
    ck_assert_int_eq(pair.hosts[0].group.role, FT_ROLE_PRIMARY);
    ck_assert(stranded(&pair, 0) && !speaks(&pair, 0));
    pass(&pair, 30);
    ck_assert(speaks(&pair, 1));
    ck_assert_int_eq(pair.hosts[0].group.role, FT_ROLE_OUT);
}
END_TEST

START_TEST(who_has_slept_goes_on_alone_as_before_once_the_other_has_been_heard_again)
{
    struct pair pair;
    unsigned sleeper = (unsigned)_i % 2;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    /* Not long enough to be missed; a backup's sleep is missed later than a primary's. */
    sleep_until(&pair, sleeper, pair.now_ns + (sleeper == 0 ? 48 : 90) * MS);
    pass(&pair, 90);
    pass(&pair, 20);
    ck_assert(ft_group_can_go_on(&pair.hosts[sleeper].group, clock_of(&pair, sleeper)));
    pair.hosts[1 - sleeper].dead = true;
    pass(&pair, 200);
    ck_assert(speaks(&pair, sleeper));
    ck_assert(!stranded(&pair, sleeper));
}
END_TEST

START_TEST(
    a_backup_that_slept_little_longer_than_its_time_out_takes_over_from_a_primary_that_died_then)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    sleep_until(&pair, 1, pair.now_ns + 68 * MS);
    pair.hosts[0].dead = true;
    pass(&pair, 68 + 50 + 2 * 5 + 5);
    ck_assert(speaks(&pair, 1));
}
END_TEST

/* Two faults at once: the service waits for the one of them that can end it. */
START_TEST(who_waits_for_a_host_that_died_goes_on_alone_when_that_begins_anew)
{
    struct pair pair;
    unsigned sleeper = (unsigned)_i % 2;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    sleep_until(&pair, sleeper, pair.now_ns + 90 * MS);
    pair.hosts[1 - sleeper].dead = true;
    pass(&pair, 90 + 200);
    ck_assert(stranded(&pair, sleeper) && !speaks(&pair, sleeper));
    uint64_t view = pair.hosts[sleeper].group.view;
    restart(&pair, 1 - sleeper);
    pass(&pair, 30);
    ck_assert(speaks(&pair, sleeper));
    ck_assert_uint_gt(pair.hosts[sleeper].group.view, view);
    ck_assert_int_eq(pair.hosts[1 - sleeper].group.role, FT_ROLE_BACKUP);
}
END_TEST

START_TEST(a_primary_is_as_patient_as_its_backup_counts_on)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    pair.hosts[1].dead = true;
    pass(&pair, 200);
    restart(&pair, 1);
    pair.hosts[1].group.settings.timeout_ns = 100 * MS;
    pass(&pair, 60);
    ck_assert_int_eq(pair.hosts[0].group.role, FT_ROLE_PRIMARY);
    pair.hosts[1].dead = true;
    pass(&pair, 190);
    ck_assert_int_eq(pair.hosts[0].group.role, FT_ROLE_PRIMARY);
    pass(&pair, 30);
    ck_assert_int_eq(pair.hosts[0].group.role, FT_ROLE_SOLO);
}
END_TEST

/* --- strangers --------------------------------------------------------------------------------------------------- */

static struct ft_group group_alone(enum ft_role role)
{
    struct ft_group group;
    struct ft_group_settings settings = settings_of(0);
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    ft_group_init(&group, &settings, MS, role, 256);
    ft_group_tick(&group, MS, actions); /* what the peer echoes */
    return group;
}

static struct ft_control claim(uint64_t view, int64_t sent_ns)
{
    return (struct ft_control){
        .kind = FT_CONTROL_HEARTBEAT,
        .sender = 1,
        .role = FT_ROLE_SOLO,
        .view = view,
        .incarnation = settings_of(1).incarnation,
        .echo_incarnation = settings_of(0).incarnation,
        .sent_ns = sent_ns,
        .echo_ns = MS,
    };
}

static unsigned take(struct ft_group *group, const struct ft_control *message,
                     const struct ft_key *key)
{
    uint8_t bytes[FT_CONTROL_BYTES];
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    ft_control_write(message, key, bytes);
    return ft_group_input(group, 2 * MS, bytes, sizeof bytes, actions);
}

START_TEST(forged_replayed_and_foreign_messages_change_nothing_and_are_counted)
{
    struct ft_group group = group_alone(FT_ROLE_PRIMARY);
    const struct ft_key wrong = {.word = {1, 3}};
    struct ft_control message = claim(512, 10);
    ck_assert_uint_eq(take(&group, &message, &wrong), 0);
    ck_assert_uint_eq(group.refused[FT_CONTROL_MAC], 1);
    message.sender = 0; /* our own, reflected */
    ck_assert_uint_eq(take(&group, &message, &KEY), 0);
    ck_assert_uint_eq(group.refused[FT_CONTROL_SENDER], 1);
    struct ft_control old = claim(256, 20);
    old.role = FT_ROLE_BACKUP;
    take(&group, &old, &KEY);
    message = claim(512, 20); /* not newer than what was heard */
    ck_assert_uint_eq(take(&group, &message, &KEY), 0);
    ck_assert_uint_eq(group.refused[FT_CONTROL_OLD], 1);
    message = claim(512, 21);
    message.incarnation++; /* of another life, and without a proof that it is a new one */
    ck_assert_uint_eq(take(&group, &message, &KEY), 0);
    ck_assert_uint_eq(group.refused[FT_CONTROL_STALE], 1);
    ck_assert_int_eq(group.role, FT_ROLE_PRIMARY);
    message = claim(512, 21);
    ck_assert_uint_gt(take(&group, &message, &KEY), 0);
    ck_assert_int_eq(group.role, FT_ROLE_OUT);
}
END_TEST

START_TEST(an_older_view_takes_nobodys_role)
{
    for (uint64_t view = 0; view <= 256; view += 64) {
        struct ft_group group = group_alone(FT_ROLE_SOLO);
        struct ft_control message = claim(view, 10);
        take(&group, &message, &KEY);
        ck_assert_int_eq(group.role, FT_ROLE_SOLO);
    }
}
END_TEST

START_TEST(an_echo_of_what_was_never_sent_extends_no_lease)
{
    struct ft_group group = group_alone(FT_ROLE_PRIMARY);
    int64_t until_ns = ft_group_speak_until_ns(&group);
    struct ft_control message = claim(256, 10);
    message.role = FT_ROLE_BACKUP;
    for (int64_t echo_ns = MS + 1; echo_ns <= 1000 * MS; echo_ns *= 2) {
        message.echo_ns = echo_ns;
        message.sent_ns++;
        take(&group, &message, &KEY);
        ck_assert_int_eq(ft_group_speak_until_ns(&group), until_ns);
    }
    message.echo_ns = 1;
    message.echo_incarnation++; /* of an earlier life of ours */
    message.sent_ns++;
    take(&group, &message, &KEY);
    ck_assert_int_eq(ft_group_speak_until_ns(&group), until_ns);
}
END_TEST

START_TEST(two_hosts_never_name_the_same_view)
{
    for (uint8_t self = 0; self < 2; self++) {
        struct ft_group group;
        struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
        struct ft_group_settings settings = settings_of(self);
        ft_group_init(&group, &settings, 0, FT_ROLE_BACKUP, 257);
        for (int64_t now = 5 * MS; group.role == FT_ROLE_BACKUP; now += 5 * MS)
            ft_group_tick(&group, now, actions);
        ck_assert_uint_eq(group.view & 0xff, self);
        ck_assert_uint_eq(group.view >> 8, 2);
    }
}
END_TEST

/* --- health and the log ------------------------------------------------------------------------------------------ */

START_TEST(a_host_whose_server_is_ill_says_nothing_and_claims_nothing)
{
    struct ft_group group = group_alone(FT_ROLE_BACKUP);
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    ft_group_set_healthy(&group, false);
    for (int64_t now = 5 * MS; now < 1000 * MS; now += 5 * MS)
        ck_assert_uint_eq(ft_group_tick(&group, now, actions), 0);
    ck_assert_int_eq(group.role, FT_ROLE_BACKUP);
}
END_TEST

START_TEST(a_host_that_is_full_tells_its_peer_and_tells_it_too_when_there_is_room_again)
{
    struct pair pair;
    start(&pair, 1);
    pass(&pair, 60);
    for (unsigned host = 0; host < 2; host++) {
        const struct ft_group *peer = &pair.hosts[1 - host].group;
        ck_assert(!peer->peer_full);
        ft_group_set_full(&pair.hosts[host].group, true);
        pass(&pair, 10);
        ck_assert(peer->peer_full);
        ft_group_set_full(&pair.hosts[host].group, false);
        pass(&pair, 10);
        ck_assert(!peer->peer_full);
    }
}
END_TEST

START_TEST(a_stuck_log_makes_the_primary_go_on_alone_once_the_backup_is_out)
{
    struct pair pair;
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    start(&pair, 1);
    pass(&pair, 60);
    carry_out(&pair, 0, actions,
              ft_group_log_stuck(&pair.hosts[0].group, clock_of(&pair, 0), actions));
    ck_assert_int_eq(pair.hosts[0].group.role, FT_ROLE_PRIMARY); /* not before it is confirmed */
    pass(&pair, 30);
    ck_assert_int_eq(pair.hosts[0].group.role, FT_ROLE_SOLO);
    ck_assert_int_eq(pair.hosts[1].group.role, FT_ROLE_OUT);
}
END_TEST

START_TEST(who_has_slept_blames_no_log_before_the_backup_is_heard_again)
{
    struct pair pair;
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    struct ft_group *primary = &pair.hosts[0].group;
    start(&pair, 1);
    pass(&pair, 60);
    sleep_until(&pair, 0, pair.now_ns + 40 * MS);
    pass(&pair, 39);
    int64_t woke_ns = clock_of(&pair, 0) + 2 * MS;
    ft_group_tick(primary, woke_ns, actions);
    ck_assert_uint_eq(ft_group_log_stuck(primary, woke_ns, actions), 0);
    ck_assert_uint_eq(primary->proposal, 0);
    pass(&pair, 20);
    carry_out(&pair, 0, actions, ft_group_log_stuck(primary, clock_of(&pair, 0), actions));
    ck_assert_uint_ne(primary->proposal, 0);
}
END_TEST

START_TEST(by_the_other_policy_a_stuck_log_changes_nothing)
{
    struct ft_group group = group_alone(FT_ROLE_PRIMARY);
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    group.settings.log_policy = FT_LOG_CUT_STOP;
    ck_assert_uint_eq(ft_group_log_stuck(&group, MS, actions), 0);
    ck_assert_uint_eq(group.proposal, 0);
}
END_TEST

START_TEST(unsound_settings_are_told)
{
    struct ft_group_settings settings = settings_of(0);
    ck_assert(ft_group_settings_sound(&settings));
    settings.lease_ns = settings.timeout_ns;
    ck_assert(!ft_group_settings_sound(&settings));
    settings.lease_ns = settings.timeout_ns - settings.timeout_ns / PPM * 400; /* drift eats it */
    ck_assert(!ft_group_settings_sound(&settings));
    settings.lease_ns = settings.heartbeat_ns;
    ck_assert(!ft_group_settings_sound(&settings));
    settings = settings_of(0);
    settings.peer = settings.self;
    ck_assert(!ft_group_settings_sound(&settings));
    settings = settings_of(0);
    settings.incarnation = 0;
    ck_assert(!ft_group_settings_sound(&settings));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_group");
    TCase *tcase = tcase_create("pair");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, while_all_is_well_the_primary_speaks_and_nothing_changes, 0, 10);
    tcase_add_loop_test(tcase, the_backup_speaks_soon_after_the_primary_died, 0, 20);
    tcase_add_loop_test(tcase, the_primary_is_silent_a_while_and_then_goes_on_when_the_backup_died,
                        0, 20);
    tcase_add_loop_test(tcase, whoever_serves_alone_announces_the_address_again_and_again, 0, 4);
    tcase_add_loop_test(
        tcase,
        a_first_heartbeat_that_comes_late_and_is_the_last_is_a_lease_that_the_backup_waits_for, 0,
        20);
    tcase_add_loop_test(tcase, a_primary_that_slept_is_out_when_it_wakes, 0, 20);
    tcase_add_loop_test(tcase, whatever_happens_two_never_speak_at_once_and_one_does_in_the_end, 0,
                        200);
    tcase_add_loop_test(tcase, a_backup_that_wakes_as_its_primary_falls_asleep_does_not_take_over,
                        0, 20);
    tcase_add_loop_test(
        tcase, a_primary_that_wakes_as_its_successor_falls_asleep_does_not_go_on_alone, 0, 20);
    tcase_add_loop_test(
        tcase, who_has_slept_goes_on_alone_as_before_once_the_other_has_been_heard_again, 0, 20);
    tcase_add_loop_test(
        tcase,
        a_backup_that_slept_little_longer_than_its_time_out_takes_over_from_a_primary_that_died_then,
        0, 20);
    tcase_add_loop_test(tcase, who_waits_for_a_host_that_died_goes_on_alone_when_that_begins_anew,
                        0, 20);
    tcase_add_loop_test(tcase, a_primary_is_as_patient_as_its_backup_counts_on, 0, 4);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("alone");
    tcase_add_test(tcase, forged_replayed_and_foreign_messages_change_nothing_and_are_counted);
    tcase_add_test(tcase, an_older_view_takes_nobodys_role);
    tcase_add_test(tcase, an_echo_of_what_was_never_sent_extends_no_lease);
    tcase_add_test(tcase, two_hosts_never_name_the_same_view);
    tcase_add_test(tcase, a_host_whose_server_is_ill_says_nothing_and_claims_nothing);
    tcase_add_test(tcase,
                   a_host_that_is_full_tells_its_peer_and_tells_it_too_when_there_is_room_again);
    tcase_add_test(tcase, a_stuck_log_makes_the_primary_go_on_alone_once_the_backup_is_out);
    tcase_add_test(tcase, who_has_slept_blames_no_log_before_the_backup_is_heard_again);
    tcase_add_test(tcase, by_the_other_policy_a_stuck_log_changes_nothing);
    tcase_add_test(tcase, unsound_settings_are_told);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
