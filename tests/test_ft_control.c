/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_control: what is written is read, and nothing that was touched on the way is believed.
 */
#include "core/ft_control.h"
#include "tests/suite.h"

#include <sodium.h>
#include <string.h>

static const struct ft_key KEY = {.word = {0x0123456789abcdef, 0xfedcba9876543210}};
static const struct ft_control MESSAGE = {
    .kind = FT_CONTROL_HEARTBEAT,
    .sender = 1,
    .role = 2,
    .flags = FT_CONTROL_FULL,
    .view = 0x0102030405060708,
    .proposal = 0x1112131415161718,
    .incarnation = 0x4142434445464748,
    .echo_incarnation = 0x5152535455565758,
    .sent_ns = 0x2122232425262728,
    .echo_ns = 0x3132333435363738,
};

START_TEST(what_is_written_is_read)
{
    uint8_t bytes[FT_CONTROL_BYTES];
    struct ft_control out;
    ft_control_write(&MESSAGE, &KEY, bytes);
    ck_assert_int_eq(ft_control_read(bytes, sizeof bytes, &KEY, &out), FT_CONTROL_OK);
    ck_assert_uint_eq(out.kind, MESSAGE.kind);
    ck_assert_uint_eq(out.sender, MESSAGE.sender);
    ck_assert_uint_eq(out.role, MESSAGE.role);
    ck_assert_uint_eq(out.flags, MESSAGE.flags);
    ck_assert_uint_eq(out.view, MESSAGE.view);
    ck_assert_uint_eq(out.proposal, MESSAGE.proposal);
    ck_assert_uint_eq(out.incarnation, MESSAGE.incarnation);
    ck_assert_uint_eq(out.echo_incarnation, MESSAGE.echo_incarnation);
    ck_assert_int_eq(out.sent_ns, MESSAGE.sent_ns);
    ck_assert_int_eq(out.echo_ns, MESSAGE.echo_ns);
}
END_TEST

START_TEST(whoever_asks_to_join_tells_its_limits_instead_of_views)
{
    uint8_t bytes[FT_CONTROL_BYTES];
    struct ft_control in = MESSAGE, out;
    in.kind = FT_CONTROL_JOIN;
    in.timeout_ns = 0x0132547698badcfe;
    in.log_bytes = 0xfedcba9876543210;
    ft_control_write(&in, &KEY, bytes);
    ck_assert_int_eq(ft_control_read(bytes, sizeof bytes, &KEY, &out), FT_CONTROL_OK);
    ck_assert_int_eq(out.timeout_ns, in.timeout_ns);
    ck_assert_uint_eq(out.log_bytes, in.log_bytes);
    ck_assert_uint_eq(out.view, 0);
    ck_assert_uint_eq(out.proposal, 0);
    ck_assert_uint_eq(out.incarnation, in.incarnation);
    ck_assert_int_eq(out.echo_ns, in.echo_ns);
}
END_TEST

START_TEST(every_flipped_bit_is_noticed)
{
    uint8_t bytes[FT_CONTROL_BYTES];
    struct ft_control out;
    ft_control_write(&MESSAGE, &KEY, bytes);
    for (unsigned bit = 0; bit < 8 * FT_CONTROL_BYTES; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_int_eq(ft_control_read(bytes, sizeof bytes, &KEY, &out), FT_CONTROL_MAC);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ck_assert_int_eq(ft_control_read(bytes, sizeof bytes, &KEY, &out), FT_CONTROL_OK);
}
END_TEST

START_TEST(another_key_does_not_do)
{
    uint8_t bytes[FT_CONTROL_BYTES];
    struct ft_control out;
    ft_control_write(&MESSAGE, &KEY, bytes);
    for (unsigned bit = 0; bit < 128; bit++) {
        struct ft_key other = KEY;
        other.word[bit / 64] ^= (uint64_t)1 << bit % 64;
        ck_assert_int_eq(ft_control_read(bytes, sizeof bytes, &other, &out), FT_CONTROL_MAC);
    }
}
END_TEST

START_TEST(any_other_size_is_refused)
{
    uint8_t bytes[2 * FT_CONTROL_BYTES] = {0};
    struct ft_control out;
    ft_control_write(&MESSAGE, &KEY, bytes);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        enum ft_control_error want = size == FT_CONTROL_BYTES ? FT_CONTROL_OK : FT_CONTROL_SIZE;
        ck_assert_int_eq(ft_control_read(bytes, size, &KEY, &out), want);
    }
}
END_TEST

START_TEST(an_unknown_kind_is_refused_though_it_verifies)
{
    uint8_t bytes[FT_CONTROL_BYTES];
    for (unsigned kind = 0; kind < 256; kind++) {
        struct ft_control message = MESSAGE, out;
        bool known = kind == FT_CONTROL_HEARTBEAT || kind == FT_CONTROL_JOIN;
        message.kind = (uint8_t)kind;
        ft_control_write(&message, &KEY, bytes);
        ck_assert_int_eq(ft_control_read(bytes, sizeof bytes, &KEY, &out),
                         known ? FT_CONTROL_OK : FT_CONTROL_KIND);
    }
}
END_TEST

START_TEST(a_view_that_could_not_be_counted_on_is_refused)
{
    for (unsigned i = 0; i < 4; i++) {
        struct ft_control in = MESSAGE, out;
        uint8_t bytes[FT_CONTROL_BYTES];
        uint64_t *view = (i & 1) != 0 ? &in.view : &in.proposal;
        *view = FT_VIEW_MAX + (i >> 1);
        ft_control_write(&in, &KEY, bytes);
        ck_assert_int_eq(ft_control_read(bytes, sizeof bytes, &KEY, &out),
                         i >> 1 != 0 ? FT_CONTROL_VIEW : FT_CONTROL_OK);
    }
}
END_TEST

START_TEST(the_code_is_that_of_libsodium_over_words_in_host_order)
{
    uint8_t bytes[FT_CONTROL_BYTES], in[FT_CONTROL_BYTES - 8], mac[8], key[16];
    ft_control_write(&MESSAGE, &KEY, bytes);
    for (unsigned i = 0; i < sizeof in; i++)
        in[i] = bytes[i / 8 * 8 + 7 - i % 8];
    memcpy(key, KEY.word, sizeof key);
    crypto_shorthash(mac, in, sizeof in, key);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(mac[i], bytes[FT_CONTROL_BYTES - 1 - i]);
}
END_TEST

int main(void)
{
    if (sodium_init() < 0)
        return EXIT_FAILURE;
    Suite *suite = suite_create("ft_control");
    TCase *tcase = tcase_create("messages");
    tcase_add_test(tcase, what_is_written_is_read);
    tcase_add_test(tcase, whoever_asks_to_join_tells_its_limits_instead_of_views);
    tcase_add_test(tcase, every_flipped_bit_is_noticed);
    tcase_add_test(tcase, another_key_does_not_do);
    tcase_add_test(tcase, any_other_size_is_refused);
    tcase_add_test(tcase, an_unknown_kind_is_refused_though_it_verifies);
    tcase_add_test(tcase, a_view_that_could_not_be_counted_on_is_refused);
    tcase_add_test(tcase, the_code_is_that_of_libsodium_over_words_in_host_order);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
