/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bad clients and intruders against the real service: floods, packets that are none, forged control messages, clients that never
 * read or never finish, a server that stops. It stays up, both hosts stay what they are, and good clients are served.
 * docs/robustness.md lists what else is tested where.
 */
#include "core/ft_control.h"
#include "core/ft_report.h"
#include "tests/real_service.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <signal.h>

enum { PRIMARY = 0, BACKUP = 1, FLOOD = 20000, CROWD = 20 };

static uint32_t state = 1;

static uint32_t next(void)
{
    state = state * 1664525 + 1013904223;
    return state ^ state >> 15;
}

static void setup(void)
{
    service_defaults();
    service_config.server.workers = 64;
    service_open();
}

static void teardown(void)
{
    house_close(&house);
}

static enum ft_role role_of(unsigned server)
{
    char status[8192];
    return house_role(&house, server, status, sizeof status);
}

static void both_are_what_they_were(void)
{
    service_is_well();
    ck_assert_int_eq(role_of(PRIMARY), FT_ROLE_PRIMARY);
    ck_assert_int_eq(role_of(BACKUP), FT_ROLE_BACKUP);
    ck_assert_int_eq(service_status(PRIMARY, "role_changes"), 3);
    ck_assert_int_eq(service_status(BACKUP, "role_changes"), 2);
}

/* --- packets ------------------------------------------------------------------------------------------------------- */

static int open_raw(void)
{
    int file = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    ck_assert_int_ge(file, 0);
    return file;
}

/* Its TCP header is `tcp`, of `size` bytes; the checksum is made right. */
static void send_tcp(int file, uint32_t from, const uint8_t *tcp, size_t size)
{
    uint8_t bytes[600] = {0x45};
    ck_assert_uint_le(size, sizeof bytes - 20);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(house.service.ip)};
    memcpy(bytes + 20, tcp, size);
    bytes[8] = 64;
    bytes[9] = IPPROTO_TCP;
    ft_put32(bytes + 12, from);
    ft_put32(bytes + 16, house.service.ip);
    ft_put16(bytes + 36, 0);
    uint32_t sum = ft_segment_pseudo_sum(bytes, (uint32_t)size);
    for (size_t at = 20; at < 20 + size; at += 2)
        sum += ft_get16(bytes + at);
    ft_put16(bytes + 36, (uint16_t)~ft_fold(sum));
    sendto(file, bytes, 20 + size, 0, (struct sockaddr *)&to, sizeof to);
}

START_TEST(a_flood_of_syns_takes_no_room_and_keeps_nobody_out)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    int file = open_raw();
    for (unsigned i = 0; i < FLOOD; i++) {
        uint8_t tcp[20] = {[12] = 0x50, [13] = TH_SYN};
        ft_put16(tcp, 1024 + i % 60000);
        ft_put16(tcp + 2, house.service.port);
        ft_put32(tcp + 4, next());
        ft_put16(tcp + 14, 64240);
        send_tcp(file, 10U << 24 | (20 + i % 200), tcp, sizeof tcp);
        if (i % (FLOOD / 4) == 0)
            service_is_well();
    }
    close(file);
    both_are_what_they_were();
    ck_assert_int_gt(service_status(PRIMARY, "syn_answered"), FLOOD / 2);
    ck_assert_int_lt(service_status(PRIMARY, "assigned"), 20); /* those of service_is_well() */
    ck_assert_int_eq(service_status(PRIMARY, "syn_plain"), -1);
}
END_TEST

/* Any flags, numbers, header lengths and options, some near a live connection of this very client. */
START_TEST(segments_that_make_no_sense_change_nothing)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    int live = dial(), file = open_raw();
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    getsockname(live, (struct sockaddr *)&own, &size);
    for (unsigned i = 0; i < FLOOD; i++) {
        uint8_t tcp[100];
        for (unsigned at = 0; at < sizeof tcp; at++)
            tcp[at] = (uint8_t)(next() >> 8);
        ft_put16(tcp, i % 4 == 0 ? ntohs(own.sin_port) : 1024 + next() % 60000);
        ft_put16(tcp + 2, house.service.port);
        send_tcp(file, ntohl(own.sin_addr.s_addr), tcp, 20 + next() % 40 * 2);
    }
    close(file);
    ck_assert(get(live, 5, 1000));
    ck_assert(hear(live).whole);
    close(live);
    ck_assert_int_gt(service_status(BACKUP, "malformed"), 0);
    both_are_what_they_were();
}
END_TEST

/* As from the other host, by who does not have the key: garbage, and a true one with a bit turned. */
START_TEST(forged_control_messages_change_nothing)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    long long heard =
        service_status(PRIMARY, "heartbeats_in") + service_status(BACKUP, "heartbeats_in");
    int file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (unsigned i = 0; i < 2000; i++) {
        struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons(7081),
                                 .sin_addr.s_addr = htonl(house.servers[i & 1].ip)};
        const struct ft_key wrong = {.word = {next(), next()}};
        struct ft_control message = {.kind = (uint8_t)(1 + (i >> 1 & 1)),
                                     .sender = (uint8_t)(1 - (i & 1)),
                                     .role = FT_ROLE_SOLO,
                                     .view = 1 << 20,
                                     .proposal = 1 << 21,
                                     .incarnation = 77,
                                     .sent_ns = INT64_MAX / 2};
        uint8_t bytes[FT_CONTROL_BYTES];
        ft_control_write(&message, &wrong, bytes);
        sendto(file, bytes, i % 3 == 0 ? next() % sizeof bytes : sizeof bytes, 0,
               (struct sockaddr *)&to, sizeof to);
    }
    close(file);
    both_are_what_they_were();
    ck_assert_int_gt(service_status(PRIMARY, "heartbeats_in") +
                         service_status(BACKUP, "heartbeats_in"),
                     heard + 1900);
    service_await(PRIMARY, "heartbeats_refused", 900);
    service_await(BACKUP, "heartbeats_refused", 900);
    service_await(BACKUP, "forgeries_told", 1); /* in the daemon's log */
}
END_TEST

/* A socket on the backup's cable, past its own packet path; frames from the backup to the primary. */
static int open_cable(uint8_t macs[12])
{
    char status[8192];
    int on = 1;
    ck_assert(house_status(&house, PRIMARY, status, sizeof status));
    static const char *const NAMES[] = {"\"own_mac\":\"", "\"peer_mac\":\""};
    for (unsigned i = 0; i < 2; i++) {
        const char *at = strstr(status, NAMES[i]);
        uint8_t *mac = macs + 6 * i;
        ck_assert_ptr_nonnull(at);
        ck_assert_int_eq(sscanf(at + strlen(NAMES[i]), "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac,
                                mac + 1, mac + 2, mac + 3, mac + 4, mac + 5),
                         6);
    }
    ck_assert(machine_enter_network(&house.servers[BACKUP].machine));
    int file = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    struct sockaddr_ll cable = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(ETH_P_IP),
                                .sll_ifindex = (int)if_nametoindex("eth0")};
    ck_assert_int_eq(bind(file, (struct sockaddr *)&cable, sizeof cable), 0);
    ck_assert_int_eq(setsockopt(file, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on), 0);
    ck_assert(machine_enter_network(&house.client));
    return file;
}

/* What the backup might say of this connection, by who has another key, or does not know that there is a tag. */
static void send_forged(int file, const uint8_t macs[12], const struct sockaddr_in *client,
                        uint32_t view, unsigned which)
{
    static const uint8_t FLAGS[] = {FT_ACK, FT_ACK | FT_FIN, FT_ACK | FT_RST};
    const struct ft_key wrong = {.word = {next(), next()}};
    const struct ft_assign assign = {.view = view};
    uint8_t frame[14 + FT_HEADER_MAX] = {0}, *bytes = frame + 14;
    struct ft_segment segment;
    enum ft_reason why;
    memcpy(frame, macs, 12);
    ft_put16(frame + 12, ETH_P_IP);
    ft_put16(bytes, 0x4500);
    ft_put16(bytes + FT_AT_LENGTH, FT_HEADER_MIN);
    ft_put16(bytes + FT_AT_TTL, 0x4006);
    ft_put32(bytes + FT_AT_SOURCE_IP, house.service.ip);
    ft_put32(bytes + FT_AT_DESTINATION_IP, ntohl(client->sin_addr.s_addr));
    ft_put16(bytes + FT_AT_SOURCE_PORT, house.service.port);
    ft_put16(bytes + FT_AT_DESTINATION_PORT, ntohs(client->sin_port));
    ft_put32(bytes + FT_AT_SEQ, next());
    ft_put32(bytes + FT_AT_ACK, next());
    ft_put16(bytes + FT_AT_FLAGS, 0x5000U | FLAGS[which % sizeof FLAGS]);
    ft_put16(bytes + FT_AT_WINDOW, 0xffff);
    ft_put16(bytes + FT_AT_IP_CHECKSUM, ft_segment_ip_checksum(bytes));
    ck_assert(ft_segment_parse(&segment, bytes, FT_HEADER_MIN, FT_HEADER_MIN, false, &why));
    ft_report_write(&wrong, &assign, &segment, bytes);
    if (which % 4 == 0)
        ft_segment_bare(&segment, bytes);
    ck_assert_int_gt(send(file, frame, 14 + ft_segment_length(&segment), 0), 0);
}

START_TEST(forged_reports_change_nothing)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    uint8_t macs[12];
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    int live = dial(), file = open_cable(macs);
    ck_assert(get(live, 7, 1000));
    ck_assert(hear(live).whole);
    getsockname(live, (struct sockaddr *)&own, &size);
    uint32_t view = (uint32_t)service_status(BACKUP, "view");
    ck_assert_int_eq(service_status(PRIMARY, "report_forged"), -1); /* none yet: true ones verify */
    for (unsigned i = 0; i < 2000; i++)
        send_forged(file, macs, &own, view, i);
    close(file);
    service_await(PRIMARY, "report_forged", 2000);
    service_await(PRIMARY, "forgeries_told", 1);
    ck_assert(get(live, 8, 100000));
    ck_assert(hear(live).whole);
    close(live);
    both_are_what_they_were();
}
END_TEST

/* --- clients ------------------------------------------------------------------------------------------------------- */

START_TEST(clients_that_never_read_keep_nobody_waiting)
{
    int files[CROWD];
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    for (unsigned i = 0; i < CROWD; i++) {
        files[i] = dial();
        for (unsigned k = 0; k < 10; k++)
            ck_assert(get(files[i], 1000 + i * 10 + k, 900000));
    }
    both_are_what_they_were();
    for (unsigned i = 0; i < CROWD; i++)
        close(files[i]);
    both_are_what_they_were();
}
END_TEST

START_TEST(half_a_request_may_wait_for_its_other_half)
{
    int files[CROWD];
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    for (unsigned i = 0; i < CROWD; i++) {
        files[i] = dial();
        ask(files[i], "GET /rehearsal?id=%u&bytes=1000 HTTP/1.1\r\nHo", 500 + i);
    }
    both_are_what_they_were();
    for (unsigned i = 0; i < CROWD; i++) {
        if (i % 2 == 0) { /* the others never say the rest */
            ask(files[i], "st: service\r\n\r\n");
            ck_assert_int_eq(hear(files[i]).status, 200);
        }
        close(files[i]);
    }
    both_are_what_they_were();
    for (unsigned i = 0; i < CROWD; i++)
        ck_assert_uint_eq(executions_of(500 + i), i % 2 == 0);
}
END_TEST

static void say_headers(const char *line, size_t size, unsigned count)
{
    char *text = malloc(size + 100);
    int file = dial();
    ask(file, "GET /rehearsal?id=1&bytes=10 HTTP/1.1\r\nHost: service\r\n");
    for (unsigned i = 0; i < count; i++) {
        int begun = snprintf(text, 100, "%s%u: ", line, i);
        memset(text + begun, 'x', size);
        memcpy(text + (size_t)begun + size - 2, "\r\n", 2);
        if (!say(file, text, (size_t)begun + size))
            break; /* it has heard enough */
    }
    free(text);
    int status = hear(file).status;
    ck_assert_msg(status == 400 || status == 0, "%d", status); /* 0: the reset outran the reply */
    close(file);
}

START_TEST(headers_of_ten_megabytes_are_refused)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    say_headers("X-Long", 10000000, 1);
    say_headers("X-Many", 5000, 2000);
    both_are_what_they_were();
}
END_TEST

/* --- hosts --------------------------------------------------------------------------------------------------------- */

/* Alive and deaf: its log fills, nothing is taken any more. The primary goes on alone, and takes it back when it goes on. */
START_TEST(a_backup_whose_server_stops_is_left_behind_and_taken_back)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    int file = dial();
    ck_assert(get(file, 1, 1000));
    ck_assert_int_eq(hear(file).status, 200);
    ck_assert_uint_ge(machine_signal(&house.servers[BACKUP].machine, "apache2", SIGSTOP), 1);
    for (unsigned i = 0; i < 20; i++) {
        ck_assert(get(file, 700 + i, 100000));
        struct answer answer = hear(file);
        ck_assert_int_eq(answer.status, 200);
        ck_assert(answer.whole);
        ck_assert_uint_eq(executions_of(700 + i), 1);
    }
    close(file);
    ck_assert_int_eq(role_of(PRIMARY), FT_ROLE_SOLO);
    machine_signal(&house.servers[BACKUP].machine, "apache2", SIGCONT);
    for (unsigned i = 0; i < 1000 && role_of(PRIMARY) != FT_ROLE_PRIMARY; i++)
        usleep(10000);
    ck_assert_int_eq(role_of(PRIMARY), FT_ROLE_PRIMARY);
    service_await(PRIMARY, "view", 1);
    service_is_well();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intruders");
    TCase *tcase = tcase_create("intruders");
    tcase_set_timeout(tcase, 60);
    if (service_possible())
        tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_flood_of_syns_takes_no_room_and_keeps_nobody_out);
    tcase_add_test(tcase, segments_that_make_no_sense_change_nothing);
    tcase_add_test(tcase, forged_control_messages_change_nothing);
    tcase_add_test(tcase, forged_reports_change_nothing);
    tcase_add_test(tcase, clients_that_never_read_keep_nobody_waiting);
    tcase_add_test(tcase, half_a_request_may_wait_for_its_other_half);
    tcase_add_test(tcase, headers_of_ten_megabytes_are_refused);
    tcase_add_test(tcase, a_backup_whose_server_stops_is_left_behind_and_taken_back);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
