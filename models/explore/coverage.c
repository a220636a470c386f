/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * coverage - a witness of one trial.
 */
#include "models/explore/coverage.h"

#include "core/ft_segment.h"
#include "models/explore/coverage_tables.h"
#include "models/world_state.h"
#include "sim/memory.h"

#include <string.h>

enum { CLIENTS_MAX = 64, IPV4_PROTOCOL = 9, IPV4_UDP = 17 };

struct witness {
    struct trial_watch watch;
    struct packet_watch packets;
    struct observer observer;
    struct world *world;
    struct coverage *coverage;
    uint8_t stages[CLIENTS_MAX + 1]; /* rows of event_rows, by client; the last: closing ones */
    uint8_t stage_of[NOTICE_KINDS];
    bool dice; /* links draw fates: every packet is looked at */
};

/* --- where we are ------------------------------------------------------------------------------------------------- */

static enum server_state state_of(const struct server *server)
{
    static const enum server_state states[] = {
        [FT_ROLE_OUT] = STATE_OUT,
        [FT_ROLE_PRIMARY] = STATE_PRIMARY,
        [FT_ROLE_BACKUP] = STATE_BACKUP,
        [FT_ROLE_SOLO] = STATE_SOLO,
    };
    return server->host.alive ? states[server->role] : STATE_DEAD;
}

static unsigned situation_of(const struct world *world)
{
    enum server_state a = state_of(&world->servers[0]), b = state_of(&world->servers[1]);
    unsigned i = 0;
    while (i + 1 < COVERAGE_SITUATIONS &&
           !(situation_rows[i].one == a && situation_rows[i].other == b) &&
           !(situation_rows[i].one == b && situation_rows[i].other == a))
        i++;
    return i;
}

static bool by_server(const struct world *world, const struct packet *packet)
{
    for (unsigned i = 0; i < world->server_count; i++) {
        if (world->servers[i].host.nics[NETWORK_SERVICE].mac == packet->mac_from)
            return true;
    }
    return false;
}

static unsigned tcp_bits(const struct world *world, const struct packet *packet)
{
    struct ft_segment segment;
    enum ft_reason why;
    if (!ft_segment_parse(&segment, packet->header, packet->header_bytes,
                          packet->header_bytes + packet->payload_bytes, false, &why))
        return 0;
    bool to = segment.destination_ip == world->service.ip;
    bool from = segment.source_ip == world->service.ip;
    unsigned bits = packet->payload_bytes > 0 ? SEEN_DATA : 0;
    bits |= segment.flags & FT_SYN ? SEEN_SYN : 0;
    bits |= segment.flags & FT_FIN ? SEEN_FIN : 0;
    if (!to && !from) {
        bits |= segment.destination_port == MESSAGE_PATH_PORT ? SEEN_FROM_PRIMARY : 0;
        return bits | SEEN_LOG;
    }
    bits |= segment.flags & FT_RST ? SEEN_RST : 0;
    bits |= to ? SEEN_TO_SERVICE : SEEN_FROM_SERVICE;
    bits |= packet->report ? SEEN_REPORT : 0;
    return bits | (to && by_server(world, packet) ? SEEN_COPY : 0);
}

static unsigned kind_of(const struct world *world, const struct packet *packet)
{
    unsigned bits = packet->kind == PACKET_ARP                  ? SEEN_ARP
                    : packet->header[IPV4_PROTOCOL] == IPV4_UDP ? SEEN_UDP
                                                                : tcp_bits(world, packet);
    for (unsigned i = 0; i < COVERAGE_EVENTS; i++) {
        unsigned wanted = event_rows[i].packet;
        if (wanted != 0 && (bits & wanted) == wanted)
            return i;
    }
    return 0;
}

/* --- booking ------------------------------------------------------------------------------------------------------ */

static void book(struct witness *self, unsigned event, unsigned fault)
{
    self->coverage->cells[situation_of(self->world)][event][fault]++;
}

static void book_stages(struct witness *self, unsigned fault)
{
    bool seen[COVERAGE_EVENTS] = {false};
    size_t clients = (size_t)self->world->config->clients.count;
    for (size_t i = 0; i <= CLIENTS_MAX; i++) {
        uint8_t stage = self->stages[i];
        bool there = i == CLIENTS_MAX ? stage != 0 : i < clients;
        if (there && !seen[stage])
            book(self, stage, fault);
        seen[stage] |= there;
    }
}

static void book_fault(struct witness *self, const struct fault *fault, const struct packet *packet)
{
    for (unsigned i = 0; i < COVERAGE_FAULTS; i++) {
        const struct fault_row *row = &fault_rows[i];
        int value = *(const int *)((const char *)fault + row->offset);
        if (row->value == FAULT_ANY ? value == 0 : value != row->value)
            continue;
        if (row->on_packet)
            book(self, kind_of(self->world, packet), i);
        else
            book_stages(self, i);
    }
}

static void noticed(struct observer *observer, const struct notice *notice)
{
    struct witness *self = container_of(observer, struct witness, observer);
    if (notice->kind == NOTICE_FAULT) {
        book_fault(self, &self->world->config->faults[notice->value], notice->packet);
        return;
    }
    uint8_t stage = self->stage_of[notice->kind];
    if (notice->kind == NOTICE_CONNECTION_CLOSING)
        self->stages[CLIENTS_MAX] = stage;
    else if (notice->request != NULL)
        self->stages[notice->request->client % CLIENTS_MAX] = stage;
    else
        self->stages[notice->value % CLIENTS_MAX] = stage;
}

static void sent(struct packet_watch *watch, const struct link *link, const struct packet *packet,
                 const struct link_fate *fate)
{
    (void)link;
    if (!fate->lost && !fate->duplicated && !fate->corrupted && fate->late_ns == 0)
        return;
    struct witness *self = container_of(watch, struct witness, packets);
    const bool happened[] = {[FATE_LOST] = fate->lost,
                             [FATE_DUPLICATED] = fate->duplicated,
                             [FATE_CORRUPTED] = fate->corrupted,
                             [FATE_LATE] = fate->late_ns > 0};
    for (int i = FATE_LOST; i <= FATE_LATE; i++) {
        struct fault fault = {.fate = i};
        if (happened[i])
            book_fault(self, &fault, packet);
    }
}

static void begins(struct trial_watch *watch, struct world *world)
{
    struct witness *self = container_of(watch, struct witness, watch);
    self->world = world;
    notice_subscribe(&world->notices, &self->observer);
    if (self->dice)
        fates_watch(world, &self->packets);
}

static bool has_dice(const struct config *config)
{
    const struct link_impairment *impairment = &config->network.impairment;
    bool dice = impairment->loss > 0 || impairment->duplicate > 0 || impairment->corrupt > 0 ||
                impairment->reorder > 0;
    for (size_t i = 0; i < config->fault_count; i++)
        dice |= config->faults[i].on != TARGET_NONE;
    return dice;
}

struct trial_watch *coverage_watch_new(struct coverage *self, const struct config *config)
{
    struct witness *witness = memory_new(sizeof *witness);
    *witness = (struct witness){
        .watch = {.begins = begins},
        .packets = {.sent = sent},
        .observer = {.notice = noticed, .kinds = 1u << NOTICE_FAULT},
        .coverage = self,
        .dice = has_dice(config),
    };
    for (uint8_t i = 0; i < COVERAGE_EVENTS; i++) {
        if (event_rows[i].stage == NOTICE_NONE)
            continue;
        witness->stage_of[event_rows[i].stage] = i;
        witness->observer.kinds |= 1u << event_rows[i].stage;
    }
    return &witness->watch;
}

void coverage_trial(struct coverage *self, struct trial *trial, const struct config *config,
                    uint64_t seed)
{
    struct trial_watch *watch = coverage_watch_new(self, config);
    trial_run(trial, config, seed, watch);
    memory_free(container_of(watch, struct witness, watch));
}

void coverage_add(struct coverage *sum, const struct coverage *one)
{
    uint64_t *to = &sum->cells[0][0][0];
    const uint64_t *from = &one->cells[0][0][0];
    for (size_t i = 0; i < sizeof sum->cells / sizeof *to; i++)
        to[i] += from[i];
}
