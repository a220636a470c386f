/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * replay - the backup answers a request out of the log.
 *
 * The request is read whole first, body too: its bytes are acknowledged to the client only when this host has them as well,
 * and the primary will not finish before. Then the worker waits for the logged reply and writes its bytes past Apache's
 * own filters. If the primary dies meanwhile, the body is given back and Apache makes the reply itself. A reply that is too
 * large to be logged takes the connection out of the scheme: this host has no part in it any more.
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

void us_logged_free(struct us_logged *self)
{
    if (self != NULL)
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
    if (logged != NULL && logged->core.unlogged)
        us_connection_leave(connection);
    pthread_mutex_unlock(&us.lock);
    return logged;
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
    us_hold_back(connection, logged->core.length);
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

static bool is_primary(const struct us_connection *connection)
{
    return us.state.role == FT_ROLE_PRIMARY && connection->view == (uint32_t)us.state.view;
}

static int refuse_body(void)
{
    pthread_mutex_lock(&us.lock);
    us.report.bodies_refused++;
    pthread_mutex_unlock(&us.lock);
    return HTTP_REQUEST_ENTITY_TOO_LARGE;
}

/* OK: the body is here, or may be read by whoever executes the request; else how Apache is to refuse it. */
static int prepare_body(struct us_body *body, request_rec *request, bool primary)
{
    int status = HTTP_REQUEST_ENTITY_TOO_LARGE;
    if (us_body_fits(body))
        status = primary && !body->undeclared ? OK : us_body_read(body, request);
    return status == HTTP_REQUEST_ENTITY_TOO_LARGE ? refuse_body() : status;
}

int us_quick_handler(request_rec *request, int lookup)
{
    struct us_connection *connection = us_connection_of(request->connection);
    if (lookup || connection == NULL || request->main != NULL || request->prev != NULL)
        return DECLINED;
    connection->replaying = false;
    us_connection_replicated(connection);
    if (connection->kind != US_REPLICATED)
        return DECLINED;
    bool primary = is_primary(connection);
    struct us_body *body = us_body_of(request);
    int refused = prepare_body(body, request, primary);
    if (refused != OK && refused != HTTP_REQUEST_ENTITY_TOO_LARGE)
        return refused;
    struct us_logged *logged = primary ? NULL : us_await_logged(connection);
    if (logged != NULL && !logged->core.unlogged) {
        us_body_drop(body, request);
        return replay(request, connection, logged);
    }
    if (logged != NULL || connection->gone) {
        us_logged_free(logged);
        us_connection_cut(connection);
        return DONE;
    }
    if (refused != OK)
        return refused;
    us_body_give_back(body, request);
    return DECLINED;
}
