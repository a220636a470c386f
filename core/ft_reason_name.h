/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_reason_name - names and help of enum ft_reason; apart from it, since the BPF build has no use for strings.
 */
#ifndef CORE_FT_REASON_NAME_H
#define CORE_FT_REASON_NAME_H

#include "core/ft_reason.h"

struct ft_reason_text {
    const char *name, *help;
};

/* Indexed by enum ft_reason; a NULL name ends it. */
extern const struct ft_reason_text ft_reason_texts[FT_REASONS + 1];

#endif
