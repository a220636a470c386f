/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * liveness - P7: after faults heal, every request of every live client ends within the stated bound, and so does every
 * connection that the server has said it would close.
 *
 * The clock of a request starts when it is sent, that of a close with the last byte of the last reply; both start again when
 * the last fault has struck or healed. What is still awaited when the run is over has broken the promise if its time is up.
 * That a request ended rightly is P3's business. Of what died with the only host that had its connection nothing is promised.
 */
#include "models/oracle/checkers.h"

static int64_t waited_ns(const struct stage *stage, int64_t since_ns)
{
    int64_t quiet_ns = stage->disturbed_until_ns;
    return stage->simulation->now_ns - (since_ns > quiet_ns ? since_ns : quiet_ns);
}

static bool in_time(const struct stage *stage, int64_t waited_ns)
{
    return stage->late_ns == 0 || waited_ns <= stage->late_ns;
}

static void check_request(struct promise *self, const struct notice *notice)
{
    const struct request *request = notice->request;
    int64_t waited = waited_ns(self->stage, request->sent_at_ns);
    if (stage_exposed(self->stage, request->opened_at_ns))
        return;
    promise_check(
        self, in_time(self->stage, waited) && notice->value != OUTCOME_LOST,
        "request %llu of client %u %s, %.3f s after it was sent and all faults had healed",
        (unsigned long long)request->number, request->client,
        notice->value == OUTCOME_PENDING ? "had not ended when the run was over"
        : notice->value == OUTCOME_LOST  ? "got no answer"
                                         : "ended after the bound",
        (double)waited / 1e9);
}

static void check_close(struct promise *self, const struct notice *notice)
{
    int64_t waited = waited_ns(self->stage, (int64_t)notice->value);
    struct tcp_facts client;
    tcp_facts(notice->socket, &client);
    if (stage_exposed(self->stage, client.opened_at_ns))
        return;
    promise_check(self, in_time(self->stage, waited),
                  "a client waits for the server to close, %.3f s after the last byte of its reply "
                  "and all faults had healed",
                  (double)waited / 1e9);
}

static void notice(struct promise *self, const struct notice *notice)
{
    if (notice->kind == NOTICE_REPLY_DONE)
        check_request(self, notice);
    else
        check_close(self, notice);
}

const struct promise_type promise_liveness = {
    .name = "P7",
    .title = "liveness",
    .help = "after faults heal, every request ends within clients.late, and the server closes when "
            "it said it would",
    .kinds = 1u << NOTICE_REPLY_DONE | 1u << NOTICE_CLOSE_AWAITED,
    .notice = notice,
};
