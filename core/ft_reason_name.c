/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_reason - the names of the packet path's counters, for the shells that can print.
 */
#include "core/ft_reason_name.h"

#include "core/ft_poison.h"

const struct ft_reason_text ft_reason_texts[FT_REASONS + 1] = {
#define FT_REASON_ROW(name, text, help) [FT_REASON_##name] = {text, help},
    FT_REASON_TABLE(FT_REASON_ROW)
#undef FT_REASON_ROW
};
