/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_host - what a packet's way through a machine costs and who pays; what is left of a machine that crashed, what waits
 * for one that was paused; and processes that take turns.
 *
 * Two hosts on a LAN that takes no time: the one under test has costs that tell the operations apart by their digits, and
 * a clock of 1 GHz, so that a cycle is a nanosecond.
 */
#include "models/host/host.h"
#include "models/tcp/tcp_socket.h"

#include <string.h>

#include "sim/simulation.h"
#include "tests/suite.h"

enum {
    PEER_IP = 0x0a000001,
    HOST_IP = 0x0a000002,
    NOBODY_IP = 0x0a000063,
    PORT = 80,
    GHZ = 1000000000
};

static const struct host_costs no_costs;
static const struct host_costs costs = {
    .interrupt = 1000,
    .receive_data = 200,
    .receive_ack = 100,
    .transmit_data = 400,
    .transmit_ack = 300,
    .connection_open = 20000,
    .connection_close = 10000,
    .system_call = 50,
    .context_switch = 5000,
    .copy_per_byte = 0.5,
    .checksum_per_byte = 2,
    .heartbeat = 7,
};

static struct simulation simulation;
static struct packet_pool *pool;
static struct notice_board board;
static struct lan *lan;
static struct host peer, host;
static struct content text;

static void host_up(struct host *self, unsigned id, const struct host_costs *profile, uint32_t ip,
                    uint32_t ring_packets)
{
    struct host_settings settings = {
        .name = id == 0 ? "peer" : "host",
        .hz = GHZ,
        .cores = 1,
        .costs = profile,
        .tcp = &tcp_profiles[0],
        .ring_packets = ring_packets,
    };
    host_init(self, &simulation, pool, &board, id, &settings);
    host_plug(self, NETWORK_SERVICE, lan, ip);
}

static void setup_with(const struct host_costs *profile, uint32_t ring_packets)
{
    simulation_init(&simulation, 1);
    pool = packet_pool_new();
    memset(&board, 0, sizeof board);
    lan = lan_new(&simulation, &(struct lan_settings){.direct = true}, "lan");
    host_up(&peer, 0, &no_costs, PEER_IP, 0);
    host_up(&host, 1, profile, HOST_IP, ring_packets);
    host_learn(&peer, NETWORK_SERVICE, HOST_IP, host.nics[NETWORK_SERVICE].mac);
    host_learn(&host, NETWORK_SERVICE, PEER_IP, peer.nics[NETWORK_SERVICE].mac);
    content_init(&text, CONTENT_OTHER, 1, 1 << 20, NULL);
}

static void teardown(void)
{
    host_fini(&peer);
    host_fini(&host);
    simulation_run(&simulation, INT64_MAX); /* what is on the wire arrives at nobody */
    ck_assert_uint_eq(packet_pool_live(pool), 0);
    ck_assert_uint_eq(text.references, 1);
    lan_free(lan);
    packet_pool_free(pool);
}

static uint64_t kernel(enum cost_component component)
{
    return cpu_account(&host.cpu)->cycles[CPU_KERNEL][component];
}

static uint64_t all_cycles(const struct host *self)
{
    uint64_t sum = 0;
    for (unsigned mode = 0; mode < CPU_MODES; mode++)
        for (unsigned i = 0; i < CPU_COMPONENTS_MAX; i++)
            sum += cpu_account(&self->cpu)->cycles[mode][i];
    return sum;
}

/* --- packets -------------------------------------------------------------------------------------------------- */

/* Collects control messages. */
struct mailbox {
    int count, corrupt;
    int64_t last_at_ns;
    uint8_t last[128];
    uint32_t size;
};

static void collect(void *context, struct packet *packet)
{
    struct mailbox *self = context;
    self->count++;
    self->corrupt += packet->corrupt;
    self->last_at_ns = simulation.now_ns;
    self->size = packet->payload_bytes;
    span_copy(&packet->spans[0], self->last);
    packet_free(packet);
}

static void open_mailbox(struct host *self, struct mailbox *mailbox)
{
    *mailbox = (struct mailbox){0};
    self->udp = collect;
    self->udp_context = mailbox;
}

static void send_control(struct host *from, uint32_t to, const char *message)
{
    host_send_control(from, NETWORK_SERVICE, to, (const uint8_t *)message, strlen(message));
}

START_TEST(a_control_message_arrives_with_its_bytes_and_is_charged)
{
    setup_with(&costs, 0);
    struct mailbox mailbox;
    open_mailbox(&host, &mailbox);
    send_control(&peer, HOST_IP, "heartbeat");
    simulation_run(&simulation, 100000);
    ck_assert_int_eq(mailbox.count, 1);
    ck_assert_uint_eq(mailbox.size, 9);
    ck_assert_mem_eq(mailbox.last, "heartbeat", 9);
    ck_assert_uint_eq(kernel(COST_INTERRUPT), 1000);
    ck_assert_uint_eq(kernel(COST_RECEIVE), 200 + 2 * 9);
    ck_assert_int_eq(mailbox.last_at_ns, 1218);
    ck_assert_uint_eq(all_cycles(&peer), 0);
    send_control(&host, PEER_IP, "answer");
    simulation_run(&simulation, 200000);
    ck_assert_uint_eq(kernel(COST_HEARTBEAT), 300 + 7);
    teardown();
}
END_TEST

START_TEST(packets_in_a_burst_share_one_interrupt)
{
    setup_with(&costs, 0);
    struct mailbox mailbox;
    open_mailbox(&host, &mailbox);
    for (int i = 0; i < 10; i++)
        send_control(&peer, HOST_IP, "x");
    simulation_run(&simulation, 100000);
    ck_assert_int_eq(mailbox.count, 10);
    ck_assert_uint_eq(kernel(COST_INTERRUPT), 1000);
    ck_assert_uint_eq(kernel(COST_RECEIVE), 10 * 202);
    send_control(&peer, HOST_IP, "x");
    simulation_run(&simulation, 200000);
    ck_assert_uint_eq(kernel(COST_INTERRUPT), 2000);
    teardown();
}
END_TEST

START_TEST(without_costs_nothing_takes_time)
{
    setup_with(&no_costs, 0);
    struct mailbox mailbox;
    open_mailbox(&host, &mailbox);
    send_control(&peer, HOST_IP, "x");
    simulation_run(&simulation, 100000);
    ck_assert_int_eq(mailbox.count, 1);
    ck_assert_int_eq(mailbox.last_at_ns, 0);
    ck_assert_uint_eq(all_cycles(&host), 0);
    ck_assert_int_eq(cpu_busy_ns(&host.cpu), 0);
    teardown();
}
END_TEST

START_TEST(a_packet_to_an_unknown_address_is_dropped)
{
    setup_with(&costs, 0);
    send_control(&host, NOBODY_IP, "x");
    simulation_run(&simulation, 100000);
    ck_assert_uint_eq(lan_counters(lan).packets, 0);
    ck_assert_uint_eq(packet_pool_live(pool), 0);
    teardown();
}
END_TEST

START_TEST(control_messages_with_a_corrupt_header_are_dropped_and_corrupt_ones_marked)
{
    setup_with(&no_costs, 0);
    struct mailbox mailbox;
    open_mailbox(&host, &mailbox);
    struct link *cable = lan_uplink(lan, peer.nics[NETWORK_SERVICE].mac);
    link_impair(cable, &(struct link_impairment){.corrupt = 1});
    char message[101] = {0};
    memset(message, 'x', 100);
    for (int i = 0; i < 1280; i++)
        send_control(&peer, HOST_IP, message);
    simulation_run(&simulation, 100000);
    /* Of 128 bytes 20 are the IP header, 8 a UDP header that nobody reads, 100 the message. */
    ck_assert_int_lt(abs(mailbox.count - 1080), 50);
    ck_assert_int_lt(abs(mailbox.corrupt - 1000), 65);
    teardown();
}
END_TEST

START_TEST(an_announcement_teaches_the_others)
{
    setup_with(&costs, 0);
    struct mailbox mailbox;
    open_mailbox(&host, &mailbox);
    host_learn(&peer, NETWORK_SERVICE, NOBODY_IP, MAC_NONE);
    send_control(&peer, NOBODY_IP, "too early");
    simulation_run(&simulation, 100000);
    ck_assert_int_eq(mailbox.count, 0);
    host_announce(&host, NETWORK_SERVICE, NOBODY_IP);
    simulation_run(&simulation, 200000);
    send_control(&peer, NOBODY_IP, "found");
    simulation_run(&simulation, 300000);
    ck_assert_int_eq(mailbox.count, 1);
    ck_assert_mem_eq(mailbox.last, "found", 5);
    teardown();
}
END_TEST

START_TEST(a_full_ring_drops_packets)
{
    setup_with(&costs, 4);
    struct mailbox mailbox;
    open_mailbox(&host, &mailbox);
    for (int i = 0; i < 10; i++)
        send_control(&peer, HOST_IP, "x");
    simulation_run(&simulation, 100000);
    ck_assert_int_eq(mailbox.count, 4);
    ck_assert_uint_eq(host.ring_drops, 6);
    send_control(&peer, HOST_IP, "x");
    simulation_run(&simulation, 200000);
    ck_assert_int_eq(mailbox.count, 5);
    teardown();
}
END_TEST

/* --- packet path ---------------------------------------------------------------------------------------------- */

static struct hooks {
    struct packet_hooks hooks;
    int in, out;
} hooks;

static void count_in(struct packet_hooks *self, struct packet *packet)
{
    container_of(self, struct hooks, hooks)->in++;
    host_deliver(&host, packet);
}

static void count_out(struct packet_hooks *self, struct packet *packet)
{
    container_of(self, struct hooks, hooks)->out++;
    host_route(&host, packet);
}

/* --- TCP over the hosts --------------------------------------------------------------------------------------- */

enum { BYTES = 15000 }; /* less than a send buffer */

static struct {
    uint32_t received;
    bool connected;
    struct tcp_socket *server;
} transfer;

static void read_all(struct tcp_socket *socket)
{
    struct span span;
    while (tcp_receive(socket, UINT32_MAX, &span)) {
        transfer.received += span.length;
        content_put(span.content);
    }
}

static void accepted(void *context, struct tcp_socket *socket)
{
    static const struct tcp_events events = {.readable = read_all};
    (void)context;
    transfer.server = socket;
    tcp_set_owner(socket, &events, NULL);
    read_all(socket);
}

static void connected(struct tcp_socket *socket)
{
    transfer.connected = true;
    tcp_send(socket, &(struct span){.content = &text, .length = BYTES}, false);
}

static void start_transfer_to(struct host *client, uint32_t from_ip, uint32_t to_ip)
{
    static const struct tcp_events events = {.connected = connected};
    memset(&transfer, 0, sizeof transfer);
    tcp_listen(host.tcp, (struct tcp_address){to_ip, PORT}, 10, NULL, accepted);
    tcp_connect(client->tcp, (struct tcp_address){from_ip, 0}, (struct tcp_address){to_ip, PORT},
                &events, NULL);
}

static void start_transfer(struct host *client)
{
    start_transfer_to(client, PEER_IP, HOST_IP);
}

START_TEST(tcp_segments_are_charged_by_kind_and_byte)
{
    /* The packet path looks closely at the packets of the service, and lets others pass. */
    bool of_service = _i;
    setup_with(&costs, 0);
    host.service_ip = of_service ? HOST_IP : NOBODY_IP;
    host.serves = true;
    host.hooks = &hooks.hooks;
    hooks = (struct hooks){.hooks = {count_in, count_out, 11}};
    start_transfer(&peer);
    simulation_run(&simulation, INT64_C(10000000000));
    ck_assert_uint_eq(transfer.received, BYTES);
    const struct tcp_counters *counters = tcp_counters(host.tcp);
    ck_assert_uint_eq((uint64_t)hooks.in, counters->segments_in);
    ck_assert_uint_eq((uint64_t)hooks.out, counters->segments_out);
    ck_assert_uint_eq(kernel(COST_PATH), of_service ? 11 * (uint64_t)(hooks.in + hooks.out) : 0);
    uint64_t data = (BYTES + 1459) / 1460, others = counters->segments_in - data;
    ck_assert_uint_eq(kernel(COST_RECEIVE), 200 * data + 2 * BYTES + 100 * others);
    ck_assert_uint_eq(kernel(COST_CONNECTION), 0); /* the server that accepts pays for it */
    ck_assert_uint_eq(kernel(COST_TRANSMIT), 300 * counters->segments_out);
    ck_assert_int_eq(cpu_busy_ns(&host.cpu), (int64_t)all_cycles(&host));
    teardown();
}
END_TEST

START_TEST(packets_to_oneself_pay_both_ways_and_see_no_wire)
{
    const uint32_t own[] = {HOST_IP, HOST_LOOPBACK_IP};
    setup_with(&costs, 0);
    host.hooks = &hooks.hooks;
    hooks = (struct hooks){.hooks = {count_in, count_out, 1000000}};
    start_transfer_to(&host, own[_i], own[_i]);
    simulation_run(&simulation, INT64_C(10000000000));
    ck_assert_uint_eq(transfer.received, BYTES);
    ck_assert_uint_eq(lan_counters(lan).packets, 0);
    ck_assert_int_eq(hooks.in + hooks.out, 0);
    ck_assert_uint_eq(kernel(COST_PATH), 0);
    ck_assert_uint_eq(kernel(COST_INTERRUPT), 0);
    /* All of the bytes go in one segment, as the loopback's are large. */
    uint64_t others = tcp_counters(host.tcp)->segments_out - 1;
    ck_assert_uint_eq(tcp_counters(host.tcp)->segments_in, others + 1);
    ck_assert_uint_eq(kernel(COST_RECEIVE), 200 + 2 * BYTES + 100 * others);
    ck_assert_uint_eq(kernel(COST_TRANSMIT), 400 + 2 * BYTES + 300 * others);
    teardown();
}
END_TEST

/* Answers every byte with one, in the middle of whatever TCP does. */
static void echo(struct tcp_socket *socket)
{
    struct span span;
    while (tcp_receive(socket, UINT32_MAX, &span)) {
        ck_assert_uint_eq(tcp_send(socket, &span, false), span.length);
        content_put(span.content);
    }
}

static void accept_echo(void *context, struct tcp_socket *socket)
{
    static const struct tcp_events events = {.readable = echo};
    (void)context;
    tcp_set_owner(socket, &events, NULL);
}

START_TEST(a_host_without_costs_talks_to_itself_in_turns)
{
    static const struct tcp_events events = {.connected = connected, .readable = read_all};
    setup_with(&no_costs, 0);
    memset(&transfer, 0, sizeof transfer);
    struct tcp_address own = {HOST_LOOPBACK_IP, PORT};
    tcp_listen(host.tcp, own, 10, NULL, accept_echo);
    tcp_connect(host.tcp, (struct tcp_address){HOST_LOOPBACK_IP, 0}, own, &events, NULL);
    ck_assert(!transfer.connected); /* not before tcp_connect() has returned */
    simulation_run(&simulation, INT64_C(10000000000));
    ck_assert_uint_eq(transfer.received, BYTES);
    ck_assert_uint_eq(tcp_counters(host.tcp)->retransmissions, 0);
    teardown();
}
END_TEST

START_TEST(what_a_host_tells_itself_dies_with_it)
{
    setup_with(&no_costs, 0);
    start_transfer_to(&host, HOST_LOOPBACK_IP, HOST_LOOPBACK_IP);
    host_crash(&host); /* its SYN is on the way */
    simulation_run(&simulation, INT64_C(10000000000));
    ck_assert_uint_eq(tcp_counters(host.tcp)->segments_in, 0);
    teardown();
}
END_TEST

/* --- life ----------------------------------------------------------------------------------------------------- */

static struct {
    struct observer observer;
    int crashes, restarts;
} life;

static void hear(struct observer *observer, const struct notice *notice)
{
    (void)observer;
    life.crashes += notice->kind == NOTICE_CRASH && notice->host == &host;
    life.restarts += notice->kind == NOTICE_RESTART && notice->host == &host;
}

START_TEST(a_crashed_host_falls_silent_and_forgets)
{
    setup_with(&costs, 4);
    memset(&life, 0, sizeof life);
    life.observer = (struct observer){hear, 1U << NOTICE_CRASH | 1U << NOTICE_RESTART};
    notice_subscribe(&board, &life.observer);
    struct mailbox mailbox;
    open_mailbox(&host, &mailbox);
    start_transfer(&peer);
    for (int i = 0; i < 3; i++)
        send_control(&peer, HOST_IP, "x");
    simulation_run(&simulation, 1500); /* some have been handled, some wait */
    host_crash(&host);
    uint64_t cycles = all_cycles(&host), sent = lan_counters(lan).packets;
    ck_assert_uint_eq(host.ring_used, 0);
    int heard = mailbox.count;
    send_control(&peer, HOST_IP, "x");
    simulation_run(&simulation, INT64_C(1000000000));
    ck_assert_int_eq(mailbox.count, heard);
    ck_assert_uint_eq(all_cycles(&host), cycles);
    ck_assert_uint_eq(lan_counters(lan).packets, sent + 1); /* the peer's own */
    ck_assert_int_eq(life.crashes, 1);
    ck_assert_int_eq(life.restarts, 0);
    teardown();
}
END_TEST

START_TEST(a_restarted_host_begins_anew_at_its_old_place)
{
    setup_with(&costs, 4);
    memset(&life, 0, sizeof life);
    life.observer = (struct observer){hear, 1U << NOTICE_CRASH | 1U << NOTICE_RESTART};
    notice_subscribe(&board, &life.observer);
    start_transfer(&peer);
    simulation_run(&simulation, 30000);
    host_crash(&host);
    host_restart(&host);
    ck_assert_int_eq(life.restarts, 1);
    ck_assert_uint_eq(host.epoch, 1);
    ck_assert_uint_eq(tcp_counters(host.tcp)->segments_in, 0);
    struct mailbox mailbox;
    open_mailbox(&host, &mailbox);
    send_control(&peer, HOST_IP, "x");
    simulation_run(&simulation, simulation.now_ns + 100000);
    ck_assert_int_eq(mailbox.count, 1);
    start_transfer(&peer);
    simulation_run(&simulation, INT64_C(20000000000));
    ck_assert_uint_eq(transfer.received, BYTES);
    teardown();
}
END_TEST

START_TEST(a_paused_host_computes_nothing_but_its_ring_fills)
{
    setup_with(&costs, 4);
    struct mailbox mailbox;
    open_mailbox(&host, &mailbox);
    host_pause(&host);
    ck_assert(host.tcp->paused);
    for (int i = 0; i < 6; i++)
        send_control(&peer, HOST_IP, "x");
    simulation_run(&simulation, 1000000);
    ck_assert_int_eq(mailbox.count, 0);
    ck_assert_uint_eq(host.ring_drops, 2);
    ck_assert_int_eq(cpu_busy_ns(&host.cpu), 0);
    simulation.now_ns = 1000000;
    host_resume(&host);
    ck_assert(!host.tcp->paused);
    simulation_run(&simulation, 2000000);
    ck_assert_int_eq(mailbox.count, 4);
    ck_assert_int_eq(mailbox.last_at_ns, 1000000 + 1000 + 4 * 202);
    teardown();
}
END_TEST

/* --- processes ------------------------------------------------------------------------------------------------ */

struct worker {
    struct process process;
    int steps, stop_after;
    int64_t last_at_ns;
};

static void step(struct process *process)
{
    struct worker *self = container_of(process, struct worker, process);
    self->last_at_ns = simulation.now_ns;
    if (++self->steps == self->stop_after)
        return;
    process_charge(process, CPU_USER, COST_APACHE, 100);
    process_run(process, step);
}

static void work(struct worker *self, int steps)
{
    self->steps = 0;
    self->stop_after = steps;
    process_charge(&self->process, CPU_USER, COST_APACHE, 100);
    process_run(&self->process, step);
}

START_TEST(a_process_alone_switches_once)
{
    setup_with(&costs, 0);
    struct worker worker;
    process_init(&worker.process, &host);
    work(&worker, 10);
    simulation_run(&simulation, 1000000);
    ck_assert_int_eq(worker.steps, 10);
    ck_assert_int_eq(worker.last_at_ns, 5000 + 10 * 100);
    ck_assert_uint_eq(kernel(COST_SWITCH), 5000);
    work(&worker, 1);
    simulation_run(&simulation, 2000000);
    ck_assert_uint_eq(kernel(COST_SWITCH), 5000); /* nobody else ran meanwhile */
    ck_assert_uint_eq(cpu_account(&host.cpu)->cycles[CPU_USER][COST_APACHE], 1100);
    teardown();
}
END_TEST

START_TEST(processes_that_take_turns_switch_every_time)
{
    setup_with(&costs, 0);
    struct worker workers[2];
    for (int i = 0; i < 2; i++)
        process_init(&workers[i].process, &host);
    ck_assert_uint_ne(workers[0].process.id, workers[1].process.id);
    for (int i = 0; i < 2; i++)
        work(&workers[i], 5);
    simulation_run(&simulation, 1000000);
    ck_assert_int_eq(workers[0].steps, 5);
    ck_assert_int_eq(workers[1].steps, 5);
    ck_assert_uint_eq(kernel(COST_SWITCH), 10 * 5000);
    teardown();
}
END_TEST

START_TEST(system_calls_and_copies_are_the_kernels)
{
    setup_with(&costs, 0);
    struct worker worker;
    process_init(&worker.process, &host);
    process_charge_io(&worker.process, 3, 1000);
    work(&worker, 1);
    simulation_run(&simulation, 1000000);
    ck_assert_uint_eq(kernel(COST_SYSTEM_CALL), 150);
    ck_assert_uint_eq(kernel(COST_COPY), 500);
    ck_assert_int_eq(worker.last_at_ns, 5000 + 150 + 500 + 100);
    teardown();
}
END_TEST

START_TEST(packets_preempt_processes)
{
    setup_with(&costs, 0);
    struct worker worker;
    process_init(&worker.process, &host);
    struct mailbox mailbox;
    open_mailbox(&host, &mailbox);
    work(&worker, 1);
    simulation_run(&simulation, 3000);
    simulation.now_ns = 3000;
    send_control(&peer, HOST_IP, "x");
    simulation_run(&simulation, 1000000);
    ck_assert_int_eq(mailbox.last_at_ns, 3000 + 1202);
    ck_assert_int_eq(worker.last_at_ns, 5000 + 100 + 1202);
    teardown();
}
END_TEST

START_TEST(a_stopped_process_does_not_step)
{
    setup_with(&costs, 0);
    struct worker worker;
    process_init(&worker.process, &host);
    work(&worker, 1);
    simulation_run(&simulation, 1000);
    process_stop(&worker.process);
    process_stop(&worker.process);
    simulation_run(&simulation, 1000000);
    ck_assert_int_eq(worker.steps, 0);
    ck_assert_uint_eq(all_cycles(&host), 0);
    work(&worker, 1);
    simulation_run(&simulation, 2000000);
    ck_assert_int_eq(worker.steps, 1);
    teardown();
}
END_TEST

START_TEST(processes_die_with_their_host)
{
    setup_with(&costs, 0);
    struct worker worker;
    process_init(&worker.process, &host);
    work(&worker, 5);
    simulation_run(&simulation, 5150);
    ck_assert_int_eq(worker.steps, 1);
    host_crash(&host);
    simulation_run(&simulation, 1000000);
    ck_assert_int_eq(worker.steps, 1);
    host_restart(&host);
    process_init(&worker.process, &host);
    work(&worker, 1);
    simulation_run(&simulation, 2000000);
    ck_assert_int_eq(worker.steps, 1);
    teardown();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host");
    TCase *tests = tcase_create("host");
    tcase_add_test(tests, a_control_message_arrives_with_its_bytes_and_is_charged);
    tcase_add_test(tests, packets_in_a_burst_share_one_interrupt);
    tcase_add_test(tests, without_costs_nothing_takes_time);
    tcase_add_test(tests, a_packet_to_an_unknown_address_is_dropped);
    tcase_add_test(tests,
                   control_messages_with_a_corrupt_header_are_dropped_and_corrupt_ones_marked);
    tcase_add_test(tests, an_announcement_teaches_the_others);
    tcase_add_test(tests, a_full_ring_drops_packets);
    tcase_add_test(tests, tcp_segments_are_charged_by_kind_and_byte);
    tcase_add_loop_test(tests, packets_to_oneself_pay_both_ways_and_see_no_wire, 0, 2);
    tcase_add_test(tests, a_host_without_costs_talks_to_itself_in_turns);
    tcase_add_test(tests, what_a_host_tells_itself_dies_with_it);
    tcase_add_test(tests, a_crashed_host_falls_silent_and_forgets);
    tcase_add_test(tests, a_restarted_host_begins_anew_at_its_old_place);
    tcase_add_test(tests, a_paused_host_computes_nothing_but_its_ring_fills);
    tcase_add_test(tests, a_process_alone_switches_once);
    tcase_add_test(tests, processes_that_take_turns_switch_every_time);
    tcase_add_test(tests, system_calls_and_copies_are_the_kernels);
    tcase_add_test(tests, packets_preempt_processes);
    tcase_add_test(tests, a_stopped_process_does_not_step);
    tcase_add_test(tests, processes_die_with_their_host);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
