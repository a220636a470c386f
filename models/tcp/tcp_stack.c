/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_stack - the stack of one host: its sockets by address, its listeners, its numbers.
 *
 * Sockets are found through a chained hash table that grows with their number. Initial sequence numbers
 * are a keyed hash of the addresses plus a clock (RFC 6528; the clock ticks every 64 ns as in Linux's secure_seq.c), so that a
 * connection that reuses a pair of ports starts above the numbers of the last one. The key comes from the stack's random
 * stream. Ephemeral ports are 32768-60999 (Linux ip_local_port_range), handed out in turn.
 */
#include "models/tcp/tcp_socket.h"

#include "sim/bug.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS_AT_FIRST = 64, PORT_FIRST = 32768, PORT_LAST = 60999, ISN_CLOCK_SHIFT = 6 };

uint64_t tcp_hash(uint32_t local_ip, uint16_t local_port, uint32_t remote_ip, uint16_t remote_port)
{
    uint64_t a = (uint64_t)local_ip << 32 | remote_ip;
    uint64_t b = (uint64_t)local_port << 16 | remote_port;
    uint64_t x = (a ^ b * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

struct tcp_stack *tcp_stack_new(struct simulation *simulation, struct packet_pool *packets,
                                const struct tcp_profile *profile, uint64_t entity)
{
    struct tcp_stack *self = memory_new(sizeof *self);
    self->simulation = simulation;
    self->packets = packets;
    self->profile = *profile;
    self->mask = BUCKETS_AT_FIRST - 1;
    self->buckets = memory_new(BUCKETS_AT_FIRST * sizeof *self->buckets);
    slab_init(&self->socket_slab, sizeof(struct tcp_socket));
    slab_init(&self->piece_slab, sizeof(struct tcp_piece));
    random_init(&self->random, simulation->seed, entity);
    self->isn_secret = random_u64(&self->random);
    self->next_port = (uint16_t)(PORT_FIRST + random_u64(&self->random) % (PORT_LAST - PORT_FIRST));
    self->last_port = PORT_LAST;
    tcp_time_wait_init(self);
    return self;
}

void tcp_stack_set_ports(struct tcp_stack *self, uint32_t count)
{
    assert(count > 0 && count <= PORT_LAST - PORT_FIRST + 1);
    self->last_port = (uint16_t)(PORT_FIRST + count - 1);
    self->next_port = (uint16_t)(PORT_FIRST + (uint32_t)(self->next_port - PORT_FIRST) % count);
}

void tcp_stack_set_transmit(struct tcp_stack *self, void (*transmit)(void *, struct packet *),
                            void *context)
{
    self->transmit = transmit;
    self->transmit_context = context;
}

void tcp_stack_free(struct tcp_stack *self)
{
    if (self == NULL)
        return;
    tcp_stack_crash(self);
    tcp_time_wait_fini(self);
    slab_fini(&self->piece_slab);
    slab_fini(&self->socket_slab);
    memory_free(self->buckets);
    memory_free(self);
}

const struct tcp_counters *tcp_counters(const struct tcp_stack *self)
{
    return &self->counters;
}

uint32_t tcp_sockets(const struct tcp_stack *self)
{
    return self->sockets;
}

/* --- sockets ---------------------------------------------------------------------------------------------------- */

static inline struct tcp_socket **bucket_of(const struct tcp_stack *self, uint32_t local_ip,
                                            uint16_t local_port, uint32_t remote_ip,
                                            uint16_t remote_port)
{
    return &self->buckets[tcp_hash(local_ip, local_port, remote_ip, remote_port) & self->mask];
}

static void enter(struct tcp_stack *self, struct tcp_socket *socket)
{
    struct tcp_socket **bucket = bucket_of(self, socket->local_ip, socket->local_port,
                                           socket->remote_ip, socket->remote_port);
    socket->hash_next = *bucket;
    *bucket = socket;
}

static void rehash(struct tcp_stack *self)
{
    struct tcp_socket **old = self->buckets;
    uint32_t old_size = self->mask + 1;
    self->buckets = memory_new((size_t)old_size * 2 * sizeof *old);
    self->mask = old_size * 2 - 1;
    for (uint32_t i = 0; i < old_size; i++) {
        for (struct tcp_socket *socket = old[i], *next; socket != NULL; socket = next) {
            next = socket->hash_next;
            enter(self, socket);
        }
    }
    memory_free(old);
}

struct tcp_socket *tcp_lookup(struct tcp_stack *self, uint32_t local_ip, uint16_t local_port,
                              uint32_t remote_ip, uint16_t remote_port)
{
    struct tcp_socket *socket = *bucket_of(self, local_ip, local_port, remote_ip, remote_port);
    while (socket != NULL &&
           (socket->remote_port != remote_port || socket->remote_ip != remote_ip ||
            socket->local_port != local_port || socket->local_ip != local_ip))
        socket = socket->hash_next;
    return socket;
}

struct tcp_socket *tcp_find(struct tcp_stack *self, struct tcp_address local,
                            struct tcp_address remote)
{
    return tcp_lookup(self, local.ip, local.port, remote.ip, remote.port);
}

void tcp_each(struct tcp_stack *self, void (*visit)(struct tcp_socket *, void *), void *context)
{
    for (uint32_t i = 0; i <= self->mask; i++) {
        for (struct tcp_socket *socket = self->buckets[i], *next; socket != NULL; socket = next) {
            next = socket->hash_next;
            visit(socket, context);
        }
    }
}

struct tcp_socket *tcp_socket_new(struct tcp_stack *self, struct tcp_address local,
                                  struct tcp_address remote)
{
    const struct tcp_profile *profile = &self->profile;
    struct tcp_socket *socket = slab_take(&self->socket_slab);
    memset(socket, 0, sizeof *socket);
    socket->stack = self;
    socket->local_ip = local.ip;
    socket->local_port = local.port;
    socket->remote_ip = remote.ip;
    socket->remote_port = remote.port;
    socket->nagle = profile->nagle;
    socket->mss = tcp_own_mss(socket);
    socket->slow_start_threshold = UINT32_MAX;
    socket->congestion_window = profile->initial_window_segments * socket->mss;
    socket->rto_ns = profile->rto_initial_ns;
    socket->receive_buffer = profile->receive_buffer_bytes;
    socket->opened_at_ns = self->simulation->now_ns;
    socket->challenged_at_ns = TCP_NEVER;
    tcp_timer_init(socket);
    if (self->sockets++ > self->mask)
        rehash(self);
    enter(self, socket);
    return socket;
}

static void unhash(struct tcp_socket *self)
{
    struct tcp_socket **at = bucket_of(self->stack, self->local_ip, self->local_port,
                                       self->remote_ip, self->remote_port);
    while (*at != self)
        at = &(*at)->hash_next;
    *at = self->hash_next;
}

static void recycle(struct tcp_socket *self)
{
    slab_give(&self->stack->socket_slab, self);
}

void tcp_socket_destroy(struct tcp_socket *self)
{
    struct tcp_stack *stack = self->stack;
    assert(!self->dead);
    unhash(self);
    stack->sockets--;
    if (self->listener != NULL)
        self->listener->pending--;
    event_cancel(&self->timer, stack->simulation);
    tcp_queue_clear(stack, &self->send_queue);
    tcp_queue_clear(stack, &self->receive_queue);
    tcp_pieces_free(stack, self->out_of_order);
    tcp_pieces_free(stack, self->sacked);
    self->out_of_order = self->sacked = self->send_cursor = NULL;
    self->state = TCP_STATE_CLOSED;
    self->dead = true;
    if (!self->locked)
        recycle(self);
}

void tcp_socket_finish(struct tcp_socket *self, enum tcp_reason reason)
{
    bool was = tcp_lock(self);
    const struct tcp_events *events = self->events;
    self->state = TCP_STATE_CLOSED;
    if (events != NULL && events->closed != NULL)
        events->closed(self, reason);
    if (!self->dead)
        tcp_socket_destroy(self);
    tcp_unlock(self, was);
}

bool tcp_unlock(struct tcp_socket *self, bool was)
{
    self->locked = was;
    if (!self->dead)
        return true;
    if (!was)
        recycle(self);
    return false;
}

/* The pieces of a crashed host may hold the last references on contents; their owners are still there. */
void tcp_stack_crash(struct tcp_stack *self)
{
    for (uint32_t i = 0; i <= self->mask; i++) {
        while (self->buckets[i] != NULL)
            tcp_socket_destroy(self->buckets[i]);
    }
    while (self->listeners != NULL) {
        struct tcp_listener *listener = self->listeners;
        self->listeners = listener->next;
        memory_free(listener);
    }
    tcp_time_wait_fini(self);
    tcp_time_wait_init(self);
}

void tcp_stack_pause(struct tcp_stack *self)
{
    self->paused = true;
}

static void resume(struct tcp_socket *socket, void *context)
{
    (void)context;
    tcp_timer_resume(socket);
}

void tcp_stack_resume(struct tcp_stack *self)
{
    self->paused = false;
    tcp_each(self, resume, NULL);
}

/* --- listeners -------------------------------------------------------------------------------------------------- */

struct tcp_listener *tcp_find_listener(struct tcp_stack *self, uint32_t ip, uint16_t port)
{
    struct tcp_listener *listener = self->listeners;
    while (listener != NULL && (listener->local.port != port || listener->local.ip != ip))
        listener = listener->next;
    return listener;
}

void tcp_listen(struct tcp_stack *self, struct tcp_address local, uint32_t backlog, void *context,
                void (*accepted)(void *, struct tcp_socket *))
{
    assert(tcp_find_listener(self, local.ip, local.port) == NULL);
    struct tcp_listener *listener = memory_new(sizeof *listener);
    listener->local = local;
    listener->backlog = backlog;
    listener->context = context;
    listener->accepted = accepted;
    listener->next = self->listeners;
    self->listeners = listener;
}

static void forget_listener(struct tcp_socket *socket, void *context)
{
    if (socket->listener == context)
        tcp_socket_destroy(socket);
}

/* Connections that have not been handed over die with the listener, without a packet (Linux sends none for requests). */
void tcp_unlisten(struct tcp_stack *self, struct tcp_address local)
{
    struct tcp_listener **at = &self->listeners;
    while (*at != NULL && ((*at)->local.port != local.port || (*at)->local.ip != local.ip))
        at = &(*at)->next;
    struct tcp_listener *listener = *at;
    if (listener == NULL)
        return;
    tcp_each(self, forget_listener, listener);
    *at = listener->next;
    memory_free(listener);
}

/* --- opening ---------------------------------------------------------------------------------------------------- */

uint32_t tcp_new_isn(struct tcp_stack *self, struct tcp_address local, struct tcp_address remote)
{
    if (self->fixed_isn)
        return self->isn_bias;
    uint64_t hash =
        tcp_hash(local.ip ^ (uint32_t)self->isn_secret, local.port, remote.ip, remote.port);
    hash = (hash ^ self->isn_secret) * UINT64_C(0x9fb21c651e98df25);
    uint32_t clock = (uint32_t)(self->simulation->now_ns >> ISN_CLOCK_SHIFT);
    return (uint32_t)(hash >> 32) + clock + self->isn_bias;
}

static bool take_port(struct tcp_stack *self, struct tcp_address *local, struct tcp_address remote)
{
    for (int tries = PORT_FIRST; tries <= self->last_port; tries++) {
        local->port = self->next_port;
        self->next_port =
            self->next_port == self->last_port ? PORT_FIRST : (uint16_t)(self->next_port + 1);
        if (tcp_find(self, *local, remote) == NULL && !tcp_time_wait_holds(self, *local, remote))
            return true;
    }
    return false;
}

struct tcp_socket *tcp_connect(struct tcp_stack *self, struct tcp_address local,
                               struct tcp_address remote, const struct tcp_events *events,
                               void *owner)
{
    if (local.port == 0) {
        if (!take_port(self, &local, remote))
            return NULL;
    } else if (tcp_find(self, local, remote) != NULL || tcp_time_wait_holds(self, local, remote)) {
        return NULL;
    }
    struct tcp_socket *socket = tcp_socket_new(self, local, remote);
    socket->events = events;
    socket->owner = owner;
    socket->state = TCP_STATE_SYN_SENT;
    socket->iss = tcp_new_isn(self, local, remote);
    socket->snd_una = socket->snd_small = socket->iss;
    socket->snd_nxt = socket->snd_end = socket->iss + 1;
    self->counters.opened++;
    tcp_send_syn(socket);
    return socket;
}

enum tcp_adopt_result tcp_adopt(struct tcp_stack *self, const struct tcp_adoption *adoption)
{
    struct tcp_listener *listener =
        tcp_find_listener(self, adoption->local.ip, adoption->local.port);
    if (listener == NULL)
        return TCP_ADOPT_NO_LISTENER;
    if (tcp_find(self, adoption->local, adoption->remote) != NULL ||
        tcp_time_wait_holds(self, adoption->local, adoption->remote))
        return TCP_ADOPT_EXISTS;
    struct tcp_socket *socket = tcp_socket_new(self, adoption->local, adoption->remote);
    struct tcp_options options = {
        .mss = adoption->mss,
        .window_scale = adoption->peer_window_scale,
        .sack_permitted = adoption->sack,
    };
    socket->state = TCP_STATE_SYN_RECEIVED;
    socket->passive = socket->adopted = true;
    socket->listener = listener;
    listener->pending++;
    socket->iss = adoption->server_isn;
    socket->snd_una = socket->snd_small = socket->iss;
    socket->snd_nxt = socket->snd_end = socket->iss + 1;
    socket->irs = adoption->client_isn;
    socket->rcv_nxt = socket->rcv_acked = adoption->client_isn + 1;
    tcp_negotiate(socket, &options, adoption->own_window_scale);
    socket->sack = adoption->sack;
    socket->rcv_right = socket->rcv_nxt + min_u32(socket->receive_buffer, 0xffff);
    tcp_timer_set_retransmit(socket, tcp_rto(socket));
    return TCP_ADOPTED;
}
