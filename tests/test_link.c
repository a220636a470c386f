/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_link - when packets arrive, which ones do not, and who is told.
 */
#include "models/net/link.h"

#include <math.h>
#include <string.h>

#include "tests/suite.h"

enum { ARRIVALS_MAX = 200000, FULL = 1460 };

static struct simulation simulation;
static struct packet_pool *pool;

static struct sink {
    struct receiver receiver;
    int count;
    struct arrival {
        int64_t at_ns;
        uint32_t payload_bytes;
        bool corrupt, header_hit;
    } arrivals[ARRIVALS_MAX];
} sink;

static void take(struct receiver *receiver, struct packet *packet)
{
    struct sink *self = container_of(receiver, struct sink, receiver);
    struct arrival *arrival = &self->arrivals[self->count++];
    *arrival = (struct arrival){simulation.now_ns, packet->payload_bytes, packet->corrupt, false};
    for (unsigned i = 0; i < packet->header_bytes; i++)
        arrival->header_hit |= packet->header[i] != 0;
    packet_free(packet);
}

static void setup(void)
{
    simulation_init(&simulation, 1);
    pool = packet_pool_new();
    sink.receiver.receive = take;
    sink.count = 0;
}

static void teardown(void)
{
    ck_assert_uint_eq(packet_pool_live(pool), 0);
    packet_pool_free(pool);
}

static struct packet *packet_of(uint32_t payload_bytes)
{
    struct packet *packet = packet_new(pool);
    packet->header_bytes = 40;
    memset(packet->header, 0, sizeof packet->header);
    packet->payload_bytes = payload_bytes;
    return packet;
}

static void send(struct link *link, uint32_t payload_bytes)
{
    link_send(link, packet_of(payload_bytes));
}

static void run(void)
{
    simulation_run(&simulation, INT64_MAX);
}

static struct link link_of(struct link_settings settings)
{
    struct link link;
    link_init(&link, &simulation, &settings, &sink.receiver, 7);
    return link;
}

START_TEST(a_full_packet_takes_123_microseconds_at_100_megabits)
{
    struct link link = link_of((struct link_settings){.rate_bps = 100000000, .delay_ns = 50000});
    send(&link, FULL);
    ck_assert_int_eq(link_backlog_ns(&link), 123040);
    run();
    ck_assert_int_eq(sink.count, 1);
    ck_assert_int_eq(sink.arrivals[0].at_ns, 123040 + 50000); /* 1538 bytes of 80 ns */
    ck_assert_uint_eq(link.counters.packets, 1);
    ck_assert_uint_eq(link.counters.wire_bytes, 1538);
    ck_assert_int_eq(link_backlog_ns(&link), 173040); /* now: it is idle */
}
END_TEST

START_TEST(packets_leave_one_after_the_other)
{
    struct link link = link_of((struct link_settings){.rate_bps = 1000000000, .delay_ns = 1000});
    send(&link, FULL);
    send(&link, 0);
    send(&link, FULL);
    simulation_run(&simulation, 12304 + 672 + 100);
    send(&link, 0); /* while the third is leaving */
    run();
    static const int64_t times_ns[] = {13304, 13304 + 672, 13976 + 12304, 26280 + 672};
    ck_assert_int_eq(sink.count, 4);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(sink.arrivals[i].at_ns, times_ns[i]);
}
END_TEST

START_TEST(a_rate_that_does_not_divide_is_rounded_up)
{
    struct link link = link_of((struct link_settings){.rate_bps = INT64_C(3000000000)});
    send(&link, FULL);
    run();
    ck_assert_int_eq(sink.arrivals[0].at_ns, 4102); /* 4101.33 */
}
END_TEST

START_TEST(a_slow_link_does_not_overflow)
{
    struct link link = link_of((struct link_settings){.rate_bps = 1});
    send(&link, FULL);
    run();
    ck_assert_int_eq(sink.arrivals[0].at_ns, INT64_C(12304000000000));
}
END_TEST

START_TEST(point_to_point_framing_has_two_bytes_and_no_minimum)
{
    struct link link = link_of((struct link_settings){.rate_bps = 100000000, .ppp = true});
    send(&link, 0);
    run();
    ck_assert_int_eq(sink.arrivals[0].at_ns, 42 * 80);
}
END_TEST

START_TEST(without_a_rate_there_is_only_the_delay)
{
    struct link link = link_of((struct link_settings){.delay_ns = 5, .queue_bytes = 1});
    send(&link, FULL);
    send(&link, FULL);
    run();
    ck_assert_int_eq(sink.count, 2);
    ck_assert_int_eq(sink.arrivals[1].at_ns, 5);
}
END_TEST

START_TEST(a_full_queue_drops_the_newcomer)
{
    struct link link = link_of((struct link_settings){.rate_bps = 100000000, .queue_bytes = 4000});
    send(&link, FULL);
    send(&link, FULL); /* 3076 bytes */
    send(&link, FULL); /* too many */
    send(&link, 0);    /* 84 more fit */
    ck_assert_uint_eq(link.counters.dropped_queue, 1);
    simulation_run(&simulation, (3160 + 1538 - 4000) * 80 - 1);
    send(&link, FULL); /* one nanosecond too early */
    ck_assert_uint_eq(link.counters.dropped_queue, 2);
    simulation_run(&simulation, simulation.now_ns + 1);
    send(&link, FULL);
    ck_assert_uint_eq(link.counters.dropped_queue, 2);
    run();
    ck_assert_int_eq(sink.count, 4);
    ck_assert_uint_eq(link.counters.packets, 4);
    ck_assert_uint_eq(sink.arrivals[2].payload_bytes, 0);
}
END_TEST

START_TEST(a_switchs_latency_takes_no_room_in_the_queue)
{
    struct link link = link_of((struct link_settings){.rate_bps = 1000000000, .queue_bytes = 3200});
    link_send_after(&link, packet_of(FULL), 50000);
    link_send_after(&link, packet_of(FULL), 50000);
    ck_assert_uint_eq(link.counters.dropped_queue, 0);
    link_send_after(&link, packet_of(FULL), 50000);
    ck_assert_uint_eq(link.counters.dropped_queue, 1);
    run();
    ck_assert_int_eq(sink.arrivals[0].at_ns, 50000 + 12304);
    ck_assert_int_eq(sink.arrivals[1].at_ns, 50000 + 2 * 12304);
}
END_TEST

/* --- impairments ---------------------------------------------------------------------------------------------- */

enum { MANY = 50000 };

static void send_many(struct link *link, int packets)
{
    for (int i = 0; i < packets; i++)
        send(link, (uint32_t)i);
}

static void check_share(uint64_t count, double probability)
{
    double deviation = sqrt(MANY * probability * (1 - probability));
    ck_assert_double_eq_tol((double)count, MANY * probability, 4.5 * deviation);
}

START_TEST(losses_come_at_their_rate)
{
    struct link link = link_of((struct link_settings){.impairment.loss = 0.02});
    send_many(&link, MANY);
    run();
    check_share(link.counters.lost, 0.02);
    ck_assert_uint_eq((uint64_t)sink.count + link.counters.lost, MANY);
}
END_TEST

START_TEST(duplicates_arrive_twice)
{
    struct link link = link_of((struct link_settings){.impairment.duplicate = 0.1});
    send_many(&link, MANY);
    run();
    check_share(link.counters.duplicated, 0.1);
    ck_assert_uint_eq((uint64_t)sink.count, MANY + link.counters.duplicated);
    uint64_t twice = 0;
    for (int i = 1; i < sink.count; i++)
        twice += sink.arrivals[i].payload_bytes == sink.arrivals[i - 1].payload_bytes;
    ck_assert_uint_eq(twice, link.counters.duplicated);
}
END_TEST

START_TEST(a_reordered_packet_is_overtaken)
{
    struct link link = link_of((struct link_settings){
        .rate_bps = 1000000000,
        .impairment = {.reorder = 0.05, .reorder_delay_ns = 1000000},
    });
    for (int i = 0; i < MANY; i++)
        send(&link, 0);
    run();
    check_share(link.counters.reordered, 0.05);
    ck_assert_int_eq(sink.count, MANY);
    link = link_of((struct link_settings){
        .rate_bps = 1000000000, .impairment = {.reorder = 1, .reorder_delay_ns = 1000000}});
    sink.count = 0;
    int64_t began_ns = simulation.now_ns;
    send(&link, 1);
    link_impair(&link, &(struct link_impairment){.loss = 0});
    send(&link, 2);
    run();
    ck_assert_uint_eq(sink.arrivals[0].payload_bytes, 2);
    ck_assert_uint_eq(sink.arrivals[1].payload_bytes, 1);
    ck_assert_int_eq(sink.arrivals[1].at_ns, began_ns + 672 + 1000000);
}
END_TEST

START_TEST(corruption_hits_headers_and_payload_by_their_share)
{
    struct link link = link_of((struct link_settings){.impairment.corrupt = 1});
    for (int i = 0; i < MANY; i++)
        send(&link, 120); /* behind 40 bytes of headers */
    run();
    uint64_t headers = 0;
    for (int i = 0; i < sink.count; i++) {
        ck_assert(sink.arrivals[i].corrupt != sink.arrivals[i].header_hit);
        headers += sink.arrivals[i].header_hit;
    }
    ck_assert_uint_eq(link.counters.corrupted, MANY);
    check_share(headers, 0.25);
}
END_TEST

START_TEST(everything_at_once_loses_count_of_nothing)
{
    struct link link = link_of((struct link_settings){
        .rate_bps = 1000000000,
        .delay_ns = 1000,
        .queue_bytes = 100000,
        .impairment = {0.1, 0.1, 0.1, 0.1, 50000},
    });
    for (int i = 0; i < 20000; i++) {
        send(&link, (uint32_t)i % FULL);
        if (i % 1000 == 999)
            link_set_up(&link, i % 2000 < 1000);
        simulation_run(&simulation, simulation.now_ns + 5000);
    }
    run();
    const struct link_counters *counters = &link.counters;
    ck_assert(counters->dropped_queue > 0 && counters->lost > 0 && counters->cut > 0);
    ck_assert_uint_eq((uint64_t)sink.count + counters->dropped_queue + counters->lost +
                          counters->cut,
                      20000 + counters->duplicated);
}
END_TEST

static void fates(uint64_t entity, const struct link_impairment *impairment, int *fate)
{
    struct link link;
    struct link_settings settings = {.impairment = *impairment};
    link_init(&link, &simulation, &settings, &sink.receiver, entity);
    for (int i = 0; i < 200; i++) {
        uint64_t before = link.counters.lost;
        send(&link, 0);
        fate[i] = link.counters.lost > before;
    }
    run();
}

START_TEST(the_same_link_meets_the_same_fate_and_another_link_another_one)
{
    struct link_impairment impairment = {.loss = 0.3};
    int one[200], again[200], other[200];
    fates(1, &impairment, one);
    fates(1, &impairment, again);
    fates(2, &impairment, other);
    ck_assert_mem_eq(one, again, sizeof one);
    ck_assert_mem_ne(one, other, sizeof one);
}
END_TEST

/* --- cuts and taps -------------------------------------------------------------------------------------------- */

START_TEST(a_cut_drops_what_is_in_flight_and_what_is_sent)
{
    struct link link = link_of((struct link_settings){.rate_bps = 100000000, .delay_ns = 1000000});
    send(&link, FULL);
    send(&link, FULL);
    simulation_run(&simulation, 1130000); /* the first has arrived */
    link_set_up(&link, false);
    send(&link, FULL);
    ck_assert_uint_eq(link.counters.cut, 1);
    link_set_up(&link, true); /* mended before the second would have arrived */
    send(&link, 1);
    run();
    ck_assert_uint_eq(link.counters.cut, 2);
    ck_assert_int_eq(sink.count, 2);
    ck_assert_uint_eq(sink.arrivals[0].payload_bytes, FULL);
    ck_assert_uint_eq(sink.arrivals[1].payload_bytes, 1);
}
END_TEST

START_TEST(a_mended_link_does_not_wait_for_what_vanished)
{
    struct link link = link_of((struct link_settings){.rate_bps = 100000000, .queue_bytes = 5000});
    for (int i = 0; i < 3; i++)
        send(&link, FULL);
    simulation_run(&simulation, 1000);
    link_set_up(&link, false);
    link_set_up(&link, true);
    ck_assert_int_eq(link_backlog_ns(&link), 1000);
    for (int i = 0; i < 3; i++)
        send(&link, FULL);
    ck_assert_uint_eq(link.counters.dropped_queue, 0);
    run();
    ck_assert_int_eq(sink.count, 3);
    ck_assert_int_eq(sink.arrivals[0].at_ns, 1000 + 123040);
}
END_TEST

static struct watcher {
    struct link_tap tap;
    const struct packet *packet; /* the last one sent */
    int sent, lost, copies, arrived, dropped[LINK_DROP_CUT + 1];
    int64_t arrives_at_ns;
} watcher;

static void see_sent(struct link_tap *tap, const struct packet *packet,
                     const struct link_fate *fate, int64_t arrives_at_ns)
{
    struct watcher *self = container_of(tap, struct watcher, tap);
    self->packet = packet;
    self->sent++;
    self->lost += fate != NULL && fate->lost;
    self->copies += fate == NULL;
    self->arrives_at_ns = arrives_at_ns;
    ck_assert_int_eq(arrives_at_ns == -1, fate != NULL && fate->lost);
    ck_assert_uint_eq(packet->corrupt, 0); /* not yet */
}

static void see_arrived(struct link_tap *tap, const struct packet *packet)
{
    (void)packet;
    container_of(tap, struct watcher, tap)->arrived++;
}

static void see_dropped(struct link_tap *tap, const struct packet *packet, enum link_drop why)
{
    (void)packet;
    container_of(tap, struct watcher, tap)->dropped[why]++;
}

static const struct watcher attentive = {
    .tap = {.sent = see_sent, .arrived = see_arrived, .dropped = see_dropped}};

START_TEST(a_tap_sees_every_packet_and_its_fate)
{
    watcher = attentive;
    struct link link = link_of((struct link_settings){
        .rate_bps = 100000000, .delay_ns = 10, .queue_bytes = 2000, .impairment.loss = 1});
    link.tap = &watcher.tap;
    send(&link, FULL); /* lost */
    link_impair(&link, &(struct link_impairment){.loss = 0});
    send(&link, FULL); /* no room */
    send(&link, 0);
    ck_assert_int_eq(watcher.arrives_at_ns, 123040 + 84 * 80 + 10);
    link_set_up(&link, false); /* that one is cut in flight */
    send(&link, 0);
    run();
    ck_assert_int_eq(watcher.sent, 2);
    ck_assert_int_eq(watcher.lost, 1);
    ck_assert_int_eq(watcher.dropped[LINK_DROP_QUEUE], 1);
    ck_assert_int_eq(watcher.dropped[LINK_DROP_DOWN], 1);
    ck_assert_int_eq(watcher.dropped[LINK_DROP_CUT_IN_FLIGHT], 1);
    ck_assert_int_eq(watcher.arrived, 0);
    ck_assert_int_eq(sink.count, 0);
}
END_TEST

START_TEST(a_tap_sees_copies_and_packets_before_they_are_damaged)
{
    watcher = attentive;
    struct link link = link_of(
        (struct link_settings){.delay_ns = 10, .impairment = {.duplicate = 1, .corrupt = 1}});
    link.tap = &watcher.tap;
    send(&link, FULL);
    run();
    ck_assert_int_eq(watcher.sent, 2);
    ck_assert_int_eq(watcher.copies, 1);
    ck_assert_int_eq(watcher.arrived, 2);
    ck_assert_int_eq(sink.count, 2);
}
END_TEST

/* --- fates ------------------------------------------------------------------------------------------------------ */

static struct fate_giver {
    struct link_fates fates;
    uint64_t seen;
} giver;

/* Packet 2 is lost, 3 doubled, 4 late, 5 damaged. */
static void give(struct link_fates *fates, struct link *on, const struct packet *packet,
                 struct link_fate *fate)
{
    (void)on;
    (void)packet;
    container_of(fates, struct fate_giver, fates)->seen++;
    fate->lost = fates->packets == 2;
    fate->duplicated = fates->packets == 3;
    fate->late_ns = fates->packets == 4 ? 1000000 : 0;
    fate->corrupted = fates->packets == 5;
    fate->bit = 40 * 8;
}

START_TEST(packets_of_all_links_are_numbered_and_one_may_decide_their_fates)
{
    giver = (struct fate_giver){.fates = {.decide = give, .next = 2}};
    struct link one = link_of((struct link_settings){.delay_ns = 10});
    struct link other = link_of((struct link_settings){.delay_ns = 20});
    one.fates = other.fates = &giver.fates;
    for (int i = 0; i < 6; i++)
        send(i % 2 ? &other : &one, FULL);
    run();
    ck_assert_uint_eq(giver.fates.packets, 6);
    ck_assert_uint_eq(giver.seen, 5); /* the first was not asked for */
    ck_assert_int_eq(sink.count, 6);
    ck_assert_int_eq(sink.arrivals[0].at_ns, 10); /* 1, and 3 twice, and 5 */
    ck_assert_int_eq(sink.arrivals[2].at_ns, 10);
    ck_assert_int_eq(sink.arrivals[3].at_ns, 10);
    ck_assert(sink.arrivals[3].corrupt && !sink.arrivals[3].header_hit);
    ck_assert_int_eq(sink.arrivals[4].at_ns, 20);      /* 6 */
    ck_assert_int_eq(sink.arrivals[5].at_ns, 1000020); /* 4 */
    ck_assert_uint_eq(other.counters.lost, 1);
}
END_TEST

static void spare(struct link_fates *fates, struct link *on, const struct packet *packet,
                  struct link_fate *fate)
{
    (void)on;
    (void)packet;
    container_of(fates, struct fate_giver, fates)->seen += fate->lost;
    fate->lost = false;
}

START_TEST(a_drawn_fate_is_shown_and_can_be_changed)
{
    giver = (struct fate_giver){.fates = {.decide = spare}};
    struct link link = link_of((struct link_settings){.impairment.loss = 1});
    link.fates = &giver.fates;
    for (int i = 0; i < 10; i++)
        send(&link, FULL);
    run();
    ck_assert_uint_eq(giver.seen, 10);
    ck_assert_int_eq(sink.count, 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link");
    TCase *tests = tcase_create("link");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_full_packet_takes_123_microseconds_at_100_megabits);
    tcase_add_test(tests, packets_leave_one_after_the_other);
    tcase_add_test(tests, a_rate_that_does_not_divide_is_rounded_up);
    tcase_add_test(tests, a_slow_link_does_not_overflow);
    tcase_add_test(tests, point_to_point_framing_has_two_bytes_and_no_minimum);
    tcase_add_test(tests, without_a_rate_there_is_only_the_delay);
    tcase_add_test(tests, a_full_queue_drops_the_newcomer);
    tcase_add_test(tests, a_switchs_latency_takes_no_room_in_the_queue);
    tcase_add_test(tests, losses_come_at_their_rate);
    tcase_add_test(tests, duplicates_arrive_twice);
    tcase_add_test(tests, a_reordered_packet_is_overtaken);
    tcase_add_test(tests, corruption_hits_headers_and_payload_by_their_share);
    tcase_add_test(tests, everything_at_once_loses_count_of_nothing);
    tcase_add_test(tests, the_same_link_meets_the_same_fate_and_another_link_another_one);
    tcase_add_test(tests, a_cut_drops_what_is_in_flight_and_what_is_sent);
    tcase_add_test(tests, a_mended_link_does_not_wait_for_what_vanished);
    tcase_add_test(tests, a_tap_sees_every_packet_and_its_fate);
    tcase_add_test(tests, a_tap_sees_copies_and_packets_before_they_are_damaged);
    tcase_add_test(tests, packets_of_all_links_are_numbered_and_one_may_decide_their_fates);
    tcase_add_test(tests, a_drawn_fate_is_shown_and_can_be_changed);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
