/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lan - ports, their two links each, and the switch that joins them.
 *
 * A frame reaches its switch port when its last bit has (store and forward), and leaves through the receiver's downlink
 * after the switch's latency. In a direct LAN a station's uplink ends at the other station and is its downlink too.
 */
#include "models/net/lan.h"

#include "sim/bug.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

struct port {
    struct receiver side; /* the switch's end of the uplink */
    struct lan *lan;
    struct receiver *station;
    struct link up, down;
    uint8_t *cut; /* per MAC: the path to that station is cut */
    uint16_t mac;
};

struct lan {
    struct simulation *simulation;
    struct lan_settings settings;
    struct port **ports; /* ports[mac - 1] */
    uint64_t entity, unknown;
    uint16_t count;
};

/* FNV-1a: LANs are told apart by name, so that their random streams do not depend on the order of creation. */
static uint64_t hash_name(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return hash;
}

struct lan *lan_new(struct simulation *simulation, const struct lan_settings *settings,
                    const char *name)
{
    struct lan *self = memory_new(sizeof *self);
    self->simulation = simulation;
    self->settings = *settings;
    self->entity = hash_name(name);
    return self;
}

void lan_free(struct lan *self)
{
    if (self == NULL)
        return;
    for (uint16_t i = 0; i < self->count; i++) {
        memory_free(self->ports[i]->cut);
        memory_free(self->ports[i]);
    }
    memory_free(self->ports);
    memory_free(self);
}

static inline struct port *port_of(const struct lan *self, uint16_t mac)
{
    return mac >= 1 && mac <= self->count ? self->ports[mac - 1] : NULL;
}

static void forward(struct receiver *receiver, struct packet *packet);

uint16_t lan_attach(struct lan *self, struct receiver *station)
{
    assert(self->count < MAC_BROADCAST - 1 && (!self->settings.direct || self->count < 2));
    struct port *port = memory_new(sizeof *port);
    port->lan = self;
    port->station = station;
    port->side.receive = forward;
    size_t before = self->count++;
    port->mac = self->count;
    port->cut = memory_new(self->count * sizeof *port->cut);
    for (size_t i = 0; i < before; i++) {
        struct port *other = self->ports[i];
        other->cut =
            memory_resized(other->cut, before * sizeof *port->cut, self->count * sizeof *port->cut);
    }
    self->ports = memory_resized(self->ports, before * sizeof *self->ports,
                                 self->count * sizeof *self->ports);
    self->ports[before] = port;
    uint64_t entity = self->entity + 2 * (uint64_t)port->mac;
    struct link_settings up = self->settings.cable;
    up.queue_bytes = self->settings.station_queue_bytes;
    link_init(&port->up, self->simulation, &up, &port->side, entity);
    link_init(&port->down, self->simulation, &self->settings.cable, station, entity + 1);
    port->up.fates = port->down.fates = self->settings.fates;
    if (self->settings.direct && self->count == 2) {
        self->ports[0]->up.to = self->ports[1]->station;
        self->ports[1]->up.to = self->ports[0]->station;
    }
    return port->mac;
}

static void switch_out(struct port *from, struct port *to, struct packet *packet)
{
    if (from->cut[to->mac - 1]) {
        link_refuse(&to->down, packet);
        return;
    }
    link_send_after(&to->down, packet, from->lan->settings.switch_latency_ns);
}

static void flood(struct port *from, struct packet *packet)
{
    struct lan *lan = from->lan;
    for (uint16_t i = 0; i < lan->count; i++) {
        if (lan->ports[i] != from)
            switch_out(from, lan->ports[i], packet_clone(packet));
    }
    packet_free(packet);
}

static void forward(struct receiver *receiver, struct packet *packet)
{
    struct port *from = container_of(receiver, struct port, side);
    if (packet->mac_to == MAC_BROADCAST) {
        flood(from, packet);
        return;
    }
    struct port *to = port_of(from->lan, packet->mac_to);
    if (to == NULL || to == from) {
        from->lan->unknown++;
        packet_free(packet);
        return;
    }
    switch_out(from, to, packet);
}

void lan_send(struct lan *self, struct packet *packet)
{
    struct port *from = port_of(self, packet->mac_from);
    assert(from != NULL && (!self->settings.direct || self->count == 2));
    packet->mark = 0;
    if (self->settings.direct && packet->mac_to != MAC_BROADCAST &&
        packet->mac_to != self->ports[2 - from->mac]->mac) {
        self->unknown++; /* the other station's NIC would not take it */
        packet_free(packet);
        return;
    }
    if (self->settings.direct && from->cut[2 - from->mac]) {
        link_refuse(&from->up, packet);
        return;
    }
    link_send(&from->up, packet);
}

struct link *lan_uplink(struct lan *self, uint16_t mac)
{
    struct port *port = port_of(self, mac);
    assert(port != NULL);
    return &port->up;
}

struct link *lan_downlink(struct lan *self, uint16_t mac)
{
    struct port *port = port_of(self, mac);
    assert(port != NULL);
    if (self->settings.direct)
        return &self->ports[2 - mac]->up;
    return &port->down;
}

void lan_partition(struct lan *self, uint16_t one, uint16_t other, bool cut)
{
    struct port *a = port_of(self, one), *b = port_of(self, other);
    assert(a != NULL && b != NULL);
    a->cut[other - 1] = cut;
    b->cut[one - 1] = cut;
}

int64_t lan_backlog_ns(const struct lan *self, uint16_t mac)
{
    const struct port *port = port_of(self, mac);
    assert(port != NULL);
    return link_backlog_ns(&port->up);
}

static void add(struct link_counters *sum, const struct link_counters *one)
{
    sum->packets += one->packets;
    sum->wire_bytes += one->wire_bytes;
    sum->dropped_queue += one->dropped_queue;
    sum->lost += one->lost;
    sum->duplicated += one->duplicated;
    sum->reordered += one->reordered;
    sum->corrupted += one->corrupted;
    sum->cut += one->cut;
}

struct link_counters lan_counters(const struct lan *self)
{
    struct link_counters sum = {0};
    for (uint16_t i = 0; i < self->count; i++) {
        add(&sum, &self->ports[i]->up.counters);
        add(&sum, &self->ports[i]->down.counters);
    }
    return sum;
}

uint64_t lan_unknown(const struct lan *self)
{
    return self->unknown;
}
