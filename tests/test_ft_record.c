/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_record: log records between numbers and bytes, and what is refused.
 */
#include "core/ft_record.h"
#include "tests/suite.h"

#include <string.h>

static const struct ft_key KEY = {.word = {7, 11}};
static const struct ft_record REPLY = {
    .kind = FT_RECORD_REPLY,
    .flags = FT_RECORD_CLOSE,
    .key = {.connection = {.client_ip = 0x0a00000b,
                           .client_port = 0xbeef,
                           .client_isn = 0xdeadbeef},
            .ordinal = 17},
    .number = 0x0102030405060708,
    .length = 50000,
    .offset = 8192,
    .fragment = 4096,
    .view = 0x1112131415161718,
};

static enum ft_record_error pass(const struct ft_record *in, struct ft_record *out)
{
    uint8_t bytes[FT_RECORD_BYTES];
    ft_record_write(in, &KEY, bytes);
    return ft_record_read(bytes, &KEY, out);
}

START_TEST(what_is_written_is_read)
{
    struct ft_record out;
    for (uint8_t kind = FT_RECORD_REPLY; kind <= FT_RECORD_LEFT; kind++) {
        struct ft_record in = REPLY;
        in.kind = kind;
        ck_assert_int_eq(pass(&in, &out), FT_RECORD_OK);
        ck_assert(ft_request_same(&in.key, &out.key));
        ck_assert_uint_eq(out.kind, in.kind);
        ck_assert_uint_eq(out.flags, in.flags);
        ck_assert_uint_eq(out.number, in.number);
        ck_assert_uint_eq(out.length, in.length);
        ck_assert_uint_eq(out.offset, in.offset);
        ck_assert_uint_eq(out.fragment, in.fragment);
        ck_assert_uint_eq(out.view, in.view);
    }
}
END_TEST

START_TEST(every_flipped_bit_and_every_other_key_is_noticed)
{
    uint8_t bytes[FT_RECORD_BYTES];
    struct ft_record out;
    ft_record_write(&REPLY, &KEY, bytes);
    for (unsigned bit = 0; bit < 8 * FT_RECORD_BYTES; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_int_eq(ft_record_read(bytes, &KEY, &out), FT_RECORD_BAD_MAC);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (unsigned bit = 0; bit < 128; bit++) {
        struct ft_key other = KEY;
        other.word[bit / 64] ^= (uint64_t)1 << bit % 64;
        ck_assert_int_eq(ft_record_read(bytes, &other, &out), FT_RECORD_BAD_MAC);
    }
    ck_assert_int_eq(ft_record_read(bytes, &KEY, &out), FT_RECORD_OK);
}
END_TEST

START_TEST(unknown_kinds_are_refused)
{
    for (unsigned kind = 0; kind < 256; kind++) {
        struct ft_record in = REPLY, out;
        in.kind = (uint8_t)kind;
        bool known = kind >= FT_RECORD_REPLY && kind <= FT_RECORD_LEFT;
        ck_assert_int_eq(pass(&in, &out), known ? FT_RECORD_OK : FT_RECORD_BAD_KIND);
    }
}
END_TEST

START_TEST(a_fragment_must_lie_inside_its_reply)
{
    static const struct {
        uint64_t length, offset;
        uint32_t fragment;
        enum ft_record_error want;
    } rows[] = {
        {0, 0, 0, FT_RECORD_OK},
        {10, 0, 10, FT_RECORD_OK},
        {10, 10, 0, FT_RECORD_OK},
        {10, 9, 1, FT_RECORD_OK},
        {10, 0, 11, FT_RECORD_BAD_SIZES},
        {10, 10, 1, FT_RECORD_BAD_SIZES},
        {10, 11, 0, FT_RECORD_BAD_SIZES},
        {10, UINT64_MAX, 2, FT_RECORD_BAD_SIZES},
        {UINT64_MAX, UINT64_MAX - 1, 2, FT_RECORD_BAD_SIZES},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ft_record in = REPLY, out;
        in.length = rows[i].length;
        in.offset = rows[i].offset;
        in.fragment = rows[i].fragment;
        ck_assert_msg(pass(&in, &out) == rows[i].want, "row %u", i);
    }
}
END_TEST

START_TEST(requests_differ_by_address_port_incarnation_and_ordinal)
{
    const struct ft_request_key key = REPLY.key;
    for (unsigned field = 0; field < 4; field++) {
        struct ft_request_key other = key;
        other.connection.client_ip += field == 0;
        other.connection.client_port ^= field == 1;
        other.connection.client_isn += field == 2;
        other.ordinal += field == 3;
        ck_assert(!ft_request_same(&key, &other));
        ck_assert(ft_connection_same(&key.connection, &other.connection) == (field == 3));
    }
    ck_assert(ft_request_same(&key, &REPLY.key));
}
END_TEST

START_TEST(buckets_are_below_their_number_and_spread)
{
    unsigned used[64] = {0};
    for (uint32_t i = 0; i < 6400; i++) {
        struct ft_connection_key key = {
            .client_ip = 0x0a00000b, .client_port = (uint16_t)(32768 + i), .client_isn = i * 64000};
        uint32_t bucket = ft_connection_bucket(&key, 64);
        ck_assert_uint_lt(bucket, 64);
        used[bucket]++;
    }
    for (unsigned i = 0; i < 64; i++)
        ck_assert_msg(used[i] > 50 && used[i] < 200, "bucket %u: %u of 6400", i, used[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_record");
    TCase *tcase = tcase_create("records");
    tcase_add_test(tcase, what_is_written_is_read);
    tcase_add_test(tcase, every_flipped_bit_and_every_other_key_is_noticed);
    tcase_add_test(tcase, unknown_kinds_are_refused);
    tcase_add_test(tcase, a_fragment_must_lie_inside_its_reply);
    tcase_add_test(tcase, requests_differ_by_address_port_incarnation_and_ordinal);
    tcase_add_test(tcase, buckets_are_below_their_number_and_spread);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
