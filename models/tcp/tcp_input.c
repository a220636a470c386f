/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_input - a segment arrives: RFC 9293 section 3.10.7, state by state.
 */
#include "models/tcp/tcp_socket.h"

/* --- the handshake ---------------------------------------------------------------------------------------------- */

void tcp_negotiate(struct tcp_socket *self, const struct tcp_options *options, uint8_t own_scale)
{
    const struct tcp_profile *profile = tcp_profile_of(self);
    uint16_t offered = options->mss > 0 ? options->mss : 536;
    self->mss = (uint16_t)min_u32(tcp_own_mss(self), offered);
    bool scaled = options->window_scale != 0xff && own_scale != 0xff;
    self->send_scale = scaled ? options->window_scale : 0;
    self->receive_scale = scaled ? own_scale : 0;
    self->scaled = scaled;
    self->sack = profile->sack && options->sack_permitted;
    self->congestion_window = profile->initial_window_segments * self->mss;
    if (self->receive_scale == 0)
        self->receive_buffer = min_u32(self->receive_buffer, 0xffff);
}

bool tcp_establish(struct tcp_socket *self)
{
    struct tcp_listener *listener = self->listener;
    self->state = TCP_STATE_ESTABLISHED;
    self->retransmit_at_ns = TCP_NEVER;
    self->retries = 0;
    self->backoff = 0;
    if (listener == NULL)
        return false;
    listener->pending--;
    self->listener = NULL;
    self->accepted = true;
    self->stack->counters.opened++;
    listener->accepted(listener->context, self);
    return true;
}

static void listen_input(struct tcp_stack *stack, struct tcp_listener *listener,
                         const struct tcp_segment *segment)
{
    if (listener->pending >= listener->backlog)
        return;
    struct tcp_address remote = {.ip = segment->source_ip, .port = segment->source_port};
    struct tcp_socket *self = tcp_socket_new(stack, listener->local, remote);
    struct tcp_options options;
    tcp_parse_options(segment, &options);
    self->listener = listener;
    listener->pending++;
    self->passive = true;
    self->state = TCP_STATE_SYN_RECEIVED;
    self->irs = segment->seq;
    self->rcv_nxt = self->rcv_acked = segment->seq + 1;
    self->iss = tcp_new_isn(stack, listener->local, remote);
    self->snd_una = self->snd_small = self->iss;
    self->snd_nxt = self->snd_end = self->iss + 1;
    self->snd_window = segment->window;
    tcp_negotiate(self, &options, tcp_profile_of(self)->window_scale);
    tcp_send_syn(self);
}

static void syn_sent_input(struct tcp_socket *self, const struct tcp_segment *segment)
{
    bool ack = segment->flags & TCP_FLAG_ACK;
    if (ack && segment->ack != self->iss + 1) {
        tcp_refuse(self->stack, segment);
        return;
    }
    if (segment->flags & TCP_FLAG_RST) {
        self->stack->counters.resets_received++;
        if (ack)
            tcp_socket_finish(self, TCP_REFUSED);
        return;
    }
    if (!(segment->flags & TCP_FLAG_SYN) || !ack)
        return;
    struct tcp_options options;
    tcp_parse_options(segment, &options);
    tcp_negotiate(self, &options, tcp_profile_of(self)->window_scale);
    self->irs = segment->seq;
    self->rcv_nxt = self->rcv_acked = segment->seq + 1;
    self->rcv_right = self->rcv_nxt + min_u32(self->receive_buffer, 0xffff);
    self->snd_una = segment->ack;
    self->snd_window = self->snd_window_max = segment->window;
    self->snd_wl1 = segment->seq;
    if (self->timing)
        tcp_round_trip(self, tcp_now(self) - self->timed_at_ns);
    self->timing = false;
    tcp_establish(self);
    tcp_send_ack(self);
    if (self->events != NULL && self->events->connected != NULL)
        self->events->connected(self);
    if (!self->dead)
        tcp_push(self);
}

/* The segment that ends the handshake; false: it does not, and nothing more is to be done with it. */
static bool syn_received_input(struct tcp_socket *self, const struct tcp_segment *segment)
{
    if (segment->flags & TCP_FLAG_RST) {
        if (segment->seq == self->rcv_nxt)
            tcp_socket_destroy(self);
        return false;
    }
    if (segment->flags & TCP_FLAG_SYN) {
        if (segment->seq == self->irs && !self->adopted)
            tcp_send_syn(self);
        return false;
    }
    if (!(segment->flags & TCP_FLAG_ACK))
        return false;
    if (segment->ack != self->iss + 1) {
        tcp_refuse(self->stack, segment);
        return false;
    }
    self->snd_una = self->snd_small = segment->ack;
    self->snd_window = (uint32_t)segment->window << self->send_scale;
    self->snd_window_max = self->snd_window;
    self->snd_wl1 = segment->seq;
    if (self->timing)
        tcp_round_trip(self, tcp_now(self) - self->timed_at_ns);
    self->timing = false;
    tcp_establish(self);
    /* A bare ACK has said all it had to; taken again it would look like a duplicate of what `accepted` has just sent. */
    return !self->dead && (segment->length > 0 || segment->flags & TCP_FLAG_FIN);
}

/* --- a connection that is open ---------------------------------------------------------------------------------- */

static bool acceptable(const struct tcp_socket *self, const struct tcp_segment *segment)
{
    uint32_t window =
        seq_after(self->rcv_right, self->rcv_nxt) ? self->rcv_right - self->rcv_nxt : 0;
    uint32_t length = segment->length + ((segment->flags & TCP_FLAG_FIN) != 0);
    if (length == 0)
        return segment->seq == self->rcv_nxt ||
               segment->seq - self->rcv_nxt < (window > 0 ? window : 1);
    uint32_t last = segment->seq + length - 1;
    return window > 0 &&
           (segment->seq - self->rcv_nxt < window || last - self->rcv_nxt < window ||
            (seq_before(segment->seq, self->rcv_nxt) && !seq_before(last, self->rcv_nxt)));
}

static void reset_input(struct tcp_socket *self, const struct tcp_segment *segment)
{
    self->stack->counters.resets_received++;
    if (segment->seq == self->rcv_nxt)
        tcp_socket_finish(self, TCP_RESET);
    else
        tcp_challenge(self); /* RFC 5961 */
}

static void enter_time_wait(struct tcp_socket *self)
{
    if (self->rcv_acked != self->rcv_nxt)
        tcp_send_ack(self);
    tcp_time_wait_add(self);
    tcp_socket_finish(self, TCP_CLOSED);
}

/* Our FIN has been acknowledged; false if the socket is gone. */
static bool fin_acknowledged(struct tcp_socket *self)
{
    switch (self->state) {
    case TCP_STATE_FIN_WAIT_1:
        self->state = TCP_STATE_FIN_WAIT_2;
        tcp_timer_set_retransmit(self, TCP_FIN_WAIT_2_NS);
        return true;
    case TCP_STATE_CLOSING:
        enter_time_wait(self);
        return false;
    case TCP_STATE_LAST_ACK:
        tcp_socket_finish(self, TCP_CLOSED);
        return false;
    default:
        return true;
    }
}

/* The peer's FIN is in order; false if the socket is gone. */
static bool fin_received(struct tcp_socket *self)
{
    self->rcv_nxt++;
    self->fin_received = true;
    self->fin_known = false;
    self->ack_now = true;
    switch (self->state) {
    case TCP_STATE_ESTABLISHED:
        self->state = TCP_STATE_CLOSE_WAIT;
        return true;
    case TCP_STATE_FIN_WAIT_1:
        self->state = TCP_STATE_CLOSING;
        return true;
    case TCP_STATE_FIN_WAIT_2:
        enter_time_wait(self);
        return false;
    default:
        return true;
    }
}

static void note_fin(struct tcp_socket *self, const struct tcp_segment *segment)
{
    if (!(segment->flags & TCP_FLAG_FIN) || self->fin_received)
        return;
    self->fin_known = true;
    self->fin_seq = segment->seq + segment->length;
}

static void tell_writable(struct tcp_socket *self)
{
    if (!self->short_of_room || self->closing || self->events == NULL)
        return;
    if (tcp_send_space(self) < min_u32(2U * self->mss, tcp_profile_of(self)->send_buffer_bytes / 3))
        return;
    self->short_of_room = false;
    if (self->events->writable != NULL)
        self->events->writable(self);
}

/* Data, FIN, and when to acknowledge them; false if the socket is gone. */
static bool data_input(struct tcp_socket *self, const struct tcp_segment *segment,
                       struct packet *packet)
{
    bool gap_before = self->out_of_order != NULL;
    uint32_t before = self->rcv_nxt;
    uint32_t fresh = segment->length > 0 ? tcp_reassemble(self, segment, packet) : 0;
    note_fin(self, segment);
    bool finished = self->fin_known && self->fin_seq == self->rcv_nxt;
    if (fresh > 0)
        tcp_note_data_in(self, fresh);
    /* Out of order, old, or filling a gap: at once (RFC 5681 4.2). */
    if ((segment->length > 0 && fresh == 0) || gap_before || seq_before(segment->seq, before) ||
        (segment->flags & TCP_FLAG_FIN && !finished))
        self->ack_now = segment->length > 0 || segment->flags & TCP_FLAG_FIN || gap_before;
    if (finished && !fin_received(self))
        return false;
    if (self->ack_now || (finished && self->rcv_acked != self->rcv_nxt))
        tcp_send_ack(self);
    else if (fresh > 0)
        tcp_ack_received(self, fresh);
    if ((fresh > 0 || finished) && self->events != NULL && self->events->readable != NULL &&
        !self->closing)
        self->events->readable(self);
    return !self->dead;
}

/* The acknowledgement and what follows from it; false if the segment is to be dropped or the socket is gone. */
static bool acknowledgement_input(struct tcp_socket *self, const struct tcp_segment *segment)
{
    uint32_t una = self->snd_una;
    if (!tcp_ack_input(self, segment))
        return false;
    if (self->snd_una == una)
        return true;
    if (self->closing && self->snd_una == self->snd_end + 1 && !fin_acknowledged(self))
        return false;
    if (self->events != NULL && self->events->acknowledged != NULL)
        self->events->acknowledged(self);
    if (!self->dead)
        tell_writable(self);
    return !self->dead;
}

/* It is outside the window. One with data is no part of an endless exchange (Linux tcp_oow_rate_limited()). */
static void answer_strange(struct tcp_socket *self, const struct tcp_segment *segment)
{
    bool bare = segment->length == 0 && !(segment->flags & TCP_FLAG_FIN);
    if (segment->flags & TCP_FLAG_RST)
        return;
    if (bare || segment->flags & TCP_FLAG_SYN)
        tcp_challenge(self);
    else
        tcp_send_ack(self);
}

static void open_input(struct tcp_socket *self, const struct tcp_segment *segment,
                       struct packet *packet)
{
    if (!acceptable(self, segment)) {
        answer_strange(self, segment);
        /* An old segment may still bring news (an ACK of data that crossed it). One that is older than the window is wide
         * is of an earlier connection, whose numbers may reach into this one's. */
        if (segment->flags & TCP_FLAG_ACK && !(segment->flags & (TCP_FLAG_RST | TCP_FLAG_SYN)) &&
            seq_before(segment->seq, self->rcv_nxt) &&
            self->rcv_nxt - segment->seq <= self->receive_buffer &&
            acknowledgement_input(self, segment))
            tcp_push(self);
        return;
    }
    if (segment->flags & TCP_FLAG_RST) {
        reset_input(self, segment);
        return;
    }
    if (segment->flags & TCP_FLAG_SYN) {
        tcp_challenge(self);
        return;
    }
    if (!(segment->flags & TCP_FLAG_ACK) || !acknowledgement_input(self, segment))
        return;
    if ((segment->length > 0 || segment->flags & TCP_FLAG_FIN) &&
        !data_input(self, segment, packet))
        return;
    tcp_push(self);
}

static void socket_input(struct tcp_socket *self, const struct tcp_segment *segment,
                         struct packet *packet)
{
    bool was = tcp_lock(self);
    if (self->state == TCP_STATE_SYN_SENT)
        syn_sent_input(self, segment);
    else if (self->state != TCP_STATE_SYN_RECEIVED || syn_received_input(self, segment))
        open_input(self, segment, packet);
    tcp_unlock(self, was);
}

void tcp_input(struct tcp_stack *stack, struct packet *packet)
{
    struct tcp_segment segment;
    enum tcp_parse_result parsed = tcp_parse(packet, stack->profile.checksum, &segment);
    if (parsed != TCP_PARSE_OK) {
        stack->counters.bad_checksums += parsed == TCP_PARSE_CHECKSUM;
        packet_free(packet);
        return;
    }
    stack->counters.segments_in++;
    struct tcp_socket *socket = tcp_lookup(stack, segment.destination_ip, segment.destination_port,
                                           segment.source_ip, segment.source_port);
    if (socket != NULL) {
        socket_input(socket, &segment, packet);
    } else if (!tcp_time_wait_input(stack, &segment)) {
        struct tcp_listener *listener =
            tcp_find_listener(stack, segment.destination_ip, segment.destination_port);
        bool syn = (segment.flags & (TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_RST)) == TCP_FLAG_SYN;
        if (listener != NULL && syn)
            listen_input(stack, listener, &segment);
        else
            tcp_refuse(stack, &segment);
    }
    packet_free(packet);
}
