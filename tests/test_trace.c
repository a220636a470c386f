/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_trace - that records reach the sink with all their fields, and cost nothing where there is none.
 */
#include "sim/trace.h"

#include <string.h>

#include "tests/suite.h"

static struct simulation simulation;

struct sink {
    struct trace trace;
    int records, fields;
    int64_t at_ns, sum;
};

static void write_down(struct trace *trace, const struct trace_record *record)
{
    struct sink *sink = container_of(trace, struct sink, trace);
    sink->records++;
    sink->at_ns = record->at_ns;
    for (const struct trace_field *field = record->fields; field->name != NULL; field++) {
        sink->fields++;
        if (field->kind == TRACE_KIND_INT)
            sink->sum += field->integer;
    }
}

START_TEST(a_record_has_its_time_and_its_fields)
{
    simulation_init(&simulation, 1);
    struct sink sink = {.trace.write = write_down};
    simulation.trace = &sink.trace;
    simulation.now_ns = 42;
    TRACE(&simulation, "primary", "nothing");
    ck_assert_int_eq(sink.records, 1);
    ck_assert_int_eq(sink.fields, 0);
    TRACE(&simulation, "primary", "sum", TRACE_INT("a", 40), TRACE_INT("b", 2),
          TRACE_TEXT("c", "d"));
    ck_assert_int_eq(sink.records, 2);
    ck_assert_int_eq(sink.fields, 3);
    ck_assert_int_eq(sink.sum, 42);
    ck_assert_int_eq(sink.at_ns, 42);
}
END_TEST

static int count_calls(int *calls)
{
    return ++*calls;
}

START_TEST(fields_are_not_computed_when_nobody_traces)
{
    simulation_init(&simulation, 1);
    struct sink sink = {.trace.write = write_down};
    int calls = 0;
    TRACE(&simulation, "primary", "event", TRACE_INT("calls", count_calls(&calls)));
    ck_assert_int_eq(calls, 0);
    simulation.trace = &sink.trace;
    TRACE(&simulation, "primary", "event", TRACE_INT("calls", count_calls(&calls)));
    ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(the_text_has_a_line_a_record)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    struct trace_text sink;
    trace_text_init(&sink, stream);
    simulation_init(&simulation, 1);
    simulation.trace = &sink.trace;
    simulation.now_ns = 1500000;
    TRACE(&simulation, "primary", "log.append", TRACE_INT("bytes", -12), TRACE_TEXT("why", "full"));
    simulation.now_ns = INT64_C(3000000000) + 7;
    TRACE(&simulation, "backup", "load", TRACE_DOUBLE("share", 0.25));
    TRACE(&simulation, "backup", "idle");
    fclose(stream);
    ck_assert_str_eq(text, "0.001500000 primary log.append bytes=-12 why=full\n"
                           "3.000000007 backup load share=0.25\n"
                           "3.000000007 backup idle\n");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *tests = tcase_create("trace");
    tcase_add_test(tests, a_record_has_its_time_and_its_fields);
    tcase_add_test(tests, fields_are_not_computed_when_nobody_traces);
    tcase_add_test(tests, the_text_has_a_line_a_record);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
