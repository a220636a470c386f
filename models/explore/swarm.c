/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * swarm - the features: what they are called, and how each is drawn.
 */
#include "models/explore/swarm.h"

#include "core/ft_group.h"
#include "models/explore/explorer.h"
#include "models/scheme.h"

#include <math.h>

#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

enum { CLOCK_PPM = 200, ISN_PERIOD_S = 64, INITIAL_WINDOW = 10, PACKET_BYTES = 1500 };
enum { REINTEGRATIONS = 4, SEEDS_A_JOB = 16, REQUESTS_A_TURN = 25, WINDOWS = 16, PASSES = 4 };

/* --- drawing ------------------------------------------------------------------------------------------------------ */

static bool coin(struct swarm *self)
{
    return random_below(&self->random, 2) == 1;
}

/* Both ends included. */
static int64_t between(struct swarm *self, int64_t low, int64_t high)
{
    return low + (int64_t)random_below(&self->random, (uint64_t)(high - low) + 1);
}

/* Every order of magnitude is as likely as the others. */
static int64_t about(struct swarm *self, int64_t low, int64_t high)
{
    double ratio = (double)high / (double)low;
    return (int64_t)((double)low * pow(ratio, random_uniform(&self->random)));
}

#define ONE_OF(self, ...)                                                                          \
    ((const int64_t[]){__VA_ARGS__}[random_below(                                                  \
        &(self)->random, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))])

/* --- how the service is built, and who uses it -------------------------------------------------------------------- */

static void topology(struct swarm *self)
{
    struct config *config = self->config;
    int count = 0;
    while (schemes[count].name != NULL)
        count++;
    do
        config->scheme = (int)between(self, 0, count - 1);
    while (schemes[config->scheme].servers < 2);
    config->network.client_machines = between(self, 1, 3);
}

static void network(struct swarm *self)
{
    struct config *config = self->config;
    config->network.rate_bps = ONE_OF(self, 0, 10000000, 100000000, 1000000000);
    config->network.delay_ns = about(self, US, 2 * MS);
    config->network.queue_bytes = ONE_OF(self, 0, 16384, 262144);
    config->log_network.delay_ns = about(self, US, 2 * MS);
}

static void processors(struct swarm *self)
{
    self->config->cpu.hz = about(self, 100000000, 4000000000);
    self->config->cpu.cores = between(self, 1, 2);
    self->config->cpu.ring_packets = ONE_OF(self, 0, 8, 256);
}

/* Hosts that spend most of their time on one thing. */
static void costs(struct swarm *self)
{
    struct host_costs *costs = &self->config->costs;
    costs->path_forward = ONE_OF(self, 0, 1500, 40000);
    costs->copy_per_byte = (double)ONE_OF(self, 0, 2, 10, 50);
    costs->receive_data = ONE_OF(self, 0, 5500, 30000);
    costs->request_user = ONE_OF(self, 0, 149000, 1000000);
}

static void tcp(struct swarm *self)
{
    struct config *config = self->config;
    config->tcp.profile = (int)between(self, 0, 1); /* the two Linuxes */
    config->tcp.rto_min_ns = ONE_OF(self, 0, 5 * MS, 40 * MS);
    config->tcp.initial_window = ONE_OF(self, 0, 1, 30);
    config->tcp.receive_buffer = ONE_OF(self, 0, 4096, 16384);
    config->tcp.send_buffer = ONE_OF(self, 0, 4096, 16384);
    config->tcp.delayed_ack_ns = ONE_OF(self, 0, MS, 200 * MS);
}

static void clients(struct swarm *self)
{
    struct client_settings *clients = &self->config->clients;
    clients->count = between(self, 1, 4);
    clients->requests = between(self, 1, 5);
    clients->start_spread_ns = about(self, US, self->heal_ns);
    clients->head_bytes = ONE_OF(self, 1, 200, 3000);
}

static void connections(struct swarm *self)
{
    struct client_settings *clients = &self->config->clients;
    clients->connection = coin(self) ? CONNECTION_KEEP_ALIVE : CONNECTION_PER_REQUEST;
    clients->requests_per_connection = between(self, 0, 3);
    clients->pipeline = coin(self) ? between(self, 2, 4) : 1;
}

/* Ports are soon used again, as far as TIME_WAIT allows, which must outlast a retransmission of the last FIN. */
static void few_ports(struct swarm *self)
{
    self->config->clients.ports = between(self, 1, 4);
    self->config->tcp.time_wait_ns = about(self, 4 * SECOND, 6 * SECOND);
}

static void fickle(struct swarm *self)
{
    struct client_settings *clients = &self->config->clients;
    clients->abandon = coin(self) ? 0.5 : 0.1;
    clients->abandon_after = dist_constant((double)about(self, US, 50 * MS));
}

static void thinking(struct swarm *self)
{
    self->config->clients.think = dist_constant((double)about(self, US, self->heal_ns / 2));
}

static void slow_readers(struct swarm *self)
{
    self->config->clients.read_pause = dist_constant((double)about(self, 10 * US, 20 * MS));
}

static void posts(struct swarm *self)
{
    self->config->clients.post = coin(self) ? 1 : 0.5;
    self->config->clients.body = dist_constant((double)about(self, 1, 400000));
}

static void replies(struct swarm *self)
{
    self->config->clients.reply = dist_constant((double)about(self, 1, 400000));
}

static void dynamic(struct swarm *self)
{
    self->config->clients.service = dist_constant((double)about(self, US, 50 * MS));
}

static void small_server(struct swarm *self)
{
    self->config->server.workers = between(self, 1, 3);
    self->config->server.write_bytes = ONE_OF(self, 100, 1460, 65536);
}

static void small_log(struct swarm *self)
{
    struct config *config = self->config;
    config->replication.log_bytes = ONE_OF(self, 65536, 100000);
    config->clients.reply_max_bytes = config->replication.log_bytes / ONE_OF(self, 2, 4, 16);
    config->replication.fragment_bytes = ONE_OF(self, 500, 1000, 8192, 65536);
}

/* How long a full packet takes on the wire and in a host that copies it. */
static double packet_ns(const struct config *config)
{
    const struct host_costs *costs = &config->costs;
    double cycles = (double)(costs->receive_data + costs->path_lookup + costs->path_forward) +
                    costs->copy_per_byte * PACKET_BYTES;
    double work_s = cycles / (double)config->cpu.hz, rate_bps = (double)config->network.rate_bps;
    double wire_s = rate_bps > 0 ? 8 * PACKET_BYTES / rate_bps : 0;
    return (work_s + wire_s) * (double)SECOND;
}

/* The first flights of all clients together. */
static int64_t burst_ns(const struct config *config)
{
    int64_t window = config->tcp.initial_window > 0 ? config->tcp.initial_window : INITIAL_WINDOW;
    return (int64_t)((double)(window * config->clients.count) * packet_ns(config));
}

/* Sound settings, from eager to slack: a heartbeat that waits behind a burst of others' packets is no late one. */
static void timing(struct swarm *self)
{
    struct config *config = self->config;
    config->replication.heartbeat_ns = ONE_OF(self, 2 * MS, 5 * MS, 10 * MS);
    config->replication.lease_ns = config->replication.heartbeat_ns * between(self, 3, 8) +
                                   config_round_trip_ns(config) + burst_ns(config);
    config->replication.timeout_ns = config->replication.lease_ns * between(self, 11, 30) / 10;
    config->replication.log_timeout_ns = about(self, 50 * MS, 2 * SECOND);
}

static void clocks(struct swarm *self)
{
    for (unsigned i = 0; i < 2; i++) {
        self->config->clocks.ppm[i] = between(self, -CLOCK_PPM, CLOCK_PPM);
        self->config->clocks.offset_ns[i] = about(self, US, 900 * SECOND);
    }
    self->config->clocks.day_ns = ISN_PERIOD_S * SECOND - between(self, 0, self->heal_ns);
}

/* --- what goes wrong ---------------------------------------------------------------------------------------------- */

static struct fault *add_fault(struct swarm *self)
{
    struct config *config = self->config;
    if (config->fault_count == CONFIG_FAULTS_MAX)
        return &config->faults[CONFIG_FAULTS_MAX - 1];
    struct fault *fault = &config->faults[config->fault_count++];
    *fault = (struct fault){.client = -1, .count = 1};
    return fault;
}

/* At a time, for a while, healed when everything has. */
static struct fault *add_while(struct swarm *self, int64_t shortest_ns)
{
    struct fault *fault = add_fault(self);
    fault->at_ns = about(self, US, self->heal_ns - shortest_ns);
    fault->for_ns = about(self, shortest_ns, self->heal_ns - fault->at_ns);
    return fault;
}

static int any_server(struct swarm *self)
{
    return coin(self) ? TARGET_PRIMARY : TARGET_BACKUP;
}

static int any_cables(struct swarm *self)
{
    bool own_lan = schemes[self->config->scheme].log == LOG_OWN_LAN;
    return (int)ONE_OF(self, TARGET_CLIENTS, TARGET_PRIMARY, TARGET_BACKUP, TARGET_SERVERS,
                       own_lan ? TARGET_LOG_CHANNEL : TARGET_CLIENTS);
}

static double some_probability(struct swarm *self)
{
    return (double)about(self, 1000, 200000) / 1e6;
}

static void loss(struct swarm *self)
{
    struct fault *fault = add_while(self, MS);
    fault->on = any_cables(self);
    fault->loss = some_probability(self);
}

static void duplication(struct swarm *self)
{
    struct fault *fault = add_while(self, MS);
    fault->on = any_cables(self);
    fault->duplicate = some_probability(self);
}

static void reordering(struct swarm *self)
{
    struct fault *fault = add_while(self, MS);
    fault->on = any_cables(self);
    fault->reorder = some_probability(self);
    fault->reorder_delay_ns = about(self, 10 * US, 20 * MS);
}

static void corruption(struct swarm *self)
{
    struct fault *fault = add_while(self, MS);
    fault->on = any_cables(self);
    fault->corrupt = some_probability(self);
}

static void pauses(struct swarm *self)
{
    for (int64_t count = between(self, 1, 2); count > 0; count--) {
        struct fault *fault = add_while(self, 100 * US);
        fault->pause = any_server(self);
        fault->survivable = true;
    }
}

static void client_cuts(struct swarm *self)
{
    add_while(self, 100 * US)->cut = TARGET_CLIENTS;
}

static void log_cuts(struct swarm *self)
{
    self->config->replication.log_policy = coin(self) ? FT_LOG_CUT_SIMPLEX : FT_LOG_CUT_STOP;
    add_while(self, MS)->cut = TARGET_LOG_CHANNEL;
}

/* So short that they hear each other again, and one of them is out, before the primary takes its backup for dead. Not before
 * each knows that the other lives: then only an echo proves it, and takes a heartbeat more (ft_peer). */
static void server_cuts(struct swarm *self)
{
    struct fault *fault = add_fault(self);
    const struct config *config = self->config;
    int64_t echo_ns = 3 * config->replication.heartbeat_ns + config_round_trip_ns(config);
    int64_t longest_ns = 2 * config->replication.timeout_ns - echo_ns;
    if (longest_ns > config->replication.timeout_ns * 3 / 2)
        longest_ns = config->replication.timeout_ns * 3 / 2;
    fault->cut = TARGET_SERVERS;
    fault->at_ns = echo_ns + about(self, US, self->heal_ns);
    fault->for_ns = about(self, 100 * US, longest_ns);
}

/* At a time, or at a moment of the protocol's own. */
static void when(struct swarm *self, struct fault *fault)
{
    fault->survivable = true;
    if (coin(self)) {
        fault->at_ns = about(self, US, self->heal_ns);
        return;
    }
    fault->when = (int)ONE_OF(self, NOTICE_CONNECTION_OPEN, NOTICE_REQUEST_PART,
                              NOTICE_REQUEST_RECEIVED, NOTICE_EXECUTING, NOTICE_EXECUTED,
                              NOTICE_RECORD_SENT, NOTICE_REPLY_LOGGED, NOTICE_REPLY_RELEASED,
                              NOTICE_REPLY_SEGMENT_SENT, NOTICE_CONNECTION_CLOSING, NOTICE_ROLE);
    fault->count = about(self, 1, 40);
    fault->after_ns = coin(self) ? about(self, 100, 5 * MS) : 0;
}

static void crash(struct swarm *self)
{
    struct fault *fault = add_fault(self);
    fault->crash = any_server(self);
    when(self, fault);
}

static void kill_server(struct swarm *self)
{
    struct fault *fault = add_fault(self);
    fault->kill = any_server(self);
    when(self, fault);
}

/* One dies and comes back, and then one dies again: when it does, on its way into service, or long after. Clients are there all the
 * while. */
static void reintegration(struct swarm *self)
{
    struct client_settings *clients = &self->config->clients;
    if (random_below(&self->random, REINTEGRATIONS) != 0)
        return;
    struct fault *fault = add_fault(self);
    fault->crash = any_server(self);
    fault->survivable = true;
    fault->at_ns = about(self, US, 100 * MS);
    int64_t back_ns = fault->at_ns + about(self, 50 * MS, 300 * MS);
    fault = add_fault(self);
    fault->restart = any_server(self); /* whichever is dead */
    fault->at_ns = back_ns;
    fault = add_fault(self);
    fault->crash = any_server(self);
    when(self, fault);
    if (fault->when == NOTICE_NONE)
        fault->at_ns = back_ns + about(self, 100 * US, 300 * MS);
    else
        fault->not_before_ns = back_ns;
    clients->requests = between(self, 4, 12);
    clients->think = dist_constant((double)(back_ns + 300 * MS) / (double)clients->requests);
}

const struct swarm_feature swarm_features[] = {
    {"topology", "scheme and number of client machines", topology},
    {"network", "rates, delays and queues", network},
    {"processors", "clock rates, cores, receive rings", processors},
    {"costs", "what the hosts spend their time on", costs},
    {"tcp", "profile, time-outs, windows, buffers", tcp},
    {"clients", "how many, how many requests each, when they begin", clients},
    {"connections", "keep-alive or one a request, pipelining", connections},
    {"few-ports", "client ports that are soon used again", few_ports},
    {"fickle", "clients that change their minds", fickle},
    {"thinking", "pauses between requests", thinking},
    {"slow-readers", "clients that leave bytes unread for a while", slow_readers},
    {"posts", "requests with bodies", posts},
    {"replies", "their sizes", replies},
    {"dynamic", "replies that take time to make", dynamic},
    {"small-server", "few workers, small writes", small_server},
    {"small-log", "a log that is soon full, small and large fragments", small_log},
    {"timing", "heartbeats, lease, time-outs", timing},
    {"clocks", "servers' clocks that drift and began at other times", clocks},
    {"loss", "packets are lost", loss},
    {"duplication", "packets arrive twice", duplication},
    {"reordering", "packets are overtaken", reordering},
    {"corruption", "packets with a wrong bit", corruption},
    {"pauses", "a server that computes nothing for a while", pauses},
    {"client-cuts", "clients are cut off for a while", client_cuts},
    {"log-cuts", "the log channel is cut for a while", log_cuts},
    {"server-cuts", "the servers do not hear each other for a moment", server_cuts},
    {"crash", "a server dies", crash},
    {"kill", "a server's processes die, and its kernel says so", kill_server},
    {"reintegration", "a server dies and comes back, and one dies again", reintegration},
    {.name = NULL},
};

/* All that clients send and get, which passes each of some hosts and cables more than once. */
static int64_t transfers_ns(const struct config *config)
{
    const struct client_settings *clients = &config->clients;
    double bytes = dist_mean(&clients->body) + dist_mean(&clients->reply);
    double packets = (double)(clients->count * clients->requests) * bytes / PACKET_BYTES;
    return (int64_t)(PASSES * packets * packet_ns(config));
}

/* Where each request may come from a port that has to rest first. */
static int64_t waits_for_ports_ns(const struct config *config)
{
    const struct client_settings *clients = &config->clients;
    int64_t most = clients->count * clients->requests, rest_ns = config->tcp.time_wait_ns;
    if (rest_ns == 0)
        rest_ns = tcp_profiles[config->tcp.profile].time_wait_ns;
    return clients->ports > 0 ? most / clients->ports * rest_ns : 0;
}

/* Time enough for everything to end after the last fault, however far the retransmission timers have backed off, and though one
 * worker may have to serve all in turn; and for TCP to forget a peer that died with its connections. */
static void give_time(struct config *config)
{
    struct client_settings *clients = &config->clients;
    clients->loop = LOOP_CLOSED;
    if (clients->requests == 0)
        clients->requests = 3;
    int64_t turns = 1 + clients->count * clients->requests / REQUESTS_A_TURN;
    clients->timeout_ns = 0;
    clients->late_ns =
        turns * 12 * tcp_profiles[config->tcp.profile].rto_initial_ns + transfers_ns(config);
    /* A server that hangs up on a client whose segments are lost again and again has not waited as long as we do. */
    if (config->server.keep_alive_ns > 0 && config->server.keep_alive_ns < clients->late_ns)
        config->server.keep_alive_ns = clients->late_ns;
    config->run.warmup_ns = 0;
    config->run.duration_ns = config->run.drain_ns =
        5 * clients->late_ns + TCP_FIN_WAIT_2_NS + waits_for_ports_ns(config);
}

/* Where a window holds only two segments or three, many of them wait for a timer, in any TCP. */
static void limit_bytes(struct config *config)
{
    double most = (double)(config->tcp.receive_buffer * WINDOWS);
    if (most > 0 && dist_mean(&config->clients.body) > most)
        config->clients.body = dist_constant(most);
    if (most > 0 && dist_mean(&config->clients.reply) > most)
        config->clients.reply = dist_constant(most);
}

/* A client that vanished without a word, because the network lost it, holds its worker in any server for as long as TCP and
 * keep-alive let it, and nobody promises the others that they need not wait. */
static void give_workers(struct config *config, const struct config *base)
{
    if (config->clients.abandon > 0)
        config->server.workers = base->server.workers;
}

/* Each feature has a stream of its own: a new one changes nothing about the others. */
void swarm_draw(struct config *out, const struct config *base, uint64_t seed)
{
    *out = *base;
    struct swarm self = {.config = out};
    random_init(&self.random, seed, random_entity("swarm", 0));
    self.heal_ns = about(&self, 10 * MS, SECOND);
    for (const struct swarm_feature *feature = swarm_features; feature->name != NULL; feature++) {
        random_init(&self.random, seed, random_entity(feature->name, 0));
        if (coin(&self))
            feature->draw(&self);
    }
    limit_bytes(out);
    give_time(out);
    give_workers(out, base);
    out->run.seed = (int64_t)seed;
}

/* --- the strategy ------------------------------------------------------------------------------------------------- */

static uint64_t seeds(const struct explorer_settings *settings)
{
    return settings->last_seed - settings->first_seed + 1;
}

static size_t jobs(struct explorer *self)
{
    return (seeds(&self->settings) + SEEDS_A_JOB - 1) / SEEDS_A_JOB;
}

uint64_t swarm_next_seed(const struct explorer *explorer, const struct tally *tally)
{
    return explorer->settings.first_seed + tally_next_job(tally) * SEEDS_A_JOB;
}

static void work(struct job *self, size_t number)
{
    const struct explorer_settings *settings = &self->explorer->settings;
    struct config config;
    for (uint64_t i = 0; i < SEEDS_A_JOB; i++) {
        uint64_t index = number * SEEDS_A_JOB + i;
        if (index >= seeds(settings))
            return;
        swarm_draw(&config, &self->explorer->beside, settings->first_seed + index);
        if (job_trial(self, &config, settings->seed, 1))
            return;
    }
}

const struct strategy strategy_swarm = {
    .name = "swarm",
    .help = "random scenarios under random faults, from seeds",
    .unit = "seeds",
    .jobs = jobs,
    .work = work,
};
