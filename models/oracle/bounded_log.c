/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bounded_log - P8: the memory of a host's log stays under its limit under any load.
 */
#include "models/oracle/checkers.h"

static void notice(struct promise *self, const struct notice *notice)
{
    promise_check(self, notice->value <= notice->limit,
                  "the log of %s holds %llu bytes, its limit is %llu", notice->host->settings.name,
                  (unsigned long long)notice->value, (unsigned long long)notice->limit);
}

const struct promise_type promise_bounded_log = {
    .name = "P8",
    .title = "bounded logs",
    .help = "the memory of the logs stays under replication.log_bytes",
    .kinds = 1u << NOTICE_LOG_LEVEL,
    .notice = notice,
};
