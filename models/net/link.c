/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link - sending, impairing and delivering.
 *
 * Since the queue is served in order, a packet's arrival is known when it is sent: it begins to leave when all that was
 * accepted before has left. The bytes that wait follow from the time the transmitter still needs for them, so there is no
 * queue to keep. Corruption flips one bit: in the headers' bytes where it hits those, as a mark on the payload otherwise.
 */
#include "models/net/link.h"

enum { PPP_BYTES = 2 };

static const int64_t BYTE_NS_AT_ONE_BIT_PER_SECOND = INT64_C(8000000000);

void link_init(struct link *self, struct simulation *simulation,
               const struct link_settings *settings, struct receiver *to, uint64_t entity)
{
    *self = (struct link){
        .simulation = simulation,
        .to = to,
        .settings = *settings,
        .up = true,
    };
    if (settings->rate_bps > 0 && BYTE_NS_AT_ONE_BIT_PER_SECOND % settings->rate_bps == 0)
        self->ns_per_byte = BYTE_NS_AT_ONE_BIT_PER_SECOND / settings->rate_bps;
    random_init(&self->random, simulation->seed, entity);
    link_impair(self, &settings->impairment);
}

void link_impair(struct link *self, const struct link_impairment *impairment)
{
    self->settings.impairment = *impairment;
    self->impaired = impairment->loss > 0 || impairment->duplicate > 0 || impairment->reorder > 0 ||
                     impairment->corrupt > 0;
}

void link_set_up(struct link *self, bool up)
{
    if (self->up && !up) {
        self->cuts++;
        self->free_at_ns = self->simulation->now_ns; /* what waited is gone too */
    }
    self->up = up;
}

static inline uint32_t wire_bytes(const struct link *self, const struct packet *packet)
{
    if (self->settings.ppp)
        return packet->header_bytes + packet->payload_bytes + PPP_BYTES;
    return packet_wire_bytes(packet);
}

static inline int64_t transmission_ns(const struct link *self, uint32_t bytes)
{
    if (self->ns_per_byte != 0)
        return bytes * self->ns_per_byte;
    if (self->settings.rate_bps == 0)
        return 0;
    return (bytes * BYTE_NS_AT_ONE_BIT_PER_SECOND + self->settings.rate_bps - 1) /
           self->settings.rate_bps;
}

int64_t link_backlog_ns(const struct link *self)
{
    int64_t now_ns = self->simulation->now_ns;
    return self->free_at_ns > now_ns ? self->free_at_ns : now_ns;
}

static bool queue_has_room(const struct link *self, uint32_t bytes, int64_t at_ns)
{
    if (self->settings.queue_bytes == 0 || self->settings.rate_bps == 0)
        return true;
    double wait_ns = self->free_at_ns > at_ns ? (double)(self->free_at_ns - at_ns) : 0;
    double waiting =
        wait_ns * (double)self->settings.rate_bps / (double)BYTE_NS_AT_ONE_BIT_PER_SECOND;
    return waiting + bytes <= (double)self->settings.queue_bytes;
}

static void discard(struct link *self, struct packet *packet, enum link_drop why)
{
    if (self->tap != NULL)
        self->tap->dropped(self->tap, packet, why);
    packet_free(packet);
}

void link_refuse(struct link *self, struct packet *packet)
{
    self->counters.cut++;
    discard(self, packet, LINK_DROP_CUT);
}

static void arrive(struct event *event, struct simulation *simulation)
{
    (void)simulation;
    struct packet *packet = container_of(event, struct packet, event);
    struct link *link = packet->link;
    if (__builtin_expect(packet->link_cuts != link->cuts, 0)) {
        link->counters.cut++;
        discard(link, packet, LINK_DROP_CUT_IN_FLIGHT);
        return;
    }
    if (__builtin_expect(link->tap != NULL, 0))
        link->tap->arrived(link->tap, packet);
    packet->next_hop->receive(packet->next_hop, packet);
}

static inline void deliver(struct link *self, struct packet *packet, int64_t at_ns)
{
    packet->link = self;
    packet->link_cuts = self->cuts;
    packet->next_hop = self->to;
    packet->event.fire = arrive;
    event_schedule(&packet->event, self->simulation, at_ns);
}

static bool chance(struct link *self, double probability)
{
    return probability > 0 && random_uniform(&self->random) < probability;
}

static void draw_fate(struct link *self, const struct packet *packet, struct link_fate *fate)
{
    const struct link_impairment *impairment = &self->settings.impairment;
    uint32_t bytes = packet->header_bytes + packet->payload_bytes;
    fate->lost = chance(self, impairment->loss);
    if (fate->lost)
        return;
    fate->duplicated = chance(self, impairment->duplicate);
    fate->corrupted = chance(self, impairment->corrupt);
    if (fate->corrupted)
        fate->bit = (uint32_t)(random_uniform(&self->random) * bytes * 8);
    if (chance(self, impairment->reorder))
        fate->late_ns = impairment->reorder_delay_ns;
}

static void corrupt(struct link *self, struct packet *packet, uint32_t bit)
{
    if (bit / 8 < packet->header_bytes)
        packet->header[bit / 8] ^= (uint8_t)(1U << bit % 8);
    else
        packet->corrupt = 1;
    packet->damaged = 1;
    self->counters.corrupted++;
}

/* Returns the arrival, later than given for a late packet, or -1 for a lost one. */
static int64_t suffer(struct link *self, struct packet *packet, const struct link_fate *fate,
                      int64_t arrives_ns)
{
    if (fate->lost) {
        self->counters.lost++;
        return -1;
    }
    if (fate->duplicated) {
        struct packet *copy = packet_clone(packet);
        self->counters.duplicated++;
        if (self->tap != NULL)
            self->tap->sent(self->tap, copy, NULL, arrives_ns);
        deliver(self, copy, arrives_ns);
    }
    if (fate->corrupted)
        corrupt(self, packet, fate->bit);
    self->counters.reordered += fate->late_ns > 0;
    return arrives_ns + fate->late_ns;
}

static inline int64_t meet_fate(struct link *self, struct packet *packet, int64_t arrives_ns)
{
    struct link_fates *fates = self->fates;
    bool decided = fates != NULL && ++fates->packets >= fates->next;
    if (__builtin_expect(!self->impaired && !decided && self->tap == NULL, 1))
        return arrives_ns;
    struct link_fate fate = {0};
    if (self->impaired)
        draw_fate(self, packet, &fate);
    if (decided)
        fates->decide(fates, self, packet, &fate);
    if (self->tap != NULL)
        self->tap->sent(self->tap, packet, &fate, fate.lost ? -1 : arrives_ns + fate.late_ns);
    return suffer(self, packet, &fate, arrives_ns);
}

void link_send_after(struct link *self, struct packet *packet, int64_t after_ns)
{
    uint32_t bytes = wire_bytes(self, packet);
    if (!self->up) {
        self->counters.cut++;
        discard(self, packet, LINK_DROP_DOWN);
        return;
    }
    int64_t start_ns = self->simulation->now_ns + after_ns;
    if (!queue_has_room(self, bytes, start_ns)) {
        self->counters.dropped_queue++;
        discard(self, packet, LINK_DROP_QUEUE);
        return;
    }
    if (start_ns < self->free_at_ns)
        start_ns = self->free_at_ns;
    self->free_at_ns = start_ns + transmission_ns(self, bytes);
    self->counters.packets++;
    self->counters.wire_bytes += bytes;
    int64_t arrives_ns = meet_fate(self, packet, self->free_at_ns + self->settings.delay_ns);
    if (arrives_ns < 0)
        packet_free(packet);
    else
        deliver(self, packet, arrives_ns);
}

void link_send(struct link *self, struct packet *packet)
{
    link_send_after(self, packet, 0);
}
