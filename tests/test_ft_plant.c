/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The switch of planted bugs: one at a time, off at first, each thread's own; and what their table says is true.
 */
#include "core/ft_plant.h"
#include "models/oracle/promise.h"
#include "models/plants.h"
#include "tests/suite.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

START_TEST(nothing_is_planted_at_first)
{
    ck_assert(ft_planted(FT_PLANT_NONE));
    ck_assert(!ft_planted(FT_PLANT_NO_LEASE));
}
END_TEST

START_TEST(using_one_says_what_was_used_before)
{
    ck_assert_int_eq(ft_plant_use(FT_PLANT_NO_LEASE), FT_PLANT_NONE);
    ck_assert(ft_planted(FT_PLANT_NO_LEASE));
    ck_assert(!ft_planted(FT_PLANT_LEASE_TOO_LONG));
    ck_assert_int_eq(ft_plant_use(FT_PLANT_NONE), FT_PLANT_NO_LEASE);
    ck_assert(!ft_planted(FT_PLANT_NO_LEASE));
}
END_TEST

static void *look(void *planted)
{
    *(bool *)planted = ft_planted(FT_PLANT_NO_LEASE);
    ft_plant_use(FT_PLANT_STALE_VIEW);
    return NULL;
}

START_TEST(a_thread_sees_its_own_switch_only)
{
    pthread_t thread;
    bool planted_there = true;
    ft_plant_use(FT_PLANT_NO_LEASE);
    ck_assert_int_eq(pthread_create(&thread, NULL, look, &planted_there), 0);
    pthread_join(thread, NULL);
    ck_assert(!planted_there);
    ck_assert(ft_planted(FT_PLANT_NO_LEASE));
    ft_plant_use(FT_PLANT_NONE);
}
END_TEST

static bool is_promise(const char *name)
{
    for (unsigned i = 0; promises[i] != NULL; i++) {
        if (strcmp(promises[i]->name, name) == 0)
            return true;
    }
    return false;
}

START_TEST(every_row_names_a_promise_and_a_file_that_exist)
{
    unsigned count = 0;
    for (const struct plant_type *plant = plants; plant->name != NULL; plant++, count++) {
        ck_assert_msg(is_promise(plant->promise), "%s: %s", plant->name, plant->promise);
        ck_assert_msg(access(plant->where, R_OK) == 0, "%s: no file %s", plant->name, plant->where);
        ck_assert_uint_gt(strlen(plant->help), 20);
        ck_assert_str_eq(plant_names[count + 1], plant->name);
    }
    ck_assert_uint_ge(count, 16);
    ck_assert_str_eq(plant_names[0], "none");
    ck_assert_ptr_null(plant_names[count + 1]);
}
END_TEST

START_TEST(names_are_unique)
{
    for (unsigned i = 0; plant_names[i] != NULL; i++) {
        for (unsigned j = 0; j < i; j++)
            ck_assert_str_ne(plant_names[i], plant_names[j]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_plant");
    TCase *tests = tcase_create("switch and table");
    tcase_add_test(tests, nothing_is_planted_at_first);
    tcase_add_test(tests, using_one_says_what_was_used_before);
    tcase_add_test(tests, a_thread_sees_its_own_switch_only);
    tcase_add_test(tests, every_row_names_a_promise_and_a_file_that_exist);
    tcase_add_test(tests, names_are_unique);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
