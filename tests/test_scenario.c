/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/scenario, sweep and yaml: what files mean, how sweeps unfold, and every complaint with its place.
 */
#include "tests/scenario_schema.h"

#include <sys/stat.h>
#include <unistd.h>

static const struct test_config *config_of(const struct scenario *scenario, size_t point)
{
    return scenario->points[point].config;
}

/* --- values ------------------------------------------------------------------------------------------------------- */

START_TEST(an_empty_mapping_is_all_defaults)
{
    struct scenario *scenario = test_must_load("{}\n");
    ck_assert_uint_eq(scenario->point_count, 1);
    ck_assert_int_eq(config_of(scenario, 0)->count, 3);
    ck_assert_int_eq(config_of(scenario, 0)->delay_ns, 5000000);
    ck_assert_str_eq(scenario->points[0].json, "{}");
    scenario_free(scenario);
}
END_TEST

START_TEST(groups_may_be_mappings_or_dotted_names)
{
    struct scenario *scenario =
        test_must_load("title: t\ngroup: {count: 7, size: 1MB}\ngroup.delay: 2s\ncolor: blue\n");
    const struct test_config *config = config_of(scenario, 0);
    ck_assert_int_eq(config->count, 7);
    ck_assert_int_eq(config->size_bytes, 1000000);
    ck_assert_int_eq(config->delay_ns, 2000000000);
    ck_assert_int_eq(config->color, 2);
    ck_assert_str_eq(scenario->title, "t");
    scenario_free(scenario);
}
END_TEST

START_TEST(anchors_and_merge_keys_share_parts)
{
    struct scenario *scenario = test_must_load("group: &g {count: 7, delay: 1ms}\n"
                                               "blows:\n"
                                               "  - &b {at: 1s, target: left}\n"
                                               "  - {<<: *b, at: 2s}\n");
    const struct test_config *config = config_of(scenario, 0);
    ck_assert_uint_eq(config->blow_count, 2);
    ck_assert_int_eq(config->blows[1].at_ns, 2000000000);
    ck_assert_int_eq(config->blows[1].target, 1);
    scenario_free(scenario);
}
END_TEST

START_TEST(overrides_win_and_narrow_an_axis)
{
    static const char *const sets[] = {"group.count=9", "color=green", NULL};
    struct scenario *scenario =
        test_load("group.count: 7\nsweep: {color: [red, blue], group.size: [1KB, 2KB]}\n", sets);
    ck_assert_msg(scenario != NULL, "%s", test_errors);
    ck_assert_uint_eq(scenario->point_count, 2);
    ck_assert_int_eq(config_of(scenario, 0)->count, 9);
    ck_assert_int_eq(config_of(scenario, 1)->color, 1);
    ck_assert_str_eq(scenario->points[1].json, "{\"color\":\"green\",\"group.size\":\"2KB\"}");
    ck_assert(scenario->axes[0].narrowed && !scenario->axes[1].narrowed);
    scenario_free(scenario);
}
END_TEST

START_TEST(a_point_that_is_left_out_narrows_the_sweep)
{
    static const char *const none[] = {NULL};
    struct scenario *scenario = test_load("sweep: {color: [red, blue, green]}\n", none);
    ck_assert_msg(scenario != NULL, "%s", test_errors);
    scenario_leave_out(scenario, 1);
    ck_assert_uint_eq(scenario->point_count, 2);
    ck_assert_str_eq(scenario->points[0].json, "{\"color\":\"red\"}");
    ck_assert_str_eq(scenario->points[1].json, "{\"color\":\"green\"}");
    ck_assert(scenario->axes[0].narrowed);
    scenario_free(scenario);
}
END_TEST

START_TEST(an_override_of_one_of_several_keeps_what_differs_else)
{
    static const char text[] = "sweep:\n  together:\n    - {color: red, group.count: 1}\n"
                               "    - {color: red, group.count: 2}\n    - {color: blue}\n";
    static const char *const color[] = {"color=green", NULL};
    static const char *const both[] = {"color=green", "group.count=5", NULL};
    struct scenario *scenario = test_load(text, color);
    ck_assert_msg(scenario != NULL, "%s", test_errors);
    ck_assert_uint_eq(scenario->point_count, 3);
    ck_assert_int_eq(config_of(scenario, 2)->color, 1);
    ck_assert_int_eq(config_of(scenario, 1)->count, 2);
    scenario_free(scenario);
    scenario = test_load(text, both);
    ck_assert_msg(scenario != NULL, "%s", test_errors);
    ck_assert_uint_eq(scenario->point_count, 2); /* the two that name a count are now one */
    scenario_free(scenario);
}
END_TEST

/* --- sweeps ------------------------------------------------------------------------------------------------------- */

START_TEST(axes_are_crossed_in_their_order)
{
    struct scenario *scenario =
        test_must_load("sweep:\n  color: [red, blue]\n  group.size: [1KB, 10KB, 50KB]\n");
    ck_assert_uint_eq(scenario->point_count, 6);
    ck_assert_uint_eq(scenario->axis_count, 2);
    ck_assert_str_eq(scenario->points[0].json, "{\"color\":\"red\",\"group.size\":\"1KB\"}");
    ck_assert_str_eq(scenario->points[5].json, "{\"color\":\"blue\",\"group.size\":\"50KB\"}");
    ck_assert_double_eq(scenario->points[4].numbers[1], 10240);
    scenario_free(scenario);
}
END_TEST

START_TEST(a_range_may_go_by_steps_or_factors)
{
    struct scenario *scenario = test_must_load("sweep:\n"
                                               "  group.count: {from: 10, to: 30, step: 10}\n"
                                               "  group.size: {from: 1KB, to: 8KB, factor: 2}\n");
    ck_assert_uint_eq(scenario->point_count, 12);
    ck_assert_int_eq(config_of(scenario, 11)->count, 30);
    ck_assert_int_eq(config_of(scenario, 11)->size_bytes, 8192);
    scenario_free(scenario);
}
END_TEST

START_TEST(together_varies_several_parameters_as_one_axis)
{
    struct scenario *scenario = test_must_load("sweep:\n"
                                               "  together:\n"
                                               "    - {color: red, group.count: 1}\n"
                                               "    - {color: blue, group.count: 2}\n"
                                               "  group.size: [1KB, 2KB]\n");
    ck_assert_uint_eq(scenario->point_count, 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(config_of(scenario, i)->count, config_of(scenario, i)->color == 0 ? 1 : 2);
    scenario_free(scenario);
}
END_TEST

START_TEST(the_text_of_a_point_does_not_depend_on_how_it_was_written)
{
    struct scenario *a = test_must_load("group: {delay: 5ms, size: 10KB}\n");
    struct scenario *b = test_must_load("# the same\ngroup.size: 10240B\ngroup.delay: 5000us\n");
    struct scenario *c = test_must_load("group.size: 10241B\n");
    ck_assert_str_eq(a->points[0].text, b->points[0].text);
    ck_assert_str_ne(a->points[0].text, c->points[0].text);
    scenario_free(a);
    scenario_free(b);
    scenario_free(c);
}
END_TEST

START_TEST(an_expectation_may_have_a_name_a_source_and_a_known_miss)
{
    struct scenario *scenario =
        test_must_load("expect:\n  - {name: fast, check: latency < 1s, source: derived, "
                       "missed: it is not}\n  - latency > 0s\n");
    ck_assert_uint_eq(scenario->expectation_count, 2);
    ck_assert_str_eq(scenario->expectations[0].name, "fast");
    ck_assert_str_eq(scenario->expectations[0].source, "derived");
    ck_assert_str_eq(scenario->expectations[0].missed, "it is not");
    ck_assert_ptr_null(scenario->expectations[1].name);
    ck_assert_ptr_null(scenario->expectations[1].missed);
    scenario_free(scenario);
}
END_TEST

START_TEST(metrics_to_show_are_those_of_the_table)
{
    struct scenario *scenario = test_must_load("show: [cycles, latency]\n");
    ck_assert_uint_eq(scenario->shown_count, 2);
    ck_assert_ptr_eq(scenario->shown[0], &test_metrics[3]);
    ck_assert_ptr_eq(scenario->shown[1], &test_metrics[0]);
    scenario_free(scenario);
}
END_TEST

START_TEST(an_axis_is_called_by_its_last_part_if_that_is_plain)
{
    struct scenario *scenario = test_must_load("sweep: {color: [red], group.size: [1KB]}\n");
    ck_assert_str_eq(scenario_axis_name(scenario, 0), "color");
    ck_assert_str_eq(scenario_axis_name(scenario, 1), "size");
    scenario_free(scenario);
    scenario = test_must_load("sweep: {size: [1], group.size: [1KB]}\n");
    ck_assert_str_eq(scenario_axis_name(scenario, 1), "group.size");
    scenario_free(scenario);
}
END_TEST

START_TEST(merge_keys_work_in_groups_and_at_the_top)
{
    struct scenario *scenario = test_must_load("x-common: &common {group.delay: 1ms, color: blue}\n"
                                               "x-group: &group {count: 7, size: 2KB}\n"
                                               "<<: *common\ngroup: {<<: *group, size: 3KB}\n");
    const struct test_config *config = config_of(scenario, 0);
    ck_assert_int_eq(config->count, 7);
    ck_assert_int_eq(config->size_bytes, 3072);
    ck_assert_int_eq(config->delay_ns, 1000000);
    ck_assert_int_eq(config->color, 2);
    scenario_free(scenario);
}
END_TEST

/* --- errors ------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *text, *said;
} wrong[] = {
    {"group: {cuont: 1}\n",
     "test.yaml:1:9: error: unknown parameter 'group.cuont' (did you mean group.count?"},
    {"group.delay: 40\n",
     "test.yaml:1:14: error: 'group.delay' is a duration, and '40' has no unit"},
    {"loss: 150%\n", "test.yaml:1:7: error: 'loss' must be 0 to 1"},
    {"color: grene\n", "did you mean green?"},
    {"color: [red, blue]\n", "several values belong under `sweep:`"},
    {"group: 5\n", "'group' is a group of parameters"},
    {"group.count: 1\ngroup: {count: 2}\n", "'group.count' is given twice"},
    {"blows: 5\n", "'blows' is a list"},
    {"blows: [left]\n", "an element of 'blows' is {name: value"},
    {"blows: [{at: 1s}]\n", "a blow needs a target"},
    {"blows: [{target: left, when: 1s}]\n", "unknown parameter 'when' of blows"},
    {"blows: [{target: left},{target: left},{target: left},{target: left}]\n",
     "more than 3 elements"},
    {"sweep: [1, 2]\n", "'sweep' is {parameter: [value"},
    {"sweep: {color: []}\n", "'color' is swept over no value"},
    {"sweep: {colour: [red]}\n", "did you mean color?"},
    {"sweep: {color: {from: red, to: blue, step: 1}}\n", "has no range"},
    {"sweep: {group.count: {from: 9, to: 1, step: 1}}\n", "a range goes up"},
    {"sweep: {group.count: {from: 1, to: 9}}\n", "a range is {from"},
    {"sweep: {color: [red], together: [{color: blue}]}\n", "'color' is swept by two axes"},
    {"sweep: {group.count: {from: 1, to: 1000, step: 1}, group.size: {from: 1KB, to: 900KB, step: "
     "1KB}}\n",
     "more than"},
    {"group.count: 600\nloss: 1%\n", "test.yaml:1:14: error: so many may not lose anything"},
    {"expect: [latency > ]\n", "error:"},
    {"expect: [latecny > 1s]\n", "did you mean 'latency'"},
    {"expect: [{name: x}]\n", "error:"},
    {"expect: [[latency > 0s]]\n", "test.yaml:1:10: error: an expectation is a text, or {check"},
    {"include: /nowhere/at/all.yaml\n", "cannot read"},
    {"a: b: c\n", "not YAML"},
    {"[1, 2\n", "error:"},
    {"just a text\n", "a scenario is a mapping"},
    {"", "test.yaml: error: nothing in it: a scenario has lines"},
    {"# a comment\n\n", "test.yaml: error: nothing in it"},
    {"title: a\ntitle: b\n", "test.yaml:2:1: error: 'title' is given twice"},
    {"blows: [{target: left, target: right}]\n", "test.yaml:1:24: error: 'target' is given twice"},
    {"group.delay: 0.3ns\n", "'group.delay' is less than 1ns, and not 0: '0.3ns'"},
    {"title: [a]\n", "'title' is a text"},
    {"show: latency\n", "'show' is a list"},
    {"show: [latecny]\n", "test.yaml:1:8: error: unknown metric 'latecny' (did you mean latency?"},
    {"show: [{a: b}]\n", "unknown metric"},
    {"expect: [{check: latency > 0s, mised: x}]\n",
     "has check, name, source and missed, not 'mised'"},
};

START_TEST(what_is_wrong_is_told_with_its_place)
{
    struct scenario *scenario = test_load(wrong[_i].text, NULL);
    ck_assert_msg(scenario == NULL, "passed: %s", wrong[_i].text);
    ck_assert_msg(strstr(test_errors, wrong[_i].said) != NULL, "%s\nsaid: %s", wrong[_i].text,
                  test_errors);
}
END_TEST

static unsigned errors_told(void)
{
    unsigned errors = 0;
    for (const char *at = test_errors; (at = strstr(at, "error:")) != NULL; at++)
        errors++;
    return errors;
}

START_TEST(all_errors_of_a_file_are_told_at_once)
{
    ck_assert_ptr_null(test_load("group: {cuont: 1, delay: 40}\nloss: 2\ncolor: pink\n"
                                 "blows: [{at: soon}]\nexpect: [nonsense]\n",
                                 NULL));
    ck_assert_msg(errors_told() == 6, "%u errors: %s", errors_told(), test_errors);
}
END_TEST

START_TEST(an_impossible_point_is_told_once_whatever_is_expected)
{
    const char *const sets[] = {"group.count=600", "loss=1%", NULL};
    ck_assert_ptr_null(test_load("sweep: {color: [red, blue]}\n"
                                 "expect: [\"latency[color=red] < latency for color == blue\"]\n",
                                 sets));
    ck_assert_msg(strstr(test_errors, "so many may not lose anything") != NULL, "%s", test_errors);
    ck_assert_msg(strstr(strstr(test_errors, "error:") + 1, "error:") == NULL, "%s", test_errors);
}
END_TEST

START_TEST(all_that_is_impossible_is_told_once)
{
    ck_assert_ptr_null(
        test_load("loss: 1%\nsweep: {group.count: [1, 501, 502], group.size: [7B, 8B]}\n", NULL));
    ck_assert_ptr_nonnull(strstr(test_errors, "test.yaml:2:26: error: so many may not lose"));
    ck_assert_ptr_nonnull(strstr(test_errors, "test.yaml:2:50: error: a size of seven may not"));
    ck_assert_msg(errors_told() == 2, "%s", test_errors);
}
END_TEST

START_TEST(wrong_overrides_are_told_too)
{
    static const char *const rows[][2] = {{"color", "write --set name=value"},
                                          {"colour=red", "did you mean color?"},
                                          {"group.count=0", "must be 1 to 1000"},
                                          {"=5", "error:"}};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const sets[] = {rows[i][0], NULL};
        ck_assert_ptr_null(test_load("{}", sets));
        ck_assert_msg(strstr(test_errors, rows[i][1]) != NULL, "%s: %s", rows[i][0], test_errors);
    }
}
END_TEST

/* --- files -------------------------------------------------------------------------------------------------------- */

static char directory[64];

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void make_directory(void)
{
    snprintf(directory, sizeof directory, "/tmp/test_scenario_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_directory(void)
{
    static const char *const names[] = {"a.yaml", "b.yaml", "sub/c.yaml"};
    for (unsigned i = 0; i < 3; i++)
        unlink(path_of(names[i]));
    rmdir(path_of("sub"));
    rmdir(directory);
}

static struct scenario *load_file(const char *name)
{
    size_t size;
    free(test_errors);
    FILE *stream = open_memstream(&test_errors, &size);
    struct scenario *scenario =
        scenario_load(path_of(name), &test_schema, test_metrics, NULL, stream);
    fclose(stream);
    return scenario;
}

START_TEST(includes_are_found_beside_their_file_and_the_file_wins)
{
    mkdir(path_of("sub"), 0755);
    write_file("a.yaml", "include: sub/c.yaml\ngroup.count: 5\n");
    write_file("sub/c.yaml", "include: ../b.yaml\ngroup: {count: 6, size: 2KB}\n");
    write_file("b.yaml", "group: {size: 3KB, delay: 9ms}\n");
    struct scenario *scenario = load_file("a.yaml");
    ck_assert_msg(scenario != NULL, "%s", test_errors);
    const struct test_config *config = config_of(scenario, 0);
    ck_assert_int_eq(config->count, 5);
    ck_assert_int_eq(config->size_bytes, 2048);
    ck_assert_int_eq(config->delay_ns, 9000000);
    ck_assert_str_eq(scenario->name, "a");
    scenario_free(scenario);
}
END_TEST

START_TEST(a_circle_of_includes_is_told)
{
    write_file("a.yaml", "include: b.yaml\n");
    write_file("b.yaml", "include: a.yaml\n");
    ck_assert_ptr_null(load_file("a.yaml"));
    ck_assert_msg(strstr(test_errors, "b.yaml:1:10: error: a loop: ") != NULL, "%s", test_errors);
    ck_assert_msg(strstr(test_errors, "a.yaml includes ") != NULL, "%s", test_errors);
    char text[200]; /* by another name */
    snprintf(text, sizeof text, "include: ../%s/a.yaml\n", strrchr(directory, '/') + 1);
    write_file("a.yaml", text);
    ck_assert_ptr_null(load_file("a.yaml"));
    ck_assert_msg(strstr(test_errors, "a.yaml:1:10: error: a loop: ") != NULL, "%s", test_errors);
}
END_TEST

START_TEST(includes_have_limits)
{
    char text[4000] = "include: [";
    for (unsigned i = 0; i <= 200; i++)
        strcat(text, "b.yaml, ");
    strcat(text, "b.yaml]\n");
    write_file("a.yaml", text);
    write_file("b.yaml", "# nothing\n");
    ck_assert_ptr_null(load_file("a.yaml"));
    ck_assert_msg(strstr(test_errors, "more than 200 files are included") != NULL, "%s",
                  test_errors);
}
END_TEST

/* What identifies a point must tell one content of a file from another: results are kept by it. */
START_TEST(a_point_is_another_when_the_file_of_its_distribution_changes)
{
    write_file("a.yaml", "reply: empirical(b.yaml)\n");
    write_file("b.yaml", "1KB 1\n2KB 1\n");
    struct scenario *one = load_file("a.yaml"), *same = load_file("a.yaml");
    write_file("b.yaml", "1KB 1\n2KB 2\n");
    struct scenario *other = load_file("a.yaml");
    ck_assert_ptr_nonnull(one);
    ck_assert_ptr_nonnull(other);
    ck_assert_str_eq(one->points[0].text, same->points[0].text);
    ck_assert_str_ne(one->points[0].text, other->points[0].text);
    ck_assert_ptr_nonnull(strstr(one->points[0].text, "reply: empirical(b.yaml) #"));
    scenario_free(one);
    scenario_free(same);
    scenario_free(other);
}
END_TEST

START_TEST(an_error_in_an_include_is_told_at_its_own_place)
{
    write_file("a.yaml", "include: b.yaml\n");
    write_file("b.yaml", "\ngroup.delay: 40\n");
    ck_assert_ptr_null(load_file("a.yaml"));
    ck_assert_msg(strstr(test_errors, "b.yaml:2:14: error:") != NULL, "%s", test_errors);
}
END_TEST

START_TEST(what_is_no_file_is_told)
{
    ck_assert_ptr_null(load_file("missing.yaml"));
    ck_assert_msg(strstr(test_errors, "No such file") != NULL, "%s", test_errors);
    ck_assert_ptr_null(load_file("."));
    ck_assert_msg(strstr(test_errors, "error:") != NULL, "%s", test_errors);
}
END_TEST

START_TEST(binary_and_huge_files_are_refused)
{
    FILE *file = fopen(path_of("a.yaml"), "w");
    fwrite("a: \0b\n", 1, 6, file);
    fclose(file);
    ck_assert_ptr_null(load_file("a.yaml"));
    ck_assert_msg(strstr(test_errors, "NUL") != NULL, "%s", test_errors);
    file = fopen(path_of("a.yaml"), "w");
    for (unsigned i = 0; i < 1100; i++)
        fprintf(file, "#%*s\n", 1000, "");
    fclose(file);
    ck_assert_ptr_null(load_file("a.yaml"));
    ck_assert_msg(strstr(test_errors, "1 MiB") != NULL, "%s", test_errors);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario");
    TCase *tcase = tcase_create("texts");
    tcase_add_test(tcase, an_empty_mapping_is_all_defaults);
    tcase_add_test(tcase, groups_may_be_mappings_or_dotted_names);
    tcase_add_test(tcase, anchors_and_merge_keys_share_parts);
    tcase_add_test(tcase, merge_keys_work_in_groups_and_at_the_top);
    tcase_add_test(tcase, overrides_win_and_narrow_an_axis);
    tcase_add_test(tcase, a_point_that_is_left_out_narrows_the_sweep);
    tcase_add_test(tcase, an_override_of_one_of_several_keeps_what_differs_else);
    tcase_add_test(tcase, axes_are_crossed_in_their_order);
    tcase_add_test(tcase, a_range_may_go_by_steps_or_factors);
    tcase_add_test(tcase, together_varies_several_parameters_as_one_axis);
    tcase_add_test(tcase, the_text_of_a_point_does_not_depend_on_how_it_was_written);
    tcase_add_test(tcase, an_expectation_may_have_a_name_a_source_and_a_known_miss);
    tcase_add_test(tcase, metrics_to_show_are_those_of_the_table);
    tcase_add_test(tcase, an_axis_is_called_by_its_last_part_if_that_is_plain);
    tcase_add_loop_test(tcase, what_is_wrong_is_told_with_its_place, 0,
                        sizeof wrong / sizeof *wrong);
    tcase_add_test(tcase, all_errors_of_a_file_are_told_at_once);
    tcase_add_test(tcase, an_impossible_point_is_told_once_whatever_is_expected);
    tcase_add_test(tcase, all_that_is_impossible_is_told_once);
    tcase_add_test(tcase, wrong_overrides_are_told_too);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("files");
    tcase_add_checked_fixture(tcase, make_directory, remove_directory);
    tcase_add_test(tcase, includes_are_found_beside_their_file_and_the_file_wins);
    tcase_add_test(tcase, a_circle_of_includes_is_told);
    tcase_add_test(tcase, includes_have_limits);
    tcase_add_test(tcase, a_point_is_another_when_the_file_of_its_distribution_changes);
    tcase_add_test(tcase, an_error_in_an_include_is_told_at_its_own_place);
    tcase_add_test(tcase, what_is_no_file_is_told);
    tcase_add_test(tcase, binary_and_huge_files_are_refused);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
