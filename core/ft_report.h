/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_report - what the backup's TCP has said, for the primary only: a segment without payload, and the tag that proves it.
 *
 * The primary tells clients that bytes are safe because a report says so: whoever could forge one could make it lie. The tag is
 * SipHash over everything in it that is believed, and over what must be the same at both ends but is not in it: the view and
 * the connection's first numbers. It is the only option of the segment: what the backup's TCP put there (SACK) speaks of its own
 * queue and is not for the client to hear.
 *
 * Not told apart: a report that was recorded and comes again. It was true, and positions only move forward.
 */
#ifndef CORE_FT_REPORT_H
#define CORE_FT_REPORT_H

#include "core/ft_flow.h"
#include "core/ft_siphash.h"

/* Five words: no other use of the key hashes as many, and their number is part of the hash. Of the service, with the client as
 * destination. */
FT_INLINE uint64_t ft_report_tag(const struct ft_key *key, const struct ft_assign *assign,
                                 const struct ft_segment *report)
{
    const uint64_t words[5] = {
        (uint64_t)report->destination_ip << 32 | report->source_ip,
        (uint64_t)report->destination_port << 48 | (uint64_t)report->source_port << 32 |
            assign->view,
        (uint64_t)assign->client_isn << 32 | assign->server_isn,
        (uint64_t)report->seq << 32 | report->ack,
        (uint64_t)report->window << 8 | report->flags,
    };
    return ft_siphash(key, words, 5);
}

/* Output of our own TCP becomes a report. Addresses stay; seq is where the payload ended, so that a FIN's place can be read off; the IP
 * identification is the view (its low 16 bits), for the receiver to tell an old one from a forged one. */
FT_INLINE void ft_report_write(const struct ft_key *key, const struct ft_assign *assign,
                               struct ft_segment *segment, uint8_t *bytes)
{
    ft_segment_set_seq(segment, bytes, segment->seq + segment->payload);
    ft_segment_set_id(segment, bytes, (uint16_t)assign->view);
    ft_segment_tagged(segment, bytes, ft_report_tag(key, assign, segment));
}

FT_INLINE bool ft_report_verifies(const struct ft_key *key, const struct ft_assign *assign,
                                  const struct ft_segment *report)
{
    return report->tag == ft_report_tag(key, assign, report);
}

#endif
