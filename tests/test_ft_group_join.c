/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_group: hosts that come back. A newcomer is taken in whatever is lost, doubled or played again on the way;
 * two never speak at once meanwhile; and protection returns.
 */
#include "tests/pair_world.h"

static enum ft_role role_of(const struct pair *self, unsigned host)
{
    return self->hosts[host].group.role;
}

/* One speaks, the other stands by, and both mean the same view. */
static bool paired(const struct pair *self)
{
    const struct ft_group *one = &self->hosts[0].group, *other = &self->hosts[1].group;
    bool roles = (one->role == FT_ROLE_PRIMARY && other->role == FT_ROLE_BACKUP) ||
                 (one->role == FT_ROLE_BACKUP && other->role == FT_ROLE_PRIMARY);
    return roles && one->view == other->view && !self->hosts[0].dead && !self->hosts[1].dead;
}

static int64_t wait_for_pair(struct pair *self, int64_t most_ms)
{
    int64_t since_ns = self->now_ns;
    while (!paired(self) && self->now_ns < since_ns + most_ms * MS)
        step(self);
    return self->now_ns - since_ns;
}

/* --- one comes back ----------------------------------------------------------------------------------------------- */

START_TEST(a_host_that_comes_back_is_the_backup_in_a_new_view_within_a_few_heartbeats)
{
    struct pair pair;
    unsigned dies = (unsigned)_i % 2, stays = 1 - dies;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    pair.hosts[dies].dead = true;
    pass(&pair, 200 + (int64_t)next(&pair, 10));
    uint64_t view = pair.hosts[stays].group.view;
    ck_assert_int_eq(role_of(&pair, stays), FT_ROLE_SOLO);
    restart(&pair, dies);
    ck_assert_int_le(wait_for_pair(&pair, 1000), 2 * 5 * MS + 2 * MS);
    ck_assert_int_eq(role_of(&pair, stays), FT_ROLE_PRIMARY);
    ck_assert_uint_gt(pair.hosts[stays].group.view, view);
}
END_TEST

START_TEST(who_serves_alone_speaks_all_the_time_while_it_takes_another_in)
{
    struct pair pair;
    unsigned dies = (unsigned)_i % 2;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    pair.hosts[dies].dead = true;
    pass(&pair, 200);
    restart(&pair, dies);
    for (unsigned i = 0; i < 1000; i++) {
        step(&pair);
        if (!speaks(&pair, 1 - dies))
            ck_abort_msg("silent at %.4f ms", (double)pair.now_ns / 1e6);
    }
    ck_assert(paired(&pair));
}
END_TEST

START_TEST(the_newcomer_draws_the_address_to_itself_and_the_primary_lets_it_go)
{
    struct pair pair;
    unsigned dies = (unsigned)_i % 2;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    pair.hosts[dies].dead = true;
    pass(&pair, 200);
    restart(&pair, dies);
    while (role_of(&pair, dies) == FT_ROLE_OUT) {
        ck_assert_uint_eq(pair.hosts[dies].announced, 0); /* not before it can do anything */
        step(&pair);
    }
    wait_for_pair(&pair, 1000);
    unsigned before = pair.hosts[1 - dies].announced;
    pass(&pair, 100);
    ck_assert_uint_ge(pair.hosts[dies].announced, 5);
    ck_assert_uint_eq(pair.hosts[1 - dies].announced, before);
}
END_TEST

START_TEST(the_newcomer_takes_over_when_the_other_dies_in_turn)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    for (unsigned round = 0; round < 6; round++) {
        pass(&pair, 60);
        ck_assert(paired(&pair));
        unsigned dies = role_of(&pair, 0) == FT_ROLE_PRIMARY ? 0 : 1;
        uint64_t view = pair.hosts[dies].group.view;
        pair.hosts[dies].dead = true;
        pass(&pair, 100);
        ck_assert(speaks(&pair, 1 - dies));
        ck_assert_uint_gt(pair.hosts[1 - dies].group.view, view);
        restart(&pair, dies);
    }
}
END_TEST

/* --- a pair of unlike settings ------------------------------------------------------------------------------------ */

START_TEST(a_newcomer_that_would_not_outwait_our_lease_is_told_so_and_stays_out)
{
    struct pair pair;
    unsigned dies = (unsigned)_i % 2, stays = 1 - dies;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    pair.hosts[dies].dead = true;
    pass(&pair, 200);
    restart(&pair, dies);
    struct ft_group *newcomer = &pair.hosts[dies].group, *alone = &pair.hosts[stays].group;
    newcomer->settings.timeout_ns = alone->settings.lease_ns + (_i / 2 % 2) * 10000; /* drift */
    newcomer->settings.log_bytes = 4711;
    pass(&pair, 300);
    ck_assert_int_eq(newcomer->role, FT_ROLE_OUT);
    ck_assert(newcomer->refused_by_peer);
    ck_assert_int_eq(alone->role, FT_ROLE_SOLO);
    ck_assert(alone->refuses);
    ck_assert_int_eq(alone->peer_timeout_ns, newcomer->settings.timeout_ns);
    ck_assert_uint_eq(alone->peer_log_bytes, 4711);
    restart(&pair, dies); /* as its settings are by default */
    wait_for_pair(&pair, 1000);
    ck_assert(paired(&pair));
    ck_assert(!alone->refuses);
    ck_assert_int_eq(alone->peer_timeout_ns, newcomer->settings.timeout_ns);
}
END_TEST

/* --- sooner than anybody noticed ---------------------------------------------------------------------------------- */

START_TEST(a_host_that_is_back_before_it_was_missed_is_known_to_have_died)
{
    struct pair pair;
    unsigned dies = (unsigned)_i % 2, stays = 1 - dies;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    pair.hosts[dies].dead = true;
    pass(&pair, (int64_t)next(&pair, 20));
    restart(&pair, dies);
    ck_assert_int_le(wait_for_pair(&pair, 1000), 4 * 5 * MS);
    ck_assert_int_eq(role_of(&pair, stays), FT_ROLE_PRIMARY); /* whatever it was before */
    ck_assert_uint_gt(pair.hosts[stays].group.view, 1);
}
END_TEST

START_TEST(a_host_that_dies_again_while_it_is_taken_in_is_taken_in_the_next_time)
{
    struct pair pair;
    unsigned dies = (unsigned)_i % 2, stays = 1 - dies;
    start(&pair, (uint32_t)_i);
    pair.delay_max_us = 3000; /* the steps take their time */
    pass(&pair, 60);
    for (unsigned life = 0; life < 5; life++) {
        pair.hosts[dies].dead = true;
        pass(&pair, (int64_t)next(&pair, 8));
        restart(&pair, dies);
        for (uint32_t steps = next(&pair, 60); steps > 0; steps--)
            step(&pair);
    }
    wait_for_pair(&pair, 1000);
    ck_assert(paired(&pair));
    pass(&pair, 200);
    ck_assert(paired(&pair)); /* and nothing from before disturbs it */
    ck_assert(speaks(&pair, stays) || speaks(&pair, dies));
}
END_TEST

START_TEST(a_newcomer_that_dies_for_good_leaves_the_other_alone_after_a_pause)
{
    struct pair pair;
    unsigned dies = (unsigned)_i % 2, stays = 1 - dies;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    pair.hosts[dies].dead = true;
    pass(&pair, 200);
    restart(&pair, dies);
    while (pair.hosts[stays].group.proposal == 0)
        step(&pair);
    pair.hosts[dies].dead = true; /* it may have heard the proposal, or not */
    pass(&pair, 35);
    if (role_of(&pair, stays) != FT_ROLE_SOLO || pair.hosts[stays].group.proposal != 0)
        ck_assert(!speaks(&pair, stays)); /* the lease is out: the newcomer might be speaking */
    pass(&pair, 100);
    ck_assert_int_eq(role_of(&pair, stays), FT_ROLE_SOLO);
    ck_assert(speaks(&pair, stays));
}
END_TEST

/* --- nobody serves ------------------------------------------------------------------------------------------------ */

START_TEST(when_both_begin_anew_the_lower_number_serves_and_takes_the_other_in)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    pass(&pair, 60);
    pair.hosts[0].dead = pair.hosts[1].dead = true;
    pass(&pair, 30);
    restart(&pair, (unsigned)_i % 2);
    pass(&pair,
         300); /* alone, a newcomer does nothing: somebody may be serving whom it cannot hear */
    ck_assert_int_eq(role_of(&pair, (unsigned)_i % 2), FT_ROLE_OUT);
    restart(&pair, 1 - (unsigned)_i % 2);
    wait_for_pair(&pair, 1000);
    ck_assert_int_eq(role_of(&pair, 0), FT_ROLE_PRIMARY);
    ck_assert_int_eq(role_of(&pair, 1), FT_ROLE_BACKUP);
}
END_TEST

/* --- anything ----------------------------------------------------------------------------------------------------- */

/* What a shell does for a host that is out: begin anew, in its own time. */
static void restart_who_is_out(struct pair *self)
{
    for (unsigned i = 0; i < 2; i++) {
        struct host *host = &self->hosts[i];
        bool over = host->dead || (host->group.role == FT_ROLE_OUT && !host->group.joins);
        if (over && (host->dead || awake(self, i)) && next(self, 2) == 0)
            restart(self, i);
    }
}

static void trouble(struct pair *self)
{
    struct host *victim = &self->hosts[next(self, 2)];
    uint32_t kind = next(self, 4);
    if (kind == 0)
        victim->asleep_until_ns = self->now_ns + (int64_t)next(self, 200) * MS;
    if (kind == 1)
        victim->dead = true;
}

START_TEST(whatever_happens_two_never_speak_at_once_and_the_pair_is_whole_in_the_end)
{
    struct pair pair;
    start(&pair, (uint32_t)_i);
    pair.loss_percent = next(&pair, 40);
    pair.double_percent = next(&pair, 20);
    pair.replay_percent = next(&pair, 20);
    pair.delay_max_us = next(&pair, 4000);
    pair.ring = next(&pair, 20);
    for (unsigned round = 0; round < 30; round++) {
        pass(&pair, 5 + (int64_t)next(&pair, 60));
        trouble(&pair);
        restart_who_is_out(&pair);
    }
    pair.loss_percent = 0;
    for (unsigned round = 0; round < 20; round++) {
        pass(&pair, 20);
        restart_who_is_out(&pair);
    }
    wait_for_pair(&pair, 500);
    ck_assert_msg(paired(&pair), "roles %d %d, views %llu %llu", role_of(&pair, 0),
                  role_of(&pair, 1), (unsigned long long)pair.hosts[0].group.view,
                  (unsigned long long)pair.hosts[1].group.view);
    pass(&pair, 10);
    ck_assert(speaks(&pair, 0) || speaks(&pair, 1));
}
END_TEST

/* --- health ------------------------------------------------------------------------------------------------------- */

START_TEST(a_host_whose_server_is_ill_is_not_taken_in_and_takes_nobody_in)
{
    struct pair pair;
    for (unsigned ill = 0; ill < 2; ill++) {
        start(&pair, (uint32_t)_i);
        pass(&pair, 60);
        pair.hosts[0].dead = true;
        pass(&pair, 200);
        restart(&pair, 0);
        ft_group_set_healthy(&pair.hosts[ill].group, false);
        pass(&pair, 300);
        ck_assert_int_eq(role_of(&pair, 0), FT_ROLE_OUT);
        ck_assert_int_eq(role_of(&pair, 1), FT_ROLE_SOLO);
        ck_assert(speaks(&pair, 1));
        ft_group_set_healthy(&pair.hosts[ill].group, true);
        wait_for_pair(&pair, 1000);
        ck_assert(paired(&pair));
    }
}
END_TEST

/* --- message by message ------------------------------------------------------------------------------------------- */

enum { NEWCOMER = 77 };

/* Host 1 at 1000 ms; it has just sent a heartbeat. */
static struct ft_group group_alone(enum ft_role role, uint64_t view)
{
    struct ft_group group;
    struct ft_group_settings settings = settings_of(1);
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    ft_group_init(&group, &settings, 1000 * MS, role, view);
    ft_group_tick(&group, 1000 * MS, actions);
    return group;
}

static void take(struct ft_group *group, struct ft_control message, int64_t now_ns)
{
    uint8_t bytes[FT_CONTROL_BYTES];
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    message.sender = 0;
    message.echo_incarnation = settings_of(1).incarnation;
    if (message.kind == 0)
        message.kind = FT_CONTROL_HEARTBEAT;
    ft_control_write(&message, &KEY, bytes);
    ft_group_input(group, now_ns, bytes, sizeof bytes, actions);
}

static struct ft_control join(uint64_t incarnation, int64_t sent_ns, int64_t echo_ns)
{
    return (struct ft_control){.kind = FT_CONTROL_JOIN,
                               .role = FT_ROLE_OUT,
                               .timeout_ns = 50 * MS,
                               .incarnation = incarnation,
                               .sent_ns = sent_ns,
                               .echo_ns = echo_ns};
}

START_TEST(a_newcomer_whose_echo_is_older_than_the_lease_is_believed_but_not_taken_in_yet)
{
    struct ft_group group = group_alone(FT_ROLE_SOLO, 257);
    take(&group, join(NEWCOMER, 1, 1000 * MS), 1030 * MS);
    ck_assert(group.peer.proven);
    ck_assert_uint_eq(group.proposal, 0);
    ck_assert_int_eq(ft_group_speak_until_ns(&group), INT64_MAX);
    take(&group, join(NEWCOMER, 2, 1000 * MS), 1029 * MS);
    ck_assert_uint_eq(group.proposal, 2 << 8 | 1);
    ck_assert_int_eq(ft_group_speak_until_ns(&group), 1030 * MS); /* from the time it was sent */
    take(&group, join(NEWCOMER, 3, 1029 * MS), 1031 * MS);
    ck_assert_uint_eq(group.proposal, 2 << 8 | 1);
    ck_assert_int_eq(ft_group_speak_until_ns(&group), 1059 * MS);
}
END_TEST

START_TEST(the_next_life_of_a_newcomer_is_offered_a_view_that_the_last_one_was_not)
{
    struct ft_group group = group_alone(FT_ROLE_SOLO, 257);
    take(&group, join(NEWCOMER, 1, 1000 * MS), 1001 * MS);
    ck_assert_uint_eq(group.proposal, 2 << 8 | 1);
    take(&group, join(NEWCOMER + 1, 1, 1001 * MS), 1002 * MS);
    ck_assert_uint_eq(group.proposal, 3 << 8 | 1);
    struct ft_control ghost = {.role = FT_ROLE_BACKUP,
                               .view = 2 << 8 | 1,
                               .incarnation = NEWCOMER,
                               .sent_ns = 2,
                               .echo_ns = 1002 * MS};
    take(&group, ghost, 1003 * MS);
    ck_assert_int_eq(group.role, FT_ROLE_SOLO);
}
END_TEST

START_TEST(a_view_that_was_offered_in_vain_is_never_used_again)
{
    struct ft_group group = group_alone(FT_ROLE_SOLO, 257);
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    take(&group, join(NEWCOMER, 1, 1000 * MS), 1001 * MS);
    for (int64_t now_ns = 1005 * MS; group.proposal != 0; now_ns += 5 * MS)
        ft_group_tick(&group, now_ns, actions);
    ck_assert_uint_eq(group.view, 3 << 8 | 1);
    ck_assert_int_eq(ft_group_speak_until_ns(&group), INT64_MAX);
}
END_TEST

START_TEST(an_invitation_counts_if_it_was_written_just_now_by_one_who_serves_alone)
{
    static const struct {
        enum ft_role role;
        uint64_t view, proposal;
        int64_t now_ms;
        enum ft_role want;
    } rows[] = {
        {FT_ROLE_SOLO, 512, 768, 1049, FT_ROLE_BACKUP},
        {FT_ROLE_SOLO, 512, 768, 1050, FT_ROLE_OUT}, /* from before we slept */
        {FT_ROLE_SOLO, 512, 0, 1001, FT_ROLE_OUT},
        {FT_ROLE_SOLO, 512, 512, 1001, FT_ROLE_OUT},
        {FT_ROLE_PRIMARY, 512, 768, 1001, FT_ROLE_OUT}, /* wants to be rid of somebody */
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ft_group group = group_alone(FT_ROLE_OUT, 0);
        struct ft_control message = {.role = rows[i].role,
                                     .view = rows[i].view,
                                     .incarnation = 50,
                                     .sent_ns = 1,
                                     .echo_ns = 1000 * MS};
        take(&group, message, 1001 * MS); /* it is known to live */
        message.proposal = rows[i].proposal;
        message.sent_ns++;
        take(&group, message, rows[i].now_ms * MS);
        ck_assert_msg(group.role == rows[i].want, "row %u: role %d", i, group.role);
        if (group.role == FT_ROLE_BACKUP)
            ck_assert_uint_eq(group.view, rows[i].proposal);
    }
}
END_TEST

START_TEST(who_was_put_out_does_not_ask_to_join_before_it_begins_anew)
{
    struct ft_group group = group_alone(FT_ROLE_BACKUP, 257);
    struct ft_control message = {
        .role = FT_ROLE_SOLO, .view = 512, .incarnation = 50, .sent_ns = 1, .echo_ns = 1000 * MS};
    take(&group, message, 1001 * MS);
    ck_assert_int_eq(group.role, FT_ROLE_OUT);
    message.proposal = 768;
    message.sent_ns++;
    take(&group, message, 1002 * MS);
    ck_assert_int_eq(group.role, FT_ROLE_OUT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_group_join");
    TCase *tcase = tcase_create("join");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(
        tcase, a_host_that_comes_back_is_the_backup_in_a_new_view_within_a_few_heartbeats, 0, 20);
    tcase_add_loop_test(tcase, who_serves_alone_speaks_all_the_time_while_it_takes_another_in, 0,
                        20);
    tcase_add_loop_test(tcase, the_newcomer_draws_the_address_to_itself_and_the_primary_lets_it_go,
                        0, 4);
    tcase_add_loop_test(tcase, the_newcomer_takes_over_when_the_other_dies_in_turn, 0, 10);
    tcase_add_loop_test(tcase, a_newcomer_that_would_not_outwait_our_lease_is_told_so_and_stays_out,
                        0, 8);
    tcase_add_loop_test(tcase, a_host_that_is_back_before_it_was_missed_is_known_to_have_died, 0,
                        20);
    tcase_add_loop_test(
        tcase, a_host_that_dies_again_while_it_is_taken_in_is_taken_in_the_next_time, 0, 40);
    tcase_add_loop_test(tcase, a_newcomer_that_dies_for_good_leaves_the_other_alone_after_a_pause,
                        0, 20);
    tcase_add_loop_test(tcase, when_both_begin_anew_the_lower_number_serves_and_takes_the_other_in,
                        0, 10);
    tcase_add_loop_test(
        tcase, whatever_happens_two_never_speak_at_once_and_the_pair_is_whole_in_the_end, 0, 300);
    tcase_add_loop_test(tcase, a_host_whose_server_is_ill_is_not_taken_in_and_takes_nobody_in, 0,
                        2);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("messages");
    tcase_add_test(tcase,
                   a_newcomer_whose_echo_is_older_than_the_lease_is_believed_but_not_taken_in_yet);
    tcase_add_test(tcase, the_next_life_of_a_newcomer_is_offered_a_view_that_the_last_one_was_not);
    tcase_add_test(tcase, a_view_that_was_offered_in_vain_is_never_used_again);
    tcase_add_test(tcase, an_invitation_counts_if_it_was_written_just_now_by_one_who_serves_alone);
    tcase_add_test(tcase, who_was_put_out_does_not_ask_to_join_before_it_begins_anew);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
