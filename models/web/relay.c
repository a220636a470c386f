/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * relay - how a proxy has a request executed: by the unchanged server behind it, over a TCP connection on the same host.
 *
 * The connection is opened with the first request of a client's connection and lives as long as that one does, or until the
 * server closes it behind a reply. It pays for what it is: opening and closing like any other connection, the packets'
 * way through the stack and back, a system call, a copy and a round of the proxy's loop for every part read or written.
 * The proxy needs the whole reply before it can log it, so it passes nothing on before the end.
 *
 * Not modelled: pipelining to the server (it would not wait for the log of the reply before), a pool of connections shared
 * among clients, another try when the server closes an idle connection just as a request comes (it never does here).
 */
#include "models/web/server_state.h"

#include "sim/bug.h"

static const struct tcp_events events, no_events;

static struct worker *of(struct process *process)
{
    return container_of(process, struct worker, process);
}

static void run(struct worker *self, void (*step)(struct process *))
{
    self->state = WORKER_RUNNING;
    process_run(&self->process, step);
}

/* --- the reply -------------------------------------------------------------------------------------------------- */

static void close_socket(struct worker *self)
{
    struct tcp_socket *socket = self->relay.socket;
    self->relay.socket = NULL;
    tcp_set_owner(socket, &no_events, NULL);
    if (self->relay.busy)
        tcp_abort(socket);
    else
        tcp_close(socket);
}

static void relayed(struct process *process)
{
    struct worker *self = of(process);
    self->relay.busy = false;
    if (self->reply->close)
        close_socket(self);
    worker_relayed(self);
}

static bool take_reply(struct worker *self, uint64_t *bytes)
{
    struct relay *relay = &self->relay;
    struct span span;
    while (tcp_receive(relay->socket, UINT32_MAX, &span)) {
        if (self->reply == NULL)
            self->reply = reply_of(span.content);
        else
            content_put(span.content);
        assert(self->reply != NULL && span.content == &self->reply->content &&
               span.offset == relay->received && self->reply->request == self->request);
        relay->received += span.length;
        *bytes += span.length;
    }
    return self->reply != NULL && relay->received == self->reply->content.length;
}

static void read_reply(struct process *process)
{
    struct worker *self = of(process);
    const struct host_costs *costs = self->server->host->settings.costs;
    uint64_t bytes = 0;
    bool complete = take_reply(self, &bytes);
    if (bytes == 0) {
        self->state = WORKER_RELAYS;
        return;
    }
    worker_charge_part(self);
    process_charge_io(&self->process, 1, bytes);
    if (complete && self->reply->close)
        process_charge(&self->process, CPU_KERNEL, COST_CONNECTION, costs->connection_close);
    run(self, complete ? relayed : read_reply);
}

/* --- the request ------------------------------------------------------------------------------------------------ */

static void send_now(struct process *process)
{
    struct worker *self = of(process);
    struct relay *relay = &self->relay;
    struct content *content = &self->request->content;
    struct span rest = {
        .content = content, .offset = relay->sent, .length = content->length - relay->sent};
    relay->sent += tcp_send(relay->socket, &rest, false);
    if (relay->sent < content->length)
        self->state = WORKER_RELAYS;
    else
        read_reply(process);
}

static void send_request(struct worker *self)
{
    worker_charge_part(self);
    process_charge_io(&self->process, 1, self->request->content.length - self->relay.sent);
    run(self, send_now);
}

static void connect_now(struct process *process)
{
    struct worker *self = of(process);
    struct tcp_address own = {.ip = HOST_LOOPBACK_IP};
    self->state = WORKER_RELAYS;
    self->relay.socket =
        tcp_connect(self->server->host->tcp, own, self->server->behind, &events, self);
    if (self->relay.socket == NULL) /* no port is free */
        worker_forsaken(self);
}

void relay_request(struct worker *self)
{
    self->relay.sent = self->relay.received = 0;
    self->relay.busy = true;
    if (self->relay.socket != NULL) {
        send_request(self);
        return;
    }
    process_charge(&self->process, CPU_KERNEL, COST_CONNECTION,
                   self->server->host->settings.costs->connection_open);
    run(self, connect_now);
}

void relay_let_go(struct worker *self)
{
    if (self->relay.socket != NULL)
        close_socket(self);
    self->relay.busy = false;
}

/* --- what TCP says ---------------------------------------------------------------------------------------------- */

static bool waits_to_send(const struct worker *self)
{
    return self->state == WORKER_RELAYS && self->relay.sent < self->request->content.length;
}

static void connected(struct tcp_socket *socket)
{
    send_request(tcp_owner(socket));
}

static void writable(struct tcp_socket *socket)
{
    struct worker *self = tcp_owner(socket);
    if (waits_to_send(self))
        send_request(self);
}

static void readable(struct tcp_socket *socket)
{
    struct worker *self = tcp_owner(socket);
    if (self->state == WORKER_RELAYS && !waits_to_send(self))
        read_reply(&self->process);
}

static void closed(struct tcp_socket *socket, enum tcp_reason reason)
{
    (void)reason;
    struct worker *self = tcp_owner(socket);
    self->relay.socket = NULL;
    if (self->relay.busy)
        worker_forsaken(self);
}

static const struct tcp_events events = {
    .connected = connected,
    .readable = readable,
    .writable = writable,
    .closed = closed,
};
