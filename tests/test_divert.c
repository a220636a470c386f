/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_divert - packets that take the way through a process: what that costs, in which order they leave, what becomes of
 * them when the host pauses or nobody reads any more; and the packet path, which must not care where it runs.
 *
 * One host at 1 GHz, so that a cycle is a nanosecond; its costs tell the operations apart by their digits.
 */
#include "models/host/divert.h"
#include "models/host/kernel_path.h"
#include "sim/random.h"
#include "sim/simulation.h"
#include "tests/suite.h"

#include <string.h>

enum { HEADER = 40, GHZ = 1000000000, PACKETS_MAX = 64 };
#define SECOND INT64_C(1000000000)

static const struct host_costs no_costs;
static const struct host_costs costs = {
    .transmit_data = 400000,
    .transmit_ack = 300000,
    .system_call = 50,
    .context_switch = 5000,
    .copy_per_byte = 0.5,
    .path_lookup = 7,
    .path_forward = 9,
    .proxy_message = 20000,
};

static struct simulation simulation;
static struct packet_pool *pool;
static struct notice_board board;
static struct host host;
static struct content text;
static struct divert *divert;

/* What the owner decides for every packet, and what it has seen. */
static struct {
    bool copy, drop;
    unsigned decided, left;
    struct {
        uint8_t id;
        enum packet_way way;
        int64_t at_ns;
    } exits[PACKETS_MAX];
} owner;

static void decide(void *context, struct packet *packet, bool outgoing)
{
    (void)context;
    owner.decided++;
    if (owner.copy)
        divert_send(divert, packet_clone(packet), WAY_PEER, true);
    if (owner.drop)
        packet_free(packet);
    else
        divert_send(divert, packet, outgoing ? WAY_CLIENT : WAY_TCP, false);
}

static void leave(void *context, struct packet *packet, enum packet_way way)
{
    ck_assert_ptr_eq(context, &owner);
    ck_assert_uint_lt(owner.left, PACKETS_MAX);
    owner.exits[owner.left].id = packet->header[0];
    owner.exits[owner.left].way = way;
    owner.exits[owner.left++].at_ns = simulation.now_ns;
    packet_free(packet);
}

static void setup_with(const struct host_costs *profile, unsigned cores)
{
    struct host_settings settings = {
        .name = "host", .hz = GHZ, .cores = cores, .costs = profile, .tcp = &tcp_profiles[0]};
    struct divert_owner own = {.decide = decide, .leave = leave, .context = &owner};
    simulation_init(&simulation, 1);
    pool = packet_pool_new();
    memset(&board, 0, sizeof board);
    memset(&owner, 0, sizeof owner);
    host_init(&host, &simulation, pool, &board, 1, &settings);
    content_init(&text, CONTENT_OTHER, 1, 1 << 20, NULL);
    divert = divert_new(&host, &own);
}

static void teardown(void)
{
    divert_free(divert);
    host_fini(&host);
    ck_assert_uint_eq(packet_pool_live(pool), 0);
    ck_assert_uint_eq(text.references, 1);
    packet_pool_free(pool);
}

static struct packet *packet_with(uint8_t id, uint32_t payload)
{
    struct packet *packet = packet_new(pool);
    packet->header_bytes = HEADER;
    packet->header[0] = id;
    packet->payload_bytes = payload;
    if (payload > 0)
        packet->spans[packet->span_count++] =
            (struct span){.content = content_get(&text), .length = payload};
    return packet;
}

static uint64_t booked(enum cpu_mode mode, enum cost_component component)
{
    return cpu_account(&host.cpu)->cycles[mode][component];
}

static uint64_t all_booked(void)
{
    uint64_t sum = 0;
    for (unsigned mode = 0; mode < CPU_MODES; mode++)
        for (unsigned i = 0; i < CPU_COMPONENTS_MAX; i++)
            sum += booked((enum cpu_mode)mode, (enum cost_component)i);
    return sum;
}

/* --- the way through the process ------------------------------------------------------------------------------ */

START_TEST(a_packet_is_read_decided_and_sent_and_pays_for_each)
{
    setup_with(&costs, 1);
    divert_take(divert, packet_with(1, 1000), _i == 1);
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(owner.left, 1);
    ck_assert_int_eq(owner.exits[0].way, _i == 1 ? WAY_CLIENT : WAY_TCP);
    ck_assert_uint_eq(booked(CPU_KERNEL, COST_SYSTEM_CALL), 2 * 50);
    ck_assert_uint_eq(booked(CPU_KERNEL, COST_COPY), 1040); /* in and out, half a cycle a byte */
    ck_assert_uint_eq(booked(CPU_KERNEL, COST_SWITCH), 5000);
    ck_assert_uint_eq(booked(CPU_KERNEL, COST_PATH), 9);
    ck_assert_uint_eq(booked(CPU_USER, COST_PATH), 7);
    ck_assert_uint_eq(booked(CPU_USER, COST_PROXY), 20000);
    ck_assert_uint_eq(all_booked(), 100 + 1040 + 5000 + 9 + 7 + 20000);
    ck_assert_int_eq(owner.exits[0].at_ns, (int64_t)all_booked());
    teardown();
}
END_TEST

START_TEST(a_packet_made_there_pays_for_its_transmission_too)
{
    const uint32_t payloads[] = {0, 1000};
    setup_with(&costs, 1);
    owner.copy = owner.drop = true;
    divert_take(divert, packet_with(1, payloads[_i]), false);
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(owner.left, 1);
    ck_assert_int_eq(owner.exits[0].way, WAY_PEER);
    ck_assert_uint_eq(booked(CPU_KERNEL, COST_PATH), 9 + (_i == 0 ? 300000 : 400000));
    teardown();
}
END_TEST

START_TEST(what_is_dropped_costs_only_its_reading)
{
    setup_with(&costs, 1);
    owner.drop = true;
    divert_take(divert, packet_with(1, 1000), true);
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(owner.decided, 1);
    ck_assert_uint_eq(owner.left, 0);
    ck_assert_uint_eq(all_booked(), 50 + 520 + 5000 + 7 + 20000);
    teardown();
}
END_TEST

/* --- order ---------------------------------------------------------------------------------------------------- */

START_TEST(what_comes_first_leaves_first_on_any_number_of_cores)
{
    struct random random;
    setup_with(&costs, 1 + (unsigned)_i % 4);
    random_init(&random, (uint64_t)_i, 1);
    owner.copy = _i % 2 == 1;
    unsigned count = PACKETS_MAX / 2;
    for (unsigned i = 0; i < count; i++) {
        uint32_t payload = random_below(&random, 2) ? (uint32_t)random_below(&random, 1460) : 0;
        divert_take(divert, packet_with((uint8_t)i, payload), random_below(&random, 2) == 1);
        int64_t until_ns = simulation.now_ns + (int64_t)random_below(&random, 60000);
        simulation_run(&simulation, until_ns);
        simulation.now_ns = until_ns;
    }
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(owner.left, owner.copy ? 2 * count : count);
    for (unsigned i = 0; i < owner.left; i++)
        ck_assert_uint_eq(owner.exits[i].id, owner.copy ? i / 2 : i);
    for (unsigned i = 0; owner.copy && i < owner.left; i += 2)
        ck_assert_int_eq(owner.exits[i].way, WAY_PEER);
    teardown();
}
END_TEST

/* --- among other processes ------------------------------------------------------------------------------------ */

static struct {
    struct process process;
    int64_t stepped_at_ns;
} other;

static void other_step(struct process *process)
{
    (void)process;
    other.stepped_at_ns = simulation.now_ns;
}

static void run_other(void)
{
    process_init(&other.process, &host);
    process_charge(&other.process, CPU_USER, COST_APACHE, 100000);
    process_run(&other.process, other_step);
}

START_TEST(a_process_that_wakes_reads_all_that_has_come)
{
    setup_with(&costs, 1);
    run_other();
    for (uint8_t i = 0; i < 3; i++)
        divert_take(divert, packet_with(i, 0), false);
    simulation_run(&simulation, 50000);
    ck_assert_uint_eq(owner.decided, 0); /* it waits for its turn */
    simulation_run(&simulation, SECOND);
    ck_assert_int_eq(other.stepped_at_ns, 105000);
    ck_assert_uint_eq(owner.left, 3);
    ck_assert_uint_eq(booked(CPU_KERNEL, COST_SWITCH), 2 * 5000); /* the other, and one for three */
    teardown();
}
END_TEST

START_TEST(what_it_sends_it_sends_before_anybody_else_runs)
{
    setup_with(&costs, 1);
    for (uint8_t i = 0; i < 3; i++)
        divert_take(divert, packet_with(i, 1000), false);
    simulation_run(&simulation, 1000); /* it has begun to read */
    run_other();
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(owner.left, 3);
    ck_assert_int_gt(other.stepped_at_ns, owner.exits[2].at_ns + 100000);
    teardown();
}
END_TEST

START_TEST(nothing_is_decided_while_the_packet_is_handed_over)
{
    setup_with(&no_costs, 1);
    divert_take(divert, packet_with(1, 1000), true);
    divert_take(divert, packet_with(2, 1000), true);
    ck_assert_uint_eq(owner.decided, 0); /* TCP may be in the middle of sending */
    simulation_run(&simulation, 0);
    ck_assert_uint_eq(owner.left, 2);
    ck_assert_int_eq(simulation.now_ns, 0);
    teardown();
}
END_TEST

/* --- pauses and ends ------------------------------------------------------------------------------------------ */

/* An answer at takeover: nothing is being read, and perhaps nothing will be for seconds. */
START_TEST(what_it_sends_of_its_own_accord_waits_for_nothing)
{
    setup_with(&no_costs, 1);
    divert_send(divert, packet_with(1, 0), WAY_CLIENT, true);
    divert_send(divert, packet_with(2, 0), WAY_PEER, true);
    ck_assert_uint_eq(owner.left, 0); /* whoever says so may be in the middle of something */
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(owner.left, 2);
    ck_assert_uint_eq(owner.exits[0].id, 1);
    ck_assert_int_eq(owner.exits[1].way, WAY_PEER);
    ck_assert_int_eq(owner.exits[1].at_ns, 0);
    teardown();
}
END_TEST

START_TEST(a_paused_host_neither_reads_nor_sends)
{
    const int64_t pauses_ns[] = {0, 100,
                                 25600}; /* before it reads, while it reads, while it sends */
    setup_with(&costs, 1);
    divert_take(divert, packet_with(1, 1000), false);
    simulation_run(&simulation, pauses_ns[_i]);
    simulation.now_ns = pauses_ns[_i];
    host_pause(&host);
    divert_take(divert, packet_with(2, 1000), false);
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(owner.left, 0);
    simulation.now_ns = SECOND;
    host_resume(&host);
    simulation_run(&simulation, 2 * SECOND);
    ck_assert_uint_eq(owner.left, 2);
    ck_assert_uint_eq(owner.exits[0].id, 1);
    teardown();
}
END_TEST

START_TEST(when_nobody_reads_any_more_packets_are_lost)
{
    /* Closed before it wakes, while it reads, while it sends. */
    const int64_t ends_ns[] = {-1, 100, 46500};
    setup_with(&costs, 1);
    for (uint8_t i = 0; i < 2; i++)
        divert_take(divert, packet_with(i, 1000), false);
    if (ends_ns[_i] >= 0)
        simulation_run(&simulation, ends_ns[_i]);
    if (_i == 2)
        divert_take(divert, packet_with(3, 1000), false);
    ck_assert_uint_eq(owner.decided, _i == 2 ? 2 : 0);
    divert_close(divert);
    divert_take(divert, packet_with(4, 0), false);
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(owner.left, 0);
    ck_assert_uint_eq(owner.decided, _i == 2 ? 2 : 0);
    ck_assert_uint_eq(packet_pool_live(pool), 0);
    teardown();
}
END_TEST

START_TEST(what_is_in_the_process_dies_with_its_host)
{
    setup_with(&costs, 1);
    for (uint8_t i = 0; i < 2; i++)
        divert_take(divert, packet_with(i, 1000), false);
    simulation_run(&simulation, _i == 0 ? 100 : 46500);
    host_crash(&host);
    divert_free(divert);
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(owner.left, 0);
    ck_assert_uint_eq(packet_pool_live(pool), 0);
    host_restart(&host);
    struct divert_owner own = {.decide = decide, .leave = leave, .context = &owner};
    divert = divert_new(&host, &own);
    divert_take(divert, packet_with(9, 0), false);
    simulation_run(&simulation, 2 * SECOND);
    ck_assert_uint_eq(owner.left, 1);
    teardown();
}
END_TEST

/* --- the packet path ------------------------------------------------------------------------------------------ */

enum { CLIENT_IP = 0x0a00000b, SERVER_IP = 0x0a000001, SERVICE_IP = 0x0a000064, PORT = 80 };
enum { BYTES = 200000 };

static struct path_world {
    struct lan *lan;
    struct host client, server;
    struct kernel_path *path;
    struct tcp_socket *accepted;
    uint32_t received;
    bool connected, closed;
} at;

static void server_reads(struct tcp_socket *socket)
{
    struct span span;
    while (tcp_receive(socket, UINT32_MAX, &span)) {
        at.received += span.length;
        content_put(span.content);
    }
    if (tcp_peer_finished(socket))
        tcp_close(socket);
}

static void server_accepts(void *context, struct tcp_socket *socket)
{
    static const struct tcp_events events = {.readable = server_reads};
    (void)context;
    tcp_set_owner(socket, &events, NULL);
    server_reads(socket);
}

static void client_sends(struct tcp_socket *socket)
{
    static uint32_t sent;
    sent = at.connected ? sent : 0;
    at.connected = true;
    sent += tcp_send(socket, &(struct span){.content = &text, .length = BYTES - sent}, false);
    if (sent == BYTES)
        tcp_close(socket);
}

static void client_closed(struct tcp_socket *socket, enum tcp_reason reason)
{
    (void)socket;
    at.closed = reason == TCP_CLOSED;
}

static void plug(struct host *self, unsigned id, const struct host_costs *profile, uint32_t ip)
{
    struct host_settings settings = {
        .name = "host", .hz = GHZ, .cores = 1, .costs = profile, .tcp = &tcp_profiles[0]};
    host_init(self, &simulation, pool, &board, id, &settings);
    host_plug(self, NETWORK_SERVICE, at.lan, ip);
}

static void build(const struct host_costs *profile, bool user_level, enum ft_role role)
{
    struct kernel_path_settings settings = {
        .key = {{1, 2}},
        .service = {SERVICE_IP, PORT},
        .tcp = &tcp_profiles[0],
        .user_level = user_level,
    };
    struct lan_settings cable = {.direct = true, .cable = {.rate_bps = 100000000}};
    simulation_init(&simulation, 1);
    pool = packet_pool_new();
    memset(&board, 0, sizeof board);
    memset(&at, 0, sizeof at);
    at.lan = lan_new(&simulation, &cable, "lan");
    plug(&at.client, 0, &no_costs, CLIENT_IP);
    plug(&at.server, 1, profile, SERVER_IP);
    host_learn(&at.client, NETWORK_SERVICE, SERVICE_IP, at.server.nics[NETWORK_SERVICE].mac);
    settings.peer_mac = at.client.nics[NETWORK_SERVICE].mac; /* as if a backup had copied it */
    host_learn(&at.server, NETWORK_SERVICE, CLIENT_IP, at.client.nics[NETWORK_SERVICE].mac);
    content_init(&text, CONTENT_OTHER, 1, BYTES, NULL);
    at.path = kernel_path_new(&settings, &at.server, role, 1);
    tcp_listen(at.server.tcp, settings.service, 10, NULL, server_accepts);
}

static void connect_client(void)
{
    static const struct tcp_events events = {
        .connected = client_sends, .writable = client_sends, .closed = client_closed};
    tcp_connect(at.client.tcp, (struct tcp_address){CLIENT_IP, 0},
                (struct tcp_address){SERVICE_IP, PORT}, &events, NULL);
}

static void demolish(void)
{
    kernel_path_free(at.path);
    host_fini(&at.client);
    host_fini(&at.server);
    simulation_run(&simulation, INT64_MAX);
    ck_assert_uint_eq(packet_pool_live(pool), 0);
    ck_assert_uint_eq(text.references, 1);
    lan_free(at.lan);
    packet_pool_free(pool);
}

START_TEST(the_packet_path_decides_the_same_in_the_kernel_and_above_it)
{
    uint64_t counts[2][FT_REASONS];
    for (int level = 0; level < 2; level++) {
        build(&no_costs, level == 1, FT_ROLE_SOLO);
        connect_client();
        simulation_run(&simulation, 10 * SECOND);
        ck_assert_uint_eq(at.received, BYTES);
        ck_assert(at.closed);
        memcpy(counts[level], kernel_path_counts(at.path), sizeof counts[level]);
        demolish();
    }
    ck_assert_uint_eq(counts[0][FT_REASON_SYN_ANSWERED], 1);
    ck_assert_mem_eq(counts[0], counts[1], sizeof counts[0]);
}
END_TEST

START_TEST(only_the_services_packets_are_diverted)
{
    build(&costs, true, FT_ROLE_SOLO);
    tcp_listen(at.server.tcp, (struct tcp_address){SERVER_IP, PORT}, 10, NULL, server_accepts);
    host_learn(&at.client, NETWORK_SERVICE, SERVER_IP, at.server.nics[NETWORK_SERVICE].mac);
    static const struct tcp_events events = {.connected = client_sends, .writable = client_sends};
    tcp_connect(at.client.tcp, (struct tcp_address){CLIENT_IP, 0},
                (struct tcp_address){SERVER_IP, PORT}, &events, NULL);
    simulation_run(&simulation, 10 * SECOND);
    ck_assert_uint_eq(at.received, BYTES);
    const struct cpu_account *account = cpu_account(&at.server.cpu);
    ck_assert_uint_eq(account->cycles[CPU_USER][COST_PROXY], 0);
    ck_assert_uint_eq(account->cycles[CPU_USER][COST_PATH], 0);
    ck_assert_uint_eq(account->cycles[CPU_KERNEL][COST_PATH], 0); /* nor does the kernel look */
    demolish();
}
END_TEST

/* A SYN comes while the primary may speak; before the answer leaves, the host stops for longer than its lease. */
START_TEST(a_packet_decided_before_a_pause_does_not_outlive_the_lease)
{
    bool user_level = _i / 2 == 1, in_time = _i % 2 == 1;
    build(&costs, user_level, FT_ROLE_PRIMARY);
    kernel_path_set_lease(at.path, in_time ? 3 * SECOND : SECOND);
    connect_client();
    while (kernel_path_counts(at.path)[FT_REASON_SYN_ANSWERED] == 0)
        simulation_run(&simulation, simulation.now_ns + 1000);
    ck_assert(!at.connected);
    host_pause(&at.server);
    simulation_run(&simulation, 2 * SECOND);
    simulation.now_ns = 2 * SECOND;
    host_resume(&at.server);
    simulation_run(&simulation, 2 * SECOND + SECOND / 2);
    ck_assert(at.connected == in_time);
    ck_assert_uint_eq(kernel_path_counts(at.path)[FT_REASON_LEASE_EXPIRED], in_time ? 0 : 1);
    demolish();
}
END_TEST

START_TEST(a_host_that_is_out_is_silent)
{
    build(&no_costs, true, FT_ROLE_SOLO);
    connect_client();
    simulation_run(&simulation, 5000000);
    ck_assert_uint_gt(at.received, 0);
    kernel_path_set_role(at.path, FT_ROLE_OUT, 2);
    simulation_run(&simulation, 6000000); /* what was on the wire has arrived */
    uint32_t received = at.received;
    uint64_t heard = tcp_counters(at.client.tcp)->segments_in;
    simulation_run(&simulation, 5 * SECOND);
    ck_assert_uint_gt(tcp_counters(at.client.tcp)->retransmissions, 2);
    ck_assert_uint_eq(tcp_counters(at.client.tcp)->segments_in, heard);
    ck_assert_uint_eq(at.received, received);
    demolish();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("divert");
    TCase *tests = tcase_create("divert");
    tcase_add_loop_test(tests, a_packet_is_read_decided_and_sent_and_pays_for_each, 0, 2);
    tcase_add_loop_test(tests, a_packet_made_there_pays_for_its_transmission_too, 0, 2);
    tcase_add_test(tests, what_is_dropped_costs_only_its_reading);
    tcase_add_loop_test(tests, what_comes_first_leaves_first_on_any_number_of_cores, 0, 20);
    tcase_add_test(tests, a_process_that_wakes_reads_all_that_has_come);
    tcase_add_test(tests, what_it_sends_it_sends_before_anybody_else_runs);
    tcase_add_test(tests, nothing_is_decided_while_the_packet_is_handed_over);
    tcase_add_test(tests, what_it_sends_of_its_own_accord_waits_for_nothing);
    tcase_add_loop_test(tests, a_paused_host_neither_reads_nor_sends, 0, 3);
    tcase_add_loop_test(tests, when_nobody_reads_any_more_packets_are_lost, 0, 3);
    tcase_add_loop_test(tests, what_is_in_the_process_dies_with_its_host, 0, 2);
    tcase_add_test(tests, the_packet_path_decides_the_same_in_the_kernel_and_above_it);
    tcase_add_test(tests, only_the_services_packets_are_diverted);
    tcase_add_loop_test(tests, a_packet_decided_before_a_pause_does_not_outlive_the_lease, 0, 4);
    tcase_add_test(tests, a_host_that_is_out_is_silent);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
