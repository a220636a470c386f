/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * numbering - TCP connections of a world as an onlooker follows them: sequence numbers from their beginning, bytes that are
 * sent again, and which client a connection belongs to.
 */
#ifndef MODELS_VIEW_NUMBERING_H
#define MODELS_VIEW_NUMBERING_H

#include "models/tcp/tcp.h"
#include "models/view/reading.h"

struct numbering;

struct numbers {
    uint32_t seq, ack; /* 0: the SYN's */
    bool again;        /* bytes that its sender has sent before */
    int client;        /* -1: a connection of the servers, or nobody has told yet */
};

struct numbering *numbering_new(void);
void numbering_free(struct numbering *self);
/* A connection gets to know its client; both ends may be given in either order. */
void numbering_learn(struct numbering *self, struct tcp_address one, struct tcp_address other,
                     int client);
/* `original`: the packet leaves the host that made it, or speaks for the service: what was there before is there again. */
void numbering_of(struct numbering *self, const struct reading *reading, bool original,
                  struct numbers *out);

#endif
