/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_profiles - how kernels behave. Sources stand beside the numbers: kernel files by name, RFCs, ns-3's defaults.
 *
 * Not modelled of linux-6: tail loss probes and RACK (RFC 8985), so that a lost tail waits for the whole time-out; and the 3 s
 * that tcp_init_metrics() waits where the handshake gave no round trip and the route has no `rtt`.
 */
#include "models/tcp/tcp_socket.h"

#define MS INT64_C(1000000)
#define SECONDS (1000 * MS)

const struct tcp_profile tcp_profiles[] = {
    {
        .name = "linux-2.4",
        .help = "Linux 2.4 (2001): NewReno with SACK, initial window of 2 segments",
        .congestion = &tcp_newreno,
        .initial_window_segments = 2, /* 2.4 net/ipv4/tcp_input.c tcp_init_cwnd(): 2 for MSS 1460 */
        .duplicate_ack_threshold = 3, /* RFC 5681 3.2; TCP_FASTRETRANS_THRESH */
        .byte_counting =
            1, /* tcp_cong_avoid(): one segment per ACK, or one for every window of ACKs */
        .rto_initial_ns = 3 * SECONDS,  /* TCP_TIMEOUT_INIT */
        .rto_min_ns = 200 * MS,         /* TCP_RTO_MIN */
        .rto_max_ns = 120 * SECONDS,    /* TCP_RTO_MAX */
        .rto_min_is_of_variance = true, /* tcp_rtt_estimator(): mdev_max >= TCP_RTO_MIN */
        .delayed_ack_ns = 200 * MS,     /* TCP_DELACK_MAX */
        .delayed_ack_min_ns = 40 * MS,  /* TCP_DELACK_MIN */
        .idle_restart = true,           /* tcp_cwnd_restart() */
        .quick_acks = 16,               /* TCP_MAX_QUICKACKS */
        .time_wait_ns = 60 * SECONDS,   /* TCP_TIMEWAIT_LEN */
        .mss = 1460,
        .loopback_mss = 16396, /* drivers/net/loopback.c: mtu 16436 */
        .window_scale =
            0, /* tcp_select_initial_window(): 64 KB need no scaling, the option is sent */
        .sack = true,
        .nagle = true,
        .send_buffer_bytes = 16384,      /* sysctl tcp_wmem default */
        .receive_buffer_bytes = 65535,   /* sysctl tcp_rmem default 87380, 3/4 of it as window */
        .send_buffer_max_bytes = 131072, /* sysctl tcp_wmem maximum */
        .syn_retries = 5,
        .retries = 15, /* sysctl tcp_retries2 */
        .checksum = true,
    },
    {
        .name = "linux-6",
        .help = "Linux 6 (2023): CUBIC with SACK, initial window of 10 segments",
        .congestion = &tcp_cubic,
        .initial_window_segments = 10, /* TCP_INIT_CWND, RFC 6928 */
        .duplicate_ack_threshold = 3,
        .byte_counting = 0,            /* tcp_slow_start(): by what was acknowledged */
        .rto_initial_ns = 1 * SECONDS, /* TCP_TIMEOUT_INIT, RFC 6298 */
        .rto_min_ns = 200 * MS,
        .rto_max_ns = 120 * SECONDS,
        .rto_min_is_of_variance = true,
        .delayed_ack_ns = 200 * MS,
        .delayed_ack_min_ns = 40 * MS,
        .idle_restart = true, /* sysctl tcp_slow_start_after_idle */
        .quick_acks = 16,
        .time_wait_ns = 60 * SECONDS,
        .challenge_gap_ns = 500 * MS, /* sysctl tcp_invalid_ratelimit, since Linux 4.0 */
        .mss = 1460,
        .loopback_mss = 65495, /* drivers/net/loopback.c: mtu 65536; IP_MAX_MTU less headers */
        .window_scale = 7,     /* for tcp_rmem's maximum of 6 MB */
        .sack = true,
        .nagle = true,
        .send_buffer_bytes = 87040,       /* IW10 x 2 and room; tcp_sndbuf_expand() */
        .receive_buffer_bytes = 524288,   /* what auto-tuning reaches at LAN rates, held fixed */
        .send_buffer_max_bytes = 4194304, /* sysctl tcp_wmem maximum */
        .syn_retries = 6,
        .retries = 15,
        .checksum = true,
    },
    {
        .name = "ns-3",
        .help = "ns-3.37's TcpNewReno defaults with MSS 1460, for comparisons with it",
        .congestion = &tcp_newreno,
        .initial_window_segments = 10, /* TcpSocket::InitialCwnd */
        .duplicate_ack_threshold = 3,  /* TcpSocketBase::ReTxThreshold */
        .byte_counting =
            1, /* TcpNewReno::SlowStart, CongestionAvoidance: one segment per ACK call */
        .rto_initial_ns = 1 * SECONDS, /* RttEstimator::InitialEstimation */
        .rto_min_ns = 200 * MS, /* for comparisons at LAN delays; TcpSocketBase::MinRto is 1 s */
        .rto_max_ns = 120 * SECONDS,
        .rto_granularity_ns = 1 * MS, /* TcpSocketBase::ClockGranularity */
        .delayed_ack_ns = 200 * MS,   /* TcpSocket::DelAckTimeout */
        .delayed_ack_min_ns = 200 * MS,
        .ack_by_segments = true,       /* TcpSocket::DelAckCount 2 */
        .time_wait_ns = 240 * SECONDS, /* 2 x MaxSegLifetime of 120 s */
        .mss = 1460,
        .loopback_mss = 1460,
        .window_scale = 2, /* for 128 KiB buffers */
        .sack = true,
        .nagle = false, /* TcpSocket::TcpNoDelay true */
        .send_buffer_bytes = 131072,
        .receive_buffer_bytes = 131072,
        .syn_retries = 6,
        .retries = 6, /* TcpSocket::DataRetries */
        .checksum = true,
    },
    {.name = NULL},
};
