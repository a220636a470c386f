/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client whose segments are made by hand, against the real service: what a kernel's own TCP would mend 200 ms later, or a second,
 * this one does not.
 *
 * It has an address that the clients' kernel does not own, or that would reset what it knows nothing of.
 */
#include "core/ft_segment.h"
#include "tests/real_service.h"

#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum {
    PRIMARY = 0,
    BACKUP = 1,
    TRIES = 300,
    STEPS = 25,
    CLIENT_IP = 10 << 24 | 20,
    CLIENT_PORT = 20000,
    ISN = 1000
};

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

static void server_sends_here(unsigned server)
{
    struct machine *machine = &house.servers[server].machine;
    ck_assert_int_eq(machine_net(machine, -1,
                                 "ip neigh replace 10.0.0.20 lladdr 02:00:0a:00:00:0b dev eth0 nud "
                                 "permanent"),
                     0);
}

static int open_raw(void)
{
    int file = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    ck_assert_int_ge(file, 0);
    return file;
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
            segment->destination_ip == CLIENT_IP)
            return true;
    }
    return false;
}

/* --- a connection ------------------------------------------------------------------------------------------------- */

struct words {
    uint8_t bytes[256];
    size_t size;
};

static void write_segment(struct words *self, uint16_t port, uint32_t seq, uint32_t ack,
                          uint8_t flags, const char *text)
{
    size_t length = strlen(text), total = sizeof(struct iphdr) + sizeof(struct tcphdr) + length;
    uint8_t *tcp = self->bytes + 20;
    *self = (struct words){.bytes = {0x45}, .size = total};
    ck_assert_uint_lt(total, sizeof self->bytes); /* a zero behind it, for the sum */
    self->bytes[8] = 64;
    self->bytes[9] = IPPROTO_TCP;
    ft_put32(self->bytes + 12, CLIENT_IP);
    ft_put32(self->bytes + 16, house.service.ip);
    ft_put16(tcp, port);
    ft_put16(tcp + 2, house.service.port);
    ft_put32(tcp + 4, seq);
    ft_put32(tcp + 8, ack);
    tcp[12] = 0x50;
    tcp[13] = flags;
    ft_put16(tcp + 14, 64240);
    memcpy(tcp + 20, text, length);
    uint32_t sum = ft_segment_pseudo_sum(self->bytes, (uint32_t)(20 + length));
    for (size_t at = 0; at < 20 + length; at += 2)
        sum += ft_get16(tcp + at);
    ft_put16(tcp + 16, (uint16_t)~ft_fold(sum));
}

static void send_words(int raw, const struct words *words)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(house.service.ip)};
    sendto(raw, words->bytes, words->size, 0, (struct sockaddr *)&to, sizeof to);
}

/* Sends its words when the other thread sends its own, on a processor of its own, or up to some microseconds later: the two ways through
 * the kernel are not of one length. */
struct sender {
    pthread_t thread;
    int raw;
    size_t processor;
    unsigned step;
    struct words words[TRIES];
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
        send_words(self->raw, &self->words[i]);
    }
    return NULL;
}

static uint32_t shake(int raw, int ear, uint16_t port)
{
    struct words syn;
    struct ft_segment segment;
    write_segment(&syn, port, ISN, 0, TH_SYN, "");
    send_words(raw, &syn);
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
    int raw = open_raw(), other = open_raw(), ear = open_ear();
    server_sends_here(PRIMARY);
    server_sends_here(BACKUP);
    ends = (struct sender){.raw = raw, .processor = 0, .step = 0, .ready = &ready};
    requests = (struct sender){.raw = other, .processor = 1, .step = 100, .ready = &ready};
    for (uint16_t i = 0; i < TRIES; i++) {
        char text[128];
        uint16_t port = (uint16_t)(CLIENT_PORT + i);
        uint32_t ack = shake(raw, ear, port) + 1;
        snprintf(text, sizeof text,
                 "GET /rehearsal?id=%u&bytes=10 HTTP/1.1\r\nHost: service\r\n\r\n", 100U + i);
        write_segment(&ends.words[i], port, ISN + 1, ack, TH_ACK, "");
        write_segment(&requests.words[i], port, ISN + 1, ack, TH_ACK | TH_PUSH, text);
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
    struct words request;
    struct ft_segment segment = {0};
    bool replied = false, asked = false;
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    int raw = open_raw(), ear = open_ear();
    server_sends_here(PRIMARY);
    server_sends_here(BACKUP);
    uint32_t isn = shake(raw, ear, port);
    write_segment(&request, port, ISN + 1, isn + 1, TH_ACK | TH_PUSH,
                  "GET /rehearsal?id=99&bytes=5000 HTTP/1.1\r\nHost: service\r\n\r\n");
    send_words(raw, &request);
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

int main(void)
{
    Suite *suite = suite_create("raw_client");
    TCase *tcase = tcase_create("raw_client");
    tcase_set_timeout(tcase, 60);
    if (service_possible())
        tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_first_request_beside_the_end_of_its_handshake_is_answered);
    tcase_add_test(tcase, who_goes_on_alone_asks_for_the_acknowledgement_that_a_client_owes);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
