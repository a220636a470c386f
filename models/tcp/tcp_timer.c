/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_timer - a socket's deadlines: retransmission (RFC 6298, Karn), persist, delayed ACK, FIN_WAIT_2.
 *
 * The retransmission deadline serves three purposes that exclude each other: data in flight (RTO), a closed window in front
 * of waiting data (persist), FIN_WAIT_2 (Linux's tcp_fin_timeout). Delayed ACKs follow RFC 1122 4.2.3.2; how long they wait
 * and the quick ACKs at the start follow Linux's tcp_event_data_recv() and tcp_send_delayed_ack().
 */
#include "models/tcp/tcp_socket.h"

enum { NS_PER_US = 1000, BACKOFF_MAX = 24 };

static void fire(struct event *event, struct simulation *simulation);

void tcp_timer_init(struct tcp_socket *self)
{
    event_init(&self->timer, fire);
    self->retransmit_at_ns = self->ack_at_ns = TCP_NEVER;
}

static inline int64_t next_deadline_ns(const struct tcp_socket *self)
{
    return self->ack_at_ns < self->retransmit_at_ns ? self->ack_at_ns : self->retransmit_at_ns;
}

static inline void arm(struct tcp_socket *self, int64_t at_ns)
{
    if (!event_pending(&self->timer) || self->timer.at_ns > at_ns)
        event_schedule(&self->timer, self->stack->simulation, at_ns);
}

void tcp_timer_set_retransmit(struct tcp_socket *self, int64_t after_ns)
{
    self->retransmit_at_ns = tcp_now(self) + after_ns;
    arm(self, self->retransmit_at_ns);
}

void tcp_timer_set_ack(struct tcp_socket *self, int64_t after_ns)
{
    self->ack_at_ns = tcp_now(self) + after_ns;
    arm(self, self->ack_at_ns);
}

int64_t tcp_rto(const struct tcp_socket *self)
{
    const struct tcp_profile *profile = tcp_profile_of(self);
    int64_t rto_ns = self->rto_ns << self->backoff;
    return rto_ns < profile->rto_max_ns ? rto_ns : profile->rto_max_ns;
}

/* RFC 6298 section 2, with the lower bound of the profile. */
void tcp_round_trip(struct tcp_socket *self, int64_t sample_ns)
{
    const struct tcp_profile *profile = tcp_profile_of(self);
    if (self->srtt_ns == 0) {
        self->srtt_ns = sample_ns;
        self->rttvar_ns = sample_ns / 2;
    } else {
        int64_t error_ns = sample_ns - self->srtt_ns;
        self->srtt_ns += error_ns / 8;
        self->rttvar_ns += ((error_ns < 0 ? -error_ns : error_ns) - self->rttvar_ns) / 4;
    }
    int64_t variance_ns = 4 * self->rttvar_ns;
    if (variance_ns < profile->rto_granularity_ns)
        variance_ns = profile->rto_granularity_ns;
    if (profile->rto_min_is_of_variance && variance_ns < profile->rto_min_ns)
        variance_ns = profile->rto_min_ns;
    self->rto_ns = self->srtt_ns + variance_ns;
    if (self->rto_ns < profile->rto_min_ns)
        self->rto_ns = profile->rto_min_ns;
    if (self->rto_ns > profile->rto_max_ns)
        self->rto_ns = profile->rto_max_ns;
    self->backoff = 0;
}

static void back_off(struct tcp_socket *self)
{
    if (self->backoff < BACKOFF_MAX && tcp_rto(self) < tcp_profile_of(self)->rto_max_ns)
        self->backoff++;
    tcp_timer_set_retransmit(self, tcp_rto(self));
}

static bool handshaking(const struct tcp_socket *self)
{
    return self->state == TCP_STATE_SYN_SENT || self->state == TCP_STATE_SYN_RECEIVED;
}

static void time_out_handshake(struct tcp_socket *self)
{
    if (self->retries++ >= tcp_profile_of(self)->syn_retries) {
        tcp_socket_finish(self, TCP_TIMED_OUT);
        return;
    }
    self->timing = false;
    self->retransmissions++;
    self->stack->counters.retransmissions++;
    self->stack->counters.timeouts++;
    if (self->backoff < BACKOFF_MAX)
        self->backoff++;
    tcp_send_syn(self);
}

static void time_out(struct tcp_socket *self)
{
    self->retransmit_at_ns = TCP_NEVER;
    if (handshaking(self)) {
        time_out_handshake(self);
    } else if (self->probing) {
        if (self->retries++ >= tcp_profile_of(self)->retries) {
            tcp_socket_finish(self, TCP_TIMED_OUT);
            return;
        }
        tcp_send_probe(self);
        back_off(self);
    } else if (self->state == TCP_STATE_FIN_WAIT_2) {
        tcp_socket_finish(self, TCP_TIMED_OUT);
    } else if (tcp_flight(self) > 0) {
        if (self->retries++ >= tcp_profile_of(self)->retries) {
            tcp_socket_finish(self, TCP_TIMED_OUT);
            return;
        }
        self->stack->counters.timeouts++;
        back_off(self);
        tcp_recovery_timeout(self);
    }
}

static void fire(struct event *event, struct simulation *simulation)
{
    struct tcp_socket *self = container_of(event, struct tcp_socket, timer);
    if (self->stack->paused)
        return;
    bool was = tcp_lock(self);
    if (self->ack_at_ns <= simulation->now_ns) {
        self->ack_wait_us = min_u32(self->ack_wait_us * 2, (uint32_t)(tcp_rto(self) / NS_PER_US));
        self->ping_pong = false;
        tcp_send_ack(self);
    }
    if (self->retransmit_at_ns <= simulation->now_ns)
        time_out(self);
    if (!tcp_unlock(self, was))
        return;
    int64_t next_ns = next_deadline_ns(self);
    if (next_ns != TCP_NEVER)
        arm(self, next_ns);
}

void tcp_timer_resume(struct tcp_socket *self)
{
    int64_t next_ns = next_deadline_ns(self), now_ns = tcp_now(self);
    if (next_ns != TCP_NEVER)
        arm(self, next_ns > now_ns ? next_ns : now_ns);
}

/* --- when to acknowledge ---------------------------------------------------------------------------------------- */

static int64_t wait_min_ns(const struct tcp_profile *profile)
{
    int64_t min_ns = profile->delayed_ack_min_ns;
    return min_ns > 0 && min_ns < profile->delayed_ack_ns ? min_ns : profile->delayed_ack_ns;
}

static void start_quick_acks(struct tcp_socket *self)
{
    uint32_t segments = tcp_receive_window(self) / (2U * self->mss);
    uint32_t most = min_u32(max_u32(segments, 2), tcp_profile_of(self)->quick_acks);
    if (self->quick_acks < most)
        self->quick_acks = (uint8_t)most;
}

/* Linux's ato: half the old wait plus what the gap between the last two arrivals suggests. */
static void adapt_wait(struct tcp_socket *self, int64_t gap_ns)
{
    uint32_t min_us = (uint32_t)(wait_min_ns(tcp_profile_of(self)) / NS_PER_US);
    uint32_t rto_us = (uint32_t)(tcp_rto(self) / NS_PER_US);
    if (gap_ns / NS_PER_US <= min_us / 2)
        self->ack_wait_us = self->ack_wait_us / 2 + min_us / 2;
    else if (gap_ns / NS_PER_US < self->ack_wait_us)
        self->ack_wait_us = min_u32(self->ack_wait_us / 2 + (uint32_t)(gap_ns / NS_PER_US), rto_us);
    else if (gap_ns / NS_PER_US > rto_us)
        start_quick_acks(self);
}

void tcp_note_data_in(struct tcp_socket *self, uint32_t payload_bytes)
{
    (void)payload_bytes;
    const struct tcp_profile *profile = tcp_profile_of(self);
    int64_t now_ns = tcp_now(self);
    if (profile->quick_acks == 0 && profile->delayed_ack_min_ns == profile->delayed_ack_ns)
        return;
    if (self->ack_wait_us == 0) {
        start_quick_acks(self);
        self->ack_wait_us = (uint32_t)(wait_min_ns(profile) / NS_PER_US);
    } else {
        adapt_wait(self, now_ns - self->last_data_in_ns);
    }
    self->last_data_in_ns = now_ns;
}

void tcp_note_data_out(struct tcp_socket *self)
{
    int64_t now_ns = tcp_now(self);
    self->last_data_out_ns = now_ns;
    if (now_ns - self->last_data_in_ns < (int64_t)self->ack_wait_us * NS_PER_US)
        self->ping_pong = true;
}

static int64_t ack_wait_ns(const struct tcp_socket *self)
{
    const struct tcp_profile *profile = tcp_profile_of(self);
    int64_t min_ns = wait_min_ns(profile), wait_ns = (int64_t)self->ack_wait_us * NS_PER_US;
    int64_t max_ns = profile->delayed_ack_ns;
    if (self->srtt_ns > 0 && self->srtt_ns < max_ns)
        max_ns = self->srtt_ns > min_ns ? self->srtt_ns : min_ns;
    if (wait_ns > max_ns)
        wait_ns = max_ns;
    return wait_ns > min_ns ? wait_ns : min_ns;
}

void tcp_ack_received(struct tcp_socket *self, uint32_t payload_bytes)
{
    const struct tcp_profile *profile = tcp_profile_of(self);
    bool due = profile->ack_by_segments ? ++self->segments_unacked >= 2
                                        : self->rcv_nxt - self->rcv_acked > self->mss;
    (void)payload_bytes;
    if (due || self->ack_now || (self->quick_acks > 0 && !self->ping_pong)) {
        tcp_send_ack(self);
        return;
    }
    if (self->ack_at_ns == TCP_NEVER)
        tcp_timer_set_ack(self, ack_wait_ns(self));
}
