/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link - one direction of a cable: rate, propagation, a drop-tail queue, and what can go wrong on it.
 *
 * A packet takes one event per link: its departure is computed when it is sent, since the queue in front of a link is
 * served in order. Impairments draw from the link's own random stream, and only if they are switched on, so that a world
 * without them is the same with or without this code. Full duplex = two links. Source of the wire overhead: IEEE 802.3.
 */
#ifndef MODELS_NET_LINK_H
#define MODELS_NET_LINK_H

#include "models/net/packet.h"
#include "sim/random.h"
#include "sim/simulation.h"

/* Whatever a packet can arrive at: a NIC, a switch port. receive() takes ownership. */
struct receiver {
    void (*receive)(struct receiver *self, struct packet *packet);
};

struct link_impairment {
    double loss, duplicate, reorder, corrupt; /* probability per packet */
    int64_t reorder_delay_ns;                 /* how much later a reordered packet arrives */
};

struct link_settings {
    int64_t rate_bps; /* 0: infinitely fast */
    int64_t delay_ns;
    int64_t queue_bytes; /* wire bytes that may wait or be in transmission; 0: unlimited */
    bool
        ppp; /* 2 bytes of framing and no minimum, as ns-3's point-to-point device; else Ethernet */
    struct link_impairment impairment;
};

struct link_counters {
    uint64_t packets, wire_bytes, dropped_queue, lost, duplicated, reordered, corrupted, cut;
};

/* What becomes of one packet on one link. */
struct link_fate {
    bool lost, duplicated, corrupted;
    uint32_t bit;    /* corrupted: which bit of header and payload, counted from the first */
    int64_t late_ns; /* how much later than it should it arrives */
};

/* Numbers the packets of all links that share it, in the order of sending (a packet that passes a switch counts on either
 * link), and may look into a packet's fate and change it. */
struct link_fates {
    uint64_t packets; /* sent so far: the number of the last one */
    uint64_t next;    /* `decide` is called for packets from this number on; UINT64_MAX: for none */
    void (*decide)(struct link_fates *self, struct link *link, const struct packet *packet,
                   struct link_fate *fate);
};

enum link_drop { LINK_DROP_DOWN, LINK_DROP_QUEUE, LINK_DROP_CUT_IN_FLIGHT, LINK_DROP_CUT };

/* Sees what becomes of every packet (captures, diagrams). A packet may be told by its address from sent() to arrived() or
 * dropped(). */
struct link_tap {
    /* Goes on the wire, as yet undamaged; arrives_at_ns -1: it will be lost on the way, and nothing more is heard of it.
     * `fate` NULL: a copy that the link itself has made of the packet told of just before. */
    void (*sent)(struct link_tap *self, const struct packet *packet, const struct link_fate *fate,
                 int64_t arrives_at_ns);
    void (*arrived)(struct link_tap *self, const struct packet *packet);
    void (*dropped)(struct link_tap *self, const struct packet *packet, enum link_drop why);
};

struct link {
    struct simulation *simulation;
    struct receiver *to;
    struct link_settings settings;
    struct link_counters counters;
    struct link_tap *tap;     /* NULL: nobody watches */
    struct link_fates *fates; /* NULL: nobody numbers or decides */
    struct random random;
    int64_t free_at_ns;  /* when the transmitter has sent all it has accepted */
    int64_t ns_per_byte; /* 0: not a whole number, divide */
    uint32_t cuts;       /* how often it went down; a packet in flight then never arrives */
    bool up;             /* see link_set_up() */
    bool impaired;       /* some impairment is on */
};

void link_init(struct link *self, struct simulation *simulation,
               const struct link_settings *settings, struct receiver *to, uint64_t entity);
/* Takes ownership of the packet. */
void link_send(struct link *self, struct packet *packet);
/* The same for a packet that joins the queue only `after_ns` from now (a switch's latency, the same for all of a link). */
void link_send_after(struct link *self, struct packet *packet, int64_t after_ns);
/* Down: everything sent vanishes, as does what is in flight at that moment. */
void link_set_up(struct link *self, bool up);
void link_impair(struct link *self, const struct link_impairment *impairment);
/* For whoever decides that a packet does not get as far as the link: counts it as cut, and frees it. */
void link_refuse(struct link *self, struct packet *packet);
/* When the next packet would begin to leave: for senders that pace themselves by the device queue. */
int64_t link_backlog_ns(const struct link *self);

#endif
