/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * params - the rows, and what no single row can say about a config.
 */
#include "models/params.h"

#include "core/ft_group.h"
#include "models/plants.h"
#include "models/scheme.h"

#include <math.h>
#include <stdio.h>

#define AT(field) .offset = offsetof(struct config, field)
#define MS 1e6
#define SECONDS 1e9
#define FOREVER (1e5 * SECONDS)
#define MEGA 1048576.0

static const char *const loops[] = {"closed", "open", NULL};
static const char *const connections[] = {"per-request", "keep-alive", NULL};
static const char *const log_policies[] = {"simplex", "stop", NULL};
static const char *const tcp_profile_names[] = {"linux-2.4", "linux-6", "ns-3", NULL};

#define CYCLES(field_, help_)                                                                      \
    {                                                                                              \
        .name = "costs." #field_, .kind = PARAM_CYCLES, .standard = "0", .max = 1e9,               \
        AT(costs.field_), .help = help_                                                            \
    }
#define CYCLES_PER_BYTE(field_, help_)                                                             \
    {                                                                                              \
        .name = "costs." #field_, .kind = PARAM_NUMBER, .standard = "0", .max = 1e6,               \
        AT(costs.field_), .help = help_                                                            \
    }

static const struct param params[] = {
    {"scheme", PARAM_CHOICE, "unreplicated", 0, 0, AT(scheme), .choices = scheme_names,
     .help = "how the service is built"},
    {"plant", PARAM_CHOICE, "none", 0, 0, AT(plant), .choices = plant_names,
     .help = "a planted bug; only teaching builds have any (`understudy plants` lists them)"},

    {"network.rate", PARAM_RATE, "100Mbps", 0, 1e13, AT(network.rate_bps),
     .help = "rate of every cable of the service LAN, each way; 0: infinitely fast"},
    {"network.delay", PARAM_DURATION, "5us", 0, 60 * SECONDS, AT(network.delay_ns),
     .help = "propagation along one cable"},
    {"network.queue", PARAM_SIZE, "256KB", 0, 1e12, AT(network.queue_bytes),
     .help = "bytes that may wait in the switch in front of a cable; 0: unlimited"},
    {"network.host_queue", PARAM_SIZE, "0", 0, 1e12, AT(network.host_queue_bytes),
     .help = "bytes that may wait in a host's NIC; 0: unlimited, as TCP's own limits bound them"},
    {"network.switch_latency", PARAM_DURATION, "10us", 0, SECONDS, AT(network.switch_latency_ns),
     .help = "what the switch takes beyond storing and forwarding"},
    {"network.loss", PARAM_NUMBER, "0", 0, 1, AT(network.impairment.loss),
     .help = "probability that a packet is lost on a cable"},
    {"network.duplicate", PARAM_NUMBER, "0", 0, 1, AT(network.impairment.duplicate),
     .help = "probability that a packet arrives twice"},
    {"network.reorder", PARAM_NUMBER, "0", 0, 1, AT(network.impairment.reorder),
     .help = "probability that a packet is delayed by network.reorder_delay"},
    {"network.reorder_delay", PARAM_DURATION, "1ms", 0, 60 * SECONDS,
     AT(network.impairment.reorder_delay_ns), .help = "how much later a reordered packet arrives"},
    {"network.corrupt", PARAM_NUMBER, "0", 0, 1, AT(network.impairment.corrupt),
     .help = "probability that a packet's payload or header is damaged"},
    {"network.direct", PARAM_BOOL, "no", 0, 0, AT(network.direct),
     .help = "one cable between one client machine and one server, no switch"},
    {"network.ppp", PARAM_BOOL, "no", 0, 0, AT(network.ppp),
     .help = "frames as ns-3's point-to-point links have them: 2 bytes of overhead, no minimum"},
    {"network.client_machines", PARAM_INT, "4", 1, 200, AT(network.client_machines),
     .help = "hosts that the clients run on"},

    {"log_network.rate", PARAM_RATE, "1Gbps", 0, 1e13, AT(log_network.rate_bps),
     .help = "rate of the servers' own LAN (schemes that have one)"},
    {"log_network.delay", PARAM_DURATION, "5us", 0, 60 * SECONDS, AT(log_network.delay_ns),
     .help = "propagation along one of its cables"},
    {"log_network.queue", PARAM_SIZE, "256KB", 0, 1e12, AT(log_network.queue_bytes),
     .help = "bytes that may wait in front of one of its cables; 0: unlimited"},

    {"tcp.profile", PARAM_CHOICE, "linux-2.4", 0, 0, AT(tcp.profile), .choices = tcp_profile_names,
     .help = "which kernel's TCP"},
    {"tcp.rto_min", PARAM_DURATION, "0", 0, 60 * SECONDS, AT(tcp.rto_min_ns),
     .help = "lower bound of the retransmission time-out; 0: the profile's"},
    {"tcp.initial_window", PARAM_INT, "0", 0, 1000, AT(tcp.initial_window),
     .help = "segments of the first flight; 0: the profile's"},
    {"tcp.receive_buffer", PARAM_SIZE, "0", 0, 1e9, AT(tcp.receive_buffer),
     .help = "receive buffer; 0: the profile's"},
    {"tcp.send_buffer", PARAM_SIZE, "0", 0, 1e9, AT(tcp.send_buffer),
     .help = "send buffer; 0: the profile's"},
    {"tcp.time_wait", PARAM_DURATION, "0", 0, 600 * SECONDS, AT(tcp.time_wait_ns),
     .help = "how long TIME_WAIT lasts; 0: the profile's"},
    {"tcp.delayed_ack", PARAM_DURATION, "0", 0, SECONDS, AT(tcp.delayed_ack_ns),
     .help = "the longest that an ACK waits; 0: the profile's"},
    {"tcp.checksum", PARAM_BOOL, "yes", 0, 0, AT(tcp.checksum),
     .help = "whether TCP checksums are computed and verified"},

    {"cpu.hz", PARAM_FREQUENCY, "350MHz", 1e3, 1e12, AT(cpu.hz),
     .help = "clock of a server's core"},
    {"cpu.cores", PARAM_INT, "1", 1, CPU_CORES_MAX, AT(cpu.cores), .help = "cores of a server"},
    {"cpu.ring", PARAM_INT, "256", 0, 1e9, AT(cpu.ring_packets),
     .help = "packets that may wait in a server's NIC for the CPU; 0: unlimited"},

    {"clocks.primary_offset", PARAM_DURATION, "0", 0, 1000 * SECONDS, AT(clocks.offset_ns[0]),
     .help = "what the first primary's clock shows at the start"},
    {"clocks.backup_offset", PARAM_DURATION, "0", 0, 1000 * SECONDS, AT(clocks.offset_ns[1]),
     .help = "what the first backup's clock shows at the start"},
    {"clocks.primary_ppm", PARAM_INT, "0", -100000, 100000, AT(clocks.ppm[0]),
     .help = "by how many parts per million the first primary's clock is fast"},
    {"clocks.backup_ppm", PARAM_INT, "0", -100000, 100000, AT(clocks.ppm[1]),
     .help = "by how many parts per million the first backup's clock is fast"},
    {"clocks.day", PARAM_DURATION, "0", 0, 1000 * SECONDS, AT(clocks.day_ns),
     .help =
         "time of day at the start (both servers agree about it): when ISNs enter a new period"},

    CYCLES(interrupt, "one NIC interrupt"),
    CYCLES(receive_data, "driver, IP and TCP for an arriving segment with payload"),
    CYCLES(receive_ack, "the same without payload"),
    CYCLES(transmit_data, "TCP, IP and driver for a departing segment with payload"),
    CYCLES(transmit_ack, "the same without payload"),
    CYCLES(connection_open, "a new connection, beyond its packets"),
    CYCLES(connection_close, "the end of a connection, beyond its packets"),
    CYCLES(system_call, "entry, exit and dispatch of one system call"),
    CYCLES(context_switch, "switch to another process, with what it costs its caches"),
    CYCLES_PER_BYTE(copy_per_byte, "copy between user and kernel space, cycles per byte"),
    CYCLES_PER_BYTE(checksum_per_byte, "checksum of payload, cycles per byte"),
    CYCLES(request_kernel, "file and housekeeping system calls of one request"),
    CYCLES(request_user, "the server's own work for one request"),
    CYCLES_PER_BYTE(generate_per_byte, "making a reply, cycles per byte of it"),
    CYCLES_PER_BYTE(consume_per_byte, "looking at a request's body, cycles per byte of it"),
    CYCLES(path_lookup, "packet path: connection table and header rewriting, per packet"),
    CYCLES(path_forward,
           "packet path: a socket buffer for a packet that it clones or, as a process, sends"),
    CYCLES(path_suppress, "packet path: dropping a packet at the device queue"),
    CYCLES(heartbeat, "making or taking one heartbeat"),
    CYCLES(record_user, "message path: handling one log record, at each process that does"),
    CYCLES(hand_off, "message path: one hand-over between processes, beyond switch and copies"),
    CYCLES(proxy_message, "user-level proxy: handling of one packet, or of one part of a message"),

    {"clients.count", PARAM_INT, "16", 1, 1e6, AT(clients.count),
     .help = "clients of the closed loop"},
    {"clients.loop", PARAM_CHOICE, "closed", 0, 0, AT(clients.loop), .choices = loops,
     .help = "closed: a client waits for its reply; open: requests arrive by themselves"},
    {"clients.connection", PARAM_CHOICE, "per-request", 0, 0, AT(clients.connection),
     .choices = connections, .help = "how long a connection lives"},
    {"clients.requests", PARAM_INT, "0", 0, 1e12, AT(clients.requests),
     .help = "each client stops after so many requests; 0: never"},
    {"clients.requests_per_connection", PARAM_INT, "0", 0, 1e9, AT(clients.requests_per_connection),
     .help = "keep-alive: reconnect after so many requests; 0: never"},
    {"clients.pipeline", PARAM_INT, "1", 1, 1000, AT(clients.pipeline),
     .help = "requests in flight on one connection"},
    {"clients.think", PARAM_DURATION_DIST, "0", 0, FOREVER, AT(clients.think),
     .help = "between the end of a reply and the next request"},
    {"clients.read_pause", PARAM_DURATION_DIST, "0", 0, FOREVER, AT(clients.read_pause),
     .help = "how long a client leaves bytes unread that have come"},
    {"clients.interval", PARAM_DURATION_DIST, "exp(10ms)", 0, FOREVER, AT(clients.interval),
     .help = "between arrivals (open loop)"},
    {"clients.post", PARAM_NUMBER, "0", 0, 1, AT(clients.post),
     .help = "fraction of requests that are POSTs"},
    {"clients.body", PARAM_SIZE_DIST, "1KB", 0, 1e9, AT(clients.body), .help = "body of a POST"},
    {"clients.reply", PARAM_SIZE_DIST, "10KB", 0, 1e9, AT(clients.reply),
     .help = "body of a reply"},
    {"clients.reply_max", PARAM_SIZE, "16MiB", 1, 1e9, AT(clients.reply_max_bytes),
     .help = "larger replies are cut to this"},
    {"clients.service", PARAM_DURATION_DIST, "0", 0, FOREVER, AT(clients.service),
     .help = "time that making a dynamic reply takes besides CPU; 0: replies are static"},
    {"clients.head", PARAM_SIZE, "200B", 1, 65536, AT(clients.head_bytes),
     .help = "request line and headers"},
    {"clients.timeout", PARAM_DURATION, "30s", 0, FOREVER, AT(clients.timeout_ns),
     .help = "a client's patience with one request; 0: endless"},
    {"clients.late", PARAM_DURATION, "10s", 0, FOREVER, AT(clients.late_ns),
     .help = "liveness bound: replies after this are late; 0: none"},
    {"clients.abandon", PARAM_NUMBER, "0", 0, 1, AT(clients.abandon),
     .help = "fraction of requests whose client changes its mind and resets the connection"},
    {"clients.abandon_after", PARAM_DURATION_DIST, "uniform(0, 10ms)", 0, FOREVER,
     AT(clients.abandon_after), .help = "how long after sending it; no sooner than it ends"},
    {"clients.ports", PARAM_INT, "28232", 1, 28232, AT(clients.ports),
     .help = "ports of a client machine, handed out in turn: few are soon used again"},
    {"clients.start_spread", PARAM_DURATION, "10ms", 0, FOREVER, AT(clients.start_spread_ns),
     .help = "clients begin at random within this"},

    {"server.workers", PARAM_INT, "150", 1, 1e6, AT(server.workers),
     .help = "connections served at a time"},
    {"server.backup_workers", PARAM_INT, "0", 0, 1e6, AT(server.backup_workers),
     .help =
         "connections in which a backup waits for the log at a time; 0: all (with fewer, the two "
         "servers can wait for each other)"},
    {"server.backlog", PARAM_INT, "511", 1, 1e6, AT(server.backlog),
     .help = "handshakes that may be in progress"},
    {"server.keep_alive", PARAM_DURATION, "15s", 0, FOREVER, AT(server.keep_alive_ns),
     .help = "idle connections are closed after this; 0: never"},
    {"server.write", PARAM_SIZE, "64KB", 1, 1e9, AT(server.write_bytes),
     .help = "the most that one write hands to the kernel"},

    {"replication.heartbeat", PARAM_DURATION, "5ms", 1e3, 60 * SECONDS,
     AT(replication.heartbeat_ns), .help = "time between heartbeats"},
    {"replication.timeout", PARAM_DURATION, "50ms", 1e4, 600 * SECONDS, AT(replication.timeout_ns),
     .help = "silence after which the backup takes over"},
    {"replication.lease", PARAM_DURATION, "30ms", 1e4, 600 * SECONDS, AT(replication.lease_ns),
     .help = "how long the primary may speak after a heartbeat that the backup echoed"},
    {"replication.log_timeout", PARAM_DURATION, "2s", 1e6, 600 * SECONDS,
     AT(replication.log_timeout_ns),
     .help = "replies waiting for the log without any progress for so long: the channel is cut"},
    {"replication.log", PARAM_SIZE, "64MiB", 65536, 1e12, AT(replication.log_bytes),
     .help = "memory for the log of replies"},
    {"replication.bodies", PARAM_SIZE, "64MiB", 65536, 1e12, AT(replication.body_bytes),
     .help = "memory for bodies of requests that the backup keeps until their replies are logged; "
             "larger ones are refused (testbed; simulated ones take none)"},
    {"replication.fragment", PARAM_SIZE, "8KB", 64, 1e6, AT(replication.fragment_bytes),
     .help = "the most of a reply that one log record carries"},
    {"replication.ack_gate", PARAM_BOOL, "yes", 0, 0, AT(replication.ack_gate),
     .help = "acknowledge client bytes only when both servers hold them"},
    {"replication.log_cut", PARAM_CHOICE, "simplex", 0, 0, AT(replication.log_policy),
     .choices = log_policies,
     .help = "a log channel that makes no progress: go on without the backup, or stop and wait"},

    {"run.warmup", PARAM_DURATION, "2s", 0, FOREVER, AT(run.warmup_ns),
     .help = "what happens before is not measured"},
    {"run.duration", PARAM_DURATION, "10s", MS, FOREVER, AT(run.duration_ns),
     .help = "measured time"},
    {"run.drain", PARAM_DURATION, "30s", 0, FOREVER, AT(run.drain_ns),
     .help = "after that no new requests; those in flight get so long to end"},
    {"run.replications", PARAM_INT, "1", 1, 1e6, AT(run.replications),
     .help = "runs of every point, with different random numbers"},
    {"run.batches", PARAM_INT, "10", 2, 1000, AT(run.batches),
     .help = "parts of the measured time, for the confidence intervals of one run"},
    {"run.seed", PARAM_INT, "0", 0, 9007199254740992, AT(run.seed),
     .help = "seed of this very run; 0: the command's (what `explore` found has its own)"},
    {.name = NULL},
};

/* --- faults ----------------------------------------------------------------------------------------------------- */

#define IN(field) .offset = offsetof(struct fault, field)
const char *const fault_target_names[] = {"none",    "primary", "backup", "log_channel",
                                          "clients", "servers", NULL};
const char *const fault_fate_names[] = {"none", "lost", "duplicated", "corrupted", "late", NULL};

static const struct param fault_params[] = {
    {"crash", PARAM_CHOICE, "none", 0, 0, IN(crash), .choices = fault_target_names,
     .help = "a host that dies silently"},
    {"kill", PARAM_CHOICE, "none", 0, 0, IN(kill), .choices = fault_target_names,
     .help = "a host whose server processes die; its kernel lives and closes their connections"},
    {"restart", PARAM_CHOICE, "none", 0, 0, IN(restart), .choices = fault_target_names,
     .help = "a host that died or was put out comes back, empty, and asks to be taken in"},
    {"pause", PARAM_CHOICE, "none", 0, 0, IN(pause), .choices = fault_target_names,
     .help = "a host that stops computing for a while, and is not dead"},
    {"cut", PARAM_CHOICE, "none", 0, 0, IN(cut), .choices = fault_target_names,
     .help = "a path that carries nothing for a while"},
    {"loss", PARAM_NUMBER, "0", 0, 1, IN(loss),
     .help = "probability of loss on the cables of `on`"},
    {"duplicate", PARAM_NUMBER, "0", 0, 1, IN(duplicate), .help = "probability of arriving twice"},
    {"corrupt", PARAM_NUMBER, "0", 0, 1, IN(corrupt), .help = "probability of one wrong bit"},
    {"reorder", PARAM_NUMBER, "0", 0, 1, IN(reorder),
     .help = "probability of being late by `reorder_delay`"},
    {"reorder_delay", PARAM_DURATION, "0", 0, 60 * SECONDS, IN(reorder_delay_ns),
     .help = "how much later a reordered packet arrives"},
    {"on", PARAM_CHOICE, "none", 0, 0, IN(on), .choices = fault_target_names,
     .help = "whose cables are so spoilt"},
    {"fate", PARAM_CHOICE, "none", 0, 0, IN(fate), .choices = fault_fate_names,
     .help = "what becomes of the packet with the number `packet`"},
    {"packet", PARAM_INT, "0", 0, 1e12, IN(packet),
     .help = "number of a packet among all that were put on links (what `explore` found)"},
    {"bit", PARAM_INT, "0", 0, 1e9, IN(bit), .help = "which bit of a corrupted packet is wrong"},
    {"at", PARAM_DURATION, "0", 0, FOREVER, IN(at_ns),
     .help = "when, from the start of the run (without `when`)"},
    {"event", PARAM_INT, "0", 0, 1e12, IN(event),
     .help = "when so many events of the simulation have fired (what `explore` found); 0: not so"},
    {"when", PARAM_CHOICE, "none", 0, 0, IN(when), .choices = notice_names,
     .help = "the protocol event that brings it on"},
    {"count", PARAM_INT, "1", 1, 1e12, IN(count), .help = "at the count-th such event"},
    {"client", PARAM_INT, "-1", -1, 1e6, IN(client), .help = "only events of this client; -1: any"},
    {"request", PARAM_INT, "0", 0, 1e9, IN(request),
     .help = "only of the request with this number on its connection; 0: any"},
    {"segment", PARAM_INT, "0", 0, 1e12, IN(segment),
     .help = "only at this segment of a reply; 0: any"},
    {"not_before", PARAM_DURATION, "0", 0, FOREVER, IN(not_before_ns),
     .help = "events before this time do not count"},
    {"after", PARAM_DURATION, "0", 0, FOREVER, IN(after_ns),
     .help = "delay between event and strike"},
    {"every", PARAM_DURATION, "0", 0, FOREVER, IN(every_ns),
     .help = "strikes again after so long, to the end of the measured time (with `at`); 0: once"},
    {"survivable", PARAM_BOOL, "no", 0, 0, IN(survivable),
     .help = "strikes only if the service survives it: the other server could go on alone now, or, "
             "if this one pauses, it is not dead"},
    {"for", PARAM_DURATION, "0", 0, FOREVER, IN(for_ns),
     .help = "pause, cut and spoilt cables end after this; 0: never; how late a late packet is"},
    {.name = NULL},
};

static const char *check_fault(const void *element)
{
    const struct fault *fault = element;
    bool spoils =
        fault->loss > 0 || fault->duplicate > 0 || fault->corrupt > 0 || fault->reorder > 0;
    int kinds = (fault->crash != TARGET_NONE) + (fault->restart != TARGET_NONE) +
                (fault->kill != TARGET_NONE) + (fault->pause != TARGET_NONE) +
                (fault->cut != TARGET_NONE) + spoils + (fault->fate != FATE_NONE);
    if (kinds != 1)
        return "a fault is exactly one of crash, kill, restart, pause, cut, fate, or what spoils "
               "cables (loss, duplicate, corrupt, reorder)";
    int host = fault->crash | fault->kill | fault->restart | fault->pause;
    if (host != TARGET_NONE && host != TARGET_PRIMARY && host != TARGET_BACKUP)
        return "only a host (primary, backup) can crash, restart or pause, or its server be killed";
    if (fault->cut == TARGET_PRIMARY || fault->cut == TARGET_BACKUP)
        return "only a path (log_channel, clients, servers) can be cut";
    if (spoils != (fault->on != TARGET_NONE))
        return "loss, duplicate, corrupt and reorder need `on`, and `on` needs one of them";
    if ((fault->reorder > 0) != (fault->reorder_delay_ns > 0))
        return "reorder needs reorder_delay, and reorder_delay needs reorder";
    if ((fault->fate != FATE_NONE) != (fault->packet > 0))
        return "fate needs `packet`, and `packet` needs fate";
    if ((fault->when != NOTICE_NONE) + (fault->at_ns > 0) + (fault->event > 0) +
            (fault->packet > 0) >
        1)
        return "a fault strikes at a time, at a protocol event (when), after a number of events "
               "(event) or on one packet: only one of them";
    if (fault->every_ns > 0 && fault->at_ns == 0)
        return "`every` needs `at`, the first time";
    if (fault->every_ns > 0 && fault->for_ns >= fault->every_ns)
        return "it must end (for) before it strikes again (every)";
    return NULL;
}

static const struct param_list lists[] = {
    {
        .name = "faults",
        .params = fault_params,
        .offset = offsetof(struct config, faults),
        .count_offset = offsetof(struct config, fault_count),
        .element_size = sizeof(struct fault),
        .max = CONFIG_FAULTS_MAX,
        .check = check_fault,
    },
    {.name = NULL},
};

/* --- the whole -------------------------------------------------------------------------------------------------- */

struct rule {
    bool (*broken)(const struct config *);
    const char *param, *text;
};

static bool lease_too_long(const struct config *config)
{
    return config->replication.lease_ns >= config->replication.timeout_ns;
}

static bool heartbeat_too_slow(const struct config *config)
{
    return config->replication.heartbeat_ns * 2 > config->replication.lease_ns;
}

int64_t config_round_trip_ns(const struct config *config)
{
    const struct scheme *scheme = &schemes[config->scheme];
    int64_t service_ns = 2 * config->network.delay_ns + config->network.switch_latency_ns;
    int64_t log_ns = config->log_network.delay_ns;
    return 2 * (scheme->log == LOG_OWN_LAN && log_ns < service_ns ? log_ns : service_ns);
}

/* An echo is two heartbeats old at worst when the next one comes, and has travelled both ways; the third heartbeat is for
 * queues and CPUs on the way. */
static bool lease_too_short(const struct config *config)
{
    return schemes[config->scheme].servers > 1 &&
           config->replication.lease_ns - 3 * config->replication.heartbeat_ns <
               config_round_trip_ns(config);
}

static bool reply_beyond_log(const struct config *config)
{
    return schemes[config->scheme].log != LOG_NONE &&
           config->clients.reply_max_bytes + REPLY_HEAD_BYTES > config->replication.log_bytes;
}

static bool direct_with_many(const struct config *config)
{
    return config->network.direct &&
           (schemes[config->scheme].servers > 1 || config->network.client_machines > 1);
}

static bool endless(const struct config *config)
{
    return config->clients.loop == LOOP_OPEN && dist_mean(&config->clients.interval) <= 0;
}

static const struct rule rules[] = {
    {lease_too_long, "replication.lease",
     "the lease must be shorter than replication.timeout, or two hosts could speak at once"},
    {heartbeat_too_slow, "replication.heartbeat",
     "at least two heartbeats must fit into replication.lease, or the primary keeps losing it"},
    {lease_too_short, "replication.lease",
     "three heartbeats and a round trip between the servers must fit into the lease, or the "
     "primary keeps losing it (raise replication.lease and replication.timeout)"},
    {reply_beyond_log, "clients.reply_max",
     "the largest reply and its headers must fit into replication.log (raise the log, or lower "
     "reply_max)"},
    {direct_with_many, "network.direct",
     "one cable joins one server and one client machine (set network.client_machines: 1 and a "
     "scheme of one server)"},
    {endless, "clients.interval", "arrivals need a mean interval above 0"},
    {NULL, NULL, NULL},
};

static bool check_config(const void *config, unsigned *at, const char **param, char *text,
                         size_t room)
{
    while (rules[*at].broken != NULL) {
        const struct rule *rule = &rules[(*at)++];
        if (!rule->broken(config))
            continue;
        *param = rule->param;
        snprintf(text, room, "%s", rule->text);
        return false;
    }
    return true;
}

const struct schema understudy_schema = {
    .params = params,
    .lists = lists,
    .config_size = sizeof(struct config),
    .check = check_config,
};

/* --- metrics ---------------------------------------------------------------------------------------------------- */

const struct metric_type understudy_metrics[] = {
    {"latency", "s", "mean time from a request's start to its reply's last byte", false, "latency",
     "mean", SHOWN_STEADY},
    {"latency_p50", "s", "median of the latency", false, "latency", "p50", SHOWN_NOT},
    {"latency_p90", "s", "90th percentile of the latency", false, "latency", "p90", SHOWN_NOT},
    {"latency_p99", "s", "99th percentile of the latency", false, "latency", "p99", SHOWN_STEADY},
    {"latency_p999", "s", "99.9th percentile of the latency", false, "latency", "p99.9", SHOWN_NOT},
    {"throughput", "requests/s", "right replies per second of the measured time", false, NULL, NULL,
     SHOWN_STEADY},
    {"goodput", "bytes/s", "bytes of their bodies per second", false, NULL, NULL, SHOWN_STEADY},
    {"log_wait", "s", "mean time from a reply's completion to its leave from the log", false, NULL,
     "log wait", SHOWN_NOT},
    {"cycles_user", "cycles", "user-level cycles per request, by server and for all servers", true,
     "cycles per request", "user", SHOWN_NOT},
    {"cycles_kernel", "cycles", "kernel cycles per request, by server and for all servers", true,
     "cycles per request", "kernel", SHOWN_NOT},
    {"cycles", "cycles", "user-level and kernel cycles per request, by server and for all servers",
     true, "cycles per request", "total", SHOWN_NOT},
    {"cycles_interrupt", "cycles", "cycles per request for interrupts, by server", true,
     "cycles per request", "interrupt", SHOWN_NOT},
    {"cycles_receive", "cycles", "cycles per request for receiving packets, by server", true,
     "cycles per request", "receive", SHOWN_NOT},
    {"cycles_transmit", "cycles", "cycles per request for sending packets, by server", true,
     "cycles per request", "transmit", SHOWN_NOT},
    {"cycles_connection", "cycles",
     "cycles per request for opening and closing connections, by server", true,
     "cycles per request", "connection", SHOWN_NOT},
    {"cycles_copy", "cycles", "cycles per request for copying and checksumming payload, by server",
     true, "cycles per request", "copy", SHOWN_NOT},
    {"cycles_system_call", "cycles",
     "cycles per request for entering and leaving system calls, by server", true,
     "cycles per request", "system call", SHOWN_NOT},
    {"cycles_context_switch", "cycles",
     "cycles per request for switching between processes, by server", true, "cycles per request",
     "context switch", SHOWN_NOT},
    {"cycles_apache", "cycles", "cycles per request for the server itself, by server", true,
     "cycles per request", "apache", SHOWN_NOT},
    {"cycles_packet_path", "cycles", "cycles per request for the scheme's packet path, by server",
     true, "cycles per request", "packet path", SHOWN_NOT},
    {"cycles_log_channel", "cycles",
     "cycles per request for the scheme's message path: log records and their hand-overs, by "
     "server",
     true, "cycles per request", "log channel", SHOWN_NOT},
    {"cycles_proxy", "cycles", "cycles per request for user-level proxies, by server", true,
     "cycles per request", "proxy", SHOWN_NOT},
    {"cycles_heartbeat", "cycles", "cycles per request for heartbeats, by server", true,
     "cycles per request", "heartbeat", SHOWN_NOT},
    {"cpu_time_user", "s", "user-level CPU time per request, by server", true,
     "CPU time per request", "user", SHOWN_NOT},
    {"cpu_time_kernel", "s", "CPU time per request in the kernel, by server", true,
     "CPU time per request", "kernel", SHOWN_NOT},
    {"cpu_time", "s", "CPU time per request at both levels, by server and for all servers", true,
     "CPU time per request", "total", SHOWN_NOT},
    {"bpf_time", "s",
     "part of it that the TC programs ran, per request, by server: the kernel's BPF statistics, "
     "which are on for the measured time and add to it (testbed)",
     true, "CPU time per request", "bpf", SHOWN_STEADY},
    {"cpu_utilisation", "1", "busy part of the measured time, by server; busiest: the larger", true,
     "CPU", "busy", SHOWN_STEADY},
    {"stall", "s", "longest silence a client with a request in flight saw after a fault", false,
     NULL, NULL, SHOWN_FAULTS},
    {"stall_p50", "s",
     "median, over clients and faults, of a client's longest silence after a fault", false, NULL,
     NULL, SHOWN_FAULTS},
    {"stall_p99", "s", "99th percentile of the same", false, NULL, NULL, SHOWN_NOT},
    {"stall_primary", "s", "the longest after those faults that befell the primary", false, NULL,
     NULL, SHOWN_NOT},
    {"stall_primary_p50", "s", "median of the same", false, NULL, NULL, SHOWN_NOT},
    {"stall_primary_p99", "s", "99th percentile of the same", false, NULL, NULL, SHOWN_NOT},
    {"stall_backup", "s", "the longest after those faults that befell the backup", false, NULL,
     NULL, SHOWN_NOT},
    {"stall_backup_p50", "s", "median of the same", false, NULL, NULL, SHOWN_NOT},
    {"stall_backup_p99", "s", "99th percentile of the same", false, NULL, NULL, SHOWN_NOT},
    {"requests_ok", "requests", "right replies, over the whole run", false, "requests", "ok",
     SHOWN_FAULTS},
    {"requests_late", "requests", "right replies after clients.late", false, "requests", "late",
     SHOWN_FAULTS},
    {"requests_lost", "requests", "requests that got no byte of a reply", false, "requests", "lost",
     SHOWN_FAULTS},
    {"requests_cut", "requests", "requests that got a part of a reply", false, "requests", "cut",
     SHOWN_FAULTS},
    {"requests_mixed", "requests", "replies with bytes of several executions", false, "requests",
     "mixed", SHOWN_FAULTS},
    {"requests_duplicated", "requests", "requests with more than one reply", false, "requests",
     "duplicated", SHOWN_FAULTS},
    {"requests_abandoned", "requests", "requests that their client gave up of its own accord",
     false, "requests", "abandoned", SHOWN_NOT},
    {"requests_pending", "requests", "requests that had not ended when the run was over", false,
     "requests", "pending", SHOWN_FAULTS},
    {"requests_reexecuted", "requests",
     "requests executed more than once (never one whose reply was logged: P4)", false, "requests",
     "re-executed", SHOWN_FAULTS},
    {"requests_unprotected", "requests",
     "requests lost or cut with the only server that had their connection, which was opened before "
     "the other one came back",
     false, "requests", "unprotected", SHOWN_FAULTS},
    {"connections_lost", "connections",
     "connections that broke under a client with a request in flight", false, "connections", "lost",
     SHOWN_FAULTS},
    {"faults", "faults", "faults that struck", false, NULL, NULL, SHOWN_FAULTS},
    {"crashes", "faults", "crashes and kills of servers among them (testbed)", false, NULL, NULL,
     SHOWN_NOT},
    {"takeovers", "takeovers", "changes to serving alone", false, NULL, NULL, SHOWN_FAULTS},
    {"unprotected", "s", "time, to the end of the run, in which new connections had no backup",
     false, NULL, NULL, SHOWN_FAULTS},
    {"reintegration", "s",
     "longest time from a host's asking to be taken in until new connections were protected again",
     false, NULL, NULL, SHOWN_FAULTS},
    {"retransmissions", "segments", "segments that any host's TCP sent again", false, NULL, NULL,
     SHOWN_NOT},
    {"log_peak", "bytes", "the most that a server's log held", true, "log", "peak", SHOWN_NOT},
    {"events", "events", "events that the simulator fired", false, NULL, NULL, SHOWN_NOT},
    {"wall_time", "s", "time that the run took", false, NULL, "wall time", SHOWN_NOT},
    {.name = NULL},
};
