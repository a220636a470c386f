/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_path_in - decisions about packets that arrive: SYNs, segments of clients, reports of the backup.
 */
#ifndef CORE_FT_PATH_IN_H
#define CORE_FT_PATH_IN_H

#include "core/ft_path_verdict.h"

/* A connection that TCP shows no sign of is created again by a segment that comes this much later. */
#define FT_ASSIGN_AGAIN_NS 150000000LL
/* After so long a silence of the client, nothing of its earlier connections is still on the way. */
#define FT_SILENT_NS 1000000000LL

FT_INLINE bool ft_path_may_speak(const struct ft_path_host *host)
{
    bool speaker = host->role == FT_ROLE_SOLO || host->role == FT_ROLE_PRIMARY;
    bool leased = host->now_ns < host->lease_until_ns || ft_planted(FT_PLANT_NO_LEASE);
    return (speaker && leased) ||
           (host->role == FT_ROLE_BACKUP && ft_planted(FT_PLANT_BACKUP_SPEAKS));
}

/* Both hosts of the present view have this connection. */
FT_INLINE bool ft_path_shared(const struct ft_path_host *host, const struct ft_flow *flow)
{
    return host->role != FT_ROLE_SOLO && flow->assign.view == host->view;
}

/* TCP has not created it, or not yet. */
FT_INLINE bool ft_path_unborn(const struct ft_flow *flow, bool has_socket)
{
    return !flow->alive && !has_socket;
}

/* --- SYN ------------------------------------------------------------------------------------------------------- */

FT_INLINE void ft_path_ends(const struct ft_path_host *host, const struct ft_segment *segment,
                            struct ft_isn_ends *ends)
{
    ends->client_ip = segment->source_ip;
    ends->client_port = segment->source_port;
    ends->service_ip = host->service_ip;
    ends->service_port = host->service_port;
}

FT_INLINE void ft_path_make_isn(const struct ft_path_host *host, const struct ft_segment *segment,
                                struct ft_verdict *verdict)
{
    struct ft_isn_ends ends;
    bool scaled = host->scale != FT_NO_SCALE && segment->syn.scale != FT_NO_SCALE;
    struct ft_syn_options agreed = {
        .mss = segment->syn.mss,
        .scale = scaled ? segment->syn.scale : FT_NO_SCALE,
        .sack = segment->syn.sack && host->sack,
    };
    ft_path_ends(host, segment, &ends);
    verdict->assign = (struct ft_assign){
        .client_isn = segment->seq,
        .server_isn =
            ft_isn_make(&host->key, &ends, host->view, segment->seq, host->counter, &agreed),
        .view = host->view,
        .mss = ft_isn_mss(ft_isn_mss_index(agreed.mss)),
        .client_scale = agreed.scale,
        .own_scale = scaled ? host->scale : FT_NO_SCALE,
        .sack = agreed.sack,
    };
}

/* What is left of the earlier connection goes: TIME_WAIT ends at a reset with exactly the next number. */
FT_INLINE void ft_path_clear_remains(const struct ft_segment *segment, const struct ft_flow *flow,
                                     struct ft_verdict *verdict)
{
    ft_verdict_set(verdict, FT_CLEAR, FT_REASON_SYN_REUSE);
    verdict->inward =
        (struct ft_path_edit){.seq = flow->own_acked, .window = segment->window, .flags = FT_RST};
}

/* Why a SYN cannot be answered statelessly; FT_REASON_SYN_ANSWERED if it can. */
FT_INLINE enum ft_reason ft_path_syn_obstacle(const struct ft_path_host *host,
                                              const struct ft_segment *segment)
{
    bool peer = host->role == FT_ROLE_SOLO || host->peer_listening;
    if (host->role == FT_ROLE_PRIMARY && !host->listening && host->peer_listening)
        return FT_REASON_LISTENER_DOWN;
    if (!host->listening || !peer || host->table_full)
        return FT_REASON_SYN_PLAIN;
    if (segment->syn.mss < FT_ISN_MSS_MIN)
        return FT_REASON_SYN_MSS;
    return FT_REASON_SYN_ANSWERED;
}

/* Into a live connection: as a SYN it might open a connection past us. Our TCP is asked, as by a keep-alive probe, to repeat its
 * ACK, which makes a client that has forgotten the connection reset it (RFC 9293, 3.5.1). That may be the only host that has not
 * forgotten it, too: the gate is not to wait for the other's. */
FT_INLINE void ft_path_syn_live(const struct ft_path_host *host, const struct ft_segment *segment,
                                struct ft_flow *flow, struct ft_verdict *verdict)
{
    bool ours = host->role != FT_ROLE_BACKUP || ft_path_shared(host, flow);
    ft_verdict_set(verdict, ours ? FT_PASS : FT_DROP, FT_REASON_SYN_LIVE);
    flow->repeated = 1;
    verdict->edit = (struct ft_path_edit){
        .seq = flow->own_acked - 1 - segment->payload, /* what a forger put in is old */
        .ack = flow->shown_acked,
        .window = ft_flow_window(flow->shown_acked, flow->client_right, flow->assign.client_scale),
        .flags = FT_ACK,
    };
}

FT_INLINE void ft_path_syn(const struct ft_path_host *host, const struct ft_segment *segment,
                           struct ft_flow *flow, bool has_socket, struct ft_verdict *verdict)
{
    bool backup = host->role == FT_ROLE_BACKUP;
    enum ft_reason obstacle = ft_path_syn_obstacle(host, segment);
    bool answered = obstacle == FT_REASON_SYN_ANSWERED;
    /* There is no socket to ask: nobody would ever answer. */
    bool mute = flow != NULL && ft_path_unborn(flow, has_socket) && answered;
    bool live = flow != NULL && !flow->closed && !mute;
    if (backup) {
        ft_verdict_set(verdict, FT_COPY, FT_REASON_SYN_COPIED);
    } else if (!ft_path_may_speak(host)) {
        /* Into a live connection it is not to be answered later, either (ft_path_syn_waits). */
        ft_verdict_set(verdict, FT_DROP, live ? FT_REASON_SYN_LIVE : FT_REASON_LEASE_EXPIRED);
        return;
    }
    if (live) {
        ft_path_syn_live(host, segment, flow, verdict);
        return;
    }
    if (answered) {
        if (!backup) {
            ft_verdict_set(verdict, FT_ANSWER, obstacle);
            ft_path_make_isn(host, segment, verdict);
        }
        if (flow != NULL && flow->closed)
            ft_path_clear_remains(segment, flow, verdict);
        return;
    }
    bool pass = !backup && obstacle != FT_REASON_LISTENER_DOWN;
    ft_verdict_set(verdict, pass ? FT_PASS : FT_DROP, obstacle);
    if (flow != NULL)
        verdict->actions |= FT_FORGET;
}

/* Sent on to a primary that may be dead, or come to one that may not speak: whoever goes on alone is to answer it. */
FT_INLINE bool ft_path_syn_waits(const struct ft_segment *segment, const struct ft_verdict *verdict)
{
    return (segment->flags & (FT_SYN | FT_ACK)) == FT_SYN &&
           (verdict->reason == FT_REASON_SYN_COPIED || verdict->reason == FT_REASON_LEASE_EXPIRED);
}

/* --- the end of a handshake ------------------------------------------------------------------------------------ */

FT_INLINE enum ft_isn_match ft_path_check_isn(const struct ft_path_host *host,
                                              const struct ft_segment *segment,
                                              struct ft_verdict *verdict)
{
    struct ft_isn_ends ends;
    struct ft_syn_options options;
    enum ft_isn_match match = FT_ISN_FOREIGN;
    uint32_t view = host->view;
    if ((segment->flags & (FT_SYN | FT_RST | FT_ACK)) != FT_ACK)
        return FT_ISN_FOREIGN;
    ft_path_ends(host, segment, &ends);
    /* One in 128 handshakes of the one view looks like an early segment in the other: only a valid one settles it. */
    for (int i = 0; i < 2 && match != FT_ISN_VALID; i++) {
        uint32_t tried = i == 0 ? host->view : host->old_view;
        enum ft_isn_match here = FT_ISN_FOREIGN;
        if (tried != 0)
            here = ft_isn_check(&host->key, &ends, tried, segment->seq - 1, segment->ack - 1,
                                host->counter, &options);
        if (here == FT_ISN_FOREIGN)
            continue;
        match = here;
        view = tried;
    }
    if (match == FT_ISN_FOREIGN)
        return FT_ISN_FOREIGN;
    bool scaled = options.scale != FT_NO_SCALE;
    verdict->assign = (struct ft_assign){
        .client_isn = segment->seq - 1,
        .server_isn = segment->ack - 1,
        .view = view,
        .mss = options.mss,
        .client_scale = options.scale,
        .own_scale = scaled ? host->scale : FT_NO_SCALE,
        .sack = options.sack,
    };
    return match;
}

/* Whether the client can have received what it acknowledges: nobody sends beyond the window it has offered (but for a probe
 * and a FIN), and a host that has always spoken for the connection knows what it has sent. */
FT_INLINE bool ft_path_credible(const struct ft_flow *flow, uint32_t ack)
{
    return !ft_seq_before(ack, flow->client_acked) && !ft_seq_after(ack, flow->client_right + 2) &&
           (flow->followed || !ft_seq_after(ack, flow->own_sent));
}

/* TCP may have failed to create the connection: remains of an earlier one, a full accept queue. At a backup the client may have
 * received something meanwhile. */
FT_INLINE bool ft_path_stillborn(const struct ft_path_host *host, const struct ft_segment *segment,
                                 const struct ft_flow *flow, bool has_socket)
{
    return ft_path_unborn(flow, has_socket) && segment->seq == flow->assign.client_isn + 1 &&
           (segment->flags & (FT_ACK | FT_RST)) == FT_ACK && ft_path_credible(flow, segment->ack) &&
           (flow->obstructed || host->now_ns - flow->opened_ns >= FT_ASSIGN_AGAIN_NS);
}

/* Whether its numbers are where this connection is. Those of another one from the same port may be near; what it acknowledges
 * tells. */
FT_INLINE bool ft_path_fits(const struct ft_segment *segment, const struct ft_flow *flow)
{
    return ft_flow_near(flow, segment->seq) && ft_path_credible(flow, segment->ack);
}

/* Whether it is of this connection. */
FT_INLINE bool ft_path_own(const struct ft_segment *segment, const struct ft_flow *flow)
{
    return segment->seq == flow->assign.client_isn + 1 ||
           (!flow->closed && ft_path_fits(segment, flow));
}

/* Where a client's reset is for our own TCP. A client without a socket answers a segment with a reset at its ACK number, which
 * the gate may have lowered: TCP believes a reset at its own number only (RFC 5961), and would go on for ever. */
FT_INLINE uint32_t ft_path_reset_place(const struct ft_segment *segment, const struct ft_flow *flow)
{
    return segment->seq == flow->spoken_ack ? flow->own_acked : segment->seq;
}

FT_INLINE void ft_path_note_reset(const struct ft_segment *segment, struct ft_flow *flow)
{
    bool other = (segment->flags & FT_ACK) != 0 && !ft_path_credible(flow, segment->ack);
    if (!other && ft_path_reset_place(segment, flow) - flow->own_acked < 1U << 16)
        flow->closed = 1;
}

/* Notes how far the client is. A wrong acknowledgement number would lose data at a takeover, a wrong reset would let the
 * next SYN end the connection. */
FT_INLINE void ft_path_note_client(const struct ft_segment *segment, struct ft_flow *flow)
{
    if (!ft_flow_near(flow, segment->seq))
        return;
    if ((segment->flags & FT_RST) != 0) {
        ft_path_note_reset(segment, flow);
        return;
    }
    if ((segment->flags & FT_FIN) != 0) {
        flow->client_fin = segment->seq + segment->payload;
        flow->client_finished = 1;
    }
    if ((segment->flags & FT_ACK) == 0 || !ft_path_credible(flow, segment->ack))
        return;
    uint32_t right = ft_flow_right(segment->ack, segment->window, flow->assign.client_scale);
    flow->client_acked = segment->ack;
    flow->client_right = ft_seq_max(flow->client_right, right);
    ft_flow_note_close(flow);
}

/* The handshake of another connection is complete, and this one is live: the other host had given it up, and the client's next
 * segment begins the new one. Or it has been overtaken by this one's: the initial numbers of a client grow with time (RFC 9293,
 * 3.4.1). Those of one that draws them are believed when nothing else comes. */
FT_INLINE void ft_path_succeed(const struct ft_path_host *host, const struct ft_segment *segment,
                               struct ft_flow *flow, struct ft_verdict *verdict)
{
    verdict->reason = FT_REASON_OVERTAKEN;
    if (ft_seq_before(segment->seq, flow->assign.client_isn) &&
        host->now_ns - flow->heard_ns < FT_SILENT_NS)
        return;
    flow->closed = 1;
    ft_path_clear_remains(segment, flow, verdict);
}

/* A segment that may begin a connection; true if the verdict is complete. */
FT_INLINE bool ft_path_begin(const struct ft_path_host *host, const struct ft_segment *segment,
                             struct ft_flow *flow, bool has_socket, struct ft_verdict *verdict)
{
    uint32_t copy = host->role == FT_ROLE_BACKUP ? FT_COPY : 0;
    if (flow != NULL && ft_path_stillborn(host, segment, flow, has_socket)) {
        const uint8_t scale = flow->assign.client_scale;
        uint32_t right = ft_flow_right(segment->ack, segment->window, scale);
        verdict->assign = flow->assign;
        verdict->edit.ack = flow->assign.server_isn + 1; /* TCP has sent nothing yet */
        verdict->edit.window = ft_flow_window(verdict->edit.ack, right, scale);
        ft_verdict_set(verdict, FT_ASSIGN | FT_PASS | copy, FT_REASON_ASSIGNED_AGAIN);
        return true;
    }
    bool own = flow != NULL && ft_path_own(segment, flow);
    if (own && flow->obstructed && ft_path_unborn(flow, has_socket)) {
        ft_path_note_client(segment, flow);
        ft_verdict_set(verdict, FT_DROP | copy, FT_REASON_EARLY); /* TCP would reset the client */
        return true;
    }
    if (own)
        return false;
    enum ft_isn_match match = ft_path_check_isn(host, segment, verdict);
    if (match == FT_ISN_VALID && flow != NULL && !flow->closed &&
        !ft_path_unborn(flow, has_socket)) {
        ft_path_succeed(host, segment, flow, verdict);
        verdict->actions |= copy;
        return true;
    }
    if (match == FT_ISN_VALID) {
        ft_verdict_set(verdict, FT_ASSIGN | FT_PASS | copy, FT_REASON_ASSIGNED);
        return true;
    }
    /* A backup copies a stranger's segments only. */
    bool gone = flow == NULL ? copy == 0 : flow->closed && !ft_path_fits(segment, flow);
    if (match == FT_ISN_EARLY && gone && !has_socket) {
        ft_verdict_set(verdict, FT_DROP | copy, FT_REASON_EARLY);
        return true;
    }
    return false;
}

/* --- segments of a connection ---------------------------------------------------------------------------------- */

/* On to our own TCP, which must not see an ACK of bytes it has not sent: it would drop the segment, data and all. */
FT_INLINE void ft_path_to_tcp(const struct ft_path_host *host, const struct ft_segment *segment,
                              struct ft_flow *flow, struct ft_verdict *verdict)
{
    uint8_t flags = segment->flags & (FT_ACK | FT_RST);
    flow->heard_ns = host->now_ns;
    ft_path_note_client(segment, flow);
    ft_verdict_set(verdict, FT_PASS, FT_REASON_IN_ORDER);
    if ((segment->flags & FT_RST) != 0) {
        verdict->edit.seq = ft_path_reset_place(segment, flow);
        verdict->reason = FT_REASON_RESET_IN;
    }
    if (flags == FT_ACK && ft_seq_after(segment->ack, flow->own_sent) &&
        !ft_seq_after(segment->ack, flow->client_acked) && !ft_planted(FT_PLANT_NO_ACK_CLAMP)) {
        verdict->edit.ack = flow->own_sent;
        verdict->edit.window =
            ft_flow_window(flow->own_sent, flow->client_right, flow->assign.client_scale);
        verdict->reason = FT_REASON_CLAMPED_IN;
    }
    if (flags == FT_ACK && !ft_seq_after(verdict->edit.ack, flow->own_sent))
        flow->shown_acked = ft_seq_max(flow->shown_acked, verdict->edit.ack);
}

/* --- reports --------------------------------------------------------------------------------------------------- */

FT_INLINE void ft_path_note_report(const struct ft_segment *report, struct ft_flow *flow)
{
    uint32_t right = ft_flow_right(report->ack, report->window, flow->assign.own_scale);
    if ((report->flags & FT_FIN) != 0 && !ft_planted(FT_PLANT_FIN_UNHEARD)) {
        flow->reported_fin = report->seq + report->payload;
        flow->reported_finished = 1;
    } else {
        flow->repeated = !ft_seq_after(report->ack, flow->spoken_ack);
    }
    if ((report->flags & FT_ACK) == 0)
        return;
    flow->reported_ack = ft_seq_max(flow->reported_ack, report->ack);
    flow->reported_right = ft_seq_max(flow->reported_right, right);
}

/* How far the client may send if our own TCP has room up to `right`. */
FT_INLINE uint32_t ft_path_common_right(const struct ft_flow *flow, uint32_t right)
{
    return ft_planted(FT_PLANT_WINDOW_OF_ONE) ? right : ft_seq_min(right, flow->reported_right);
}

/* Whether more room is worth a segment of its own: two full ones more, or twice of what the client knows of; a small buffer
 * never has more. */
FT_INLINE bool ft_path_roomier(const struct ft_flow *flow, uint32_t ack, uint32_t right)
{
    const uint32_t mss = flow->assign.mss;
    uint32_t more = right - flow->spoken_right;
    if (!ft_seq_after(right, flow->spoken_right))
        return false;
    return more >= 2 * mss || (more >= mss && right - ack >= 2 * (flow->spoken_right - ack));
}

/* What the two hosts together may tell the client now: is it worth a segment? */
FT_INLINE void ft_path_release(struct ft_flow *flow, struct ft_verdict *verdict)
{
    uint32_t ack = ft_planted(FT_PLANT_ACK_UNSEEN)
                       ? flow->reported_ack
                       : ft_seq_min(flow->own_acked, flow->reported_ack);
    uint32_t right = ft_path_common_right(flow, flow->own_right);
    uint16_t window = ft_flow_window(ack, right, flow->assign.own_scale);
    bool fin_waits = flow->own_finished && flow->reported_finished && !flow->fin_spoken;
    bool fin = fin_waits && flow->own_fin == flow->reported_fin;
    bool ack_waits =
        ft_seq_after(flow->own_acked, flow->spoken_ack) && !ft_seq_before(ack, flow->spoken_ack);
    bool window_waits = ft_path_roomier(flow, ack, right);
    verdict->reason = fin_waits && !fin ? FT_REASON_FIN_DIVERGED : FT_REASON_REPORT_TAKEN;
    if (!fin && !ack_waits && !window_waits)
        return;
    ft_verdict_set(verdict, FT_FORWARD, fin ? FT_REASON_FIN_FORWARDED : FT_REASON_REPORT_FORWARDED);
    verdict->edit.seq = flow->own_finished && !flow->fin_spoken ? flow->own_fin : flow->own_sent;
    verdict->edit.ack = ack;
    verdict->edit.window = window;
    verdict->edit.flags = fin ? FT_FIN | FT_ACK : FT_ACK;
    ft_flow_note_spoken(flow, ack, window, fin);
}

FT_INLINE void ft_path_report_in(const struct ft_path_host *host, const struct ft_segment *report,
                                 struct ft_flow *flow, struct ft_verdict *verdict)
{
    verdict->reason = FT_REASON_STALE_VIEW;
    if (host->role != FT_ROLE_PRIMARY || report->id != (uint16_t)host->view)
        return;
    verdict->reason = FT_REASON_REPORT_UNKNOWN;
    if (flow == NULL)
        return;
    verdict->reason = FT_REASON_STALE_VIEW;
    if (flow->assign.view != host->view)
        return;
    verdict->reason = FT_REASON_REPORT_FORGED;
    if (!ft_report_verifies(&host->key, &flow->assign, report))
        return;
    verdict->reason = FT_REASON_LEASE_EXPIRED;
    if ((report->flags & FT_RST) != 0)
        flow->reset_reported = 1;
    else
        ft_path_note_report(report, flow);
    if (!ft_path_may_speak(host))
        return;
    verdict->reason = FT_REASON_REPORT_TAKEN;
    if ((report->flags & FT_RST) == 0 && host->ack_gate) {
        ft_path_release(flow, verdict);
    } else if (flow->reset_reported && flow->reset_held) {
        ft_verdict_set(verdict, FT_FORWARD, FT_REASON_REPORT_FORWARDED);
        verdict->edit.seq = flow->reset_seq;
    }
}

#endif
