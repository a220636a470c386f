/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_content - sums of spans in closed form against RFC 1071 carried out over the spans' bytes.
 */
#include "models/net/content.h"

#include <stdbool.h>
#include <string.h>

#include "sim/random.h"
#include "tests/suite.h"

/* The RFC's sum, for bytes that begin at an even or odd place. */
static uint16_t rfc_1071(const uint8_t *bytes, size_t size, unsigned odd)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += (i + odd) & 1 ? bytes[i] : (unsigned)bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* 0 and 0xffff are one number in one's complement: every checksum with a real header in it is the same. */
static bool same_sum(uint16_t one, uint16_t other)
{
    return one % 0xffff == other % 0xffff;
}

static void check_span(struct content *content, uint32_t offset, uint32_t length)
{
    struct span span = {.content = content, .offset = offset, .length = length};
    uint8_t *bytes = malloc(length + 1);
    span_copy(&span, bytes);
    for (unsigned odd = 0; odd < 2; odd++)
        if (!same_sum(span_sum(&span, odd), rfc_1071(bytes, length, odd)))
            ck_abort_msg("source %llu, [%u, +%u), odd %u: %04x instead of %04x",
                         (unsigned long long)content->source, offset, length, odd,
                         span_sum(&span, odd), rfc_1071(bytes, length, odd));
    free(bytes);
}

START_TEST(the_sum_of_a_span_is_that_of_its_bytes)
{
    struct random random;
    random_init(&random, 1, (uint64_t)_i);
    for (int i = 0; i < 200; i++) {
        struct content content;
        uint32_t size = 1 + (uint32_t)random_below(&random, _i == 0 ? 16 : 20000);
        content_init(&content, CONTENT_REPLY, random_u64(&random), size, NULL);
        uint32_t offset = (uint32_t)random_below(&random, size + 1);
        check_span(&content, offset, (uint32_t)random_below(&random, size - offset + 1));
    }
}
END_TEST

START_TEST(small_and_neighbouring_sources_are_no_exception)
{
    for (uint64_t source = 0; source < 200; source++) {
        struct content content;
        content_init(&content, CONTENT_OTHER, source, 1460, NULL);
        for (uint32_t offset = 0; offset < 6; offset++)
            check_span(&content, offset, 1450 + offset % 3);
    }
}
END_TEST

START_TEST(spans_far_into_a_long_content_are_no_exception)
{
    struct random random;
    random_init(&random, 2, (uint64_t)_i);
    struct content content;
    content_init(&content, CONTENT_REPLY, random_u64(&random), UINT32_MAX, NULL);
    for (int i = 0; i < 50; i++) {
        uint32_t length = (uint32_t)random_below(&random, 70000);
        check_span(&content, UINT32_MAX - length - (uint32_t)random_below(&random, 1000), length);
    }
}
END_TEST

START_TEST(real_bytes_in_front_are_read_and_summed)
{
    uint8_t real[255];
    struct random random;
    random_init(&random, 3, (uint64_t)_i);
    for (size_t i = 0; i < sizeof real; i++)
        real[i] = (uint8_t)random_u64(&random);
    struct content content;
    content_init(&content, CONTENT_RECORD, random_u64(&random), 600, NULL);
    content.bytes = real;
    content.real_size = (uint8_t)random_below(&random, 256);
    uint8_t all[600], pattern[600];
    span_copy(&(struct span){&content, 0, 600}, all);
    ck_assert(memcmp(all, real, content.real_size) == 0);
    uint8_t real_size = content.real_size;
    content.real_size = 0;
    span_copy(&(struct span){&content, 0, 600}, pattern);
    content.real_size = real_size;
    ck_assert_mem_eq(all + real_size, pattern + real_size, 600U - real_size);
    for (int i = 0; i < 300; i++) {
        uint32_t offset = (uint32_t)random_below(&random, 600);
        check_span(&content, offset, (uint32_t)random_below(&random, 600 - offset));
    }
}
END_TEST

START_TEST(a_part_of_a_span_is_the_same_bytes)
{
    struct content content;
    content_init(&content, CONTENT_REPLY, 99, 5000, NULL);
    uint8_t all[5000], part[100];
    span_copy(&(struct span){&content, 0, 5000}, all);
    for (uint32_t offset = 0; offset < 4900; offset += 77) {
        span_copy(&(struct span){&content, offset, 100}, part);
        ck_assert_mem_eq(part, all + offset, 100);
    }
}
END_TEST

START_TEST(contents_of_different_sources_differ)
{
    uint8_t one[64], other[64];
    for (uint64_t source = 0; source < 5000; source++) {
        struct content a, b;
        content_init(&a, CONTENT_REPLY, source, 64, NULL);
        content_init(&b, CONTENT_REPLY, source + 1, 64, NULL);
        span_copy(&(struct span){&a, 0, 64}, one);
        span_copy(&(struct span){&b, 0, 64}, other);
        if (memcmp(one, other, 64) == 0)
            ck_abort_msg("sources %llu and the next look alike", (unsigned long long)source);
    }
}
END_TEST

static int released;

static void count_release(struct content *content)
{
    (void)content;
    released++;
}

START_TEST(the_last_reference_releases)
{
    struct content content;
    released = 0;
    content_init(&content, CONTENT_REQUEST, 1, 10, count_release);
    ck_assert_ptr_eq(content_get(&content), &content);
    content_put(&content);
    ck_assert_int_eq(released, 0);
    content_put(&content);
    ck_assert_int_eq(released, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("content");
    TCase *tests = tcase_create("content");
    tcase_add_loop_test(tests, the_sum_of_a_span_is_that_of_its_bytes, 0, 20);
    tcase_add_test(tests, small_and_neighbouring_sources_are_no_exception);
    tcase_add_loop_test(tests, spans_far_into_a_long_content_are_no_exception, 0, 5);
    tcase_add_loop_test(tests, real_bytes_in_front_are_read_and_summed, 0, 20);
    tcase_add_test(tests, a_part_of_a_span_is_the_same_bytes);
    tcase_add_test(tests, contents_of_different_sources_differ);
    tcase_add_test(tests, the_last_reference_releases);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
