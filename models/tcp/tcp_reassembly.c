/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_reassembly - payload into the receive queue: in order at once, out of order when the gap is filled.
 *
 * Bytes that are already there are never replaced. Bytes beyond the advertised window are dropped.
 */
#include "models/tcp/tcp_socket.h"

/* One reference is the new piece's. */
static struct tcp_piece *piece_of(struct tcp_socket *self, uint32_t seq, const struct span *span)
{
    struct tcp_piece *piece = tcp_piece_new(self->stack);
    piece->seq = seq;
    piece->span = *span;
    content_get(span->content);
    return piece;
}

static bool joins(const struct tcp_piece *piece, uint32_t seq, const struct span *span)
{
    return piece != NULL && piece_end(piece) == seq && piece->span.content == span->content &&
           piece->span.offset + piece->span.length == span->offset;
}

/* Stores what of the span is not there yet, at its place: a run of segments of one content is one piece. */
static void store(struct tcp_socket *self, uint32_t seq, struct span span)
{
    struct tcp_piece **at = &self->out_of_order, *previous = NULL;
    while (span.length > 0) {
        while (*at != NULL && !seq_after(piece_end(*at), seq)) {
            previous = *at;
            at = &(*at)->next;
        }
        uint32_t gap = *at == NULL                  ? span.length
                       : seq_after((*at)->seq, seq) ? min_u32((*at)->seq - seq, span.length)
                                                    : 0;
        if (gap > 0 && joins(previous, seq, &span)) {
            previous->span.length += gap;
        } else if (gap > 0) {
            struct span part = {.content = span.content, .offset = span.offset, .length = gap};
            struct tcp_piece *piece = piece_of(self, seq, &part);
            piece->next = *at;
            *at = piece;
        }
        uint32_t skip =
            gap > 0 ? gap : min_u32(piece_end(*at) - seq, span.length); /* a part we have */
        seq += skip;
        span.offset += skip;
        span.length -= skip;
    }
}

static void accept_span(struct tcp_socket *self, const struct span *span)
{
    if (!self->closing) {
        struct span kept = *span;
        content_get(span->content);
        tcp_queue_append(self->stack, &self->receive_queue, self->rcv_nxt, &kept);
        self->rcv_unread += span->length;
    }
    self->rcv_nxt += span->length;
}

/* What has become in order moves over. */
static void drain(struct tcp_socket *self)
{
    struct tcp_piece *piece;
    while ((piece = self->out_of_order) != NULL && !seq_after(piece->seq, self->rcv_nxt)) {
        uint32_t had = self->rcv_nxt - piece->seq;
        self->out_of_order = piece->next;
        if (had < piece->span.length) {
            piece->span.offset += had;
            piece->span.length -= had;
            accept_span(self, &piece->span);
        }
        tcp_piece_free(self->stack, piece);
    }
}

/* Cuts the span to [rcv_nxt, rcv_right); false if nothing is left. */
static bool trim(const struct tcp_socket *self, uint32_t *seq, struct span *span)
{
    if (seq_before(*seq, self->rcv_nxt)) {
        uint32_t old = self->rcv_nxt - *seq;
        if (old >= span->length)
            return false;
        *seq += old;
        span->offset += old;
        span->length -= old;
    }
    if (!seq_before(*seq, self->rcv_right))
        return false;
    span->length = min_u32(span->length, self->rcv_right - *seq);
    return true;
}

uint32_t tcp_reassemble(struct tcp_socket *self, const struct tcp_segment *segment,
                        struct packet *packet)
{
    uint32_t before = self->rcv_nxt, seq = segment->seq;
    for (unsigned i = 0; i < packet->span_count; i++) {
        struct span span = packet->spans[i];
        uint32_t at = seq;
        seq += span.length;
        if (!trim(self, &at, &span))
            continue;
        if (at == self->rcv_nxt && self->out_of_order == NULL) {
            accept_span(self, &span);
        } else {
            self->last_sacked_seq = at;
            store(self, at, span);
            drain(self);
        }
    }
    return self->rcv_nxt - before;
}
