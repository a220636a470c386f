/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lan - a switched Ethernet: ports, one full-duplex cable each, a store-and-forward switch between them; or, with
 * exactly two ports and `direct`, one cable from end to end.
 *
 * Every port has a MAC number; frames go to the port that owns mac_to, broadcasts to all others. Partitions are kept per
 * pair of ports, so that two hosts may be cut from each other while both reach the clients. Not modelled: learning,
 * flooding of unknown addresses (a frame to nobody is counted and dropped), spanning tree.
 */
#ifndef MODELS_NET_LAN_H
#define MODELS_NET_LAN_H

#include "models/net/link.h"

struct lan;

struct lan_settings {
    struct link_settings cable; /* of every port, both directions */
    int64_t
        station_queue_bytes; /* in front of a cable at the station's end; 0: unlimited. cable.queue_bytes is the switch's */
    int64_t switch_latency_ns;
    bool direct;              /* two ports, one cable, no switch */
    struct link_fates *fates; /* of all its links; may be NULL */
};

/* `name` keys the random streams of the cables: it must be the LAN's own in its simulation. */
struct lan *lan_new(struct simulation *simulation, const struct lan_settings *settings,
                    const char *name);
void lan_free(struct lan *self);
/* Plugs a receiver in; returns its MAC (1, 2, …). All ports before the first packet. */
uint16_t lan_attach(struct lan *self, struct receiver *station);
/* Sends from the station with packet->mac_from to packet->mac_to. Takes ownership. */
void lan_send(struct lan *self, struct packet *packet);
/* The cable of one station: both directions, to impair or to cut. */
struct link *lan_uplink(struct lan *self, uint16_t mac);
struct link *lan_downlink(struct lan *self, uint16_t mac);
/* Cuts or mends the path between two stations, both ways. */
void lan_partition(struct lan *self, uint16_t one, uint16_t other, bool cut);
/* When a frame from this station would begin to leave. */
int64_t lan_backlog_ns(const struct lan *self, uint16_t mac);
struct link_counters lan_counters(const struct lan *self); /* summed over all cables */
uint64_t lan_unknown(const struct lan *self);              /* frames to nobody */

#endif
