/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kernel_path - asks core/ft_path about every packet and does what it says, in the order that it says.
 *
 * Packets made here (copies, reports, answers) are charged as what they are, another transmission, and go out past the
 * hooks. ACKs for our own TCP arrive in an event of their own: TCP may be in the middle of sending. How a packet gets to where
 * the verdict sends it, at once or through a process's system calls, is carry()'s business; whether the host may still speak
 * is looked at when it leaves.
 */
#include "models/host/kernel_path.h"

#include "core/ft_path.h"
#include "models/host/divert.h"
#include "models/host/flow_table.h"
#include "models/host/syns.h"
#include "models/tcp/tcp_wire.h"
#include "sim/bug.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

#define COUNTER_STEP_NS INT64_C(64000000000)
#define RFC_793_TICK_NS 4000

struct kernel_path {
    struct packet_hooks hooks;
    struct host *host;
    struct kernel_path_settings settings;
    struct ft_path_host core;
    struct flow_table flows;
    struct syns syns;      /* that wait for whoever goes on alone */
    struct divert *divert; /* NULL: in the kernel */
    uint64_t counts[FT_REASONS];
};

/* A packet under decision. */
struct case_file {
    struct packet *packet;
    struct ft_segment segment;
    struct ft_flow_key key;
    struct ft_flow *flow;
    struct ft_verdict verdict;
};

/* --- where packets go ------------------------------------------------------------------------------------------- */

static void leave(void *context, struct packet *packet, enum packet_way way)
{
    struct kernel_path *self = context;
    self->core.now_ns = host_clock_ns(self->host);
    if (way == WAY_TCP) {
        host_deliver(self->host, packet);
    } else if (way == WAY_PEER) {
        host_output(self->host, NETWORK_SERVICE, packet, self->settings.peer_mac);
    } else if (ft_path_may_speak(&self->core)) {
        host_route(self->host, packet);
    } else {
        self->counts[FT_REASON_LEASE_EXPIRED]++;
        host_drop(self->host, packet, HOST_DROP_LEASE);
    }
}

static void transmitted(struct cpu_work *work)
{
    struct packet *packet = container_of(work, struct packet, work);
    struct host *host = container_of(work->cpu, struct host, cpu);
    leave(container_of(host->hooks, struct kernel_path, hooks), packet,
          (enum packet_way)packet->mark);
}

static void transmit(struct kernel_path *self, struct packet *packet, enum packet_way way)
{
    const struct host_costs *costs = self->host->settings.costs;
    int64_t cycles = packet->payload_bytes ? costs->transmit_data : costs->transmit_ack;
    packet->mark = way;
    packet_work_init(packet, CPU_SOFTIRQ, transmitted);
    cpu_charge(&packet->work, CPU_KERNEL, COST_PATH, (uint64_t)(cycles + costs->path_forward));
    cpu_start(&packet->work, &self->host->cpu);
}

/* `made`: here, so that nobody has paid for its transmission yet. */
static void carry(struct kernel_path *self, struct packet *packet, enum packet_way way, bool made)
{
    if (self->divert != NULL)
        divert_send(self->divert, packet, way, made);
    else if (made)
        transmit(self, packet, way);
    else
        leave(self, packet, way);
}

static void dropped(struct cpu_work *work)
{
    packet_free(container_of(work, struct packet, work));
}

/* A process drops by not sending. */
static void drop(struct kernel_path *self, struct packet *packet)
{
    if (self->divert != NULL) {
        packet_free(packet);
        return;
    }
    packet_work_init(packet, CPU_SOFTIRQ, dropped);
    cpu_charge(&packet->work, CPU_KERNEL, COST_PATH,
               (uint64_t)self->host->settings.costs->path_suppress);
    cpu_start(&packet->work, &self->host->cpu);
}

/* --- packets made here ------------------------------------------------------------------------------------------ */

/* A packet with the same header bytes and no payload, to be turned into something else. */
static struct packet *headers_of(struct kernel_path *self, const struct packet *packet)
{
    struct packet *made = packet_new(self->host->packets);
    made->kind = PACKET_IPV4;
    made->header_bytes = packet->header_bytes;
    memcpy(made->header, packet->header, sizeof made->header);
    return made;
}

static void set_length(struct packet *packet, uint32_t length)
{
    packet->header_bytes = (uint8_t)(length - packet->payload_bytes);
}

static void answer(struct kernel_path *self, const struct case_file *file)
{
    struct packet *made = headers_of(self, file->packet);
    struct ft_segment segment = file->segment;
    set_length(made, ft_path_answer(&segment, made->header, &self->core, &file->verdict));
    carry(self, made, WAY_CLIENT, true);
}

static void report(struct kernel_path *self, const struct case_file *file)
{
    struct packet *made = headers_of(self, file->packet);
    struct ft_segment segment = file->segment;
    set_length(made, ft_path_report(&segment, made->header, &self->core, &file->verdict));
    made->report = 1;
    carry(self, made, WAY_PEER, true);
}

static void forward(struct kernel_path *self, const struct case_file *file)
{
    struct packet *made = headers_of(self, file->packet);
    struct ft_segment segment = file->segment;
    set_length(made, ft_path_forward(&segment, made->header, &file->verdict));
    carry(self, made, WAY_CLIENT, true);
}

static void acknowledge_locally(struct kernel_path *self, const struct case_file *file)
{
    struct packet *made = headers_of(self, file->packet);
    struct ft_segment segment = file->segment;
    set_length(made, ft_path_local_ack(&segment, made->header, &file->verdict));
    if (self->divert != NULL)
        carry(self, made, WAY_TCP, false);
    else
        host_deliver_soon(self->host, made);
}

static void clear(struct kernel_path *self, const struct case_file *file)
{
    struct packet *made = headers_of(self, file->packet);
    struct ft_segment segment = file->segment;
    set_length(made, ft_path_clear(&segment, made->header, &file->verdict));
    carry(self, made, WAY_TCP, false);
}

/* --- verdicts --------------------------------------------------------------------------------------------------- */

static void assign(struct kernel_path *self, struct case_file *file)
{
    struct ft_assign *from = &file->verdict.assign;
    int64_t now_ns = self->core.now_ns;
    if (ft_planted(FT_PLANT_ISN_DIFFERS) && self->core.role == FT_ROLE_BACKUP)
        from->server_isn = (uint32_t)(now_ns / RFC_793_TICK_NS);
    struct tcp_adoption adoption = {
        .local = self->settings.service,
        .remote = {.ip = file->key.client_ip, .port = file->key.client_port},
        .client_isn = from->client_isn,
        .server_isn = from->server_isn,
        .mss = from->mss,
        .peer_window_scale = from->client_scale,
        .own_window_scale = from->own_scale,
        .sack = from->sack,
    };
    file->flow =
        flow_table_insert(&self->flows, &file->key, now_ns, self->settings.tcp->time_wait_ns);
    ft_path_open(&self->core, &file->segment, &file->verdict, file->flow);
    tcp_adopt(self->host->tcp, &adoption);
}

static void carry_out(struct kernel_path *self, struct case_file *file)
{
    uint32_t actions = file->verdict.actions;
    NOTICE(self->host->notices, .kind = NOTICE_VERDICT, .host = self->host, .packet = file->packet,
           .value = actions, .limit = file->verdict.reason);
    if (actions & FT_ASSIGN)
        assign(self, file);
    if (actions & FT_FORGET)
        flow_table_remove(&self->flows, &file->key);
    if (ft_path_syn_waits(&file->segment, &file->verdict))
        syns_remember(&self->syns, &file->key, file->packet, self->core.now_ns);
    if (actions & FT_COPY)
        carry(self, packet_clone(file->packet), WAY_PEER, true);
    if (actions & FT_CLEAR)
        clear(self, file);
    if (actions & FT_ANSWER)
        answer(self, file);
    if (actions & FT_REPORT)
        report(self, file);
    if (actions & FT_LOCAL_ACK)
        acknowledge_locally(self, file);
    if (actions & FT_FORWARD)
        forward(self, file);
    if (actions & FT_PASS)
        ft_path_pass(&file->segment, file->packet->header, &file->verdict);
}

/* Hosts agree about the time of day to within a step: it does not come from the clock that leases run on. */
static uint32_t counter(const struct kernel_path *self)
{
    int64_t day_ns = self->settings.day_ns + self->host->simulation->now_ns;
    return (uint32_t)(day_ns / COUNTER_STEP_NS);
}

/* True if the packet is the service's business: file is filled, but for the verdict. */
static bool open_case(struct kernel_path *self, struct case_file *file, struct packet *packet)
{
    enum ft_reason why;
    uint32_t length = packet->header_bytes + packet->payload_bytes;
    file->packet = packet;
    if (!ft_segment_parse(&file->segment, packet->header, packet->header_bytes, length, false,
                          &why)) {
        self->counts[why]++;
        return false;
    }
    enum ft_path_direction direction = ft_path_match(&self->core, &file->segment);
    if (direction == FT_PATH_ELSEWHERE) {
        self->counts[FT_REASON_NOT_OURS]++;
        return false;
    }
    ft_path_key(&file->segment, direction, &file->key);
    file->flow = flow_table_find(&self->flows, &file->key);
    self->core.now_ns = host_clock_ns(self->host);
    self->core.counter = counter(self);
    return true;
}

static bool has_socket(const struct kernel_path *self, const struct case_file *file)
{
    struct tcp_address remote = {.ip = file->key.client_ip, .port = file->key.client_port};
    return ft_path_needs_socket(file->flow) &&
           tcp_find(self->host->tcp, self->settings.service, remote) != NULL;
}

static bool from_peer(const struct kernel_path *self, const struct packet *packet)
{
    return self->settings.peer_mac != MAC_NONE && packet->mac_from == self->settings.peer_mac;
}

static void decide_in(struct kernel_path *self, struct packet *packet)
{
    struct case_file file;
    if (!open_case(self, &file, packet)) {
        host_deliver(self->host, packet);
        return;
    }
    struct tcp_segment checked;
    if (self->settings.tcp->checksum && tcp_parse(packet, true, &checked) != TCP_PARSE_OK) {
        packet_free(packet);
        return;
    }
    ft_path_ingress(&self->core, &file.segment, file.flow, from_peer(self, packet),
                    has_socket(self, &file), &file.verdict);
    self->counts[file.verdict.reason]++;
    carry_out(self, &file);
    if (file.verdict.actions & FT_PASS)
        carry(self, packet, WAY_TCP, false);
    else
        packet_free(packet);
}

static void decide_out(struct kernel_path *self, struct packet *packet)
{
    struct case_file file;
    if (!open_case(self, &file, packet)) {
        host_route(self->host, packet);
        return;
    }
    ft_path_egress(&self->core, &file.segment, file.flow, &file.verdict);
    self->counts[file.verdict.reason]++;
    carry_out(self, &file);
    if (file.verdict.actions & FT_PASS)
        carry(self, packet, WAY_CLIENT, false);
    else
        drop(self, packet);
}

/* --- hooks ------------------------------------------------------------------------------------------------------ */

static void decide(void *context, struct packet *packet, bool outgoing)
{
    if (outgoing)
        decide_out(context, packet);
    else
        decide_in(context, packet);
}

/* The firewall's rule, at user level: packets to and from the service. */
static bool diverted(const struct kernel_path *self, const struct packet *packet)
{
    const struct tcp_address *service = &self->settings.service;
    const uint8_t *at = packet->header;
    bool to = ft_get32(at + FT_AT_DESTINATION_IP) == service->ip &&
              ft_get16(at + FT_AT_DESTINATION_PORT) == service->port;
    bool from = ft_get32(at + FT_AT_SOURCE_IP) == service->ip &&
                ft_get16(at + FT_AT_SOURCE_PORT) == service->port;
    return self->divert != NULL && (to || from);
}

static void ingress(struct packet_hooks *hooks, struct packet *packet)
{
    struct kernel_path *self = container_of(hooks, struct kernel_path, hooks);
    if (diverted(self, packet))
        divert_take(self->divert, packet, false);
    else
        decide_in(self, packet);
}

static void egress(struct packet_hooks *hooks, struct packet *packet)
{
    struct kernel_path *self = container_of(hooks, struct kernel_path, hooks);
    if (diverted(self, packet))
        divert_take(self->divert, packet, true);
    else
        decide_out(self, packet);
}

/* --- first words -------------------------------------------------------------------------------------------------- */

/* As module/daemon/takeover.c: a raw socket's packet passes the packet path as our own TCP's does. */
static void answer_late(struct kernel_path *self, const struct syn *syn)
{
    enum ft_reason why;
    struct ft_segment segment;
    struct ft_verdict verdict;
    struct packet *made = packet_new(self->host->packets);
    made->kind = PACKET_IPV4;
    made->header_bytes = syn->header_bytes;
    memcpy(made->header, syn->header, sizeof made->header);
    bool parsed = ft_segment_parse(&segment, made->header, made->header_bytes, made->header_bytes,
                                   false, &why);
    assert(parsed);
    ft_path_ingress(&self->core, &segment, NULL, false, false, &verdict);
    if ((verdict.actions & FT_ANSWER) == 0) {
        packet_free(made);
        return;
    }
    set_length(made, ft_path_answer(&segment, made->header, &self->core, &verdict));
    decide_out(self, made);
}

/* The client has gone on with another host's answer: the real path forgets the SYN when it creates the connection. */
static bool has_begun(const struct kernel_path *self, const struct syn *syn)
{
    const struct ft_flow *flow = flow_table_find(&self->flows, &syn->key);
    return flow != NULL && flow->opened_ns >= syn->at_ns;
}

static void answer_waiting(struct kernel_path *self)
{
    self->core.now_ns = host_clock_ns(self->host);
    self->core.counter = counter(self);
    const struct syn *syn = syns_recent(&self->syns, self->core.now_ns);
    for (; syn != NULL; syn = syn->next) {
        if (!syn_is_outdated(syn) && !has_begun(self, syn))
            answer_late(self, syn);
    }
    syns_fini(&self->syns);
}

/* --- life ------------------------------------------------------------------------------------------------------- */

void kernel_path_set_role(struct kernel_path *self, enum ft_role role, uint64_t view)
{
    ft_path_set_role(&self->core, (uint8_t)role, (uint32_t)view);
    if (role == FT_ROLE_SOLO)
        answer_waiting(self);
    if (role == FT_ROLE_OUT && self->divert != NULL)
        divert_close(self->divert);
}

void kernel_path_set_listening(struct kernel_path *self, bool listening)
{
    self->core.listening = listening;
}

void kernel_path_set_lease(struct kernel_path *self, int64_t until_ns)
{
    if (self->core.lease_until_ns != until_ns)
        NOTICE(self->host->notices, .kind = NOTICE_LEASE, .host = self->host,
               .value = (uint64_t)until_ns);
    self->core.lease_until_ns = until_ns;
}

int64_t kernel_path_lease_ns(const struct kernel_path *self)
{
    return self->core.lease_until_ns;
}

bool kernel_path_shares(const struct kernel_path *self, struct tcp_address client,
                        uint32_t client_isn)
{
    struct ft_flow_key key = {.client_ip = client.ip, .client_port = client.port};
    const struct ft_flow *flow = flow_table_find(&self->flows, &key);
    return flow != NULL && flow->assign.client_isn == client_isn &&
           ft_path_shared(&self->core, flow);
}

const uint64_t *kernel_path_counts(const struct kernel_path *self)
{
    return self->counts;
}

struct kernel_path *kernel_path_new(const struct kernel_path_settings *settings, struct host *host,
                                    enum ft_role role, uint64_t view)
{
    struct kernel_path *self = memory_new(sizeof *self);
    self->host = host;
    self->settings = *settings;
    self->hooks = (struct packet_hooks){
        .ingress = ingress,
        .egress = egress,
        .look_cycles = settings->user_level ? 0 : host->settings.costs->path_lookup,
    };
    uint32_t window = settings->tcp->receive_buffer_bytes;
    self->core = (struct ft_path_host){
        .key = settings->key,
        .service_ip = settings->service.ip,
        .service_port = settings->service.port,
        .mss = (uint16_t)settings->tcp->mss,
        .window = (uint16_t)(window < 0xffff ? window : 0xffff),
        .scale = settings->tcp->window_scale,
        .sack = settings->tcp->sack,
        .ack_gate = settings->ack_gate,
        .lease_until_ns = INT64_MAX,
        .listening = 1,
        .peer_listening = 1,
    };
    kernel_path_set_role(self, role, view); /* before there is a divert socket to close */
    struct divert_owner owner = {.decide = decide, .leave = leave, .context = self};
    self->divert = settings->user_level ? divert_new(host, &owner) : NULL;
    flow_table_init(&self->flows);
    host->hooks = &self->hooks;
    return self;
}

void kernel_path_free(struct kernel_path *self)
{
    if (self->host->hooks == &self->hooks)
        self->host->hooks = NULL;
    if (self->divert != NULL)
        divert_free(self->divert);
    flow_table_fini(&self->flows);
    syns_fini(&self->syns);
    memory_free(self);
}
