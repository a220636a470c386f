/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_segment: parsing of good and bad headers, and checksums after every edit against a recomputation that
 * shares no code with it.
 */
#include "core/ft_segment.h"
#include "tests/suite.h"

#include <string.h>

enum { PACKET_MAX = 1600 };

struct packet {
    uint8_t bytes[PACKET_MAX];
    uint32_t length;
};

static uint32_t state;

static uint32_t next(void)
{
    state = state * 1664525 + 1013904223;
    return state ^ state >> 15;
}

/* --- the reference: RFC 1071 over all bytes, in the plainest way ------------------------------------------------- */

static uint64_t sum_words(const uint8_t *bytes, size_t size)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += i % 2 == 0 ? (uint64_t)bytes[i] * 256 : bytes[i];
    return sum;
}

static uint16_t reduce(uint64_t sum)
{
    return (uint16_t)(sum == 0 ? 0 : (sum - 1) % 0xffff + 1);
}

static bool ip_valid(const uint8_t *bytes)
{
    return reduce(sum_words(bytes, 20)) == 0xffff;
}

static uint16_t pseudo(const uint8_t *bytes)
{
    uint32_t length = (uint32_t)(bytes[2] << 8 | bytes[3]) - 20;
    return reduce(sum_words(bytes + 12, 8) + 6 + length);
}

static bool tcp_valid(const struct packet *packet)
{
    uint32_t length = (uint32_t)(packet->bytes[2] << 8 | packet->bytes[3]);
    return reduce((uint64_t)pseudo(packet->bytes) + sum_words(packet->bytes + 20, length - 20)) ==
           0xffff;
}

static bool partial_valid(const struct packet *packet)
{
    uint16_t field = (uint16_t)(packet->bytes[36] << 8 | packet->bytes[37]);
    return field % 0xffff == pseudo(packet->bytes) % 0xffff; /* two zeros are one */
}

static void finish(struct packet *packet, bool partial)
{
    uint8_t *bytes = packet->bytes;
    uint16_t sum;
    bytes[10] = bytes[11] = bytes[36] = bytes[37] = 0;
    sum = (uint16_t)~reduce(sum_words(bytes, 20));
    bytes[10] = (uint8_t)(sum >> 8);
    bytes[11] = (uint8_t)sum;
    sum = pseudo(bytes);
    if (!partial)
        sum = (uint16_t)~reduce(sum + sum_words(bytes + 20, packet->length - 20));
    bytes[36] = (uint8_t)(sum >> 8);
    bytes[37] = (uint8_t)sum;
}

/* Random header contents and payload with right lengths and checksums. */
static void fill(struct packet *packet, uint32_t options, uint32_t payload, bool partial)
{
    packet->length = 40 + options + payload;
    for (uint32_t i = 0; i < packet->length; i++)
        packet->bytes[i] = (uint8_t)(next() >> 8);
    packet->bytes[0] = 0x45;
    packet->bytes[2] = (uint8_t)(packet->length >> 8);
    packet->bytes[3] = (uint8_t)packet->length;
    packet->bytes[6] = 0x40;
    packet->bytes[7] = 0;
    packet->bytes[9] = 6;
    packet->bytes[32] = (uint8_t)((20 + options) / 4 << 4);
    finish(packet, partial);
}

static bool parse(struct ft_segment *segment, const struct packet *packet, bool partial,
                  enum ft_reason *why)
{
    uint32_t size = packet->length < FT_HEADER_MAX ? packet->length : FT_HEADER_MAX;
    return ft_segment_parse(segment, packet->bytes, size, packet->length, partial, why);
}

/* --- parsing ----------------------------------------------------------------------------------------------------- */

START_TEST(it_reads_every_field)
{
    static const uint8_t SYN[60] = {0x45, 0, 0, 60, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1,
                                    10, 0, 0, 100, 0x9c, 0x40, 0, 80, 1, 2, 3, 4, 5, 6, 7, 8, 0xa0,
                                    FT_SYN, 0xfa, 0xf0, 0, 0, 0, 0,
                                    /* MSS 1460, SACK permitted, timestamps, NOP, window scale 7 */
                                    2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7};
    struct packet packet = {.length = sizeof SYN};
    struct ft_segment s;
    enum ft_reason why;
    memcpy(packet.bytes, SYN, sizeof SYN);
    finish(&packet, false);
    ck_assert(parse(&s, &packet, false, &why));
    ck_assert_uint_eq(s.source_ip, 0x0a000001);
    ck_assert_uint_eq(s.destination_ip, 0x0a000064);
    ck_assert_uint_eq(s.source_port, 40000);
    ck_assert_uint_eq(s.destination_port, 80);
    ck_assert_uint_eq(s.seq, 0x01020304);
    ck_assert_uint_eq(s.ack, 0x05060708);
    ck_assert_uint_eq(s.window, 64240);
    ck_assert_uint_eq(s.id, 0x1234);
    ck_assert_uint_eq(s.flags, FT_SYN);
    ck_assert_uint_eq(s.tcp_bytes, 40);
    ck_assert_uint_eq(s.payload, 0);
    ck_assert_uint_eq(ft_segment_end(&s), 0x01020305);
    ck_assert_uint_eq(s.syn.mss, 1460);
    ck_assert_uint_eq(s.syn.scale, 7);
    ck_assert_uint_eq(s.syn.sack, 1);
}
END_TEST

static void assert_refused(struct packet *packet, enum ft_reason expected)
{
    struct ft_segment segment;
    enum ft_reason why;
    ck_assert(!parse(&segment, packet, false, &why));
    ck_assert_uint_eq(why, expected);
}

START_TEST(it_refuses_what_it_does_not_understand)
{
    static const struct {
        unsigned at;
        uint8_t value;
        bool sum;
        enum ft_reason why;
    } ROWS[] = {
        {0, 0x65, true, FT_REASON_NOT_IPV4},     {9, 17, true, FT_REASON_NOT_TCP},
        {0, 0x44, true, FT_REASON_MALFORMED},    {0, 0x46, true, FT_REASON_IP_OPTIONS},
        {6, 0x20, true, FT_REASON_FRAGMENT},     {7, 1, true, FT_REASON_FRAGMENT},
        {2, 0xff, true, FT_REASON_TRUNCATED},    {32, 0x40, true, FT_REASON_MALFORMED},
        {8, 0xff, false, FT_REASON_IP_CHECKSUM},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct packet packet;
        fill(&packet, 0, 30, false);
        packet.bytes[8] = 64;
        finish(&packet, false);
        packet.bytes[ROWS[i].at] = ROWS[i].value;
        if (ROWS[i].sum) {
            uint16_t sum;
            packet.bytes[10] = packet.bytes[11] = 0;
            sum = (uint16_t)~reduce(sum_words(packet.bytes, 20));
            packet.bytes[10] = (uint8_t)(sum >> 8);
            packet.bytes[11] = (uint8_t)sum;
        }
        assert_refused(&packet, ROWS[i].why);
    }
}
END_TEST

START_TEST(it_refuses_every_packet_cut_short)
{
    struct packet packet;
    fill(&packet, 20, 0, false);
    for (uint32_t length = packet.length - 1; length > 0; length--) {
        packet.length = length;
        assert_refused(&packet, FT_REASON_TRUNCATED);
    }
    fill(&packet, 0, 10, false);
    packet.bytes[32] = 0xf0; /* a header longer than the packet */
    assert_refused(&packet, FT_REASON_MALFORMED);
}
END_TEST

START_TEST(link_layer_padding_is_no_payload)
{
    struct packet packet;
    struct ft_segment segment;
    enum ft_reason why;
    fill(&packet, 0, 0, false);
    packet.length = 46;
    ck_assert(parse(&segment, &packet, false, &why));
    ck_assert_uint_eq(segment.payload, 0);
}
END_TEST

/* Options of a SYN the ordinary way: a pointer that runs. */
static void options_reference(const uint8_t *bytes, uint32_t count, struct ft_syn_options *out)
{
    *out = (struct ft_syn_options){.mss = FT_MSS_DEFAULT, .scale = FT_NO_SCALE};
    for (uint32_t at = 0; at + 1 < count;) {
        uint8_t kind = bytes[at], length = kind == 1 ? 1 : bytes[at + 1];
        if (kind == 0 || length == 0 || at + length > count || (kind != 1 && length < 2))
            break;
        if (kind == 2 && length == 4)
            out->mss = (uint16_t)(bytes[at + 2] << 8 | bytes[at + 3]);
        if (kind == 3 && length == 3)
            out->scale = bytes[at + 2] < 14 ? bytes[at + 2] : 14;
        if (kind == 4 && length == 2)
            out->sack = 1;
        at += length;
    }
    if (out->mss == 0)
        out->mss = FT_MSS_DEFAULT;
}

START_TEST(any_options_are_read_as_a_plain_parser_does)
{
    state = 3;
    for (unsigned i = 0; i < 60000; i++) {
        struct packet packet;
        struct ft_segment segment = {.flags = FT_SYN};
        struct ft_syn_options out, expected;
        uint32_t count = next() % 11 * 4;
        for (unsigned k = 0; k < FT_HEADER_MAX; k++)
            packet.bytes[k] = (uint8_t)((next() >> 9) % (next() % 4 == 0 ? 255 : 6));
        segment.tcp_bytes = (uint8_t)(20 + count);
        ft_segment_syn_options(&segment, packet.bytes, &out);
        options_reference(packet.bytes + 40, count, &expected);
        ck_assert_uint_eq(out.mss, expected.mss);
        ck_assert_uint_eq(out.scale, expected.scale);
        ck_assert_uint_eq(out.sack, expected.sack);
    }
}
END_TEST

/* --- edits ------------------------------------------------------------------------------------------------------- */

enum { EDITS = 11 };

static void edit(struct ft_segment *segment, uint8_t *bytes, unsigned which)
{
    struct ft_syn_options options = {.mss = 1460, .scale = 7, .sack = 1};
    switch (which) {
    case 0:
        ft_segment_set_seq(segment, bytes, next());
        break;
    case 1:
        ft_segment_set_ack(segment, bytes, next());
        break;
    case 2:
        ft_segment_set_window(segment, bytes, (uint16_t)next());
        break;
    case 3:
        ft_segment_set_flags(segment, bytes, (uint8_t)next());
        break;
    case 4:
        ft_segment_set_id(segment, bytes, (uint16_t)next());
        break;
    case 5:
        ft_segment_set_source_ip(segment, bytes, next());
        break;
    case 6:
        ft_segment_set_destination_ip(segment, bytes, next());
        break;
    case 7:
        ft_segment_turn(segment, bytes);
        break;
    case 8:
        ft_segment_tagged(segment, bytes, (uint64_t)next() << 32 | next());
        break;
    case 9:
        ft_segment_bare(segment, bytes);
        break;
    default:
        options.scale = next() % 2 == 0 ? FT_NO_SCALE : 7;
        ft_segment_answer(segment, bytes, next(), (uint16_t)next(), &options);
    }
}

START_TEST(checksums_are_right_after_every_edit)
{
    bool partial = _i >= EDITS;
    state = (uint32_t)_i + 1;
    for (unsigned i = 0; i < 600; i++) {
        struct packet packet;
        struct ft_segment segment, again;
        enum ft_reason why;
        memset(&segment, 0, sizeof segment); /* also what is between the fields */
        memset(&again, 0, sizeof again);
        fill(&packet, next() % 11 * 4, next() % 1400, partial);
        ck_assert(parse(&segment, &packet, partial, &why));
        edit(&segment, packet.bytes, (unsigned)_i % EDITS);
        packet.length = ft_segment_length(&segment);
        ck_assert(ip_valid(packet.bytes));
        ck_assert(partial ? partial_valid(&packet) : tcp_valid(&packet));
        ck_assert(parse(&again, &packet, partial, &why));
        again.syn = segment.syn; /* what a SYN offered, not what a SYN-ACK says */
        ck_assert_mem_eq(&again, &segment, sizeof again);
    }
}
END_TEST

START_TEST(a_wrong_checksum_stays_wrong)
{
    state = 9;
    for (unsigned which = 0; which < 8; which++) {
        struct packet packet;
        struct ft_segment segment;
        enum ft_reason why;
        fill(&packet, 0, 100, false);
        packet.bytes[60] ^= 4; /* corrupted on the way */
        ck_assert(parse(&segment, &packet, false, &why));
        edit(&segment, packet.bytes, which);
        ck_assert(!tcp_valid(&packet));
    }
}
END_TEST

START_TEST(extreme_words_keep_checksums_right)
{
    static const uint32_t VALUES[] = {0, 0xffffffff, 0xffff, 0xffff0000, 1, 0x10000};
    for (size_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < 6; k++) {
            struct packet packet;
            struct ft_segment segment;
            enum ft_reason why;
            state = 5;
            fill(&packet, 0, 7, false);
            memset(packet.bytes + 24, 0, 8);
            finish(&packet, false);
            ck_assert(parse(&segment, &packet, false, &why));
            ft_segment_set_ack(&segment, packet.bytes, VALUES[i]);
            ft_segment_set_ack(&segment, packet.bytes, VALUES[k]);
            ft_segment_set_source_ip(&segment, packet.bytes, VALUES[i]);
            ft_segment_set_source_ip(&segment, packet.bytes, VALUES[k]);
            ck_assert(ip_valid(packet.bytes) && tcp_valid(&packet));
        }
    }
}
END_TEST

START_TEST(a_syn_becomes_the_syn_ack_for_it)
{
    struct packet packet;
    struct ft_segment segment, syn;
    enum ft_reason why;
    const struct ft_syn_options offer = {.mss = 1460, .scale = 9, .sack = 1};
    state = 11;
    fill(&packet, 40, 0, false);
    packet.bytes[33] = FT_SYN;
    finish(&packet, false);
    ck_assert(parse(&syn, &packet, false, &why));
    segment = syn;
    ft_segment_answer(&segment, packet.bytes, 0x11223344, 64240, &offer);
    packet.length = ft_segment_length(&segment);
    ck_assert(parse(&segment, &packet, false, &why));
    ck_assert_uint_eq(packet.length, 52);
    ck_assert_uint_eq(segment.flags, FT_SYN | FT_ACK);
    ck_assert_uint_eq(segment.seq, 0x11223344);
    ck_assert_uint_eq(segment.ack, syn.seq + 1);
    ck_assert_uint_eq(segment.window, 64240);
    ck_assert_uint_eq(segment.source_ip, syn.destination_ip);
    ck_assert_uint_eq(segment.destination_port, syn.source_port);
    ck_assert_uint_eq(segment.syn.mss, 1460);
    ck_assert_uint_eq(segment.syn.scale, 9);
    ck_assert_uint_eq(segment.syn.sack, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_segment");
    TCase *tcase = tcase_create("segment");
    tcase_add_test(tcase, it_reads_every_field);
    tcase_add_test(tcase, it_refuses_what_it_does_not_understand);
    tcase_add_test(tcase, it_refuses_every_packet_cut_short);
    tcase_add_test(tcase, link_layer_padding_is_no_payload);
    tcase_add_test(tcase, any_options_are_read_as_a_plain_parser_does);
    tcase_add_loop_test(tcase, checksums_are_right_after_every_edit, 0, 2 * EDITS);
    tcase_add_test(tcase, a_wrong_checksum_stays_wrong);
    tcase_add_test(tcase, extreme_words_keep_checksums_right);
    tcase_add_test(tcase, a_syn_becomes_the_syn_ack_for_it);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
