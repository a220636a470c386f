/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_wire - parsing and building of header bytes (RFC 791, RFC 9293), and their checksums (RFC 1071).
 *
 * Sums for building are added up from the numbers while they are written, which is half the work of reading them back.
 */
#include "models/tcp/tcp_wire.h"

#include <string.h>

enum {
    IP_HEADER = 20,
    TCP_HEADER = 20,
    IP_PROTOCOL_TCP = 6,
    IP_TTL = 64, /* Linux default */
    IP_DONT_FRAGMENT = 0x4000,
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_WINDOW_SCALE = 3,
    OPTION_SACK_PERMITTED = 4,
    OPTION_SACK = 5,
};

static inline uint32_t get16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap16(v);
}

static inline uint32_t get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}

static inline void put16(uint8_t *p, uint32_t value)
{
    uint16_t v = __builtin_bswap16((uint16_t)value);
    memcpy(p, &v, sizeof v);
}

static inline void put32(uint8_t *p, uint32_t value)
{
    uint32_t v = __builtin_bswap32(value);
    memcpy(p, &v, sizeof v);
}

static inline uint32_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)((sum & 0xffff) + (sum >> 16));
}

/* `bytes` is a multiple of 4. Words in the machine's order: the sum's bytes are swapped on a little-endian machine. */
static inline uint64_t raw_sum(const uint8_t *p, unsigned bytes)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < bytes; i += 4) {
        uint32_t v;
        memcpy(&v, p + i, sizeof v);
        sum += v;
    }
    return sum;
}

static inline uint32_t swap_sum(uint32_t sum)
{
    return __builtin_bswap16((uint16_t)sum);
}

static bool tcp_sum_valid(const struct packet *packet, uint32_t tcp_bytes)
{
    const uint8_t *ip = packet->header;
    uint64_t sum = raw_sum(ip + 12, 8) + raw_sum(ip + IP_HEADER, tcp_bytes);
    uint32_t rest = IP_PROTOCOL_TCP + tcp_bytes + packet->payload_bytes;
    if (packet->span_count > 0)
        rest += packet_payload_sum(packet);
    return fold((uint64_t)swap_sum(fold(sum)) + rest) == 0xffff;
}

enum tcp_parse_result tcp_parse(const struct packet *packet, bool verify, struct tcp_segment *out)
{
    const uint8_t *ip = packet->header, *tcp = ip + IP_HEADER;
    if (packet->header_bytes < IP_HEADER + TCP_HEADER || ip[0] != 0x45 || ip[9] != IP_PROTOCOL_TCP)
        return TCP_PARSE_MALFORMED;
    if (fold(raw_sum(ip, IP_HEADER)) != 0xffff)
        return TCP_PARSE_CHECKSUM;
    uint32_t tcp_bytes = (uint32_t)(tcp[12] >> 4) * 4;
    if (tcp_bytes < TCP_HEADER || packet->header_bytes != IP_HEADER + tcp_bytes ||
        get16(ip + 2) != packet->header_bytes + packet->payload_bytes)
        return TCP_PARSE_MALFORMED;
    if (verify && !tcp_sum_valid(packet, tcp_bytes))
        return TCP_PARSE_CHECKSUM;
    out->source_ip = get32(ip + 12);
    out->destination_ip = get32(ip + 16);
    out->source_port = (uint16_t)get16(tcp);
    out->destination_port = (uint16_t)get16(tcp + 2);
    out->seq = get32(tcp + 4);
    out->ack = get32(tcp + 8);
    out->flags = tcp[13];
    out->window = (uint16_t)get16(tcp + 14);
    out->length = packet->payload_bytes;
    out->option_bytes = (uint8_t)(tcp_bytes - TCP_HEADER);
    out->options = tcp + TCP_HEADER;
    return TCP_PARSE_OK;
}

static void parse_sack(const uint8_t *option, unsigned size, struct tcp_options *out)
{
    for (unsigned at = 2; at + 8 <= size && out->block_count < TCP_SACK_BLOCKS; at += 8) {
        out->blocks[out->block_count][0] = get32(option + at);
        out->blocks[out->block_count][1] = get32(option + at + 4);
        out->block_count++;
    }
}

static void parse_option(const uint8_t *option, unsigned size, struct tcp_options *out)
{
    if (option[0] == OPTION_MSS && size == 4)
        out->mss = (uint16_t)get16(option + 2);
    else if (option[0] == OPTION_WINDOW_SCALE && size == 3)
        out->window_scale = option[2] > 14 ? 14 : option[2]; /* RFC 7323 2.3 */
    else if (option[0] == OPTION_SACK_PERMITTED && size == 2)
        out->sack_permitted = true;
    else if (option[0] == OPTION_SACK)
        parse_sack(option, size, out);
}

void tcp_parse_options(const struct tcp_segment *segment, struct tcp_options *out)
{
    out->mss = 0;
    out->window_scale = 0xff;
    out->sack_permitted = false;
    out->block_count = 0;
    const uint8_t *p = segment->options;
    unsigned left = segment->option_bytes;
    while (left > 0 && p[0] != OPTION_END) {
        unsigned size = p[0] == OPTION_NOP ? 1 : left >= 2 ? p[1] : 0;
        if (size == 0 || size > left || (size < 2 && p[0] != OPTION_NOP))
            return;
        parse_option(p, size, out);
        p += size;
        left -= size;
    }
}

static inline uint32_t halves(uint32_t value)
{
    return (value >> 16) + (value & 0xffff);
}

void tcp_build(struct packet *packet, const struct tcp_header *header, bool checksum)
{
    uint8_t *ip = packet->header, *tcp = ip + IP_HEADER;
    uint32_t tcp_bytes = (uint32_t)TCP_HEADER + header->option_bytes;
    uint32_t total = IP_HEADER + tcp_bytes + packet->payload_bytes;
    uint32_t addresses = halves(header->source_ip) + halves(header->destination_ip);
    uint32_t ip_sum = 0x4500 + total + header->id + IP_DONT_FRAGMENT +
                      (IP_TTL << 8 | IP_PROTOCOL_TCP) + addresses;
    put32(ip, 0x45000000 | total);
    put32(ip + 4, (uint32_t)header->id << 16 | IP_DONT_FRAGMENT);
    put32(ip + 8, (uint32_t)(IP_TTL << 8 | IP_PROTOCOL_TCP) << 16 | (~fold(ip_sum) & 0xffff));
    put32(ip + 12, header->source_ip);
    put32(ip + 16, header->destination_ip);
    uint32_t offset_flags = tcp_bytes / 4 << 12 | header->flags;
    put32(tcp, (uint32_t)header->source_port << 16 | header->destination_port);
    put32(tcp + 4, header->seq);
    put32(tcp + 8, header->ack);
    put32(tcp + 12, offset_flags << 16 | header->window);
    put32(tcp + 16, 0);
    if (header->option_bytes > 0)
        memcpy(tcp + TCP_HEADER, header->options, header->option_bytes);
    packet->header_bytes = (uint8_t)(IP_HEADER + tcp_bytes);
    if (!checksum)
        return;
    uint64_t sum = addresses + IP_PROTOCOL_TCP + tcp_bytes + packet->payload_bytes;
    sum += header->source_port + (uint32_t)header->destination_port + halves(header->seq) +
           halves(header->ack) + offset_flags + header->window;
    if (packet->span_count > 0)
        sum += packet_payload_sum(packet);
    if (header->option_bytes > 0)
        sum += swap_sum(fold(raw_sum(tcp + TCP_HEADER, header->option_bytes)));
    put16(tcp + 16, ~fold(sum) & 0xffff);
}
