/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tap - packets on their way are known by their address, which nobody else gets before they have arrived or are gone.
 */
#include "models/view/tap.h"

#include "models/world_state.h"
#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>

const char *const tap_network_names[HOST_NICS] = {
    [NETWORK_SERVICE] = "service",
    [NETWORK_LOG] = "log",
};

static const char *const reasons[] = {
    [LINK_DROP_DOWN] = "link_down",
    [LINK_DROP_QUEUE] = "queue_full",
    [LINK_DROP_CUT_IN_FLIGHT] = "cut_in_flight",
    [LINK_DROP_CUT] = "cut",
};

static void tell(struct tap *self, enum passage_kind kind, const struct packet *packet,
                 const struct journey *journey, const struct station *station, const char *why)
{
    struct passage passage = {
        .kind = kind,
        .packet = packet,
        .journey = journey->number,
        .number = self->world->fates.packets,
        .station = station,
        .why = why,
    };
    self->passage(self, &passage);
}

/* --- journeys --------------------------------------------------------------------------------------------------- */

static struct journey *journey_of(struct tap *self, const struct packet *packet)
{
    struct journey *journey;
    HASH_FIND_PTR(self->journeys, &packet, journey);
    return journey;
}

static void end(struct tap *self, struct journey *journey)
{
    self->last = *journey;
    HASH_DEL(self->journeys, journey);
    free(journey);
}

static struct journey *begin(struct tap *self, const struct packet *packet, uint32_t number,
                             const struct station *from)
{
    struct journey *journey = journey_of(self, packet);
    if (journey == NULL) {
        journey = must(malloc(sizeof *journey));
        journey->packet = packet;
        HASH_ADD_PTR(self->journeys, packet, journey);
    }
    journey->number = number;
    journey->from = from;
    self->last = *journey;
    return journey;
}

/* --- links ------------------------------------------------------------------------------------------------------ */

/* A copy has the number of its original, and is sent by nobody. */
static void sent(struct link_tap *tap, const struct packet *packet, const struct link_fate *fate,
                 int64_t arrives_at_ns)
{
    struct wire *wire = container_of(tap, struct wire, tap);
    struct tap *self = wire->owner;
    struct journey *journey = wire->from == NULL ? journey_of(self, packet) : NULL;
    if (fate == NULL || (wire->from == NULL && journey == NULL))
        journey = begin(self, packet, self->last.number, self->last.from);
    if (journey == NULL) {
        journey = begin(self, packet, ++self->journey_count, wire->from);
        tell(self, PASSAGE_SENT, packet, journey, wire->from, NULL);
    }
    self->last = *journey;
    if (arrives_at_ns >= 0)
        return;
    tell(self, PASSAGE_DROPPED, packet, journey, journey->from, "lost");
    end(self, journey);
}

static void arrived(struct link_tap *tap, const struct packet *packet)
{
    struct wire *wire = container_of(tap, struct wire, tap);
    struct tap *self = wire->owner;
    struct journey *journey = journey_of(self, packet);
    if (journey == NULL) /* sent before anybody listened */
        journey = begin(self, packet, ++self->journey_count, wire->from);
    self->last = *journey;
    if (wire->to ==
        NULL) { /* the switch sends it on now, or copies of it: who comes next has its number */
        end(self, journey);
        return;
    }
    if (wire->to->host->alive)
        tell(self, PASSAGE_RECEIVED, packet, journey, wire->to, NULL);
    else
        tell(self, PASSAGE_DROPPED, packet, journey, wire->to, host_drop_names[HOST_DROP_DEAD]);
    end(self, journey);
}

/* One that never got onto its first cable begins its journey here, and ends it. */
static void dropped(struct link_tap *tap, const struct packet *packet, enum link_drop why)
{
    struct wire *wire = container_of(tap, struct wire, tap);
    struct tap *self = wire->owner;
    bool on_its_way = wire->from == NULL || why == LINK_DROP_CUT_IN_FLIGHT;
    struct journey *journey = on_its_way ? journey_of(self, packet) : NULL;
    if (journey == NULL && on_its_way)
        journey = begin(self, packet, self->last.number, self->last.from);
    else if (journey == NULL)
        journey = begin(self, packet, ++self->journey_count, wire->from);
    const struct station *station = journey->from != NULL ? journey->from : wire->to;
    tell(self, PASSAGE_DROPPED, packet, journey, station, reasons[why]);
    end(self, journey);
}

/* --- hosts ------------------------------------------------------------------------------------------------------ */

static const struct station *station_of(const struct tap *self, const struct host *host)
{
    for (unsigned i = 0; i < self->station_count; i++) {
        if (self->stations[i].host == host)
            return &self->stations[i];
    }
    return NULL;
}

const char *tap_host_name(const struct tap *self, const struct host *host)
{
    const struct station *station = station_of(self, host);
    return station != NULL ? station->name : NULL;
}

void tap_host_dropped(struct tap *self, const struct host *host, const struct packet *packet,
                      enum host_drop why)
{
    const struct station *station = station_of(self, host);
    if (why == HOST_DROP_DEAD || station == NULL) /* told when it arrived */
        return;
    struct journey journey = {.number = why == HOST_DROP_RING ? self->last.number
                                                              : ++self->journey_count};
    tell(self, PASSAGE_DROPPED, packet, &journey, station, host_drop_names[why]);
}

/* --- attaching -------------------------------------------------------------------------------------------------- */

static struct wire *wire_on(struct tap *self, struct link *link)
{
    for (unsigned i = 0; i < self->wire_count; i++) {
        if (self->wires[i].link == link)
            return &self->wires[i];
    }
    struct wire *wire = &self->wires[self->wire_count++];
    *wire = (struct wire){
        .tap = {.sent = sent, .arrived = arrived, .dropped = dropped},
        .owner = self,
        .link = link,
    };
    link->tap = &wire->tap;
    return wire;
}

static void plug(struct tap *self, struct host *host, enum host_network network, const char *name)
{
    const struct host_nic *nic = &host->nics[network];
    if (nic->lan == NULL)
        return;
    struct station *station = &self->stations[self->station_count];
    *station = (struct station){.host = host, .network = network, .index = self->station_count++};
    snprintf(station->name, sizeof station->name, "%s", name);
    wire_on(self, lan_uplink(nic->lan, nic->mac))->from = station;
    wire_on(self, lan_downlink(nic->lan, nic->mac))->to = station;
}

static void plug_all(struct tap *self, struct world *world)
{
    for (unsigned i = 0; i < world->machine_count; i++) {
        char name[24] = "client";
        if (world->machine_count > 1)
            snprintf(name, sizeof name, "client-%u", i + 1);
        plug(self, &world->machines[i], NETWORK_SERVICE, name);
    }
    for (unsigned i = 0; i < world->server_count; i++) {
        struct host *host = &world->servers[i].host;
        for (int network = 0; network < HOST_NICS; network++)
            plug(self, host, (enum host_network)network, host->settings.name);
    }
}

void tap_attach(struct tap *self, struct world *world)
{
    size_t most = HOST_NICS * (world->server_count + world->machine_count);
    self->world = world;
    self->stations = calloc(most, sizeof *self->stations);
    self->wires = calloc(2 * most, sizeof *self->wires);
    if (self->stations == NULL || self->wires == NULL)
        abort();
    plug_all(self, world);
}

void tap_detach(struct tap *self)
{
    struct journey *journey, *next;
    HASH_ITER (hh, self->journeys, journey, next) {
        HASH_DEL(self->journeys, journey);
        free(journey);
    }
    for (unsigned i = 0; i < self->wire_count; i++)
        self->wires[i].link->tap = NULL;
    free(self->wires);
    free(self->stations);
    self->wires = NULL;
    self->stations = NULL;
    self->wire_count = self->station_count = 0;
}
