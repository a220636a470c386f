/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ship - a reply on its way to the backup's log, from where its bytes lie.
 *
 * The log and the client get the same bytes. What lies in memory that nobody changes any more is sent from there, to both. A file
 * may change between the two, and what is in many pieces is dear to send: that becomes one piece first.
 */
#include "module/httpd/state.h"

#include <stdlib.h>

static bool stays_as_it_is(const apr_bucket *bucket)
{
    return APR_BUCKET_IS_HEAP(bucket) || APR_BUCKET_IS_POOL(bucket) ||
           APR_BUCKET_IS_IMMORTAL(bucket);
}

/* False: a bucket of another kind, or too many. */
static bool list(struct us_shipment *self, apr_bucket_brigade *reply)
{
    apr_size_t length;
    self->count = 0;
    for (apr_bucket *bucket = APR_BRIGADE_FIRST(reply); bucket != APR_BRIGADE_SENTINEL(reply);
         bucket = APR_BUCKET_NEXT(bucket)) {
        const char *bytes;
        if (APR_BUCKET_IS_METADATA(bucket) || bucket->length == 0)
            continue;
        if (self->count == US_PIECES || !stays_as_it_is(bucket) ||
            apr_bucket_read(bucket, &bytes, &length, APR_BLOCK_READ) != APR_SUCCESS)
            return false;
        self->pieces[self->count++] = (struct iovec){.iov_base = (void *)bytes, .iov_len = length};
    }
    return true;
}

static void free_bytes(void *bytes)
{
    free(bytes);
}

void us_replace(apr_bucket_brigade *reply, char *bytes, apr_size_t length)
{
    apr_bucket *last = APR_BRIGADE_LAST(reply);
    APR_BUCKET_REMOVE(last);
    apr_brigade_cleanup(reply);
    APR_BRIGADE_INSERT_TAIL(reply,
                            apr_bucket_heap_create(bytes, length, free_bytes, reply->bucket_alloc));
    APR_BRIGADE_INSERT_TAIL(reply, last);
}

/* False: its bytes could not be read. */
static bool flatten(apr_bucket_brigade *reply, apr_size_t length)
{
    apr_size_t got = length;
    char *bytes = malloc(length);
    if (bytes == NULL)
        abort();
    if (apr_brigade_flatten(reply, bytes, &got) == APR_SUCCESS && got == length) {
        us_replace(reply, bytes, length);
        return true;
    }
    free(bytes);
    return false;
}

bool us_shipment_load(struct us_shipment *self, apr_bucket_brigade *reply, apr_size_t length)
{
    self->core.length = length;
    return list(self, reply) || (flatten(reply, length) && list(self, reply));
}

unsigned us_shipment_part(const struct us_shipment *self, uint64_t offset, size_t size,
                          struct iovec *out)
{
    unsigned count = 0;
    for (const struct iovec *piece = self->pieces; size > 0; piece++) {
        if (offset >= piece->iov_len) {
            offset -= piece->iov_len;
            continue;
        }
        size_t part = piece->iov_len - offset < size ? piece->iov_len - offset : size;
        out[count++] =
            (struct iovec){.iov_base = (char *)piece->iov_base + offset, .iov_len = part};
        size -= part;
        offset = 0;
    }
    return count;
}

bool us_ship(struct us_shipment *self, const struct us_connection *connection)
{
    int channel = -1;
    us_lock();
    bool logs = us.state.role == FT_ROLE_PRIMARY && connection->view == (uint32_t)us.state.view;
    self->core.key = us_next_request(connection);
    if (logs) {
        self->wait = us_wait_begin();
        us_channel_ship(self);
        channel = us_ear_lend();
    }
    us_unlock();
    if (channel >= 0)
        us_ear_await(self->wait, channel);
    if (logs)
        us_wait_end(self->wait);
    return logs;
}
