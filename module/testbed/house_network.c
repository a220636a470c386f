/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * house_network - the machines, the switches they are plugged into, and what their kernels are told of TCP.
 */
#include "module/testbed/house_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Some super-packets of 64 KB from each of many senders at once. */
enum { QUEUE_LEAST_BYTES = 4 << 20 };
enum { RTO_MARGIN_US = 5000 };

/* Without them nothing stands in the packets' way. */
static bool needs_wiring(const struct config *config)
{
    return config->fault_count > 0 || config->network.impairment.loss > 0 ||
           config->network.impairment.duplicate > 0;
}

static bool counts_segments(const struct config *config)
{
    for (size_t i = 0; i < config->fault_count; i++) {
        if (config->faults[i].when == NOTICE_REPLY_SEGMENT_SENT)
            return true;
    }
    return false;
}

static bool start_machine(struct house *self, struct machine *machine, const char *name)
{
    if (!machine_start(machine, name))
        return house_fail(self, "no machine can be made of namespaces: %s (run as root)",
                          strerror(errno));
    return machine_net(machine, -1, "ip link set lo up") == 0 ||
           house_fail(self, "%s: `ip` does not work there (install iproute2)", name);
}

/* Both ends of a cable send at its rate; what waits is bounded as in the scenario, but a whole super-packet must fit. */
static bool shape(struct house *self, struct machine *machine, const char *interface, int64_t rate)
{
    int64_t queue = self->config->network.queue_bytes;
    if (rate == 0)
        return true; /* as fast as it goes */
    if (queue < QUEUE_LEAST_BYTES)
        queue = QUEUE_LEAST_BYTES;
    return machine_net(machine, -1,
                       "tc qdisc add dev %s root tbf rate %lldbit burst 262144 limit %lld",
                       interface, (long long)rate, (long long)queue) == 0;
}

static uint32_t chance(double probability)
{
    return probability < 1 ? (uint32_t)(probability * 0x1p32) : UINT32_MAX;
}

/* The log's LAN has no impairment of its own. */
static bool wire(struct house *self, const char *port, unsigned number)
{
    if (!wiring_attach(&self->wiring, port, number))
        return false;
    struct cable *cable = &self->wiring.memory->cables[number];
    if (number < CABLE_LOG) {
        cable->loss = chance(self->config->network.impairment.loss);
        cable->duplicate = chance(self->config->network.impairment.duplicate);
    }
    return true;
}

/* A cable from a machine's interface to a bridge of the exchange, whose end is called after the machine. */
static bool cable(struct house *self, struct machine *machine, const char *interface,
                  const char *bridge, uint32_t ip, unsigned number)
{
    char port[MACHINE_NAME_MAX];
    snprintf(port, sizeof port, "%.7s-%.4s", machine->name, interface);
    bool made =
        machine_net(
            &self->exchange, -1,
            "ip link add %s type veth peer name %s address 02:00:%02x:%02x:%02x:%02x netns %d",
            port, interface, ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255,
            machine->init) == 0 &&
        machine_net(&self->exchange, -1, "ip link set %s master %s up", port, bridge) == 0 &&
        machine_net(machine, -1, "ip addr add %u.%u.%u.%u/24 dev %s", ip >> 24, ip >> 16 & 255,
                    ip >> 8 & 255, ip & 255, interface) == 0 &&
        machine_net(machine, -1, "ip link set %s up", interface) == 0;
    if (!made)
        return house_fail(
            self, "%s: a veth cable could not be made (is the kernel built with VETH and BRIDGE?)",
            machine->name);
    if (counts_segments(self->config) &&
        machine_net(machine, -1, "ip link set dev %s gso_max_segs 1", interface) != 0)
        return house_fail(self, "%s: segments cannot be sent one by one", machine->name);
    if (self->wiring.memory != NULL && !wire(self, port, number))
        return house_fail(self, "%s: no TC programs (is the kernel built with NET_CLS_BPF?)", port);
    int64_t rate =
        number < CABLE_LOG ? self->config->network.rate_bps : self->config->log_network.rate_bps;
    return (shape(self, machine, interface, rate) && shape(self, &self->exchange, port, rate)) ||
           house_fail(self, "%s: no rate limit (is the kernel built with NET_SCH_TBF?)",
                      machine->name);
}

static bool open_wiring(struct house *self)
{
    char program[PATH_MAX];
    if (!needs_wiring(self->config))
        return true;
    snprintf(program, sizeof program, "%s/understudy-cables", self->modules);
    if (!wiring_open(&self->wiring, &self->exchange, program, STDERR_FILENO))
        return house_fail(
            self,
            "%s does not load its TC programs (`make module` builds it; it needs Linux 6.9 "
            "with BTF)",
            program);
    struct cables_memory *memory = self->wiring.memory;
    memory->service_ip = htonl(self->service.ip);
    memory->service_port = self->service.port;
    memory->log_port = HOUSE_LOG_PORT;
    return true;
}

bool house_build_exchange(struct house *self)
{
    return start_machine(self, &self->exchange, "exchange") && open_wiring(self) &&
           ((machine_net(&self->exchange, -1, "ip link add service type bridge") == 0 &&
             machine_net(&self->exchange, -1, "ip link set service up") == 0 &&
             machine_net(&self->exchange, -1, "ip link add log type bridge") == 0 &&
             machine_net(&self->exchange, -1, "ip link set log up") == 0) ||
            house_fail(self, "no bridge can be made (is the kernel built with BRIDGE?)"));
}

/* What the packet path asks of a server's TCP (core/ft_isn.h), and retransmissions that come soon after a takeover: if the backup's
 * timer fires before it, in vain, the next time is twice as far; so its least is a little more than the time-out of heartbeats, and
 * tail loss probes, which push it back, are off. A connection that was created without a handshake has no round trip yet, and
 * then Linux waits 3 s for the first acknowledgement of data (tcp_init_metrics(): TCP_TIMEOUT_FALLBACK), but no longer than the
 * largest time-out; module/httpd/hold.c says how that is kept rare. */
static bool tune(struct house *self, struct machine *machine)
{
    static const char settings[] =
        "net.ipv4.tcp_timestamps=0 net.ipv4.tcp_ecn=0 net.ipv4.tcp_early_retrans=0 "
        "net.ipv4.tcp_rto_max_ms=1000 net.ipv4.conf.all.arp_ignore=1 "
        "net.ipv4.conf.all.arp_announce=2 net.ipv4.conf.all.rp_filter=0 "
        "net.ipv4.conf.eth0.rp_filter=0 net.core.somaxconn=4096 net.ipv4.tcp_max_syn_backlog=4096";
    long long rto_us = self->config->replication.timeout_ns / 1000 + RTO_MARGIN_US;
    return machine_net(machine, -1, "sysctl -qw %s net.ipv4.tcp_rto_min_us=%lld", settings,
                       rto_us) == 0 ||
           house_fail(self, "the kernel has not all of %s net.ipv4.tcp_rto_min_us (Linux 6.15 has)",
                      settings);
}

bool house_build_client(struct house *self)
{
    return start_machine(self, &self->client, "client") &&
           cable(self, &self->client, "eth0", "service", 10 << 24 | 11, CABLE_CLIENT);
}

bool house_build_server(struct house *self, unsigned index)
{
    struct house_server *server = &self->servers[index];
    server->ip = 10 << 24 | (index + 1);
    if (!start_machine(self, &server->machine, house_server_names[index]) ||
        !cable(self, &server->machine, "eth0", "service", server->ip, CABLE_SERVICE + index))
        return false;
    if (self->scheme->log == LOG_OWN_LAN &&
        !cable(self, &server->machine, "eth1", "log", 10 << 24 | 1 << 8 | (index + 1),
               CABLE_LOG + index))
        return false;
    if (!tune(self, &server->machine))
        return false;
    server->log = getenv("UNDERSTUDY_DEBUG") != NULL
                      ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
                      : machine_open(&server->machine, "log", O_RDWR | O_CREAT | O_APPEND);
    return server->log >= 0 ||
           house_fail(self, "%s: no file can be made in its /run", server->machine.name);
}

bool house_set_address(struct house *self, unsigned index)
{
    return machine_net(&self->servers[index].machine, -1, "ip addr add 10.0.0.%u/32 dev eth0",
                       self->service.ip & 255) == 0 ||
           house_fail(self, "the service's address cannot be set");
}

void house_unplug(struct house *self, unsigned index)
{
    machine_net(&self->exchange, -1, "ip link del %.7s-eth0", house_server_names[index]);
    if (self->scheme->log == LOG_OWN_LAN)
        machine_net(&self->exchange, -1, "ip link del %.7s-eth1", house_server_names[index]);
}
