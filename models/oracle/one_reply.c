/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * one_reply - P3: each request gets exactly one reply, and every byte of it comes from one single execution.
 *
 * A request whose connection died with the only host that had it may get none, or a part.
 */
#include "models/oracle/checkers.h"

static const char *const outcome_texts[OUTCOMES] = {
    [OUTCOME_LOST] = "got no reply",
    [OUTCOME_CUT] = "got a part of its reply only",
    [OUTCOME_MIXED] = "got bytes of more than one execution",
    [OUTCOME_DUPLICATED] = "got more than one reply",
};

static void notice(struct promise *self, const struct notice *notice)
{
    const struct request *request = notice->request;
    const char *wrong = outcome_texts[notice->value];
    bool lost = notice->value == OUTCOME_LOST || notice->value == OUTCOME_CUT;
    if (lost && stage_exposed(self->stage, request->opened_at_ns))
        return;
    promise_check(self, wrong == NULL, "request %llu (client %u, number %u on its connection) %s",
                  (unsigned long long)request->number, request->client, request->ordinal,
                  wrong ? wrong : "");
}

const struct promise_type promise_one_reply = {
    .name = "P3",
    .title = "one reply",
    .help = "each request gets exactly one reply, and every byte of it comes from one execution",
    .kinds = 1u << NOTICE_REPLY_DONE,
    .notice = notice,
};
