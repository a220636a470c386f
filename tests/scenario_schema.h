/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_schema - a small schema of its own for the tests of scenarios and expectations: they are not about any model.
 */
#ifndef TESTS_SCENARIO_SCHEMA_H
#define TESTS_SCENARIO_SCHEMA_H

#include "sim/scenario.h"
#include "tests/suite.h"

#include <string.h>

enum { BLOWS_MAX = 3 };

struct blow {
    int64_t at_ns;
    int target;
};

struct test_config {
    int color;
    int64_t count, size_bytes, delay_ns, other_size;
    double loss;
    struct dist reply;
    struct blow blows[BLOWS_MAX];
    size_t blow_count;
};

static const char *const test_colors[] = {"red", "green", "blue", NULL};
static const char *const test_targets[] = {"none", "left", "right", NULL};

static const struct param test_params[] = {
    {"color", PARAM_CHOICE, "red", 0, 0, offsetof(struct test_config, color),
     .choices = test_colors, .help = "a color"},
    {"group.count", PARAM_INT, "3", 1, 1000, offsetof(struct test_config, count),
     .help = "a count"},
    {"group.size", PARAM_SIZE, "10KB", 1, 1e9, offsetof(struct test_config, size_bytes),
     .help = "a size"},
    {"group.delay", PARAM_DURATION, "5ms", 0, 1e12, offsetof(struct test_config, delay_ns),
     .help = "a delay"},
    {"size", PARAM_INT, "1", 1, 1000, offsetof(struct test_config, other_size),
     .help = "a size by the same name"},
    {"loss", PARAM_NUMBER, "0", 0, 1, offsetof(struct test_config, loss), .help = "a part"},
    {"reply", PARAM_SIZE_DIST, "1KB", 0, 1e9, offsetof(struct test_config, reply), .help = "sizes"},
    {.name = NULL},
};

static const struct param test_blow_params[] = {
    {"at", PARAM_DURATION, "0", 0, 1e12, offsetof(struct blow, at_ns), .help = "when"},
    {"target", PARAM_CHOICE, "none", 0, 0, offsetof(struct blow, target), .choices = test_targets,
     .help = "whom"},
    {.name = NULL},
};

static inline const char *test_check_blow(const void *element)
{
    return ((const struct blow *)element)->target == 0 ? "a blow needs a target" : NULL;
}

static const struct param_list test_lists[] = {
    {
        .name = "blows",
        .params = test_blow_params,
        .offset = offsetof(struct test_config, blows),
        .count_offset = offsetof(struct test_config, blow_count),
        .element_size = sizeof(struct blow),
        .max = BLOWS_MAX,
        .check = test_check_blow,
    },
    {.name = NULL},
};

static inline bool test_check_config(const void *config, unsigned *rule, const char **param,
                                     char *text, size_t room)
{
    const struct test_config *self = config;
    const bool broken[] = {self->count > 500 && self->loss > 0,
                           self->size_bytes == 7 && self->loss > 0};
    static const char *const said[][2] = {{"group.count", "so many may not lose anything"},
                                          {"group.size", "a size of seven may not lose anything"}};
    while (*rule < 2) {
        unsigned at = (*rule)++;
        if (!broken[at])
            continue;
        *param = said[at][0];
        snprintf(text, room, "%s", said[at][1]);
        return false;
    }
    return true;
}

static const struct schema test_schema = {
    .params = test_params,
    .lists = test_lists,
    .config_size = sizeof(struct test_config),
    .check = test_check_config,
};

static const struct metric_type test_metrics[] = {
    {.name = "latency", .unit = "s", .help = "a time"},
    {.name = "goodput", .unit = "bytes/s", .help = "a rate"},
    {.name = "throughput", .unit = "requests/s", .help = "a rate"},
    {.name = "cycles", .unit = "cycles", .help = "by host", .by_host = true},
    {.name = NULL},
};

static char *test_errors;

/* Parses a text with overrides; what was said is in test_errors. */
static inline struct scenario *test_load(const char *text, const char *const *overrides)
{
    size_t size;
    free(test_errors);
    FILE *stream = open_memstream(&test_errors, &size);
    struct scenario *scenario = scenario_parse("test.yaml", text, strlen(text), &test_schema,
                                               test_metrics, overrides, stream);
    fclose(stream);
    return scenario;
}

static inline struct scenario *test_must_load(const char *text)
{
    struct scenario *scenario = test_load(text, NULL);
    ck_assert_msg(scenario != NULL, "%s", test_errors);
    return scenario;
}

#endif
