/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * understudy_bpf - what the TC programs share with the programs that load them: map values and constants.
 */
#ifndef MODULE_BPF_UNDERSTUDY_BPF_H
#define MODULE_BPF_UNDERSTUDY_BPF_H

#include "core/ft_path.h"

enum {
    UNDERSTUDY_FLOWS_MAX = 65536,
    UNDERSTUDY_SYNS_MAX = 1024,
    UNDERSTUDY_ETHERNET_BYTES = 14,
    UNDERSTUDY_MARK = 0x55445354, /* on a packet that our own programs made: let it through */
    UNDERSTUDY_EARLY =
        0x55444500, /* and how often it has been put back: data whose connection is being made */
    UNDERSTUDY_EARLY_MAX = 255,
    UNDERSTUDY_CLAIMS = 4096, /* connections created at the same moment should not meet there */
    UNDERSTUDY_CLAIM_SHIFT =
        25, /* of the time in ns: 34 ms, less than a client waits with its next try */
};

/* The one element of `understudy_config`. host.now_ns is not used: the programs read the clock (CLOCK_BOOTTIME). */
struct understudy_config {
    struct ft_path_host host;
    uint32_t peer_ifindex;    /* leads to the other host */
    uint32_t service_ifindex; /* leads to the clients */
    uint8_t own_mac[6];       /* of peer_ifindex */
    uint8_t peer_mac[6];
    uint8_t zero[4];
};

/* A SYN that this host has not answered, in `understudy_syns`: if it goes on alone soon it does so then, or the client would try
 * again after a second only. The oldest give way. */
struct understudy_syn {
    int64_t at_ns;
    uint32_t size; /* of the IP packet's headers, which are all of it */
    uint8_t bytes[FT_HEADER_MAX];
    uint32_t zero;
};

/* What one packet needs, too much for the stack of a BPF program: one for each processor, in `understudy_work`. A reader of the
 * map sees the latest packet's decision. */
struct understudy_work {
    struct ft_path_host host;
    struct ft_verdict verdict;
    struct ft_segment segment, made_segment;
    uint8_t bytes[FT_HEADER_MAX], made[FT_HEADER_MAX]; /* header as it came, header made from it */
    struct ft_flow flow;
    struct understudy_syn syn;
    uint32_t made_length;
    uint32_t zero;
};

#endif
