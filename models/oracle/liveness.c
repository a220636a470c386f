/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * liveness - P7: after faults heal, every request of every live client ends within the stated bound.
 *
 * The clock of a request starts when it is sent, and again when the last fault has struck or healed. One that is still in
 * flight when the run is over has broken the promise if its time is up. That it ended rightly is P3's business.
 */
#include "models/oracle/checkers.h"

static void notice(struct promise *self, const struct notice *notice)
{
    const struct stage *stage = self->stage;
    const struct request *request = notice->request;
    int64_t since_ns = request->sent_at_ns > stage->disturbed_until_ns ? request->sent_at_ns
                                                                       : stage->disturbed_until_ns;
    int64_t waited_ns = stage->simulation->now_ns - since_ns;
    bool late = stage->late_ns > 0 && waited_ns > stage->late_ns;
    promise_check(
        self, !late && notice->value != OUTCOME_LOST,
        "request %llu of client %u %s, %.3f s after it was sent and all faults had healed",
        (unsigned long long)request->number, request->client,
        notice->value == OUTCOME_PENDING ? "had not ended when the run was over"
        : notice->value == OUTCOME_LOST  ? "got no answer"
                                         : "ended after the bound",
        (double)waited_ns / 1e9);
}

const struct promise_type promise_liveness = {
    .name = "P7",
    .title = "liveness",
    .help = "after faults heal, every request ends within clients.late",
    .kinds = 1u << NOTICE_REPLY_DONE,
    .notice = notice,
};
