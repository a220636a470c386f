/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * control - control messages between hosts: UDP with real headers and real bytes (RFC 768; checksum left out, as the
 * messages are authenticated).
 */
#include "models/host/host.h"

#include "core/ft_base.h"
#include "sim/bug.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

enum { IP_HEADER = 20, UDP_HEADER = 8, CONTROL_PORT = 7081, CONTROL_MAX = 128 };

struct control_bytes {
    struct content content;
    uint8_t bytes[CONTROL_MAX];
};

static void release(struct content *content)
{
    memory_free(container_of(content, struct control_bytes, content));
}

static void write_headers(struct packet *packet, uint32_t from, uint32_t to, size_t size)
{
    uint8_t *ip = packet->header, *udp = ip + IP_HEADER;
    memset(ip, 0, IP_HEADER + UDP_HEADER);
    ip[0] = 0x45;
    ft_put16(ip + 2, (uint32_t)(IP_HEADER + UDP_HEADER + size));
    ip[6] = 0x40; /* don't fragment */
    ip[8] = 64;
    ip[9] = 17;
    ft_put32(ip + 12, from);
    ft_put32(ip + 16, to);
    uint32_t sum = 0;
    for (unsigned i = 0; i < IP_HEADER; i += 2)
        sum += ft_get16(ip + i);
    sum = (sum & 0xffff) + (sum >> 16);
    ft_put16(ip + 10, ~(sum + (sum >> 16)) & 0xffff);
    ft_put16(udp, CONTROL_PORT);
    ft_put16(udp + 2, CONTROL_PORT);
    ft_put16(udp + 4, (uint32_t)(UDP_HEADER + size));
    packet->header_bytes = IP_HEADER + UDP_HEADER;
}

static void sent(struct cpu_work *work)
{
    struct packet *packet = container_of(work, struct packet, work);
    host_route(container_of(work->cpu, struct host, cpu), packet);
}

void host_send_control(struct host *self, enum host_network network, uint32_t ip,
                       const uint8_t *bytes, size_t size)
{
    assert(size <= CONTROL_MAX);
    struct control_bytes *control = memory_new(sizeof *control);
    memcpy(control->bytes, bytes, size);
    content_init(&control->content, CONTENT_OTHER, 0, (uint32_t)size, release);
    control->content.bytes = control->bytes;
    control->content.real_size = (uint8_t)size;
    struct packet *packet = packet_new(self->packets);
    packet->kind = PACKET_IPV4;
    write_headers(packet, self->nics[network].ip, ip, size);
    packet->spans[0] = (struct span){.content = &control->content, .length = (uint32_t)size};
    packet->span_count = 1;
    packet->payload_bytes = (uint32_t)size;
    packet_work_init(packet, CPU_SOFTIRQ, sent);
    cpu_charge(&packet->work, CPU_KERNEL, COST_HEARTBEAT,
               (uint64_t)(self->settings.costs->transmit_ack + self->settings.costs->heartbeat));
    cpu_start(&packet->work, &self->cpu);
}
