/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet - one Ethernet frame in flight, with real IPv4 and TCP (or UDP) header bytes and payload by reference.
 *
 * A packet always has exactly one owner: a link, a queue, a host. It embeds what its journey needs: the event of its
 * arrival at the next hop and the CPU work that handles it there. Packets come from a pool of their world; nothing is
 * allocated per packet once the pool is warm. Not modelled: VLANs, IP options, fragments (nobody sends them).
 */
#ifndef MODELS_NET_PACKET_H
#define MODELS_NET_PACKET_H

#include "models/net/content.h"
#include "sim/cpu.h"
#include "sim/event.h"

enum {
    PACKET_SPANS_MAX = 3,
    PACKET_HEADER_MAX = 80,
    PACKET_OVERHEAD_BYTES = 38,
    PACKET_FRAME_MIN = 84
};

/* Link-layer addresses are small numbers; MAC_BROADCAST reaches every port of a LAN but the sender's. */
enum { MAC_NONE = 0, MAC_BROADCAST = 0xffff };

enum packet_kind { PACKET_IPV4, PACKET_ARP };

struct packet_pool;
struct link;
struct receiver;

struct packet {
    struct event event;   /* arrival at `next_hop` */
    struct cpu_work work; /* handling in a host */
    struct packet *next;  /* in whatever queue holds it */
    struct receiver *next_hop;
    struct link *link;  /* the link it travels on: private to link.c */
    uint32_t link_cuts; /* how often that link had been cut when the packet left */
    struct packet_pool *pool;
    uint16_t mac_from, mac_to;
    uint8_t kind;         /* enum packet_kind */
    uint8_t header_bytes; /* IP header + TCP or UDP header, in `header` */
    uint8_t span_count;
    uint8_t
        corrupt; /* payload was corrupted on the way; header corruption is in the bytes themselves */
    uint8_t damaged; /* truth, for the checkers: some bit of it is wrong, here or in the headers */
    uint32_t payload_bytes;
    uint32_t mark;  /* a host's own note on a packet inside it, as skb->mark; cleared on the wire */
    uint8_t live;   /* not in the pool */
    uint8_t report; /* on the replication path: a report from the peer, not client traffic */
    uint8_t header
        [PACKET_HEADER_MAX]; /* IPv4: real bytes. ARP: announced IP (4 bytes, network order), then nothing */
    struct span spans[PACKET_SPANS_MAX];
};

/* Bytes on an Ethernet wire, with preamble, FCS and inter-frame gap: 1538 for 1460 bytes behind 40 of headers. */
static inline uint32_t packet_wire_bytes(const struct packet *self)
{
    uint32_t bytes = self->header_bytes + self->payload_bytes + PACKET_OVERHEAD_BYTES;
    return bytes < PACKET_FRAME_MIN ? PACKET_FRAME_MIN : bytes;
}

struct packet_pool *packet_pool_new(void);
/* Frees every packet that came from it; those still out give their references back, so contents outlive their pool. */
void packet_pool_free(struct packet_pool *self);
/* Packets not yet given back, for leak checks. */
uint64_t packet_pool_live(const struct packet_pool *self);

struct packet *packet_new(struct packet_pool *pool);
struct packet *packet_clone(const struct packet *self); /* takes references on the contents */
void packet_free(struct packet *self);                  /* gives them back */
/* Prepares the packet's work on a CPU; if the CPU is halted first, the packet is freed. */
void packet_work_init(struct packet *self, enum cpu_level level, void (*done)(struct cpu_work *));
/* Cuts the payload off (and gives the references back); header lengths and checksums are the caller's business. */
void packet_cut_to_headers(struct packet *self);
/* One's complement sum of the payload as it would be read from the wire; wrong by one if the payload is corrupt. */
uint16_t packet_payload_sum(const struct packet *self);

#endif
