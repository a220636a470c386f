/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * socket_wire - one line per connection: what is to be sent, what was read, how far the reply has been understood.
 */
#include "module/testbed/socket_wire.h"

#include "models/web/client_state.h"
#include "module/testbed/stamp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 65536, HEAD_MAX = 8192, EVENTS_MAX = 256, ROUND_NS = 1000000 };

struct line {
    struct line *next, **link;
    struct socket_wire *wire;
    struct client *client; /* NULL: closed; it is freed at the end of the round */
    int socket;
    bool connecting, finished, broken;
    char *out; /* to be sent; owned */
    size_t out_size, out_at;
    char in[READ_BYTES];
    size_t in_size, in_at;
    /* The reply whose body is being read. */
    struct reply *reply; /* a reference; NULL: a head comes next */
    uint64_t nonce, body_bytes, body_at;
    bool head_given;
};

static struct socket_wire *wire_of(const struct client *client)
{
    return container_of(client->group->wire, struct socket_wire, wire);
}

static int64_t real_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- lines ------------------------------------------------------------------------------------------------------- */

static void watch(const struct line *self, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = (void *)self};
    epoll_ctl(self->wire->poll, EPOLL_CTL_MOD, self->socket, &event);
}

static void part(struct line *self)
{
    self->client->socket = NULL;
    self->client = NULL;
    /* A child on its way to exec() may still hold the socket: closing it here would not end its events. */
    epoll_ctl(self->wire->poll, EPOLL_CTL_DEL, self->socket, NULL);
    close(self->socket);
    self->socket = -1;
}

static void free_line(struct line *self)
{
    *self->link = self->next;
    if (self->next != NULL)
        self->next->link = self->link;
    if (self->reply != NULL)
        content_put(&self->reply->content);
    if (self->socket >= 0)
        close(self->socket);
    free(self->out);
    free(self);
}

static void free_parted(struct socket_wire *wire)
{
    struct line *next;
    for (struct line *at = wire->lines; at != NULL; at = next) {
        next = at->next;
        if (at->client == NULL)
            free_line(at);
    }
}

static void wire_connect(struct client *client)
{
    struct socket_wire *wire = wire_of(client);
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons(wire->service.port),
        .sin_addr.s_addr = htonl(wire->service.ip),
    };
    int one = 1;
    int file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct line *self = file >= 0 ? calloc(1, sizeof *self) : NULL;
    if (self == NULL)
        return;
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    *self = (struct line){.wire = wire, .client = client, .socket = file, .connecting = true};
    self->next = wire->lines;
    self->link = &wire->lines;
    if (self->next != NULL)
        self->next->link = &self->next;
    wire->lines = self;
    struct epoll_event event = {.events = EPOLLOUT | EPOLLIN, .data.ptr = self};
    epoll_ctl(wire->poll, EPOLL_CTL_ADD, file, &event);
    client->socket = self;
    if (connect(file, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
        part(self);
}

static void wire_close(struct client *client)
{
    part(client->socket);
}

static void wire_abort(struct client *client)
{
    struct line *self = client->socket;
    struct linger now = {.l_onoff = 1};
    setsockopt(self->socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    part(self);
}

static bool wire_finished(const struct client *client)
{
    const struct line *self = client->socket;
    return self->finished && self->in_at == self->in_size;
}

/* --- requests ---------------------------------------------------------------------------------------------------- */

/* The head, padded to the size that the scenario asks for if it is shorter. */
static size_t write_head(const struct request *request, char *out, size_t room)
{
    uint32_t body = request->content.length - request->head_bytes;
    int size = snprintf(out, room,
                        "%s /rehearsal?id=%llu&client=%u&ordinal=%u&bytes=%u&service=%lld "
                        "HTTP/1.1\r\nHost: service\r\n"
                        "%sContent-Length: %u\r\n",
                        request->method == METHOD_POST ? "POST" : "GET",
                        (unsigned long long)request->number, request->client, request->ordinal,
                        request->reply_bytes, (long long)request->service_ns,
                        request->close ? "Connection: close\r\n" : "", body);
    static const char name[] = "X-Pad: ";
    size_t used = (size_t)size, least = used + sizeof name - 1 + 4;
    if (request->head_bytes > least && request->head_bytes < room) {
        memcpy(out + used, name, sizeof name - 1);
        used += sizeof name - 1;
        size_t pad = request->head_bytes - least;
        memset(out + used, 'x', pad);
        used += pad;
        out[used++] = '\r';
        out[used++] = '\n';
    }
    out[used++] = '\r';
    out[used++] = '\n';
    return used;
}

static void flush(struct line *self)
{
    while (self->out_at < self->out_size) {
        ssize_t sent = send(self->socket, self->out + self->out_at, self->out_size - self->out_at,
                            MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EAGAIN)
                watch(self, EPOLLIN | EPOLLOUT);
            else
                self->broken = true;
            return;
        }
        self->out_at += (size_t)sent;
    }
    self->out_at = self->out_size = 0;
    watch(self, EPOLLIN);
}

/* Takes the whole request; what the socket does not take at once follows. */
static uint32_t wire_send(struct client *client, const struct span *span)
{
    struct line *self = client->socket;
    const struct request *request = request_of(span->content);
    uint32_t body = request->content.length - request->head_bytes;
    char *out = realloc(self->out, self->out_size + request->head_bytes + 512 + body);
    if (out == NULL)
        return 0;
    self->out = out;
    self->out_size += write_head(request, out + self->out_size, (size_t)request->head_bytes + 512);
    stamp_write(request->number, 0, out + self->out_size, body);
    self->out_size += body;
    if (!self->connecting)
        flush(self);
    return span->length;
}

/* --- replies ----------------------------------------------------------------------------------------------------- */

static const char *field(const char *head, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = strstr(head, "\r\n"); at != NULL; at = strstr(at + 2, "\r\n")) {
        if (strncasecmp(at + 2, name, length) == 0)
            return at + 2 + length;
    }
    return NULL;
}

static uint64_t number(const char *head, const char *name)
{
    const char *text = field(head, name);
    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

/* A reply that answers what the client is waiting for, or, if it does not, nobody's. */
static void begin_reply(struct line *self, const char *head)
{
    struct request *request = self->client->first;
    uint64_t bytes = number(head, "Content-Length:");
    bool ok = strncmp(head, "HTTP/1.1 200", 12) == 0;
    if (!ok)
        self->wire->bad_statuses++;
    self->nonce = number(head, "X-Nonce:");
    self->body_bytes = bytes;
    self->body_at = 0;
    self->head_given = false;
    if (request == NULL || !ok || number(head, "X-Id:") != request->number ||
        bytes != request->reply_bytes)
        request = self->wire->nobody;
    self->reply = reply_new(self->wire->exchanges, request, 0);
    self->reply->nonce = self->nonce;
}

/* Looks for a complete head among what was read; true if there is one. */
static bool take_head(struct line *self)
{
    char head[HEAD_MAX + 1];
    const char *from = self->in + self->in_at;
    size_t size = self->in_size - self->in_at;
    const char *end = memmem(from, size, "\r\n\r\n", 4);
    if (end == NULL && size < HEAD_MAX)
        return false;
    size_t length = end != NULL ? (size_t)(end - from) + 4 : size;
    if (length > HEAD_MAX)
        length = HEAD_MAX;
    memcpy(head, from, length);
    head[length] = '\0';
    self->in_at += length;
    if (end == NULL)
        self->wire->bad_heads++;
    begin_reply(self, head);
    return true;
}

static void end_reply(struct line *self)
{
    content_put(&self->reply->content);
    self->reply = NULL;
}

/* The bytes are of another execution than the head said. */
static void take_foreign(struct line *self, struct span *out)
{
    struct reply *foreign = reply_new(self->wire->exchanges, self->wire->nobody, 0);
    *out = (struct span){.content = &foreign->content, .offset = 0, .length = 1};
    self->in_at = self->in_size;
}

static bool take_body(struct line *self, struct span *out)
{
    size_t there = self->in_size - self->in_at;
    uint64_t left = self->body_bytes - self->body_at;
    size_t size = there < left ? there : (size_t)left;
    if (size == 0)
        return false;
    size_t good = stamp_check(self->nonce, self->body_at, self->in + self->in_at, size);
    if (good == 0) {
        take_foreign(self, out);
        return true;
    }
    *out = (struct span){
        .content = content_get(&self->reply->content),
        .offset = REPLY_HEAD_BYTES + (uint32_t)self->body_at,
        .length = (uint32_t)good,
    };
    self->in_at += good;
    self->body_at += good;
    if (self->body_at == self->body_bytes)
        end_reply(self);
    return true;
}

static bool wire_receive(struct client *client, struct span *out)
{
    struct line *self = client->socket;
    if (self->reply == NULL && !take_head(self))
        return false;
    if (self->head_given)
        return take_body(self, out);
    self->head_given = true;
    *out = (struct span){
        .content = content_get(&self->reply->content), .offset = 0, .length = REPLY_HEAD_BYTES};
    if (self->body_bytes == 0)
        end_reply(self);
    return true;
}

/* --- events ------------------------------------------------------------------------------------------------------ */

static void lose(struct line *self, enum tcp_reason reason)
{
    struct client *client = self->client;
    if (client == NULL)
        return;
    self->wire->resets += reason == TCP_RESET;
    part(self);
    client_closed(client, reason);
}

static void read_some(struct line *self)
{
    memmove(self->in, self->in + self->in_at, self->in_size - self->in_at);
    self->in_size -= self->in_at;
    self->in_at = 0;
    if (self->in_size == READ_BYTES)
        return; /* the client leaves them unread for a while */
    ssize_t got = recv(self->socket, self->in + self->in_size, READ_BYTES - self->in_size, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got < 0) {
        lose(self, errno == ETIMEDOUT ? TCP_TIMED_OUT : TCP_RESET);
        return;
    }
    self->finished = got == 0;
    self->in_size += (size_t)got;
    client_readable(self->client);
}

static void finish_connect(struct line *self)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(self->socket, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        lose(self, error == ETIMEDOUT ? TCP_TIMED_OUT : TCP_RESET);
        return;
    }
    self->connecting = false;
    flush(self);
    client_connected(self->client);
}

static void handle(struct line *self, uint32_t events)
{
    if (self->client != NULL && self->connecting && events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
        finish_connect(self);
    if (self->client != NULL && !self->connecting && events & EPOLLOUT && self->out_size > 0)
        flush(self);
    if (self->client != NULL && !self->connecting && events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        read_some(self);
    if (self->client != NULL && self->broken)
        lose(self, TCP_RESET);
}

/* Not past the next thing that is due: a request that is sent late looks like a slow service. */
static int await(struct socket_wire *self, struct epoll_event events[EVENTS_MAX])
{
    int64_t left_ns = event_queue_not_before(&self->clock->queue) - self->clock->now_ns;
    struct timespec most = {.tv_nsec = left_ns < 0 ? 0 : left_ns < ROUND_NS ? left_ns : ROUND_NS};
    return epoll_pwait2(self->poll, events, EVENTS_MAX, &most, NULL);
}

void socket_wire_run(struct socket_wire *self, int64_t until_ns, const atomic_int *stop,
                     void (*each)(void *context), void *context)
{
    struct epoll_event events[EVENTS_MAX];
    prctl(PR_SET_TIMERSLACK, 1);
    for (;;) {
        int64_t now_ns = real_ns() - self->epoch_ns;
        simulation_run(self->clock, now_ns);
        self->clock->now_ns = now_ns;
        if (now_ns >= until_ns || *stop)
            return;
        int count = await(self, events);
        now_ns = real_ns() - self->epoch_ns;
        simulation_run(self->clock, now_ns);
        self->clock->now_ns = now_ns;
        for (int i = 0; i < count; i++)
            handle(events[i].data.ptr, events[i].events);
        free_parted(self);
        if (each != NULL)
            each(context);
    }
}

/* --- life -------------------------------------------------------------------------------------------------------- */

bool socket_wire_init(struct socket_wire *self, struct simulation *clock,
                      struct exchange_pool *exchanges, struct tcp_address service)
{
    *self = (struct socket_wire){
        .wire =
            {
                .connect = wire_connect,
                .send = wire_send,
                .receive = wire_receive,
                .finished = wire_finished,
                .close = wire_close,
                .abort = wire_abort,
            },
        .clock = clock,
        .exchanges = exchanges,
        .service = service,
        .poll = epoll_create1(EPOLL_CLOEXEC),
        .epoch_ns = real_ns(),
    };
    self->nobody = request_new(exchanges, 1, 0);
    return self->poll >= 0;
}

void socket_wire_fini(struct socket_wire *self)
{
    for (struct line *at = self->lines; at != NULL; at = at->next) {
        if (at->client != NULL)
            part(at);
    }
    free_parted(self);
    content_put(&self->nobody->content);
    if (self->poll >= 0)
        close(self->poll);
}
