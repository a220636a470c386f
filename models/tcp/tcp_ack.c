/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_ack - what an acknowledgement does: frees bytes, opens windows, times round trips, calls recovery.
 */
#include "models/tcp/tcp_socket.h"

#define RENEGE_WAIT_NS INT64_C(10000000)

static void free_acked(struct tcp_socket *self)
{
    struct tcp_queue *queue = &self->send_queue;
    struct tcp_piece *piece;
    while ((piece = queue->first) != NULL && seq_before(piece->seq, self->snd_una)) {
        if (seq_after(piece_end(piece), self->snd_una)) {
            uint32_t gone = self->snd_una - piece->seq;
            piece->seq += gone;
            piece->span.offset += gone;
            piece->span.length -= gone;
            return;
        }
        if (self->send_cursor == piece)
            self->send_cursor = piece->next;
        queue->first = piece->next;
        tcp_piece_free(self->stack, piece);
    }
}

/* Linux tcp_may_update_window(), ns-3 UpdateWindowSize(): what acknowledges more is believed, though later segments overtook it.
 * RFC 9293 (3.10.7.4) would not; the old window then begins at the new number, and ends behind what was ever offered. */
static bool tells_window(const struct tcp_socket *self, const struct tcp_segment *segment)
{
    uint32_t window = (uint32_t)segment->window << self->send_scale;
    return seq_after(segment->ack, self->snd_una) || seq_after(segment->seq, self->snd_wl1) ||
           (segment->seq == self->snd_wl1 && (window > self->snd_window || window == 0));
}

static void update_window(struct tcp_socket *self, const struct tcp_segment *segment)
{
    if (!tells_window(self, segment))
        return;
    self->snd_window = (uint32_t)segment->window << self->send_scale;
    self->snd_window_max = max_u32(self->snd_window_max, self->snd_window);
    self->snd_wl1 = segment->seq;
}

static void time_round_trip(struct tcp_socket *self)
{
    if (!self->timing || seq_before(self->snd_una, self->timed_seq))
        return;
    self->timing = false;
    tcp_round_trip(self, tcp_now(self) - self->timed_at_ns);
}

/* The window was what held the sender back; only then may it grow (RFC 7661's concern, as Linux decides it). */
static bool window_was_used(const struct tcp_socket *self, uint32_t flight)
{
    if (self->congestion_window < self->slow_start_threshold)
        return flight * 2 >= self->congestion_window;
    return flight + self->mss >= self->congestion_window;
}

static void restart_timer(struct tcp_socket *self)
{
    if (self->snd_una == tcp_sent_through(self))
        self->retransmit_at_ns = TCP_NEVER;
    else
        tcp_timer_set_retransmit(self, tcp_rto(self));
}

/* Linux tcp_check_sack_reneging(). */
static int64_t renege_wait_ns(const struct tcp_socket *self)
{
    return self->srtt_ns / 2 > RENEGE_WAIT_NS ? self->srtt_ns / 2 : RENEGE_WAIT_NS;
}

static void advance(struct tcp_socket *self, uint32_t ack)
{
    uint32_t acked = ack - self->snd_una, flight = tcp_flight(self);
    self->snd_una = ack;
    if (seq_before(self->snd_nxt, ack)) {
        self->snd_nxt = ack;
        self->send_cursor = NULL;
    }
    free_acked(self);
    time_round_trip(self);
    if (seq_before(self->snd_small, ack))
        self->snd_small = ack; /* never so far behind that it seems to lie ahead */
    self->retries = 0;
    self->duplicate_acks = 0;
    if (self->sacked != NULL)
        tcp_sack_advance(self);
    restart_timer(self);
    if (self->recovery != TCP_RECOVERY_NONE)
        tcp_recovery_progress(self, acked);
    else if (window_was_used(self, flight))
        tcp_profile_of(self)->congestion->acked(self, acked);
    if (tcp_sack_reneged(self)) /* recovery, too, has just set the timer */
        tcp_timer_set_retransmit(self, renege_wait_ns(self));
}

static bool is_duplicate(const struct tcp_socket *self, const struct tcp_segment *segment,
                         uint32_t window_before)
{
    return segment->ack == self->snd_una && segment->length == 0 &&
           !(segment->flags & TCP_FLAG_FIN) && tcp_flight(self) > 0 &&
           self->snd_window == window_before;
}

bool tcp_ack_input(struct tcp_socket *self, const struct tcp_segment *segment)
{
    /* RFC 5961, 5.2: nobody is that late, it is of an earlier connection with these ports. (Linux 2.4 would know that by PAWS,
     * which is not modelled.) */
    bool ancient = seq_before(segment->ack, self->snd_una - self->snd_window_max);
    if (ancient || seq_after(segment->ack, tcp_sent_through(self))) {
        tcp_challenge(self);
        return false;
    }
    if (seq_before(segment->ack, self->snd_una))
        return true;
    if (self->probing)
        self->retries = 0; /* somebody is there */
    uint32_t window_before = self->snd_window;
    update_window(self, segment);
    bool news = false;
    if (self->sack && segment->option_bytes > 0) {
        struct tcp_options options;
        tcp_parse_options(segment, &options);
        news = tcp_sack_input(self, &options);
    }
    if (seq_after(segment->ack, self->snd_una)) {
        advance(self, segment->ack);
    } else if (news || is_duplicate(self, segment, window_before)) {
        if (self->duplicate_acks < UINT8_MAX)
            self->duplicate_acks++;
        tcp_recovery_duplicate(self);
    }
    if (self->probing && self->snd_window > 0) {
        self->probing = false;
        self->retransmit_at_ns = TCP_NEVER;
        self->backoff = 0;
    }
    return true;
}
