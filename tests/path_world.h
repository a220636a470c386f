/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * path_world - a client's packets, two hosts that carry verdicts out the way a shell must, and a check of every packet that a
 * verdict makes. For tests of the packet path.
 */
#ifndef TESTS_PATH_WORLD_H
#define TESTS_PATH_WORLD_H

#include "core/ft_path.h"
#include "core/ft_reason_name.h"
#include "tests/suite.h"

#include <string.h>

enum { CLIENT_IP = 0x0a000001, SERVICE_IP = 0x0a000064, CLIENT_PORT = 40000, SERVICE_PORT = 80 };
enum { CLIENT_ISN = 0xfffffff0, MSS = 1460, SCALE = 7, WINDOW = 500, VIEW = 0x10003 };
/* How a packet comes in; a primary gets everything from its backup, unless it is said to be DIRECT. */
enum { HAS_SOCKET = 1, FROM_PEER = 2, DIRECT = 4 };

static uint64_t reached[FT_REASONS];

/* One host, with room for one connection. */
struct side {
    struct ft_path_host host;
    struct ft_flow flow;
    bool known;
    struct ft_verdict verdict;
    uint8_t copy[FT_HEADER_MAX]; /* as COPY would send it */
};

static struct side primary, backup;
static uint32_t server_isn;

/* --- packets ----------------------------------------------------------------------------------------------------- */

struct wire {
    uint8_t bytes[FT_HEADER_MAX];
    uint32_t length;
    uint16_t payload_sum;
};

static inline uint16_t fold(uint64_t sum)
{
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static inline void assert_valid(const struct wire *wire, uint32_t length, bool payload)
{
    uint32_t header = 20 + (uint32_t)(wire->bytes[32] >> 4) * 4;
    uint64_t ip = 0, tcp = 6 + length - 20 + (payload ? wire->payload_sum : 0);
    ck_assert_uint_eq(ft_get16(wire->bytes + 2), length);
    for (unsigned at = 0; at < 20; at += 2)
        ip += ft_get16(wire->bytes + at);
    for (unsigned at = 12; at < header; at += 2)
        tcp += ft_get16(wire->bytes + at);
    ck_assert_uint_eq(fold(ip), 0xffff);
    ck_assert_uint_eq(fold(tcp), 0xffff);
}

static inline void seal(struct wire *wire)
{
    uint32_t tcp_bytes = (uint32_t)(wire->bytes[32] >> 4) * 4;
    uint32_t payload = wire->length - 20 - tcp_bytes;
    ft_put16(wire->bytes + 2, wire->length);
    ft_put16(wire->bytes + 10, ft_segment_ip_checksum(wire->bytes));
    ft_put16(wire->bytes + 36,
             ft_segment_tcp_checksum(wire->bytes, tcp_bytes, payload, wire->payload_sum));
    assert_valid(wire, wire->length, true);
}

/* A segment to (or from) the service. */
static inline struct wire packet(bool to_service, uint8_t flags, uint32_t seq, uint32_t ack,
                                 uint32_t payload, uint16_t window)
{
    struct wire wire = {.length = 40 + payload, .payload_sum = payload > 0 ? 0x1234 : 0};
    uint8_t *bytes = wire.bytes;
    ft_put16(bytes, 0x4500);
    ft_put32(bytes + 4, 0x00074000);
    ft_put16(bytes + 8, 0x4006);
    ft_put32(bytes + 12, to_service ? CLIENT_IP : SERVICE_IP);
    ft_put32(bytes + 16, to_service ? SERVICE_IP : CLIENT_IP);
    ft_put16(bytes + 20, to_service ? CLIENT_PORT : SERVICE_PORT);
    ft_put16(bytes + 22, to_service ? SERVICE_PORT : CLIENT_PORT);
    ft_put32(bytes + 24, seq);
    ft_put32(bytes + 28, ack);
    ft_put16(bytes + 32, 0x5000U | flags);
    ft_put16(bytes + 34, window);
    seal(&wire);
    return wire;
}

static inline struct wire syn(uint32_t isn, uint16_t mss)
{
    struct wire wire = packet(true, FT_SYN, isn, 0, 0, 64240);
    const struct ft_syn_options options = {.mss = mss, .scale = SCALE, .sack = 1};
    wire.length += ft_segment_put_options(wire.bytes, &options);
    wire.bytes[32] = 0x80;
    seal(&wire);
    return wire;
}

/* Sequence numbers below are relative: 1 is the first byte after the SYN. */
static inline struct wire from_client(uint8_t flags, uint32_t seq, uint32_t ack, uint32_t payload)
{
    return packet(true, flags, CLIENT_ISN + seq, server_isn + ack, payload, WINDOW);
}

static inline struct wire from_server(uint8_t flags, uint32_t seq, uint32_t ack, uint32_t payload)
{
    return packet(false, flags, server_isn + seq, CLIENT_ISN + ack, payload, WINDOW);
}

/* --- the shell --------------------------------------------------------------------------------------------------- */

static inline struct ft_segment parse(const struct wire *wire)
{
    struct ft_segment segment;
    enum ft_reason why;
    memset(&segment, 0, sizeof segment);
    ck_assert(ft_segment_parse(&segment, wire->bytes, FT_HEADER_MAX, wire->length, false, &why));
    return segment;
}

/* Every packet that the verdict makes is valid. */
static inline void check_made(const struct side *side, const struct wire *wire)
{
    static const uint32_t MADE[] = {FT_PASS,    FT_ANSWER,    FT_REPORT,
                                    FT_FORWARD, FT_LOCAL_ACK, FT_CLEAR};
    for (size_t i = 0; i < sizeof MADE / sizeof MADE[0]; i++) {
        struct wire made = *wire;
        struct ft_segment segment = parse(wire);
        const struct ft_verdict *verdict = &side->verdict;
        uint32_t length = 0;
        if ((verdict->actions & MADE[i]) == 0)
            continue;
        if (MADE[i] == FT_PASS)
            length = ft_path_pass(&segment, made.bytes, verdict);
        else if (MADE[i] == FT_ANSWER)
            length = ft_path_answer(&segment, made.bytes, &side->host, verdict);
        else if (MADE[i] == FT_REPORT)
            length = ft_path_report(&segment, made.bytes, &side->host, verdict);
        else if (MADE[i] == FT_FORWARD)
            length = ft_path_forward(&segment, made.bytes, verdict);
        else if (MADE[i] == FT_LOCAL_ACK)
            length = ft_path_local_ack(&segment, made.bytes, verdict);
        else
            length = ft_path_clear(&segment, made.bytes, verdict);
        assert_valid(&made, length, MADE[i] == FT_PASS);
    }
}

static inline void act(struct side *side, const struct wire *wire, const struct ft_segment *segment)
{
    if ((side->verdict.actions & FT_ASSIGN) != 0) {
        ft_path_open(&side->host, segment, &side->verdict, &side->flow);
        side->known = true;
    }
    if ((side->verdict.actions & FT_FORGET) != 0)
        side->known = false;
    reached[side->verdict.reason]++;
    check_made(side, wire);
}

static inline uint32_t in(struct side *side, struct wire wire, unsigned how)
{
    struct ft_segment segment = parse(&wire);
    bool usual = side->host.role == FT_ROLE_PRIMARY && (how & DIRECT) == 0;
    ft_path_ingress(&side->host, &segment, side->known ? &side->flow : NULL,
                    usual || (how & FROM_PEER) != 0, (how & HAS_SOCKET) != 0, &side->verdict);
    act(side, &wire, &segment);
    return side->verdict.actions;
}

static inline uint32_t out(struct side *side, struct wire wire)
{
    struct ft_segment segment = parse(&wire);
    ft_path_egress(&side->host, &segment, side->known ? &side->flow : NULL, &side->verdict);
    act(side, &wire, &segment);
    return side->verdict.actions;
}

/* The report that the backup's output becomes. */
static inline struct wire report(struct wire wire)
{
    struct ft_segment segment = parse(&wire);
    ck_assert_uint_eq(out(&backup, wire) & FT_REPORT, FT_REPORT);
    wire.length = ft_path_report(&segment, wire.bytes, &backup.host, &backup.verdict);
    wire.payload_sum = 0;
    return wire;
}

static inline void assert_verdict(const struct side *side, uint32_t actions, enum ft_reason reason)
{
    ck_assert_str_eq(ft_reason_texts[side->verdict.reason].name, ft_reason_texts[reason].name);
    ck_assert_uint_eq(side->verdict.actions, actions);
}

/* --- fixture ----------------------------------------------------------------------------------------------------- */

static const struct ft_path_host HOST = {
    .key = {.word = {0x1111, 0x2222}},
    .now_ns = 1000000000,
    .lease_until_ns = 2000000000,
    .view = VIEW,
    .counter = 77,
    .service_ip = SERVICE_IP,
    .service_port = SERVICE_PORT,
    .mss = MSS,
    .window = 64000,
    .scale = SCALE,
    .sack = 1,
    .ack_gate = 1,
    .listening = 1,
    .peer_listening = 1,
};

static inline void setup(void)
{
    primary = (struct side){.host = HOST};
    backup = (struct side){.host = HOST};
    primary.host.role = FT_ROLE_PRIMARY;
    backup.host.role = FT_ROLE_BACKUP;
    ck_assert_uint_eq(in(&primary, syn(CLIENT_ISN, MSS), 0), FT_ANSWER);
    server_isn = primary.verdict.assign.server_isn;
}

static inline void open_both(void)
{
    struct wire ack = from_client(FT_ACK, 1, 1, 0);
    ck_assert_uint_eq(in(&backup, ack, 0), FT_ASSIGN | FT_COPY | FT_PASS);
    ck_assert_uint_eq(in(&primary, ack, 0), FT_ASSIGN | FT_PASS);
}

static inline void takeover(struct side *side)
{
    ft_path_set_role(&side->host, FT_ROLE_SOLO, side->host.view + 1000);
    side->host.lease_until_ns = INT64_MAX;
}

/* Request of 100 bytes, arrived at both, acknowledged by neither. */
static inline void request(void)
{
    struct wire data = from_client(FT_ACK | FT_PSH, 1, 1, 100);
    ck_assert_uint_eq(in(&backup, data, 0), FT_COPY | FT_PASS);
    assert_verdict(&backup, FT_COPY | FT_PASS, FT_REASON_IN_ORDER);
    ck_assert_uint_eq(in(&primary, data, 0), FT_PASS);
}

#endif
