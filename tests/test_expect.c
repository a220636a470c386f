/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/expect: what a check means, at which points it looks, and what is no check.
 */
#include "tests/scenario_schema.h"

#include <math.h>

/* Six points: color red and blue, size 1, 10, 50 KB. latency = size in KB, three times that for blue; cycles by host. */
static const char SWEEP[] = "sweep: {color: [red, blue], group.size: [1KB, 10KB, 50KB]}\n";

static double value_at(const struct expect_values *self, size_t point, const char *metric,
                       const char *host)
{
    static const double sizes[] = {1, 10, 50};
    (void)self;
    double value = sizes[point % 3] * (point >= 3 ? 3 : 1);
    if (strcmp(metric, "cycles") == 0)
        return strcmp(host, "primary") == 0 ? value : strcmp(host, "backup") == 0 ? 2 * value : NAN;
    if (strcmp(metric, "goodput") == 0)
        return value * 1e6;
    return strcmp(metric, "latency") == 0 && host[0] == '\0' ? value : NAN;
}

static struct expect_outcome judge(const char *check)
{
    static const struct expect_values values = {.value = value_at};
    char text[400];
    struct expect_outcome outcome;
    snprintf(text, sizeof text, "%sexpect:\n  - \"%s\"\n", SWEEP, check);
    struct scenario *scenario = test_must_load(text);
    ck_assert_uint_eq(scenario->expectation_count, 1);
    expect_judge(&scenario->expectations[0], scenario, &values, &outcome);
    scenario_free(scenario);
    return outcome;
}

static const struct {
    const char *check;
    bool holds;
    size_t looked;
} rows[] = {
    {"latency >= 1s", true, 6},
    {"latency > 1s", false, 6},
    {"latency < 151s", true, 6},
    {"latency <= 150s", true, 6},
    {"latency != 2s", true, 6},
    {"latency == 50s for group.size == 50KB and color == red", true, 1},
    {"latency == 50s for group.size == 50KB", false, 2},
    {"latency >= 3s for color != red", true, 3},
    {"latency >= 10s for group.size >= 10KB", true, 4},
    {"latency[color=blue] == 3 * latency[color=red] for color == blue", true, 3},
    {"latency[color=blue] > 3 * latency[color=red] for color == blue", false, 3},
    {"latency[group.size=50KB] >= latency", true, 6},
    {"latency * 2 - latency == latency", true, 6},
    {"(latency + latency) / 2 == latency", true, 6},
    {"latency + 2 * 3s == latency + 6s", true, 6},
    {"max(latency, 10s) >= 10s", true, 6},
    {"min(latency, 10s) <= 10s", true, 6},
    {"cycles@backup == 2 * cycles@primary", true, 6},
    {"goodput >= 1MB/s", true, 6},
    {"latency grows along group.size", true, 4},
    {"latency falls along group.size", false, 4},
    {"0s - latency falls along group.size", true, 4},
    {"latency grows along group.size for color == red", true, 2},
    {"throughput > 0/s", false, 0}, /* nowhere defined */
    {"cycles@nobody > 0", false, 0},
};

START_TEST(a_check_means_what_it_says)
{
    struct expect_outcome outcome = judge(rows[_i].check);
    ck_assert_msg(outcome.holds == rows[_i].holds, "%s: %s", rows[_i].check, outcome.text);
    ck_assert_msg(outcome.looked == rows[_i].looked, "%s: looked %zu times", rows[_i].check,
                  outcome.looked);
}
END_TEST

START_TEST(the_worst_point_is_told_with_its_values)
{
    struct expect_outcome outcome = judge("latency <= 30s");
    ck_assert(!outcome.holds);
    ck_assert_uint_eq(outcome.point, 5);
    ck_assert_double_eq(outcome.left, 150);
    ck_assert_double_eq_tol(outcome.right, 30, 1e-9);
    ck_assert_msg(strstr(outcome.text, "150 s") != NULL, "%s", outcome.text);
}
END_TEST

static const struct {
    const char *check, *said;
} wrong[] = {
    {"latency", "a comparison"},
    {"latecny > 1s", "did you mean 'latency'"},
    {"latency > 1s > 2s", "too much"},
    {"latency[colour=red] > 1s", "not swept"},
    {"latency[color=green] > 1s", "not among the swept values"},
    {"latency[color=red", "']' is missing"},
    {"(latency > 1s", "')' is missing"},
    {"cycles@ > 1", "a host is missing"},
    {"latency > 5 parsecs", "error:"},
    {"latency grows group.size", "'along' is missing"},
    {"latency grows along loss", "not swept"},
    {"latency > 1s for nothing == 1", "not swept"},
    {"", "error:"},
};

START_TEST(what_is_no_check_is_told)
{
    char text[300];
    snprintf(text, sizeof text, "%sexpect:\n  - \"%s\"\n", SWEEP, wrong[_i].check);
    ck_assert_msg(test_load(text, NULL) == NULL, "passed: %s", wrong[_i].check);
    ck_assert_msg(strstr(test_errors, wrong[_i].said) != NULL, "%s: %s", wrong[_i].check,
                  test_errors);
}
END_TEST

START_TEST(nesting_has_a_limit)
{
    char check[1200] = "", text[1400];
    for (unsigned i = 0; i < 500; i++)
        strcat(check, "(");
    snprintf(text, sizeof text, "expect: [\"%s\"]\n", check);
    ck_assert_ptr_null(test_load(text, NULL));
    ck_assert_msg(strstr(test_errors, "nested too deeply") != NULL, "%s", test_errors);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("expect");
    TCase *tcase = tcase_create("expect");
    tcase_add_loop_test(tcase, a_check_means_what_it_says, 0, sizeof rows / sizeof *rows);
    tcase_add_test(tcase, the_worst_point_is_told_with_its_values);
    tcase_add_loop_test(tcase, what_is_no_check_is_told, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tcase, nesting_has_a_limit);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
