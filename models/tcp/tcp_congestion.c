/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_congestion - how the congestion window grows: NewReno (RFC 5681, RFC 3465) and CUBIC (RFC 9438). In bytes.
 */
#include "models/tcp/tcp_socket.h"

#include <math.h>

static bool slow_start(const struct tcp_socket *self)
{
    return self->congestion_window < self->slow_start_threshold;
}

/* Of the bytes that one ACK acknowledged, those that open the window. */
static uint32_t counted(const struct tcp_socket *self, uint32_t acked)
{
    uint32_t segments = tcp_profile_of(self)->byte_counting;
    return segments > 0 ? min_u32(acked, segments * self->mss) : acked;
}

static void grow_slow_start(struct tcp_socket *self, uint32_t acked)
{
    self->congestion_window += counted(self, acked);
}

static void newreno_acked(struct tcp_socket *self, uint32_t acked)
{
    if (slow_start(self)) {
        grow_slow_start(self, acked);
        return;
    }
    uint64_t step = (uint64_t)self->mss * counted(self, acked);
    uint32_t bytes = (uint32_t)(step / self->congestion_window);
    self->congestion_window += bytes > 0 ? bytes : 1;
}

static uint32_t newreno_threshold(struct tcp_socket *self, uint32_t flight)
{
    return max_u32(flight / 2, 2U * self->mss);
}

const struct tcp_congestion tcp_newreno = {
    .name = "newreno",
    .help = "RFC 5681: additive increase, half on loss",
    .acked = newreno_acked,
    .threshold = newreno_threshold,
};

/* --- CUBIC ------------------------------------------------------------------------------------------------------ */

static const double cubic_c = 0.4, cubic_beta = 0.7; /* RFC 9438, section 5 */

static void begin_epoch(struct tcp_socket *self)
{
    struct tcp_cubic *cubic = &self->cubic;
    cubic->epoch_ns = tcp_now(self) > 0 ? tcp_now(self) : 1;
    cubic->w_est = self->congestion_window;
    cubic->acked = 0;
    if (cubic->w_max < self->congestion_window)
        cubic->w_max = self->congestion_window;
    double segments = (double)(cubic->w_max - self->congestion_window) / self->mss;
    cubic->k_ms = (uint32_t)(cbrt(segments / cubic_c) * 1e3);
}

/* The window that the cubic curve wants one round trip from now. */
static double cubic_target(const struct tcp_socket *self)
{
    const struct tcp_cubic *cubic = &self->cubic;
    double t = (double)(tcp_now(self) - cubic->epoch_ns + self->srtt_ns) / 1e9;
    double away = t - cubic->k_ms / 1e3;
    double target = cubic_c * away * away * away * self->mss + cubic->w_max;
    double cwnd = self->congestion_window;
    return target < cwnd ? cwnd : target > 1.5 * cwnd ? 1.5 * cwnd : target;
}

static void cubic_acked(struct tcp_socket *self, uint32_t acked)
{
    struct tcp_cubic *cubic = &self->cubic;
    if (slow_start(self)) {
        grow_slow_start(self, acked);
        return;
    }
    if (cubic->epoch_ns == 0)
        begin_epoch(self);
    /* What Reno would have (section 4.3), and never less than that. */
    double alpha = 3 * (1 - cubic_beta) / (1 + cubic_beta);
    cubic->w_est +=
        (uint32_t)(alpha * (double)self->mss * (double)acked / (double)self->congestion_window);
    double target = cubic_target(self);
    double step = (target - self->congestion_window) / self->congestion_window * acked;
    self->congestion_window += (uint32_t)step;
    if (self->congestion_window < cubic->w_est)
        self->congestion_window = cubic->w_est;
}

static uint32_t cubic_threshold(struct tcp_socket *self, uint32_t flight)
{
    struct tcp_cubic *cubic = &self->cubic;
    uint32_t window = min_u32(self->congestion_window, max_u32(flight, 2U * self->mss));
    /* Fast convergence (section 4.7): give room to newcomers. */
    cubic->w_max = window < cubic->w_max ? (uint32_t)(window * (1 + cubic_beta) / 2) : window;
    cubic->epoch_ns = 0;
    return max_u32((uint32_t)(window * cubic_beta), 2U * self->mss);
}

static void cubic_reset(struct tcp_socket *self)
{
    self->cubic.epoch_ns = 0;
}

const struct tcp_congestion tcp_cubic = {
    .name = "cubic",
    .help = "RFC 9438: a cubic curve around the last window that lost",
    .acked = cubic_acked,
    .threshold = cubic_threshold,
    .reset = cubic_reset,
};
