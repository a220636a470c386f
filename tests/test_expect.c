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
    ck_assert_msg(outcome.holds == rows[_i].holds, "%s: found %s, bound %s", rows[_i].check,
                  outcome.found, outcome.bound);
    ck_assert_msg(outcome.looked == rows[_i].looked, "%s: looked %zu times", rows[_i].check,
                  outcome.looked);
}
END_TEST

static void assert_told(const struct expect_outcome *outcome, const char *found, const char *sign,
                        const char *bound, const char *unit, const char *place)
{
    ck_assert_str_eq(outcome->found, found);
    ck_assert_str_eq(outcome->sign, sign);
    ck_assert_str_eq(outcome->bound, bound);
    ck_assert_str_eq(outcome->unit, unit);
    ck_assert_str_eq(outcome->place, place);
}

START_TEST(the_worst_point_is_told_with_its_values)
{
    struct expect_outcome outcome = judge("latency <= 30s");
    ck_assert(!outcome.holds);
    ck_assert_uint_eq(outcome.point, 5);
    ck_assert_double_eq(outcome.left, 150);
    ck_assert_double_eq_tol(outcome.right, 30, 1e-9);
    assert_told(&outcome, "150.00", "<=", "30.00", "s", "color=blue size=50KB");
}
END_TEST

START_TEST(both_sides_are_told_in_one_unit)
{
    struct expect_outcome outcome = judge("goodput >= 900kB/s for group.size == 1KB");
    assert_told(&outcome, "1,000.0", ">=", "900.0", "kB/s", "color=red size=1KB");
    outcome = judge("cycles@backup * latency > 0");
    assert_told(&outcome, "2", ">", "0", "", "color=red size=1KB"); /* a product has no unit */
    outcome = judge("cycles@backup / cycles@primary == 2 for color == blue");
    assert_told(&outcome, "2", "==", "2", "", "color=blue size=1KB");
}
END_TEST

START_TEST(a_place_leaves_out_what_the_check_pins)
{
    struct expect_outcome outcome = judge("latency[color=blue] > 1s");
    assert_told(&outcome, "3.000", ">", "1.000", "s", "size=1KB");
    outcome = judge("latency grows along group.size for color == red");
    assert_told(&outcome, "50.00", ">", "10.00", "s", "color=red size=50KB");
    outcome = judge("throughput > 0/s");
    assert_told(&outcome, "", ">", "", "", "its metrics are nowhere defined");
}
END_TEST

/* A check that speaks of points which an override took away is about nothing, neither right nor wrong. */
static const struct {
    const char *check;
    bool moot, holds;
} narrowed[] = {
    {"latency[color=red] < latency[color=blue]", true, false},
    {"latency > 0s for color == blue", true, false},
    {"latency > 0s for color != red", true, false},
    {"latency > 0s for color == red", false, true},
    {"latency < 0s", false, false},
    {"latency grows along group.size", false, true},
};

START_TEST(a_check_of_other_points_is_moot)
{
    static const struct expect_values values = {.value = value_at};
    static const char *const sets[] = {"color=red", NULL};
    char text[400];
    struct expect_outcome outcome;
    snprintf(text, sizeof text, "%sexpect:\n  - \"%s\"\n", SWEEP, narrowed[_i].check);
    struct scenario *scenario = test_load(text, sets);
    ck_assert_msg(scenario != NULL, "%s", test_errors);
    expect_judge(&scenario->expectations[0], scenario, &values, &outcome);
    ck_assert_msg(outcome.moot == narrowed[_i].moot, "%s", narrowed[_i].check);
    ck_assert_msg(outcome.moot || outcome.holds == narrowed[_i].holds, "%s", narrowed[_i].check);
    ck_assert_msg(!outcome.moot || strcmp(outcome.place, "not about the points chosen") == 0, "%s",
                  outcome.place);
    scenario_free(scenario);
}
END_TEST

static void note_metric(void *context, const char *metric)
{
    strcat(context, metric);
    strcat(context, " ");
}

START_TEST(a_check_names_its_metrics)
{
    char names[100] = "";
    struct scenario *scenario =
        test_must_load("expect: [\"max(goodput, goodput) / 2 > cycles@primary + 1\"]\n");
    expect_each_metric(&scenario->expectations[0], note_metric, names);
    ck_assert_str_eq(names, "goodput goodput cycles ");
    scenario_free(scenario);
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
    {"latency > 5parsecs", "neither a plain number nor one in units of"},
    {"(latency, 1s) > 0s", "')' is missing"},
    {"latency@primary > 0s", "'latency' is measured for the whole service, not by host"},
    {"latency grows along color", "the values of 'color' have no order"},
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

START_TEST(length_has_a_limit)
{
    char check[2200] = "latency > 1", text[2400];
    while (strlen(check) < 2001)
        strcat(check, "+1");
    snprintf(text, sizeof text, "expect: [\"%s\"]\n", check);
    ck_assert_ptr_null(test_load(text, NULL));
    ck_assert_msg(strstr(test_errors, "longer than 2000 characters") != NULL, "%s", test_errors);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("expect");
    TCase *tcase = tcase_create("expect");
    tcase_add_loop_test(tcase, a_check_means_what_it_says, 0, sizeof rows / sizeof *rows);
    tcase_add_test(tcase, the_worst_point_is_told_with_its_values);
    tcase_add_test(tcase, both_sides_are_told_in_one_unit);
    tcase_add_test(tcase, a_place_leaves_out_what_the_check_pins);
    tcase_add_loop_test(tcase, a_check_of_other_points_is_moot, 0,
                        sizeof narrowed / sizeof *narrowed);
    tcase_add_test(tcase, a_check_names_its_metrics);
    tcase_add_loop_test(tcase, what_is_no_check_is_told, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tcase, nesting_has_a_limit);
    tcase_add_test(tcase, length_has_a_limit);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
