/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_pair - two TCP stacks joined by two links, and a transfer whose bytes are checked one by one.
 */
#ifndef TESTS_TCP_PAIR_H
#define TESTS_TCP_PAIR_H

#include "models/net/link.h"
#include "models/tcp/tcp_socket.h"
#include "tests/suite.h"

#include <stdlib.h>
#include <string.h>

enum { PAIR_PORT = 80, PAIR_CLIENT_IP = 0x0a000001, PAIR_SERVER_IP = 0x0a000002 };

struct pair_end {
    struct receiver receiver;
    struct tcp_stack *stack;
    struct link out;
    struct tcp_socket *socket;      /* NULL when closed */
    const struct content *expected; /* what the other end sends */
    uint32_t received;
    struct content *sends;
    uint32_t sent;
    bool close_at_end, connected, closed, finished_seen;
    enum tcp_reason reason;
    int64_t done_at_ns;
};

struct pair {
    struct simulation simulation;
    struct packet_pool *packets;
    struct pair_end client, server;
};

static inline void pair_arrive(struct receiver *receiver, struct packet *packet)
{
    struct pair_end *end = container_of(receiver, struct pair_end, receiver);
    tcp_input(end->stack, packet);
}

static inline void pair_transmit(void *context, struct packet *packet)
{
    struct pair_end *end = context;
    link_send(&end->out, packet);
}

/* Closes when everything is sent and read. */
static inline void pair_finish(struct pair_end *end)
{
    bool all_sent = end->sends == NULL || end->sent == end->sends->length;
    bool all_read = end->expected == NULL || end->received == end->expected->length;
    if (end->close_at_end && all_sent && all_read)
        tcp_close(end->socket);
}

static inline void pair_push(struct pair_end *end)
{
    while (end->sends != NULL && end->sent < end->sends->length) {
        struct span span = {
            .content = end->sends, .offset = end->sent, .length = end->sends->length - end->sent};
        uint32_t taken = tcp_send(end->socket, &span, false);
        end->sent += taken;
        if (taken == 0 || taken < span.length)
            return;
    }
    pair_finish(end);
}

static inline void pair_connected(struct tcp_socket *socket)
{
    struct pair_end *end = tcp_owner(socket);
    end->connected = true;
    pair_push(end);
}

static inline void pair_readable(struct tcp_socket *socket)
{
    struct pair_end *end = tcp_owner(socket);
    struct span span;
    while (tcp_receive(socket, UINT32_MAX, &span)) {
        ck_assert_ptr_eq(span.content, end->expected);
        ck_assert_uint_eq(span.offset, end->received);
        end->received += span.length;
        content_put(span.content);
        end->done_at_ns = tcp_now(socket);
    }
    if (tcp_peer_finished(socket)) {
        end->finished_seen = true;
        if (end->sends == NULL || end->sent == end->sends->length)
            tcp_close(socket);
        return;
    }
    pair_finish(end);
}

static inline void pair_writable(struct tcp_socket *socket)
{
    pair_push(tcp_owner(socket));
}

static inline void pair_closed(struct tcp_socket *socket, enum tcp_reason reason)
{
    struct pair_end *end = tcp_owner(socket);
    end->closed = true;
    end->reason = reason;
    end->socket = NULL;
}

static const struct tcp_events pair_events = {
    .connected = pair_connected,
    .readable = pair_readable,
    .writable = pair_writable,
    .closed = pair_closed,
};

static inline void pair_accepted(void *context, struct tcp_socket *socket)
{
    struct pair_end *end = context;
    end->socket = socket;
    end->connected = true;
    tcp_set_owner(socket, &pair_events, end);
    pair_push(end);
}

static inline void pair_init_end(struct pair *self, struct pair_end *end, struct pair_end *other,
                                 const struct tcp_profile *profile,
                                 const struct link_settings *link, uint64_t entity)
{
    end->receiver.receive = pair_arrive;
    end->stack = tcp_stack_new(&self->simulation, self->packets, profile, entity);
    tcp_stack_set_transmit(end->stack, pair_transmit, end);
    link_init(&end->out, &self->simulation, link, &other->receiver, entity + 100);
}

static inline void pair_init(struct pair *self, const struct tcp_profile *profile,
                             const struct link_settings *link, uint64_t seed)
{
    memset(self, 0, sizeof *self);
    simulation_init(&self->simulation, seed);
    self->packets = packet_pool_new();
    pair_init_end(self, &self->client, &self->server, profile, link, 1);
    pair_init_end(self, &self->server, &self->client, profile, link, 2);
    struct tcp_address local = {.ip = PAIR_SERVER_IP, .port = PAIR_PORT};
    tcp_listen(self->server.stack, local, 8, &self->server, pair_accepted);
}

static inline void pair_connect(struct pair *self)
{
    struct tcp_address local = {.ip = PAIR_CLIENT_IP};
    struct tcp_address remote = {.ip = PAIR_SERVER_IP, .port = PAIR_PORT};
    self->client.socket =
        tcp_connect(self->client.stack, local, remote, &pair_events, &self->client);
    ck_assert_ptr_nonnull(self->client.socket);
}

/* The client sends `up` bytes, the server `down` bytes; either may be 0. Contents belong to the caller. */
static inline void pair_load(struct pair *self, struct content *up, struct content *down)
{
    self->client.sends = up;
    self->server.expected = up;
    self->server.sends = down;
    self->client.expected = down;
}

static inline void pair_run(struct pair *self, int64_t until_ns)
{
    simulation_run(&self->simulation, until_ns);
}

static inline void pair_fini(struct pair *self)
{
    tcp_stack_free(self->client.stack);
    tcp_stack_free(self->server.stack);
    packet_pool_free(self->packets);
    simulation_fini(&self->simulation);
}

static inline const struct tcp_profile *pair_profile(const char *name)
{
    const struct tcp_profile *profile = tcp_profiles;
    while (strcmp(profile->name, name) != 0)
        profile++;
    return profile;
}

#endif
