/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notice - delivery to the observers, and the names under which scenario files know the notices.
 */
#include "models/host/notice.h"

#include "sim/bug.h"

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
    [NOTICE_SERVICE_ANNOUNCED] = "service_announced",
    [NOTICE_CLIENT_SEGMENT] = "client_segment",
    [NOTICE_REPLY_SEGMENT_SENT] = "reply_segment_sent",
    [NOTICE_REPLY_FIRST_BYTE] = "reply_first_byte",
    [NOTICE_REPLY_PART] = "reply_part",
    [NOTICE_REPLY_DONE] = "reply_done",
    [NOTICE_CLOSE_AWAITED] = "close_awaited",
    [NOTICE_VERDICT] = "verdict",
    [NOTICE_PACKET_DROPPED] = "packet_dropped",
    [NOTICE_LEASE] = "lease",
    [NOTICE_PROPOSAL] = "proposal",
    [NOTICE_ROLE] = "role",
    [NOTICE_CRASH] = "crash",
    [NOTICE_RESTART] = "restart",
    [NOTICE_FAULT] = "fault",
    [NOTICE_HEALED] = "healed",
};

const char *const notice_help[NOTICE_KINDS] = {
    [NOTICE_NONE] = "never: the fault strikes at a time",
    [NOTICE_CONNECTION_OPENING] = "a client is about to send its SYN",
    [NOTICE_CONNECTION_OPEN] = "a client's connection is established",
    [NOTICE_CONNECTION_CLOSING] = "a client or server closes its side of a connection",
    [NOTICE_CONNECTION_LOST] = "a connection broke under a client",
    [NOTICE_REQUEST_SENT] = "a client has handed the last byte of a request to TCP",
    [NOTICE_REQUEST_PART] = "a server has read a part of a request",
    [NOTICE_REQUEST_RECEIVED] = "a server has read a whole request",
    [NOTICE_EXECUTING] = "a server begins to execute a request",
    [NOTICE_EXECUTED] = "a server has the complete reply in memory, not yet logged",
    [NOTICE_RECORD_SENT] = "the primary has handed the last byte of a reply to the log channel",
    [NOTICE_REPLY_LOGGED] = "the backup has the whole reply in its log",
    [NOTICE_REPLY_RELEASED] = "the primary has the log's acknowledgement: the reply may leave",
    [NOTICE_REPLY_TRIMMED] = "the backup's log gave a reply up: its client has it",
    [NOTICE_LOG_LEVEL] = "the number of bytes in a log changed",
    [NOTICE_SERVICE_SEGMENT] = "a packet leaves a server with the service's address as its source",
    [NOTICE_SERVICE_ANNOUNCED] = "a server tells the LAN that the service's address is its own",
    [NOTICE_CLIENT_SEGMENT] = "a packet from the service's address arrives at a client machine",
    [NOTICE_REPLY_SEGMENT_SENT] = "a packet with bytes of a reply leaves a server (`segment`: the "
                                  "number of it in its reply)",
    [NOTICE_REPLY_FIRST_BYTE] = "a client has the first byte of a reply",
    [NOTICE_REPLY_PART] = "a client has taken in bytes of a reply",
    [NOTICE_REPLY_DONE] = "a client has a complete reply and has classified it",
    [NOTICE_CLOSE_AWAITED] = "a client's wait for the server to close has ended",
    [NOTICE_VERDICT] = "a server's packet path has decided what becomes of a packet",
    [NOTICE_PACKET_DROPPED] = "a host lets a packet go no further (dead, full, cut, no lease)",
    [NOTICE_LEASE] = "a server's lease has a new end",
    [NOTICE_PROPOSAL] = "the primary's log is stuck, and it proposes to serve alone",
    [NOTICE_ROLE] = "a server changed its role (primary, backup, alone, out)",
    [NOTICE_CRASH] = "a host died",
    [NOTICE_RESTART] = "a host came back",
    [NOTICE_FAULT] = "a fault strikes (another one may wait for it)",
    [NOTICE_HEALED] = "a fault ends by itself",
};

_Static_assert(NOTICE_KINDS <= 32, "observers keep their kinds in 32 bits");

void notice_subscribe(struct notice_board *board, struct observer *observer)
{
    assert(board->count < NOTICE_OBSERVERS_MAX);
    board->observers[board->count++] = observer;
    board->kinds |= observer->kinds;
}

void notice_unsubscribe(struct notice_board *board, struct observer *observer)
{
    unsigned kept = 0;
    board->kinds = 0;
    for (unsigned i = 0; i < board->count; i++) {
        if (board->observers[i] == observer)
            continue;
        board->observers[kept++] = board->observers[i];
        board->kinds |= board->observers[i]->kinds;
    }
    board->count = kept;
}

void notice_deliver(const struct notice_board *board, const struct notice *notice)
{
    for (unsigned i = 0; i < board->count; i++) {
        struct observer *observer = board->observers[i];
        if (observer->kinds >> notice->kind & 1)
            observer->notice(observer, notice);
    }
}
