/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * replay - the backup answers a request out of the log.
 *
 * The request is read whole first, body too: its bytes are acknowledged to the client only when this host has them as well,
 * and the primary will not finish before. Then the worker waits for the logged reply and writes its bytes past Apache's
 * own filters. If the primary dies meanwhile, the body is given back and Apache makes the reply itself.
 */
#include "module/httpd/state.h"

#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <stdlib.h>
#include <util_filter.h>

APLOG_USE_MODULE(understudy);

const char us_body_name[] = "UNDERSTUDY_BODY";

void us_logged_free(struct us_logged *self)
{
    free(self->bytes);
    free(self);
}

static struct us_logged *take(const struct ft_request_key *key)
{
    struct ft_log_entry *entry = ft_log_find(&us.log, key);
    if (entry == NULL || !entry->complete)
        return NULL;
    struct us_logged *logged = us_logged_of(entry);
    us_log_drop(
        logged); /* from here on the socket's buffer keeps what the client has not acknowledged */
    us.report.replayed++;
    return logged;
}

struct us_logged *us_await_logged(struct us_connection *connection)
{
    struct us_waiter waiter = {.core.key = us_next_request(connection)};
    struct us_logged *logged = NULL;
    if (connection->kind != US_REPLICATED)
        return NULL;
    pthread_mutex_lock(&us.lock);
    logged = take(&waiter.core.key); /* also one of a view before this */
    if (logged == NULL && us.state.role == FT_ROLE_BACKUP &&
        connection->view == (uint32_t)us.state.view) {
        pthread_cond_init(&waiter.wait.wake, NULL);
        ft_log_wait(&us.log, &waiter.core);
        while (waiter.wait.answer == US_PENDING)
            pthread_cond_wait(&waiter.wait.wake, &us.lock);
        pthread_cond_destroy(&waiter.wait.wake);
        if (waiter.wait.answer == US_LOGGED)
            logged = take(&waiter.core.key);
        connection->gone = waiter.wait.answer == US_GONE;
    }
    pthread_mutex_unlock(&us.lock);
    return logged;
}

/* --- the request's body ------------------------------------------------------------------------------------------ */

/* Reads all of the body; it is kept in memory. */
static apr_status_t read_body(request_rec *request, apr_bucket_brigade *body)
{
    apr_bucket_brigade *part = apr_brigade_create(request->pool, request->connection->bucket_alloc);
    for (;;) {
        apr_status_t status =
            ap_get_brigade(request->input_filters, part, AP_MODE_READBYTES, APR_BLOCK_READ, 65536);
        if (status != APR_SUCCESS)
            return status;
        while (!APR_BRIGADE_EMPTY(part)) {
            apr_bucket *bucket = APR_BRIGADE_FIRST(part);
            const char *bytes;
            apr_size_t size;
            APR_BUCKET_REMOVE(bucket);
            if (!APR_BUCKET_IS_METADATA(bucket))
                apr_bucket_read(bucket, &bytes, &size, APR_BLOCK_READ);
            apr_bucket_setaside(bucket, request->pool);
            APR_BRIGADE_INSERT_TAIL(body, bucket);
            if (APR_BUCKET_IS_EOS(bucket))
                return APR_SUCCESS;
        }
    }
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

static void give_back(request_rec *request, apr_bucket_brigade *body)
{
    ap_add_input_filter(us_body_name, body, request, request->connection);
}

/* --- the reply --------------------------------------------------------------------------------------------------- */

static int status_of(const struct us_logged *logged)
{
    return logged->core.length > 12 ? atoi(logged->bytes + 9) : HTTP_OK;
}

static void free_bytes(void *bytes)
{
    free(bytes);
}

static int replay(request_rec *request, struct us_connection *connection, struct us_logged *logged)
{
    conn_rec *c = request->connection;
    apr_bucket_brigade *out = apr_brigade_create(c->pool, c->bucket_alloc);
    APR_BRIGADE_INSERT_TAIL(out, apr_bucket_heap_create(logged->bytes, logged->core.length,
                                                        free_bytes, c->bucket_alloc));
    request->status = status_of(logged);
    request->status_line = ap_get_status_line(request->status);
    request->bytes_sent = (apr_off_t)logged->core.length;
    request->eos_sent = 1; /* nothing of Apache's own goes behind it */
    c->keepalive = logged->core.close ? AP_CONN_CLOSE : AP_CONN_KEEPALIVE;
    if (!logged->core.close)
        c->keepalives++;
    logged->bytes = NULL;
    us_logged_free(logged);
    connection->replies++;
    connection->replaying = true; /* also the end of this request */
    ap_pass_brigade(c->output_filters, out);
    return OK;
}

int us_quick_handler(request_rec *request, int lookup)
{
    struct us_connection *connection = us_connection_of(request->connection);
    if (lookup || connection == NULL || request->main != NULL || request->prev != NULL)
        return DECLINED;
    connection->replaying = false;
    us_connection_replicated(connection);
    if (connection->kind != US_REPLICATED ||
        (us.state.role == FT_ROLE_PRIMARY && connection->view == (uint32_t)us.state.view))
        return DECLINED;
    apr_bucket_brigade *body = apr_brigade_create(request->pool, request->connection->bucket_alloc);
    apr_status_t status = read_body(request, body);
    if (status != APR_SUCCESS)
        return ap_map_http_request_error(status, HTTP_BAD_REQUEST);
    struct us_logged *logged = us_await_logged(connection);
    if (logged != NULL)
        return replay(request, connection, logged);
    if (connection->gone) {
        request->connection->aborted = 1;
        request->connection->keepalive = AP_CONN_CLOSE;
        return DONE;
    }
    give_back(request, body);
    return DECLINED;
}
