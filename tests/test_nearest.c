/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/nearest: slips of the keyboard find their word, other words do not.
 */
#include "sim/nearest.h"
#include "tests/suite.h"

static const char *find(const char *wanted)
{
    static const char *const known[] = {"crash",        "restart",       "pause", "partition",
                                        "network.rate", "clients.reply", NULL};
    struct nearest near;
    nearest_init(&near, wanted);
    for (unsigned i = 0; known[i] != NULL; i++)
        nearest_offer(&near, known[i]);
    return near.name;
}

START_TEST(slips_find_their_word)
{
    static const char *const rows[][2] = {
        {"crsh", "crash"},
        {"crashh", "crash"},
        {"carsh", "crash"},
        {"restrat", "restart"},
        {"partiton", "partition"},
        {"netwrok.rate", "network.rate"},
        {"clients.repy", "clients.reply"},
        {"crash", "crash"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(find(rows[i][0]) != NULL, "%s", rows[i][0]);
        ck_assert_str_eq(find(rows[i][0]), rows[i][1]);
    }
}
END_TEST

START_TEST(other_words_find_nothing)
{
    static const char *const words[] = {"", "x", "xyzzy", "completely-different", "zzzzzzzzzzzzzz"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_msg(find(words[i]) == NULL, "'%s' found '%s'", words[i], find(words[i]));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nearest");
    TCase *tcase = tcase_create("nearest");
    tcase_add_test(tcase, slips_find_their_word);
    tcase_add_test(tcase, other_words_find_nothing);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
