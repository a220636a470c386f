/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_detect - failure detector: turns heartbeats into "alive" or "suspected".
 *
 * Silence is counted over ticks, and no tick counts for more than two intervals between ticks: a host that was itself
 * asleep (paused, overloaded) must not blame its peer when it wakes up. What it counts is therefore never more than the
 * silence that really was, so that a suspicion comes late rather than early. A heartbeat clears it; whether the peer may
 * rejoin is for ft_group to say. Not modelled: clock drift (ft_group keeps a margin for it).
 */
#ifndef CORE_FT_DETECT_H
#define CORE_FT_DETECT_H

#include "core/ft_base.h"

struct ft_detect {
    int64_t interval_ns; /* between ticks, when all is well */
    int64_t ticked_ns;   /* the last tick or heartbeat, on our own clock */
    int64_t silence_ns;  /* since the last heartbeat, as far as we were awake */
};

void ft_detect_init(struct ft_detect *self, int64_t interval_ns, int64_t now_ns);
void ft_detect_heard(struct ft_detect *self, int64_t now_ns);
/* Time has passed. */
void ft_detect_tick(struct ft_detect *self, int64_t now_ns);

FT_INLINE bool ft_detect_suspected(const struct ft_detect *self, int64_t timeout_ns)
{
    return self->silence_ns >= timeout_ns;
}

/* When the peer will be suspected if it stays silent, as far as is known now. */
FT_INLINE int64_t ft_detect_suspects_ns(const struct ft_detect *self, int64_t timeout_ns)
{
    return self->ticked_ns + timeout_ns - self->silence_ns;
}

#endif
