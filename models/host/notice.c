/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notice - delivery to the observers, and the names under which scenario files know the notices.
 */
#include "models/host/notice.h"

#include <assert.h>
#include <stddef.h>

const char *const notice_names[NOTICE_KINDS + 1] = {
    [NOTICE_NONE] = "none",
    [NOTICE_CONNECTION_OPENING] = "connection_opening",
    [NOTICE_CONNECTION_OPEN] = "connection_open",
    [NOTICE_CONNECTION_CLOSING] = "connection_closing",
    [NOTICE_CONNECTION_LOST] = "connection_lost",
    [NOTICE_REQUEST_SENT] = "request_sent",
    [NOTICE_REQUEST_PART] = "request_part",
    [NOTICE_REQUEST_RECEIVED] = "request_received",
    [NOTICE_EXECUTING] = "executing",
    [NOTICE_EXECUTED] = "executed",
    [NOTICE_RECORD_SENT] = "record_sent",
    [NOTICE_REPLY_LOGGED] = "reply_logged",
    [NOTICE_REPLY_RELEASED] = "reply_released",
    [NOTICE_REPLY_TRIMMED] = "reply_trimmed",
    [NOTICE_LOG_LEVEL] = "log_level",
    [NOTICE_SERVICE_SEGMENT] = "service_segment",
    [NOTICE_CLIENT_SEGMENT] = "client_segment",
    [NOTICE_REPLY_SEGMENT_SENT] = "reply_segment_sent",
    [NOTICE_REPLY_FIRST_BYTE] = "reply_first_byte",
    [NOTICE_REPLY_PART] = "reply_part",
    [NOTICE_REPLY_DONE] = "reply_done",
    [NOTICE_ROLE] = "role",
    [NOTICE_CRASH] = "crash",
    [NOTICE_RESTART] = "restart",
};

_Static_assert(NOTICE_KINDS <= 32, "observers keep their kinds in 32 bits");

void notice_subscribe(struct notice_board *board, struct observer *observer)
{
    assert(board->count < NOTICE_OBSERVERS_MAX);
    board->observers[board->count++] = observer;
    board->kinds |= observer->kinds;
}

void notice_deliver(const struct notice_board *board, const struct notice *notice)
{
    for (unsigned i = 0; i < board->count; i++) {
        struct observer *observer = board->observers[i];
        if (observer->kinds >> notice->kind & 1)
            observer->notice(observer, notice);
    }
}
