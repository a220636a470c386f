/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_scenario - any bytes as a scenario file; what begins with '?' is an expectation in a scenario that sweeps.
 *
 * Beyond not failing: what is refused is told, what is accepted has points that are JSON, can be judged, and when written
 * (sim/scenario_write.h) reads back as the same. libfyaml is not instrumented: the fuzzer sees only our side of it.
 */
#include "tests/fuzz/fuzz.h"

#include "models/params.h"
#include "sim/dist_table.h"
#include "sim/scenario_write.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Beside scenarios/paper/, so that the includes of what is there are found. Nobody need be in that folder. */
static const char name[] = "scenarios/paper/input.yaml";

static void insist(bool good, const char *what, const char *detail)
{
    if (good)
        return;
    fprintf(stderr, "%s: %s\n", what, detail);
    abort();
}

/* NULL if it was refused: then with a reason. */
static struct scenario *parse(const char *text, size_t size)
{
    char *errors = NULL;
    size_t told = 0;
    FILE *stream = open_memstream(&errors, &told);
    struct scenario *scenario =
        scenario_parse(name, text, size, &understudy_schema, understudy_metrics, NULL, stream);
    fclose(stream);
    insist((scenario == NULL) == (told > 0), "refused without a word, or accepted with one",
           errors);
    free(errors);
    return scenario;
}

static double invented(const struct expect_values *self, size_t point, const char *metric,
                       const char *host)
{
    (void)self;
    return metric[0] == 'g' ? NAN : (double)(point * strlen(metric)) + (host[0] == 'p');
}

static void judge_all(const struct scenario *scenario)
{
    struct expect_values values = {.value = invented};
    struct expect_outcome outcome;
    for (size_t i = 0; i < scenario->expectation_count; i++)
        expect_judge(&scenario->expectations[i], scenario, &values, &outcome);
}

static void check_json(const char *text)
{
    static sqlite3 *database;
    static sqlite3_stmt *statement;
    if (statement == NULL) {
        sqlite3_open(":memory:", &database);
        sqlite3_prepare_v2(database, "SELECT json_valid(?)", -1, &statement, NULL);
    }
    sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
    insist(sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) == 1,
           "a point that is no JSON", text);
    sqlite3_reset(statement);
}

static void check_written(const struct scenario *scenario, const struct scenario_point *point)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    scenario_write(stream, &understudy_schema, point->config, scenario->title, scenario->question,
                   scenario->notes);
    fclose(stream);
    struct scenario *again = parse(text, size);
    insist(again != NULL, "what was written cannot be read", text);
    insist(strcmp(again->points[0].text, point->text) == 0, "what was written is another", text);
    insist(strcmp(again->title, scenario->title) == 0, "the title became another", text);
    scenario_free(again);
    free(text);
}

static void try_scenario(const char *text, size_t size)
{
    struct scenario *scenario = parse(text, size);
    if (scenario == NULL)
        return;
    insist(scenario->point_count > 0, "a scenario without a point", text);
    judge_all(scenario);
    check_json(scenario->points[scenario->point_count - 1].json);
    check_written(scenario, &scenario->points[0]);
    scenario_free(scenario);
}

static const struct scenario *sweeping(void)
{
    static const char text[] =
        "sweep: {scheme: [simplex, duplex], clients.reply: [1KB, 10KB, 50KB], "
        "clients.think: [0, exp(5ms)]}\n";
    static struct scenario *scenario;
    if (scenario == NULL)
        scenario = parse(text, strlen(text));
    return scenario;
}

static void try_expectation(const char *text)
{
    struct arena arena = {0};
    char error[400] = "";
    size_t at = 0;
    struct expectation expectation = {.text = text};
    expectation.root =
        expect_parse(text, sweeping(), understudy_metrics, &arena, &at, error, sizeof error);
    if (expectation.root != NULL) {
        struct expect_values values = {.value = invented};
        struct expect_outcome outcome;
        expect_judge(&expectation, sweeping(), &values, &outcome);
    } else {
        insist(error[0] != '\0', "refused without a word", text);
        insist(at <= strlen(text), "an error beyond the text", text);
    }
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    if (text[0] == '?' && strlen(text) == size)
        try_expectation(text + 1);
    else
        try_scenario(text, size);
    free(text);
    dist_table_forget_all();
    return 0;
}
