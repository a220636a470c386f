/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * numbering - a table of connections by their two addresses. One whose beginning was not seen begins where it is met first.
 */
#include "models/view/numbering.h"

#include "models/tcp/tcp_wire.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <uthash.h>

struct connection_key {
    struct {
        uint32_t ip, port;
    } ends[2]; /* the lower address first */
};

struct followed {
    struct connection_key key;
    uint32_t isn[2], through[2]; /* through: behind the last byte ever sent */
    bool known[2], sent[2];
    int client;
    UT_hash_handle hh;
};

struct numbering {
    struct followed *connections;
};

struct numbering *numbering_new(void)
{
    struct numbering *self = must(calloc(1, sizeof *self));
    return self;
}

void numbering_free(struct numbering *self)
{
    struct followed *connection, *next;
    HASH_ITER (hh, self->connections, connection, next) {
        HASH_DEL(self->connections, connection);
        free(connection);
    }
    free(self);
}

/* Finds or begins it; `end`: which of its ends `one` is. */
static struct followed *follow(struct numbering *self, struct tcp_address one,
                               struct tcp_address other, unsigned *end)
{
    struct connection_key key = {.ends = {{0, 0}}};
    struct followed *connection;
    *end = one.ip > other.ip || (one.ip == other.ip && one.port > other.port);
    key.ends[*end].ip = one.ip;
    key.ends[*end].port = one.port;
    key.ends[!*end].ip = other.ip;
    key.ends[!*end].port = other.port;
    HASH_FIND(hh, self->connections, &key, sizeof key, connection);
    if (connection != NULL)
        return connection;
    connection = must(calloc(1, sizeof *connection));
    connection->key = key;
    connection->client = -1;
    HASH_ADD(hh, self->connections, key, sizeof connection->key, connection);
    return connection;
}

void numbering_learn(struct numbering *self, struct tcp_address one, struct tcp_address other,
                     int client)
{
    unsigned end;
    follow(self, one, other, &end)->client = client;
}

static void begin(struct followed *self, unsigned end, uint32_t isn)
{
    if (self->known[end] && self->isn[end] == isn)
        return;
    self->known[end] = true;
    self->isn[end] = isn;
    self->sent[end] = false;
}

static bool sent_before(struct followed *self, unsigned end, const struct reading *reading)
{
    uint32_t length = reading->length + ((reading->flags & TCP_FLAG_SYN) != 0) +
                      ((reading->flags & TCP_FLAG_FIN) != 0);
    if (length == 0)
        return false;
    bool again = self->sent[end] && (int32_t)(reading->seq - self->through[end]) < 0;
    if (!self->sent[end] || (int32_t)(reading->seq + length - self->through[end]) > 0)
        self->through[end] = reading->seq + length;
    self->sent[end] = true;
    return again;
}

void numbering_of(struct numbering *self, const struct reading *reading, bool original,
                  struct numbers *out)
{
    struct tcp_address from = {.ip = reading->source_ip, .port = reading->source_port};
    struct tcp_address to = {.ip = reading->destination_ip, .port = reading->destination_port};
    unsigned end;
    struct followed *connection = follow(self, from, to, &end);
    bool syn = reading->flags & TCP_FLAG_SYN, ack = reading->flags & TCP_FLAG_ACK;
    if (syn || !connection->known[end])
        begin(connection, end, syn ? reading->seq : reading->seq - 1);
    if (ack && (syn || !connection->known[!end]))
        begin(connection, !end, reading->ack - 1);
    *out = (struct numbers){
        .seq = reading->seq - connection->isn[end],
        .ack = ack ? reading->ack - connection->isn[!end] : 0,
        .again = original && sent_before(connection, end, reading),
        .client = connection->client,
    };
}
