/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * output_commit - P2: no byte of a reply reaches the client before the complete reply is logged at the backup, and there it
 * stays until the client has every byte.
 *
 * Checked when a packet with reply bytes leaves the host that speaks, which is earlier than it reaches the client and so
 * the stricter place; and when a log gives a reply up. A host that serves alone has nobody to log at, and nobody logs for
 * connections from before the backup came. A client whose request has ended in any way, with the reply or without, needs
 * it no more.
 */
#include "models/oracle/checkers.h"

static bool alone(const struct stage *stage, const struct host *host)
{
    for (unsigned i = 0; i < stage->server_count; i++) {
        if (stage->servers[i] == host)
            return stage->roles[i].alone;
    }
    return false;
}

/* The client's TCP has every byte of the reply, whose end the notice names; or the client has no such connection any more. */
static bool arrived(const struct stage *stage, const struct notice *notice)
{
    struct tcp_address client = {.ip = (uint32_t)(notice->limit >> 16),
                                 .port = (uint16_t)notice->limit};
    for (unsigned i = 0; i < stage->machine_count; i++) {
        struct host *machine = stage->machines[i];
        struct tcp_socket *socket = tcp_find(machine->tcp, client, stage->service);
        if (socket == NULL)
            continue;
        struct tcp_facts facts;
        tcp_facts(socket, &facts);
        uint32_t received = facts.received_through - facts.peer_isn - 1;
        return notice->value > 0 && (int32_t)(received - (uint32_t)notice->value) >= 0;
    }
    return true;
}

static void check_trimmed(struct promise *self, const struct notice *notice)
{
    bool ended = notice->request->outcome != OUTCOME_PENDING;
    promise_check(self, ended || arrived(self->stage, notice),
                  "%s drops the reply to request %llu from its log before the client has it",
                  notice->host->settings.name, (unsigned long long)notice->request->number);
}

static void check_sent(struct promise *self, const struct notice *notice)
{
    if (alone(self->stage, notice->host))
        return;
    bool is_older = notice->request->opened_at_ns < self->stage->protected_since_ns;
    promise_check(self, notice->reply->logged || is_older,
                  "%s sends bytes of the reply to request %llu, which is not logged",
                  notice->host->settings.name, (unsigned long long)notice->reply->request->number);
}

static void notice(struct promise *self, const struct notice *notice)
{
    if (notice->kind == NOTICE_REPLY_LOGGED)
        notice->reply->logged = true;
    else if (notice->kind == NOTICE_REPLY_TRIMMED)
        check_trimmed(self, notice);
    else
        check_sent(self, notice);
}

const struct promise_type promise_output_commit = {
    .name = "P2",
    .title = "output commit",
    .help =
        "no byte of a reply leaves for the client before the whole reply is logged, and the log "
        "keeps it until the client has it",
    .kinds =
        1u << NOTICE_REPLY_SEGMENT_SENT | 1u << NOTICE_REPLY_LOGGED | 1u << NOTICE_REPLY_TRIMMED,
    .notice = notice,
};
