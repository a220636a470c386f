/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_detect - see the header: three stores and a bounded sum.
 */
#include "core/ft_detect.h"

#include "core/ft_poison.h"

void ft_detect_init(struct ft_detect *self, int64_t interval_ns, int64_t now_ns)
{
    *self = (struct ft_detect){.interval_ns = interval_ns, .ticked_ns = now_ns};
}

void ft_detect_heard(struct ft_detect *self, int64_t now_ns)
{
    self->ticked_ns = now_ns;
    self->silence_ns = 0;
}

void ft_detect_tick(struct ft_detect *self, int64_t now_ns)
{
    int64_t passed_ns = now_ns - self->ticked_ns, most_ns = 2 * self->interval_ns;
    self->ticked_ns = now_ns;
    self->silence_ns += passed_ns < most_ns ? passed_ns : most_ns;
}
