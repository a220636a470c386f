/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * stay - a worker that has sent a reply stays with its connection for a moment, if its client is one that asks again at once.
 *
 * The server would give the connection back to its listener, which would wake a worker with the next request: dear against what a
 * short request costs. That is done while there is a worker for each connection and one to spare, to accept the next one: nobody
 * lacks the one that stays. A client that has not asked again in time is not stayed with until it has.
 */
#include "module/httpd/state.h"

#include <apr_portable.h>
#include <poll.h>

enum { BRISK_MS = 40, LARGE_BYTES = 131072 };

static const int64_t brisk_ns = BRISK_MS * 1000000LL;

void us_stay_asked(struct us_connection *self)
{
    if (self->replied_ns != 0)
        self->brisk = us_now_ns() - self->replied_ns < brisk_ns;
}

/* A reply that its client may take long for is the server's to send in its own time. */
bool us_stays(const struct us_connection *self)
{
    return self->brisk && us.clients < us.workers && self->held_bytes < LARGE_BYTES &&
           !self->closing && self->connection->keepalive == AP_CONN_KEEPALIVE;
}

/* Requests that came together have been read together: the socket does not tell of the second. */
static bool has_asked(const struct us_connection *self)
{
    apr_status_t status = ap_get_brigade(self->connection->input_filters, self->held,
                                         AP_MODE_SPECULATIVE, APR_NONBLOCK_READ, 1);
    bool asked = status == APR_SUCCESS && !APR_BRIGADE_EMPTY(self->held);
    apr_brigade_cleanup(self->held);
    return asked || (status != APR_SUCCESS && !APR_STATUS_IS_EAGAIN(status));
}

void us_stay(const struct us_connection *self)
{
    int client;
    if (self->connection->aborted || apr_os_sock_get(&client, self->socket) != APR_SUCCESS ||
        has_asked(self))
        return;
    struct pollfd file = {.fd = client, .events = POLLIN};
    poll(&file, 1, BRISK_MS);
}
