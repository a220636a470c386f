/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * capture - the output filter of a replicated connection: holds a reply back until it is complete, ships it, waits, lets go.
 *
 * It stands where bytes go to the socket, so it sees what the client will see: head, chunk framing, files. A reply ends
 * with the bucket that ends its request (EOR). Flushes on the way there are swallowed, or a byte of the reply would leave
 * before all of it is logged; an interim reply (100 Continue) is made by both hosts alike and passes. On the backup a reply
 * that Apache made by itself (to a request it could not parse) is replaced by the logged one.
 */
#include "module/httpd/state.h"

#include <http_connection.h>
#include <http_log.h>
#include <http_request.h>
#include <string.h>
#include <util_filter.h>

APLOG_USE_MODULE(understudy);

const char us_capture_name[] = "UNDERSTUDY_CAPTURE";

/* An interim reply: the whole brigade is "HTTP/1.1 1xx ..." and a flush, and nothing is held. */
static bool is_interim(const struct us_connection *self, apr_bucket_brigade *brigade)
{
    const char *bytes;
    apr_size_t size;
    apr_bucket *first = APR_BRIGADE_FIRST(brigade);
    if (!APR_BRIGADE_EMPTY(self->held) || APR_BRIGADE_EMPTY(brigade) ||
        APR_BUCKET_IS_METADATA(first))
        return false;
    if (!APR_BUCKET_IS_FLUSH(APR_BRIGADE_LAST(brigade)))
        return false;
    if (apr_bucket_read(first, &bytes, &size, APR_BLOCK_READ) != APR_SUCCESS)
        return false;
    return size > 9 && memcmp(bytes, "HTTP/1.", 7) == 0 && bytes[9] == '1';
}

static void ship(struct us_connection *self, struct us_shipment *shipment, apr_size_t length)
{
    shipment->core.key = us_next_request(self);
    shipment->core.length = length;
    shipment->core.flags = self->connection->keepalive == AP_CONN_KEEPALIVE ? 0 : FT_RECORD_CLOSE;
    if (us.sender.waiting == 0)
        us.progress_ns = us_now_ns();
    ft_sender_put(&us.sender, &shipment->core);
    us_channel_wake();
}

/* Returns when the backup has the reply, or nobody is there to have it. Takes the bytes over. */
static void ship_and_wait(struct us_connection *self, char *bytes, apr_size_t length)
{
    struct us_wait wait = {.answer = US_PENDING};
    struct us_shipment *shipment = calloc(1, sizeof *shipment);
    if (shipment == NULL)
        abort();
    shipment->bytes = bytes;
    shipment->wait = &wait;
    pthread_cond_init(&wait.wake, NULL);
    pthread_mutex_lock(&us.lock);
    us.report.executed++;
    if (us.state.role == FT_ROLE_PRIMARY && ft_sender_fits(&us.sender, length)) {
        ship(self, shipment, length);
        while (wait.answer == US_PENDING)
            pthread_cond_wait(&wait.wake, &us.lock);
    } else {
        us.report.unprotected++;
        free(shipment->bytes);
        free(shipment);
    }
    pthread_mutex_unlock(&us.lock);
    pthread_cond_destroy(&wait.wake);
}

/* All bytes of the held reply in one piece; NULL: they could not be read. */
static char *flatten(struct us_connection *self, apr_size_t *length)
{
    apr_off_t size = 0;
    char *bytes;
    if (apr_brigade_length(self->held, 1, &size) != APR_SUCCESS ||
        (bytes = malloc((size_t)size + 1)) == NULL)
        return NULL;
    *length = (apr_size_t)size;
    if (apr_brigade_flatten(self->held, bytes, length) == APR_SUCCESS)
        return bytes;
    free(bytes);
    return NULL;
}

static void replace_bytes(struct us_connection *self, struct us_logged *logged)
{
    apr_bucket_alloc_t *list = self->connection->bucket_alloc;
    apr_bucket *last = APR_BRIGADE_LAST(self->held); /* ends the request: stays */
    APR_BUCKET_REMOVE(last);
    apr_brigade_cleanup(self->held);
    APR_BRIGADE_INSERT_TAIL(self->held,
                            apr_bucket_heap_create(logged->bytes, logged->core.length, NULL, list));
    APR_BRIGADE_INSERT_TAIL(self->held, last);
    self->connection->keepalive = logged->core.close ? AP_CONN_CLOSE : AP_CONN_KEEPALIVE;
}

static apr_status_t complete(struct us_connection *self, ap_filter_t *filter)
{
    apr_size_t length = 0;
    struct us_logged *logged = us_await_logged(self);
    if (logged != NULL) {
        replace_bytes(self, logged);
        us_logged_free(logged);
    } else if (us_connection_replicated(self)) {
        char *bytes = flatten(self, &length);
        if (bytes == NULL)
            return APR_ENOMEM;
        if (length > 0)
            ship_and_wait(self, bytes, length);
        else
            free(bytes);
    }
    self->replies++;
    return ap_pass_brigade(filter->next, self->held);
}

/* Moves buckets into the held reply up to and including the one that ends its request; true if it is there. */
static bool hold(struct us_connection *self, apr_bucket_brigade *brigade)
{
    while (!APR_BRIGADE_EMPTY(brigade)) {
        apr_bucket *bucket = APR_BRIGADE_FIRST(brigade);
        APR_BUCKET_REMOVE(bucket);
        if (APR_BUCKET_IS_FLUSH(bucket)) {
            apr_bucket_destroy(bucket);
            continue;
        }
        /* Files and maps live as long as their request does; set aside, they would stay open with the connection. */
        if (!APR_BUCKET_IS_FILE(bucket) && !APR_BUCKET_IS_MMAP(bucket))
            apr_bucket_setaside(bucket, self->connection->pool);
        APR_BRIGADE_INSERT_TAIL(self->held, bucket);
        if (AP_BUCKET_IS_EOR(bucket))
            return true;
    }
    return false;
}

static bool ends_request(apr_bucket_brigade *brigade)
{
    for (apr_bucket *bucket = APR_BRIGADE_FIRST(brigade); bucket != APR_BRIGADE_SENTINEL(brigade);
         bucket = APR_BUCKET_NEXT(bucket)) {
        if (AP_BUCKET_IS_EOR(bucket))
            return true;
    }
    return false;
}

apr_status_t us_capture(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    struct us_connection *self = filter->ctx;
    if (self->replaying) {
        self->replaying = !ends_request(brigade);
        return ap_pass_brigade(filter->next, brigade);
    }
    us_connection_replicated(self); /* finds out what it is */
    if (self->kind == US_PLAIN)
        return ap_pass_brigade(filter->next, brigade);
    if (self->held == NULL)
        self->held = apr_brigade_create(self->connection->pool, self->connection->bucket_alloc);
    if (is_interim(self, brigade))
        return ap_pass_brigade(filter->next, brigade);
    apr_status_t status = APR_SUCCESS;
    while (status == APR_SUCCESS && hold(self, brigade))
        status = complete(self, filter);
    /* Without a request in progress nothing is held: what ends the connection must get through. */
    if (status == APR_SUCCESS && !APR_BRIGADE_EMPTY(self->held) &&
        AP_BUCKET_IS_EOC(APR_BRIGADE_LAST(self->held)))
        status = ap_pass_brigade(filter->next, self->held);
    return status;
}
