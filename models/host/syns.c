/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * syns - a list in the order of time, so that each costs the same, however many there are.
 */
#include "models/host/syns.h"

#include "sim/memory.h"

#include <string.h>

static void forget_first(struct syns *self)
{
    struct syn *syn = self->first;
    self->first = syn->next;
    memory_free(syn);
}

const struct syn *syns_recent(struct syns *self, int64_t now_ns)
{
    while (self->first != NULL && self->first->at_ns < now_ns - SYNS_KEEP_NS)
        forget_first(self);
    return self->first;
}

bool syn_is_outdated(const struct syn *self)
{
    const struct syn *later = self->next;
    while (later != NULL && memcmp(&later->key, &self->key, sizeof self->key) != 0)
        later = later->next;
    return later != NULL;
}

void syns_remember(struct syns *self, const struct ft_flow_key *key, const struct packet *packet,
                   int64_t now_ns)
{
    struct syn *syn = memory_new(sizeof *syn);
    syn->next = NULL;
    syn->key = *key;
    syn->at_ns = now_ns;
    syn->header_bytes = packet->header_bytes;
    memcpy(syn->header, packet->header, sizeof syn->header);
    if (syns_recent(self, now_ns) == NULL)
        self->first = syn;
    else
        self->last->next = syn;
    self->last = syn;
}

void syns_fini(struct syns *self)
{
    while (self->first != NULL)
        forget_first(self);
}
