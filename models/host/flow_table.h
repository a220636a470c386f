/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flow_table - the replicated connections of one host by client address: the simulated kernel's counterpart of a BPF map.
 */
#ifndef MODELS_HOST_FLOW_TABLE_H
#define MODELS_HOST_FLOW_TABLE_H

#include "core/ft_flow.h"
#include "sim/slab.h"

struct flow_entry {
    struct flow_entry *next;
    struct ft_flow_key key;
    struct ft_flow flow;
};

struct flow_table {
    struct flow_entry **buckets;
    uint32_t mask, count, sweep_at; /* sweep_at: so many entries call for a sweep */
    struct slab entries;
};

void flow_table_init(struct flow_table *self);
void flow_table_fini(struct flow_table *self);
struct ft_flow *flow_table_find(const struct flow_table *self, const struct ft_flow_key *key);
/* The entry of the key, old or new; its flow is for the caller to open. `now_ns` and `keep_ns`: closed entries that nobody
 * has heard of for so long may go. */
struct ft_flow *flow_table_insert(struct flow_table *self, const struct ft_flow_key *key,
                                  int64_t now_ns, int64_t keep_ns);
void flow_table_remove(struct flow_table *self, const struct ft_flow_key *key);

#endif
