/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_lease - until when the primary may speak (Gray and Cheriton, SOSP 1989, turned round: the backup grants it).
 *
 * The backup echoes the send time of each heartbeat of the primary. The lease runs from that send time, on the primary's own
 * clock: when the backup counts its time-out, it does so from the arrival, which was later. So if the lease is shorter than
 * the time-out by more than the clocks can drift apart meanwhile, the lease has ended before the backup speaks.
 */
#ifndef CORE_FT_LEASE_H
#define CORE_FT_LEASE_H

#include "core/ft_base.h"

struct ft_lease {
    int64_t length_ns, until_ns;
};

FT_INLINE void ft_lease_init(struct ft_lease *self, int64_t length_ns, int64_t now_ns)
{
    self->length_ns = length_ns;
    self->until_ns = now_ns + length_ns;
}

/* The backup has echoed what we sent at `sent_ns`. */
FT_INLINE void ft_lease_echoed(struct ft_lease *self, int64_t sent_ns)
{
    if (sent_ns + self->length_ns > self->until_ns)
        self->until_ns = sent_ns + self->length_ns;
}

#endif
