/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/slab: objects are apart, come back, and are all visited.
 */
#include "sim/slab.h"
#include "tests/suite.h"

struct thing {
    struct thing *link;
    uint64_t value, rest[9];
};

enum { THINGS = 5000, LARGE_BYTES = 1 << 20 }; /* so many need many chunks */

static struct slab slab;
static struct thing *things[THINGS];
static uint64_t visited, sum;

static void set_up(void)
{
    slab_init(&slab, sizeof(struct thing));
    visited = sum = 0;
}

static void tear_down(void)
{
    slab_fini(&slab);
}

static void visit(void *object)
{
    visited++;
    sum += ((struct thing *)object)->value;
}

START_TEST(objects_do_not_overlap_however_many_there_are)
{
    for (uint64_t i = 0; i < THINGS; i++) {
        things[i] = slab_take(&slab);
        *things[i] = (struct thing){.value = i, .rest = {i, i, i, i, i, i, i, i, i}};
    }
    for (uint64_t i = 0; i < THINGS; i++)
        ck_assert_msg(things[i]->value == i && things[i]->rest[8] == i, "object %d", (int)i);
    ck_assert_uint_eq(slab.live, THINGS);
}
END_TEST

START_TEST(what_was_given_back_last_is_taken_next)
{
    struct thing *a = slab_take(&slab), *b = slab_take(&slab);
    slab_give(&slab, a);
    slab_give(&slab, b);
    ck_assert_uint_eq(slab.live, 0);
    ck_assert_ptr_eq(slab_take(&slab), b);
    ck_assert_ptr_eq(slab_take(&slab), a);
}
END_TEST

START_TEST(an_object_never_taken_before_is_zero)
{
    for (unsigned i = 0; i < 1000; i++) {
        struct thing *thing = slab_take(&slab);
        ck_assert(thing->value == 0 && thing->rest[0] == 0 && thing->rest[8] == 0);
    }
}
END_TEST

START_TEST(every_object_is_visited_taken_or_not)
{
    for (unsigned i = 0; i < 1000; i++) {
        things[i] = slab_take(&slab);
        things[i]->value = 1;
    }
    for (unsigned i = 0; i < 500; i++)
        slab_give(&slab, things[i]);
    slab_each(&slab, visit);
    ck_assert_uint_ge(visited, 1000);
    ck_assert_uint_eq(sum, 1000);
}
END_TEST

START_TEST(an_object_larger_than_a_chunk_has_one_of_its_own)
{
    struct slab large;
    slab_init(&large, LARGE_BYTES);
    char *a = slab_take(&large), *b = slab_take(&large);
    a[LARGE_BYTES - 1] = b[LARGE_BYTES - 1] = 1;
    ck_assert_ptr_ne(a, b);
    slab_fini(&large);
}
END_TEST

START_TEST(an_emptied_slab_can_be_used_again)
{
    slab_take(&slab);
    slab_fini(&slab);
    ck_assert_uint_eq(slab.live, 0);
    ck_assert_ptr_nonnull(slab_take(&slab));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slab");
    TCase *tcase = tcase_create("slab");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, objects_do_not_overlap_however_many_there_are);
    tcase_add_test(tcase, what_was_given_back_last_is_taken_next);
    tcase_add_test(tcase, an_object_never_taken_before_is_zero);
    tcase_add_test(tcase, every_object_is_visited_taken_or_not);
    tcase_add_test(tcase, an_object_larger_than_a_chunk_has_one_of_its_own);
    tcase_add_test(tcase, an_emptied_slab_can_be_used_again);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
