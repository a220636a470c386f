/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is written as a scenario file reads back as the same scenario.
 */
#include "models/params.h"
#include "models/config.h"
#include "sim/scenario_write.h"
#include "tests/suite.h"

#include <string.h>

static struct scenario *parse(const char *name, const char *text)
{
    struct scenario *scenario = scenario_parse(name, text, strlen(text), &understudy_schema,
                                               understudy_metrics, NULL, stderr);
    ck_assert_ptr_nonnull(scenario);
    return scenario;
}

static char *written(const void *config, const char *title, const struct scenario_note *notes)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(stream);
    scenario_write(stream, &understudy_schema, config, title, "why?", notes);
    fclose(stream);
    return text;
}

static const char *const texts[] = {
    "scheme: duplex\n",
    "network: {rate: 1Gbps, loss: 0.1%, delay: 1500us}\n"
    "clients: {reply: \"choice(1KB: 45, 10KB: 30)\", think: 'uniform(0, 20ms)', post: 33.3%}\n",
    "faults:\n"
    "  - {crash: primary, event: 17}\n"
    "  - {fate: late, packet: 12, for: 3ms}\n"
    "  - {loss: 20%, on: clients, at: 10ms, for: 1s}\n"
    "  - {pause: backup, when: reply_logged, request: 3, client: 0, after: 10us, survivable: "
    "yes}\n",
    "run: {seed: 123456789012345, duration: 5s}\nclients.timeout: 0\n",
};

START_TEST(every_config_reads_back_as_it_was)
{
    struct scenario *one = parse("one.yaml", texts[_i]);
    char *text = written(one->points[0].config, "A title: with a colon", NULL);
    struct scenario *other = parse("other.yaml", text);
    ck_assert_str_eq(one->points[0].text, other->points[0].text);
    ck_assert_str_eq(other->title, "A title: with a colon");
    ck_assert_str_eq(other->question, "why?");
    ck_assert_ptr_null(other->notes);
    free(text);
    scenario_free(one);
    scenario_free(other);
}
END_TEST

START_TEST(only_what_differs_from_the_defaults_is_written)
{
    struct scenario *one = parse("one.yaml", "scheme: duplex-mi\nclients.count: 16\n");
    char *text = written(one->points[0].config, "t", NULL);
    ck_assert_str_eq(text, "title: t\nquestion: \"why?\"\nscheme: duplex-mi\n");
    free(text);
    scenario_free(one);
}
END_TEST

START_TEST(notes_are_kept_whatever_is_in_them)
{
    struct scenario *one = parse("one.yaml", "scheme: duplex\n");
    const char *odd = "a \"quoted\" \\ text: {with} #everything\n- and\ta line";
    struct scenario_note notes[] = {{"promise", "P3"}, {"text", odd}, {NULL, NULL}};
    char *text = written(one->points[0].config, odd, notes);
    struct scenario *other = parse("other.yaml", text);
    ck_assert_str_eq(other->title, odd);
    ck_assert_str_eq(scenario_note(other, "promise"), "P3");
    ck_assert_str_eq(scenario_note(other, "text"), odd);
    ck_assert_ptr_null(scenario_note(other, "tex"));
    ck_assert_ptr_null(scenario_note(one, "promise"));
    free(text);
    scenario_free(one);
    scenario_free(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario_write");
    TCase *tcase = tcase_create("scenario_write");
    tcase_add_loop_test(tcase, every_config_reads_back_as_it_was, 0, sizeof texts / sizeof *texts);
    tcase_add_test(tcase, only_what_differs_from_the_defaults_is_written);
    tcase_add_test(tcase, notes_are_kept_whatever_is_in_them);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
