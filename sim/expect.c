/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expect - judges checks over the points of a sweep.
 */
#include "sim/expect_tree.h"

#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS = 4 }; /* a bound and what is near it must be told apart */

struct judge {
    const struct scenario *scenario;
    const struct expect_values *values;
    struct expect_outcome *out;
    const char *unit;
    double margin; /* of the worst comparison so far; positive: it holds */
};

/* --- conditions ------------------------------------------------------------------------------------------------- */

static bool compare(double left, enum expect_compare how, double right)
{
    double slack = 1e-9 * fabs(right);
    switch (how) {
    case COMPARE_LESS:
        return left < right;
    case COMPARE_LESS_EQUAL:
        return left <= right + slack;
    case COMPARE_GREATER:
        return left > right;
    case COMPARE_GREATER_EQUAL:
        return left >= right - slack;
    case COMPARE_EQUAL:
        return fabs(left - right) <= slack;
    case COMPARE_NOT_EQUAL:
        return fabs(left - right) > slack;
    default:
        return false;
    }
}

bool expect_fulfils(const struct scenario *scenario, const struct scenario_point *point,
                    const struct expect_condition *condition)
{
    (void)scenario;
    const char *value = point->values[condition->axis];
    double number = point->numbers[condition->axis];
    bool same = value != NULL && strcmp(value, condition->text) == 0;
    if (condition->compare == COMPARE_EQUAL && same)
        return true;
    if (isnan(number) || isnan(condition->number))
        return condition->compare == COMPARE_NOT_EQUAL && !same;
    return compare(number, condition->compare, condition->number);
}

static bool fulfils_all(const struct scenario *scenario, const struct scenario_point *point,
                        const struct expect_condition *conditions)
{
    for (; conditions != NULL; conditions = conditions->next) {
        if (!expect_fulfils(scenario, point, conditions))
            return false;
    }
    return true;
}

/* --- values ----------------------------------------------------------------------------------------------------- */

static bool is_pinned(const struct expect_condition *pins, size_t axis)
{
    for (; pins != NULL; pins = pins->next) {
        if (pins->axis == axis)
            return true;
    }
    return false;
}

static bool same_value(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Where a metric with pins is to be looked up, seen from `here`; point_count if there is no such point. */
static size_t find_point(const struct scenario *scenario, size_t here,
                         const struct expect_condition *pins)
{
    for (size_t p = 0; p < scenario->point_count; p++) {
        const struct scenario_point *point = &scenario->points[p];
        bool same = fulfils_all(scenario, point, pins);
        for (size_t a = 0; same && a < scenario->axis_count; a++)
            same = is_pinned(pins, a) ||
                   same_value(point->values[a], scenario->points[here].values[a]);
        if (same)
            return p;
    }
    return scenario->point_count;
}

static double value(const struct judge *self, const struct expect_node *node, size_t here)
{
    if (node->kind == EXPECT_NUMBER)
        return node->number;
    if (node->kind == EXPECT_METRIC) {
        size_t point = node->conditions ? find_point(self->scenario, here, node->conditions) : here;
        if (point == self->scenario->point_count)
            return NAN;
        return self->values->value(self->values, point, node->metric, node->host);
    }
    double left = value(self, node->left, here), right = value(self, node->right, here);
    switch (node->kind) {
    case EXPECT_ADD:
        return left + right;
    case EXPECT_SUBTRACT:
        return left - right;
    case EXPECT_MULTIPLY:
        return left * right;
    case EXPECT_DIVIDE:
        return left / right;
    case EXPECT_MAX:
        return isnan(left) || right > left ? right : left;
    default:
        return isnan(left) || right < left ? right : left;
    }
}

/* The unit to show values in: that of the metric, unless the expression is a ratio or product of metrics. NULL: none. */
static const char *unit_of(const struct expect_node *node)
{
    if (node == NULL)
        return NULL;
    if (node->kind == EXPECT_METRIC)
        return node->unit;
    const char *left = unit_of(node->left), *right = unit_of(node->right);
    if (node->kind == EXPECT_DIVIDE && right != NULL)
        return left != NULL && strcmp(left, right) == 0 ? NULL : left;
    if (node->kind == EXPECT_MULTIPLY && left != NULL && right != NULL)
        return NULL;
    return left != NULL ? left : right;
}

/* --- judging ---------------------------------------------------------------------------------------------------- */

static double margin(double left, enum expect_compare how, double right)
{
    double scale = fabs(right) > 0 ? fabs(right) : 1;
    double over = (left - right) / scale;
    switch (how) {
    case COMPARE_LESS:
    case COMPARE_LESS_EQUAL:
        return -over;
    case COMPARE_EQUAL:
        return -fabs(over);
    case COMPARE_NOT_EQUAL:
        return fabs(over);
    default:
        return over;
    }
}

static void look(struct judge *self, double left, enum expect_compare how, double right,
                 size_t point)
{
    if (isnan(left) || isnan(right))
        return;
    struct expect_outcome *out = self->out;
    bool holds = compare(left, how, right);
    double found = margin(left, how, right);
    out->holds = (out->looked == 0 || out->holds) && holds;
    if (out->looked++ > 0 && found >= self->margin)
        return;
    self->margin = found;
    out->left = left;
    out->right = right;
    out->point = point;
}

static void judge_compare(struct judge *self, const struct expect_node *root)
{
    for (size_t p = 0; p < self->scenario->point_count; p++) {
        if (fulfils_all(self->scenario, &self->scenario->points[p], root->conditions))
            look(self, value(self, root->left, p), root->compare, value(self, root->right, p), p);
    }
}

/* The point next above `here` along the axis, equal in all else; point_count if it is the last. */
static size_t next_along(const struct judge *self, const struct expect_node *root, size_t here)
{
    const struct scenario *scenario = self->scenario;
    size_t best = scenario->point_count;
    for (size_t p = 0; p < scenario->point_count; p++) {
        const struct scenario_point *point = &scenario->points[p];
        bool same = fulfils_all(scenario, point, root->conditions);
        for (size_t a = 0; same && a < scenario->axis_count; a++)
            same =
                a == root->axis || same_value(point->values[a], scenario->points[here].values[a]);
        double number = point->numbers[root->axis];
        if (same && number > scenario->points[here].numbers[root->axis] &&
            (best == scenario->point_count || number < scenario->points[best].numbers[root->axis]))
            best = p;
    }
    return best;
}

static void judge_trend(struct judge *self, const struct expect_node *root)
{
    enum expect_compare how = root->kind == EXPECT_GROWS ? COMPARE_GREATER : COMPARE_LESS;
    for (size_t p = 0; p < self->scenario->point_count; p++) {
        if (!fulfils_all(self->scenario, &self->scenario->points[p], root->conditions))
            continue;
        size_t next = next_along(self, root, p);
        if (next != self->scenario->point_count)
            look(self, value(self, root->left, next), how, value(self, root->left, p), next);
    }
}

/* True if some metric of the expression looks elsewhere along this axis: then the point's own value says nothing. */
static bool pins_axis(const struct expect_node *node, size_t axis)
{
    return node != NULL && ((node->kind == EXPECT_METRIC && is_pinned(node->conditions, axis)) ||
                            pins_axis(node->left, axis) || pins_axis(node->right, axis));
}

/* "reply=50KB": where the shown values were found. */
static void write_place(const struct judge *self, const struct expect_node *root, char *out,
                        size_t room)
{
    const struct scenario *scenario = self->scenario;
    const struct scenario_point *point = &scenario->points[self->out->point];
    size_t used = 0;
    out[0] = '\0';
    for (size_t a = 0; a < scenario->axis_count && used < room; a++) {
        if (point->values[a] != NULL && !pins_axis(root, a))
            used += (size_t)snprintf(out + used, room - used, "%s%s=%s", used > 0 ? " " : "",
                                     scenario_axis_name(scenario, a), point->values[a]);
    }
}

static void write_texts(const struct judge *self, const struct expect_node *root)
{
    static const char *const signs[] = {"", "<", "<=", ">", ">=", "==", "!="};
    struct expect_outcome *out = self->out;
    out->sign = root->kind == EXPECT_GROWS   ? ">"
                : root->kind == EXPECT_FALLS ? "<"
                                             : signs[root->compare];
    if (out->moot) {
        snprintf(out->place, sizeof out->place, "not about the points chosen");
        return;
    }
    if (out->looked == 0) {
        snprintf(out->place, sizeof out->place, "its metrics are nowhere defined");
        return;
    }
    struct interval sides[] = {{.mean = out->left}, {.mean = out->right}};
    struct unit_column column = unit_column(self->unit, sides, 2, DIGITS);
    unit_column_value(&column, &sides[0], out->found, sizeof out->found);
    unit_column_value(&column, &sides[1], out->bound, sizeof out->bound);
    snprintf(out->unit, sizeof out->unit, "%s", column.scale.name);
    write_place(self, root, out->place, sizeof out->place);
}

static void each_metric(const struct expect_node *node,
                        void (*take)(void *context, const char *metric), void *context)
{
    if (node == NULL)
        return;
    if (node->kind == EXPECT_METRIC)
        take(context, node->metric);
    each_metric(node->left, take, context);
    each_metric(node->right, take, context);
}

void expect_each_metric(const struct expectation *self,
                        void (*take)(void *context, const char *metric), void *context)
{
    each_metric(self->root, take, context);
}

static bool is_narrowed(const struct scenario *scenario)
{
    for (size_t a = 0; a < scenario->axis_count; a++) {
        if (scenario->axes[a].narrowed)
            return true;
    }
    return false;
}

void expect_judge(const struct expectation *self, const struct scenario *scenario,
                  const struct expect_values *values, struct expect_outcome *out)
{
    const struct expect_node *root = self->root;
    struct judge judge = {.scenario = scenario, .values = values, .out = out};
    *out = (struct expect_outcome){0};
    judge.unit = unit_of(root->left);
    if (judge.unit == NULL)
        judge.unit = unit_of(root->right);
    if (root->kind == EXPECT_COMPARE)
        judge_compare(&judge, root);
    else
        judge_trend(&judge, root);
    out->moot = root->moot || (out->looked == 0 && is_narrowed(scenario));
    write_texts(&judge, root);
}
