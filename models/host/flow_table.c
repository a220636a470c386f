/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flow_table - a chained hash table that grows, and sweeps out closed entries when it has doubled.
 */
#include "models/host/flow_table.h"

#include "sim/memory.h"

enum { BUCKETS_AT_FIRST = 64, SWEEP_AT_FIRST = 1024 };

void flow_table_init(struct flow_table *self)
{
    *self = (struct flow_table){.mask = BUCKETS_AT_FIRST - 1, .sweep_at = SWEEP_AT_FIRST};
    self->buckets = memory_new(BUCKETS_AT_FIRST * sizeof *self->buckets);
    slab_init(&self->entries, sizeof(struct flow_entry));
}

void flow_table_fini(struct flow_table *self)
{
    slab_fini(&self->entries);
    memory_free(self->buckets);
}

static struct flow_entry **bucket_of(const struct flow_table *self, const struct ft_flow_key *key)
{
    uint64_t mixed = ((uint64_t)key->client_ip << 16 | key->client_port) * 0x9e3779b97f4a7c15;
    return &self->buckets[mixed >> 32 & self->mask];
}

static bool same(const struct ft_flow_key *a, const struct ft_flow_key *b)
{
    return a->client_ip == b->client_ip && a->client_port == b->client_port;
}

static struct flow_entry **place_of(const struct flow_table *self, const struct ft_flow_key *key)
{
    struct flow_entry **at = bucket_of(self, key);
    while (*at != NULL && !same(&(*at)->key, key))
        at = &(*at)->next;
    return at;
}

struct ft_flow *flow_table_find(const struct flow_table *self, const struct ft_flow_key *key)
{
    struct flow_entry *entry = *place_of(self, key);
    return entry != NULL ? &entry->flow : NULL;
}

static void unlink_entry(struct flow_table *self, struct flow_entry **at)
{
    struct flow_entry *entry = *at;
    *at = entry->next;
    slab_give(&self->entries, entry);
    self->count--;
}

void flow_table_remove(struct flow_table *self, const struct ft_flow_key *key)
{
    struct flow_entry **at = place_of(self, key);
    if (*at != NULL)
        unlink_entry(self, at);
}

static void sweep(struct flow_table *self, int64_t now_ns, int64_t keep_ns)
{
    for (uint32_t i = 0; i <= self->mask; i++) {
        for (struct flow_entry **at = &self->buckets[i]; *at != NULL;) {
            const struct ft_flow *flow = &(*at)->flow;
            if (flow->closed && now_ns - flow->heard_ns > keep_ns)
                unlink_entry(self, at);
            else
                at = &(*at)->next;
        }
    }
    self->sweep_at = self->count * 2 > SWEEP_AT_FIRST ? self->count * 2 : SWEEP_AT_FIRST;
}

static void grow(struct flow_table *self)
{
    struct flow_entry **old = self->buckets;
    uint32_t size = self->mask + 1;
    self->buckets = memory_new((size_t)size * 2 * sizeof *old);
    self->mask = size * 2 - 1;
    for (uint32_t i = 0; i < size; i++) {
        for (struct flow_entry *entry = old[i], *next; entry != NULL; entry = next) {
            struct flow_entry **bucket = bucket_of(self, &entry->key);
            next = entry->next;
            entry->next = *bucket;
            *bucket = entry;
        }
    }
    memory_free(old);
}

struct ft_flow *flow_table_insert(struct flow_table *self, const struct ft_flow_key *key,
                                  int64_t now_ns, int64_t keep_ns)
{
    struct ft_flow *found = flow_table_find(self, key);
    if (found != NULL)
        return found;
    if (self->count >= self->sweep_at)
        sweep(self, now_ns, keep_ns);
    if (self->count > self->mask)
        grow(self);
    struct flow_entry *entry = slab_take(&self->entries);
    struct flow_entry **bucket = bucket_of(self, key);
    entry->key = *key;
    entry->next = *bucket;
    *bucket = entry;
    self->count++;
    return &entry->flow;
}
