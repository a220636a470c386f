/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * raw_segment - segments made by hand, for tests against the real service (real_service.h).
 *
 * They are of a client with an address that the clients' kernel does not own, or that would reset what it knows nothing of.
 */
#ifndef TESTS_RAW_SEGMENT_H
#define TESTS_RAW_SEGMENT_H

#include "core/ft_segment.h"
#include "tests/real_service.h"

#include <netinet/ip.h>
#include <netinet/tcp.h>

enum { RAW_CLIENT_IP = 10 << 24 | 20, RAW_BYTES_MAX = 8192 };

struct raw_ends {
    uint32_t from_ip, to_ip;
    uint16_t from_port, to_port;
};

struct raw_segment {
    uint8_t bytes[RAW_BYTES_MAX];
    uint32_t to_ip;
    size_t size;
};

/* In the network of the machine that this thread is in. */
static inline int raw_open(void)
{
    int file = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    ck_assert_int_ge(file, 0);
    return file;
}

/* A server finds the clients' machine under the address. */
static inline void raw_introduce(unsigned server)
{
    ck_assert_int_eq(machine_net(&house.servers[server].machine, -1,
                                 "ip neigh replace 10.0.0.20 lladdr 02:00:0a:00:00:0b dev eth0 nud "
                                 "permanent"),
                     0);
}

static inline void raw_write(struct raw_segment *self, const struct raw_ends *ends, uint32_t seq,
                             uint32_t ack, uint8_t flags, const void *data, size_t length)
{
    size_t headers = sizeof(struct iphdr) + sizeof(struct tcphdr);
    uint8_t *tcp = self->bytes + sizeof(struct iphdr);
    ck_assert_uint_lt(headers + length, sizeof self->bytes); /* a zero behind it, for the sum */
    memset(self->bytes, 0, headers + length + 1);
    self->size = headers + length;
    self->to_ip = ends->to_ip;
    self->bytes[0] = 0x45;
    self->bytes[8] = 64;
    self->bytes[9] = IPPROTO_TCP;
    ft_put32(self->bytes + 12, ends->from_ip);
    ft_put32(self->bytes + 16, ends->to_ip);
    ft_put16(tcp, ends->from_port);
    ft_put16(tcp + 2, ends->to_port);
    ft_put32(tcp + 4, seq);
    ft_put32(tcp + 8, ack);
    tcp[12] = 0x50;
    tcp[13] = flags;
    ft_put16(tcp + 14, 64240);
    memcpy(tcp + sizeof(struct tcphdr), data, length);
    uint32_t bytes = (uint32_t)(sizeof(struct tcphdr) + length);
    uint32_t sum = ft_segment_pseudo_sum(self->bytes, bytes);
    for (size_t at = 0; at < bytes; at += 2)
        sum += ft_get16(tcp + at);
    ft_put16(tcp + 16, (uint16_t)~ft_fold(sum));
}

static inline void raw_send(int raw, const struct raw_segment *self)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(self->to_ip)};
    ssize_t sent = sendto(raw, self->bytes, self->size, 0, (struct sockaddr *)&to, sizeof to);
    ck_assert_int_eq(sent, (ssize_t)self->size);
}

#endif
