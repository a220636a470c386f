/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expect_parse - checks from text, by recursive descent.
 */
#include "sim/expect_tree.h"

#include "sim/nearest.h"
#include "sim/quantity.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 50, WORD_MAX_BYTES = 100, TEXT_MAX = 2000 };

struct parser {
    const char *text, *at;
    const struct scenario *scenario;
    const struct metric_type *metrics;
    struct arena *arena;
    char *error;
    size_t room;
    const char *wrong_at; /* NULL: nothing wrong so far */
    unsigned depth;
    bool moot;
};

static struct expect_node *expression(struct parser *self);

static void *fail(struct parser *self, const char *at, const char *format, const char *word)
{
    if (self->wrong_at == NULL) {
        self->wrong_at = at;
        snprintf(self->error, self->room, format, word);
    }
    return NULL;
}

static void blanks(struct parser *self)
{
    while (isspace((unsigned char)*self->at))
        self->at++;
}

static bool accept(struct parser *self, const char *token)
{
    blanks(self);
    size_t size = strlen(token);
    if (strncmp(self->at, token, size) != 0)
        return false;
    if (isalpha((unsigned char)token[0]) &&
        (isalnum((unsigned char)self->at[size]) || self->at[size] == '_'))
        return false;
    self->at += size;
    return true;
}

/* Letters, digits and whatever of `more`. */
static const char *word(struct parser *self, const char *more)
{
    blanks(self);
    const char *from = self->at;
    while (isalnum((unsigned char)*self->at) || (*self->at != '\0' && strchr(more, *self->at)))
        self->at++;
    size_t size = (size_t)(self->at - from);
    return size > 0 && size < WORD_MAX_BYTES ? arena_copy(self->arena, from, size) : NULL;
}

static struct expect_node *node(struct parser *self, enum expect_kind kind,
                                struct expect_node *left, struct expect_node *right)
{
    struct expect_node *made = arena_new(self->arena, sizeof *made);
    made->kind = kind;
    made->left = left;
    made->right = right;
    return made;
}

/* --- numbers ---------------------------------------------------------------------------------------------------- */

/* In the units of results: s, bytes, bytes/s; plain numbers and % as they are. */
static bool number(struct parser *self, double *value)
{
    static const struct {
        enum quantity_kind kind;
        double factor;
    } kinds[] = {{QUANTITY_NUMBER, 1}, {QUANTITY_DURATION, 1e-9}, {QUANTITY_SIZE, 1}};
    const char *from = self->at, *best = NULL;
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char ignored[200];
        const char *at = from;
        double found;
        /* "MB/s" is a size for our units: the scanner must not see the "/s". */
        char copy[WORD_MAX_BYTES];
        size_t size = strcspn(at, "/ )],");
        if (size == 0 || size >= sizeof copy)
            return false;
        memcpy(copy, at, size);
        copy[size] = '\0';
        const char *end = copy;
        if (!quantity_scan(&end, kinds[i].kind, &found, ignored, sizeof ignored))
            continue;
        if (best != NULL && from + (end - copy) <= best)
            continue;
        best = from + (end - copy);
        *value = found * kinds[i].factor;
    }
    if (best == NULL)
        return false;
    self->at = best;
    if (strncmp(self->at, "/s", 2) == 0 && !isalnum((unsigned char)self->at[2]))
        self->at += 2;
    return true;
}

/* --- conditions ------------------------------------------------------------------------------------------------- */

static enum expect_compare compare(struct parser *self)
{
    static const struct {
        const char *token;
        enum expect_compare compare;
    } tokens[] = {
        {"<=", COMPARE_LESS_EQUAL}, {">=", COMPARE_GREATER_EQUAL}, {"==", COMPARE_EQUAL},
        {"!=", COMPARE_NOT_EQUAL},  {"<", COMPARE_LESS},           {">", COMPARE_GREATER},
    };
    for (unsigned i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        if (accept(self, tokens[i].token))
            return tokens[i].compare;
    }
    return COMPARE_NONE;
}

static bool find_axis(struct parser *self, const char *name, const char *at, size_t *axis)
{
    for (size_t a = 0; name != NULL && a < self->scenario->axis_count; a++) {
        if (strcmp(self->scenario->axes[a].param, name) == 0) {
            *axis = a;
            return true;
        }
    }
    fail(self, at, "'%.60s' is not swept in this scenario", name ? name : "");
    return false;
}

/* The text as a number of whatever kind it is, in base units. */
static double as_number(const char *text)
{
    char ignored[200];
    double value;
    for (int kind = 0; kind < QUANTITY_KINDS; kind++) {
        if (quantity_parse(text, (enum quantity_kind)kind, &value, ignored, sizeof ignored))
            return value;
    }
    return NAN;
}

static struct expect_condition *condition(struct parser *self, const char *ends)
{
    blanks(self);
    const char *from = self->at;
    struct expect_condition *made = arena_new(self->arena, sizeof *made);
    if (!find_axis(self, word(self, "_."), from, &made->axis))
        return NULL;
    made->compare = accept(self, "==")                    ? COMPARE_EQUAL
                    : ends[0] == ']' && accept(self, "=") ? COMPARE_EQUAL
                                                          : compare(self);
    if (made->compare == COMPARE_NONE)
        return fail(self, self->at, "a comparison is missing%s", "");
    blanks(self);
    from = self->at;
    size_t size = strcspn(from, ends);
    made->text = arena_copy(self->arena, from, size);
    self->at += size;
    made->number = as_number(made->text);
    const struct scenario *scenario = self->scenario;
    for (size_t p = 0; p < scenario->point_count && made->compare == COMPARE_EQUAL; p++) {
        if (expect_fulfils(scenario, &scenario->points[p], made))
            return made;
    }
    if (made->compare == COMPARE_EQUAL && !scenario->axes[made->axis].narrowed)
        return fail(self, from, "'%.60s' is not among the swept values", made->text);
    self->moot = self->moot || made->compare == COMPARE_EQUAL;
    return made;
}

static struct expect_condition *pins(struct parser *self)
{
    struct expect_condition *first = NULL;
    do {
        struct expect_condition *pin = condition(self, "],");
        if (pin == NULL)
            return NULL;
        pin->next = first;
        first = pin;
    } while (accept(self, ","));
    if (!accept(self, "]"))
        fail(self, self->at, "']' is missing%s", "");
    return first;
}

/* --- expressions ------------------------------------------------------------------------------------------------ */

static struct expect_node *metric(struct parser *self)
{
    const char *from = self->at;
    struct nearest near;
    struct expect_node *made = node(self, EXPECT_METRIC, NULL, NULL);
    const char *name = word(self, "_");
    nearest_init(&near, name ? name : "");
    const struct metric_type *type = self->metrics;
    for (; name != NULL && type->name != NULL && strcmp(type->name, name) != 0; type++)
        nearest_offer(&near, type->name);
    if (name == NULL || type->name == NULL) {
        const char *told = name ? name : from;
        if (near.name != NULL)
            told = arena_print(self->arena, "%s' (did you mean '%s", told, near.name);
        return fail(self, from, near.name ? "unknown metric '%.120s'?)" : "unknown metric '%.60s'",
                    told);
    }
    made->metric = type->name;
    made->unit = type->unit;
    made->host = "";
    if (*self->at == '@') {
        if (!type->by_host)
            return fail(self, self->at, "'%.60s' is measured for the whole service, not by host",
                        type->name);
        self->at++;
        made->host = word(self, "_-");
        if (made->host == NULL)
            return fail(self, self->at, "a host is missing behind '@'%s", "");
    }
    if (*self->at == '[') {
        self->at++;
        made->conditions = pins(self);
    }
    return made;
}

static struct expect_node *parenthesised(struct parser *self)
{
    struct expect_node *inner = expression(self);
    if (!accept(self, ")"))
        fail(self, self->at, "')' is missing%s", "");
    return inner;
}

static struct expect_node *extreme(struct parser *self, enum expect_kind kind)
{
    struct expect_node *all = expression(self);
    while (self->wrong_at == NULL && accept(self, ","))
        all = node(self, kind, all, expression(self));
    if (!accept(self, ")"))
        fail(self, self->at, "')' is missing%s", "");
    return all;
}

static struct expect_node *factor(struct parser *self)
{
    blanks(self);
    if (self->depth > DEPTH_MAX)
        return fail(self, self->at, "nested too deeply%s", "");
    if (accept(self, "("))
        return parenthesised(self);
    const char *from = self->at;
    if (accept(self, "max") && accept(self, "("))
        return extreme(self, EXPECT_MAX);
    self->at = from;
    if (accept(self, "min") && accept(self, "("))
        return extreme(self, EXPECT_MIN);
    self->at = from;
    if (isdigit((unsigned char)*self->at) || *self->at == '.') {
        struct expect_node *made = node(self, EXPECT_NUMBER, NULL, NULL);
        return number(self, &made->number)
                   ? made
                   : fail(self, from,
                          "'%.20s' is neither a plain number nor one in units of time, size or "
                          "size/s",
                          from);
    }
    return metric(self);
}

static struct expect_node *term(struct parser *self)
{
    struct expect_node *left = factor(self);
    while (self->wrong_at == NULL) {
        if (accept(self, "*"))
            left = node(self, EXPECT_MULTIPLY, left, factor(self));
        else if (accept(self, "/"))
            left = node(self, EXPECT_DIVIDE, left, factor(self));
        else
            break;
    }
    return left;
}

static struct expect_node *expression(struct parser *self)
{
    self->depth++;
    struct expect_node *left = term(self);
    while (self->wrong_at == NULL) {
        if (accept(self, "+"))
            left = node(self, EXPECT_ADD, left, term(self));
        else if (accept(self, "-"))
            left = node(self, EXPECT_SUBTRACT, left, term(self));
        else
            break;
    }
    self->depth--;
    return left;
}

/* Choices have no order, numbers do. */
static bool has_order(const struct scenario *scenario, size_t axis)
{
    for (size_t p = 0; p < scenario->point_count; p++) {
        if (!isnan(scenario->points[p].numbers[axis]))
            return true;
    }
    return false;
}

static struct expect_node *trend(struct parser *self, enum expect_kind kind,
                                 struct expect_node *left)
{
    struct expect_node *root = node(self, kind, left, NULL);
    if (!accept(self, "along"))
        return fail(self, self->at, "'along' is missing%s", "");
    blanks(self);
    const char *from = self->at;
    if (!find_axis(self, word(self, "_."), from, &root->axis))
        return NULL;
    if (!has_order(self->scenario, root->axis))
        return fail(self, from, "the values of '%.60s' have no order",
                    self->scenario->axes[root->axis].param);
    return root;
}

static void conditions(struct parser *self, struct expect_node *root)
{
    do {
        struct expect_condition *made = condition(self, " \t\n");
        if (made == NULL)
            return;
        made->next = root->conditions;
        root->conditions = made;
    } while (accept(self, "and"));
}

static struct expect_node *check(struct parser *self)
{
    struct expect_node *root, *left = expression(self);
    if (accept(self, "grows")) {
        root = trend(self, EXPECT_GROWS, left);
    } else if (accept(self, "falls")) {
        root = trend(self, EXPECT_FALLS, left);
    } else {
        enum expect_compare how = compare(self);
        if (how == COMPARE_NONE)
            return fail(
                self, self->at,
                "a comparison (>= <= > < == !=), 'grows along' or 'falls along' is missing%s", "");
        root = node(self, EXPECT_COMPARE, left, expression(self));
        root->compare = how;
    }
    if (self->wrong_at == NULL && accept(self, "for"))
        conditions(self, root);
    blanks(self);
    if (*self->at != '\0')
        return fail(self, self->at, "'%.40s' is too much", self->at);
    if (root != NULL)
        root->moot = self->moot;
    return root;
}

struct expect_node *expect_parse(const char *text, const struct scenario *scenario,
                                 const struct metric_type *metrics, struct arena *arena, size_t *at,
                                 char *error, size_t room)
{
    struct parser self = {.text = text,
                          .at = text,
                          .scenario = scenario,
                          .metrics = metrics,
                          .arena = arena,
                          .error = error,
                          .room = room};
    /* Judging walks the tree by recursion: its depth must have a limit too. */
    struct expect_node *root = strlen(text) <= TEXT_MAX
                                   ? check(&self)
                                   : fail(&self, text, "a check longer than 2000 characters%s", "");
    if (self.wrong_at == NULL)
        return root;
    *at = (size_t)(self.wrong_at - text);
    return NULL;
}
