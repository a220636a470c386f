/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * divert - the process: reads what was diverted, decides, sends, one packet after another, until there is no more.
 *
 * It wakes in an event of its own, as TCP may be in the middle of sending the packet that wakes it. Sends are works at softirq
 * level, one at a time: that is how a process is modelled that does not give the CPU away between two system calls.
 */
#include "models/host/divert.h"

#include "sim/memory.h"
#include "sim/simulation.h"

#include <stdlib.h>

/* On a packet in a list: where it was going, or where it goes. */
enum { MARK_OUTGOING = 1, WAY_MASK = 0xff, MARK_MADE = 1 << 8 };

struct packet_list {
    struct packet *first, *last;
};

struct divert {
    struct host *host;
    struct divert_owner owner;
    struct process process;
    struct cpu_work sending;
    struct event wake;
    struct packet_list diverted, reading, sends;
    struct packet *leaving; /* is being sent */
    bool busy;              /* from the wake-up to the last send */
    bool starting;          /* inside cpu_start() for `sending` */
    bool closed;
};

static void append(struct packet_list *self, struct packet *packet)
{
    packet->next = NULL;
    if (self->first != NULL)
        self->last->next = packet;
    else
        self->first = packet;
    self->last = packet;
}

static struct packet *pop(struct packet_list *self)
{
    struct packet *packet = self->first;
    if (packet != NULL)
        self->first = packet->next;
    return packet;
}

static void clear(struct packet_list *self)
{
    struct packet *packet;
    while ((packet = pop(self)) != NULL)
        packet_free(packet);
}

static uint32_t bytes_of(const struct packet *packet)
{
    return packet->header_bytes + packet->payload_bytes;
}

/* --- sending ---------------------------------------------------------------------------------------------------- */

static void charge_send(struct divert *self, const struct packet *packet)
{
    const struct host_costs *costs = self->host->settings.costs;
    int64_t copy = (int64_t)(costs->copy_per_byte * bytes_of(packet));
    int64_t stack = packet->payload_bytes > 0 ? costs->transmit_data : costs->transmit_ack;
    if ((packet->mark & MARK_MADE) == 0)
        stack = 0;
    cpu_charge(&self->sending, CPU_KERNEL, COST_SYSTEM_CALL, (uint64_t)costs->system_call);
    cpu_charge(&self->sending, CPU_KERNEL, COST_COPY, (uint64_t)copy);
    cpu_charge(&self->sending, CPU_KERNEL, COST_PATH, (uint64_t)(costs->path_forward + stack));
}

static void rest(struct divert *self)
{
    self->busy = self->diverted.first != NULL || self->sends.first != NULL;
    if (self->busy)
        event_schedule(&self->wake, self->host->simulation, self->host->simulation->now_ns);
}

static void send_all(struct divert *self)
{
    while (self->leaving == NULL && (self->leaving = pop(&self->sends)) != NULL) {
        charge_send(self, self->leaving);
        self->starting = true;
        cpu_start(&self->sending, &self->host->cpu);
        self->starting = false;
    }
    if (self->leaving == NULL)
        rest(self);
}

static void sent(struct cpu_work *work)
{
    struct divert *self = container_of(work, struct divert, sending);
    struct packet *packet = self->leaving;
    self->leaving = NULL;
    self->owner.leave(self->owner.context, packet, (enum packet_way)(packet->mark & WAY_MASK));
    if (!self->starting)
        send_all(self);
}

void divert_send(struct divert *self, struct packet *packet, enum packet_way way, bool made)
{
    if (self->closed) {
        packet_free(packet);
        return;
    }
    packet->mark = (uint32_t)way | (made ? MARK_MADE : 0);
    append(&self->sends, packet);
    if (!self->busy)
        rest(self);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

static void decide_all(struct process *process)
{
    struct divert *self = container_of(process, struct divert, process);
    struct packet *packet;
    while ((packet = pop(&self->reading)) != NULL)
        self->owner.decide(self->owner.context, packet, (packet->mark & MARK_OUTGOING) != 0);
    send_all(self);
}

static void read_all(struct event *event, struct simulation *simulation)
{
    (void)simulation;
    struct divert *self = container_of(event, struct divert, wake);
    const struct host_costs *costs = self->host->settings.costs;
    self->reading = self->diverted;
    self->diverted.first = NULL;
    for (const struct packet *packet = self->reading.first; packet != NULL; packet = packet->next) {
        process_charge_io(&self->process, 1, bytes_of(packet));
        process_charge(&self->process, CPU_USER, COST_PROXY, costs->proxy_message);
        process_charge(&self->process, CPU_USER, COST_PATH, costs->path_lookup);
    }
    process_run(&self->process, decide_all);
}

void divert_take(struct divert *self, struct packet *packet, bool outgoing)
{
    if (self->closed) {
        packet_free(packet);
        return;
    }
    packet->mark = outgoing ? MARK_OUTGOING : 0;
    append(&self->diverted, packet);
    if (!self->busy)
        rest(self);
}

/* --- life ------------------------------------------------------------------------------------------------------- */

struct divert *divert_new(struct host *host, const struct divert_owner *owner)
{
    struct divert *self = memory_new(sizeof *self);
    self->host = host;
    self->owner = *owner;
    process_init(&self->process, host);
    cpu_work_init(&self->sending, CPU_SOFTIRQ, sent);
    event_init(&self->wake, read_all);
    return self;
}

void divert_close(struct divert *self)
{
    self->closed = true;
    event_cancel(&self->wake, self->host->simulation);
    process_stop(&self->process);
    cpu_cancel(&self->sending);
    clear(&self->diverted);
    clear(&self->reading);
    clear(&self->sends);
    if (self->leaving != NULL)
        packet_free(self->leaving);
    self->leaving = NULL;
}

void divert_free(struct divert *self)
{
    divert_close(self);
    memory_free(self);
}
