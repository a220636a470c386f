/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A failed assertion ends the program, or takes the way out that its thread has left open.
 */
#include "sim/bug.h"
#include "tests/suite.h"

#include <signal.h>
#include <stdbool.h>

START_TEST(what_holds_has_no_effect)
{
    assert(_i == 0);
}
END_TEST

START_TEST(a_failed_assertion_ends_the_program)
{
    assert(_i != 0);
}
END_TEST

START_TEST(somebody_may_survive_it)
{
    jmp_buf here;
    volatile bool failed = false;
    ck_assert_ptr_null(bug_survive(&here));
    if (setjmp(here) == 0)
        assert(_i != 0);
    else
        failed = true;
    ck_assert(failed);
    ck_assert_ptr_eq(bug_survive(NULL), &here);
}
END_TEST

START_TEST(but_not_after_he_has_left)
{
    jmp_buf here;
    bug_survive(&here);
    if (setjmp(here) != 0)
        return;
    bug_survive(NULL);
    assert(_i != 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bug");
    TCase *tests = tcase_create("failures");
    tcase_add_test(tests, what_holds_has_no_effect);
    tcase_add_test_raise_signal(tests, a_failed_assertion_ends_the_program, SIGABRT);
    tcase_add_test(tests, somebody_may_survive_it);
    tcase_add_test_raise_signal(tests, but_not_after_he_has_left, SIGABRT);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
