/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_output - what is sent, and when: new data inside the windows, retransmissions, ACKs, probes.
 *
 * After a time-out snd_nxt goes back to snd_una and sending starts over, skipping what the peer is known to hold; until
 * `recover` is acknowledged, snd_nxt is therefore not the highest number ever sent.
 */
#include "models/tcp/tcp_socket.h"

#include "sim/bug.h"

#include <string.h>

enum { OPTION_NOP = 1, OPTION_SACK = 5, WINDOW_MAX = 0xffff };

uint32_t tcp_flight(const struct tcp_socket *self)
{
    return self->snd_nxt - self->snd_una;
}

uint32_t tcp_sent_through(const struct tcp_socket *self)
{
    return self->recovery == TCP_RECOVERY_LOSS
               ? (seq_after(self->recover, self->snd_nxt) ? self->recover : self->snd_nxt)
               : self->snd_nxt;
}

/* --- the window we offer ---------------------------------------------------------------------------------------- */

uint32_t tcp_receive_window(const struct tcp_socket *self)
{
    uint32_t space =
        self->receive_buffer > self->rcv_unread ? self->receive_buffer - self->rcv_unread : 0;
    uint32_t offered =
        seq_after(self->rcv_right, self->rcv_nxt) ? self->rcv_right - self->rcv_nxt : 0;
    /* Small steps are not worth telling (RFC 1122 4.2.3.3). */
    if (space < offered + min_u32(self->mss, self->receive_buffer / 2))
        return offered;
    return space;
}

uint16_t tcp_window_field(const struct tcp_socket *self)
{
    uint32_t field = tcp_receive_window(self) >> self->receive_scale;
    /* Rounding down would take back what was offered before. */
    field += seq_before(self->rcv_nxt + (field << self->receive_scale), self->rcv_right);
    return (uint16_t)min_u32(field, WINDOW_MAX);
}

static uint16_t offer_window(struct tcp_socket *self)
{
    uint16_t field = tcp_window_field(self);
    uint32_t right = self->rcv_nxt + ((uint32_t)field << self->receive_scale);
    if (seq_after(right, self->rcv_right))
        self->rcv_right = right;
    return field;
}

/* --- segments --------------------------------------------------------------------------------------------------- */

static void add_sack(const struct tcp_socket *self, struct tcp_header *header)
{
    if (!self->sack || self->out_of_order == NULL)
        return;
    uint32_t blocks[TCP_SACK_BLOCKS][2];
    unsigned count = tcp_sack_blocks(self, blocks);
    uint8_t *out = header->options;
    *out++ = OPTION_NOP;
    *out++ = OPTION_NOP;
    *out++ = OPTION_SACK;
    *out++ = (uint8_t)(2 + 8 * count);
    for (unsigned i = 0; i < 2 * count; i++) {
        uint32_t edge = __builtin_bswap32(blocks[i / 2][i % 2]);
        memcpy(out, &edge, sizeof edge);
        out += sizeof edge;
    }
    header->option_bytes = (uint8_t)(4 + 8 * count);
}

/* The piece that holds `seq`. */
static struct tcp_piece *piece_at(const struct tcp_socket *self, uint32_t seq)
{
    struct tcp_piece *piece = self->send_cursor;
    if (piece == NULL || seq_before(seq, piece->seq))
        piece = self->send_queue.first;
    while (piece != NULL && !seq_after(piece_end(piece), seq))
        piece = piece->next;
    return piece;
}

/* Puts up to `length` bytes from `seq` into the packet; returns how many fitted. */
static uint32_t fill(struct tcp_socket *self, struct packet *packet, uint32_t seq, uint32_t length)
{
    struct tcp_piece *piece = piece_at(self, seq);
    uint32_t filled = 0;
    while (filled < length && packet->span_count < PACKET_SPANS_MAX) {
        assert(piece != NULL && !seq_after(piece->seq, seq));
        uint32_t skip = seq - piece->seq;
        struct span *span = &packet->spans[packet->span_count++];
        span->content = content_get(piece->span.content);
        span->offset = piece->span.offset + skip;
        span->length = min_u32(piece->span.length - skip, length - filled);
        filled += span->length;
        seq += span->length;
        self->send_cursor = piece;
        piece = piece->next;
    }
    packet->payload_bytes = filled;
    return filled;
}

/* How many of `length` bytes from `seq` one packet can carry. */
static uint32_t fitting(const struct tcp_socket *self, uint32_t seq, uint32_t length)
{
    const struct tcp_piece *piece = piece_at(self, seq);
    for (unsigned spans = 1; spans < PACKET_SPANS_MAX && piece->next != NULL; spans++)
        piece = piece->next;
    return min_u32(piece_end(piece) - seq, length);
}

static void note_acked(struct tcp_socket *self)
{
    self->rcv_acked = self->rcv_nxt;
    self->ack_at_ns = TCP_NEVER;
    self->segments_unacked = 0;
    self->ack_now = false;
    if (self->quick_acks > 0)
        self->quick_acks--;
}

static void transmit(struct tcp_socket *self, struct packet *packet, struct tcp_header *header)
{
    struct tcp_stack *stack = self->stack;
    header->source_ip = self->local_ip;
    header->destination_ip = self->remote_ip;
    header->source_port = self->local_port;
    header->destination_port = self->remote_port;
    header->id = stack->next_id++;
    packet->kind = PACKET_IPV4;
    tcp_build(packet, header, stack->profile.checksum);
    stack->counters.segments_out++;
    stack->transmit(stack->transmit_context, packet);
}

/* Sends payload [seq, seq + length) and, if asked, the FIN behind it. Returns the end of what was sent. */
static uint32_t emit(struct tcp_socket *self, uint32_t seq, uint32_t length, bool fin)
{
    struct packet *packet = packet_new(self->stack->packets);
    uint32_t sent = length > 0 ? fill(self, packet, seq, length) : 0;
    fin = fin && sent == length;
    struct tcp_header header = {
        .seq = seq,
        .ack = self->rcv_nxt,
        .window = offer_window(self),
        .flags = (uint8_t)(TCP_FLAG_ACK | (fin ? TCP_FLAG_FIN : 0) |
                           (sent > 0 && seq + sent == self->snd_end ? TCP_FLAG_PSH : 0)),
    };
    add_sack(self, &header);
    note_acked(self);
    if (sent > 0)
        tcp_note_data_out(self);
    transmit(self, packet, &header);
    return seq + sent + fin;
}

void tcp_send_ack(struct tcp_socket *self)
{
    emit(self, tcp_sent_through(self), 0, false);
}

/* Linux __tcp_oow_rate_limited(): two ends that disagree about where they are would answer each other for ever. (The limit of a
 * host as a whole, tcp_challenge_ack_limit, is not modelled: Linux 6.1 switched it off.) */
void tcp_challenge(struct tcp_socket *self)
{
    int64_t gap_ns = tcp_profile_of(self)->challenge_gap_ns, now_ns = tcp_now(self);
    if (gap_ns > 0 && self->challenged_at_ns != TCP_NEVER &&
        now_ns - self->challenged_at_ns < gap_ns)
        return;
    self->challenged_at_ns = now_ns;
    tcp_send_ack(self);
}

static void start_timing(struct tcp_socket *self, uint32_t end)
{
    if (self->timing)
        return;
    self->timing = true;
    self->timed_seq = end;
    self->timed_at_ns = tcp_now(self);
}

static void ensure_timer(struct tcp_socket *self)
{
    if (self->retransmit_at_ns == TCP_NEVER || self->probing)
        tcp_timer_set_retransmit(self, tcp_rto(self));
    self->probing = false;
}

uint32_t tcp_retransmit(struct tcp_socket *self, uint32_t seq, uint32_t length)
{
    uint32_t through = tcp_sent_through(self);
    /* Nothing new: what was never sent would be acknowledged, and the acknowledgement not be believed. */
    uint32_t last = seq_before(through, self->snd_end) ? through : self->snd_end;
    uint32_t data = seq_before(seq, last) ? min_u32(length, last - seq) : 0;
    bool fin = self->closing && seq + data == self->snd_end && seq_after(through, self->snd_end);
    self->timing = false; /* Karn */
    self->retransmissions++;
    self->stack->counters.retransmissions++;
    uint32_t end = emit(self, seq, data, fin);
    ensure_timer(self);
    return end;
}

uint32_t tcp_retransmit_first(struct tcp_socket *self)
{
    uint32_t seq = self->snd_una, length = self->mss;
    tcp_sack_skip(self, &seq, &length);
    return tcp_retransmit(self, self->snd_una, max_u32(min_u32(length, self->mss), 1));
}

/* --- new data --------------------------------------------------------------------------------------------------- */

/* Bytes that may be in flight by the congestion window, given what recovery thinks of it. */
static uint32_t room_in_congestion_window(const struct tcp_socket *self)
{
    uint32_t window = self->congestion_window, out = tcp_flight(self);
    if (self->recovery == TCP_RECOVERY_FAST && self->sack)
        out = tcp_pipe(self);
    else if (self->recovery == TCP_RECOVERY_NONE && self->duplicate_acks > 0)
        window += min_u32(self->duplicate_acks, 2) * self->mss; /* RFC 3042 */
    return window > out ? window - out : 0;
}

static bool worth_sending(const struct tcp_socket *self, uint32_t length, bool all)
{
    if (length >= self->mss)
        return true;
    if (!all) /* the window cut it short: RFC 1122 4.2.3.4 */
        return self->snd_window_max > 0 && length >= self->snd_window_max / 2;
    if (self->closing)
        return true;
    if (self->cork)
        return false;
    /* Nagle as Minshall has it: one small segment in flight at a time. */
    return !self->nagle || !seq_after(self->snd_small, self->snd_una);
}

static void restart_after_idle(struct tcp_socket *self)
{
    const struct tcp_profile *profile = tcp_profile_of(self);
    uint32_t initial = profile->initial_window_segments * self->mss;
    if (!profile->idle_restart || tcp_flight(self) > 0 || self->last_data_out_ns == 0 ||
        tcp_now(self) - self->last_data_out_ns <= self->rto_ns)
        return;
    if (self->congestion_window > initial) {
        self->congestion_window = initial;
        if (profile->congestion->reset != NULL)
            profile->congestion->reset(self);
    }
}

/* Sends one segment at snd_nxt if that may be done now. */
static bool push_one(struct tcp_socket *self)
{
    bool resending =
        self->recovery == TCP_RECOVERY_LOSS && seq_before(self->snd_nxt, self->recover);
    uint32_t left = seq_before(self->snd_nxt, self->snd_end) ? self->snd_end - self->snd_nxt : 0;
    if (resending && left > 0) {
        tcp_sack_skip(self, &self->snd_nxt, &left);
        left = seq_before(self->snd_nxt, self->snd_end) ? left : 0;
        resending = seq_before(self->snd_nxt, self->recover);
    }
    bool fin_due = self->closing && !seq_after(self->snd_nxt, self->snd_end);
    if (left == 0 && !fin_due)
        return false;
    uint32_t edge = self->snd_una + self->snd_window;
    uint32_t window = seq_after(edge, self->snd_nxt) ? edge - self->snd_nxt : 0;
    uint32_t room = room_in_congestion_window(self);
    if (tcp_flight(self) == 0 && room < self->mss)
        room = self->mss;
    uint32_t length = min_u32(min_u32(left, self->mss), window);
    bool full = length == self->mss;
    if (left > 0 && length > 0 &&
        room < length) { /* a packet of many small pieces is full sooner */
        full = true;
        length = fitting(self, self->snd_nxt, length);
    }
    if (left > 0 && (length == 0 || room < length))
        return false;
    if (left == 0 && room == 0)
        return false;
    bool all = self->snd_nxt + length == self->snd_end;
    if (left > 0 && !resending && !full && !worth_sending(self, length, all))
        return false;
    uint32_t end;
    if (resending) {
        end = tcp_retransmit(self, self->snd_nxt, length);
    } else {
        end = emit(self, self->snd_nxt, length, fin_due && all);
        start_timing(self, end);
        ensure_timer(self);
    }
    if (length > 0 && end - self->snd_nxt < self->mss)
        self->snd_small = end;
    self->snd_nxt = end;
    return true;
}

static bool push_recovery(struct tcp_socket *self)
{
    uint32_t seq, length;
    if (room_in_congestion_window(self) < self->mss)
        return false;
    if (tcp_sack_next(self, true, &seq, &length)) {
        self->retransmitted = tcp_retransmit(self, seq, length);
        return true;
    }
    if (push_one(self))
        return true;
    if (!tcp_sack_next(self, false, &seq, &length))
        return false;
    self->retransmitted = tcp_retransmit(self, seq, length);
    return true;
}

static bool may_send_data(const struct tcp_socket *self)
{
    switch (self->state) {
    case TCP_STATE_ESTABLISHED:
    case TCP_STATE_CLOSE_WAIT:
    case TCP_STATE_FIN_WAIT_1:
    case TCP_STATE_CLOSING:
    case TCP_STATE_LAST_ACK:
        return true;
    default:
        return false;
    }
}

/* Data waits, nothing is in flight to bring an ACK: the window must be asked for. */
static void probe_if_stuck(struct tcp_socket *self)
{
    bool waiting = seq_before(self->snd_nxt, self->snd_end);
    if (!waiting || tcp_flight(self) > 0 || self->probing || self->cork)
        return;
    self->probing = true;
    tcp_timer_set_retransmit(self, tcp_rto(self));
}

void tcp_push(struct tcp_socket *self)
{
    if (!may_send_data(self))
        return;
    restart_after_idle(self);
    bool selective = self->recovery == TCP_RECOVERY_FAST && self->sack;
    while (selective ? push_recovery(self) : push_one(self))
        ;
    probe_if_stuck(self);
}

/* As Linux: an ACK just below the window makes the peer answer with its window. */
void tcp_send_probe(struct tcp_socket *self)
{
    struct packet *packet = packet_new(self->stack->packets);
    struct tcp_header header = {
        .seq = self->snd_una - 1,
        .ack = self->rcv_nxt,
        .window = offer_window(self),
        .flags = TCP_FLAG_ACK,
    };
    transmit(self, packet, &header);
}

/* --- handshake and resets --------------------------------------------------------------------------------------- */

static void add_syn_options(const struct tcp_socket *self, struct tcp_header *header)
{
    const struct tcp_profile *profile = tcp_profile_of(self);
    uint16_t mss = tcp_own_mss(self);
    bool first = self->state == TCP_STATE_SYN_SENT;
    bool sack = first ? profile->sack : self->sack;
    bool scale = first ? profile->window_scale != 0xff : self->scaled;
    uint8_t *out = header->options;
    const uint8_t options[] = {
        2,
        4,
        (uint8_t)(mss >> 8),
        (uint8_t)mss,
        OPTION_NOP,
        OPTION_NOP,
        sack ? 4 : OPTION_NOP,
        sack ? 2 : OPTION_NOP,
        OPTION_NOP,
        scale ? 3 : OPTION_NOP,
        scale ? 3 : OPTION_NOP,
        scale ? (first ? profile->window_scale : self->receive_scale) : OPTION_NOP,
    };
    memcpy(out, options, sizeof options);
    header->option_bytes = sizeof options;
}

void tcp_send_syn(struct tcp_socket *self)
{
    bool first = self->state == TCP_STATE_SYN_SENT;
    struct packet *packet = packet_new(self->stack->packets);
    uint32_t window = min_u32(self->receive_buffer, WINDOW_MAX);
    struct tcp_header header = {
        .seq = self->iss,
        .ack = first ? 0 : self->rcv_nxt,
        .window = (uint16_t)window,
        .flags = first ? TCP_FLAG_SYN : TCP_FLAG_SYN | TCP_FLAG_ACK,
    };
    if (!first)
        self->rcv_right = self->rcv_nxt + window;
    add_syn_options(self, &header);
    if (self->retries == 0)
        start_timing(self, self->iss + 1);
    tcp_timer_set_retransmit(self, tcp_rto(self));
    transmit(self, packet, &header);
}

void tcp_send_bare(struct tcp_stack *stack, const struct tcp_header *header)
{
    struct packet *packet = packet_new(stack->packets);
    struct tcp_header copy = *header;
    copy.id = stack->next_id++;
    packet->kind = PACKET_IPV4;
    tcp_build(packet, &copy, stack->profile.checksum);
    stack->counters.segments_out++;
    if (header->flags & TCP_FLAG_RST)
        stack->counters.resets_sent++;
    stack->transmit(stack->transmit_context, packet);
}

void tcp_send_reset(struct tcp_socket *self)
{
    struct tcp_header header = {
        .source_ip = self->local_ip,
        .destination_ip = self->remote_ip,
        .source_port = self->local_port,
        .destination_port = self->remote_port,
        .seq = tcp_sent_through(self),
        .ack = self->rcv_nxt,
        .flags = TCP_FLAG_RST | TCP_FLAG_ACK,
    };
    tcp_send_bare(self->stack, &header);
}

/* RFC 9293, 3.10.7.1. */
void tcp_refuse(struct tcp_stack *stack, const struct tcp_segment *segment)
{
    if (segment->flags & TCP_FLAG_RST)
        return;
    bool ack = segment->flags & TCP_FLAG_ACK;
    struct tcp_header header = {
        .source_ip = segment->destination_ip,
        .destination_ip = segment->source_ip,
        .source_port = segment->destination_port,
        .destination_port = segment->source_port,
        .seq = ack ? segment->ack : 0,
        .ack = ack ? 0
                   : segment->seq + segment->length + ((segment->flags & TCP_FLAG_SYN) != 0) +
                         ((segment->flags & TCP_FLAG_FIN) != 0),
        .flags = ack ? TCP_FLAG_RST : TCP_FLAG_RST | TCP_FLAG_ACK,
    };
    stack->counters.refused++;
    tcp_send_bare(stack, &header);
}
