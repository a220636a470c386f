/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_path - the packet path: what becomes of each segment to or from the service, by the host's role.
 *
 * The service's address leads to the backup. It shows every segment to its own TCP and a copy to the primary; both answer
 * alike, the primary's answers reach the client, the backup's end here. A SYN is answered statelessly with a number that
 * both recognise in the client's next segment (ft_isn), from which both create the identical connection. With `ack_gate`
 * the client is told only what both hosts have: the backup's suppressed ACKs go to the primary as reports.
 *
 * Who serves alone may take a newcomer in as its backup (ft_group). A connection belongs to the view that its handshake began
 * in: those of earlier views are the primary's alone, the backup passes their segments on and knows nothing of them. A
 * client that has not yet heard where the address is now speaks to the primary directly: what belongs to both, or is new,
 * the primary sends round by the backup, so that never one of two has a connection that should have it.
 *
 * A shell (eBPF, the simulated kernel) does, for every IP packet at its two hooks:
 *
 *   uint8_t bytes[FT_HEADER_MAX];                     first bytes of the IP packet, as many as there are
 *   struct ft_segment segment;
 *   if (!ft_segment_parse(&segment, bytes, size, length, partial, &why))
 *       count(why), let the packet pass;
 *   direction = ft_path_match(&host, &segment);       FT_PATH_ELSEWHERE: count(FT_REASON_NOT_OURS), pass
 *   ft_path_key(&segment, direction, &key); flow = look up key, or NULL;
 *   host.now_ns = clock;
 *   ft_path_ingress(&host, &segment, flow, from_peer, has_socket, &verdict);   or
 *   ft_path_egress(&host, &segment, flow, &verdict);
 *   count(verdict.reason), then carry verdict.actions out in this order:
 *     FT_ASSIGN     flow = insert the key (over an old entry), ft_path_open(&host, &segment, &verdict, flow); no room:
 *                   count(FT_REASON_TABLE_FULL) and drop all, COPY too. Tell TCP to create the connection from
 *                   verdict.assign when it gets this segment
 *     FT_FORGET     delete the entry
 *     FT_COPY       a copy of the untouched packet to the peer
 *     FT_CLEAR      packet from ft_path_clear() to our own TCP
 *     FT_ANSWER     packet from ft_path_answer() to the client        } each from its own copy of
 *     FT_REPORT     packet from ft_path_report() to the primary       } bytes and segment; these have
 *     FT_LOCAL_ACK  packet from ft_path_local_ack() to our own TCP    } no payload
 *     FT_FORWARD    packet from ft_path_forward() to the client       }
 *     FT_PASS       ft_path_pass() edits the header, payload stays; on its way; without it: drop, as if sent
 *
 * Packets that a shell makes must not come through its hooks again. `from_peer`: it came from the other host (own
 * interface or link-layer address), never from a client: a copy, a detour or a report. `has_socket`: TCP has a socket for this very pair of
 * addresses that is neither listening nor in TIME_WAIT; looked at only if ft_path_needs_socket(). Segments with a wrong
 * TCP checksum must be dropped before they get here.
 *
 * Not done: IPv6, fragments, ICMP, timestamps, ECN, several services.
 */
#ifndef CORE_FT_PATH_H
#define CORE_FT_PATH_H

#include "core/ft_path_in.h"
#include "core/ft_path_out.h"

enum ft_path_direction { FT_PATH_ELSEWHERE, FT_PATH_TO_SERVICE, FT_PATH_FROM_SERVICE };

/* Client traffic is to the service, TCP's output and reports are from it. */
FT_INLINE enum ft_path_direction ft_path_match(const struct ft_path_host *host,
                                               const struct ft_segment *segment)
{
    if (segment->destination_ip == host->service_ip &&
        segment->destination_port == host->service_port)
        return FT_PATH_TO_SERVICE;
    if (segment->source_ip == host->service_ip && segment->source_port == host->service_port)
        return FT_PATH_FROM_SERVICE;
    return FT_PATH_ELSEWHERE;
}

FT_INLINE void ft_path_key(const struct ft_segment *segment, enum ft_path_direction direction,
                           struct ft_flow_key *key)
{
    bool out = direction == FT_PATH_FROM_SERVICE;
    *key = (struct ft_flow_key){
        .client_ip = out ? segment->destination_ip : segment->source_ip,
        .client_port = out ? segment->destination_port : segment->source_port,
    };
}

/* Whether ft_path_ingress() will look at has_socket. */
FT_INLINE bool ft_path_needs_socket(const struct ft_flow *flow)
{
    return flow == NULL || !flow->alive;
}

/* FT_ASSIGN: fills the connection's entry. */
FT_INLINE void ft_path_open(const struct ft_path_host *host, const struct ft_segment *first,
                            const struct ft_verdict *verdict, struct ft_flow *flow)
{
    ft_flow_open(flow, &verdict->assign, first, host->window, host->now_ns);
    /* A client that acknowledges more than the beginning has heard another host (ft_path_stillborn). */
    flow->followed =
        host->role == FT_ROLE_BACKUP || ft_seq_after(first->ack, verdict->assign.server_isn + 1);
}

/* --- the four hooks -------------------------------------------------------------------------------------------- */

FT_INLINE void ft_path_backup_ingress(const struct ft_path_host *host,
                                      const struct ft_segment *segment, struct ft_flow *flow,
                                      bool has_socket, struct ft_verdict *verdict)
{
    if (flow != NULL && flow->assign.view != host->view && !flow->closed)
        ft_verdict_set(verdict, FT_COPY, FT_REASON_UNKNOWN);
    else if (ft_path_begin(host, segment, flow, has_socket, verdict))
        return;
    else if (flow == NULL || flow->assign.view != host->view)
        ft_verdict_set(verdict, FT_COPY, FT_REASON_UNKNOWN);
    else
        ft_path_to_tcp(host, segment, flow, verdict);
    verdict->actions |= FT_COPY;
}

/* Also of the host that serves alone. */
FT_INLINE void ft_path_primary_ingress(const struct ft_path_host *host,
                                       const struct ft_segment *segment, struct ft_flow *flow,
                                       bool has_socket, struct ft_verdict *verdict)
{
    if (ft_path_begin(host, segment, flow, has_socket, verdict))
        return;
    if (flow == NULL)
        ft_verdict_set(verdict, FT_PASS, FT_REASON_PLAIN);
    else
        ft_path_to_tcp(host, segment, flow, verdict);
}

FT_INLINE void ft_path_backup_egress(const struct ft_path_host *host,
                                     const struct ft_segment *segment, struct ft_flow *flow,
                                     struct ft_verdict *verdict)
{
    ft_path_backup_out(host, segment, flow, verdict);
}

FT_INLINE void ft_path_primary_egress(const struct ft_path_host *host,
                                      const struct ft_segment *segment, struct ft_flow *flow,
                                      struct ft_verdict *verdict)
{
    ft_path_speaker_out(host, segment, flow, verdict);
}

/* Whether it has to come by way of the backup: all but what belongs to the primary alone. */
FT_INLINE bool ft_path_detours(const struct ft_path_host *host, const struct ft_flow *flow,
                               bool from_peer)
{
    bool own = flow != NULL && !flow->closed && flow->assign.view != host->view;
    return host->role == FT_ROLE_PRIMARY && !from_peer && !own;
}

/* --- by role --------------------------------------------------------------------------------------------------- */

FT_INLINE void ft_path_ingress(const struct ft_path_host *host, const struct ft_segment *segment,
                               struct ft_flow *flow, bool from_peer, bool has_socket,
                               struct ft_verdict *verdict)
{
    enum ft_path_direction direction = ft_path_match(host, segment);
    ft_verdict_init(verdict, segment);
    bool is_report = direction == FT_PATH_FROM_SERVICE && from_peer;
    if (direction != FT_PATH_TO_SERVICE && !is_report)
        ft_verdict_set(verdict, FT_PASS, FT_REASON_NOT_OURS);
    else if (host->role == FT_ROLE_OUT)
        verdict->reason = FT_REASON_ROLE_OUT;
    else if (is_report)
        ft_path_report_in(host, segment, flow, verdict);
    else if (ft_path_detours(host, flow, from_peer))
        ft_verdict_set(verdict, FT_COPY, FT_REASON_DETOUR);
    else if ((segment->flags & (FT_SYN | FT_ACK | FT_RST | FT_FIN)) == FT_SYN)
        ft_path_syn(host, segment, flow, has_socket, verdict);
    else if (host->role == FT_ROLE_BACKUP)
        ft_path_backup_ingress(host, segment, flow, has_socket, verdict);
    else
        ft_path_primary_ingress(host, segment, flow, has_socket, verdict);
}

FT_INLINE void ft_path_egress(const struct ft_path_host *host, const struct ft_segment *segment,
                              struct ft_flow *flow, struct ft_verdict *verdict)
{
    ft_verdict_init(verdict, segment);
    if (ft_path_match(host, segment) != FT_PATH_FROM_SERVICE)
        ft_verdict_set(verdict, FT_PASS, FT_REASON_NOT_OURS);
    else if (host->role == FT_ROLE_OUT)
        verdict->reason = FT_REASON_ROLE_OUT;
    else if (host->role == FT_ROLE_BACKUP)
        ft_path_backup_egress(host, segment, flow, verdict);
    else
        ft_path_primary_egress(host, segment, flow, verdict);
}

#endif
