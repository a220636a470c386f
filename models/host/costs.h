/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * costs - what a host's operations cost, in cycles: the rows of a cost profile.
 *
 * The values are data (scenarios/profiles/), each with its source; this file only names the operations. Whatever spends
 * cycles does so through one of these, and books them to a component, so that the cycle tables of a run come out of it.
 */
#ifndef MODELS_HOST_COSTS_H
#define MODELS_HOST_COSTS_H

#include <stdint.h>

struct host_costs {
    /* kernel, per packet; softirq level */
    int64_t
        interrupt; /* one NIC interrupt; packets that arrive while the kernel is at it share it */
    int64_t receive_data;  /* driver, IP and TCP for an arriving segment with payload */
    int64_t receive_ack;   /* the same without payload */
    int64_t transmit_data; /* TCP, IP and driver for a departing segment with payload */
    int64_t transmit_ack;  /* the same without payload (ACK, SYN, FIN, RST, UDP) */
    int64_t
        connection_open; /* beyond its packets: sockets, hashing, accept(); paid by the server's process */
    int64_t connection_close; /* beyond its packets: shutdown(), the wait for the client, close() */
    /* kernel, process level */
    int64_t system_call; /* entry, exit and dispatch of one call */
    int64_t
        context_switch;   /* to a process other than the last one, with what it costs its caches */
    double copy_per_byte; /* between user and kernel space */
    double checksum_per_byte;
    int64_t
        request_kernel; /* file and housekeeping calls of one request: stat, open, log, time, signals … */
    /* user */
    int64_t request_user;     /* parsing, translation, logging of one request */
    double generate_per_byte; /* making a reply, on top of its service time; 0: files as they lie */
    double consume_per_byte;  /* looking at a request's body */
    /* the scheme's own operations; kernel, or user where a process is the packet path (models/host/divert.h) */
    int64_t path_lookup; /* connection table and header rewriting, per packet of the service */
    int64_t
        path_forward; /* a fresh socket buffer and its queueing: for a cloned packet, or for one that a process sends */
    int64_t path_suppress; /* dropping a packet at the device queue */
    int64_t heartbeat;     /* making or taking one heartbeat */
    /* the scheme's own operations; user */
    int64_t
        record_user; /* framing, matching and bookkeeping of one log record, at each process that handles it */
    int64_t
        hand_off; /* one hand-over between processes of a host, beyond switch and copies (queue, semaphore) */
    int64_t
        proxy_message; /* a user-level proxy's handling of one diverted packet, or of one part of a message */
};

/* Who spent them: the rows of the cycle breakdown. */
enum cost_component {
    COST_INTERRUPT,
    COST_RECEIVE,
    COST_TRANSMIT,
    COST_CONNECTION,
    COST_COPY,
    COST_SYSTEM_CALL,
    COST_SWITCH,
    COST_APACHE,
    COST_PATH,
    COST_LOG_CHANNEL,
    COST_PROXY,
    COST_HEARTBEAT,
    COST_COMPONENTS
};
extern const char *const cost_component_names[]; /* NULL-ended */

#endif
