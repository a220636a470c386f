/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_control - the heartbeat: what the two hosts tell each other all the time, in 64 authenticated bytes.
 *
 * Big-endian: magic 2, kind 1, sender 1, role 1, flags 1, zero 2, view 8, proposal 8, incarnation 8, sent 8, echoed incarnation 8,
 * echo 8, MAC 8. Whoever asks to join has neither view nor proposal, and tells how patient it is and how much it can log in their
 * place. `sent` is the sender's own clock and only ever compared with itself: it comes back as `echo`, and being
 * strictly increasing it tells old and replayed messages from new ones. Clocks begin anew when a host does, so each of the two
 * times goes with the incarnation whose clock it is (ft_peer).
 */
#ifndef CORE_FT_CONTROL_H
#define CORE_FT_CONTROL_H

#include "core/ft_siphash.h"

enum { FT_CONTROL_BYTES = 64 };
#define FT_VIEW_MAX                                                                                \
    (UINT64_MAX >> 1) /* behind it there is room for all that may still be counted */

enum ft_control_kind {
    FT_CONTROL_HEARTBEAT = 1,
    FT_CONTROL_JOIN = 2 /* the heartbeat of a host that has just begun: take me in */
};

enum ft_control_flag {
    FT_CONTROL_FULL = 1,   /* the sender takes no further connections */
    FT_CONTROL_REFUSES = 2 /* the sender serves alone, and does not take the receiver in */
};

struct ft_control {
    uint8_t kind, sender, role; /* role: enum ft_role */
    uint8_t flags;              /* of enum ft_control_flag */
    uint64_t view;
    uint64_t proposal;         /* the view that the sender wants next (ft_group); 0: none */
    int64_t timeout_ns;        /* JOIN: the silence after which the sender takes over */
    uint64_t log_bytes;        /* JOIN: the limit of its log */
    uint64_t incarnation;      /* the sender's */
    uint64_t echo_incarnation; /* whose sent_ns is echoed; 0: nobody's */
    int64_t sent_ns;           /* the sender's clock */
    int64_t echo_ns; /* the highest sent_ns it had from that incarnation of the receiver */
};

enum ft_control_error {
    FT_CONTROL_OK,
    FT_CONTROL_SIZE,   /* not as long as a message */
    FT_CONTROL_MAC,    /* not made with our key, or damaged */
    FT_CONTROL_KIND,   /* verified, but of a kind we do not know */
    FT_CONTROL_VIEW,   /* verified, but names a view that no counting leads to */
    FT_CONTROL_SENDER, /* not from our peer */
    FT_CONTROL_OLD,    /* replayed, doubled or overtaken */
    FT_CONTROL_STALE,  /* of an incarnation that has not shown that it lives now */
    FT_CONTROL_ERRORS
};

void ft_control_write(const struct ft_control *self, const struct ft_key *key,
                      uint8_t out[FT_CONTROL_BYTES]);
/* Knows OK, SIZE, MAC, KIND, VIEW; the rest is for the receiver's state to say. */
enum ft_control_error ft_control_read(const uint8_t *in, size_t size, const struct ft_key *key,
                                      struct ft_control *out);

#endif
