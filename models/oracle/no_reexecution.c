/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * no_reexecution - P4: a request whose reply is logged at a live host is not executed again.
 *
 * Executing again what died unlogged with its primary is allowed and counted elsewhere (requests_reexecuted).
 */
#include "models/oracle/checkers.h"

static void notice(struct promise *self, const struct notice *notice)
{
    struct request *request = notice->request;
    if (notice->kind == NOTICE_REPLY_LOGGED) {
        request->logged_lives[notice->host->id] = (uint32_t)notice->host->epoch + 1;
        return;
    }
    bool known = false;
    for (unsigned i = 0; i < self->stage->server_count; i++) {
        const struct host *host = self->stage->servers[i];
        known |=
            self->stage->roles[i].in_service && request->logged_lives[host->id] == host->epoch + 1;
    }
    promise_check(self, !known, "%s executes request %llu, whose reply is logged",
                  notice->host->settings.name, (unsigned long long)request->number);
}

const struct promise_type promise_no_reexecution = {
    .name = "P4",
    .title = "no re-execution of what is logged",
    .help = "no request is executed whose reply is in the log of a live server",
    .kinds = 1u << NOTICE_EXECUTING | 1u << NOTICE_REPLY_LOGGED,
    .notice = notice,
};
