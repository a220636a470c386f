/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apache - the server: accepts connections, gives them to workers, and lets them go.
 */
#include "models/web/server_state.h"

#include "sim/memory.h"

#include <stdlib.h>

static const struct tcp_events events;

struct apache *apache_new(const struct server_settings *settings, struct host *host,
                          struct tcp_address service, struct exchange_pool *exchanges,
                          struct notice_board *notices)
{
    struct apache *self = memory_new(sizeof *self);
    self->settings = *settings;
    self->host = host;
    self->service = service;
    self->exchanges = exchanges;
    self->notices = notices;
    return self;
}

void apache_free(struct apache *self)
{
    tcp_unlisten(self->host->tcp, self->service);
    for (uint32_t i = 0; i < self->worker_count; i++)
        worker_free(self->workers[i]);
    for (uint32_t i = 0; i < self->connection_count; i++)
        memory_free(self->connections[i]);
    memory_free(self->connections);
    memory_free(self->workers);
    memory_free(self);
}

void apache_install(struct apache *self, struct message_path *path)
{
    self->path = path;
}

void apache_relay_to(struct apache *self, struct tcp_address behind)
{
    self->part = APACHE_PROXY;
    self->behind = behind;
}

void apache_serve_proxy(struct apache *self)
{
    self->part = APACHE_BEHIND;
}

/* --- connections ------------------------------------------------------------------------------------------------ */

static struct connection *new_connection(struct apache *self)
{
    struct connection *connection = self->free_connections;
    if (connection != NULL) {
        self->free_connections = connection->next;
    } else {
        self->connections = memory_grown(self->connections, self->connection_count,
                                         &self->connection_room, sizeof *self->connections);
        connection = memory_new(sizeof *connection);
        self->connections[self->connection_count++] = connection;
    }
    *connection = (struct connection){.server = self};
    return connection;
}

static void free_connection(struct connection *connection)
{
    struct apache *self = connection->server;
    connection->next = self->free_connections;
    self->free_connections = connection;
}

/* A backup waits in its workers for replies to requests that the primary, in turn, may not have read yet, because there the
 * client's bytes wait for the backup's acknowledgement: it must have one for every connection, unless a scenario wants to
 * see that. */
static bool may_have_more_workers(const struct apache *self)
{
    int64_t most = self->settings.workers;
    if (message_path_waits(self->path))
        most = self->settings.backup_workers > 0 ? self->settings.backup_workers : INT64_MAX;
    return self->worker_count < most;
}

static struct worker *idle_worker(struct apache *self)
{
    struct worker *worker = self->idle;
    if (worker != NULL) {
        self->idle = worker->next;
        return worker;
    }
    if (!may_have_more_workers(self))
        return NULL;
    self->workers =
        memory_grown(self->workers, self->worker_count, &self->worker_room, sizeof *self->workers);
    worker = worker_new(self);
    self->workers[self->worker_count++] = worker;
    return worker;
}

static struct connection *next_queued(struct apache *self)
{
    struct connection *connection;
    while ((connection = self->first_queued) != NULL) {
        self->first_queued = connection->next;
        connection->queued = false;
        if (!connection->lost)
            return connection;
        free_connection(connection);
    }
    return NULL;
}

void apache_worker_free(struct apache *self, struct worker *worker)
{
    struct connection *connection = next_queued(self);
    if (connection != NULL) {
        worker_serve_soon(worker, connection);
        return;
    }
    worker->next = self->idle;
    self->idle = worker;
}

void apache_connection_done(struct connection *connection)
{
    tcp_close(connection->socket);
}

static void queue(struct apache *self, struct connection *connection)
{
    if (self->first_queued != NULL)
        self->last_queued->next = connection;
    else
        self->first_queued = connection;
    self->last_queued = connection;
    connection->queued = true;
}

static void accepted(void *context, struct tcp_socket *socket)
{
    struct apache *self = context;
    struct connection *connection = new_connection(self);
    struct tcp_facts facts;
    tcp_facts(socket, &facts);
    connection->socket = socket;
    connection->key = (struct ft_connection_key){
        .client_ip = facts.remote.ip,
        .client_port = facts.remote.port,
        .client_isn = facts.peer_isn,
    };
    tcp_set_owner(socket, &events, connection);
    struct worker *worker = idle_worker(self);
    if (worker != NULL)
        worker_serve(worker, connection);
    else
        queue(self, connection);
}

/* --- what TCP says ---------------------------------------------------------------------------------------------- */

static void readable(struct tcp_socket *socket)
{
    struct connection *connection = tcp_owner(socket);
    if (connection->worker != NULL)
        worker_readable(connection->worker);
}

static void writable(struct tcp_socket *socket)
{
    struct connection *connection = tcp_owner(socket);
    if (connection->worker != NULL)
        worker_writable(connection->worker);
}

static void acknowledged(struct tcp_socket *socket)
{
    struct connection *connection = tcp_owner(socket);
    if (connection->first_logged != NULL)
        message_path_acknowledged(connection->server->path, connection);
}

static void closed(struct tcp_socket *socket, enum tcp_reason reason)
{
    struct connection *connection = tcp_owner(socket);
    struct apache *self = connection->server;
    connection->lost = true;
    if (connection->worker != NULL)
        worker_abandon(connection->worker);
    if (self->path != NULL)
        message_path_connection_gone(self->path, connection, reason);
    connection->socket = NULL;
    if (!connection->queued)
        free_connection(connection);
}

static const struct tcp_events events = {
    .readable = readable,
    .writable = writable,
    .acknowledged = acknowledged,
    .closed = closed,
};

void apache_start(struct apache *self)
{
    tcp_listen(self->host->tcp, self->service, (uint32_t)self->settings.backlog, self, accepted);
}
