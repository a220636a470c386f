/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_sweep - what makes a sweep wrong, and that no sweep can take forever; test_scenario has what sweeps mean.
 */
#include "tests/scenario_schema.h"

#include <sqlite3.h>

static const struct {
    const char *text, *said;
} wrong[] = {
    /* one parameter, two axes */
    {"sweep:\n  group.count: [1, 2]\n  together:\n    - {size: 1}\n    - {group.count: 5}\n",
     "test.yaml:3:3: error: 'group.count' is swept by two axes: keep one"},
    {"sweep: {color: [red]}\nsweep: {color: [blue]}\n",
     "test.yaml:2:1: error: 'sweep' is given twice"},
    {"sweep: {together: [{color: red, color: blue}]}\n", "'color' is given twice"},
    /* one value twice, however it is written */
    {"sweep: {group.size: [1KB, 2KB, 1024B]}\n",
     "test.yaml:1:32: error: the same value twice: group.size=1KB"},
    {"sweep: {together: [{color: red, size: 1}, {color: red, size: 1}]}\n",
     "the same value twice: color=red size=1"},
    /* ranges */
    {"sweep: {group.size: {from: 1B, to: 2000B, step: 1B}}\n", "more than 1000 values"},
    {"sweep: {group.count: {from: 1, to: 9, step: 1e-9}}\n",
     "'group.count' is a whole number, not '1.0"},
    {"sweep: {group.count: {from: 1, to: 9, step: 1e-30}}\n", "the same value twice"},
    {"sweep: {loss: {from: 0, to: 1, step: 0}}\n", "a range goes up"},
    {"sweep: {group.size: {from: 0B, to: 9B, factor: 2}}\n", "must be 1"},
    {"sweep: {loss: {from: 0, to: 1, factor: 2}}\n", "a range goes up"},
    {"sweep: {loss: {from: 0, to: 1, factor: -2}}\n", "a range goes up"},
    {"sweep: {reply: {from: 'pareto(1KB, 0.5)', to: 2KB, factor: 2}}\n", "a range needs numbers"},
    /* values */
    {"sweep: {group.delay: [1ms, 2]}\n", "test.yaml:1:28: error: 'group.delay' is a duration"},
    {"sweep: {group.delay: [[1ms]]}\n", "a value is a plain text"},
    {"sweep: {together: {color: red}}\n", "'together' is a list"},
    {"sweep: {together: [color]}\n", "an element of 'together' is"},
    {"sweep: {together: [{}]}\n", "an element of 'together' is"},
};

START_TEST(what_is_wrong_is_told_once)
{
    struct scenario *scenario = test_load(wrong[_i].text, NULL);
    ck_assert_msg(scenario == NULL, "passed: %s", wrong[_i].text);
    ck_assert_msg(strstr(test_errors, wrong[_i].said) != NULL, "%s\nsaid: %s", wrong[_i].text,
                  test_errors);
    ck_assert_msg(strstr(strstr(test_errors, "error:") + 1, "error:") == NULL, "said more: %s",
                  test_errors);
}
END_TEST

START_TEST(a_thousand_values_are_not_too_many)
{
    struct scenario *scenario = test_must_load("sweep: {size: {from: 1, to: 1000, step: 1}}\n");
    ck_assert_uint_eq(scenario->point_count, 1000);
    scenario_free(scenario);
}
END_TEST

/* The database refuses a point that is no JSON. */
START_TEST(a_point_is_json_whatever_its_values_are)
{
    struct scenario *scenario =
        test_must_load("sweep: {reply: [\"choice(1KB,\\t2KB)\", \"choice(1KB,\\n3KB)\"]}\n");
    sqlite3 *database;
    sqlite3_stmt *statement;
    ck_assert_int_eq(sqlite3_open(":memory:", &database), SQLITE_OK);
    sqlite3_prepare_v2(database, "SELECT json_extract(?, '$.reply')", -1, &statement, NULL);
    sqlite3_bind_text(statement, 1, scenario->points[0].json, -1, SQLITE_STATIC);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(statement, 0), "choice(1KB,\t2KB)");
    sqlite3_finalize(statement);
    sqlite3_close(database);
    scenario_free(scenario);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep");
    TCase *tests = tcase_create("sweep");
    tcase_add_loop_test(tests, what_is_wrong_is_told_once, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tests, a_thousand_values_are_not_too_many);
    tcase_add_test(tests, a_point_is_json_whatever_its_values_are);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
