/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_packet - sizes on the wire, the pool, references on contents, and the payload's sum.
 */
#include "models/net/packet.h"

#include <string.h>

#include "sim/random.h"
#include "sim/simulation.h"
#include "tests/suite.h"

static int released;

static void count_release(struct content *content)
{
    (void)content;
    released++;
}

static struct packet *packet_of(struct packet_pool *pool, unsigned header, uint32_t payload)
{
    struct packet *packet = packet_new(pool);
    packet->header_bytes = (uint8_t)header;
    packet->payload_bytes = payload;
    return packet;
}

START_TEST(a_packet_takes_its_bytes_on_the_wire)
{
    struct packet_pool *pool = packet_pool_new();
    ck_assert_uint_eq(packet_wire_bytes(packet_of(pool, 40, 1460)), 1538);
    ck_assert_uint_eq(packet_wire_bytes(packet_of(pool, 40, 0)), 84);
    ck_assert_uint_eq(packet_wire_bytes(packet_of(pool, 40, 6)), 84);
    ck_assert_uint_eq(packet_wire_bytes(packet_of(pool, 40, 7)), 85);
    packet_pool_free(pool);
}
END_TEST

START_TEST(packets_come_from_the_pool_and_go_back)
{
    enum { PACKETS = 500 };
    static struct packet *packets[PACKETS];
    struct packet_pool *pool = packet_pool_new();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < PACKETS; i++)
            packets[i] = packet_new(pool);
        ck_assert_uint_eq(packet_pool_live(pool), PACKETS);
        for (int i = 0; i < PACKETS; i++)
            packet_free(packets[i]);
        ck_assert_uint_eq(packet_pool_live(pool), 0);
    }
    packet_new(pool); /* what is still out is freed with the pool */
    packet_pool_free(pool);
    packet_pool_free(NULL);
}
END_TEST

START_TEST(a_new_packet_knows_nothing_of_the_one_before_it)
{
    struct packet_pool *pool = packet_pool_new();
    struct packet *packet = packet_of(pool, 40, 100);
    packet->mark = 7;
    packet->report = 1;
    packet->corrupt = 1;
    packet->kind = PACKET_ARP;
    packet->mac_from = packet->mac_to = 3;
    packet_free(packet);
    struct packet *again = packet_new(pool);
    ck_assert_ptr_eq(again, packet);
    ck_assert_uint_eq(again->mark + again->report + again->corrupt + again->header_bytes, 0);
    ck_assert_uint_eq(again->payload_bytes + again->span_count, 0);
    ck_assert_uint_eq(again->kind, PACKET_IPV4);
    ck_assert(again->mac_from == MAC_NONE && again->mac_to == MAC_NONE);
    packet_pool_free(pool);
}
END_TEST

START_TEST(a_clone_is_equal_and_holds_its_own_references)
{
    struct packet_pool *pool = packet_pool_new();
    struct content content;
    content_init(&content, CONTENT_REPLY, 5, 1000, count_release);
    released = 0;
    struct packet *packet = packet_of(pool, 40, 60);
    packet->header[33] = 0xab;
    packet->mac_from = 1;
    packet->mac_to = 2;
    packet->mark = 9;
    packet->report = 1;
    packet->corrupt = 1;
    packet->spans[packet->span_count++] = (struct span){&content, 10, 60}; /* the creator's own */
    struct packet *clone = packet_clone(packet);
    ck_assert_uint_eq(content.references, 2);
    ck_assert_mem_eq(clone->header, packet->header, sizeof packet->header);
    ck_assert_uint_eq(packet_payload_sum(clone), packet_payload_sum(packet));
    ck_assert_uint_eq(clone->payload_bytes, 60);
    ck_assert(clone->mac_from == 1 && clone->mac_to == 2 && clone->mark == 9 && clone->report == 1);
    ck_assert(!event_pending(&clone->event));
    packet_free(packet);
    ck_assert_int_eq(released, 0);
    packet_free(clone);
    ck_assert_int_eq(released, 1);
    ck_assert_uint_eq(packet_pool_live(pool), 0);
    packet_pool_free(pool);
}
END_TEST

START_TEST(a_pool_gives_the_references_of_packets_in_flight_back)
{
    struct packet_pool *pool = packet_pool_new();
    struct content content;
    content_init(&content, CONTENT_REPLY, 5, 1000, count_release);
    released = 0;
    for (int i = 0; i < 2; i++) {
        struct packet *packet = packet_of(pool, 40, 60);
        packet->spans[packet->span_count++] = (struct span){content_get(&content), 0, 60};
        if (i == 0)
            packet_free(packet);
    }
    content_put(&content);
    ck_assert_int_eq(released, 0);
    packet_pool_free(pool);
    ck_assert_int_eq(released, 1);
}
END_TEST

static void handled(struct cpu_work *work)
{
    packet_free(container_of(work, struct packet, work));
}

START_TEST(a_packet_dies_with_the_cpu_that_was_to_handle_it)
{
    static struct simulation simulation;
    static struct cpu cpu;
    simulation_init(&simulation, 1);
    cpu_init(&cpu, &simulation, 1000000000, 1);
    struct packet_pool *pool = packet_pool_new();
    for (int i = 0; i < 3; i++) {
        struct packet *packet = packet_of(pool, 40, 0);
        packet_work_init(packet, CPU_SOFTIRQ, handled);
        cpu_charge(&packet->work, CPU_KERNEL, 0, 100);
        cpu_start(&packet->work, &cpu);
    }
    simulation_run(&simulation, 150);
    ck_assert_uint_eq(packet_pool_live(pool), 2);
    cpu_halt(&cpu);
    ck_assert_uint_eq(packet_pool_live(pool), 0);
    packet_pool_free(pool);
}
END_TEST

START_TEST(cutting_to_headers_gives_the_payload_up)
{
    struct packet_pool *pool = packet_pool_new();
    struct content content;
    content_init(&content, CONTENT_REPLY, 5, 1000, count_release);
    released = 0;
    struct packet *packet = packet_of(pool, 40, 60);
    packet->spans[packet->span_count++] = (struct span){&content, 10, 60};
    packet->corrupt = 1;
    packet_cut_to_headers(packet);
    ck_assert_int_eq(released, 1);
    ck_assert_uint_eq(packet->payload_bytes, 0);
    ck_assert_uint_eq(packet_payload_sum(packet), 0);
    packet_free(packet);
    ck_assert_int_eq(released, 1);
    packet_pool_free(pool);
}
END_TEST

static uint32_t rfc_1071(const uint8_t *bytes, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

START_TEST(the_payload_sum_is_that_of_its_bytes_in_a_row)
{
    struct packet_pool *pool = packet_pool_new();
    struct random random;
    random_init(&random, 1, (uint64_t)_i);
    struct content contents[PACKET_SPANS_MAX];
    struct packet *packet = packet_of(pool, 40, 0);
    uint8_t bytes[PACKET_SPANS_MAX * 1000];
    for (unsigned i = 0; i < PACKET_SPANS_MAX; i++) {
        content_init(&contents[i], CONTENT_OTHER, random_u64(&random), 2000, NULL);
        struct span span = {&contents[i], (uint32_t)random_below(&random, 1000),
                            (uint32_t)random_below(&random, 500)};
        span_copy(&span, bytes + packet->payload_bytes);
        packet->spans[packet->span_count++] = span;
        packet->payload_bytes += span.length;
    }
    uint32_t truth = rfc_1071(bytes, packet->payload_bytes);
    ck_assert_uint_eq(packet_payload_sum(packet) % 0xffff, truth % 0xffff);
    packet->corrupt = 1;
    ck_assert_uint_ne(packet_payload_sum(packet) % 0xffff, truth % 0xffff);
    packet_pool_free(pool);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("packet");
    TCase *tests = tcase_create("packet");
    tcase_add_test(tests, a_packet_takes_its_bytes_on_the_wire);
    tcase_add_test(tests, packets_come_from_the_pool_and_go_back);
    tcase_add_test(tests, a_new_packet_knows_nothing_of_the_one_before_it);
    tcase_add_test(tests, a_clone_is_equal_and_holds_its_own_references);
    tcase_add_test(tests, a_pool_gives_the_references_of_packets_in_flight_back);
    tcase_add_test(tests, a_packet_dies_with_the_cpu_that_was_to_handle_it);
    tcase_add_test(tests, cutting_to_headers_gives_the_payload_up);
    tcase_add_loop_test(tests, the_payload_sum_is_that_of_its_bytes_in_a_row, 0, 50);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
