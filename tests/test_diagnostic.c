/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/diagnostic: place, line and caret of an error, and what happens with many.
 */
#include "sim/diagnostic.h"
#include "tests/suite.h"

#include <string.h>

static const struct source SOURCE = {.name = "crash.yaml",
                                     .text = "title: x\n  wan: {rtt: 40}\n\ttab: bad\nlast"};

static char *said(struct place place, unsigned times)
{
    static char *text;
    size_t size;
    free(text);
    FILE *stream = open_memstream(&text, &size);
    struct diagnostics diagnostics = {.stream = stream};
    for (unsigned i = 0; i < times; i++)
        diagnostic_error(&diagnostics, place, "'%s' has no unit", "40");
    diagnostics_end(&diagnostics);
    fclose(stream);
    ck_assert_uint_eq(diagnostics.errors, times);
    return text;
}

START_TEST(an_error_shows_its_line_and_a_caret_under_its_place)
{
    struct place place = {.source = &SOURCE, .line = 2, .column = 14, .width = 2};
    ck_assert_str_eq(said(place, 1), "crash.yaml:2:14: error: '40' has no unit\n"
                                     "  wan: {rtt: 40}\n"
                                     "             ^~\n");
}
END_TEST

START_TEST(tabs_stay_so_that_the_caret_stands_right)
{
    struct place place = {.source = &SOURCE, .line = 3, .column = 7, .width = 3};
    ck_assert_str_eq(said(place, 1),
                     "crash.yaml:3:7: error: '40' has no unit\n\ttab: bad\n\t     ^~~\n");
}
END_TEST

START_TEST(the_last_line_needs_no_end)
{
    struct place place = {.source = &SOURCE, .line = 4, .column = 1, .width = 40};
    ck_assert_str_eq(said(place, 1), "crash.yaml:4:1: error: '40' has no unit\nlast\n^~~~\n");
}
END_TEST

START_TEST(a_place_outside_the_text_is_named_but_not_drawn)
{
    struct place place = {.source = &SOURCE, .line = 99, .column = 1, .width = 1};
    ck_assert_str_eq(said(place, 1), "crash.yaml:99:1: error: '40' has no unit\n");
    place = (struct place){.source = &SOURCE, .line = 1, .column = 200, .width = 1};
    ck_assert_str_eq(said(place, 1), "crash.yaml:1:200: error: '40' has no unit\n");
    place = (struct place){.source = &SOURCE};
    ck_assert_str_eq(said(place, 1), "crash.yaml: error: '40' has no unit\n");
}
END_TEST

START_TEST(control_characters_of_a_file_do_not_reach_the_terminal)
{
    static const struct source odd = {.name = "odd", .text = "a: \033[31mred\007\n"};
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    struct diagnostics diagnostics = {.stream = stream};
    diagnostic_error(&diagnostics, (struct place){&odd, 1, 4, 9}, "no '\033[31mred\177'");
    fclose(stream);
    ck_assert_str_eq(text, "odd:1:4: error: no '?[31mred?'\na: ?[31mred?\n   ^~~~~~~~~\n");
    free(text);
}
END_TEST

START_TEST(beyond_fifty_errors_are_counted_only)
{
    struct place place = {.source = &SOURCE};
    const char *text = said(place, DIAGNOSTICS_MAX + 7);
    unsigned lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    ck_assert_uint_eq(lines, DIAGNOSTICS_MAX + 1);
    ck_assert_ptr_nonnull(strstr(text, "and 7 more errors\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diagnostic");
    TCase *tcase = tcase_create("diagnostic");
    tcase_add_test(tcase, an_error_shows_its_line_and_a_caret_under_its_place);
    tcase_add_test(tcase, tabs_stay_so_that_the_caret_stands_right);
    tcase_add_test(tcase, the_last_line_needs_no_end);
    tcase_add_test(tcase, a_place_outside_the_text_is_named_but_not_drawn);
    tcase_add_test(tcase, control_characters_of_a_file_do_not_reach_the_terminal);
    tcase_add_test(tcase, beyond_fifty_errors_are_counted_only);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
