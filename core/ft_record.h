/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_record - what travels on the log channel: 64-byte headers, some followed by payload.
 *
 * The channel is a byte stream in order (a TCP connection between the servers). A reply goes as one or more fragments, so
 * that a large one does not keep small ones waiting. Every header carries the view it was made in and a SipHash of itself
 * under the hosts' shared key: what does not verify is refused and ends the channel. The payload is not authenticated (the
 * channel is bound to the replication network; TCP's checksum guards against accidents).
 *
 * Big-endian: magic 2, kind 1, flags 1, client address 4, client port 2, zero 2, client ISN 4, ordinal 4, number 8, length 8,
 * offset 8, fragment 4, view 8, MAC 8.
 */
#ifndef CORE_FT_RECORD_H
#define CORE_FT_RECORD_H

#include "core/ft_plant.h"
#include "core/ft_siphash.h"

enum { FT_RECORD_BYTES = 64 };

/* One connection of one client, apart from later ones that reuse its port: its incarnation is the client's ISN. */
struct ft_connection_key {
    uint32_t client_ip, client_isn;
    uint16_t client_port;
};

/* One request: the ordinal-th (1, 2, …) on its connection. */
struct ft_request_key {
    struct ft_connection_key connection;
    uint32_t ordinal;
};

enum ft_record_kind {
    FT_RECORD_REPLY =
        1, /* primary: bytes [offset, offset + fragment) of a reply of `length` bytes follow */
    FT_RECORD_ACK,    /* backup: the reply is logged; `length` is the credit: bytes freed so far */
    FT_RECORD_CREDIT, /* backup: `length` bytes freed so far */
    FT_RECORD_FORGET, /* primary: its server ended the connection after `ordinal` replies: no more will come, none of a
                       * connection that is gone will be asked for */
    FT_RECORD_LEFT, /* backup: its server ended the connection, or cannot serve it: it is the primary's alone */
};

/* Flags of a reply. CLOSE: the server closes the connection behind it. UNLOGGED, of a reply of no bytes: the real one is
 * too large to be logged and goes to the client without; the connection is the primary's alone from here on. */
enum { FT_RECORD_CLOSE = 1, FT_RECORD_UNLOGGED = 2 };

struct ft_record {
    uint8_t kind, flags;
    struct ft_request_key key;
    uint64_t number; /* of the reply on this channel: 1, 2, … */
    uint64_t length, offset, view;
    uint32_t fragment;
};

enum ft_record_error {
    FT_RECORD_OK,
    FT_RECORD_BAD_MAC,   /* not from our peer, or damaged */
    FT_RECORD_BAD_KIND,  /* verified, but of a newer program */
    FT_RECORD_BAD_SIZES, /* the fragment does not lie inside the reply */
};

void ft_record_write(const struct ft_record *self, const struct ft_key *key,
                     uint8_t out[FT_RECORD_BYTES]);
enum ft_record_error ft_record_read(const uint8_t in[FT_RECORD_BYTES], const struct ft_key *key,
                                    struct ft_record *out);

FT_INLINE bool ft_connection_same(const struct ft_connection_key *a,
                                  const struct ft_connection_key *b)
{
    bool incarnation = a->client_isn == b->client_isn || ft_planted(FT_PLANT_NO_INCARNATION);
    return incarnation && a->client_ip == b->client_ip && a->client_port == b->client_port;
}

FT_INLINE bool ft_request_same(const struct ft_request_key *a, const struct ft_request_key *b)
{
    bool ordinal = a->ordinal == b->ordinal || ft_planted(FT_PLANT_NO_ORDINAL);
    return ordinal && ft_connection_same(&a->connection, &b->connection);
}

/* A bucket number below `buckets` (a power of two). All requests of a connection share a bucket. */
FT_INLINE uint32_t ft_connection_bucket(const struct ft_connection_key *self, uint32_t buckets)
{
    uint32_t incarnation = ft_planted(FT_PLANT_NO_INCARNATION) ? 0 : self->client_isn;
    uint64_t mixed = ((uint64_t)self->client_ip << 32 | incarnation) ^
                     (uint64_t)self->client_port * 0x9e3779b97f4a7c15;
    mixed *= 0xd6e8feb86659fd93;
    return (uint32_t)(mixed >> 40) & (buckets - 1);
}

#endif
