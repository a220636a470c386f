/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client whose segments are made by hand, against the real service: what a kernel's own TCP would mend 200 ms later, or a second,
 * this one does not.
 */
#include "tests/raw_segment.h"
#include "tests/real_service.h"

#include <net/ethernet.h>
#include <netpacket/packet.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { PRIMARY = 0, BACKUP = 1, TRIES = 300, STEPS = 25, CLIENT_PORT = 20000, ISN = 1000 };

static void setup(void)
{
    service_defaults();
    service_config.server.workers = TRIES + 8;
    service_config.network.rate_bps = 0; /* a cable's queue would put them one behind the other */
    service_open();
}

static void teardown(void)
{
    house_close(&house);
}

/* All that comes to this machine. */
static int open_ear(void)
{
    struct timeval patience = {.tv_sec = SERVICE_PATIENCE_S};
    int room = 8 << 20, file = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP));
    ck_assert_int_ge(file, 0);
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(file, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    return file;
}

/* The next segment for our client; false: none has come for a while. */
static bool listen_to(int ear, struct ft_segment *segment)
{
    uint8_t bytes[2048];
    enum ft_reason why;
    ssize_t got;
    while ((got = recv(ear, bytes, sizeof bytes, MSG_TRUNC)) > 0) {
        uint32_t size = got < FT_HEADER_MAX ? (uint32_t)got : FT_HEADER_MAX;
        *segment = (struct ft_segment){0};
        if (ft_segment_parse(segment, bytes, size, (uint32_t)got, true, &why) &&
            segment->destination_ip == RAW_CLIENT_IP)
            return true;
    }
    return false;
}

/* --- a connection ------------------------------------------------------------------------------------------------- */

static void say_from(struct raw_segment *self, uint16_t port, uint32_t seq, uint32_t ack,
                     uint8_t flags, const char *text)
{
    const struct raw_ends ends = {.from_ip = RAW_CLIENT_IP,
                                  .from_port = port,
                                  .to_ip = house.service.ip,
                                  .to_port = house.service.port};
    raw_write(self, &ends, seq, ack, flags, text, strlen(text));
}

/* Sends its words when the other thread sends its own, on a processor of its own, or up to some microseconds later: the two ways through
 * the kernel are not of one length. */
struct sender {
    pthread_t thread;
    int raw;
    size_t processor;
    unsigned step;
    struct raw_segment words[TRIES];
    _Atomic unsigned *ready;
};

static void *send_all(void *context)
{
    struct sender *self = context;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(self->processor, &set);
    sched_setaffinity(0, sizeof set, &set);
    for (unsigned i = 0; i < TRIES; i++) {
        unsigned others = 2 * (i + 1);
        atomic_fetch_add(self->ready, 1);
        while (atomic_load(self->ready) < others)
            sched_yield();
        for (volatile unsigned late = 0; late < i % STEPS * self->step;)
            late++;
        raw_send(self->raw, &self->words[i]);
    }
    return NULL;
}

static uint32_t shake(int raw, int ear, uint16_t port)
{
    struct raw_segment syn;
    struct ft_segment segment;
    say_from(&syn, port, ISN, 0, TH_SYN, "");
    raw_send(raw, &syn);
    while (listen_to(ear, &segment)) {
        if (segment.destination_port == port && (segment.flags & FT_SYN) != 0)
            return segment.seq;
    }
    ck_abort_msg("no SYN-ACK");
}

static unsigned count_answered(int ear)
{
    static bool answered[TRIES];
    struct ft_segment segment;
    unsigned count = 0;
    for (unsigned heard = 0; heard < 20 * TRIES && count < TRIES && listen_to(ear, &segment);
         heard++) {
        unsigned which = (unsigned)(segment.destination_port - CLIENT_PORT);
        if (which >= TRIES || segment.payload == 0 || answered[which])
            continue;
        answered[which] = true;
        count++;
    }
    return count;
}

/* Creating a connection twice throws the second segment away, data and all. */
START_TEST(a_first_request_beside_the_end_of_its_handshake_is_answered)
{
    static struct sender ends, requests;
    _Atomic unsigned ready = 0;
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
        SKIP("needs two processors");
    int raw = raw_open(), other = raw_open(), ear = open_ear();
    raw_introduce(PRIMARY);
    raw_introduce(BACKUP);
    ends = (struct sender){.raw = raw, .processor = 0, .step = 0, .ready = &ready};
    requests = (struct sender){.raw = other, .processor = 1, .step = 100, .ready = &ready};
    for (uint16_t i = 0; i < TRIES; i++) {
        char text[128];
        uint16_t port = (uint16_t)(CLIENT_PORT + i);
        uint32_t ack = shake(raw, ear, port) + 1;
        snprintf(text, sizeof text,
                 "GET /rehearsal?id=%u&bytes=10 HTTP/1.1\r\nHost: service\r\n\r\n", 100U + i);
        say_from(&ends.words[i], port, ISN + 1, ack, TH_ACK, "");
        say_from(&requests.words[i], port, ISN + 1, ack, TH_ACK | TH_PUSH, text);
    }
    pthread_create(&ends.thread, NULL, send_all, &ends);
    pthread_create(&requests.thread, NULL, send_all, &requests);
    pthread_join(ends.thread, NULL);
    pthread_join(requests.thread, NULL);
    ck_assert_uint_eq(count_answered(ear), TRIES);
    close(raw);
    close(other);
    close(ear);
}
END_TEST

/* The acknowledgement may have gone to the host that died. */
START_TEST(who_goes_on_alone_asks_for_the_acknowledgement_that_a_client_owes)
{
    uint16_t port = CLIENT_PORT + TRIES;
    struct raw_segment request;
    struct ft_segment segment = {0};
    bool replied = false, asked = false;
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    int raw = raw_open(), ear = open_ear();
    raw_introduce(PRIMARY);
    raw_introduce(BACKUP);
    uint32_t isn = shake(raw, ear, port);
    say_from(&request, port, ISN + 1, isn + 1, TH_ACK | TH_PUSH,
             "GET /rehearsal?id=99&bytes=5000 HTTP/1.1\r\nHost: service\r\n\r\n");
    raw_send(raw, &request);
    while (!replied && listen_to(ear, &segment))
        replied = segment.destination_port == port && segment.payload > 0;
    ck_assert(replied);
    house_crash(&house, BACKUP);
    for (unsigned i = 0; i < 1000 && !asked && listen_to(ear, &segment); i++)
        asked = segment.destination_port == port && segment.seq == isn && segment.payload == 0;
    ck_assert(asked);
    close(raw);
    close(ear);
}
END_TEST

/* The server died behind the SYN-ACK: the connection cannot be created, and that is no reason to end it. Another host may take over.
 * The request is right behind the end of the handshake. */
START_TEST(a_first_request_whose_connection_cannot_be_created_is_not_reset)
{
    uint16_t port = CLIENT_PORT + TRIES + 1, later = CLIENT_PORT + TRIES + 2;
    struct raw_segment end, request, syn;
    struct ft_segment segment = {0};
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    int raw = raw_open(), ear = open_ear();
    uint32_t ack = shake(raw, ear, port) + 1;
    say_from(&end, port, ISN + 1, ack, TH_ACK, "");
    say_from(&request, port, ISN + 1, ack, TH_ACK | TH_PUSH, "GET / HTTP/1.0\r\n\r\n");
    say_from(&syn, later, ISN, 0, TH_SYN, "");
    house_kill_server(&house, PRIMARY);
    /* As long as they are dying, their listener may still take the connection, and end it. */
    unsigned alive = 1;
    for (unsigned i = 0; i < 5000 && alive > 0; i++) {
        alive = machine_signal(&house.servers[PRIMARY].machine, "apache2", 0);
        usleep(1000);
    }
    ck_assert_uint_eq(alive, 0);
    raw_send(raw, &end);
    raw_send(raw, &request);
    usleep(50000);
    raw_send(raw, &syn); /* which there is nobody to answer */
    while (listen_to(ear, &segment) && segment.destination_port != later)
        ck_assert_msg(segment.destination_port != port || (segment.flags & FT_RST) == 0, "reset");
    ck_assert_uint_eq(segment.destination_port, later);
    close(raw);
    close(ear);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("raw_client");
    TCase *tcase = tcase_create("raw_client");
    tcase_set_timeout(tcase, 60);
    if (service_possible())
        tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_first_request_beside_the_end_of_its_handshake_is_answered);
    tcase_add_test(tcase, who_goes_on_alone_asks_for_the_acknowledgement_that_a_client_owes);
    tcase_add_test(tcase, a_first_request_whose_connection_cannot_be_created_is_not_reset);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
