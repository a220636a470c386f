/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_sack - selective acknowledgement, both ends: the sender's scoreboard (RFC 6675) and the receiver's blocks (RFC 2018).
 *
 * The scoreboard is a sorted list of what the peer holds above snd_una. A hole is lost if the peer holds more than
 * (threshold - 1) segments above it: all holes below one edge are lost, which is found by walking the list once.
 */
#include "models/tcp/tcp_socket.h"

/* Enters [left, right); returns how many of its bytes are new. */
static uint32_t enter(struct tcp_socket *self, uint32_t left, uint32_t right)
{
    struct tcp_piece **at = &self->sacked;
    while (*at != NULL && seq_before(piece_end(*at), left))
        at = &(*at)->next;
    uint32_t from = left, to = right, had = 0;
    while (*at != NULL && !seq_after((*at)->seq, right)) {
        struct tcp_piece *piece = *at;
        from = seq_before(piece->seq, from) ? piece->seq : from;
        to = seq_after(piece_end(piece), to) ? piece_end(piece) : to;
        had += piece->span.length;
        *at = piece->next;
        tcp_piece_free(self->stack, piece);
    }
    struct tcp_piece *piece = tcp_piece_new(self->stack);
    piece->seq = from;
    piece->span = (struct span){.length = to - from};
    piece->next = *at;
    *at = piece;
    return to - from - had;
}

bool tcp_sack_input(struct tcp_socket *self, const struct tcp_options *options)
{
    uint32_t fresh = 0;
    for (unsigned i = 0; i < options->block_count; i++) {
        uint32_t left = options->blocks[i][0], right = options->blocks[i][1];
        if (!seq_before(left, right) || seq_before(left, self->snd_una) ||
            seq_after(right, tcp_sent_through(self)))
            continue;
        fresh += enter(self, left, right);
    }
    self->sacked_bytes += fresh;
    return fresh > 0;
}

void tcp_sack_advance(struct tcp_socket *self)
{
    struct tcp_piece *piece;
    while ((piece = self->sacked) != NULL && seq_before(piece->seq, self->snd_una)) {
        if (seq_after(piece_end(piece), self->snd_una)) {
            uint32_t gone = self->snd_una - piece->seq;
            piece->seq += gone;
            piece->span.length -= gone;
            self->sacked_bytes -= gone;
            return;
        }
        self->sacked = piece->next;
        self->sacked_bytes -= piece->span.length;
        tcp_piece_free(self->stack, piece);
    }
}

void tcp_sack_clear(struct tcp_socket *self)
{
    tcp_pieces_free(self->stack, self->sacked);
    self->sacked = NULL;
    self->sacked_bytes = 0;
}

/* Holes below this are lost. */
static uint32_t lost_edge(const struct tcp_socket *self)
{
    uint32_t needed = (tcp_profile_of(self)->duplicate_ack_threshold - 1) * self->mss;
    uint32_t above = self->sacked_bytes;
    uint32_t edge = self->snd_una;
    for (const struct tcp_piece *piece = self->sacked; piece != NULL && above > needed;
         piece = piece->next) {
        edge = piece->seq;
        above -= piece->span.length;
    }
    return edge;
}

bool tcp_sack_first_lost(const struct tcp_socket *self)
{
    return seq_after(lost_edge(self), self->snd_una);
}

void tcp_sack_skip(const struct tcp_socket *self, uint32_t *seq, uint32_t *length)
{
    for (const struct tcp_piece *piece = self->sacked; piece != NULL; piece = piece->next) {
        if (!seq_after(piece_end(piece), *seq))
            continue;
        if (seq_after(piece->seq, *seq)) {
            *length = min_u32(*length, piece->seq - *seq);
            return;
        }
        uint32_t skipped = piece_end(piece) - *seq;
        *seq += skipped;
        *length = *length > skipped ? *length - skipped : 0;
    }
}

/* Bytes of holes in [from, to). */
static uint32_t hole_bytes(const struct tcp_socket *self, uint32_t from, uint32_t to)
{
    if (!seq_before(from, to))
        return 0;
    uint32_t bytes = to - from;
    for (const struct tcp_piece *piece = self->sacked; piece != NULL; piece = piece->next) {
        uint32_t left = seq_after(piece->seq, from) ? piece->seq : from;
        uint32_t right = seq_before(piece_end(piece), to) ? piece_end(piece) : to;
        if (seq_before(left, right))
            bytes -= right - left;
    }
    return bytes;
}

static uint32_t not_retransmitted(const struct tcp_socket *self)
{
    return seq_after(self->retransmitted, self->snd_una) ? self->retransmitted : self->snd_una;
}

uint32_t tcp_pipe(const struct tcp_socket *self)
{
    uint32_t outstanding = self->snd_nxt - self->snd_una - self->sacked_bytes;
    return outstanding - hole_bytes(self, not_retransmitted(self), lost_edge(self));
}

bool tcp_sack_next(const struct tcp_socket *self, bool lost_only, uint32_t *seq, uint32_t *length)
{
    uint32_t edge = self->snd_una;
    if (lost_only) {
        edge = lost_edge(self);
    } else {
        for (const struct tcp_piece *piece = self->sacked; piece != NULL; piece = piece->next)
            edge = piece->seq;
    }
    *seq = not_retransmitted(self);
    if (!seq_before(*seq, edge))
        return false;
    *length = edge - *seq;
    tcp_sack_skip(self, seq, length);
    *length = min_u32(*length, self->mss);
    return *length > 0 && seq_before(*seq, edge);
}

/* --- receiver --------------------------------------------------------------------------------------------------- */

unsigned tcp_sack_blocks(const struct tcp_socket *self, uint32_t blocks[][2])
{
    unsigned count = 0;
    for (int latest = 1; latest >= 0; latest--) {
        const struct tcp_piece *piece = self->out_of_order;
        while (piece != NULL && count < TCP_SACK_BLOCKS) {
            uint32_t left = piece->seq, right = piece_end(piece);
            for (piece = piece->next; piece != NULL && piece->seq == right; piece = piece->next)
                right = piece_end(piece);
            bool is_latest = self->last_sacked_seq - left < right - left;
            if (is_latest != (latest == 1))
                continue;
            blocks[count][0] = left;
            blocks[count][1] = right;
            count++;
        }
    }
    return count;
}
