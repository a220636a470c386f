/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the cables see of P2 and P5, seen failing: packets made by hand on real cables, beside those of a real service that is well.
 */
#include "module/bpf/understudy_bpf.h"
#include "module/testbed/cables.h"
#include "tests/raw_segment.h"
#include "tests/real_service.h"

#include "core/ft_record.h"

enum { PRIMARY = 0, BACKUP = 1, PORT = 20000, ISN = 5000, WIDE = 60, PATIENCE_STEPS = 1000 };

static int servers[2], client;

/* Whoever speaks in its network with the packet path's mark is not judged by it. */
static int open_rogue(unsigned server)
{
    uint32_t mark = UNDERSTUDY_MARK;
    ck_assert(machine_enter_network(&house.servers[server].machine));
    int raw = raw_open();
    ck_assert_int_eq(setsockopt(raw, SOL_SOCKET, SO_MARK, &mark, sizeof mark), 0);
    return raw;
}

static struct cables_memory *seen(void)
{
    return house.wiring.memory;
}

static void setup(void)
{
    service_defaults();
    service_config.network.impairment.loss = 1e-12; /* less than one of 2^32: none, but watched */
    service_open();
    seen()->pair = 1;
    for (unsigned i = 0; i < 2; i++) {
        raw_introduce(i);
        servers[i] = open_rogue(i);
    }
    /* Packets of many records. */
    ck_assert_int_eq(machine_net(&house.exchange, -1, "ip link set backup-eth0 mtu 9000"), 0);
    ck_assert_int_eq(machine_net(&house.servers[BACKUP].machine, -1, "ip link set eth0 mtu 9000"),
                     0);
    ck_assert(machine_enter_network(&house.client));
    client = raw_open();
}

static void teardown(void)
{
    house_close(&house);
}

static void await(const volatile __u64 *number, uint64_t value)
{
    for (unsigned i = 0; i < PATIENCE_STEPS && *number < value; i++)
        usleep(10000);
    ck_assert_uint_eq(*number, value);
}

/* --- what is said ------------------------------------------------------------------------------------------------- */

static void open_connection(uint16_t port)
{
    static struct raw_segment syn;
    const struct raw_ends ends = {.from_ip = RAW_CLIENT_IP,
                                  .from_port = port,
                                  .to_ip = house.service.ip,
                                  .to_port = house.service.port};
    raw_write(&syn, &ends, ISN, 0, TH_SYN, "", 0);
    raw_send(client, &syn);
    usleep(50000); /* before what is said in its answer */
}

static void speak(unsigned server, uint16_t port, const char *text)
{
    static struct raw_segment word;
    const struct raw_ends ends = {.from_ip = house.service.ip,
                                  .from_port = house.service.port,
                                  .to_ip = RAW_CLIENT_IP,
                                  .to_port = port};
    uint64_t words = seen()->words;
    raw_write(&word, &ends, 1, ISN + 1, TH_ACK, text, strlen(text));
    raw_send(servers[server], &word);
    await(&seen()->words, words + 1);
}

/* `before` bytes of a record that began in another packet, then credits, then the acknowledgement of a reply. */
static void acknowledge(uint16_t port, size_t before, size_t credits)
{
    static struct raw_segment packet;
    static uint8_t bytes[(WIDE + 2) * FT_RECORD_BYTES];
    struct ft_key key = {0};
    struct ft_record record = {.kind = FT_RECORD_CREDIT};
    const struct raw_ends ends = {.from_ip = 10 << 24 | 2,
                                  .from_port = seen()->log_port,
                                  .to_ip = 10 << 24 | 1,
                                  .to_port = 9};
    memset(bytes, 0, sizeof bytes);
    for (size_t i = 0; i < credits; i++)
        ft_record_write(&record, &key, bytes + before + i * FT_RECORD_BYTES);
    record.kind = FT_RECORD_ACK;
    record.key = (struct ft_request_key){
        .connection = {.client_ip = RAW_CLIENT_IP, .client_port = port, .client_isn = ISN},
        .ordinal = 1};
    ft_record_write(&record, &key, bytes + before + credits * FT_RECORD_BYTES);
    uint32_t seq = seen()->log_from[1] + 1000 * FT_RECORD_BYTES - (uint32_t)before;
    raw_write(&packet, &ends, seq, 1, TH_ACK, bytes, before + (credits + 1) * FT_RECORD_BYTES);
    raw_send(servers[BACKUP], &packet);
    usleep(50000);
}

/* --- and seen ----------------------------------------------------------------------------------------------------- */

START_TEST(a_service_that_is_well_breaks_nothing)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    for (unsigned i = 0; i < 20; i++)
        service_is_well();
    ck_assert_uint_ge(seen()->replies, 20);
    ck_assert_uint_gt(seen()->words, 20);
    ck_assert_uint_eq(seen()->unlogged, 0);
    ck_assert_uint_eq(seen()->overlaps, 0);
}
END_TEST

START_TEST(a_reply_that_no_log_has_acknowledged_is_seen)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    uint64_t replies = seen()->replies, unlogged = seen()->unlogged;
    open_connection(PORT);
    speak(PRIMARY, PORT, "HTTP/1.1 200 OK");
    await(&seen()->replies, replies + 1);
    ck_assert_uint_eq(seen()->unlogged, unlogged + 1);
}
END_TEST

/* However many records are in front of it. */
START_TEST(an_acknowledgement_is_found_in_a_large_packet)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    uint64_t replies = seen()->replies, unlogged = seen()->unlogged, unread = seen()->unread;
    open_connection(PORT + 1);
    acknowledge(PORT + 1, 0, WIDE);
    speak(PRIMARY, PORT + 1, "HTTP/1.1 200 OK");
    await(&seen()->replies, replies + 1);
    ck_assert_uint_eq(seen()->unlogged, unlogged);
    ck_assert_uint_eq(seen()->unread, unread);
}
END_TEST

START_TEST(a_record_that_lies_across_packets_is_counted_and_the_next_is_read)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    uint64_t replies = seen()->replies, unlogged = seen()->unlogged, unread = seen()->unread;
    open_connection(PORT + 2);
    acknowledge(PORT + 2, FT_RECORD_BYTES / 2, 1);
    speak(PRIMARY, PORT + 2, "HTTP/1.1 200 OK");
    await(&seen()->replies, replies + 1);
    ck_assert_uint_eq(seen()->unlogged, unlogged);
    ck_assert_uint_eq(seen()->unread, unread + 1);
}
END_TEST

/* Those that have nothing to do with it are judged all the same. */
START_TEST(a_reply_whose_acknowledgement_may_not_have_been_read_is_not_judged)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    uint64_t replies = seen()->replies, unlogged = seen()->unlogged;
    open_connection(PORT + 4);
    acknowledge(PORT + 5, FT_RECORD_BYTES / 2, 0);
    speak(PRIMARY, PORT + 4, "HTTP/1.1 200 OK");
    ck_assert_uint_eq(seen()->replies, replies);
    open_connection(PORT + 6);
    speak(PRIMARY, PORT + 6, "HTTP/1.1 200 OK");
    await(&seen()->replies, replies + 1);
    ck_assert_uint_eq(seen()->unlogged, unlogged + 1);
}
END_TEST

START_TEST(a_syn_that_comes_again_begins_nothing_anew)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    uint64_t replies = seen()->replies, unlogged = seen()->unlogged;
    open_connection(PORT + 7);
    acknowledge(PORT + 7, 0, 1);
    open_connection(PORT + 7);
    speak(PRIMARY, PORT + 7, "HTTP/1.1 200 OK");
    await(&seen()->replies, replies + 1);
    ck_assert_uint_eq(seen()->unlogged, unlogged);
}
END_TEST

START_TEST(a_host_that_speaks_between_the_words_of_another_is_seen)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    uint64_t overlaps = seen()->overlaps;
    speak(PRIMARY, PORT + 3, "a");
    speak(BACKUP, PORT + 3, "b");
    uint64_t taken_over = seen()->overlaps;
    speak(PRIMARY, PORT + 3, "c");
    ck_assert_uint_eq(taken_over, overlaps);
    ck_assert_uint_eq(seen()->overlaps, overlaps + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cables");
    TCase *tcase = tcase_create("cables");
    tcase_set_timeout(tcase, 60);
    if (service_possible())
        tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_service_that_is_well_breaks_nothing);
    tcase_add_test(tcase, a_reply_that_no_log_has_acknowledged_is_seen);
    tcase_add_test(tcase, an_acknowledgement_is_found_in_a_large_packet);
    tcase_add_test(tcase, a_record_that_lies_across_packets_is_counted_and_the_next_is_read);
    tcase_add_test(tcase, a_reply_whose_acknowledgement_may_not_have_been_read_is_not_judged);
    tcase_add_test(tcase, a_syn_that_comes_again_begins_nothing_anew);
    tcase_add_test(tcase, a_host_that_speaks_between_the_words_of_another_is_seen);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
