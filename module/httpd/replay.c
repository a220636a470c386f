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

/* A reply that will not be logged, or an end that came before its connection did: from here on it is the primary's alone. */
static enum us_answer leave(struct us_connection *connection, struct us_logged *logged)
{
    us_logged_free(logged);
    if (us.state.role == FT_ROLE_BACKUP)
        us_connection_give_up(connection);
    else
        us_connection_leave(connection);
    return US_GONE;
}

static enum us_answer wait_for(struct us_connection *connection, const struct ft_request_key *key)
{
    struct us_waiter waiter = {.core.key = *key};
    if (connection->end <= connection->replies)
        return US_ENDED;
    waiter.wait = us_wait_begin();
    ft_log_wait(&us.log, &waiter.core);
    us_unlock();
    enum us_answer answer = us_wait_end(waiter.wait);
    us_lock();
    return answer;
}

/* Lock held. Executing is for who speaks; a host that is out, or is in a view that the connection is not of, has no part in it. */
static enum us_answer await_logged(struct us_connection *connection, struct us_logged **logged)
{
    struct ft_request_key key = us_next_request(connection);
    enum us_answer answer = US_GONE;
    if (connection->kind == US_LEFT)
        return US_GONE;
    if (connection->kind == US_PLAIN)
        return us_connection_part_now(connection) == US_ALONE ? US_EXECUTE : US_GONE;
    *logged = take(&key); /* also one of a view before this */
    if (*logged == NULL && us.state.role == FT_ROLE_BACKUP &&
        connection->view == (uint32_t)us.state.view) {
        answer = wait_for(connection, &key);
        if (answer == US_LOGGED)
            *logged = take(&key);
    } else if (us.state.role == FT_ROLE_PRIMARY || us.state.role == FT_ROLE_SOLO) {
        answer = US_EXECUTE;
    }
    if (*logged == NULL)
        return answer == US_LOGGED ? US_GONE : answer;
    return (*logged)->core.unlogged ? leave(connection, *logged) : US_LOGGED;
}

enum us_answer us_await_logged(struct us_connection *connection, struct us_logged **logged)
{
    if (connection->kind == US_FOREIGN || connection->kind == US_UNKNOWN)
        return US_EXECUTE;
    us_lock();
    enum us_answer answer = await_logged(connection, logged);
    us_unlock();
    return answer;
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
    connection->closes = us_connection_replied(connection) || logged->core.close;
    c->keepalive = connection->closes ? AP_CONN_CLOSE : AP_CONN_KEEPALIVE;
    if (!connection->closes)
        c->keepalives++;
    logged->bytes = NULL;
    us_logged_free(logged);
    connection->replaying = true; /* also the end of this request */
    ap_pass_brigade(c->output_filters, out);
    return OK;
}

static int refuse_body(void)
{
    us_lock();
    us.report.bodies_refused++;
    us_unlock();
    return HTTP_REQUEST_ENTITY_TOO_LARGE;
}

/* The primary need not keep a body; but it reads one first of which nobody knows how long it is, and one that the client waits
 * with for "100 Continue": both hosts say that, or neither. OK, or how Apache is to refuse it. */
static int prepare_body(struct us_body *body, request_rec *request, bool primary)
{
    int status = HTTP_REQUEST_ENTITY_TOO_LARGE;
    bool reads = !primary || body->undeclared || request->expecting_100;
    if (us_body_fits(body))
        status = reads ? us_body_read(body, request) : OK;
    return status == HTTP_REQUEST_ENTITY_TOO_LARGE ? refuse_body() : status;
}

/* What would make of the connection something else than requests and replies. */
static int refuse_tunnel(request_rec *request)
{
    apr_table_unset(request->headers_in, "Upgrade");
    return request->method_number == M_CONNECT ? HTTP_NOT_IMPLEMENTED : OK;
}

static int answer_request(request_rec *request, struct us_connection *connection,
                          struct us_body *body)
{
    struct us_logged *logged = NULL;
    switch (us_await_logged(connection, &logged)) {
    case US_LOGGED:
        us_body_drop(body, request);
        return replay(request, connection, logged);
    case US_EXECUTE:
        us_body_give_back(body, request);
        return DECLINED;
    case US_ENDED:
        request->connection->keepalive = AP_CONN_CLOSE;
        return DONE;
    default:
        us_connection_cut(connection);
        return DONE;
    }
}

/* What is refused gets a reply that Apache makes; on the backup the filter replaces it by the logged one. */
int us_quick_handler(request_rec *request, int lookup)
{
    struct us_connection *connection = us_connection_of(request->connection);
    if (lookup || connection == NULL || request->main != NULL || request->prev != NULL)
        return DECLINED;
    connection->replaying = false;
    enum us_part part = us_connection_part(connection);
    us_stay_asked(connection);
    if (part == US_PRIMARY && connection->surplus) {
        us_leave(connection);
        part = us_connection_part(connection);
    }
    if (part != US_BACKUP)
        part = us_word_await(connection, part);
    if (part == US_ALONE)
        return DECLINED;
    struct us_body *body = us_body_of(request);
    int refused = refuse_tunnel(request);
    if (refused == OK)
        refused = prepare_body(body, request, part == US_PRIMARY);
    if (refused != OK)
        return refused;
    if (part == US_BACKUP)
        return answer_request(request, connection, body);
    us_body_give_back(body, request);
    return DECLINED;
}
