/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_recovery - what losses do: fast retransmit and recovery (RFC 5681, RFC 6582; with SACK RFC 6675), time-outs.
 */
#include "models/tcp/tcp_socket.h"

static uint32_t threshold(struct tcp_socket *self, uint32_t flight)
{
    return tcp_profile_of(self)->congestion->threshold(self, flight);
}

static void enter_fast(struct tcp_socket *self)
{
    uint32_t mss = self->mss;
    /* Without what duplicate ACKs have let out (RFC 5681 3.2, step 2). */
    self->slow_start_threshold = threshold(self, self->recover - self->snd_una);
    self->congestion_window = self->slow_start_threshold + (self->sack ? 0 : 3 * mss);
    self->recovery = TCP_RECOVERY_FAST;
    self->recover = self->snd_nxt;
    self->partial_seen = false;
    self->stack->counters.fast_recoveries++;
    self->retransmitted = tcp_retransmit_first(self);
    tcp_timer_set_retransmit(self, tcp_rto(self));
}

void tcp_recovery_duplicate(struct tcp_socket *self)
{
    if (self->recovery == TCP_RECOVERY_LOSS)
        return;
    if (self->recovery == TCP_RECOVERY_FAST) {
        if (!self->sack)
            self->congestion_window += self->mss; /* a segment has left the network */
        return;
    }
    if (self->duplicate_acks == 1)
        self->recover = self->snd_nxt;
    bool enough = self->duplicate_acks >= tcp_profile_of(self)->duplicate_ack_threshold ||
                  (self->sack && tcp_sack_first_lost(self));
    if (enough)
        enter_fast(self);
}

static void leave_fast(struct tcp_socket *self)
{
    uint32_t flight = max_u32(tcp_flight(self), self->mss) + self->mss;
    self->congestion_window =
        self->sack ? self->slow_start_threshold : min_u32(self->slow_start_threshold, flight);
    self->recovery = TCP_RECOVERY_NONE;
}

/* RFC 6582 3.2, step 3, partial acknowledgement. */
static void partial(struct tcp_socket *self, uint32_t acked)
{
    uint32_t window = self->congestion_window;
    tcp_retransmit_first(self);
    window = window > acked ? window - acked : 0;
    if (acked >= self->mss)
        window += self->mss;
    self->congestion_window = max_u32(window, self->mss);
    if (!self->partial_seen)
        tcp_timer_set_retransmit(self, tcp_rto(self));
    self->partial_seen = true;
}

void tcp_recovery_progress(struct tcp_socket *self, uint32_t acked)
{
    bool done = !seq_before(self->snd_una, self->recover);
    if (self->recovery == TCP_RECOVERY_FAST) {
        if (done)
            leave_fast(self);
        else if (!self->sack)
            partial(self, acked);
        else
            tcp_timer_set_retransmit(self, tcp_rto(self));
        return;
    }
    tcp_profile_of(self)->congestion->acked(self, acked);
    if (done)
        self->recovery = TCP_RECOVERY_NONE;
}

void tcp_recovery_timeout(struct tcp_socket *self)
{
    const struct tcp_congestion *congestion = tcp_profile_of(self)->congestion;
    uint32_t through = tcp_sent_through(self);
    /* A second time-out of the same segment has nothing new to say about the network. */
    if (self->recovery != TCP_RECOVERY_LOSS || self->retries <= 1)
        self->slow_start_threshold = threshold(self, tcp_flight(self));
    if (congestion->reset != NULL)
        congestion->reset(self);
    if (tcp_sack_reneged(self))
        tcp_sack_clear(
            self); /* else nobody would ever send those bytes again (RFC 2018, section 8) */
    self->recovery = TCP_RECOVERY_LOSS;
    self->recover = through;
    self->congestion_window = self->mss;
    self->snd_nxt = self->snd_una;
    self->send_cursor = NULL;
    self->duplicate_acks = 0;
    self->snd_small = self->snd_una;
    self->timing = false;
    tcp_push(self);
}
