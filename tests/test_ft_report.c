/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_report: what a report keeps of the segment that it was, and that not one bit of what is believed can be
 * another one.
 */
#include "core/ft_report.h"
#include "tests/suite.h"

#include <string.h>

enum { PAYLOAD = 700, REPORT_BYTES = 52 };

static const struct ft_key KEY = {.word = {0x0706050403020100, 0x0f0e0d0c0b0a0908}};
static const struct ft_assign ASSIGN = {
    .client_isn = 1000, .server_isn = 2000, .view = 0x10203, .own_scale = 7};

static uint8_t bytes[FT_HEADER_MAX];
static struct ft_segment segment;

static void parse(void)
{
    enum ft_reason why;
    ck_assert(ft_segment_parse(&segment, bytes, FT_HEADER_MAX, 1500, false, &why));
}

/* A segment of the service with payload and `options` bytes of them, as the backup's TCP sends it. */
static void make_report(uint8_t flags, uint32_t options)
{
    memset(bytes, 1, sizeof bytes); /* NOPs */
    ft_put16(bytes, 0x4500);
    ft_put16(bytes + FT_AT_LENGTH, FT_HEADER_MIN + options + PAYLOAD);
    ft_put16(bytes + FT_AT_FRAGMENT, 0x4000);
    ft_put16(bytes + FT_AT_TTL, 0x4006);
    ft_put16(bytes + FT_AT_FLAGS, (FT_TCP_BYTES + options) << 10 | flags);
    ft_put32(bytes + FT_AT_SEQ, 2001);
    ft_put32(bytes + FT_AT_ACK, 1101);
    ft_put16(bytes + FT_AT_WINDOW, 500);
    ft_put16(bytes + FT_AT_IP_CHECKSUM, ft_segment_ip_checksum(bytes));
    parse();
    ft_report_write(&KEY, &ASSIGN, &segment, bytes);
    parse();
}

START_TEST(a_report_says_what_the_segment_said_and_has_no_payload)
{
    for (uint32_t options = 0; options <= FT_OPTIONS_MAX; options += 4) {
        make_report(FT_ACK | FT_FIN, options);
        ck_assert_uint_eq(segment.payload, 0);
        ck_assert_uint_eq(ft_segment_length(&segment), REPORT_BYTES);
        ck_assert_uint_eq(segment.seq, 2001 + PAYLOAD);
        ck_assert_uint_eq(segment.ack, 1101);
        ck_assert_uint_eq(segment.window, 500);
        ck_assert_uint_eq(segment.flags, FT_ACK | FT_FIN);
        ck_assert_uint_eq(segment.id, 0x203);
        ck_assert(ft_report_verifies(&KEY, &ASSIGN, &segment));
        ck_assert_uint_eq(ft_get16(bytes + FT_AT_CHECKSUM),
                          ft_segment_tcp_checksum(bytes, FT_TCP_BYTES + FT_TAG_BYTES, 0, 0));
    }
}
END_TEST

/* Every bit that anything is concluded from, and those of the tag; not the checksums, which NIC and TCP look at. */
START_TEST(no_bit_of_it_can_be_turned)
{
    static const struct {
        unsigned at, count;
    } believed[] = {{FT_AT_SOURCE_IP, 8}, {FT_AT_SOURCE_PORT, 4}, {FT_AT_SEQ, 8},
                    {FT_AT_FLAGS + 1, 1}, {FT_AT_WINDOW, 2},      {FT_AT_OPTIONS, FT_TAG_BYTES}};
    for (unsigned i = 0; i < sizeof believed / sizeof *believed; i++) {
        for (unsigned bit = 0; bit < 8 * believed[i].count; bit++) {
            make_report(FT_ACK, 12);
            bytes[believed[i].at + bit / 8] ^= (uint8_t)(1 << bit % 8);
            ft_put16(bytes + FT_AT_IP_CHECKSUM, ft_segment_ip_checksum(bytes));
            parse();
            ck_assert_msg(!ft_report_verifies(&KEY, &ASSIGN, &segment), "byte %u, bit %u",
                          believed[i].at + bit / 8, bit % 8);
        }
    }
}
END_TEST

START_TEST(it_is_of_one_key_one_view_and_one_connection)
{
    make_report(FT_ACK, 0);
    const struct ft_key other = {.word = {KEY.word[0], KEY.word[1] ^ 1}};
    ck_assert(!ft_report_verifies(&other, &ASSIGN, &segment));
    struct ft_assign assign = ASSIGN;
    assign.view += 1 << 16; /* with the same low bits */
    ck_assert(!ft_report_verifies(&KEY, &assign, &segment));
    assign = ASSIGN;
    assign.client_isn++; /* the port's next connection */
    ck_assert(!ft_report_verifies(&KEY, &assign, &segment));
    assign = ASSIGN;
    assign.server_isn++;
    ck_assert(!ft_report_verifies(&KEY, &assign, &segment));
    ck_assert(ft_report_verifies(&KEY, &ASSIGN, &segment));
}
END_TEST

START_TEST(a_segment_with_other_options_has_no_tag)
{
    make_report(FT_ACK, 0);
    ck_assert_uint_ne(segment.tag, 0);
    ft_put16(bytes + FT_AT_FLAGS, (FT_TCP_BYTES + FT_TAG_BYTES + 4) << 10 | FT_ACK);
    ft_put16(bytes + FT_AT_LENGTH, REPORT_BYTES + 4);
    ft_put16(bytes + FT_AT_IP_CHECKSUM, ft_segment_ip_checksum(bytes));
    parse();
    ck_assert_uint_eq(segment.tag, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_report");
    TCase *tcase = tcase_create("report");
    tcase_add_test(tcase, a_report_says_what_the_segment_said_and_has_no_payload);
    tcase_add_test(tcase, no_bit_of_it_can_be_turned);
    tcase_add_test(tcase, it_is_of_one_key_one_view_and_one_connection);
    tcase_add_test(tcase, a_segment_with_other_options_has_no_tag);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
