/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report - rows for programs, letter by letter.
 */
#include "sim/report.h"

#include <math.h>
#include <string.h>

#include "tests/suite.h"

static const struct report_row row = {
    .run = "00c0ffee",
    .scenario = "a \"b\", c",
    .backend = "sim",
    .point = "{\"scheme\":\"duplex\",\"clients.reply\":\"1KB\"}",
    .metric = "latency",
    .host = "",
    .unit = "s",
    .value = {.mean = 0.5, .low = 0.25, .high = 0.75, .n = 5},
};

static void assert_prints(enum report_format format, const struct report_row *rows, size_t count,
                          const char *wanted)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    struct report *report = report_begin(format, stream);
    for (size_t i = 0; i < count; i++)
        report_row(report, &rows[i]);
    report_end(report);
    fclose(stream);
    ck_assert_str_eq(text, wanted);
    free(text);
}

#define CSV_HEAD "run,scenario,backend,point,metric,host,value,unit,ci_low,ci_high,n\n"

START_TEST(csv_has_a_head_even_without_rows)
{
    assert_prints(REPORT_CSV, NULL, 0, CSV_HEAD);
    assert_prints(REPORT_JSON, NULL, 0, "");
}
END_TEST

START_TEST(csv_quotes_what_needs_it)
{
    assert_prints(REPORT_CSV, &row, 1,
                  CSV_HEAD "00c0ffee,\"a \"\"b\"\", c\",sim,"
                           "\"{\"\"scheme\"\":\"\"duplex\"\",\"\"clients.reply\"\":\"\"1KB\"\"}\","
                           "latency,,0.5,s,0.25,0.75,5\n");
}
END_TEST

START_TEST(json_has_an_object_a_line)
{
    const char *line = "{\"run\":\"00c0ffee\",\"scenario\":\"a \\\"b\\\", c\",\"backend\":\"sim\","
                       "\"point\":{\"scheme\":\"duplex\",\"clients.reply\":\"1KB\"},"
                       "\"metric\":\"latency\",\"host\":\"\",\"value\":0.5,\"unit\":\"s\","
                       "\"ci_low\":0.25,\"ci_high\":0.75,\"n\":5}\n";
    char twice[1000];
    snprintf(twice, sizeof twice, "%s%s", line, line);
    assert_prints(REPORT_JSON, (struct report_row[]){row, row}, 2, twice);
}
END_TEST

START_TEST(what_is_not_finite_is_empty_or_null)
{
    struct report_row strange = row;
    strange.scenario = "line\nbreak";
    strange.point = "{}";
    strange.value = (struct interval){.mean = NAN, .low = -INFINITY, .high = INFINITY, .n = 1};
    assert_prints(REPORT_CSV, &strange, 1,
                  CSV_HEAD "00c0ffee,\"line\nbreak\",sim,{},latency,,,s,,,1\n");
    assert_prints(REPORT_JSON, &strange, 1,
                  "{\"run\":\"00c0ffee\",\"scenario\":\"line\\u000abreak\",\"backend\":\"sim\","
                  "\"point\":{},\"metric\":\"latency\",\"host\":\"\",\"value\":null,\"unit\":\"s\","
                  "\"ci_low\":null,\"ci_high\":null,\"n\":1}\n");
}
END_TEST

START_TEST(a_number_survives_being_printed)
{
    struct report_row exact = row;
    exact.value.mean = 0.1 + 0.2;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    struct report *report = report_begin(REPORT_JSON, stream);
    report_row(report, &exact);
    report_end(report);
    fclose(stream);
    ck_assert_double_eq(strtod(strstr(text, "\"value\":") + 8, NULL), 0.1 + 0.2);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");
    tcase_add_test(tests, csv_has_a_head_even_without_rows);
    tcase_add_test(tests, csv_quotes_what_needs_it);
    tcase_add_test(tests, json_has_an_object_a_line);
    tcase_add_test(tests, what_is_not_finite_is_empty_or_null);
    tcase_add_test(tests, a_number_survives_being_printed);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
