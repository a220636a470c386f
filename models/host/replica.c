/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replica - carries the actions of core/ft_group out: heartbeats as UDP on every LAN, roles to whoever asked for them.
 *
 * The daemon runs at softirq level, as a real-time process would: behind interrupts, before the server's processes. A paused
 * host's timer fires, but its work waits with everything else on the CPU.
 */
#include "models/host/replica.h"

#include "models/web/message_path.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

struct replica {
    struct replica_settings settings;
    struct host *host;
    struct kernel_path *kernel_path;
    struct message_path *message_path;
    struct ft_group group;
    struct event timer;
    struct cpu_work work;
};

static int64_t now(const struct replica *self)
{
    return host_clock_ns(self->host);
}

struct words {
    struct host *host;
    uint32_t peer_ip[HOST_NICS];
};

static void say(const struct words *self, const struct ft_group_action *actions, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct ft_group_action *action = &actions[i];
        if (action->kind == FT_GROUP_SEND)
            host_send_control(self->host, (enum host_network)action->network,
                              self->peer_ip[action->network], action->bytes, sizeof action->bytes);
        else if (action->kind == FT_GROUP_ANNOUNCE)
            host_announce(self->host, NETWORK_SERVICE, self->host->service_ip);
    }
}

static const struct ft_group_action *change_in(const struct ft_group_action *actions,
                                               unsigned count)
{
    while (count-- > 0) {
        if (actions[count].kind == FT_GROUP_ROLE)
            return &actions[count];
    }
    return NULL;
}

/* True if the role changed: the owner may have freed everything, the replica included. Who is out says so when all that waited for the
 * CPU is gone with its server, or that would be gone, too. */
static bool carry_out(struct replica *self, const struct ft_group_action *actions, unsigned count)
{
    const struct ft_group_action *change = change_in(actions, count);
    bool out = change != NULL && change->role == FT_ROLE_OUT;
    struct words words = {.host = self->host};
    memcpy(words.peer_ip, self->settings.peer_ip, sizeof words.peer_ip);
    if (!out)
        say(&words, actions, count);
    if (self->kernel_path != NULL)
        kernel_path_set_lease(self->kernel_path, ft_group_speak_until_ns(&self->group));
    if (change != NULL)
        self->settings.changed(self->settings.context, change->role, change->view);
    if (out)
        say(&words, actions, count);
    return change != NULL;
}

static void schedule(struct replica *self)
{
    int64_t now_ns = self->host->simulation->now_ns;
    int64_t at_ns = host_clock_reaches_ns(self->host, ft_group_next_ns(&self->group));
    event_schedule(&self->timer, self->host->simulation, at_ns > now_ns ? at_ns : now_ns + 1);
}

static bool log_is_stuck(const struct replica *self)
{
    return self->message_path != NULL &&
           message_path_stuck_ns(self->message_path) > self->settings.log_timeout_ns;
}

static void run(struct cpu_work *work)
{
    struct replica *self = container_of(work, struct replica, work);
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    unsigned count = ft_group_tick(&self->group, now(self), actions);
    schedule(self);
    if (carry_out(self, actions, count) || !log_is_stuck(self))
        return;
    count = ft_group_log_stuck(&self->group, now(self), actions);
    if (count > 0 && self->group.proposal != 0)
        NOTICE(self->host->notices, .kind = NOTICE_PROPOSAL, .host = self->host,
               .value = self->group.proposal);
    carry_out(self, actions, count);
}

static void tick(struct event *event, struct simulation *simulation)
{
    (void)simulation;
    struct replica *self = container_of(event, struct replica, timer);
    cpu_work_init(&self->work, CPU_SOFTIRQ, run);
    cpu_charge(&self->work, CPU_KERNEL, COST_HEARTBEAT,
               (uint64_t)self->host->settings.costs->heartbeat);
    cpu_start(&self->work, &self->host->cpu);
}

static void receive(void *context, struct packet *packet)
{
    struct replica *self = context;
    uint8_t bytes[FT_CONTROL_BYTES];
    size_t size = packet->payload_bytes;
    if (size == sizeof bytes && packet->span_count == 1 && !packet->corrupt)
        span_copy(&packet->spans[0], bytes);
    else
        size = 0;
    packet_free(packet);
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    unsigned count = ft_group_input(&self->group, now(self), bytes, size, actions);
    carry_out(self, actions, count);
}

struct replica *replica_new(const struct replica_settings *settings, struct host *host,
                            struct kernel_path *kernel_path, struct message_path *message_path,
                            enum ft_role role, uint64_t view)
{
    struct replica *self = memory_new(sizeof *self);
    self->settings = *settings;
    self->host = host;
    self->kernel_path = kernel_path;
    self->message_path = message_path;
    ft_group_init(&self->group, &settings->group, now(self), role, view);
    if (kernel_path != NULL)
        kernel_path_set_lease(kernel_path, ft_group_speak_until_ns(&self->group));
    event_init(&self->timer, tick);
    event_schedule(&self->timer, host->simulation, host->simulation->now_ns);
    cpu_work_init(&self->work, CPU_SOFTIRQ, run);
    host->udp = receive;
    host->udp_context = self;
    return self;
}

bool replica_can_go_on(const struct replica *self)
{
    return ft_group_can_go_on(&self->group, now(self));
}

void replica_server_gone(struct replica *self)
{
    self->message_path = NULL;
    ft_group_set_healthy(&self->group, false);
}

void replica_free(struct replica *self)
{
    event_cancel(&self->timer, self->host->simulation);
    cpu_cancel(&self->work);
    if (self->host->udp_context == self)
        self->host->udp = NULL;
    memory_free(self);
}
