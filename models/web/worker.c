/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker - one server process: read a request, make or fetch its reply, wait until it may leave, write it, again.
 *
 * Every step charges what it costs and goes on when the CPU has done it. On a backup the same steps are taken, but the reply
 * comes out of the log; its request costs the same, as parsing and housekeeping are (an upper bound: the backup opens no
 * file).
 */
#include "models/web/server_state.h"

#include "sim/bug.h"
#include "sim/memory.h"

#include <stdlib.h>

static void read_more(struct worker *self);
static void write_more(struct worker *self);

static struct worker *of(struct process *process)
{
    return container_of(process, struct worker, process);
}

static const struct host_costs *costs(const struct worker *self)
{
    return self->server->host->settings.costs;
}

static bool faces_clients(const struct worker *self)
{
    return self->server->part != APACHE_BEHIND;
}

void worker_charge_part(struct worker *self)
{
    if (self->server->part == APACHE_PROXY)
        process_charge(&self->process, CPU_USER, COST_PROXY, costs(self)->proxy_message);
}

static void run(struct worker *self, void (*step)(struct process *))
{
    self->state = WORKER_RUNNING;
    process_run(&self->process, step);
}

/* --- letting go ------------------------------------------------------------------------------------------------- */

static void drop_exchange(struct worker *self)
{
    if (self->request != NULL)
        content_put(&self->request->content);
    if (self->reply != NULL)
        content_put(&self->reply->content);
    self->request = NULL;
    self->reply = NULL;
    self->read = self->written = self->missing = 0;
    self->from_log = self->astray = false;
}

void worker_abandon(struct worker *self)
{
    process_stop(&self->process);
    event_cancel(&self->timer, self->server->host->simulation);
    if (self->server->path != NULL)
        message_path_cancel(self->server->path, self);
    relay_let_go(self);
    drop_exchange(self);
    self->connection->worker = NULL;
    self->connection = NULL;
    self->state = WORKER_IDLE;
    apache_worker_free(self->server, self);
}

static void close_now(struct process *process)
{
    struct worker *self = of(process);
    struct connection *connection = self->connection;
    if (faces_clients(self))
        NOTICE(self->server->notices, .kind = NOTICE_CONNECTION_CLOSING, .host = self->server->host,
               .socket = connection->socket);
    worker_abandon(self);
    apache_connection_done(connection);
}

static void close_connection(struct worker *self)
{
    int connections = self->relay.socket != NULL ? 2 : 1;
    process_charge(&self->process, CPU_KERNEL, COST_CONNECTION,
                   connections * costs(self)->connection_close);
    run(self, close_now);
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

static void reply_written(struct worker *self)
{
    bool close = self->reply->close;
    if (self->from_log)
        message_path_written(self->server->path, self);
    drop_exchange(self);
    if (close)
        close_connection(self);
    else
        read_more(self);
}

static void write_now(struct process *process)
{
    struct worker *self = of(process);
    struct span span = {
        .content = &self->reply->content, .offset = self->written, .length = self->writing};
    uint32_t sent = tcp_send(self->connection->socket, &span, false);
    self->written += sent;
    self->connection->written += sent;
    self->writing -= sent;
    if (self->writing > 0)
        self->state = WORKER_WRITES;
    else
        write_more(self);
}

static void write_more(struct worker *self)
{
    uint32_t left = self->reply->content.length - self->missing - self->written;
    if (left == 0) {
        reply_written(self);
        return;
    }
    uint32_t most = (uint32_t)self->server->settings.write_bytes;
    self->writing = left < most ? left : most;
    worker_charge_part(self);
    process_charge_io(&self->process, 1, self->writing);
    run(self, write_now);
}

void worker_writable(struct worker *self)
{
    if (self->state == WORKER_WRITES)
        run(self, write_now);
}

static void start_writing(struct process *process)
{
    write_more(of(process));
}

/* --- making the reply ------------------------------------------------------------------------------------------- */

static void ship(struct worker *self)
{
    self->state = WORKER_SHIPS;
    if (self->server->path == NULL || message_path_submit(self->server->path, self))
        run(self, start_writing);
}

static void submit(struct process *process)
{
    struct worker *self = of(process);
    self->reply->executed_at_ns = self->server->host->simulation->now_ns;
    NOTICE(self->server->notices, .kind = NOTICE_EXECUTED, .host = self->server->host,
           .request = self->request, .reply = self->reply);
    ship(self);
}

void worker_relayed(struct worker *self)
{
    ship(self);
}

/* A proxy that could answer "502 Bad Gateway" closes instead: the client sees its request lost. */
void worker_forsaken(struct worker *self)
{
    struct connection *connection = self->connection;
    worker_abandon(self);
    apache_connection_done(connection);
}

static void executed(struct worker *self)
{
    self->reply = reply_new(self->server->exchanges, self->request, self->server->host->id);
    uint32_t body_bytes = self->request->content.length - self->request->head_bytes;
    process_charge(&self->process, CPU_USER, COST_APACHE,
                   (int64_t)(costs(self)->generate_per_byte * self->request->reply_bytes +
                             costs(self)->consume_per_byte * body_bytes));
    run(self, submit);
}

void worker_execute(struct worker *self)
{
    struct request *request = self->request;
    if (self->server->part == APACHE_PROXY) {
        relay_request(self);
        return;
    }
    NOTICE(self->server->notices, .kind = NOTICE_EXECUTING, .host = self->server->host,
           .request = request);
    request->executions++;
    if (request->service_ns == 0) {
        executed(self);
        return;
    }
    self->state = WORKER_SERVES;
    struct simulation *simulation = self->server->host->simulation;
    event_schedule(&self->timer, simulation, simulation->now_ns + request->service_ns);
}

void worker_released(struct worker *self)
{
    process_charge(&self->process, CPU_USER, COST_LOG_CHANNEL, costs(self)->hand_off);
    process_charge_io(&self->process, 1, 0);
    run(self, start_writing);
}

void worker_logged(struct worker *self, struct reply *reply)
{
    self->reply = reply;
    self->from_log = true;
    process_charge(&self->process, CPU_USER, COST_LOG_CHANNEL, costs(self)->hand_off);
    process_charge_io(&self->process, 1, reply->content.length);
    run(self, start_writing);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

static void decide(struct process *process)
{
    struct worker *self = of(process);
    self->connection->ordinal++;
    if (faces_clients(self))
        NOTICE(self->server->notices, .kind = NOTICE_REQUEST_RECEIVED, .host = self->server->host,
               .request = self->request);
    if (self->server->path == NULL) {
        worker_execute(self);
        return;
    }
    struct reply *reply;
    switch (message_path_ask(self->server->path, self, &reply)) {
    case MESSAGE_EXECUTE:
        worker_execute(self);
        break;
    case MESSAGE_LOGGED:
        worker_logged(self, reply);
        break;
    case MESSAGE_WAIT:
        self->state = WORKER_AWAITS;
        break;
    }
}

static void read_again(struct process *process)
{
    read_more(of(process));
}

/* FT_PLANT_BODY_UNREAD: the head will do. What is still to come of the body is dropped behind the reply. */
static bool is_enough(const struct worker *self)
{
    return ft_planted(FT_PLANT_BODY_UNREAD) && message_path_waits(self->server->path) &&
           self->read >= self->request->head_bytes;
}

static bool is_left_over(const struct worker *self, const struct span *span)
{
    return ft_planted(FT_PLANT_BODY_UNREAD) && self->request == NULL && span->offset > 0;
}

/* A newcomer takes one segment in four million of a connection from before its time for the end of a handshake (core/ft_isn.h). What it
 * reads then begins in the middle of a request, and to a server that is a bad one. */
static bool is_astray(const struct worker *self, const struct span *span)
{
    return self->request == NULL && self->connection->ordinal == 0 && span->offset > 0;
}

/* Takes what has come of the request; true if that is all of it. */
static bool take_request(struct worker *self, uint64_t *bytes)
{
    struct span span;
    while (tcp_receive(self->connection->socket, UINT32_MAX, &span)) {
        if (is_left_over(self, &span)) {
            *bytes += span.length;
            content_put(span.content);
            continue;
        }
        self->astray = is_astray(self, &span);
        if (self->astray) {
            content_put(span.content);
            return false;
        }
        if (self->request == NULL)
            self->request = request_of(span.content);
        else
            content_put(span.content);
        assert(self->request != NULL && span.content == &self->request->content &&
               span.offset == self->read);
        self->read += span.length;
        *bytes += span.length;
        if (faces_clients(self))
            NOTICE(self->server->notices, .kind = NOTICE_REQUEST_PART, .host = self->server->host,
                   .request = self->request, .value = self->read);
        if (self->read == self->request->content.length || is_enough(self))
            return true;
    }
    return false;
}

static void wait_for_bytes(struct worker *self)
{
    struct simulation *simulation = self->server->host->simulation;
    self->state = WORKER_READS;
    if (self->server->settings.keep_alive_ns > 0)
        event_schedule(&self->timer, simulation,
                       simulation->now_ns + self->server->settings.keep_alive_ns);
}

static void read_more(struct worker *self)
{
    uint64_t bytes = 0;
    bool complete = take_request(self, &bytes);
    if (bytes == 0) {
        if (self->astray || tcp_peer_finished(self->connection->socket))
            close_connection(self);
        else
            wait_for_bytes(self);
        return;
    }
    worker_charge_part(self);
    process_charge_io(&self->process, 1, bytes);
    if (complete && self->server->part != APACHE_PROXY) {
        process_charge(&self->process, CPU_USER, COST_APACHE, costs(self)->request_user);
        process_charge(&self->process, CPU_KERNEL, COST_APACHE, costs(self)->request_kernel);
    }
    run(self, complete ? decide : read_again);
}

void worker_readable(struct worker *self)
{
    if (self->state != WORKER_READS)
        return;
    event_cancel(&self->timer, self->server->host->simulation);
    read_more(self);
}

/* --- life ------------------------------------------------------------------------------------------------------- */

static void timer_fired(struct event *event, struct simulation *simulation)
{
    (void)simulation;
    struct worker *self = container_of(event, struct worker, timer);
    if (self->state == WORKER_SERVES)
        executed(self);
    else if (self->state == WORKER_STARTS)
        read_more(self);
    else
        close_connection(self); /* idle for too long */
}

struct worker *worker_new(struct apache *server)
{
    struct worker *self = memory_new(sizeof *self);
    self->server = server;
    process_init(&self->process, server->host);
    event_init(&self->timer, timer_fired);
    return self;
}

void worker_free(struct worker *self)
{
    event_cancel(&self->timer, self->server->host->simulation);
    drop_exchange(self);
    memory_free(self);
}

/* Paid with the first request that is read, as accept() is when the process has it. */
static void charge_open(struct worker *self)
{
    process_charge(&self->process, CPU_KERNEL, COST_CONNECTION, costs(self)->connection_open);
}

void worker_serve(struct worker *self, struct connection *connection)
{
    self->connection = connection;
    connection->worker = self;
    charge_open(self);
    read_more(self);
}

void worker_serve_soon(struct worker *self, struct connection *connection)
{
    struct simulation *simulation = self->server->host->simulation;
    self->connection = connection;
    connection->worker = self;
    self->state = WORKER_STARTS;
    charge_open(self);
    event_schedule(&self->timer, simulation, simulation->now_ns);
}
