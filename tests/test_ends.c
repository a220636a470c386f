/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections that one of the two servers ends by itself, or cannot serve, and requests that get no reply like others: no client
 * waits for ever, and nothing is left over on either host.
 */
#include "tests/real_service.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { PRIMARY = 0, BACKUP = 1, CROWD = 60, WORKERS = 64, TOGETHER = 40 };

static void setup(void)
{
    service_defaults();
    service_config.server.workers = WORKERS;
    service_config.server.keep_alive_ns = 1000000000;
    service_open();
}

static void teardown(void)
{
    house_close(&house);
}

static void nothing_is_left_over(void)
{
    service_is_well();
    for (unsigned i = 0; i < 500 && service_status(BACKUP, "log_bytes") > 0; i++)
        usleep(10000);
    ck_assert_int_eq(service_status(BACKUP, "log_bytes"), 0);
    ck_assert_int_eq(service_status(BACKUP, "body_bytes"), 0);
    ck_assert_int_eq(house_role(&house, PRIMARY, (char[8192]){""}, 8192), FT_ROLE_PRIMARY);
    ck_assert_int_eq(house_role(&house, BACKUP, (char[8192]){""}, 8192), FT_ROLE_BACKUP);
}

/* Both servers' time-outs strike while requests come, each host's in its own order. */
START_TEST(a_request_that_meets_the_servers_time_out_gets_a_reply_or_the_end)
{
    int files[CROWD];
    unsigned replies = 0, ends = 0;
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    for (unsigned i = 0; i < CROWD; i++) {
        files[i] = dial();
        ck_assert(get(files[i], 100 + i, 1000));
        ck_assert_int_eq(hear(files[i]).status, 200);
        usleep(5000);
    }
    usleep(690000);
    for (unsigned i = 0; i < CROWD; i++) { /* of the first the time-out has gone by */
        errno = 0;
        bool asked = get(files[i], 200 + i, 1000);
        struct answer answer = asked ? hear(files[i]) : (struct answer){.status = 0};
        ck_assert_msg(answer.status == 200 || errno != EAGAIN, "connection %u hangs", i);
        replies += answer.status == 200;
        ends += answer.status == 0;
        close(files[i]);
    }
    ck_assert_uint_eq(replies + ends, CROWD);
    nothing_is_left_over();
}
END_TEST

START_TEST(what_is_idle_for_too_long_is_closed_by_both)
{
    int files[8];
    char byte;
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    for (unsigned i = 0; i < 8; i++) {
        files[i] = dial();
        ck_assert(get(files[i], 100 + i, 1000));
        ck_assert_int_eq(hear(files[i]).status, 200);
    }
    for (unsigned i = 0; i < 8; i++) {
        ck_assert_int_eq(recv(files[i], &byte, 1, 0), 0);
        close(files[i]);
    }
    nothing_is_left_over();
}
END_TEST

START_TEST(a_request_without_a_reply_ends_its_connection_on_both_hosts)
{
    char byte;
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    int file = dial();
    ck_assert(get(file, 1, 100));
    ck_assert_int_eq(hear(file).status, 200);
    ask(file, "GET /rehearsal?id=2&bytes=9&mute=1 HTTP/1.1\r\nHost: service\r\n\r\n");
    ck_assert_int_eq(recv(file, &byte, 1, 0), 0);
    close(file);
    ck_assert_uint_eq(executions_of(2), 1);
    nothing_is_left_over();
}
END_TEST

/* As many as both hosts have workers for are replicated; the rest is the primary's alone. */
START_TEST(connections_beyond_the_workers_are_served_without_replication)
{
    int files[WORKERS + 8];
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    for (unsigned i = 0; i < WORKERS + 8; i++) {
        files[i] = dial();
        ck_assert(get(files[i], 300 + i, 5000));
        struct answer answer = hear(files[i]);
        ck_assert_int_eq(answer.status, 200);
        ck_assert(answer.whole);
        ck_assert_uint_eq(executions_of(300 + i), 1);
    }
    service_await(PRIMARY, "left", 8);
    for (unsigned i = 0; i < WORKERS + 8; i++)
        close(files[i]);
    nothing_is_left_over();
}
END_TEST

/* Clients that ask again at once, for ever, in a process of their own. Whom a busy server ends comes again. */
static pid_t crowd_of(unsigned count)
{
    struct pollfd asked[WORKERS];
    char reply[REPLY_HEAD_MAX]; /* is small: it comes in one piece */
    pid_t child = fork();
    if (child != 0)
        return child;
    for (unsigned i = 0; i < count; i++) {
        asked[i] = (struct pollfd){.fd = dial(), .events = POLLIN};
        get(asked[i].fd, 400, 100);
    }
    while (poll(asked, count, -1) > 0) {
        for (unsigned i = 0; i < count; i++) {
            if (asked[i].revents == 0)
                continue;
            if (recv(asked[i].fd, reply, sizeof reply, 0) <= 0) {
                close(asked[i].fd);
                asked[i].fd = dial();
            }
            get(asked[i].fd, 400, 100);
        }
    }
    _exit(1);
}

static unsigned executions(void)
{
    struct stat journal;
    ck_assert_int_eq(fstat(house.journal, &journal), 0);
    return (unsigned)((size_t)journal.st_size / sizeof(struct stamp_execution));
}

/* A worker that stays with one is a worker that another lacks. */
START_TEST(clients_that_ask_again_at_once_leave_workers_to_others)
{
    int status;
    unsigned late = 0;
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    unsigned before = executions();
    pid_t crowd = crowd_of(WORKERS);
    while (executions() < before + 40 * WORKERS) /* all of them have a worker */
        usleep(10000);
    for (unsigned i = 0; i < 8; i++) {
        int file = dial();
        before = executions();
        ck_assert(get(file, 500 + i, 100));
        ck_assert_int_eq(hear(file).status, 200);
        late += executions() - before >= 5 * WORKERS;
        close(file);
    }
    ck_assert_uint_le(late, 4); /* one or another may have had to wait for a processor */
    kill(crowd, SIGKILL);
    waitpid(crowd, &status, 0);
    nothing_is_left_over();
}
END_TEST

/* Nobody waits for the second of two that have come in one segment, as the pace of another client shows. */
START_TEST(requests_that_come_together_are_answered_one_behind_the_other)
{
    int status;
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    pid_t crowd = crowd_of(1);
    int file = dial();
    unsigned before = executions();
    for (unsigned i = 0; i < TOGETHER; i++)
        ck_assert(get(file, 600 + i, 100));
    for (unsigned i = 0; i < TOGETHER; i++)
        ck_assert_int_eq(hear(file).status, 200);
    ck_assert_uint_lt(executions() - before, 10 * TOGETHER);
    close(file);
    kill(crowd, SIGKILL);
    waitpid(crowd, &status, 0);
    nothing_is_left_over();
}
END_TEST

static void expect_status(const char *text, int status)
{
    int file = dial();
    ask(file, "%s", text);
    ck_assert_int_eq(hear(file).status, status);
    close(file);
}

START_TEST(what_would_be_no_request_and_reply_is_refused_or_made_one)
{
    char interim[64] = "";
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    expect_status("CONNECT service:80 HTTP/1.1\r\nHost: service\r\n\r\n", 501);
    expect_status(
        "GET /rehearsal?id=5&bytes=10 HTTP/1.1\r\nHost: service\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\n\r\n",
        200);
    expect_status("NONSENSE\r\n\r\n", 400);
    int file = dial();
    ask(file, "POST /rehearsal?id=6&bytes=10 HTTP/1.1\r\nHost: service\r\nContent-Length: 1000\r\n"
              "Expect: 100-continue\r\n\r\n");
    ck_assert_int_eq(recv(file, interim, 25, MSG_WAITALL), 25);
    ck_assert_str_eq(interim, "HTTP/1.1 100 Continue\r\n\r\n");
    ck_assert(say_body(file, 6, 0, 1000));
    ck_assert_int_eq(hear(file).status, 200);
    ck_assert_uint_eq(executions_of(6), 1);
    /* Refused before a byte of the body: neither host says "continue". */
    ask(file, "POST /rehearsal?id=7 HTTP/1.1\r\nHost: service\r\nContent-Length: 2000000\r\n"
              "Expect: 100-continue\r\n\r\n");
    ck_assert_int_eq(hear(file).status, 413);
    close(file);
    nothing_is_left_over();
}
END_TEST

/* Connects from the primary's own host, as only somebody there could. */
START_TEST(nobody_takes_the_log_channel_over_who_has_no_key)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(7080),
                             .sin_addr.s_addr = htonl(house.servers[BACKUP].ip)};
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    ck_assert(machine_enter_network(&house.servers[PRIMARY].machine));
    long long refused = service_status(BACKUP, "refused");
    for (unsigned i = 0; i < 10; i++) {
        char garbage[200] = {0};
        int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(connect(file, (struct sockaddr *)&to, sizeof to), 0);
        say(file, garbage, i < 5 ? sizeof garbage : 10);
        usleep(20000);
        if (i % 2 == 0)
            close(file);
    }
    ck_assert(machine_enter_network(&house.client));
    service_await(BACKUP, "refused", refused + 5);
    nothing_is_left_over();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ends");
    TCase *tcase = tcase_create("ends");
    tcase_set_timeout(tcase, 60);
    if (service_possible())
        tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_request_that_meets_the_servers_time_out_gets_a_reply_or_the_end);
    tcase_add_test(tcase, what_is_idle_for_too_long_is_closed_by_both);
    tcase_add_test(tcase, a_request_without_a_reply_ends_its_connection_on_both_hosts);
    tcase_add_test(tcase, connections_beyond_the_workers_are_served_without_replication);
    tcase_add_test(tcase, clients_that_ask_again_at_once_leave_workers_to_others);
    tcase_add_test(tcase, requests_that_come_together_are_answered_one_behind_the_other);
    tcase_add_test(tcase, what_would_be_no_request_and_reply_is_refused_or_made_one);
    tcase_add_test(tcase, nobody_takes_the_log_channel_over_who_has_no_key);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
