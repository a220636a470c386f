/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_table - tables letter by letter.
 */
#include "sim/table.h"

#include <string.h>

#include "tests/suite.h"

/* A filled table: {columns}, then rows of as many texts, ended by NULL. */
static struct table *make(const struct table_column *columns, size_t count,
                          const char *const *texts)
{
    struct table *table = table_new();
    for (size_t c = 0; c < count; c++)
        ck_assert_uint_eq(table_add_column(table, &columns[c]), c);
    for (; *texts != NULL; texts += count) {
        size_t row = table_add_row(table);
        for (size_t c = 0; c < count; c++)
            table_set(table, row, c, texts[c]);
    }
    return table;
}

static void assert_prints(struct table *table, size_t room, bool colours, const char *wanted)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    table_print(table, stream, room, colours);
    fclose(stream);
    ck_assert_str_eq(text, wanted);
    free(text);
    table_free(table);
}

static const struct table_column simple[] = {
    {.name = "scheme", .key = true, .left = true},      {.name = "reply", .key = true},
    {.group = "latency", .name = "mean", .unit = "ms"}, {.tight = true},
    {.group = "latency", .name = "p99", .unit = "ms"},  {.name = "takeovers"},
};
static const char *const rows[] = {"duplex", "1KB",      "66.0",      "",   "67.4", "0",  "duplex",
                                   "50KB",   "279.5",    "\u00b10.2", "93", "12",   "mi", "50KB",
                                   "1.0",    "\u00b110", "-",         "1",  NULL};

START_TEST(columns_align_groups_span_keys_do_not_repeat)
{
    assert_prints(make(simple, 6, rows), 100, false,
                  "               latency ────────\n"
                  "scheme  reply   mean        p99  takeovers\n"
                  "                  ms         ms\n"
                  "duplex    1KB   66.0       67.4          0\n"
                  "         50KB  279.5 ±0.2    93         12\n"
                  "mi       50KB    1.0  ±10     -          1\n");
}
END_TEST

START_TEST(a_table_too_wide_comes_in_parts_that_repeat_the_keys)
{
    assert_prints(make(simple, 6, rows), 31, false,
                  "               latency ────────\n"
                  "scheme  reply   mean        p99\n"
                  "                  ms         ms\n"
                  "duplex    1KB   66.0       67.4\n"
                  "         50KB  279.5 ±0.2    93\n"
                  "mi       50KB    1.0  ±10     -\n"
                  "\n"
                  "scheme  reply  takeovers\n"
                  "duplex    1KB          0\n"
                  "         50KB         12\n"
                  "mi       50KB          1\n");
    assert_prints(make(simple, 6, rows), 30, false,
                  "               latency\n"
                  "scheme  reply   mean\n"
                  "                  ms\n"
                  "duplex    1KB   66.0\n"
                  "         50KB  279.5 ±0.2\n"
                  "mi       50KB    1.0  ±10\n"
                  "\n"
                  "               latency\n"
                  "scheme  reply   p99  takeovers\n"
                  "                 ms\n"
                  "duplex    1KB  67.4          0\n"
                  "         50KB    93         12\n"
                  "mi       50KB     -          1\n");
}
END_TEST

START_TEST(a_long_group_widens_its_column)
{
    static const struct table_column columns[] = {{.name = "server", .key = true, .left = true},
                                                  {.group = "cycles per request", .name = "user"}};
    static const char *const texts[] = {"primary", "148", "backup", NULL, NULL};
    assert_prints(make(columns, 2, texts), 100, false,
                  "         cycles per request\n"
                  "server                 user\n"
                  "primary                 148\n"
                  "backup\n");
}
END_TEST

START_TEST(heads_are_bold_if_colours_are_wanted_and_colours_take_no_room)
{
    static const struct table_column columns[] = {{.name = "verdict", .left = true}, {.name = "n"}};
    static const char *const texts[] = {"\033[32mpass\033[0m", "7", NULL};
    assert_prints(make(columns, 2, texts), 100, true,
                  "\033[1mverdict  n\033[0m\n"
                  "\033[32mpass\033[0m     7\n");
}
END_TEST

START_TEST(a_table_without_keys_or_heads_is_rows_alone)
{
    static const struct table_column columns[] = {{.left = true}, {.left = false}};
    static const char *const texts[] = {"a", "1", "bb", "22", "bb", "3", NULL};
    assert_prints(make(columns, 2, texts), 100, false, "a    1\nbb  22\nbb   3\n");
}
END_TEST

START_TEST(width_counts_characters_not_bytes)
{
    ck_assert_uint_eq(text_width("\u00b10.2"), 4);
    ck_assert_uint_eq(text_width("\033[1;31mFAIL\033[0m"), 4);
    ck_assert_uint_eq(text_width(""), 0);
    ck_assert_uint_eq(text_width(NULL), 0);
    ck_assert_uint_eq(text_width("cut\033["), 3);
}
END_TEST

START_TEST(the_user_says_how_wide_a_line_is)
{
    setenv("COLUMNS", "132", 1);
    ck_assert_uint_eq(table_room(stdout), 132);
    setenv("COLUMNS", "3", 1); /* no width to work with */
    FILE *file = tmpfile();
    ck_assert_uint_eq(table_room(file), 120);
    fclose(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *tests = tcase_create("table");
    tcase_add_test(tests, columns_align_groups_span_keys_do_not_repeat);
    tcase_add_test(tests, a_table_too_wide_comes_in_parts_that_repeat_the_keys);
    tcase_add_test(tests, a_long_group_widens_its_column);
    tcase_add_test(tests, heads_are_bold_if_colours_are_wanted_and_colours_take_no_room);
    tcase_add_test(tests, a_table_without_keys_or_heads_is_rows_alone);
    tcase_add_test(tests, width_counts_characters_not_bytes);
    tcase_add_test(tests, the_user_says_how_wide_a_line_is);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
