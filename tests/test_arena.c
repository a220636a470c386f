/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/arena: memory is zeroed, aligned, apart, and given back (the address sanitizer watches).
 */
#include "sim/arena.h"
#include "tests/suite.h"

#include <stdint.h>
#include <string.h>

START_TEST(objects_are_zeroed_aligned_and_do_not_overlap)
{
    struct arena arena = {0};
    unsigned char *objects[400];
    size_t sizes[400];
    for (unsigned i = 0; i < 400; i++) {
        sizes[i] = (i * 37) % 300 + (i == 200 ? 100000 : 0); /* one is larger than a block */
        objects[i] = arena_new(&arena, sizes[i]);
        ck_assert_uint_eq((uintptr_t)objects[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < sizes[i]; k++) {
            if (objects[i][k] != 0)
                ck_abort_msg("object %u is not zeroed", i);
        }
        memset(objects[i], (int)(i % 255 + 1), sizes[i]);
    }
    for (unsigned i = 0; i < 400; i++) {
        for (size_t k = 0; k < sizes[i]; k++) {
            if (objects[i][k] != i % 255 + 1)
                ck_abort_msg("object %u was overwritten", i);
        }
    }
    arena_free(&arena);
    ck_assert_ptr_null(arena.blocks);
}
END_TEST

START_TEST(texts_end_where_they_should)
{
    struct arena arena = {0};
    ck_assert_str_eq(arena_copy(&arena, "understudy", 5), "under");
    ck_assert_str_eq(arena_copy(&arena, "", 0), "");
    ck_assert_str_eq(arena_print(&arena, "%s %d", "reply", 7), "reply 7");
    char *longest = arena_print(&arena, "%50000d", 1);
    ck_assert_uint_eq(strlen(longest), 50000);
    arena_free(&arena);
}
END_TEST

START_TEST(an_arena_can_be_used_again)
{
    struct arena arena = {0};
    arena_free(&arena);
    for (unsigned round = 0; round < 3; round++) {
        ck_assert_ptr_nonnull(arena_new(&arena, 10));
        arena_free(&arena);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *tcase = tcase_create("arena");
    tcase_add_test(tcase, objects_are_zeroed_aligned_and_do_not_overlap);
    tcase_add_test(tcase, texts_end_where_they_should);
    tcase_add_test(tcase, an_arena_can_be_used_again);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
