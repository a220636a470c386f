/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * liveness - P7: after faults heal, every request of every live client ends within the stated bound.
 *
 * The client calls a reply that came after the bound late, and one that never came lost; the world reports what is still
 * in flight when the run is over as pending.
 */
#include "models/oracle/checkers.h"

static void notice(struct promise *self, const struct notice *notice)
{
    bool ended = notice->value == OUTCOME_RIGHT || notice->value == OUTCOME_MIXED ||
                 notice->value == OUTCOME_DUPLICATED || notice->value == OUTCOME_CUT;
    promise_check(self, ended, "request %llu of client %u %s",
                  (unsigned long long)notice->request->number, notice->request->client,
                  notice->value == OUTCOME_LATE      ? "ended after the bound"
                  : notice->value == OUTCOME_PENDING ? "had not ended when the run was over"
                                                     : "got no answer");
}

const struct promise_type promise_liveness = {
    .name = "P7",
    .title = "liveness",
    .help = "after faults heal, every request ends within clients.late",
    .kinds = 1u << NOTICE_REPLY_DONE,
    .notice = notice,
};
