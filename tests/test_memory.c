/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/memory: where it comes from, and arrays that grow, with a heap and without.
 */
#include "sim/memory.h"
#include "sim/heap.h"
#include "tests/suite.h"

static struct heap heap;

static void set_up(void)
{
    heap_init(&heap);
}

static void tear_down(void)
{
    memory_use(NULL);
    heap_fini(&heap);
}

START_TEST(a_thread_uses_the_heap_that_it_was_told_to)
{
    memory_free(memory_new(100));
    ck_assert_uint_eq(heap.state.used, 0);
    ck_assert_ptr_null(memory_use(&heap));
    char *block = memory_new(100);
    ck_assert_ptr_eq(block, heap.bytes + heap.state.used - 112); /* rounded to 16 */
    memory_free(block);
    memory_free(NULL);
    ck_assert_ptr_eq(memory_use(NULL), &heap);
}
END_TEST

START_TEST(arrays_grow_with_a_heap_and_without)
{
    size_t room = 0;
    unsigned *array = NULL;
    memory_use(_i == 1 ? &heap : NULL);
    for (unsigned i = 0; i < 1000; i++) {
        array = memory_grown(array, i, &room, sizeof *array);
        ck_assert_uint_eq(array[i], 0);
        array[i] = i;
    }
    array = memory_resized(array, room * sizeof *array, 500 * sizeof *array);
    for (unsigned i = 0; i < 500; i++)
        ck_assert_uint_eq(array[i], i);
    memory_free(array);
}
END_TEST

START_TEST(other_arrays_grow_in_the_c_library_always)
{
    size_t room = 0;
    memory_use(&heap);
    unsigned *array = grown(NULL, 0, &room, sizeof *array);
    array[0] = 1;
    array = grown(array, room, &room, sizeof *array);
    ck_assert_uint_eq(array[0], 1);
    ck_assert_uint_eq(heap.state.used, 0);
    free(array);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *tcase = tcase_create("memory");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_thread_uses_the_heap_that_it_was_told_to);
    tcase_add_loop_test(tcase, arrays_grow_with_a_heap_and_without, 0, 2);
    tcase_add_test(tcase, other_arrays_grow_in_the_c_library_always);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
