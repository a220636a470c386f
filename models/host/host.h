/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host - a machine: processors, network interfaces, one TCP stack, a UDP port for control messages, and processes.
 *
 * A packet's way in: NIC -> interrupt and softirq work on the CPU -> packet path, if one is installed -> TCP. Its way out:
 * TCP -> softirq work -> packet path -> NIC. Every step charges the host's cost profile. A host without costs (clients,
 * validation runs) takes the same way in no time. Packets to the host itself (its own addresses, 127.0.0.1) take both ways
 * at once and see neither NIC nor packet path.
 *
 * Fail-stop: a crashed host loses everything at once and falls silent; what it has put on the wire travels on. A paused
 * host computes nothing, but its NIC goes on receiving into a bounded ring. Not modelled: interrupt moderation by timer,
 * several queues, memory pressure, NUMA.
 */
#ifndef MODELS_HOST_HOST_H
#define MODELS_HOST_HOST_H

#include "models/host/costs.h"
#include "models/host/notice.h"
#include "models/net/lan.h"
#include "models/tcp/tcp.h"
#include "sim/cpu.h"

enum { HOST_NICS = 2, HOST_NEIGHBOURS = 256, HOST_PROCESSES_NONE = 0 };
enum { HOST_LOOPBACK_IP = 127 << 24 | 1 };
enum host_network { NETWORK_SERVICE, NETWORK_LOG };
/* Why a host lets a packet go no further (NOTICE_PACKET_DROPPED). */
enum host_drop {
    HOST_DROP_DEAD,
    HOST_DROP_RING,    /* the NIC's ring is full */
    HOST_DROP_BLOCKED, /* blocked_port */
    HOST_DROP_LEASE,   /* it may not speak as the service now */
    HOST_DROPS
};
extern const char *const host_drop_names[HOST_DROPS];

struct host_nic {
    struct receiver receiver;
    struct host *host;
    struct lan *lan; /* NULL: not plugged in */
    uint16_t mac;
    uint16_t neighbours[HOST_NEIGHBOURS]; /* last byte of the IP -> MAC: the ARP cache */
    uint32_t ip;                          /* own address on this network, host order */
};

/* The packet path's shell (models/host/kernel_path.h); NULL in hosts that do not replicate. Both take ownership and call
 * host_deliver() / host_output() for what is to go on. */
struct packet_hooks {
    void (*ingress)(struct packet_hooks *self, struct packet *packet);
    void (*egress)(struct packet_hooks *self, struct packet *packet);
    int64_t
        look_cycles; /* what the kernel spends on every packet of the service before it calls them */
};

struct host_settings {
    const char *name; /* "client", "primary", "backup" */
    uint64_t hz;
    unsigned cores;
    const struct host_costs *costs; /* all zero: free */
    const struct tcp_profile *tcp;
    uint32_t ring_packets;              /* packets that may wait for the CPU; 0: unlimited */
    int64_t clock_offset_ns, clock_ppm; /* how its own clock differs: at the start, and how fast */
};

struct host {
    struct simulation *simulation;
    struct host_settings settings;
    unsigned id; /* index in the world */
    bool alive, paused;
    struct cpu cpu;
    struct tcp_stack *tcp;
    struct packet_pool *packets;
    struct notice_board *notices;
    struct host_nic nics[HOST_NICS];
    struct packet_hooks *hooks;
    uint32_t service_ip; /* of the service: servers speak as it, clients listen to it; 0: neither */
    bool serves;         /* it is a server */
    uint64_t view;       /* that a server speaks in */
    uint16_t
        blocked_port; /* TCP segments from or to it vanish on the way out (a cut log channel); 0: none */
    void (*udp)(void *context,
                struct packet
                    *packet); /* control messages; takes ownership; NULL: dropped. To be checked by
                                         * the receiver: packet->corrupt, as there is no UDP checksum */
    void *udp_context;
    uint32_t running_process; /* the process that ran last, for context switches */
    uint32_t processes;       /* ids given so far */
    uint32_t ring_used;
    uint64_t ring_drops, epoch; /* epoch: number of restarts, so that stale callbacks can be told */
};

void host_init(struct host *self, struct simulation *simulation, struct packet_pool *packets,
               struct notice_board *notices, unsigned id, const struct host_settings *settings);
void host_fini(struct host *self);
void host_plug(struct host *self, enum host_network network, struct lan *lan, uint32_t ip);
/* Enters (ip -> mac) into the ARP cache, as a gratuitous ARP does. */
void host_learn(struct host *self, enum host_network network, uint32_t ip, uint16_t mac);
/* Tells that the packet goes no further, and why, and frees it. */
void host_drop(struct host *self, struct packet *packet, enum host_drop why);
/* Broadcasts that `ip` is at this host's NIC. */
void host_announce(struct host *self, enum host_network network, uint32_t ip);

/* What the host's own clock shows: the only time that failover and leases know. */
int64_t host_clock_ns(const struct host *self);
/* When that clock will show this, in simulated time: not before now. */
int64_t host_clock_reaches_ns(const struct host *self, int64_t clock_ns);

/* For the packet path: hand a packet up (to TCP or UDP), or put it on the wire to a MAC, without further hooks. */
void host_deliver(struct host *self, struct packet *packet);
/* The same in an event of its own: TCP may be in the middle of sending. */
void host_deliver_soon(struct host *self, struct packet *packet);
void host_output(struct host *self, enum host_network network, struct packet *packet,
                 uint16_t mac_to);
/* Resolves the packet's destination address and outputs it. Dropped and false if nobody is known by that address. */
bool host_route(struct host *self, struct packet *packet);
/* Sends a control message as UDP (real bytes, at most 128) to a host on one network; charged as a small packet. */
void host_send_control(struct host *self, enum host_network network, uint32_t ip,
                       const uint8_t *bytes, size_t size);

void host_crash(struct host *self);   /* and everything in it */
void host_restart(struct host *self); /* empty and clean, NICs plugged in as before */
void host_pause(struct host *self);
void host_resume(struct host *self);

/* --- processes ------------------------------------------------------------------------------------------------ */

/*
 * A process does one thing after another: it charges the cycles of its next step and says what comes then. Waking it after
 * another process has run costs a context switch. It is embedded in whatever it animates.
 */
struct process {
    struct cpu_work work;
    struct host *host;
    void (*step)(struct process *self);
    uint32_t id;
    bool running; /* between process_run() and the call of its step */
};

void process_init(struct process *self, struct host *host);
/* Adds cycles to what process_run() will spend. */
void process_charge(struct process *self, enum cpu_mode mode, enum cost_component component,
                    int64_t cycles);
/* `calls` system calls that move `bytes` between user and kernel space. */
void process_charge_io(struct process *self, unsigned calls, uint64_t bytes);
/* Spends what was charged (and a context switch, if due), then calls `step`. One run at a time (asserted). */
void process_run(struct process *self, void (*step)(struct process *));
void process_stop(struct process *self); /* takes a run back; it will not step */

#endif
