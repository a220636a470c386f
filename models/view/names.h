/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * names - the world's enumerations in words, for events and diagrams.
 */
#ifndef MODELS_VIEW_NAMES_H
#define MODELS_VIEW_NAMES_H

#include "models/fault.h"

#include <stddef.h>

extern const char *const view_outcome_names[]; /* by enum outcome */
extern const char *const view_role_names[];    /* by enum ft_role */
extern const char *const view_reason_names[];  /* by enum tcp_reason */

/* "crash primary", "packet 12 lost"; returns `text`. */
const char *view_fault_text(const struct fault *fault, char *text, size_t room);
/* "48.25 ms", with four digits at most. */
const char *view_duration_text(int64_t duration_ns, char *text, size_t room);
/* "PASS COPY", of enum ft_action's bits; "DROP" if there are none. */
const char *view_action_text(uint64_t actions, char *text, size_t room);

#endif
