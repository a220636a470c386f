/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * real_service - a service of two hosts for tests that speak with it themselves: the testbed's house, and a client's sockets.
 *
 * Needs root and a kernel that can; where it cannot be built, service_open() says why and the test is skipped. The test's
 * thread is in the clients' machine afterwards.
 */
#ifndef TESTS_REAL_SERVICE_H
#define TESTS_REAL_SERVICE_H

#include "models/params.h"
#include "module/testbed/house.h"
#include "module/testbed/stamp.h"
#include "tests/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { SERVICE_PATIENCE_S = 20, REPLY_HEAD_MAX = 8192 };

static struct config service_config;
static struct house house;

/* duplex, with small limits; settings may be changed before service_open(). */
static inline void service_defaults(void)
{
    param_defaults(understudy_schema.params, &service_config);
    while (strcmp(schemes[service_config.scheme].name, "duplex") != 0)
        service_config.scheme++;
    service_config.replication.timeout_ns = 500000000; /* the machine may be busy */
    service_config.replication.lease_ns = 400000000;
    service_config.replication.log_bytes = 1 << 20;
    service_config.replication.body_bytes = 1 << 20;
    service_config.server.workers = 64;
}

static inline bool service_possible(void)
{
    return geteuid() == 0 && access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

static inline void service_open(void)
{
    bool open = house_open(&house, &service_config) && machine_enter_network(&house.client);
    ck_assert_msg(open, "%s", house.error);
}

/* A number out of a host's status; -1: it is not there. */
static inline long long service_status(unsigned server, const char *name)
{
    char status[8192], key[64];
    snprintf(key, sizeof key, "\"%s\":", name);
    bool told = false;
    for (unsigned i = 0; i < 10 && !told; i++)
        told = house_status(&house, server, status, sizeof status);
    if (!told)
        return -1;
    const char *at = strstr(status, key);
    return at != NULL ? strtoll(at + strlen(key), NULL, 10) : -1;
}

/* Waits until a host's number is at least `value`. */
static inline void service_await(unsigned server, const char *name, long long value)
{
    for (unsigned i = 0; i < 1000 && service_status(server, name) < value; i++)
        usleep(10000);
    ck_assert_msg(service_status(server, name) >= value, "%s of host %u stays %lld", name, server,
                  service_status(server, name));
}

/* --- a client ----------------------------------------------------------------------------------------------------- */

static inline int dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(house.service.port),
                             .sin_addr.s_addr = htonl(house.service.ip)};
    struct timeval patience = {.tv_sec = SERVICE_PATIENCE_S};
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ck_assert_msg(connect(file, (struct sockaddr *)&to, sizeof to) == 0, "connect: %s",
                  strerror(errno));
    return file;
}

/* False: the other end has closed meanwhile. */
static inline bool say(int file, const void *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(file, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes = (const char *)bytes + sent;
        size -= (size_t)sent;
    }
    return true;
}

static inline bool ask(int file, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline bool ask(int file, const char *format, ...)
{
    char text[2000];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return say(file, text, (size_t)size);
}

static inline bool get(int file, unsigned id, unsigned bytes)
{
    return ask(file, "GET /rehearsal?id=%u&bytes=%u HTTP/1.1\r\nHost: service\r\n\r\n", id, bytes);
}

/* Bytes [from, from + size) of the body that the request's number asks for. */
static inline bool say_body(int file, unsigned id, uint64_t from, size_t size)
{
    char piece[16384];
    while (size > 0) {
        size_t part = size < sizeof piece ? size : sizeof piece;
        stamp_write(id, from, piece, part);
        if (!say(file, piece, part))
            return false;
        from += part;
        size -= part;
    }
    return true;
}

struct answer {
    int status; /* 0: the connection ended, or nothing came */
    uint64_t length, nonce;
    bool whole; /* all bytes of the body came, and of one execution if one is named */
};

static inline uint64_t field(const char *head, const char *name)
{
    const char *at = strcasestr(head, name);
    return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* Reads one reply, no byte more. */
static inline struct answer hear(int file)
{
    struct answer answer = {.status = 0};
    char head[REPLY_HEAD_MAX] = "", piece[16384];
    for (size_t used = 0; strstr(head, "\r\n\r\n") == NULL; used++) {
        if (used == sizeof head - 1 || recv(file, head + used, 1, 0) != 1)
            return answer;
    }
    answer.status = atoi(head + 9);
    answer.length = field(head, "\r\nContent-Length: ");
    answer.nonce = field(head, "\r\nX-Nonce: ");
    answer.whole = true;
    for (uint64_t at = 0; at < answer.length;) {
        size_t most = answer.length - at < sizeof piece ? answer.length - at : sizeof piece;
        ssize_t got = recv(file, piece, most, 0);
        if (got <= 0 || (answer.nonce != 0 &&
                         stamp_check(answer.nonce, at, piece, (size_t)got) != (size_t)got)) {
            answer.whole = false;
            return answer;
        }
        at += (uint64_t)got;
    }
    return answer;
}

/* The service answers on a connection of its own, and both hosts have a part in it. */
static inline void service_is_well(void)
{
    long long logged = service_status(1, "logged");
    int file = dial();
    ck_assert(get(file, 1, 1000));
    struct answer answer = hear(file);
    ck_assert_int_eq(answer.status, 200);
    ck_assert(answer.whole);
    close(file);
    service_await(1, "logged", logged + 1);
}

/* --- the journal -------------------------------------------------------------------------------------------------- */

/* How often a request was executed; with a damaged body: counts as a failure of the test. */
static inline unsigned executions_of(uint64_t id)
{
    struct stamp_execution execution;
    unsigned count = 0;
    for (off_t at = 0; pread(house.journal, &execution, sizeof execution, at) == sizeof execution;
         at += (off_t)sizeof execution) {
        if (execution.request != id)
            continue;
        ck_assert(execution.body_good);
        count++;
    }
    return count;
}

#endif
