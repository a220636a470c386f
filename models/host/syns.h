/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * syns - SYNs that a server has not answered, since another host was to: should it go on alone soon, it does so then, or the client
 * would try again only after a second (module/daemon/takeover.c, and the map understudy_syns of module/bpf).
 *
 * Those that are older than SYNS_KEEP_NS go when another one comes. In the order of coming, where the real map has none.
 */
#ifndef MODELS_HOST_SYNS_H
#define MODELS_HOST_SYNS_H

#include "core/ft_flow.h"
#include "models/net/packet.h"

#include <stdbool.h>

#define SYNS_KEEP_NS INT64_C(1000000000)

struct syn {
    struct syn *next;
    struct ft_flow_key key;
    int64_t at_ns; /* on the host's clock */
    uint8_t header_bytes;
    uint8_t header[PACKET_HEADER_MAX];
};

struct syns {
    struct syn *first, *last; /* the oldest and the newest; `last` is valid unless first is NULL */
};

void syns_fini(struct syns *self);
void syns_remember(struct syns *self, const struct ft_flow_key *key, const struct packet *packet,
                   int64_t now_ns);
/* Those that came within SYNS_KEEP_NS, the oldest first; NULL: none. */
const struct syn *syns_recent(struct syns *self, int64_t now_ns);
/* Whether the same client's port has sent another one since. */
bool syn_is_outdated(const struct syn *self);

#endif
