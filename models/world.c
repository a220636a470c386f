/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world - builds the service, its network and its clients, lets time pass, and asks everybody what they saw.
 *
 * Addresses: service LAN 10.0.0.0/24 with the service at .100 port 80, the servers at .1 and .2, client machines from .11 on;
 * the servers' own LAN 10.0.1.0/24. The service address is at the backup, if there is one.
 */
#include "models/world_state.h"

#include "core/ft_plant.h"
#include "sim/memory.h"

#include <stdlib.h>

enum {
    SERVICE_NET = 10 << 24,
    LOG_NET = 10 << 24 | 1 << 8,
    SERVICE_HOST = 100,
    FIRST_MACHINE = 11,
    HTTP_PORT = 80,
    FIRST_MACHINE_ID = 16
};
#define DRAIN_STEP_NS INT64_C(10000000)
#define MACHINE_HZ UINT64_C(1000000000)

static const char *const server_names[WORLD_SERVERS_MAX] = {"primary", "backup"};

/* --- building --------------------------------------------------------------------------------------------------- */

static void set_profile(struct world *self)
{
    const struct config *config = self->config;
    struct tcp_profile *tcp = &self->tcp;
    *tcp = tcp_profiles[config->tcp.profile];
    tcp->checksum = config->tcp.checksum;
    if (config->tcp.rto_min_ns > 0)
        tcp->rto_min_ns = config->tcp.rto_min_ns;
    if (config->tcp.initial_window > 0)
        tcp->initial_window_segments = (uint32_t)config->tcp.initial_window;
    if (config->tcp.receive_buffer > 0)
        tcp->receive_buffer_bytes = (uint32_t)config->tcp.receive_buffer;
    if (config->tcp.send_buffer > 0)
        tcp->send_buffer_bytes = (uint32_t)config->tcp.send_buffer;
    if (config->tcp.time_wait_ns > 0)
        tcp->time_wait_ns = config->tcp.time_wait_ns;
    if (config->tcp.delayed_ack_ns > 0)
        tcp->delayed_ack_ns = config->tcp.delayed_ack_ns;
}

static void build_lans(struct world *self)
{
    const struct config *config = self->config;
    struct lan_settings service = {
        .cable =
            {
                .rate_bps = config->network.rate_bps,
                .delay_ns = config->network.delay_ns,
                .queue_bytes = config->network.queue_bytes,
                .ppp = config->network.ppp,
                .impairment = config->network.impairment,
            },
        .station_queue_bytes = config->network.host_queue_bytes,
        .switch_latency_ns = config->network.switch_latency_ns,
        .direct = config->network.direct,
        .fates = &self->fates,
    };
    self->service_lan = lan_new(&self->simulation, &service, "service");
    if (self->scheme->log != LOG_OWN_LAN)
        return;
    struct lan_settings log = {
        .cable =
            {
                .rate_bps = config->log_network.rate_bps,
                .delay_ns = config->log_network.delay_ns,
                .queue_bytes = config->log_network.queue_bytes,
            },
        .direct = true,
        .fates = &self->fates,
    };
    self->log_lan = lan_new(&self->simulation, &log, "log");
}

static void build_servers(struct world *self)
{
    const struct config *config = self->config;
    self->server_count = self->scheme->servers;
    for (unsigned i = 0; i < self->server_count; i++) {
        struct host_settings settings = {
            .name = server_names[i],
            .hz = (uint64_t)config->cpu.hz,
            .cores = (unsigned)config->cpu.cores,
            .costs = &config->costs,
            .tcp = &self->tcp,
            .ring_packets = (uint32_t)config->cpu.ring_packets,
            .clock_offset_ns = config->clocks.offset_ns[i],
            .clock_ppm = config->clocks.ppm[i],
        };
        struct host *host = &self->servers[i].host;
        host_init(host, &self->simulation, self->packets, &self->notices, i, &settings);
        host_plug(host, NETWORK_SERVICE, self->service_lan, SERVICE_NET + i + 1);
        if (self->log_lan != NULL)
            host_plug(host, NETWORK_LOG, self->log_lan, LOG_NET + i + 1);
        stage_add(&self->stage, host);
    }
}

/* The service's own address is nobody else's. */
static uint32_t machine_ip(unsigned index)
{
    unsigned last = FIRST_MACHINE + index;
    return SERVICE_NET + last + (last >= SERVICE_HOST);
}

static void build_machines(struct world *self)
{
    self->machine_count = (unsigned)self->config->network.client_machines;
    self->machines = memory_new(self->machine_count * sizeof *self->machines);
    self->machine_list = memory_new(self->machine_count * sizeof(struct host *));
    for (unsigned i = 0; i < self->machine_count; i++) {
        struct host_settings settings = {
            .name = "client",
            .hz = MACHINE_HZ,
            .cores = 1,
            .costs = &self->free_costs,
            .tcp = &self->tcp,
        };
        struct host *host = &self->machines[i];
        host_init(host, &self->simulation, self->packets, &self->notices, FIRST_MACHINE_ID + i,
                  &settings);
        host_plug(host, NETWORK_SERVICE, self->service_lan, machine_ip(i));
        host->service_ip = self->service.ip;
        tcp_stack_set_ports(host->tcp, (uint32_t)self->config->clients.ports);
        self->machine_list[i] = host;
    }
}

static void introduce(struct host *host, const struct host *other)
{
    for (int network = 0; network < HOST_NICS; network++) {
        if (other->nics[network].lan != NULL)
            host_learn(host, (enum host_network)network, other->nics[network].ip,
                       other->nics[network].mac);
    }
}

static void introduce_all(struct world *self)
{
    const struct host *holder = &self->servers[self->server_count - 1].host;
    for (unsigned i = 0; i < self->machine_count; i++) {
        struct host *machine = &self->machines[i];
        host_learn(machine, NETWORK_SERVICE, self->service.ip, holder->nics[NETWORK_SERVICE].mac);
        for (unsigned s = 0; s < self->server_count; s++) {
            introduce(machine, &self->servers[s].host);
            introduce(&self->servers[s].host, machine);
        }
    }
    for (unsigned s = 0; s + 1 < self->server_count; s++) {
        introduce(&self->servers[s].host, &self->servers[s + 1].host);
        introduce(&self->servers[s + 1].host, &self->servers[s].host);
    }
}

static void note_role(struct observer *observer, const struct notice *notice)
{
    struct world *self = container_of(observer, struct world, roles);
    stage_note(&self->stage, notice);
}

static void build_stage(struct world *self)
{
    self->stage.simulation = &self->simulation;
    self->stage.service = self->service;
    self->stage.machines = self->machine_list;
    self->stage.machine_count = self->machine_count;
    self->stage.client_window_bytes = self->tcp.receive_buffer_bytes;
    self->stage.log_bytes = (uint64_t)self->config->replication.log_bytes;
    self->stage.late_ns = self->config->clients.late_ns;
    self->roles = (struct observer){
        .notice = note_role,
        .kinds =
            1u << NOTICE_PROPOSAL | 1u << NOTICE_ROLE | 1u << NOTICE_CRASH | 1u << NOTICE_RESTART,
    };
    notice_subscribe(&self->notices, &self->roles);
    for (unsigned i = 0; promises[i] != NULL; i++) {
        promise_init(&self->promises[i], promises[i], &self->stage);
        notice_subscribe(&self->notices, &self->promises[i].observer);
        self->promise_count++;
    }
}

static void start_servers(struct world *self)
{
    bool alone = self->server_count == 1;
    /* The backup first: it listens when the primary opens the log channel. */
    for (unsigned i = self->server_count; i-- > 0;) {
        enum ft_role role = alone                 ? FT_ROLE_SOLO
                            : i == SERVER_PRIMARY ? FT_ROLE_PRIMARY
                                                  : FT_ROLE_BACKUP;
        server_start(self, &self->servers[i], role);
    }
}

struct world *world_new(const struct config *config, uint64_t seed)
{
    struct world *self = memory_new(sizeof *self);
    int plant = ft_plant_use(config->plant);
    self->config = config;
    self->scheme = &schemes[config->scheme];
    simulation_init(&self->simulation, config->run.seed ? (uint64_t)config->run.seed : seed);
    self->packets = packet_pool_new();
    self->exchanges = exchange_pool_new();
    self->service = (struct tcp_address){.ip = SERVICE_NET + SERVICE_HOST, .port = HTTP_PORT};
    set_profile(self);
    fates_init(self);
    build_lans(self);
    build_servers(self);
    build_machines(self);
    introduce_all(self);
    build_stage(self);
    measures_start(self);
    self->clients =
        client_group_new(&config->clients, &client_wire_tcp, &self->simulation, self->machine_list,
                         self->machine_count, self->service, self->exchanges, &self->notices);
    start_servers(self);
    faults_start(self);
    self->phase = PHASE_BEGINS;
    ft_plant_use(plant);
    return self;
}

void world_free(struct world *self)
{
    int plant = ft_plant_use(self->config->plant);
    client_group_free(self->clients);
    for (unsigned i = 0; i < self->server_count; i++) {
        if (self->servers[i].host.alive)
            server_crash(self, &self->servers[i]);
        host_fini(&self->servers[i].host);
    }
    for (unsigned i = 0; i < self->machine_count; i++)
        host_fini(&self->machines[i]);
    lan_free(self->service_lan);
    if (self->log_lan != NULL)
        lan_free(self->log_lan);
    packet_pool_free(self->packets);
    exchange_pool_free(self->exchanges);
    simulation_fini(&self->simulation);
    memory_free(self->machine_list);
    memory_free(self->machines);
    memory_free(self);
    ft_plant_use(plant);
}

/* --- running ---------------------------------------------------------------------------------------------------- */

/* Time passes even if nothing happens any more. False: the limit of events came first. */
static bool pass_until(struct world *self, int64_t until_ns)
{
    struct simulation *simulation = &self->simulation;
    for (;;) {
        uint64_t fault = faults_next_event(self);
        simulation->events_limit = fault < self->events_limit ? fault : self->events_limit;
        simulation_run(simulation, until_ns);
        if (simulation->events < simulation->events_limit)
            break;
        faults_strike_at_event(self);
        if (simulation->events >= self->events_limit)
            return false;
    }
    if (simulation->now_ns < until_ns)
        simulation->now_ns = until_ns;
    return true;
}

static int64_t batch_end_ns(const struct world *self, int64_t batch)
{
    const struct config *config = self->config;
    return config->run.warmup_ns +
           (int64_t)((double)config->run.duration_ns * (double)batch / (double)config->run.batches);
}

static void begin(struct world *self)
{
    client_group_start(self->clients);
    self->phase = PHASE_WARMS_UP;
    self->mark_ns = self->config->run.warmup_ns;
}

static void begin_measuring(struct world *self)
{
    measures_begin(self);
    client_group_measure(self->clients);
    self->phase = PHASE_MEASURES;
    self->mark_ns = batch_end_ns(self, 1);
}

void world_conclude(struct world *self)
{
    if (self->phase == PHASE_OVER)
        return;
    client_group_conclude(self->clients);
    self->phase = PHASE_OVER;
}

static void end_or_look_again(struct world *self)
{
    bool waits =
        client_group_in_flight(self->clients) > 0 && self->simulation.now_ns < self->end_ns;
    if (waits) {
        self->mark_ns = self->simulation.now_ns + DRAIN_STEP_NS;
        return;
    }
    world_conclude(self);
}

static void end_batch(struct world *self)
{
    client_group_batch(self->clients);
    self->batches++;
    self->mark_ns = batch_end_ns(self, self->batches + 1);
    if (self->batches < self->config->run.batches)
        return;
    client_group_stop_measuring(self->clients);
    measures_end(self);
    client_group_drain(self->clients);
    self->phase = PHASE_DRAINS;
    self->end_ns = self->simulation.now_ns + self->config->run.drain_ns;
    end_or_look_again(self);
}

/* The run's next mark is reached. */
static void turn_page(struct world *self)
{
    static void (*const turns[])(struct world *) = {
        [PHASE_BEGINS] = begin,
        [PHASE_WARMS_UP] = begin_measuring,
        [PHASE_MEASURES] = end_batch,
        [PHASE_DRAINS] = end_or_look_again,
    };
    turns[self->phase](self);
}

static bool run_on(struct world *self, int64_t until_ns)
{
    if (self->phase == PHASE_BEGINS)
        turn_page(self);
    while (self->phase != PHASE_OVER && self->mark_ns <= until_ns) {
        if (!pass_until(self, self->mark_ns))
            return true;
        turn_page(self);
    }
    if (self->phase != PHASE_OVER)
        pass_until(self, until_ns);
    return self->phase != PHASE_OVER;
}

/* The thread may run other worlds in between. */
static bool run_until(struct world *self, int64_t until_ns, uint64_t events_limit)
{
    int plant = ft_plant_use(self->config->plant);
    self->events_limit = events_limit;
    bool goes_on = run_on(self, until_ns);
    ft_plant_use(plant);
    return goes_on;
}

bool world_run_until(struct world *self, int64_t until_ns)
{
    return run_until(self, until_ns, UINT64_MAX);
}

bool world_run_events(struct world *self, uint64_t count)
{
    return run_until(self, INT64_MAX, self->simulation.events + count);
}

void world_run_all(struct world *self)
{
    world_run_until(self, INT64_MAX);
}

bool world_is_quiet(const struct world *self)
{
    uint32_t sockets = 0;
    uint32_t stranded = client_group_stranded(self->clients, self->stage.exposed_before_ns);
    if (!client_group_at_rest(self->clients, stranded))
        return false;
    for (unsigned i = 0; i < self->machine_count; i++)
        sockets += tcp_sockets(self->machines[i].tcp);
    return sockets == stranded;
}

bool world_is_overdue(const struct world *self)
{
    const struct stage *stage = &self->stage;
    int64_t waits_since_ns = self->simulation.now_ns - stage->late_ns;
    if (stage->late_ns == 0 || stage->disturbed_until_ns >= waits_since_ns)
        return false;
    return client_group_oldest_ns(self->clients, stage->exposed_before_ns) < waits_since_ns;
}

int64_t world_now_ns(const struct world *self)
{
    return self->simulation.now_ns;
}

const struct promise *world_promise(const struct world *self, unsigned index)
{
    return index < self->promise_count ? &self->promises[index] : NULL;
}

void world_report(struct world *self, struct results *results)
{
    measures_report(self, results);
}

void world_run(const struct config *config, uint64_t seed, struct results *results)
{
    struct world *self = world_new(config, seed);
    world_run_all(self);
    world_report(self, results);
    world_free(self);
}
