/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet - the pool of packets, and what a packet's payload sums up to.
 */
#include "models/net/packet.h"

#include "sim/bug.h"
#include "sim/memory.h"
#include "sim/slab.h"

#include <string.h>

struct packet_pool {
    struct slab packets;
};

struct packet_pool *packet_pool_new(void)
{
    struct packet_pool *self = memory_new(sizeof *self);
    slab_init(&self->packets, sizeof(struct packet));
    return self;
}

static inline void drop_spans(struct packet *self)
{
    for (unsigned i = 0; i < self->span_count; i++)
        content_put(self->spans[i].content);
    self->span_count = 0;
}

static void drop_live(void *object)
{
    struct packet *packet = object;
    if (packet->live)
        drop_spans(packet);
}

void packet_pool_free(struct packet_pool *self)
{
    if (self == NULL)
        return;
    slab_each(&self->packets, drop_live);
    slab_fini(&self->packets);
    memory_free(self);
}

uint64_t packet_pool_live(const struct packet_pool *self)
{
    return self->packets.live;
}

struct packet *packet_new(struct packet_pool *pool)
{
    struct packet *self = slab_take(&pool->packets);
    self->pool = pool;
    self->live = 1;
    self->next = NULL;
    self->mac_from = self->mac_to = MAC_NONE;
    self->kind = PACKET_IPV4;
    self->header_bytes = 0;
    self->span_count = 0;
    self->corrupt = self->damaged = 0;
    self->payload_bytes = 0;
    self->mark = 0;
    self->report = 0;
    return self;
}

struct packet *packet_clone(const struct packet *self)
{
    struct packet *clone = packet_new(self->pool);
    clone->mac_from = self->mac_from;
    clone->mac_to = self->mac_to;
    clone->kind = self->kind;
    clone->header_bytes = self->header_bytes;
    clone->span_count = self->span_count;
    clone->corrupt = self->corrupt;
    clone->damaged = self->damaged;
    clone->payload_bytes = self->payload_bytes;
    clone->mark = self->mark;
    clone->report = self->report;
    memcpy(clone->header, self->header, sizeof self->header);
    memcpy(clone->spans, self->spans, sizeof self->spans);
    for (unsigned i = 0; i < self->span_count; i++)
        content_get(self->spans[i].content);
    return clone;
}

void packet_free(struct packet *self)
{
    assert(self->live && !event_pending(&self->event));
    drop_spans(self);
    self->live = 0;
    slab_give(&self->pool->packets, self);
}

static void work_dropped(struct cpu_work *work)
{
    packet_free(container_of(work, struct packet, work));
}

void packet_work_init(struct packet *self, enum cpu_level level, void (*done)(struct cpu_work *))
{
    cpu_work_init(&self->work, level, done);
    self->work.dropped = work_dropped;
}

void packet_cut_to_headers(struct packet *self)
{
    drop_spans(self);
    self->payload_bytes = 0;
    self->corrupt = 0;
}

uint16_t packet_payload_sum(const struct packet *self)
{
    uint32_t sum = self->corrupt;
    uint32_t place = 0;
    for (unsigned i = 0; i < self->span_count; i++) {
        sum += span_sum(&self->spans[i], place & 1);
        place += self->spans[i].length;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}
