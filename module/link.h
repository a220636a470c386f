/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * link - what the daemon and the server's module of one host tell each other, over a Unix socket of sequenced packets.
 *
 * The daemon listens. The module connects, says hello, and gets the host's state, with descriptors of the packet path's flow
 * table and settings beside it (SCM_RIGHTS); it gets the state again whenever it changes. The module reports how its server and its
 * log are doing several times a second: a daemon that does not hear it takes the server for dead. Both ends are on one host, so numbers are
 * in host order; `version` guards against a module of another build.
 */
#ifndef MODULE_LINK_H
#define MODULE_LINK_H

#include "core/ft_role.h"
#include "core/ft_siphash.h"

enum { LINK_VERSION = 4, LINK_REPORT_MS = 10 };

/* Descriptors, in this order. The settings (struct understudy_config) can only be read. */
enum { LINK_FLOWS, LINK_CONFIG, LINK_FILES };

/* Daemon to module. */
struct link_state {
    uint32_t version;
    uint32_t role; /* enum ft_role */
    uint64_t view;
    struct ft_key key;
    uint32_t service_ip; /* host order, as all addresses here */
    uint32_t own_log_ip, peer_log_ip;
    uint16_t service_port, log_port;
    uint32_t fragment_bytes;
    uint64_t log_bytes;
    uint64_t body_bytes; /* for bodies of requests that are kept */
};

/* Module to daemon; the first one is the hello. */
struct link_report {
    uint32_t version;
    uint32_t channel;   /* the log channel is open, or none is needed */
    uint32_t listening; /* the server accepts connections */
    uint32_t zero;
    uint64_t view; /* of the latest state that came */
    int64_t
        stuck_ns; /* for how long replies have been waiting for the log without progress; 0: none wait */
    uint64_t log_bytes;  /* held in the log, or begun and not yet given up */
    uint64_t body_bytes; /* of requests, kept or reserved for them */
    uint64_t logged, replayed, executed, unprotected; /* replies, ever */
    uint64_t bodies_refused;                          /* requests, ever: too large to be kept */
    uint64_t
        left; /* connections, ever, that one of the hosts gave up: from then on the primary's alone */
    uint64_t refused; /* records that did not verify */
};

#endif
