/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_isn - the server's initial sequence number, which carries the connection's parameters and proves itself.
 *
 * The idea is that of SYN cookies (Bernstein, 1996): nothing is stored for a SYN; the client's ACK brings the number back,
 * and with it what was agreed. Here it also makes two hosts create the same connection without a word between them.
 *
 *   bits 31..17  keyed hash of addresses, ports, parameters, counter, view and the client's ISN
 *        16..10  keyed hash of the same without the client's ISN: tells a later segment of a handshake that has not been
 *                seen yet (its acknowledgement number is ours, its sequence number is not the first)
 *         9..8   low bits of the counter, which a caller steps about once a minute and hosts need to know to within one
 *         7..5   MSS, as index of ft_isn_mss[]     4..1  window scale, 15: none     0  SACK permitted
 *
 * The view is not in the clear: a host tries those it has served in. So both hosts of a view know a handshake that began in
 * it, and a newcomer does not know one that began before it came, whoever sees the client's next segment first.
 *
 * A blind guess succeeds once in four million (two, where two views are tried). Timestamps and ECN are not offered, so that there is nothing to encode.
 */
#ifndef CORE_FT_ISN_H
#define CORE_FT_ISN_H

#include "core/ft_segment.h"
#include "core/ft_siphash.h"

enum { FT_ISN_MSS_COUNT = 8, FT_ISN_MSS_MIN = 536 };

enum ft_isn_match {
    FT_ISN_FOREIGN, /* not a number of ours */
    FT_ISN_EARLY,   /* ours, but this is not the segment behind the client's ISN */
    FT_ISN_VALID,
};

struct ft_isn_ends {
    uint32_t client_ip, service_ip;
    uint16_t client_port, service_port;
};

/* Sizes that paths really have, ascending (1440: PPPoE or a tunnel, 8960: jumbo frames); Linux creates no connection from
 * a number below 536. */
FT_INLINE uint16_t ft_isn_mss(uint32_t index)
{
    /* Four to a word: a table in memory is something the BPF loader would have to place. */
    uint64_t small = (uint64_t)1300 << 48 | (uint64_t)1220 << 32 | 1024 << 16 | FT_ISN_MSS_MIN;
    uint64_t large = (uint64_t)8960 << 48 | (uint64_t)1460 << 32 | 1440 << 16 | 1400;
    return (uint16_t)((index & 4 ? large : small) >> (index & 3) * 16);
}

/* The largest entry that is not above `mss`, which is at least FT_ISN_MSS_MIN. */
FT_INLINE uint32_t ft_isn_mss_index(uint16_t mss)
{
    uint32_t index = 0;
    for (uint32_t i = 1; i < FT_ISN_MSS_COUNT; i++) {
        if (mss >= ft_isn_mss(i))
            index = i;
    }
    return index;
}

/* Both hashes at their places; `low` are the ten bits in the clear. */
FT_INLINE uint32_t ft_isn_hash(const struct ft_key *key, const struct ft_isn_ends *ends,
                               uint32_t view, uint32_t client_isn, uint32_t counter, uint32_t low)
{
    uint64_t words[4] = {
        (uint64_t)ends->client_ip << 32 | ends->service_ip,
        (uint64_t)ends->client_port << 48 | (uint64_t)ends->service_port << 32 | counter,
        (uint64_t)low << 32,
        view,
    };
    uint32_t common = (uint32_t)ft_siphash(key, words, 4) & 0x7f;
    words[2] |= (uint64_t)1 << 63 | client_isn; /* the top bit keeps the two apart */
    uint32_t own = (uint32_t)ft_siphash(key, words, 4) & 0x7fff;
    return own << 17 | common << 10;
}

FT_INLINE uint32_t ft_isn_make(const struct ft_key *key, const struct ft_isn_ends *ends,
                               uint32_t view, uint32_t client_isn, uint32_t counter,
                               const struct ft_syn_options *options)
{
    uint32_t scale = options->scale == FT_NO_SCALE ? 15 : options->scale & 15;
    uint32_t low = (counter & 3) << 8 | ft_isn_mss_index(options->mss) << 5 | scale << 1 |
                   (options->sack != 0);
    return ft_isn_hash(key, ends, view, client_isn, counter, low) | low;
}

/* Whether `isn` was made for these ends, in this view, within the last two steps of the counter (or the next one, for another host's
 * counter may be ahead), and what it says. `options` are written in any case and mean something when VALID. */
FT_INLINE enum ft_isn_match ft_isn_check(const struct ft_key *key, const struct ft_isn_ends *ends,
                                         uint32_t view, uint32_t client_isn, uint32_t isn,
                                         uint32_t counter, struct ft_syn_options *options)
{
    uint32_t low = isn & 0x3ff, scale = isn >> 1 & 15;
    uint32_t back = (counter + 1 - (isn >> 8 & 3)) & 3; /* steps behind counter + 1 */
    uint32_t difference = ft_isn_hash(key, ends, view, client_isn, counter + 1 - back, low) ^ isn;
    options->mss = ft_isn_mss(isn >> 5);
    options->scale = scale == 15 ? FT_NO_SCALE : (uint8_t)scale;
    options->sack = isn & 1;
    if ((difference >> 10 & 0x7f) != 0)
        return FT_ISN_FOREIGN;
    return difference >> 17 == 0 ? FT_ISN_VALID : FT_ISN_EARLY;
}

#endif
