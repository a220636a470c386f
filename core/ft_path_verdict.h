/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_path_verdict - what goes into a decision of the packet path, what comes out, and the headers that follow from it.
 */
#ifndef CORE_FT_PATH_VERDICT_H
#define CORE_FT_PATH_VERDICT_H

#include "core/ft_flow.h"
#include "core/ft_isn.h"
#include "core/ft_plant.h"
#include "core/ft_report.h"
#include "core/ft_role.h"

/* Bits of ft_verdict.actions. Without FT_PASS the packet itself goes no further; that is not an error to its sender. */
enum ft_action {
    FT_DROP = 0,
    FT_PASS = 1,     /* ingress: up to TCP; egress: on the wire; after ft_path_pass() */
    FT_COPY = 2,     /* a copy of the packet as it came goes to the peer */
    FT_ANSWER = 4,   /* ft_path_answer() makes the SYN-ACK, sent to the client */
    FT_ASSIGN = 8,   /* before PASS and COPY: open the entry, give TCP the connection */
    FT_REPORT = 16,  /* ft_path_report() makes the report, sent to the primary */
    FT_FORWARD = 32, /* ft_path_forward() makes of the report a segment, sent to the client */
    FT_LOCAL_ACK =
        64,          /* ft_path_local_ack() makes an ACK, given to our own TCP as from the client */
    FT_CLEAR = 128,  /* ft_path_clear() makes a reset, given to our own TCP before anything else */
    FT_FORGET = 256, /* delete the entry */
};

/* Everything a decision depends on that is not in the packet or the connection's entry. */
struct ft_path_host {
    struct ft_key key; /* the same on both hosts; secret */
    int64_t now_ns;
    int64_t lease_until_ns; /* a host speaks before this time only; INT64_MAX: it serves alone */
    uint32_t view;          /* the last one that this host had a partner in, or began alone in */
    uint32_t old_view; /* the same before that, whose handshakes may still end; 0: it was out */
    uint32_t counter;  /* stepped about once a minute; hosts agree on it to within one */
    uint32_t service_ip;
    uint16_t service_port;
    /* What SYN-ACKs offer: the same on both hosts, and what their TCP will do. */
    uint16_t mss, window;
    uint8_t scale; /* FT_NO_SCALE: none */
    uint8_t sack;
    uint8_t role;     /* enum ft_role */
    uint8_t ack_gate; /* acknowledge to the client only what both hosts have */
    /* Somebody accepts connections to the service. A host whose table is full tells its peer that nobody does. */
    uint8_t listening, peer_listening;
    uint8_t table_full; /* no room for further entries */
    uint8_t zero[3];
};

/* Failover has decided. Whoever goes on alone has nobody new to share connections with: to the packet path its view is still
 * the one before. So a handshake that is in progress outlives the loss of one host and the coming of another. */
FT_INLINE void ft_path_set_role(struct ft_path_host *host, uint8_t role, uint32_t view)
{
    if (role == FT_ROLE_SOLO && host->role != FT_ROLE_OUT)
        view = host->view;
    if (view != host->view)
        host->old_view = host->role == FT_ROLE_OUT ? 0 : host->view;
    host->role = role;
    host->view = view;
}

struct ft_path_edit {
    uint32_t seq, ack;
    uint16_t window;
    uint8_t flags;
    uint8_t zero;
};

struct ft_verdict {
    uint32_t actions;           /* of enum ft_action */
    uint32_t reason;            /* enum ft_reason: to be counted */
    struct ft_path_edit edit;   /* PASS, FORWARD: the header as it is to be */
    struct ft_path_edit inward; /* LOCAL_ACK, CLEAR: the same for the packet to our own TCP */
    struct ft_assign assign;    /* ASSIGN; ANSWER: what the SYN-ACK says; REPORT: of what */
};

FT_INLINE void ft_verdict_init(struct ft_verdict *self, const struct ft_segment *segment)
{
    *self = (struct ft_verdict){
        .actions = FT_DROP,
        .edit = {.seq = segment->seq,
                 .ack = segment->ack,
                 .window = segment->window,
                 .flags = segment->flags},
    };
}

FT_INLINE void ft_verdict_set(struct ft_verdict *self, uint32_t actions, enum ft_reason reason)
{
    self->actions |= actions;
    self->reason = reason;
}

/* --- headers made from a verdict ------------------------------------------------------------------------------- */

/*
 * Each of these works on `bytes` (FT_HEADER_MAX of them, as parsed into `segment`), changes both in place and returns the
 * new length of the IP packet. A verdict with several actions needs a fresh copy of bytes and segment for each.
 */
FT_INLINE uint32_t ft_path_edit(struct ft_segment *segment, uint8_t *bytes,
                                const struct ft_path_edit *edit)
{
    if (edit->seq != segment->seq)
        ft_segment_set_seq(segment, bytes, edit->seq);
    if (edit->ack != segment->ack)
        ft_segment_set_ack(segment, bytes, edit->ack);
    if (edit->window != segment->window)
        ft_segment_set_window(segment, bytes, edit->window);
    if (edit->flags != segment->flags)
        ft_segment_set_flags(segment, bytes, edit->flags);
    return ft_segment_length(segment);
}

/* Keeps the payload. */
FT_INLINE uint32_t ft_path_pass(struct ft_segment *segment, uint8_t *bytes,
                                const struct ft_verdict *verdict)
{
    return ft_path_edit(segment, bytes, &verdict->edit);
}

FT_INLINE uint32_t ft_path_forward(struct ft_segment *segment, uint8_t *bytes,
                                   const struct ft_verdict *verdict)
{
    ft_segment_bare(segment, bytes);
    return ft_path_edit(segment, bytes, &verdict->edit);
}

/* A SYN-ACK; TCP header and options always take 32 bytes. */
FT_INLINE uint32_t ft_path_answer(struct ft_segment *segment, uint8_t *bytes,
                                  const struct ft_path_host *host, const struct ft_verdict *verdict)
{
    struct ft_syn_options offer = {
        .mss = host->mss,
        .scale = verdict->assign.own_scale,
        .sack = verdict->assign.sack,
    };
    ft_segment_answer(segment, bytes, verdict->assign.server_isn, host->window, &offer);
    return ft_segment_length(segment);
}

/* Output of our own TCP, cut down to what it says. */
FT_INLINE uint32_t ft_path_report(struct ft_segment *segment, uint8_t *bytes,
                                  const struct ft_path_host *host, const struct ft_verdict *verdict)
{
    ft_report_write(&host->key, &verdict->assign, segment, bytes);
    return ft_segment_length(segment);
}

FT_INLINE uint32_t ft_path_local_ack(struct ft_segment *segment, uint8_t *bytes,
                                     const struct ft_verdict *verdict)
{
    ft_segment_bare(segment, bytes);
    ft_segment_turn(segment, bytes);
    return ft_path_edit(segment, bytes, &verdict->inward);
}

/* A reset in the client's name that ends what our own TCP remembers of an earlier connection. */
FT_INLINE uint32_t ft_path_clear(struct ft_segment *segment, uint8_t *bytes,
                                 const struct ft_verdict *verdict)
{
    ft_segment_bare(segment, bytes);
    return ft_path_edit(segment, bytes, &verdict->inward);
}

#endif
