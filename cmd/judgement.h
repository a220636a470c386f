/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judgement - promises and expectations: how often they were looked at, what was found, whether they hold.
 */
#ifndef CMD_JUDGEMENT_H
#define CMD_JUDGEMENT_H

#include "cmd/summary.h"

/* Each prints what there is to say (`quiet`: only of what fails) and returns whether all that has to hold does. */
bool judge_promises(const struct summary *summary, FILE *stream);
bool judge_expectations(const struct summary *summary, FILE *stream);

#endif
