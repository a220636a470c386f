/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_peer - one real endpoint, and a peer whose every segment the test writes by hand: for what a well-behaved peer never
 * does. The wire takes no time and loses nothing; everything the endpoint says is kept in the order of saying.
 */
#ifndef TESTS_TCP_PEER_H
#define TESTS_TCP_PEER_H

#include "models/tcp/tcp_socket.h"
#include "tests/suite.h"

#include <string.h>

enum {
    PEER_OWN_IP = 0x0a000001,
    PEER_HOST_IP = 0x0a000002,
    PEER_OWN_PORT = 40000,
    PEER_HOST_PORT = 80,
    PEER_ISN = 5000,     /* of the peer */
    PEER_HOST_ISN = 1000 /* of the endpoint */
};

struct peer_heard {
    int64_t at_ns;
    struct tcp_segment segment; /* its `options` are not valid any more: */
    struct tcp_options options;
};

struct peer {
    struct simulation simulation;
    struct packet_pool *packets;
    struct tcp_stack *stack;
    struct tcp_socket *socket; /* the endpoint's; NULL: not yet, or no longer */
    struct peer_heard heard[512];
    unsigned count;
    uint32_t received;
    unsigned acknowledged, writable;
    bool reads, closed;
    enum tcp_reason reason;
    struct content *greeting; /* sent as soon as somebody connects */
};

static inline void peer_hears(void *context, struct packet *packet)
{
    struct peer *self = context;
    struct peer_heard *heard = &self->heard[self->count++];
    ck_assert_uint_le(self->count, sizeof self->heard / sizeof self->heard[0]);
    heard->at_ns = self->simulation.now_ns;
    ck_assert_int_eq(tcp_parse(packet, true, &heard->segment), TCP_PARSE_OK);
    tcp_parse_options(&heard->segment, &heard->options);
    packet_free(packet);
}

static inline void peer_readable(struct tcp_socket *socket)
{
    struct peer *self = tcp_owner(socket);
    struct span span;
    while (self->reads && tcp_receive(socket, UINT32_MAX, &span)) {
        self->received += span.length;
        content_put(span.content);
    }
}

static inline void peer_acknowledged(struct tcp_socket *socket)
{
    struct peer *self = tcp_owner(socket);
    self->acknowledged++;
}

static inline void peer_writable(struct tcp_socket *socket)
{
    struct peer *self = tcp_owner(socket);
    self->writable++;
}

static inline void peer_closed(struct tcp_socket *socket, enum tcp_reason reason)
{
    struct peer *self = tcp_owner(socket);
    tcp_close(socket); /* too late, and harmless */
    self->closed = true;
    self->reason = reason;
    self->socket = NULL;
}

static const struct tcp_events peer_events = {
    .readable = peer_readable,
    .acknowledged = peer_acknowledged,
    .writable = peer_writable,
    .closed = peer_closed,
};

static inline uint32_t peer_send(struct peer *self, struct content *content)
{
    struct span span = {.content = content, .length = content->length};
    return tcp_send(self->socket, &span, false);
}

static inline void peer_accepted(void *context, struct tcp_socket *socket)
{
    struct peer *self = context;
    self->socket = socket;
    tcp_set_owner(socket, &peer_events, self);
    if (self->greeting != NULL)
        peer_send(self, self->greeting);
}

static inline void peer_init(struct peer *self, const struct tcp_profile *profile)
{
    memset(self, 0, sizeof *self);
    self->reads = true;
    simulation_init(&self->simulation, 1);
    self->packets = packet_pool_new();
    self->stack = tcp_stack_new(&self->simulation, self->packets, profile, 1);
    self->stack->fixed_isn = true;
    self->stack->isn_bias = PEER_HOST_ISN;
    tcp_stack_set_transmit(self->stack, peer_hears, self);
    struct tcp_address local = {.ip = PEER_HOST_IP, .port = PEER_HOST_PORT};
    tcp_listen(self->stack, local, 8, self, peer_accepted);
}

static inline void peer_fini(struct peer *self)
{
    tcp_stack_free(self->stack);
    ck_assert_uint_eq(packet_pool_live(self->packets), 0);
    packet_pool_free(self->packets);
    simulation_fini(&self->simulation);
}

static inline void peer_run(struct peer *self, int64_t for_ns)
{
    int64_t until_ns = self->simulation.now_ns + for_ns;
    simulation_run(&self->simulation, until_ns);
    self->simulation.now_ns = until_ns;
}

/* Says a segment; addresses are filled in. `span` may be NULL: no payload. */
static inline void peer_say_data(struct peer *self, struct tcp_header header,
                                 const struct span *span)
{
    struct packet *packet = packet_new(self->packets);
    header.source_ip = PEER_OWN_IP;
    header.destination_ip = PEER_HOST_IP;
    if (header.source_port == 0)
        header.source_port = PEER_OWN_PORT;
    header.destination_port = PEER_HOST_PORT;
    if (span != NULL) {
        packet->spans[0] = *span;
        content_get(span->content);
        packet->span_count = 1;
        packet->payload_bytes = span->length;
    }
    packet->kind = PACKET_IPV4;
    tcp_build(packet, &header, true);
    tcp_input(self->stack, packet);
}

static inline void peer_say(struct peer *self, struct tcp_header header)
{
    peer_say_data(self, header, NULL);
}

static inline void peer_ack(struct peer *self, uint32_t ack, uint16_t window)
{
    peer_say(self, (struct tcp_header){
                       .seq = PEER_ISN + 1, .ack = ack, .window = window, .flags = TCP_FLAG_ACK});
}

/* An ACK that also holds [left, right). */
static inline void peer_sack(struct peer *self, uint32_t ack, uint32_t left, uint32_t right)
{
    struct tcp_header header = {.seq = PEER_ISN + 1,
                                .ack = ack,
                                .window = 0xffff,
                                .flags = TCP_FLAG_ACK,
                                .option_bytes = 12,
                                .options = {1, 1, 5, 10}};
    uint32_t edges[] = {__builtin_bswap32(left), __builtin_bswap32(right)};
    memcpy(header.options + 4, edges, sizeof edges);
    peer_say(self, header);
}

/* MSS 1460, SACK permitted, and the window scale unless it is 0xff. */
static inline void peer_syn(struct peer *self, uint8_t flags, uint8_t scale)
{
    struct tcp_header header = {
        .seq = PEER_ISN,
        .ack = flags & TCP_FLAG_ACK ? PEER_HOST_ISN + 1 : 0,
        .window = 0xffff,
        .flags = flags,
        .option_bytes = scale == 0xff ? 8 : 12,
        .options = {2, 4, 1460 >> 8, 1460 & 255, 1, 1, 4, 2, 1, 3, 3, scale}};
    peer_say(self, header);
}

/* The peer opens a connection to the endpoint. */
static inline void peer_open(struct peer *self, uint8_t scale, uint16_t window)
{
    peer_syn(self, TCP_FLAG_SYN, scale);
    peer_ack(self, PEER_HOST_ISN + 1, window);
    ck_assert_ptr_nonnull(self->socket);
}

static inline const struct peer_heard *peer_last(const struct peer *self)
{
    ck_assert_uint_gt(self->count, 0);
    return &self->heard[self->count - 1];
}

#endif
