/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cables - what the testbed's cables do to packets besides their rate: carry nothing, lose some, duplicate some; and the trap that cuts
 * a host off at one very packet. Shared by the TC programs at the exchange's ports (cables.bpf.c), their loader (cables_load.c) and the
 * testbed, in an array map that all of them have mapped.
 *
 * The loader lives as long as the testbed; it is asked, line by line, to attach the programs to a port.
 */
#ifndef MODULE_TESTBED_CABLES_H
#define MODULE_TESTBED_CABLES_H

#include <linux/types.h>

/* The client's, the servers' on the service LAN, theirs on the log LAN. */
enum { CABLE_CLIENT, CABLE_SERVICE, CABLE_LOG = CABLE_SERVICE + 2, CABLES = CABLE_LOG + 2 };

struct cable {
    __u32 ifindex; /* of the exchange's end; 0: there is none */
    __u32 cut;
    __u32 no_log;          /* the log channel's packets do not pass */
    __u32 no_peer;         /* nor do any to or from the other server */
    __u32 loss, duplicate; /* probabilities, of 2^32 */
    __u64 lost, duplicated;
};

enum cables_event {
    CABLES_NOTHING,
    CABLES_REPLY_SEGMENT, /* a packet with bytes of a reply passes: it is the `segment`-th of that reply */
    CABLES_REPLY_LOGGED, /* an acknowledgement of a logged reply comes: it does not pass any more */
};

struct cables_trap {
    __u32 event, segment;
    __u32 cuts; /* the host that the packet is of, or to, is cut off at once */
    __u32 sprung;
    __u64 count, seen;
    __s64 not_before_ns; /* CLOCK_MONOTONIC */
};

struct cables_memory {
    struct cable cables[CABLES];
    struct cables_trap trap;
    /* Who speaks for the service to clients, and how often somebody did so just after another had begun to. */
    __u32 speaker, changes;
    __s64 changed_ns;
    __u64 words, overlaps;
    struct {
        __u32 server, flags, payload;
        __s64 at_ns, since_ns; /* CLOCK_MONOTONIC; since the other one had begun to speak */
    } first_overlap;
    /* Replies of connections that this pair of servers opened, and those that left before the log had acknowledged them. */
    __u32 pair; /* number of the present one; 0: there is none, or something has befallen it */
    __u32 zero;
    __u64 replies, unlogged;
    struct {
        __u32 port, ordinal, logged, pair;
        __s64 at_ns; /* CLOCK_MONOTONIC */
    } first_unlogged;
    __u64
        unread; /* records of the log that lay across packets: what they acknowledge was not seen */
    __u32 log_from[2];            /* where the log of each server to its peer begins */
    __u32 service_ip;             /* as it stands in packets */
    __u16 service_port, log_port; /* host order */
};

/* A host that has lost its word, and comes back to it, was out and taken in meanwhile: that takes longer. */
#define CABLES_RETURN_NS 100000000LL

#endif
