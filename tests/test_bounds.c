/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bounded memory in the real server module: request bodies that the backup keeps, replies that the primary keeps back. Both
 * limits are 1 MiB here; what is larger is refused or goes unlogged, and what comes at once takes turns.
 */
#include "tests/real_service.h"

#include <fcntl.h>
#include <sys/wait.h>

enum { CROWD = 12, PRIMARY = 0, BACKUP = 1 };

static void setup(void)
{
    service_defaults();
    service_open();
}

static void teardown(void)
{
    house_close(&house);
}

static void post(int file, unsigned id, unsigned length)
{
    ask(file,
        "POST /rehearsal?id=%u&bytes=100 HTTP/1.1\r\nHost: service\r\nContent-Length: %u\r\n\r\n",
        id, length);
}

static void begin_chunked(int file, unsigned id)
{
    ask(file,
        "POST /rehearsal?id=%u&bytes=100 HTTP/1.1\r\nHost: service\r\nTransfer-Encoding: "
        "chunked\r\n\r\n",
        id);
}

static bool say_chunk(int file, unsigned id, uint64_t from, unsigned size)
{
    return ask(file, "%x\r\n", size) && say_body(file, id, from, size) && ask(file, "\r\n");
}

static void refused_and_closed(int file)
{
    char byte;
    struct answer answer = hear(file);
    ck_assert_int_eq(answer.status, 413);
    ck_assert(answer.whole);
    ck_assert_int_eq(recv(file, &byte, 1, 0), 0);
    close(file);
}

static void a_body_that_fits_is_served(void)
{
    int file = dial();
    post(file, 101, 900000);
    ck_assert(say_body(file, 101, 0, 900000));
    ck_assert_int_eq(hear(file).status, 200);
    begin_chunked(file, 102);
    for (unsigned i = 0; i < 6; i++)
        ck_assert(say_chunk(file, 102, i * 10000, 10000));
    ask(file, "0\r\n\r\n");
    ck_assert_int_eq(hear(file).status, 200);
    close(file);
    ck_assert_uint_eq(executions_of(101), 1);
    ck_assert_uint_eq(executions_of(102), 1);
}

static void a_body_that_is_too_large_is_refused_and_not_executed(void)
{
    int file = dial();
    post(file, 103, 2 << 20);
    refused_and_closed(file);
    file = dial();
    begin_chunked(file, 104);
    for (unsigned i = 0; i < 10; i++)
        say_chunk(file, 104, i * 10000, 10000);
    refused_and_closed(file);
    ck_assert_uint_eq(executions_of(103) + executions_of(104), 0);
    service_await(PRIMARY, "bodies_refused", 2);
    service_await(BACKUP, "bodies_refused", 2);
}

enum { LENGTH = 300000 };

/* A client in a process of its own: begins its body, waits for all others to have begun, ends it. */
static pid_t begin_body(unsigned id, const int start[2])
{
    pid_t child = fork();
    if (child != 0)
        return child;
    char byte;
    close(start[1]);
    int file = dial();
    post(file, id, LENGTH);
    bool sent = say_body(file, id, 0, 1000) && read(start[0], &byte, 1) == 0 &&
                say_body(file, id, 1000, LENGTH - 1000);
    _exit(sent && hear(file).status == 200 ? 0 : 1);
}

/* All of them at once would take more room than there is. */
static void bodies_take_turns(void)
{
    pid_t children[CROWD];
    int start[2], status;
    ck_assert_int_eq(pipe2(start, O_CLOEXEC), 0);
    for (unsigned i = 0; i < CROWD; i++)
        children[i] = begin_body(200 + i, start);
    service_await(BACKUP, "body_bytes", 3 * LENGTH);
    usleep(50000); /* for others to take more if they could */
    ck_assert_int_eq(service_status(BACKUP, "body_bytes"), 3 * LENGTH);
    close(start[1]);
    for (unsigned i = 0; i < CROWD; i++) {
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert_int_eq(status, 0);
        ck_assert_uint_eq(executions_of(200 + i), 1);
    }
    close(start[0]);
}

START_TEST(bodies_are_kept_in_bounded_memory)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    a_body_that_fits_is_served();
    a_body_that_is_too_large_is_refused_and_not_executed();
    bodies_take_turns();
    service_is_well();
    ck_assert_int_eq(service_status(BACKUP, "body_bytes"), 0);
    ck_assert_int_eq(service_status(PRIMARY, "unprotected"), 0);
}
END_TEST

static int ask_for(unsigned id, unsigned bytes)
{
    int file = dial();
    ck_assert(get(file, id, bytes));
    return file;
}

static void ends_with(int file, unsigned id, int status)
{
    struct answer answer = hear(file);
    ck_assert_int_eq(answer.status, status);
    ck_assert_msg(answer.whole, "the reply to %u", id);
}

/* Replies that fit one by one wait for each other. */
static void replies_take_turns(void)
{
    int files[CROWD];
    for (unsigned i = 0; i < CROWD; i++)
        files[i] = ask_for(300 + i, 900000);
    for (unsigned i = 0; i < CROWD; i++) {
        ends_with(files[i], 300 + i, 200);
        close(files[i]);
        ck_assert_uint_eq(executions_of(300 + i), 1);
    }
    ck_assert_int_eq(service_status(PRIMARY, "unprotected"), 0);
}

/* The connection is the primary's alone from here on, and goes on. */
static void a_reply_too_large_goes_unlogged(void)
{
    long long logged = service_status(BACKUP, "logged");
    int file = ask_for(400, 5000000);
    ends_with(file, 400, 200);
    ck_assert(get(file, 401, 1000));
    ends_with(file, 401, 200);
    service_await(PRIMARY, "unprotected", 1);
    service_await(BACKUP, "logged", logged + 1); /* that it will not be there */
    shutdown(file, SHUT_WR);
    ck_assert_int_eq(hear(file).status, 0);
    close(file);
    ck_assert_uint_eq(executions_of(400) + executions_of(401), 2);
}

/* Its reply is under way, neither here nor there: the backup must not make another one of its own. */
static void what_went_unlogged_is_cut_and_not_executed_again(void)
{
    int large = ask_for(402, 50000000), small = ask_for(403, 1000);
    ends_with(small, 403, 200);
    service_await(PRIMARY, "unprotected", 2);
    char byte;
    ck_assert_int_eq(recv(large, &byte, 1, 0), 1);
    house_crash(&house, PRIMARY);
    ck_assert(get(small, 404, 1000));
    ends_with(small, 404, 200);
    struct timeval patience = {.tv_sec = 2};
    setsockopt(large, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char piece[65536];
    uint64_t heard = 0;
    ssize_t got;
    while ((got = recv(large, piece, sizeof piece, 0)) > 0)
        heard += (uint64_t)got;
    ck_assert_msg(got == 0 || errno == ECONNRESET, "the large reply hangs: %s", strerror(errno));
    ck_assert_uint_lt(heard, 50000000);
    ck_assert_uint_eq(executions_of(402), 1);
    close(large);
    close(small);
}

START_TEST(replies_are_kept_back_in_bounded_memory)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    replies_take_turns();
    a_reply_too_large_goes_unlogged();
    service_is_well();
    what_went_unlogged_is_cut_and_not_executed_again();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bounds");
    TCase *tcase = tcase_create("bounds");
    tcase_set_timeout(tcase, 60);
    if (service_possible())
        tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, bodies_are_kept_in_bounded_memory);
    tcase_add_test(tcase, replies_are_kept_back_in_bounded_memory);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
