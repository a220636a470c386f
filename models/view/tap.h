/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tap - hears every packet of a world: as a station puts it on its cable, as a station takes it off, or as it is lost.
 *
 * A packet's way from one station to another is a journey with a number; a copy made on the way (a duplicate, a broadcast)
 * has the number of its original. What a switch does in between is not told. One tap a world, from before its first packet
 * to before its end; a world without one pays nothing for it.
 */
#ifndef MODELS_VIEW_TAP_H
#define MODELS_VIEW_TAP_H

#include "models/host/host.h"

#include <uthash.h>

struct world;

enum passage_kind { PASSAGE_SENT, PASSAGE_RECEIVED, PASSAGE_DROPPED };

/* A NIC on its cable. */
struct station {
    struct host *host;
    enum host_network network;
    unsigned index; /* in its tap */
    char name[24];  /* of the host: "primary"; "client", or "client-2" of several machines */
};

struct passage {
    enum passage_kind kind;
    const struct packet *packet;
    uint32_t journey; /* 1, 2, … in the order of sending */
    uint64_t number;  /* SENT: what a fault names it by on its first link (struct link_fates) */
    /* SENT: the sender; RECEIVED: the receiver; DROPPED: who dropped it, the sender if it was the network */
    const struct station *station;
    const char *why; /* DROPPED */
};

/* One link; `from` NULL: out of a switch, `to` NULL: into one. */
struct wire {
    struct link_tap tap;
    struct tap *owner;
    struct link *link;
    const struct station *from, *to;
};

/* A packet on its way. */
struct journey {
    const struct packet *packet; /* the key */
    uint32_t number;
    const struct station *from;
    UT_hash_handle hh;
};

struct tap {
    void (*passage)(struct tap *self, const struct passage *passage);
    struct world *world;
    struct station *stations;
    struct wire *wires;
    unsigned station_count, wire_count;
    struct journey *journeys; /* by address */
    struct journey last;      /* the one told of last: whose copies come next */
    uint32_t journey_count;
};

extern const char *const tap_network_names[HOST_NICS];

/* Set `passage` first. */
void tap_attach(struct tap *self, struct world *world);
/* Before the world goes. */
void tap_detach(struct tap *self);
/* A host lets a packet go no further (NOTICE_PACKET_DROPPED). */
void tap_host_dropped(struct tap *self, const struct host *host, const struct packet *packet,
                      enum host_drop why);
/* Under which name a host is known; NULL: it is none of the world's. */
const char *tap_host_name(const struct tap *self, const struct host *host);

#endif
