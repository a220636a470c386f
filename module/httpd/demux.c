/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * demux - what comes in on the log channel, as much at a time as there is.
 *
 * Small records are read together, into a buffer; the rest of a large reply is read straight into its own memory. A record that
 * does not verify, or does not fit the log, ends the channel.
 */
#include "module/httpd/channel.h"

#include <errno.h>
#include <http_log.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

APLOG_USE_MODULE(understudy);

static void refuse(const char *why)
{
    us.report.refused++;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, us_channel.server,
                 "understudy: log channel ended: %s", why);
    us_channel.ended = true;
}

/* --- replies ------------------------------------------------------------------------------------------------------------- */

static struct us_logged *new_logged(uint64_t length)
{
    struct us_logged *self = calloc(1, sizeof *self);
    if (self == NULL)
        return NULL;
    self->bytes = malloc(length + 1);
    if (self->bytes != NULL)
        return self;
    free(self);
    return NULL;
}

static void open_entry(struct us_incoming *in)
{
    struct ft_log_entry *entry = ft_log_find(&us.log, &in->record.key);
    struct us_logged *fresh = NULL;
    in->logged = NULL;
    if (entry == NULL) {
        fresh = new_logged(in->record.length);
        if (fresh == NULL) {
            refuse("out of memory");
            return;
        }
        entry = &fresh->core;
    }
    enum ft_log_error error = ft_log_fragment(&us.log, entry, &in->record);
    if (error != FT_LOG_OK && fresh != NULL)
        us_logged_free(fresh);
    if (error == FT_LOG_OK)
        in->logged = us_logged_of(entry);
    else if (error != FT_LOG_STALE_VIEW)
        refuse("a reply does not fit the log");
}

/* Our server has its connection, or is about to accept it. */
static bool is_wanted(const struct ft_log_entry *entry)
{
    const struct ft_connection_key *key = &entry->key.connection;
    return !entry->orphan && (us_connection_find(key) != NULL || us_connection_is_open(key));
}

static void answer_waiter(const struct ft_request_key *key, enum us_answer answer)
{
    struct ft_log_waiter *waiter = ft_log_waiter_for(&us.log, key);
    if (waiter == NULL)
        return;
    ft_log_stop_waiting(&us.log, waiter);
    us_answer(((struct us_waiter *)waiter)->wait, answer);
}

static void on_logged(struct us_logged *logged)
{
    struct ft_record record;
    us.report.logged++;
    ft_log_acknowledge(&us.log, &logged->core, &record);
    us_mux_record(&record);
    if (is_wanted(&logged->core)) {
        answer_waiter(&logged->core.key, US_LOGGED);
        return;
    }
    us_log_drop(logged);
    us_logged_free(logged);
}

/* What has come of a reply's bytes; none, of one that has none. */
static void take_payload(struct us_incoming *in, size_t bytes)
{
    struct us_logged *logged = in->logged;
    in->payload_left -= bytes;
    if (logged == NULL || !ft_log_received(&logged->core, bytes))
        return;
    in->logged = NULL;
    on_logged(logged);
}

/* --- control records ------------------------------------------------------------------------------------------------------- */

/* No reply will come for this request: an entry that says so waits for it. */
static void enter_end(const struct ft_record *forget)
{
    struct ft_record record = *forget;
    struct us_logged *logged = calloc(1, sizeof *logged);
    record.key.ordinal++;
    record.flags = FT_RECORD_UNLOGGED;
    if (logged == NULL)
        abort();
    if (ft_log_fragment(&us.log, &logged->core, &record) == FT_LOG_OK)
        ft_log_received(&logged->core, 0);
    else
        us_logged_free(logged);
}

/* The primary's server has ended a connection: so does ours, behind the same reply. One that the packet path has and our server
 * does not is still waiting to be accepted. */
static void on_forget(const struct ft_record *record)
{
    const struct ft_connection_key *key = &record->key.connection;
    struct ft_request_key next = {.connection = *key, .ordinal = record->key.ordinal + 1};
    struct us_connection *connection = us_connection_find(key);
    if (connection != NULL)
        us_connection_set_end(connection, record->key.ordinal);
    else if (us_connection_is_open(key))
        enter_end(record);
    else
        us_log_drop_connection(key);
    answer_waiter(&next, US_ENDED);
}

/* The backup's server has given a connection up. Ours may have ended it already, and only the packet path still have it. */
static void on_left(const struct ft_record *record)
{
    struct us_connection *connection = us_connection_find(&record->key.connection);
    if (connection != NULL)
        us_connection_leave(connection);
    else
        us_connection_mark_left(&record->key.connection);
}

static void on_credit(const struct ft_record *record)
{
    struct ft_shipment *shipment = ft_sender_acknowledged(&us.sender, record);
    us.progress_ns = us_now_ns();
    us_channel.ready = true; /* what waits for room in the log may have it now */
    if (shipment != NULL)
        us_answer(((struct us_shipment *)shipment)->wait, US_RELEASED);
}

/* --- the stream -------------------------------------------------------------------------------------------------------------- */

static void act(struct us_incoming *in)
{
    in->header_bytes = 0;
    enum ft_record_error error = ft_record_read(in->header, &us.state.key, &in->record);
    us_channel.begun = true;
    if (error != FT_RECORD_OK) {
        refuse("a record does not verify");
    } else if (in->record.kind == FT_RECORD_REPLY) {
        in->payload_left = in->record.fragment;
        open_entry(in);
        if (!us_channel.ended && in->payload_left == 0)
            take_payload(in, 0);
    } else if (in->record.view != us.state.view) {
        return;
    } else if (in->record.kind == FT_RECORD_FORGET) {
        on_forget(&in->record);
    } else if (in->record.kind == FT_RECORD_LEFT) {
        on_left(&in->record);
    } else {
        on_credit(&in->record);
    }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The next piece of the buffer, and how long it was. */
static size_t take_piece(struct us_incoming *in, const char *bytes, size_t size)
{
    if (in->payload_left > 0) {
        size_t part = smaller(size, in->payload_left);
        if (in->logged != NULL)
            memcpy(in->logged->bytes + in->logged->core.received, bytes, part);
        take_payload(in, part);
        return part;
    }
    size_t part = smaller(size, FT_RECORD_BYTES - in->header_bytes);
    memcpy(in->header + in->header_bytes, bytes, part);
    in->header_bytes += part;
    if (in->header_bytes == FT_RECORD_BYTES)
        act(in);
    return part;
}

/* Bytes of a payload that are read straight to where they belong. Nobody frees a reply that is not whole while this is read. */
static size_t direct_bytes(const struct us_incoming *in)
{
    return in->logged != NULL ? in->payload_left : 0;
}

ssize_t us_demux_read(int socket, int flags)
{
    struct us_incoming *in = &us_channel.in;
    struct iovec parts[2] = {
        {.iov_len = direct_bytes(in)},
        {.iov_base = in->buffer, .iov_len = sizeof in->buffer},
    };
    if (in->logged != NULL)
        parts[0].iov_base = in->logged->bytes + in->logged->core.received;
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t got = recvmsg(socket, &message, flags);
    bool later = got < 0 && (errno == EAGAIN || errno == EINTR);
    return later ? -1 : got > 0 ? got : 0;
}

void us_demux_take(ssize_t got)
{
    struct us_incoming *in = &us_channel.in;
    if (us_channel.socket < 0)
        return; /* closed meanwhile */
    if (got == 0)
        us_channel.ended = true;
    if (got <= 0)
        return;
    size_t size = (size_t)got, direct = smaller(size, direct_bytes(in));
    if (direct > 0)
        take_payload(in, direct);
    size -= direct;
    for (const char *at = in->buffer; size > 0 && !us_channel.ended;) {
        size_t part = take_piece(in, at, size);
        at += part;
        size -= part;
    }
}
