/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_api - what the owner of a socket may ask of it.
 */
#include "models/tcp/tcp_socket.h"

void tcp_set_owner(struct tcp_socket *self, const struct tcp_events *events, void *owner)
{
    self->events = events;
    self->owner = owner;
}

void *tcp_owner(const struct tcp_socket *self)
{
    return self->owner;
}

void tcp_set_nagle(struct tcp_socket *self, bool on)
{
    self->nagle = on;
}

/* --- sending ---------------------------------------------------------------------------------------------------- */

uint32_t tcp_unacknowledged(const struct tcp_socket *self)
{
    bool opening = self->state == TCP_STATE_SYN_SENT || self->state == TCP_STATE_SYN_RECEIVED;
    uint32_t from = opening ? self->iss + 1 : self->snd_una;
    return seq_before(from, self->snd_end) ? self->snd_end - from : 0;
}

static uint32_t send_buffer(const struct tcp_socket *self)
{
    const struct tcp_profile *profile = tcp_profile_of(self);
    uint32_t bytes = profile->send_buffer_bytes;
    if (profile->send_buffer_max_bytes > bytes)
        bytes =
            max_u32(bytes, min_u32(2 * self->congestion_window, profile->send_buffer_max_bytes));
    return bytes;
}

uint32_t tcp_send_space(const struct tcp_socket *self)
{
    uint32_t limit = send_buffer(self), used = tcp_unacknowledged(self);
    return limit > used ? limit - used : 0;
}

static bool may_queue(const struct tcp_socket *self)
{
    return !self->closing &&
           (self->state == TCP_STATE_ESTABLISHED || self->state == TCP_STATE_CLOSE_WAIT ||
            self->state == TCP_STATE_SYN_SENT || self->state == TCP_STATE_SYN_RECEIVED);
}

uint32_t tcp_send(struct tcp_socket *self, const struct span *span, bool more)
{
    if (!may_queue(self) || span->length == 0)
        return 0;
    struct span part = *span;
    part.length = min_u32(span->length, tcp_send_space(self));
    self->short_of_room = part.length < span->length;
    self->cork = more && !self->short_of_room;
    if (part.length > 0) {
        content_get(part.content);
        tcp_queue_append(self->stack, &self->send_queue, self->snd_end, &part);
        self->snd_end += part.length;
    }
    tcp_push(self);
    return part.length;
}

void tcp_kick(struct tcp_socket *self)
{
    if (self->state < TCP_STATE_ESTABLISHED)
        return;
    bool was = tcp_lock(self);
    self->backoff = 0;
    if (self->snd_una != tcp_sent_through(self)) {
        tcp_timer_set_retransmit(self, tcp_rto(self));
        tcp_recovery_timeout(self);
    } else {
        tcp_send_ack(self);
    }
    tcp_unlock(self, was);
}

/* --- receiving -------------------------------------------------------------------------------------------------- */

/* Linux __tcp_cleanup_rbuf(): tell the peer when the window has at least doubled. */
static void tell_window(struct tcp_socket *self)
{
    uint32_t offered =
        seq_after(self->rcv_right, self->rcv_nxt) ? self->rcv_right - self->rcv_nxt : 0;
    if (2 * offered > self->receive_buffer || self->fin_received)
        return;
    uint32_t now = tcp_receive_window(self);
    if (now > 0 && now >= 2 * offered)
        tcp_send_ack(self);
}

bool tcp_receive(struct tcp_socket *self, uint32_t limit, struct span *out)
{
    struct tcp_piece *piece = self->receive_queue.first;
    if (piece == NULL || limit == 0)
        return false;
    *out = piece->span;
    out->length = min_u32(out->length, limit);
    content_get(out->content);
    self->rcv_unread -= out->length;
    piece->seq += out->length;
    piece->span.offset += out->length;
    piece->span.length -= out->length;
    if (piece->span.length == 0) {
        self->receive_queue.first = piece->next;
        tcp_piece_free(self->stack, piece);
    }
    tell_window(self);
    return true;
}

uint32_t tcp_receivable(const struct tcp_socket *self)
{
    return self->rcv_unread;
}

bool tcp_peer_finished(const struct tcp_socket *self)
{
    return self->fin_received && self->rcv_unread == 0;
}

/* --- ending ----------------------------------------------------------------------------------------------------- */

void tcp_close(struct tcp_socket *self)
{
    if (self->closing || self->state == TCP_STATE_CLOSED)
        return;
    if (self->state == TCP_STATE_SYN_SENT || self->state == TCP_STATE_SYN_RECEIVED) {
        tcp_socket_destroy(self);
        return;
    }
    self->closing = true;
    self->cork = false;
    self->state = self->state == TCP_STATE_CLOSE_WAIT ? TCP_STATE_LAST_ACK : TCP_STATE_FIN_WAIT_1;
    tcp_queue_clear(self->stack, &self->receive_queue);
    self->rcv_unread = 0;
    tcp_push(self);
}

void tcp_abort(struct tcp_socket *self)
{
    if (self->state >= TCP_STATE_ESTABLISHED)
        tcp_send_reset(self);
    tcp_socket_destroy(self);
}

/* --- facts ------------------------------------------------------------------------------------------------------ */

static const char *const state_names[] = {
    [TCP_STATE_CLOSED] = "CLOSED",
    [TCP_STATE_SYN_SENT] = "SYN_SENT",
    [TCP_STATE_SYN_RECEIVED] = "SYN_RECEIVED",
    [TCP_STATE_ESTABLISHED] = "ESTABLISHED",
    [TCP_STATE_FIN_WAIT_1] = "FIN_WAIT_1",
    [TCP_STATE_FIN_WAIT_2] = "FIN_WAIT_2",
    [TCP_STATE_CLOSING] = "CLOSING",
    [TCP_STATE_CLOSE_WAIT] = "CLOSE_WAIT",
    [TCP_STATE_LAST_ACK] = "LAST_ACK",
};

void tcp_facts(const struct tcp_socket *self, struct tcp_facts *out)
{
    *out = (struct tcp_facts){
        .local = {.ip = self->local_ip, .port = self->local_port},
        .remote = {.ip = self->remote_ip, .port = self->remote_port},
        .own_isn = self->iss,
        .peer_isn = self->irs,
        .received_through = self->rcv_nxt,
        .offered_through = self->rcv_right,
        .peer_window_scale = self->send_scale,
        .sent_through = tcp_sent_through(self),
        .acked = self->snd_una,
        .congestion_window = self->congestion_window,
        .slow_start_threshold = self->slow_start_threshold,
        .rtt_ns = self->srtt_ns,
        .rto_ns = self->rto_ns,
        .opened_at_ns = self->opened_at_ns,
        .retransmissions = self->retransmissions,
        .state = state_names[self->state],
    };
}
