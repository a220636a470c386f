/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_path - any bytes as packets, to both sides of the packet path, on a host in any role.
 *
 * The first byte says what the host is. Each packet stands behind four: how it comes, how many bytes of it, how much time has
 * passed. As they are, few would be for the service: most have their addresses and IP checksum put right, and their numbers
 * moved near where the connection is. The shell's part is module/bpf/understudy.bpf.c's; what the packet path may never do
 * is checked after each.
 */
#include "tests/fuzz/fuzz.h"

#include "core/ft_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS_MAX = 64, LEAD = 4, FLOWS = 4 };
enum { EGRESS = 1, FROM_PEER = 2, HAS_SOCKET = 4, RAW = 8, NEAR = 16, FIRST = 32, PARTIAL = 64 };
enum { SERVICE_IP = 0x0a000064, SERVICE_PORT = 80, CLIENT_IP = 0x0a00000b, CLIENT_PORT = 40000 };
enum { OVER = 8, NO_GATE = 16, FULL = 32, ALONE_LISTENS = 64 };
#define MS 1000000LL

static struct ft_path_host host;
static struct ft_flow flows[FLOWS];
static bool used[FLOWS];

static void insist(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void begin(unsigned what)
{
    static const uint8_t roles[] = {FT_ROLE_OUT, FT_ROLE_PRIMARY, FT_ROLE_BACKUP, FT_ROLE_SOLO};
    host = (struct ft_path_host){
        .key = {.word = {7, 11}},
        .now_ns = 1000 * MS,
        .lease_until_ns = (what & OVER) != 0 ? 1010 * MS : INT64_MAX,
        .view = 3,
        .old_view = (what & 4) != 0 ? 2 : 0,
        .counter = 9,
        .service_ip = SERVICE_IP,
        .service_port = SERVICE_PORT,
        .mss = 1460,
        .window = 64240,
        .scale = 7,
        .sack = 1,
        .role = roles[what & 3],
        .ack_gate = (what & NO_GATE) == 0,
        .listening = 1,
        .peer_listening = (what & ALONE_LISTENS) == 0,
        .table_full = (what & FULL) != 0,
    };
    memset(used, 0, sizeof used);
}

/* The client's first segment, which proves that it has had our SYN-ACK. */
static void finish_handshake(uint8_t *bytes, unsigned client, uint32_t view)
{
    struct ft_isn_ends ends = {.client_ip = CLIENT_IP,
                               .service_ip = SERVICE_IP,
                               .client_port = (uint16_t)(CLIENT_PORT + client),
                               .service_port = SERVICE_PORT};
    struct ft_syn_options options = {.mss = 1460, .scale = 7, .sack = 1};
    uint32_t isn = ft_get32(bytes + FT_AT_SEQ) - 1;
    uint32_t ours = ft_isn_make(&host.key, &ends, view, isn, host.counter, &options);
    ft_put32(bytes + FT_AT_ACK, ours + 1);
    ft_put16(bytes + FT_AT_FLAGS, 0x5010);
}

static void move_near(uint8_t *bytes, const struct ft_flow *flow, bool from_service)
{
    uint32_t theirs = flow->own_acked + (ft_get32(bytes + FT_AT_SEQ) & 0x3ff) - 0x200;
    uint32_t ours = flow->own_sent + (ft_get32(bytes + FT_AT_ACK) & 0x3ff) - 0x200;
    ft_put32(bytes + FT_AT_SEQ, from_service ? ours : theirs);
    ft_put32(bytes + FT_AT_ACK, from_service ? theirs : ours);
}

static void put_right(uint8_t *bytes, uint32_t length, unsigned what, unsigned client)
{
    bool from_service = (what & EGRESS) != 0 || (what & (FROM_PEER | FIRST)) == FROM_PEER;
    bytes[0] = 0x45;
    bytes[FT_AT_PROTOCOL] = 6;
    ft_put16(bytes + FT_AT_LENGTH, length);
    ft_put16(bytes + FT_AT_FRAGMENT, 0);
    ft_put32(bytes + FT_AT_SOURCE_IP, from_service ? SERVICE_IP : CLIENT_IP);
    ft_put32(bytes + FT_AT_DESTINATION_IP, from_service ? CLIENT_IP : SERVICE_IP);
    uint32_t port = CLIENT_PORT + client;
    ft_put16(bytes + FT_AT_SOURCE_PORT, from_service ? SERVICE_PORT : port);
    ft_put16(bytes + FT_AT_DESTINATION_PORT, from_service ? port : SERVICE_PORT);
    if ((what & NEAR) != 0 && used[client])
        move_near(bytes, &flows[client], from_service);
    else if ((what & FIRST) != 0)
        finish_handshake(bytes, client, client == 0 && host.old_view != 0 ? 2 : 3);
    ft_put16(bytes + FT_AT_IP_CHECKSUM, ft_segment_ip_checksum(bytes));
}

static void check_made(const uint8_t *bytes, uint32_t length)
{
    insist(length >= FT_HEADER_MIN && length <= FT_HEADER_MAX, "a header of impossible length");
    insist(ft_get16(bytes + FT_AT_LENGTH) == length, "a packet that says another length");
    insist(ft_get16(bytes + FT_AT_IP_CHECKSUM) == ft_segment_ip_checksum(bytes),
           "a wrong IP checksum");
}

/* Every packet that the verdict asks for, each from a copy of its own. */
static void carry_out(const struct ft_segment *parsed, const uint8_t *header,
                      const struct ft_verdict *verdict)
{
    for (uint32_t action = FT_PASS; action <= FT_CLEAR; action <<= 1) {
        struct ft_segment segment = *parsed;
        uint8_t bytes[FT_HEADER_MAX];
        memcpy(bytes, header, sizeof bytes);
        switch (verdict->actions & action) {
        case FT_ANSWER:
            check_made(bytes, ft_path_answer(&segment, bytes, &host, verdict));
            break;
        case FT_FORWARD:
            check_made(bytes, ft_path_forward(&segment, bytes, verdict) - segment.payload);
            break;
        case FT_REPORT:
            check_made(bytes, ft_path_report(&segment, bytes, &host, verdict));
            break;
        case FT_LOCAL_ACK:
            check_made(bytes, ft_path_local_ack(&segment, bytes, verdict));
            break;
        case FT_CLEAR:
            check_made(bytes, ft_path_clear(&segment, bytes, verdict));
            break;
        case FT_PASS:
            ft_path_pass(&segment, bytes, verdict);
            break;
        default:
            break;
        }
    }
}

static void check_verdict(const struct ft_verdict *verdict, bool ingress)
{
    uint32_t speaks = FT_ANSWER | FT_FORWARD | (ingress ? 0 : FT_PASS);
    insist(verdict->reason < FT_REASONS, "a reason that has no name");
    if (verdict->reason == FT_REASON_NOT_OURS)
        return;
    insist((verdict->actions & speaks) == 0 ||
               (host.now_ns < host.lease_until_ns && host.role != FT_ROLE_OUT &&
                host.role != FT_ROLE_BACKUP),
           "one speaks who must not");
    insist(host.role != FT_ROLE_OUT || verdict->actions == FT_DROP, "out, and not silent");
    insist((verdict->actions & FT_REPORT) == 0 || host.role == FT_ROLE_BACKUP,
           "a report from one who is no backup");
}

static void judge(const uint8_t *bytes, uint32_t size, uint32_t length, unsigned what)
{
    struct ft_segment segment;
    struct ft_verdict verdict;
    struct ft_flow_key key;
    enum ft_reason why;
    bool ingress = (what & EGRESS) == 0;
    memset(&segment, 0, sizeof segment);
    if (!ft_segment_parse(&segment, bytes, size, length, (what & PARTIAL) != 0, &why)) {
        insist(why < FT_REASONS, "refused without a reason");
        return;
    }
    enum ft_path_direction direction = ft_path_match(&host, &segment);
    if (direction == FT_PATH_ELSEWHERE || (!ingress && direction != FT_PATH_FROM_SERVICE))
        return;
    ft_path_key(&segment, direction, &key);
    unsigned slot = key.client_port % FLOWS;
    struct ft_flow *flow = used[slot] ? &flows[slot] : NULL;
    /* No input will ever hit upon a tag. */
    if (flow != NULL && (what & RAW) == 0 && (segment.seq & 7) != 0)
        segment.tag = ft_report_tag(&host.key, &flow->assign, &segment);
    bool socket = ft_path_needs_socket(flow) && (what & HAS_SOCKET) != 0;
    if (ingress)
        ft_path_ingress(&host, &segment, flow, (what & FROM_PEER) != 0, socket, &verdict);
    else
        ft_path_egress(&host, &segment, flow, &verdict);
    check_verdict(&verdict, ingress);
    if ((verdict.actions & FT_ASSIGN) != 0) {
        ft_path_open(&host, &segment, &verdict, &flows[slot]);
        used[slot] = true;
    }
    if ((verdict.actions & FT_FORGET) != 0)
        used[slot] = false;
    carry_out(&segment, bytes, &verdict);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    begin(data[0]);
    data++;
    size--;
    for (unsigned i = 0; i < PACKETS_MAX && size > LEAD; i++) {
        uint8_t *bytes = calloc(1, FT_HEADER_MAX); /* exactly: reading beyond is seen */
        size_t part = size - LEAD < data[1] % (FT_HEADER_MAX + 1) ? size - LEAD
                                                                  : data[1] % (FT_HEADER_MAX + 1);
        uint32_t length = (uint32_t)(part + data[2] * 16U * (data[2] & 1));
        if (bytes == NULL)
            abort();
        memcpy(bytes, data + LEAD, part);
        host.now_ns += data[3] * MS / 4;
        if ((data[0] & RAW) == 0 && part >= FT_HEADER_MIN)
            put_right(bytes, length, data[0], data[3] % FLOWS);
        judge(bytes, (uint32_t)part, length, data[0]);
        free(bytes);
        data += LEAD + part;
        size -= LEAD + part;
    }
    return 0;
}
