/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cables - TC programs at the exchange's ports: `from_machine` where a packet comes in from a machine's cable, `to_machine` where it
 * leaves for one.
 *
 * A reply's segments are counted by packet, from the one that begins with "HTTP/1.1"; so the servers must send none larger than one
 * segment (house.c sees to that if it matters).
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "module/testbed/cables.h"

enum {
    MARK = 0x43414253,
    ETHERTYPE_IPV4 = 0x0800,
    AT_IP = 14,
    AT_TCP = 34,
    PROTOCOL_TCP = 6,
    RECORD_BYTES = 64,
    RECORD_ACK = 2,
    RECORDS_MAX = 65536 / RECORD_BYTES, /* no packet holds more */
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct cables_memory);
} cables_memory SEC(".maps");

/* A connection, by the client's end. */
struct end {
    __u32 ip;
    __u32 port;
};
struct connection {
    __u32 isn, pair;       /* of its SYN; of servers */
    __u32 ordinal, logged; /* replies begun, and acknowledged by the log */
    __u32 next;            /* behind the last byte to the client */
    __u32 segments;        /* packets of the present reply */
    __u64 unread;          /* records of the log, when the present reply began */
};
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 65536);
    __type(key, struct end);
    __type(value, struct connection);
} cables_connections SEC(".maps");

/* "HTTP/1.1" as a little-endian number. */
#define HTTP_1 0x312e312f50545448ULL

struct parsed {
    __u32 source, destination; /* as they stand in the packet */
    __u16 source_port, destination_port;
    __u32 payload_at, payload;
    __u32 seq;
    __u8 flags;
    bool syn;         /* the client's */
    bool syn_answers; /* the server's */
};

static __always_inline bool parse(struct __sk_buff *skb, struct parsed *out)
{
    __u8 head[40];
    if (skb->protocol != bpf_htons(ETHERTYPE_IPV4) ||
        bpf_skb_load_bytes(skb, AT_IP, head, sizeof head) != 0 || head[9] != PROTOCOL_TCP)
        return false;
    __builtin_memcpy(&out->source, head + 12, 4);
    __builtin_memcpy(&out->destination, head + 16, 4);
    out->source_port = (__u16)(head[20] << 8 | head[21]);
    out->destination_port = (__u16)(head[22] << 8 | head[23]);
    out->seq = (__u32)head[24] << 24 | (__u32)head[25] << 16 | (__u32)head[26] << 8 | head[27];
    out->flags = head[33];
    out->syn = (head[33] & 0x12) == 2;
    out->syn_answers = (head[33] & 0x12) == 0x12;
    __u32 total = (__u32)(head[2] << 8 | head[3]), headers = 20 + (head[32] >> 4) * 4;
    out->payload_at = AT_IP + headers;
    out->payload = total > headers ? total - headers : 0;
    return true;
}

/* Between the servers: heartbeats and the log under their own addresses, copies and reports under their link-layer ones, which
 * end with their numbers, 1 and 2. */
static __always_inline bool to_server(struct __sk_buff *skb, bool from_server)
{
    __u8 macs[12];
    return bpf_skb_load_bytes(skb, 0, macs, sizeof macs) == 0 && macs[0] == 2 && macs[5] <= 2 &&
           (!from_server || (macs[6] == 2 && macs[11] <= 2));
}

/* --- the trap ---------------------------------------------------------------------------------------------------- */

static __always_inline bool springs(struct cables_trap *trap)
{
    if (trap->sprung || (__s64)bpf_ktime_get_ns() < trap->not_before_ns)
        return false;
    if (++trap->seen < trap->count)
        return false;
    trap->sprung = 1;
    return true;
}

static __always_inline void cut_off(struct cables_memory *memory, bool second)
{
    if (!memory->trap.cuts)
        return;
    memory->cables[second ? CABLE_SERVICE + 1 : CABLE_SERVICE].cut = 1;
    memory->cables[second ? CABLE_LOG + 1 : CABLE_LOG].cut = 1;
}

/* --- connections ------------------------------------------------------------------------------------------------- */

static __always_inline bool from_service(const struct cables_memory *memory,
                                         const struct parsed *packet)
{
    return packet->source == memory->service_ip && packet->source_port == memory->service_port;
}

static __always_inline void begin_connection(const struct cables_memory *memory,
                                             const struct parsed *packet)
{
    struct end key = {.ip = packet->source, .port = packet->source_port};
    struct connection fresh = {.isn = packet->seq, .pair = memory->pair, .unread = memory->unread};
    const struct connection *known = bpf_map_lookup_elem(&cables_connections, &key);
    if (known != NULL && known->isn == packet->seq)
        return; /* it is sent again, and may come late */
    if (packet->destination == memory->service_ip &&
        packet->destination_port == memory->service_port)
        bpf_map_update_elem(&cables_connections, &key, &fresh, BPF_ANY);
}

static __always_inline void note_unlogged(struct cables_memory *memory,
                                          const struct connection *connection, __u32 port)
{
    if (memory->unlogged++ > 0)
        return;
    memory->first_unlogged.port = port;
    memory->first_unlogged.ordinal = connection->ordinal;
    memory->first_unlogged.logged = connection->logged;
    memory->first_unlogged.pair = connection->pair;
    memory->first_unlogged.at_ns = (__s64)bpf_ktime_get_ns();
}

/* Its acknowledgement has come since the reply before it, if at all: a record that could not be read since then may have been it. */
static __always_inline void begin_reply(struct cables_memory *memory, struct connection *connection,
                                        __u32 port)
{
    bool unlogged = connection->logged < ++connection->ordinal;
    bool unknown = unlogged && connection->unread != memory->unread;
    connection->segments = 0;
    connection->unread = memory->unread;
    if (connection->pair == 0 || connection->pair != memory->pair || unknown)
        return;
    memory->replies++;
    if (unlogged)
        note_unlogged(memory, connection, port);
}

/* Which packet of its reply it is; 0: it is none, or is sent again. */
static __always_inline __u64 follow_reply(struct __sk_buff *skb, struct cables_memory *memory,
                                          const struct parsed *packet)
{
    struct end key = {.ip = packet->destination, .port = packet->destination_port};
    struct connection *connection;
    __u64 text = 0;
    if (!from_service(memory, packet) || packet->payload == 0 || to_server(skb, false))
        return 0;
    connection = bpf_map_lookup_elem(&cables_connections, &key);
    if (connection == NULL ||
        (connection->ordinal > 0 && (__s32)(packet->seq - connection->next) < 0))
        return 0;
    connection->next = packet->seq + packet->payload;
    if (bpf_skb_load_bytes(skb, packet->payload_at, &text, sizeof text) == 0 && text == HTTP_1)
        begin_reply(memory, connection, key.port);
    return ++connection->segments;
}

/* One record of the log channel (core/ft_record.h); true: it acknowledges a reply. */
static __always_inline bool read_record(struct __sk_buff *skb, __u32 at)
{
    __u8 record[20];
    struct end key = {};
    if (bpf_skb_load_bytes(skb, at, record, sizeof record) != 0 || record[2] != RECORD_ACK)
        return false;
    __builtin_memcpy(&key.ip, record + 4, 4);
    key.port = (__u32)(record[8] << 8 | record[9]);
    __u32 isn =
        (__u32)record[12] << 24 | (__u32)record[13] << 16 | (__u32)record[14] << 8 | record[15];
    __u32 ordinal =
        (__u32)record[16] << 24 | (__u32)record[17] << 16 | (__u32)record[18] << 8 | record[19];
    struct connection *connection = bpf_map_lookup_elem(&cables_connections, &key);
    if (connection != NULL && connection->isn == isn && connection->logged < ordinal)
        connection->logged = ordinal;
    return true;
}

struct records {
    struct __sk_buff *skb;
    __u32 at;
    bool found;
};

static long read_next(__u32 number, void *context)
{
    struct records *self = context;
    self->found |= read_record(self->skb, self->at + number * RECORD_BYTES);
    return 0;
}

/* The log is a stream: a packet may begin or end in the middle of a record. */
static __always_inline bool acknowledges_log(struct __sk_buff *skb, struct cables_memory *memory,
                                             const struct parsed *packet, bool second)
{
    struct records records = {.skb = skb};
    __u32 *from = second ? &memory->log_from[1] : &memory->log_from[0];
    if (packet->source_port != memory->log_port)
        return false;
    if (packet->syn_answers)
        *from = packet->seq + 1;
    __u32 rest = (*from - packet->seq) % RECORD_BYTES;
    memory->unread += rest > 0 && packet->payload > 0;
    if (packet->payload <= rest)
        return false;
    records.at = packet->payload_at + rest;
    __u32 count = (packet->payload - rest) / RECORD_BYTES;
    bpf_loop(count < RECORDS_MAX ? count : RECORDS_MAX, read_next, &records, 0);
    return records.found;
}

/* True: the packet goes no further. `second`: it is of the second server. */
static __always_inline bool watch(struct __sk_buff *skb, struct cables_memory *memory,
                                  const struct parsed *packet, bool second)
{
    struct cables_trap *trap = &memory->trap;
    __u64 segment = follow_reply(skb, memory, packet);
    bool logged = acknowledges_log(skb, memory, packet, second);
    if (trap->event == CABLES_REPLY_SEGMENT && segment > 0 &&
        (trap->segment == 0 || segment == trap->segment) && springs(trap))
        cut_off(memory, second);
    if (trap->event == CABLES_REPLY_LOGGED && logged && springs(trap)) {
        cut_off(memory, !second);
        return trap->cuts;
    }
    return false;
}

/* --- cables ------------------------------------------------------------------------------------------------------ */

static __always_inline bool likely_to(__u32 probability)
{
    return probability > 0 && bpf_get_prandom_u32() < probability;
}

static __always_inline bool blocked(const struct cables_memory *memory, const struct cable *cable,
                                    struct __sk_buff *skb, const struct parsed *packet, bool tcp)
{
    if (cable->cut)
        return true;
    bool log = tcp && (packet->source_port == memory->log_port ||
                       packet->destination_port == memory->log_port);
    if (cable->no_log && log)
        return true;
    return cable->no_peer && to_server(skb, true);
}

static __always_inline void note_overlap(struct cables_memory *memory, const struct parsed *packet,
                                         __u32 server, __s64 now_ns)
{
    if (memory->overlaps++ > 0)
        return;
    memory->first_overlap.server = server;
    memory->first_overlap.flags = packet->flags;
    memory->first_overlap.payload = packet->payload;
    memory->first_overlap.at_ns = now_ns;
    memory->first_overlap.since_ns = now_ns - memory->changed_ns;
}

static __always_inline void note_speaker(struct __sk_buff *skb, struct cables_memory *memory,
                                         const struct parsed *packet, __u32 server)
{
    if (!from_service(memory, packet) || to_server(skb, false))
        return;
    memory->words++;
    if (memory->speaker == server + 1)
        return;
    __s64 now_ns = (__s64)bpf_ktime_get_ns();
    if (memory->changes > 1 && now_ns - memory->changed_ns < CABLES_RETURN_NS)
        note_overlap(memory, packet, server, now_ns);
    memory->speaker = server + 1;
    memory->changed_ns = now_ns;
    memory->changes++;
}

static __always_inline int pass(struct __sk_buff *skb, bool from_machine)
{
    __u32 zero = 0;
    struct parsed packet = {};
    struct cables_memory *memory = bpf_map_lookup_elem(&cables_memory, &zero);
    if (memory == NULL || skb->mark == MARK)
        return TC_ACT_OK;
    bool tcp = parse(skb, &packet);
    for (int i = 0; i < CABLES; i++) {
        struct cable *cable = &memory->cables[i];
        if (cable->ifindex != skb->ifindex)
            continue;
        if (blocked(memory, cable, skb, &packet, tcp) || likely_to(cable->loss)) {
            cable->lost++;
            return TC_ACT_SHOT;
        }
        if (from_machine && tcp && (i == CABLE_SERVICE || i == CABLE_SERVICE + 1))
            note_speaker(skb, memory, &packet, (__u32)(i - CABLE_SERVICE));
        if (from_machine && tcp && packet.syn && i == CABLE_CLIENT)
            begin_connection(memory, &packet);
        bool second = i == CABLE_SERVICE + 1 || i == CABLE_LOG + 1;
        if (from_machine && tcp && i != CABLE_CLIENT && watch(skb, memory, &packet, second))
            return TC_ACT_SHOT;
        if (likely_to(cable->duplicate)) {
            cable->duplicated++;
            skb->mark = MARK;
            bpf_clone_redirect(skb, skb->ifindex, from_machine ? BPF_F_INGRESS : 0);
            skb->mark = 0;
        }
        return TC_ACT_OK;
    }
    return TC_ACT_OK;
}

SEC("tc")
int from_machine(struct __sk_buff *skb)
{
    return pass(skb, true);
}

SEC("tc")
int to_machine(struct __sk_buff *skb)
{
    return pass(skb, false);
}

char cables_license[] SEC("license") = "GPL";
