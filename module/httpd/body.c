/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * body - bodies of requests that are kept until it is known who answers them, in bounded memory.
 *
 * The backup keeps a body until the reply to its request is logged: if the primary dies first, Apache is given it and
 * executes the request. All bodies together have `body_bytes`, as understudyd says. One takes its room before a byte of it is
 * read, so that bodies that have begun can always end, and turns are kept: a worker that waits for room leaves its
 * client's bytes unread, the window closes, the client slows. A body larger than all the room is refused (413), by both
 * hosts, before anybody executes anything. How long a chunked one will be nobody knows: it gets a part of the room, and both
 * hosts read it to its end first. A client that promises much and sends nothing keeps its room until Apache's Timeout
 * (mod_reqtimeout has shorter ones).
 */
#include "module/httpd/state.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <stdlib.h>
#include <string.h>
#include <util_filter.h>

enum { UNDECLARED_PART = 16, READ_BYTES = 65536 };

const char us_body_name[] = "UNDERSTUDY_BODY";

struct us_body *us_body_of(const request_rec *request)
{
    struct us_body *self = apr_pcalloc(request->pool, sizeof *self);
    bool undeclared = apr_table_get(request->headers_in, "Transfer-Encoding") != NULL;
    const char *length = apr_table_get(request->headers_in, "Content-Length");
    apr_off_t declared = 0;
    if (undeclared)
        self->room = us.state.body_bytes / UNDECLARED_PART;
    else if (length != NULL && ap_parse_strict_length(&declared, length))
        self->room = (uint64_t)declared;
    self->undeclared = undeclared;
    return self;
}

bool us_body_fits(const struct us_body *self)
{
    return self->room <= us.state.body_bytes;
}

/* Waits for room, in turn. */
static void reserve(uint64_t bytes)
{
    us_lock();
    uint64_t turn = us.bodies.turns++;
    while (turn != us.bodies.turn || us.bodies.bytes + bytes > us.state.body_bytes)
        pthread_cond_wait(&us.bodies.changed, &us.lock);
    us.bodies.turn++;
    us.bodies.bytes += bytes;
    pthread_cond_broadcast(&us.bodies.changed);
    us_unlock();
}

static void give_room(uint64_t bytes)
{
    us_lock();
    us.bodies.bytes -= bytes;
    pthread_cond_broadcast(&us.bodies.changed);
    us_unlock();
}

static apr_status_t give_up(void *data)
{
    struct us_body *self = data;
    free(self->bytes);
    give_room(self->room);
    return APR_SUCCESS;
}

void us_body_drop(struct us_body *self, request_rec *request)
{
    if (self->bytes != NULL)
        apr_pool_cleanup_run(request->pool, self, give_up);
    self->bytes = NULL;
}

/* Appends what was read. ENOSPC: more than there is room for. */
static apr_status_t take(struct us_body *self, apr_bucket *bucket)
{
    const char *bytes;
    apr_size_t size;
    apr_status_t status = apr_bucket_read(bucket, &bytes, &size, APR_BLOCK_READ);
    if (status != APR_SUCCESS)
        return status;
    if (size > self->room - self->size)
        return APR_ENOSPC;
    memcpy(self->bytes + self->size, bytes, size);
    self->size += size;
    return APR_SUCCESS;
}

/* Copied together: the socket's own buckets may hold 8 KB for a single byte. */
static apr_status_t read_all(struct us_body *self, request_rec *request)
{
    apr_bucket_brigade *part = apr_brigade_create(request->pool, request->connection->bucket_alloc);
    for (;;) {
        apr_status_t status = ap_get_brigade(request->input_filters, part, AP_MODE_READBYTES,
                                             APR_BLOCK_READ, READ_BYTES);
        while (status == APR_SUCCESS && !APR_BRIGADE_EMPTY(part)) {
            apr_bucket *bucket = APR_BRIGADE_FIRST(part);
            if (APR_BUCKET_IS_EOS(bucket))
                return APR_SUCCESS;
            if (!APR_BUCKET_IS_METADATA(bucket))
                status = take(self, bucket);
            apr_bucket_delete(bucket);
        }
        if (status != APR_SUCCESS)
            return status;
    }
}

int us_body_read(struct us_body *self, request_rec *request)
{
    if (self->room == 0)
        return OK;
    reserve(self->room);
    self->bytes = malloc(self->room); /* pages come as they are written */
    if (self->bytes == NULL)
        abort();
    apr_pool_cleanup_register(request->pool, self, give_up, apr_pool_cleanup_null);
    apr_status_t status = read_all(self, request);
    if (self->undeclared) {
        give_room(self->room - self->size);
        self->room = self->size;
    }
    return status == APR_SUCCESS ? OK : ap_map_http_request_error(status, HTTP_BAD_REQUEST);
}

/* The input filter that gives the kept body to whoever reads the request now. */
apr_status_t us_give_body(ap_filter_t *filter, apr_bucket_brigade *brigade, ap_input_mode_t mode,
                          apr_read_type_e block, apr_off_t bytes)
{
    apr_bucket_brigade *body = filter->ctx;
    (void)block;
    if (APR_BRIGADE_EMPTY(body)) {
        APR_BRIGADE_INSERT_TAIL(brigade,
                                apr_bucket_eos_create(filter->r->connection->bucket_alloc));
        return APR_SUCCESS;
    }
    if (mode == AP_MODE_GETLINE)
        return apr_brigade_split_line(brigade, body, APR_BLOCK_READ, HUGE_STRING_LEN);
    apr_bucket *end;
    apr_status_t status = apr_brigade_partition(body, bytes, &end);
    if (status != APR_SUCCESS && status != APR_INCOMPLETE)
        return status;
    while (!APR_BRIGADE_EMPTY(body) && APR_BRIGADE_FIRST(body) != end) {
        apr_bucket *bucket = APR_BRIGADE_FIRST(body);
        APR_BUCKET_REMOVE(bucket);
        if (mode == AP_MODE_SPECULATIVE) {
            apr_bucket *copy;
            apr_bucket_copy(bucket, &copy);
            APR_BRIGADE_INSERT_TAIL(brigade, copy);
            APR_BRIGADE_INSERT_HEAD(body, bucket);
            break;
        }
        APR_BRIGADE_INSERT_TAIL(brigade, bucket);
    }
    return APR_SUCCESS;
}

void us_body_give_back(struct us_body *self, request_rec *request)
{
    apr_bucket_alloc_t *list = request->connection->bucket_alloc;
    apr_bucket_brigade *body = apr_brigade_create(request->pool, list);
    if (self->bytes == NULL)
        return;
    if (self->size > 0)
        APR_BRIGADE_INSERT_TAIL(
            body, apr_bucket_pool_create(self->bytes, self->size, request->pool, list));
    APR_BRIGADE_INSERT_TAIL(body, apr_bucket_eos_create(list));
    ap_add_input_filter(us_body_name, body, request, request->connection);
}
