/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expect_tree - a parsed check: what expect_parse.c makes and expect.c judges.
 */
#ifndef SIM_EXPECT_TREE_H
#define SIM_EXPECT_TREE_H

#include "sim/scenario.h"

enum expect_kind {
    EXPECT_NUMBER,
    EXPECT_METRIC,
    EXPECT_ADD,
    EXPECT_SUBTRACT,
    EXPECT_MULTIPLY,
    EXPECT_DIVIDE,
    EXPECT_MAX,
    EXPECT_MIN,
    EXPECT_COMPARE, /* root: left compare right */
    EXPECT_GROWS,   /* root: left, along `axis` */
    EXPECT_FALLS,
};

enum expect_compare {
    COMPARE_NONE,
    COMPARE_LESS,
    COMPARE_LESS_EQUAL,
    COMPARE_GREATER,
    COMPARE_GREATER_EQUAL,
    COMPARE_EQUAL,
    COMPARE_NOT_EQUAL,
};

/* "this axis is, or compares to, that value" */
struct expect_condition {
    struct expect_condition *next;
    size_t axis;
    enum expect_compare compare;
    const char *text; /* canonical, if it is one of the axis's values */
    double number;    /* NAN if it is no number */
};

struct expect_node {
    enum expect_kind kind;
    enum expect_compare compare;
    double number;
    const char *metric, *host, *unit;
    size_t axis;
    struct expect_node *left, *right;
    struct expect_condition *conditions; /* METRIC: pins; root: `for` */
    bool moot; /* root: names a value that an override took out of the sweep */
};

/* True if the value of the axis at the point fulfils the condition. */
bool expect_fulfils(const struct scenario *scenario, const struct scenario_point *point,
                    const struct expect_condition *condition);

#endif
