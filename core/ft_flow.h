/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_flow - what a host remembers of one replicated connection: how far each of the parties has got.
 *
 * The entry mirrors the value of a BPF map: no pointers, every field written whole. Two processors may work on one entry
 * at a time; all positions only ever move forward, so that the worst a race does is to lose a step that the next segment
 * makes good. Positions are sequence numbers. A "right edge" is an acknowledgement number plus the window behind it.
 *
 * An entry is made with the connection (ft_flow_open) and given up by the shell: when ft_flow_expired() or a verdict
 * (FT_FORGET) says so.
 */
#ifndef CORE_FT_FLOW_H
#define CORE_FT_FLOW_H

#include "core/ft_segment.h"

/* All addresses at the service's end are the service's. */
struct ft_flow_key {
    uint32_t client_ip;
    uint16_t client_port;
    uint16_t zero;
};

/* Both hosts create the connection from this. Scales are FT_NO_SCALE if scaling is off. */
struct ft_assign {
    uint32_t client_isn, server_isn;
    uint32_t
        view; /* in which the handshake began: only the hosts of that view know the connection */
    uint16_t mss; /* the client's: what we may send */
    uint8_t client_scale, own_scale;
    uint8_t sack;
    uint8_t zero[3];
};

struct ft_flow {
    int64_t opened_ns, heard_ns; /* creation (or the latest try), last segment of the client */
    struct ft_assign assign;

    uint32_t client_acked, client_right; /* highest ACK number and right edge the client sent */
    uint32_t client_fin;                 /* where the client's FIN is */
    uint32_t shown_acked;                /* highest ACK number that our own TCP was shown */

    uint32_t own_sent; /* behind the last byte (or FIN) our own TCP has sent */
    uint32_t own_acked, own_right;
    uint32_t own_fin;
    uint32_t reset_seq;

    uint32_t spoken_ack, spoken_right; /* what the client has been told */
    /* At the primary what the backup has reported; at the backup what it has reported itself. */
    uint32_t reported_ack, reported_right, reported_fin;

    uint8_t alive; /* our own TCP has sent a segment of it: it exists */
    uint8_t closed;
    uint8_t client_finished, own_finished, reported_finished; /* the *_fin are known */
    uint8_t fin_spoken;
    uint8_t reset_held, reset_reported;
    uint8_t
        repeated; /* since the client last heard from us, the backup has repeated an ACK or been asked for one */
    uint8_t
        followed; /* the other host has spoken for it: the client may have more than our TCP has sent */
    uint8_t obstructed; /* an earlier connection's socket stood in the way; it has been reset */
    uint8_t zero[5];
};

FT_INLINE uint32_t ft_flow_shift(uint8_t scale)
{
    return scale == FT_NO_SCALE ? 0 : scale & 15;
}

FT_INLINE uint32_t ft_flow_right(uint32_t ack, uint16_t window, uint8_t scale)
{
    return ack + ((uint32_t)window << ft_flow_shift(scale));
}

/* The window field that leads from `ack` to `right`, as near as it can. */
FT_INLINE uint16_t ft_flow_window(uint32_t ack, uint32_t right, uint8_t scale)
{
    uint32_t window = ft_seq_before(right, ack) ? 0 : (right - ack) >> ft_flow_shift(scale);
    return window < 0xffff ? (uint16_t)window : 0xffff;
}

/* `first` is the client's segment that completed the handshake, or a later one that acknowledges what the other host has sent;
 * `window` the one offered in the SYN-ACK. */
FT_INLINE void ft_flow_open(struct ft_flow *self, const struct ft_assign *assign,
                            const struct ft_segment *first, uint16_t window, int64_t now_ns)
{
    uint32_t sent = assign->server_isn + 1, received = assign->client_isn + 1;
    uint32_t right = received + window;
    *self = (struct ft_flow){
        .opened_ns = now_ns,
        .heard_ns = now_ns,
        .assign = *assign,
        .client_acked = sent,
        .client_right = ft_flow_right(first->ack, first->window, assign->client_scale),
        .shown_acked = sent,
        .own_sent = sent,
        .own_acked = received,
        .own_right = right,
        .spoken_ack = received,
        .spoken_right = right,
        .reported_ack = received,
        .reported_right = right,
    };
    if ((first->flags & FT_FIN) != 0) {
        self->client_finished = 1;
        self->client_fin = first->seq + first->payload;
    }
}

/* Whether a segment of the client lies where its connection is now: between a little before what we have acknowledged and
 * the window's end. */
FT_INLINE bool ft_flow_near(const struct ft_flow *self, uint32_t seq)
{
    const uint32_t behind = 1U << 20, ahead = 1U << 16;
    uint32_t right = ft_seq_max(self->own_right, self->spoken_right);
    return !ft_seq_before(seq, self->own_acked - behind) && !ft_seq_after(seq, right + ahead);
}

/* Whether the shell may delete the entry. `keep_ns`: the TIME_WAIT of the host's TCP and a little more, since a SYN that reuses
 * the port has to find the entry. `has_socket` as in ft_path.h: TCP gives up silently on a client that vanished. */
FT_INLINE bool ft_flow_expired(const struct ft_flow *self, int64_t now_ns, int64_t keep_ns,
                               bool has_socket)
{
    return (self->closed || !has_socket) && now_ns - self->heard_ns >= keep_ns;
}

/* Both FINs acknowledged: from now on a SYN begins another connection. */
FT_INLINE void ft_flow_note_close(struct ft_flow *self)
{
    if (self->client_finished && self->own_finished &&
        ft_seq_after(self->own_acked, self->client_fin) &&
        ft_seq_after(self->client_acked, self->own_fin))
        self->closed = 1;
}

/* Our own TCP sends this. */
FT_INLINE void ft_flow_note_output(struct ft_flow *self, const struct ft_segment *segment)
{
    if ((segment->flags & FT_RST) != 0) {
        self->closed = 1;
        return;
    }
    self->alive = 1;
    self->own_sent = ft_seq_max(self->own_sent, ft_segment_end(segment));
    if ((segment->flags & FT_FIN) != 0) {
        self->own_fin = segment->seq + segment->payload;
        self->own_finished = 1;
    }
    if ((segment->flags & FT_ACK) != 0) {
        uint32_t right = ft_flow_right(segment->ack, segment->window, self->assign.own_scale);
        self->own_acked = ft_seq_max(self->own_acked, segment->ack);
        self->own_right = ft_seq_max(self->own_right, right);
    }
    ft_flow_note_close(self);
}

/* The client was told this. */
FT_INLINE void ft_flow_note_spoken(struct ft_flow *self, uint32_t ack, uint16_t window, bool fin)
{
    uint32_t right = ft_flow_right(ack, window, self->assign.own_scale);
    self->spoken_ack = ft_seq_max(self->spoken_ack, ack);
    self->spoken_right = ft_seq_max(self->spoken_right, right);
    self->repeated = 0;
    if (fin)
        self->fin_spoken = 1;
}

#endif
