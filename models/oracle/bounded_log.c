/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bounded_log - P8: the memory of a host's log stays under its limit under any load.
 *
 * The hosts tell how full they believe their logs to be; beside that, the replies that came into a log and went out of it are
 * counted here, in case a host miscounts. A log dies with its server.
 */
#include "models/oracle/checkers.h"

#include "core/ft_role.h"

static void check(struct promise *self, const struct host *host, uint64_t bytes)
{
    promise_check(self, bytes <= self->stage->log_bytes,
                  "the log of %s holds %llu bytes, its limit is %llu", host->settings.name,
                  (unsigned long long)bytes, (unsigned long long)self->stage->log_bytes);
}

static void notice(struct promise *self, const struct notice *notice)
{
    if (notice->kind == NOTICE_LOG_LEVEL) {
        check(self, notice->host, notice->value);
        return;
    }
    uint64_t *held = &self->logged_bytes[notice->host->id];
    if (notice->kind == NOTICE_REPLY_LOGGED) {
        *held += notice->reply->content.length;
        check(self, notice->host, *held);
    } else if (notice->kind == NOTICE_REPLY_TRIMMED) {
        uint32_t length = notice->reply->content.length;
        *held -= *held >= length ? length : *held; /* it may have come in unsaid, at a takeover */
    } else if (notice->kind != NOTICE_ROLE || notice->value == FT_ROLE_OUT) {
        *held = 0;
    }
}

const struct promise_type promise_bounded_log = {
    .name = "P8",
    .title = "bounded logs",
    .help = "the memory of the logs stays under replication.log",
    .kinds = 1u << NOTICE_LOG_LEVEL | 1u << NOTICE_REPLY_LOGGED | 1u << NOTICE_REPLY_TRIMMED |
             1u << NOTICE_ROLE | 1u << NOTICE_CRASH,
    .notice = notice,
};
