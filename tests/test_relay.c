/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_relay - a proxy and the unchanged server behind it on one host: who executes, what it costs, what becomes of the
 * connection between the two when a client closes, stays, vanishes, or when the server is not there.
 *
 * The client is a bare TCP socket, so that the tests say when what is sent and closed.
 */
#include "models/web/apache.h"
#include "sim/simulation.h"
#include "tests/suite.h"

#include <string.h>

enum {
    CLIENT_IP = 0x0a00000b,
    SERVER_IP = 0x0a000001,
    PORT = 80,
    BEHIND_PORT = 8080,
    GHZ = 1000000000
};
#define SECOND INT64_C(1000000000)
#define MS INT64_C(1000000)

static const struct host_costs no_costs;
static const struct host_costs costs = {
    .connection_open = 1000,
    .connection_close = 1000000,
    .request_user = 7,
    .request_kernel = 70,
    .proxy_message = 100,
};

static struct simulation simulation;
static struct packet_pool *pool;
static struct exchange_pool *exchanges;
static struct notice_board board;
static struct lan *lan;
static struct host client, server;
static struct apache *proxy, *behind;
static struct server_settings settings;

/* What was posted, by kind. */
static struct {
    struct observer observer;
    unsigned count[NOTICE_KINDS];
} heard;

static void hear(struct observer *observer, const struct notice *notice)
{
    (void)observer;
    heard.count[notice->kind]++;
}

/* The client's connection. */
static struct {
    struct tcp_socket *socket;
    struct request *requests[8]; /* to be sent, one after the other's reply */
    unsigned count, done;
    struct reply *reply;
    uint32_t sent, received;
    bool finished, lost;
} me;

static void push(struct tcp_socket *socket)
{
    if (me.done == me.count)
        return;
    struct content *content = &me.requests[me.done]->content;
    struct span span = {.content = content, .offset = me.sent, .length = content->length - me.sent};
    if (span.length > 0)
        me.sent += tcp_send(socket, &span, false);
}

static void end_reply(void)
{
    content_put(&me.reply->content);
    me.reply = NULL;
    me.sent = me.received = 0;
    me.done++;
}

static void take(struct tcp_socket *socket)
{
    struct span span;
    while (tcp_receive(socket, UINT32_MAX, &span)) {
        struct reply *reply = reply_of(span.content);
        ck_assert_ptr_nonnull(reply);
        ck_assert(me.reply == NULL || me.reply == reply); /* of one execution */
        ck_assert_ptr_eq(reply->request, me.requests[me.done]);
        ck_assert_uint_eq(span.offset, me.received);
        if (me.reply != NULL)
            content_put(span.content);
        me.reply = reply;
        me.received += span.length;
        if (me.received == reply->content.length)
            end_reply();
    }
    me.finished |= tcp_peer_finished(socket);
    if (me.finished)
        tcp_close(socket);
    else
        push(socket);
}

static void lost(struct tcp_socket *socket, enum tcp_reason reason)
{
    (void)socket;
    me.lost = reason != TCP_CLOSED;
    me.socket = NULL;
}

static void connect_client(void)
{
    static const struct tcp_events events = {
        .connected = push, .readable = take, .writable = push, .closed = lost};
    me.socket = tcp_connect(client.tcp, (struct tcp_address){CLIENT_IP, 0},
                            (struct tcp_address){SERVER_IP, PORT}, &events, NULL);
}

static struct request *ask(uint32_t body, uint32_t reply, bool close)
{
    struct request *request = request_new(exchanges, 200, body);
    request->reply_bytes = reply;
    request->close = close;
    me.requests[me.count++] = request;
    return request;
}

static void plug(struct host *self, unsigned id, const struct host_costs *profile, uint32_t ip)
{
    struct host_settings own = {
        .name = "host", .hz = GHZ, .cores = 1, .costs = profile, .tcp = &tcp_profiles[0]};
    host_init(self, &simulation, pool, &board, id, &own);
    host_plug(self, NETWORK_SERVICE, lan, ip);
}

static void setup_with(const struct host_costs *profile, uint16_t port_behind)
{
    struct tcp_address service = {SERVER_IP, PORT}, inner = {HOST_LOOPBACK_IP, BEHIND_PORT};
    settings = (struct server_settings){.workers = 2, .backlog = 10, .write_bytes = 65536};
    simulation_init(&simulation, 1);
    pool = packet_pool_new();
    exchanges = exchange_pool_new();
    memset(&board, 0, sizeof board);
    memset(&heard, 0, sizeof heard);
    memset(&me, 0, sizeof me);
    heard.observer = (struct observer){hear, UINT32_MAX};
    notice_subscribe(&board, &heard.observer);
    lan = lan_new(&simulation, &(struct lan_settings){.direct = true}, "lan");
    plug(&client, 0, &no_costs, CLIENT_IP);
    plug(&server, 1, profile, SERVER_IP);
    host_learn(&client, NETWORK_SERVICE, SERVER_IP, server.nics[NETWORK_SERVICE].mac);
    host_learn(&server, NETWORK_SERVICE, CLIENT_IP, client.nics[NETWORK_SERVICE].mac);
    behind = apache_new(&settings, &server, inner, exchanges, &board);
    apache_serve_proxy(behind);
    apache_start(behind);
    inner.port = port_behind;
    settings.keep_alive_ns = 5 * SECOND;
    proxy = apache_new(&settings, &server, service, exchanges, &board);
    apache_relay_to(proxy, inner);
    apache_start(proxy);
}

static void teardown(void)
{
    apache_free(proxy);
    apache_free(behind);
    host_fini(&client);
    host_fini(&server);
    for (unsigned i = 0; i < me.count; i++)
        content_put(&me.requests[i]->content);
    if (me.reply != NULL)
        content_put(&me.reply->content);
    simulation_run(&simulation, INT64_MAX);
    ck_assert_uint_eq(packet_pool_live(pool), 0);
    ck_assert_uint_eq(exchange_pool_live(exchanges), 0);
    lan_free(lan);
    packet_pool_free(pool);
    exchange_pool_free(exchanges);
}

static void count(struct tcp_socket *socket, void *context)
{
    (void)socket;
    ++*(unsigned *)context;
}

static unsigned server_sockets(void)
{
    unsigned sockets = 0;
    tcp_each(server.tcp, count, &sockets);
    return sockets;
}

static uint64_t booked(enum cpu_mode mode, enum cost_component component)
{
    return cpu_account(&server.cpu)->cycles[mode][component];
}

/* --- who executes --------------------------------------------------------------------------------------------- */

START_TEST(a_request_is_read_by_the_proxy_and_executed_once_behind_it)
{
    const struct host_costs *profiles[] = {&no_costs, &costs};
    setup_with(profiles[_i], BEHIND_PORT);
    struct request *request = ask(0, 1000, true);
    connect_client();
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(me.done, 1);
    ck_assert(me.finished && !me.lost);
    ck_assert_uint_eq(request->executions, 1);
    ck_assert_uint_eq(heard.count[NOTICE_EXECUTING], 1);
    ck_assert_uint_eq(heard.count[NOTICE_EXECUTED], 1);
    ck_assert_uint_eq(heard.count[NOTICE_REQUEST_RECEIVED], 1);
    ck_assert_uint_eq(heard.count[NOTICE_REQUEST_PART], 1);
    ck_assert_uint_eq(heard.count[NOTICE_CONNECTION_CLOSING], 1);
    ck_assert_uint_eq(server_sockets(), 0);
    teardown();
}
END_TEST

START_TEST(long_bodies_and_replies_pass_whole)
{
    const uint32_t bodies[] = {0, 1, 300000, 1000000}, replies[] = {1000000, 200000, 0, 300000};
    const struct host_costs *profiles[] = {&no_costs, &costs};
    setup_with(profiles[_i / 4], BEHIND_PORT);
    ask(bodies[_i % 4], replies[_i % 4], false);
    ask(0, 1000, true);
    connect_client();
    simulation_run(&simulation, 20 * SECOND);
    ck_assert_uint_eq(me.done, 2);
    ck_assert(me.finished && !me.lost);
    ck_assert_uint_eq(heard.count[NOTICE_EXECUTED], 2);
    teardown();
}
END_TEST

START_TEST(every_part_and_every_connection_is_paid_for)
{
    setup_with(&costs, BEHIND_PORT);
    ask(0, 1000, true);
    connect_client();
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(me.done, 1);
    /* Read from the client, written to the server, read from it, written to the client. */
    ck_assert_uint_eq(booked(CPU_USER, COST_PROXY), 4 * 100);
    /* The server behind works as ever, the proxy does not parse, translate, open files. */
    ck_assert_uint_eq(booked(CPU_USER, COST_APACHE), 7);
    ck_assert_uint_eq(booked(CPU_KERNEL, COST_APACHE), 70);
    /* The client's connection, and both ends of the one between the two. */
    ck_assert_uint_eq(booked(CPU_KERNEL, COST_CONNECTION), 3 * 1000 + 3 * 1000000);
    teardown();
}
END_TEST

/* --- the connection between the two --------------------------------------------------------------------------- */

START_TEST(requests_of_one_connection_share_one_relay)
{
    setup_with(&no_costs, BEHIND_PORT);
    for (int i = 0; i < 5; i++)
        ask(0, 1000, false);
    connect_client();
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(me.done, 5);
    ck_assert_uint_eq(tcp_counters(server.tcp)->opened,
                      3); /* the client's, and one with two ends */
    ck_assert_uint_eq(server_sockets(), 3);
    tcp_close(me.socket);
    simulation_run(&simulation, 2 * SECOND);
    ck_assert_uint_eq(server_sockets(), 0);
    teardown();
}
END_TEST

START_TEST(an_idle_client_costs_both_connections)
{
    setup_with(&costs, BEHIND_PORT);
    ask(0, 1000, false);
    connect_client();
    simulation_run(&simulation, 4 * SECOND);
    ck_assert_uint_eq(server_sockets(), 3);
    simulation_run(&simulation, 7 * SECOND);
    ck_assert(me.finished && !me.lost);
    ck_assert_uint_eq(server_sockets(), 0);
    ck_assert_uint_eq(booked(CPU_KERNEL, COST_CONNECTION), 3 * 1000 + 3 * 1000000);
    teardown();
}
END_TEST

START_TEST(a_client_that_vanishes_breaks_its_relay_off)
{
    setup_with(&no_costs, BEHIND_PORT);
    struct request *request = ask(0, 1000, false);
    request->service_ns = 10 * MS;
    connect_client();
    simulation_run(&simulation, 5 * MS);
    ck_assert_uint_eq(heard.count[NOTICE_EXECUTING], 1);
    ck_assert_uint_eq(server_sockets(), 3);
    tcp_abort(me.socket);
    simulation_run(&simulation, 6 * MS);
    ck_assert_uint_eq(server_sockets(), 0);
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(heard.count[NOTICE_EXECUTED], 0);
    /* Both workers are free for the next one. */
    me.requests[0] = NULL;
    content_put(&request->content);
    me.count = me.sent = 0;
    ask(0, 1000, true);
    connect_client();
    simulation_run(&simulation, 2 * SECOND);
    ck_assert_uint_eq(me.done, 1);
    ck_assert_uint_eq(heard.count[NOTICE_EXECUTED], 1);
    teardown();
}
END_TEST

START_TEST(without_a_server_behind_it_the_proxy_closes_and_answers_nothing)
{
    const struct host_costs *profiles[] = {&no_costs, &costs};
    setup_with(profiles[_i], BEHIND_PORT + 1);
    ask(0, 1000, false);
    connect_client();
    simulation_run(&simulation, SECOND);
    ck_assert_uint_eq(me.done, 0);
    ck_assert_uint_eq(me.received, 0);
    ck_assert(me.finished && !me.lost);
    ck_assert_uint_eq(heard.count[NOTICE_EXECUTING], 0);
    ck_assert_uint_eq(server_sockets(), 0);
    teardown();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("relay");
    TCase *tests = tcase_create("relay");
    tcase_add_loop_test(tests, a_request_is_read_by_the_proxy_and_executed_once_behind_it, 0, 2);
    tcase_add_loop_test(tests, long_bodies_and_replies_pass_whole, 0, 8);
    tcase_add_test(tests, every_part_and_every_connection_is_paid_for);
    tcase_add_test(tests, requests_of_one_connection_share_one_relay);
    tcase_add_test(tests, an_idle_client_costs_both_connections);
    tcase_add_test(tests, a_client_that_vanishes_breaks_its_relay_off);
    tcase_add_loop_test(tests, without_a_server_behind_it_the_proxy_closes_and_answers_nothing, 0,
                        2);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
