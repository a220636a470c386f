/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_yaml - the tree that comes of a text, its places, merge keys, and what is refused: the limits among it.
 */
#include "sim/yaml.h"

#include <string.h>

#include "tests/suite.h"

static struct arena arena;
static struct source source = {.name = "f"};
static char *said;

static void forget(void)
{
    arena_free(&arena);
    free(said);
}

/* NULL if there were errors, whatever tree there is. */
static struct yaml_node *parse(const char *text)
{
    size_t size;
    free(said);
    FILE *stream = open_memstream(&said, &size);
    struct diagnostics diagnostics = {.stream = stream};
    source.text = text;
    struct yaml_node *root = yaml_parse(&source, strlen(text), &arena, &diagnostics);
    ck_assert(root != NULL || diagnostics.errors > 0);
    fclose(stream);
    return diagnostics.errors == 0 ? root : NULL;
}

/* The tree as a flow of text: {a: [b, c]}. */
static void print(FILE *stream, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR) {
        fputs(node->text, stream);
        return;
    }
    bool mapping = node->kind == YAML_MAPPING;
    fputc(mapping ? '{' : '[', stream);
    for (const struct yaml_item *item = node->first; item != NULL; item = item->next) {
        if (mapping)
            fprintf(stream, "%s: ", item->key->text);
        print(stream, item->value);
        fputs(item->next ? ", " : "", stream);
    }
    fputc(mapping ? '}' : ']', stream);
}

static void check_tree(const char *text, const char *wanted)
{
    char *flow = NULL;
    size_t size;
    struct yaml_node *root = parse(text);
    ck_assert_msg(root != NULL, "%s\n%s", text, said);
    FILE *stream = open_memstream(&flow, &size);
    print(stream, root);
    fclose(stream);
    ck_assert_str_eq(flow, wanted);
    free(flow);
}

static void check_refused(const char *text, const char *wanted)
{
    ck_assert_msg(parse(text) == NULL, "passed: %s", text);
    ck_assert_msg(strstr(said, wanted) != NULL, "%s", said);
}

/* --- trees ------------------------------------------------------------------------------------------------------ */

static const char *const trees[][2] = {
    {"a: 1\nb:\n  - x\n  - {c: d}\n", "{a: 1, b: [x, {c: d}]}"},
    {"{a: , b: ~, c: ''}", "{a: , b: ~, c: }"},
    {"a: 'it''s'\nb: \"tab\\tand \\u00e9\"\n", "{a: it's, b: tab\tand \u00e9}"},
    {"a: >-\n  one\n  two\nb: |\n  three\n", "{a: one two, b: three\n}"},
    {"[]", "[]"},
    {"plain", "plain"},
    {"", "{}"},
    {"# only a comment\n", "{}"},
    {"---\na: 1\n...\n", "{a: 1}"},
    {"a: &x [1, 2]\nb: *x\nc: &y 3\nd: *y\n", "{a: [1, 2], b: [1, 2], c: 3, d: 3}"},
    {"a: &x 1\nb: &x 2\nc: *x\n", "{a: 1, b: 2, c: 2}"}, /* the latest of a name */
    {"&k a: 1\nb: *k\n", "{a: 1, b: a}"},
    /* merge keys */
    {"x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n", "{x: {a: 1, b: 2}, y: {b: 3, a: 1}}"},
    {"x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x}\n", "{x: {a: 1, b: 2}, y: {b: 3, a: 1}}"},
    {"- &x {a: 1}\n- &y {a: 2, b: 2}\n- {<<: [*x, *y]}\n", "[{a: 1}, {a: 2, b: 2}, {a: 1, b: 2}]"},
    {"- &x {a: 1}\n- &y {<<: *x, b: 2}\n- {<<: *y, c: 3}\n",
     "[{a: 1}, {b: 2, a: 1}, {c: 3, b: 2, a: 1}]"},
    {"{<<: {a: 1}, <<: {b: 2}}", "{a: 1, b: 2}"},
};

START_TEST(a_text_becomes_its_tree)
{
    check_tree(trees[_i][0], trees[_i][1]);
}
END_TEST

START_TEST(nodes_know_their_places)
{
    struct yaml_node *root = parse("a: 1\nlong:  [x, 'yy']\n");
    const struct yaml_item *item = root->first->next;
    ck_assert_uint_eq(item->key->place.line, 2);
    ck_assert_uint_eq(item->key->place.column, 1);
    ck_assert_uint_eq(item->key->place.width, 4);
    const struct yaml_node *last = item->value->last->value;
    ck_assert_uint_eq(last->place.line, 2);
    ck_assert_uint_eq(last->place.column, 13);
    ck_assert_ptr_eq(last->place.source, &source);
}
END_TEST

/* --- what is refused --------------------------------------------------------------------------------------------- */

static const char *const wrong[][2] = {
    {"a: 1\na: 2\n", "f:2:1: error: 'a' is given twice"},
    {"{a: 1, b: {c: 1, c: 2}}", "f:1:18: error: 'c' is given twice"},
    {"a: b: c\n", "f:1:"},
    {"a: [1, 2\n", "not YAML"},
    {"a: 'open\n", "not YAML"},
    {"\ta: 1\n", "not YAML"},
    {"a: *nobody\n", "f:1:4: error: an alias of an anchor that is not there"},
    {"a: &x {b: *x}\n", "f:1:11: error: an alias inside of what it stands for"},
    {"&x [*x]\n", "an alias inside of what it stands for"},
    {"? {a: 1}\n: 2\n", "a key must be a plain text"},
    {"? [a]\n: 2\n", "a key must be a plain text"},
    {"a: {<<: 5}\n", "f:1:5: error: '<<' takes a mapping"},
    {"a: {<<: [{b: 1}, 2]}\n", "'<<' takes a mapping"},
    {"a: 1\n---\nb: 2\n", "f:2:1: error: a second document"},
    {"a: 1\n...\n---\n", "a second document"},
    {"a: \"x\\0y\"\n", "a text with a NUL character in it"},
};

START_TEST(what_is_wrong_is_told_with_its_place)
{
    check_refused(wrong[_i][0], wrong[_i][1]);
}
END_TEST

START_TEST(a_nul_in_the_file_is_told)
{
    size_t size;
    free(said);
    FILE *stream = open_memstream(&said, &size);
    struct diagnostics diagnostics = {.stream = stream};
    source.text = "a: 1\n\0b: 2\n";
    ck_assert_ptr_null(yaml_parse(&source, 11, &arena, &diagnostics));
    fclose(stream);
    ck_assert_msg(strstr(said, "it contains a NUL") != NULL, "%s", said);
}
END_TEST

/* --- limits ------------------------------------------------------------------------------------------------------ */

/* "prefix, then `count` times `part` with %u numbered, then suffix" */
static char *repeated(const char *prefix, const char *part, unsigned count, const char *suffix)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    fputs(prefix, stream);
    for (unsigned i = 0; i < count; i++) {
        for (const char *c = part; *c != '\0'; c++)
            if (*c == '#')
                fprintf(stream, "%u", i);
            else
                fputc(*c, stream);
    }
    fputs(suffix, stream);
    fclose(stream);
    return text;
}

static const struct {
    const char *prefix, *part;
    unsigned good, bad;
    const char *suffix, *said;
} limits[] = {
    {"", "[", 0, 41, "", "nested too deeply"},
    {"[", "a, ", 19990, 20001, "]", "the file has too many parts"},
    {"[", "&a# a, ", 1000, 1001, "]", "the file has too many anchors"},
    {"{", "a#: b, ", 1000, 1001, "}", "the mapping has too many keys"},
    {"- &x [1,2,3,4,5,6,7,8,9]\n", "- *x\n", 1900, 2001, "", "the file has too many parts"},
    {"- &x {a: 1, b: 2, c: 3}\n", "- {<<: *x}\n", 1000, 1500, "", "the file has too many parts"},
};

START_TEST(what_is_too_much_is_told_and_a_little_less_is_not)
{
    char *good = repeated(limits[_i].prefix, limits[_i].part, limits[_i].good, limits[_i].suffix);
    char *bad = repeated(limits[_i].prefix, limits[_i].part, limits[_i].bad, limits[_i].suffix);
    ck_assert_msg(parse(good) != NULL, "%.100s: %s", good, said);
    check_refused(bad, limits[_i].said);
    free(good);
    free(bad);
}
END_TEST

START_TEST(aliases_of_aliases_count_as_what_they_stand_for)
{
    check_refused("- &a [1,2,3,4,5,6,7,8,9,0]\n- &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                  "- &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n- &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                  "- &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n- [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
                  "f:5:7: error: the file has too many parts");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("yaml");
    TCase *tests = tcase_create("yaml");
    tcase_add_checked_fixture(tests, NULL, forget);
    tcase_add_loop_test(tests, a_text_becomes_its_tree, 0, sizeof trees / sizeof *trees);
    tcase_add_test(tests, nodes_know_their_places);
    tcase_add_loop_test(tests, what_is_wrong_is_told_with_its_place, 0,
                        sizeof wrong / sizeof *wrong);
    tcase_add_test(tests, a_nul_in_the_file_is_told);
    tcase_add_loop_test(tests, what_is_too_much_is_told_and_a_little_less_is_not, 0,
                        sizeof limits / sizeof *limits);
    tcase_add_test(tests, aliases_of_aliases_count_as_what_they_stand_for);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
