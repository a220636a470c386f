/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_notice - who hears what, and that every notice has a name of its own.
 */
#include "models/host/notice.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "sim/event.h" /* container_of */
#include "tests/suite.h"

static struct notice_board board;

struct listener {
    struct observer observer;
    int heard;
    struct notice last;
    int *clock, heard_at;
};

static void listen(struct observer *observer, const struct notice *notice)
{
    struct listener *self = container_of(observer, struct listener, observer);
    self->heard++;
    self->last = *notice;
    if (self->clock != NULL)
        self->heard_at = ++*self->clock;
}

static struct listener listener_of(uint32_t kinds)
{
    return (struct listener){.observer = {.notice = listen, .kinds = kinds}};
}

static void setup(void)
{
    memset(&board, 0, sizeof board);
}

START_TEST(an_observer_hears_the_kinds_it_asked_for)
{
    struct listener crashes = listener_of(1U << NOTICE_CRASH);
    struct listener life = listener_of(1U << NOTICE_CRASH | 1U << NOTICE_RESTART);
    notice_subscribe(&board, &crashes.observer);
    notice_subscribe(&board, &life.observer);
    NOTICE(&board, .kind = NOTICE_CRASH, .value = 7, .limit = 9);
    NOTICE(&board, .kind = NOTICE_RESTART);
    NOTICE(&board, .kind = NOTICE_ROLE);
    ck_assert_int_eq(crashes.heard, 1);
    ck_assert_int_eq(life.heard, 2);
    ck_assert_uint_eq(crashes.last.value, 7);
    ck_assert_uint_eq(crashes.last.limit, 9);
    ck_assert_ptr_null(crashes.last.request);
    ck_assert_int_eq(life.last.kind, NOTICE_RESTART);
}
END_TEST

START_TEST(observers_hear_in_the_order_of_their_subscription)
{
    int clock = 0;
    struct listener listeners[5];
    for (int i = 0; i < 5; i++) {
        listeners[i] = listener_of(1U << NOTICE_ROLE);
        listeners[i].clock = &clock;
        notice_subscribe(&board, &listeners[i].observer);
    }
    NOTICE(&board, .kind = NOTICE_ROLE);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(listeners[i].heard_at, i + 1);
}
END_TEST

START_TEST(who_unsubscribes_hears_no_more_and_the_others_do)
{
    struct listener crashes = listener_of(1U << NOTICE_CRASH);
    struct listener life = listener_of(1U << NOTICE_CRASH | 1U << NOTICE_RESTART);
    notice_subscribe(&board, &life.observer);
    notice_subscribe(&board, &crashes.observer);
    notice_unsubscribe(&board, &life.observer);
    NOTICE(&board, .kind = NOTICE_CRASH);
    NOTICE(&board, .kind = NOTICE_RESTART);
    ck_assert_int_eq(life.heard, 0);
    ck_assert_int_eq(crashes.heard, 1);
    ck_assert_uint_eq(board.kinds, 1U << NOTICE_CRASH); /* a restart costs nothing again */
    notice_unsubscribe(&board, &crashes.observer);
    ck_assert_uint_eq(board.kinds, 0);
}
END_TEST

START_TEST(without_observers_nothing_happens)
{
    for (int kind = 0; kind < NOTICE_KINDS; kind++)
        NOTICE(&board, .kind = (enum notice_kind)kind);
    ck_assert_uint_eq(board.kinds, 0);
}
END_TEST

START_TEST(every_kind_can_be_heard_alone)
{
    struct listener listener = listener_of(1U << _i);
    notice_subscribe(&board, &listener.observer);
    for (int kind = 0; kind < NOTICE_KINDS; kind++)
        NOTICE(&board, .kind = (enum notice_kind)kind);
    ck_assert_int_eq(listener.heard, 1);
    ck_assert_int_eq(listener.last.kind, _i);
}
END_TEST

START_TEST(every_kind_has_a_name_of_its_own)
{
    ck_assert_ptr_null(notice_names[NOTICE_KINDS]);
    for (int i = 0; i < NOTICE_KINDS; i++) {
        if (notice_names[i] == NULL || notice_names[i][0] == '\0')
            ck_abort_msg("notice %d has no name", i);
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(notice_names[i], notice_names[k]);
    }
    ck_assert_str_eq(notice_names[NOTICE_CRASH], "crash");
    ck_assert_str_eq(notice_names[NOTICE_REPLY_SEGMENT_SENT], "reply_segment_sent");
}
END_TEST

START_TEST(too_many_observers_are_a_bug)
{
    static struct listener listeners[NOTICE_OBSERVERS_MAX + 1];
    for (int i = 0; i <= NOTICE_OBSERVERS_MAX; i++)
        notice_subscribe(&board, &listeners[i].observer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("notice");
    TCase *tests = tcase_create("notice");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, an_observer_hears_the_kinds_it_asked_for);
    tcase_add_test(tests, observers_hear_in_the_order_of_their_subscription);
    tcase_add_test(tests, who_unsubscribes_hears_no_more_and_the_others_do);
    tcase_add_test(tests, without_observers_nothing_happens);
    tcase_add_loop_test(tests, every_kind_can_be_heard_alone, 0, NOTICE_KINDS);
    tcase_add_test(tests, every_kind_has_a_name_of_its_own);
    tcase_add_test_raise_signal(tests, too_many_observers_are_a_bug, SIGABRT);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
