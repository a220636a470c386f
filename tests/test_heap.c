/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/heap: blocks are zeroed, aligned and apart, and what was put aside comes back byte by byte, however often.
 */
#include "sim/heap.h"
#include "sim/memory.h"
#include "tests/suite.h"

#include <stdint.h>
#include <string.h>

enum { BLOCKS = 500 };

static struct heap heap;
static unsigned char *blocks[BLOCKS];

static void set_up(void)
{
    heap_init(&heap);
}

static void tear_down(void)
{
    heap_fini(&heap);
}

static size_t size_of(unsigned i)
{
    return 1 + (size_t)i * 13 % 700 + (i % 50 == 0 ? (size_t)i * 200 : 0);
}

static void assert_zero(const unsigned char *block, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (block[i] != 0)
            ck_abort_msg("byte %zu of %zu is not zero", i, size);
    }
}

static void fill(unsigned i, unsigned value)
{
    memset(blocks[i], (int)(value % 255 + 1), size_of(i));
}

static void assert_filled(unsigned i, unsigned value)
{
    for (size_t k = 0; k < size_of(i); k++) {
        if (blocks[i][k] != value % 255 + 1)
            ck_abort_msg("byte %zu of block %u is another", k, i);
    }
}

static void make_blocks(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = heap_new(&heap, size_of(i));
        ck_assert_uint_eq((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        assert_zero(blocks[i], size_of(i));
        fill(i, i);
    }
}

START_TEST(blocks_are_zeroed_aligned_and_apart)
{
    make_blocks();
    for (unsigned i = 0; i < BLOCKS; i++)
        assert_filled(i, i);
}
END_TEST

START_TEST(what_is_freed_is_used_again_and_zeroed)
{
    make_blocks();
    size_t used = heap.state.used;
    for (unsigned i = 0; i < BLOCKS; i++)
        heap_free(&heap, blocks[i]);
    heap_free(&heap, NULL);
    make_blocks();
    ck_assert_uint_eq(heap.state.used, used);
}
END_TEST

/* Blocks that are changed, freed and made in between. */
START_TEST(what_was_put_aside_comes_back_however_often)
{
    make_blocks();
    size_t used = heap.state.used;
    heap_put_aside(&heap);
    for (unsigned round = 1; round < 4; round++) {
        for (unsigned i = 0; i < BLOCKS; i++) {
            if (i % 3 == 0)
                heap_free(&heap, blocks[i]);
            else
                fill(i, i + round);
        }
        for (unsigned i = 0; i < 100 * round; i++)
            memset(heap_new(&heap, size_of(i)), 0xee, size_of(i));
        heap_bring_back(&heap);
        ck_assert_uint_eq(heap.state.used, used);
        for (unsigned i = 0; i < BLOCKS; i++)
            assert_filled(i, i);
    }
    assert_zero(heap_new(&heap, 5000), 5000);
}
END_TEST

START_TEST(a_later_copy_takes_the_place_of_an_earlier_one)
{
    make_blocks();
    heap_put_aside(&heap);
    fill(7, 100);
    unsigned char *more = heap_new(&heap, 1000000);
    more[999999] = 7;
    heap_put_aside(&heap);
    fill(7, 101);
    more[999999] = 8;
    heap_bring_back(&heap);
    assert_filled(7, 100);
    ck_assert_uint_eq(more[999999], 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heap");
    TCase *tcase = tcase_create("heap");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, blocks_are_zeroed_aligned_and_apart);
    tcase_add_test(tcase, what_is_freed_is_used_again_and_zeroed);
    tcase_add_test(tcase, what_was_put_aside_comes_back_however_often);
    tcase_add_test(tcase, a_later_copy_takes_the_place_of_an_earlier_one);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
