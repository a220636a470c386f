/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_path_out - decisions about what a host's own TCP sends as the service.
 */
#ifndef CORE_FT_PATH_OUT_H
#define CORE_FT_PATH_OUT_H

#include "core/ft_path_in.h"

/* Data or a FIN that the client has acknowledged to the other host: nobody will acknowledge it to our TCP but we. */
FT_INLINE bool ft_path_local(const struct ft_segment *segment, struct ft_flow *flow, bool part,
                             struct ft_verdict *verdict)
{
    uint32_t end = ft_segment_end(segment);
    uint32_t acked = ft_seq_min(flow->client_acked, flow->own_sent);
    bool all = !ft_seq_after(end, acked);
    if (end == segment->seq || (segment->flags & FT_RST) != 0)
        return false;
    if (!all && !(part && ft_seq_after(acked, flow->shown_acked)))
        return false;
    flow->shown_acked = ft_seq_max(flow->shown_acked, acked);
    ft_verdict_set(verdict, FT_LOCAL_ACK, FT_REASON_ALREADY_ACKED);
    verdict->inward = (struct ft_path_edit){
        .seq = flow->own_acked,
        .ack = acked,
        .window = ft_flow_window(acked, flow->client_right, flow->assign.client_scale),
        .flags = FT_ACK,
    };
    return true;
}

/* FT_PLANT_REPORT_ONCE: it acknowledges or ends what no report has yet. */
FT_INLINE bool ft_path_unreported(const struct ft_segment *segment, struct ft_flow *flow)
{
    bool fin = (segment->flags & FT_FIN) != 0 && !flow->reported_finished;
    flow->reported_finished |= fin;
    return fin || ft_seq_after(flow->own_acked, flow->reported_ack);
}

/* Two processors: one may show the listener a segment while the other is still creating the connection that it belongs to. The
 * listener's reset (which has no ACK flag; a socket's own has one) is not the connection's: the client will send again what
 * was lost. */
FT_INLINE bool ft_path_stray_reset(const struct ft_path_host *host,
                                   const struct ft_segment *segment, const struct ft_flow *flow)
{
    bool at_the_start = segment->seq == flow->assign.server_isn + 1 &&
                        host->now_ns - flow->opened_ns < FT_ASSIGN_AGAIN_NS;
    return (segment->flags & (FT_RST | FT_ACK)) == FT_RST && (!flow->alive || at_the_start);
}

/* Output of a socket that ought to be gone: its addresses belong to another connection now. Either it waited on its way here;
 * or the client's reset came before the bytes it stands behind, and TCP did not believe it. Then the new connection could not
 * be created, and only a reset at the old one's own acknowledgement number ends that (RFC 5961); until then its ACKs and the
 * client's would answer each other for ever. */
FT_INLINE bool ft_path_replaced(const struct ft_segment *segment, struct ft_flow *flow,
                                struct ft_verdict *verdict)
{
    const uint32_t far =
        flow->alive ? 1U << 26 : 1U << 20; /* no send buffer, no first flight is larger */
    bool strange = segment->seq - flow->own_sent + far > 2 * far;
    bool before = ft_seq_before(segment->ack, flow->assign.client_isn + 1);
    if (!strange && !(before && (segment->flags & FT_ACK) != 0))
        return false;
    verdict->reason = FT_REASON_REPLACED;
    if (flow->alive || (segment->flags & (FT_ACK | FT_RST)) != FT_ACK)
        return true;
    flow->obstructed = 1;
    ft_verdict_set(verdict, FT_LOCAL_ACK, FT_REASON_REPLACED);
    verdict->inward = (struct ft_path_edit){.seq = segment->ack, .flags = FT_RST};
    return true;
}

FT_INLINE void ft_path_backup_out(const struct ft_path_host *host, const struct ft_segment *segment,
                                  struct ft_flow *flow, struct ft_verdict *verdict)
{
    verdict->reason = FT_REASON_SUPPRESSED;
    if (flow == NULL || flow->assign.view != host->view || ft_path_replaced(segment, flow, verdict))
        return;
    if (ft_path_stray_reset(host, segment, flow)) {
        verdict->reason = FT_REASON_STILLBORN;
        return;
    }
    ft_flow_note_output(flow, segment);
    ft_path_local(segment, flow, true, verdict);
    /* Repeated ACKs and FINs are reported again, for a report may be lost. */
    bool due = segment->payload == 0 || (segment->flags & FT_FIN) != 0 ||
               ft_seq_after(flow->own_acked, flow->reported_ack);
    if (ft_planted(FT_PLANT_REPORT_ONCE))
        due = ft_path_unreported(segment, flow);
    if ((segment->flags & FT_RST) != 0)
        due = flow->alive;
    if (ft_planted(FT_PLANT_BACKUP_SPEAKS) && segment->payload == 0)
        verdict->actions |= FT_PASS;
    if (!host->ack_gate || !due)
        return;
    flow->reported_ack = flow->own_acked;
    verdict->assign = flow->assign;
    ft_verdict_set(verdict, FT_REPORT, FT_REASON_REPORTED);
}

/* Passes what was not edited away, and remembers it. */
FT_INLINE void ft_path_speak(const struct ft_segment *segment, struct ft_flow *flow,
                             enum ft_reason reason, struct ft_verdict *verdict)
{
    ft_verdict_set(verdict, FT_PASS, reason);
    if ((segment->flags & FT_ACK) != 0 && (segment->flags & FT_RST) == 0)
        ft_flow_note_spoken(flow, verdict->edit.ack, verdict->edit.window,
                            (verdict->edit.flags & FT_FIN) != 0);
}

FT_INLINE void ft_path_reset_out(const struct ft_segment *segment, struct ft_flow *flow,
                                 struct ft_verdict *verdict)
{
    if (flow->reset_reported || ft_planted(FT_PLANT_RESET_EARLY)) {
        ft_verdict_set(verdict, FT_PASS, FT_REASON_SPOKEN);
        return;
    }
    flow->reset_held = 1;
    flow->reset_seq = segment->seq;
    verdict->reason = FT_REASON_RESET_HELD;
}

/* The client hears no more than both hosts have said. */
FT_INLINE void ft_path_gate(const struct ft_segment *segment, struct ft_flow *flow,
                            struct ft_verdict *verdict)
{
    struct ft_path_edit *edit = &verdict->edit;
    bool agreed = (flow->reported_finished && flow->reported_fin == flow->own_fin) ||
                  ft_planted(FT_PLANT_FIN_EARLY);
    bool fin_held = (segment->flags & FT_FIN) != 0 && !agreed;
    uint32_t right = ft_flow_right(segment->ack, segment->window, flow->assign.own_scale);
    if (fin_held)
        edit->flags &= (uint8_t)~FT_FIN;
    /* A number behind the FIN that it has not heard would make it ignore the windows of all that speaks for us later. */
    if (flow->own_finished && !flow->fin_spoken)
        edit->seq = ft_seq_min(segment->seq, flow->own_fin);
    edit->ack = ft_seq_min(segment->ack, flow->reported_ack);
    edit->window =
        ft_flow_window(edit->ack, ft_path_common_right(flow, right), flow->assign.own_scale);
    if (ft_planted(FT_PLANT_ACK_UNGATED)) {
        edit->ack = segment->ack;
        edit->window = segment->window;
    }
    bool pure = segment->payload == 0 && (edit->flags & FT_FIN) == 0;
    bool changed = edit->ack != segment->ack || fin_held;
    /* An ACK that repeats the last one only because we lowered it would look to the client like a loss; unless the backup
     * has repeated its own too: then the client has not got the last one. */
    bool useless = changed && !ft_seq_after(edit->ack, flow->spoken_ack) && !flow->repeated;
    enum ft_reason held = FT_REASON_ACK_HELD, reason = FT_REASON_SPOKEN;
    if (fin_held)
        held = reason = flow->reported_finished ? FT_REASON_FIN_DIVERGED : FT_REASON_FIN_HELD;
    else if (changed || edit->window != segment->window)
        reason = FT_REASON_CLAMPED_OUT;
    if (pure && useless)
        verdict->reason = held;
    else
        ft_path_speak(segment, flow, reason, verdict);
}

/* Both have said all. What our TCP takes for a segment of nobody's is a client that has not heard that its FIN is here, for the
 * host that died had not got it yet. */
FT_INLINE bool ft_path_farewell(const struct ft_segment *segment, const struct ft_flow *flow,
                                struct ft_verdict *verdict)
{
    if ((segment->flags & (FT_RST | FT_ACK)) != FT_RST || !flow->client_finished ||
        !flow->own_finished || segment->seq != flow->own_fin + 1)
        return false;
    ft_verdict_set(verdict, FT_PASS, FT_REASON_SPOKEN);
    verdict->edit.ack = flow->client_fin + 1;
    verdict->edit.window =
        ft_flow_window(verdict->edit.ack, flow->own_right, flow->assign.own_scale);
    verdict->edit.flags = FT_ACK;
    return true;
}

FT_INLINE void ft_path_speaker_out(const struct ft_path_host *host,
                                   const struct ft_segment *segment, struct ft_flow *flow,
                                   struct ft_verdict *verdict)
{
    if (!ft_path_may_speak(host)) {
        verdict->reason = FT_REASON_LEASE_EXPIRED;
        return;
    }
    if (flow == NULL) {
        ft_verdict_set(verdict, FT_PASS, FT_REASON_PLAIN);
        return;
    }
    if (ft_path_replaced(segment, flow, verdict))
        return;
    if (ft_path_stray_reset(host, segment, flow)) {
        verdict->reason = FT_REASON_STILLBORN;
        return;
    }
    if (!ft_path_shared(host, flow) && ft_path_farewell(segment, flow, verdict))
        return;
    ft_flow_note_output(flow, segment);
    if (!ft_path_shared(host, flow)) {
        if (!ft_path_local(segment, flow, false, verdict))
            ft_path_speak(segment, flow, FT_REASON_SPOKEN, verdict);
    } else if (!host->ack_gate || (segment->flags & (FT_ACK | FT_RST)) == 0) {
        ft_path_speak(segment, flow, FT_REASON_SPOKEN, verdict);
    } else if ((segment->flags & FT_RST) != 0) {
        ft_path_reset_out(segment, flow, verdict);
    } else {
        ft_path_gate(segment, flow, verdict);
    }
}

#endif
