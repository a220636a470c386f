/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet - the pool of packets, and what a packet's payload sums up to.
 *
 * Free packets form a stack, so that the packet used last, still in the cache, is used next.
 */
#include "models/net/packet.h"

#include "sim/bug.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

enum { SLAB_PACKETS = 64 };

struct packet_slab {
    struct packet_slab *next;
    struct packet packets[SLAB_PACKETS];
};

struct packet_pool {
    struct packet *free;
    struct packet_slab *slabs;
    uint64_t live;
};

struct packet_pool *packet_pool_new(void)
{
    struct packet_pool *self = must(calloc(1, sizeof *self));
    return self;
}

static inline void drop_spans(struct packet *self)
{
    for (unsigned i = 0; i < self->span_count; i++)
        content_put(self->spans[i].content);
    self->span_count = 0;
}

void packet_pool_free(struct packet_pool *self)
{
    if (self == NULL)
        return;
    for (struct packet_slab *slab = self->slabs, *next; slab != NULL; slab = next) {
        next = slab->next;
        for (unsigned i = 0; i < SLAB_PACKETS; i++)
            if (slab->packets[i].live)
                drop_spans(&slab->packets[i]);
        free(slab);
    }
    free(self);
}

uint64_t packet_pool_live(const struct packet_pool *self)
{
    return self->live;
}

static void grow(struct packet_pool *self)
{
    struct packet_slab *slab = must(calloc(1, sizeof *slab));
    slab->next = self->slabs;
    self->slabs = slab;
    for (unsigned i = SLAB_PACKETS; i-- > 0;) {
        slab->packets[i].pool = self;
        slab->packets[i].next = self->free;
        self->free = &slab->packets[i];
    }
}

struct packet *packet_new(struct packet_pool *pool)
{
    if (pool->free == NULL)
        grow(pool);
    struct packet *self = pool->free;
    pool->free = self->next;
    pool->live++;
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
    struct packet_pool *pool = self->pool;
    pool->live--;
    self->next = pool->free;
    pool->free = self;
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
