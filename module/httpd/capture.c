/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * capture - the output filter of a replicated connection: holds a reply back until it is complete, ships it, waits, lets go.
 *
 * It stands where bytes go to the socket, so it sees what the client will see: head, chunk framing, files. A reply ends
 * with the bucket that ends its request (EOR). Flushes on the way there are swallowed, or a byte of the reply would leave
 * before all of it is logged; an interim reply (100 Continue) is made by both hosts alike and passes. On the backup a reply
 * that Apache made by itself (to a request it could not parse) is replaced by the logged one.
 *
 * What is held is bounded, all of it together, by twice the size of the log. A reply larger than that is not logged: the backup
 * gives its connection up, then the reply goes to the client as it is made.
 */
#include "module/httpd/state.h"

#include <http_connection.h>
#include <http_log.h>
#include <http_request.h>
#include <stdlib.h>
#include <string.h>
#include <util_filter.h>

APLOG_USE_MODULE(understudy);

const char us_capture_name[] = "UNDERSTUDY_CAPTURE";

/* What Apache says before it reads a body that the client waits with; both hosts do (replay.c). Any other interim reply is
 * only one host's, and waits with the reply for the log. */
static bool is_continue(const struct us_connection *self, apr_bucket_brigade *brigade)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const char *bytes;
    apr_size_t size;
    apr_bucket *first = APR_BRIGADE_FIRST(brigade);
    if (!APR_BRIGADE_EMPTY(self->held) || APR_BRIGADE_EMPTY(brigade) ||
        APR_BUCKET_IS_METADATA(first))
        return false;
    if (APR_BUCKET_NEXT(first) != APR_BRIGADE_LAST(brigade) ||
        !APR_BUCKET_IS_FLUSH(APR_BRIGADE_LAST(brigade)))
        return false;
    if (apr_bucket_read(first, &bytes, &size, APR_BLOCK_READ) != APR_SUCCESS)
        return false;
    return size == sizeof text - 1 && memcmp(bytes, text, size) == 0;
}

/* --- room for what is held ---------------------------------------------------------------------------------------- */

/* Replies that are kept back take as much memory as the backup's log may, and one at a time may go beyond: so there is always
 * one that can be finished, and the others wait for it. False: it is too large to be logged at all. What the backup's Apache
 * makes by itself are small replies to requests that are none. */
static bool make_room(struct us_connection *self, uint64_t bytes)
{
    us_lock();
    bool bounded = us.state.role != FT_ROLE_BACKUP;
    bool possible = !bounded || bytes <= us.state.log_bytes - self->held_bytes;
    while (possible && bounded && us.held.bytes + bytes > us.state.log_bytes &&
           us.held.beyond != self) {
        if (us.held.beyond == NULL)
            us.held.beyond = self;
        else
            pthread_cond_wait(&us.held.less, &us.lock);
    }
    if (possible) {
        us.held.bytes += bytes;
        self->held_bytes += bytes;
    }
    us_unlock();
    return possible;
}

void us_held_release(struct us_connection *self)
{
    if (self->held_bytes == 0)
        return;
    us_lock();
    us.held.bytes -= self->held_bytes;
    self->held_bytes = 0;
    if (us.held.beyond == self)
        us.held.beyond = NULL;
    pthread_cond_broadcast(&us.held.less);
    us_unlock();
}

/* --- a reply too large to be logged --------------------------------------------------------------------------------- */

/* Before a byte of it leaves, the backup knows that this connection is none of its business any more. If the primary dies, the
 * client's connection breaks, as it would without us; what it never gets is a reply of two executions. */
void us_leave(struct us_connection *self)
{
    struct us_shipment word = {.core.flags = FT_RECORD_UNLOGGED};
    bool told = us_connection_part(self) == US_PRIMARY && us_ship(&word, self);
    us_lock();
    us.report.unprotected++;
    if (told && self->kind == US_REPLICATED)
        us_connection_leave(self);
    us_unlock();
    us_held_release(self);
}

/* --- a reply that is whole -------------------------------------------------------------------------------------------- */

static void count_executed(bool logged)
{
    us_lock();
    us.report.executed++;
    us.report.unprotected += !logged;
    us_unlock();
}

static apr_status_t have_logged(struct us_connection *self)
{
    bool keeps = self->connection->keepalive == AP_CONN_KEEPALIVE;
    struct us_shipment shipment = {.core.flags = keeps ? 0 : FT_RECORD_CLOSE};
    if (!us_shipment_load(&shipment, self->held, self->held_bytes)) {
        us_leave(self);
        return APR_EGENERAL;
    }
    count_executed(us_ship(&shipment, self));
    return APR_SUCCESS;
}

/* Apache has made a reply that the primary has made before. */
static void take_logged(struct us_connection *self, struct us_logged *logged)
{
    self->closes = logged->core.close;
    self->connection->keepalive = self->closes ? AP_CONN_CLOSE : AP_CONN_KEEPALIVE;
    us_replace(self->held, logged->bytes, logged->core.length);
    logged->bytes = NULL;
    us_logged_free(logged);
}

/* There is no reply: the connection ends, and the other host hears of that (us_connection_close). */
static apr_status_t have_none(struct us_connection *self)
{
    apr_bucket *last = APR_BRIGADE_LAST(self->held);
    APR_BUCKET_REMOVE(last);
    apr_brigade_cleanup(self->held);
    APR_BRIGADE_INSERT_TAIL(self->held, last);
    self->connection->keepalive = AP_CONN_CLOSE;
    self->replies--; /* is counted as any other when its request ends */
    return APR_SUCCESS;
}

static apr_status_t complete(struct us_connection *self)
{
    struct us_logged *logged = NULL;
    switch (us_await_logged(self, &logged)) {
    case US_LOGGED:
        take_logged(self, logged);
        return APR_SUCCESS;
    case US_EXECUTE:
        if (us_connection_part(self) != US_PRIMARY)
            return APR_SUCCESS;
        return self->held_bytes > 0 ? have_logged(self) : have_none(self);
    case US_ENDED:
        return have_none(self);
    default:
        return APR_ECONNABORTED;
    }
}

/* --- the filter ------------------------------------------------------------------------------------------------------- */

static bool ends_request(apr_bucket_brigade *brigade)
{
    for (apr_bucket *bucket = APR_BRIGADE_FIRST(brigade); bucket != APR_BRIGADE_SENTINEL(brigade);
         bucket = APR_BUCKET_NEXT(bucket)) {
        if (AP_BUCKET_IS_EOR(bucket))
            return true;
    }
    return false;
}

/* Files and maps live as long as their request does; set aside, they would stay open with the connection. */
static void keep(struct us_connection *self, apr_bucket *bucket)
{
    if (self->held_bytes > 0 && APR_BUCKET_IS_FLUSH(bucket)) {
        apr_bucket_delete(bucket);
        return;
    }
    if (self->passage == US_HELD && !APR_BUCKET_IS_FILE(bucket) && !APR_BUCKET_IS_MMAP(bucket))
        apr_bucket_setaside(bucket, self->connection->pool);
    APR_BUCKET_REMOVE(bucket);
    APR_BRIGADE_INSERT_TAIL(self->held, bucket);
}

/* Of a pipe it shows when it is read. */
static uint64_t length_of(apr_bucket *bucket)
{
    const char *bytes;
    apr_size_t size = bucket->length;
    if (size == (apr_size_t)-1 &&
        apr_bucket_read(bucket, &bytes, &size, APR_BLOCK_READ) != APR_SUCCESS)
        return 0;
    return size;
}

/* A reply ends with its request, or, to a request that could not be read, with its connection. */
static bool ends_reply(apr_bucket *bucket, uint64_t bytes)
{
    return AP_BUCKET_IS_EOR(bucket) || (AP_BUCKET_IS_EOC(bucket) && bytes > 0);
}

/* Moves buckets over, up to and including the one that ends the reply; true if it is there. */
static bool move(struct us_connection *self, apr_bucket_brigade *brigade)
{
    uint64_t bytes = 0;
    apr_bucket *end = APR_BRIGADE_FIRST(brigade);
    while (end != APR_BRIGADE_SENTINEL(brigade) && !ends_reply(end, self->held_bytes + bytes)) {
        bytes += length_of(end);
        end = APR_BUCKET_NEXT(end);
    }
    bool ends = end != APR_BRIGADE_SENTINEL(brigade);
    if (self->passage == US_HELD && !make_room(self, bytes)) {
        us_leave(self);
        self->passage = US_STREAMED;
    }
    if (ends)
        end = APR_BUCKET_NEXT(end);
    while (APR_BRIGADE_FIRST(brigade) != end)
        keep(self, APR_BRIGADE_FIRST(brigade));
    return ends;
}

/* The reply leaves now, not when the worker is done with the connection. */
static void flush(struct us_connection *self)
{
    APR_BRIGADE_INSERT_TAIL(self->held, apr_bucket_flush_create(self->connection->bucket_alloc));
}

static apr_status_t pass(struct us_connection *self, ap_filter_t *filter, bool ends)
{
    apr_status_t status = APR_SUCCESS;
    bool ready = self->passage == US_STREAMED;
    bool stays = false;
    if (self->passage == US_HELD && ends) {
        status = complete(self);
        stays = status == APR_SUCCESS && us_stays(self);
        if (status != APR_SUCCESS)
            us_connection_cut(self);
        ready = true;
    }
    if (ends) {
        self->replies++;
        self->passage = US_UNDECIDED;
    }
    if (!ready)
        return APR_SUCCESS;
    us_held_release(self); /* what a slow client has yet to take is Apache's, as it always was */
    if (stays)
        flush(self);
    if (ends)
        self->replied_ns = us_now_ns();
    if (status == APR_SUCCESS)
        status = ap_pass_brigade(filter->next, self->held);
    apr_brigade_cleanup(self->held);
    if (stays)
        us_stay(self);
    return status;
}

apr_status_t us_capture(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    struct us_connection *self = filter->ctx;
    if (self->replaying) {
        self->replaying = !ends_request(brigade);
        return ap_pass_brigade(filter->next, brigade);
    }
    enum us_part part = us_connection_part(self);
    if ((self->kind == US_PLAIN || self->kind == US_FOREIGN) && self->passage == US_UNDECIDED)
        return ap_pass_brigade(filter->next, brigade);
    if (self->held == NULL)
        self->held = apr_brigade_create(self->connection->pool, self->connection->bucket_alloc);
    if (self->passage == US_UNDECIDED && is_continue(self, brigade))
        return ap_pass_brigade(filter->next, brigade);
    apr_status_t status = APR_SUCCESS;
    while (status == APR_SUCCESS && !APR_BRIGADE_EMPTY(brigade)) {
        if (self->passage == US_UNDECIDED)
            self->passage = part != US_ALONE ? US_HELD : US_STREAMED;
        bool ends = move(self, brigade);
        status = pass(self, filter, ends);
    }
    /* Without a byte of a reply nothing is held: what flushes or ends the connection must get through. */
    if (status == APR_SUCCESS && self->held_bytes == 0 && !APR_BRIGADE_EMPTY(self->held)) {
        self->passage = US_UNDECIDED;
        status = ap_pass_brigade(filter->next, self->held);
    }
    if (self->closing && status == APR_SUCCESS && self->held_bytes == 0)
        us_connection_over(self);
    return status;
}
