/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_sender - the primary's end of the log channel: which bytes of which reply go next, and which replies may leave.
 *
 * The shell puts complete replies in and asks for the next record whenever the channel has room. Replies take turns by
 * fragments. A reply starts only when the backup's log has room for all of it (credit), so the log can never overflow; until
 * then it waits, and so does whoever waits for it: beyond the limit the service slows. A reply larger than the whole log can
 * never be logged: the shell must not put it in (ft_sender_fits), but tells the backup so before a byte of it leaves
 * (FT_RECORD_UNLOGGED). Shipments are embedded in the shell's objects; the shell keeps their payload until they are acknowledged, abandoned or, if nobody waits any more, shipped and acknowledged.
 */
#ifndef CORE_FT_SENDER_H
#define CORE_FT_SENDER_H

#include "core/ft_record.h"

enum { FT_SENDER_BUCKETS = 64 };

enum ft_shipment_state { FT_SHIPMENT_IDLE, FT_SHIPMENT_QUEUED, FT_SHIPMENT_SENT };

struct ft_shipment {
    struct ft_shipment *next; /* queue, or bucket of those that wait for their acknowledgement */
    struct ft_request_key key;
    uint64_t number, length, offset; /* offset: bytes handed out so far */
    uint8_t flags, state;
};

struct ft_sender {
    struct ft_shipment *first, *last; /* begun and not yet begun, in their turns */
    struct ft_shipment *sent[FT_SENDER_BUCKETS];
    uint64_t view, numbers;
    uint64_t log_bytes;    /* the backup's limit */
    uint64_t begun, freed; /* bytes, ever; their difference is what the backup may hold */
    uint32_t fragment_bytes, waiting; /* waiting: shipments not yet acknowledged */
};

void ft_sender_init(struct ft_sender *self, uint64_t view, uint64_t log_bytes,
                    uint32_t fragment_bytes);

FT_INLINE bool ft_sender_fits(const struct ft_sender *self, uint64_t length)
{
    return length <= self->log_bytes;
}

/* Queues a reply: key, length and flags are set by the caller. */
void ft_sender_put(struct ft_sender *self, struct ft_shipment *shipment);
/* The next record to write, with the shipment whose bytes [record.offset, + record.fragment) follow it. False: nothing to
 * send, or no credit. The record counts as written. */
bool ft_sender_next(struct ft_sender *self, struct ft_record *record,
                    struct ft_shipment **shipment);
/* Takes an ACK or CREDIT in; returns the shipment that may leave now, or NULL. */
struct ft_shipment *ft_sender_acknowledged(struct ft_sender *self, const struct ft_record *record);
/* Nobody will ever ask for this reply (its connection is gone): takes it out if not a byte of it has been handed out; else
 * false, and it will be acknowledged like any other. */
bool ft_sender_withdraw(struct ft_sender *self, struct ft_shipment *shipment);
/* Nobody logs any more (the backup is gone): takes one waiting shipment out; NULL when there are no more. */
struct ft_shipment *ft_sender_abandon(struct ft_sender *self);
/* Bytes that the backup holds or will hold, as far as we know. */
FT_INLINE uint64_t ft_sender_outstanding(const struct ft_sender *self)
{
    return self->begun - self->freed;
}
/* The record that tells the backup to drop everything of a connection. */
void ft_sender_forget(const struct ft_sender *self, const struct ft_connection_key *connection,
                      struct ft_record *record);

#endif
