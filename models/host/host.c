/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host - the way of a packet through a machine, and the machine's death and pauses.
 */
#include "models/host/host.h"

#include "core/ft_segment.h"
#include "models/tcp/tcp_wire.h"
#include "models/web/exchange.h"
#include "sim/bug.h"

#include <string.h>

const char *const cost_component_names[] = {
    [COST_INTERRUPT] = "interrupt",
    [COST_RECEIVE] = "receive",
    [COST_TRANSMIT] = "transmit",
    [COST_CONNECTION] = "connection",
    [COST_COPY] = "copy",
    [COST_SYSTEM_CALL] = "system_call",
    [COST_SWITCH] = "context_switch",
    [COST_APACHE] = "apache",
    [COST_PATH] = "packet_path",
    [COST_LOG_CHANNEL] = "log_channel",
    [COST_PROXY] = "proxy",
    [COST_HEARTBEAT] = "heartbeat",
    [COST_COMPONENTS] = NULL,
};

const char *const host_drop_names[HOST_DROPS] = {
    [HOST_DROP_DEAD] = "dead",
    [HOST_DROP_RING] = "ring_full",
    [HOST_DROP_BLOCKED] = "blocked",
    [HOST_DROP_LEASE] = "lease_expired",
};

enum {
    IPV4_TCP = 6,
    IPV4_UDP = 17,
    IPV4_PROTOCOL = 9,
    IPV4_SOURCE = 12,
    IPV4_DESTINATION = 16,
    IPV4_HEADER = 20,
    ARP_BYTES = 28,
    TCP_FLAGS = 33,
    LAST_BYTE = 0xff
};

static struct host *host_of(struct packet *packet)
{
    return container_of(packet->work.cpu, struct host, cpu);
}

void host_drop(struct host *self, struct packet *packet, enum host_drop why)
{
    NOTICE(self->notices, .kind = NOTICE_PACKET_DROPPED, .host = self, .packet = packet,
           .value = why);
    packet_free(packet);
}

static uint32_t destination(const struct packet *packet)
{
    const uint8_t *at = packet->header + IPV4_DESTINATION;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t source(const struct packet *packet)
{
    const uint8_t *at = packet->header + IPV4_SOURCE;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* --- in ------------------------------------------------------------------------------------------------------- */

static void received(struct cpu_work *work)
{
    struct packet *packet = container_of(work, struct packet, work);
    struct host *self = host_of(packet);
    self->ring_used--;
    if (self->service_ip != 0 && !self->serves && source(packet) == self->service_ip &&
        !packet->damaged)
        NOTICE(self->notices, .kind = NOTICE_CLIENT_SEGMENT, .host = self, .packet = packet);
    if (self->hooks)
        self->hooks->ingress(self->hooks, packet);
    else
        host_deliver(self, packet);
}

static void dropped_from_ring(struct cpu_work *work)
{
    struct packet *packet = container_of(work, struct packet, work);
    host_of(packet)->ring_used--;
    packet_free(packet);
}

static void learn_from_arp(struct host_nic *nic, struct packet *packet)
{
    nic->neighbours[packet->header[3]] = packet->mac_from;
    packet_free(packet);
}

static uint64_t with_checksum(const struct host_costs *costs, const struct packet *packet,
                              int64_t cycles)
{
    return (uint64_t)(cycles + (int64_t)(costs->checksum_per_byte * packet->payload_bytes));
}

static void charge_receive(const struct host_costs *costs, struct packet *packet)
{
    int64_t cycles = packet->payload_bytes ? costs->receive_data : costs->receive_ack;
    cpu_charge(&packet->work, CPU_KERNEL, COST_RECEIVE, with_checksum(costs, packet, cycles));
}

static uint64_t transmit_cycles(const struct host_costs *costs, const struct packet *packet)
{
    return with_checksum(costs, packet,
                         packet->payload_bytes ? costs->transmit_data : costs->transmit_ack);
}

/* What is not the service's, as the log channel, costs a comparison. */
static void charge_look(const struct host *self, struct packet *packet)
{
    uint32_t service_ip = self->service_ip;
    if (self->hooks && (source(packet) == service_ip || destination(packet) == service_ip))
        cpu_charge(&packet->work, CPU_KERNEL, COST_PATH, (uint64_t)self->hooks->look_cycles);
}

static void nic_receive(struct receiver *receiver, struct packet *packet)
{
    struct host_nic *nic = container_of(receiver, struct host_nic, receiver);
    struct host *self = nic->host;
    if (!self->alive) {
        host_drop(self, packet, HOST_DROP_DEAD);
        return;
    }
    if (packet->kind == PACKET_ARP) {
        learn_from_arp(nic, packet);
        return;
    }
    if (self->settings.ring_packets && self->ring_used >= self->settings.ring_packets) {
        self->ring_drops++;
        host_drop(self, packet, HOST_DROP_RING);
        return;
    }
    const struct host_costs *costs = self->settings.costs;
    packet_work_init(packet, CPU_SOFTIRQ, received);
    packet->work.dropped = dropped_from_ring;
    if (!cpu_busy(&self->cpu, CPU_SOFTIRQ))
        cpu_charge(&packet->work, CPU_KERNEL, COST_INTERRUPT, (uint64_t)costs->interrupt);
    charge_receive(costs, packet);
    charge_look(self, packet);
    self->ring_used++;
    cpu_start(&packet->work, &self->cpu);
}

/* A payload's corruption is for the receiver to find: it authenticates. */
static bool sound_udp(const struct packet *packet)
{
    const uint8_t *header = packet->header;
    return header[IPV4_PROTOCOL] == IPV4_UDP &&
           ft_get16(header + FT_AT_IP_CHECKSUM) == ft_segment_ip_checksum(header);
}

void host_deliver(struct host *self, struct packet *packet)
{
    if (packet->header[IPV4_PROTOCOL] == IPV4_TCP) {
        tcp_input(self->tcp, packet);
        return;
    }
    if (self->udp && sound_udp(packet))
        self->udp(self->udp_context, packet);
    else
        packet_free(packet);
}

static void deliver_now(struct event *event, struct simulation *simulation)
{
    (void)simulation;
    struct packet *packet = container_of(event, struct packet, event);
    struct host *self = host_of(packet);
    if (self->alive)
        host_deliver(self, packet);
    else
        packet_free(packet);
}

void host_deliver_soon(struct host *self, struct packet *packet)
{
    packet->work.cpu = &self->cpu;
    event_init(&packet->event, deliver_now);
    event_schedule(&packet->event, self->simulation, self->simulation->now_ns);
}

/* --- out ------------------------------------------------------------------------------------------------------ */

static void transmitted(struct cpu_work *work)
{
    struct packet *packet = container_of(work, struct packet, work);
    struct host *self = host_of(packet);
    if (self->hooks)
        self->hooks->egress(self->hooks, packet);
    else
        host_route(self, packet);
}

static bool own_address(const struct host *self, uint32_t ip)
{
    return ip == HOST_LOOPBACK_IP || ip == self->nics[NETWORK_SERVICE].ip ||
           ip == self->nics[NETWORK_LOG].ip;
}

static void looped_back(struct cpu_work *work)
{
    struct packet *packet = container_of(work, struct packet, work);
    host_deliver_soon(host_of(packet), packet);
}

/* The stack's packets come here. Those to ourselves never see a NIC: they pay both ways and no interrupt. */
static void transmit(void *context, struct packet *packet)
{
    struct host *self = context;
    const struct host_costs *costs = self->settings.costs;
    bool loopback = own_address(self, destination(packet));
    packet_work_init(packet, CPU_SOFTIRQ, loopback ? looped_back : transmitted);
    cpu_charge(&packet->work, CPU_KERNEL, COST_TRANSMIT, transmit_cycles(costs, packet));
    if (loopback)
        charge_receive(costs, packet);
    else
        charge_look(self, packet);
    cpu_start(&packet->work, &self->cpu);
}

static bool blocked(const struct host *self, const struct packet *packet)
{
    const uint8_t *ports = packet->header + IPV4_HEADER;
    uint32_t from = (uint32_t)ports[0] << 8 | ports[1], to = (uint32_t)ports[2] << 8 | ports[3];
    return packet->kind == PACKET_IPV4 && packet->header[IPV4_PROTOCOL] == IPV4_TCP &&
           (from == self->blocked_port || to == self->blocked_port);
}

static void notice_spoken(struct host *self, const struct packet *packet)
{
    NOTICE(self->notices, .kind = NOTICE_SERVICE_SEGMENT, .host = self, .packet = packet,
           .value = self->view);
    for (unsigned i = 0; i < packet->span_count; i++) {
        struct reply *reply = reply_of(packet->spans[i].content);
        if (reply != NULL)
            NOTICE(self->notices, .kind = NOTICE_REPLY_SEGMENT_SENT, .host = self, .packet = packet,
                   .request = reply->request, .reply = reply, .value = ++reply->segments_sent);
    }
}

void host_output(struct host *self, enum host_network network, struct packet *packet,
                 uint16_t mac_to)
{
    struct host_nic *nic = &self->nics[network];
    if (self->serves && packet->kind == PACKET_IPV4 && !packet->report &&
        source(packet) == self->service_ip)
        notice_spoken(self, packet);
    if (!nic->lan) {
        packet_free(packet);
        return;
    }
    if (self->blocked_port != 0 && blocked(self, packet)) {
        host_drop(self, packet, HOST_DROP_BLOCKED);
        return;
    }
    packet->mac_from = nic->mac;
    packet->mac_to = mac_to;
    packet->mark = 0;
    lan_send(nic->lan, packet);
}

bool host_route(struct host *self, struct packet *packet)
{
    uint32_t ip = destination(packet);
    for (int network = 0; network < HOST_NICS; network++) {
        struct host_nic *nic = &self->nics[network];
        uint16_t mac = nic->neighbours[ip & LAST_BYTE];
        if (!nic->lan || (nic->ip ^ ip) >> 8 || mac == MAC_NONE)
            continue;
        host_output(self, (enum host_network)network, packet, mac);
        return true;
    }
    packet_free(packet);
    return false;
}

void host_learn(struct host *self, enum host_network network, uint32_t ip, uint16_t mac)
{
    self->nics[network].neighbours[ip & LAST_BYTE] = mac;
}

void host_announce(struct host *self, enum host_network network, uint32_t ip)
{
    struct packet *packet = packet_new(self->packets);
    packet->kind = PACKET_ARP;
    packet->header_bytes = ARP_BYTES;
    memset(packet->header, 0, ARP_BYTES);
    packet->header[0] = (uint8_t)(ip >> 24);
    packet->header[1] = (uint8_t)(ip >> 16);
    packet->header[2] = (uint8_t)(ip >> 8);
    packet->header[3] = (uint8_t)ip;
    if (self->serves && ip == self->service_ip)
        NOTICE(self->notices, .kind = NOTICE_SERVICE_ANNOUNCED, .host = self, .packet = packet);
    host_output(self, network, packet, MAC_BROADCAST);
}

/* --- life ----------------------------------------------------------------------------------------------------- */

static uint64_t entity(const struct host *self)
{
    return random_entity("host", self->id) + self->epoch;
}

static void boot(struct host *self)
{
    self->alive = true;
    self->paused = false;
    self->running_process = HOST_PROCESSES_NONE;
    self->ring_used = 0;
    self->tcp = tcp_stack_new(self->simulation, self->packets, self->settings.tcp, entity(self));
    tcp_stack_set_transmit(self->tcp, transmit, self);
}

void host_init(struct host *self, struct simulation *simulation, struct packet_pool *packets,
               struct notice_board *notices, unsigned id, const struct host_settings *settings)
{
    *self = (struct host){
        .simulation = simulation,
        .settings = *settings,
        .id = id,
        .packets = packets,
        .notices = notices,
    };
    cpu_init(&self->cpu, simulation, settings->hz, settings->cores);
    boot(self);
}

void host_fini(struct host *self)
{
    cpu_halt(&self->cpu);
    tcp_stack_free(self->tcp);
    self->alive = false;
}

void host_plug(struct host *self, enum host_network network, struct lan *lan, uint32_t ip)
{
    struct host_nic *nic = &self->nics[network];
    nic->receiver.receive = nic_receive;
    nic->host = self;
    nic->lan = lan;
    nic->ip = ip;
    nic->mac = lan_attach(lan, &nic->receiver);
}

void host_crash(struct host *self)
{
    assert(self->alive);
    NOTICE(self->notices, .kind = NOTICE_CRASH, .host = self);
    self->alive = false;
    self->hooks = NULL;
    self->udp = NULL;
    cpu_halt(&self->cpu);
    tcp_stack_crash(self->tcp);
}

void host_restart(struct host *self)
{
    assert(!self->alive);
    tcp_stack_free(self->tcp);
    self->epoch++;
    self->settings.clock_offset_ns -= host_clock_ns(self); /* it begins anew */
    boot(self);
    NOTICE(self->notices, .kind = NOTICE_RESTART, .host = self);
}

void host_pause(struct host *self)
{
    self->paused = true;
    cpu_pause(&self->cpu);
    tcp_stack_pause(self->tcp);
}

void host_resume(struct host *self)
{
    self->paused = false;
    tcp_stack_resume(self->tcp);
    cpu_resume(&self->cpu);
}
