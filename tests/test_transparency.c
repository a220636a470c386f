/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * P6's checker on segments that no host of ours would send: real ones, copied in mid-reply, with one number changed.
 */
#include "core/ft_segment.h"
#include "models/params.h"
#include "models/world_state.h"
#include "sim/scenario.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

enum { P6 = 5, SEGMENTS = 40 };

static const char text[] =
    "scheme: duplex\n"
    "network: {client_machines: 1}\n"
    "clients: {count: 1, connection: keep-alive, requests: 1, reply: 200KB}\n"
    "run: {warmup: 0, duration: 1s}\n";

static const char upload[] =
    "scheme: duplex\n"
    "network: {client_machines: 1}\n"
    "tcp: {profile: linux-6}\n"
    "clients: {count: 1, connection: keep-alive, requests: 1, post: 1, body: 200KB}\n"
    "run: {warmup: 0, duration: 1s}\n";

static struct scenario *scenario;
static struct world *world;
static struct observer observer;
static struct packet last; /* that came to the client */
static struct host *client;
static unsigned seen;

static void keep(struct observer *self, const struct notice *notice)
{
    (void)self;
    last = *notice->packet;
    client = notice->host;
    seen++;
}

static void begin(const char *scenario_text)
{
    scenario = scenario_parse("test.yaml", scenario_text, strlen(scenario_text), &understudy_schema,
                              understudy_metrics, NULL, stderr);
    ck_assert_ptr_nonnull(scenario);
    world = world_new(scenario->points[0].config, 1);
    observer = (struct observer){.notice = keep, .kinds = 1u << NOTICE_CLIENT_SEGMENT};
    notice_subscribe(&world->notices, &observer);
    for (seen = 0; seen < SEGMENTS;)
        ck_assert(world_run_events(world, 1));
    ck_assert_uint_eq(world_promise(world, P6)->violations, 0);
}

static void setup(void)
{
    begin(text);
}

static void setup_upload(void)
{
    begin(upload);
}

static void teardown(void)
{
    world_free(world);
    scenario_free(scenario);
}

static void parse(struct ft_segment *segment)
{
    enum ft_reason why;
    ck_assert(ft_segment_parse(segment, last.header, last.header_bytes,
                               last.header_bytes + last.payload_bytes, false, &why));
}

/* Shows the packet to the checkers as if it came to the client; how many new violations P6 has. */
static unsigned show(void)
{
    uint64_t before = world_promise(world, P6)->violations;
    const struct notice notice = {.kind = NOTICE_CLIENT_SEGMENT, .host = client, .packet = &last};
    notice_deliver(&world->notices, &notice);
    return (unsigned)(world_promise(world, P6)->violations - before);
}

static unsigned show_with_seq(uint32_t shift)
{
    struct ft_segment segment;
    parse(&segment);
    ft_segment_set_seq(&segment, last.header, segment.seq + shift);
    return show();
}

START_TEST(what_came_may_come_again)
{
    ck_assert_uint_eq(show(), 0);
}
END_TEST

START_TEST(what_the_client_has_may_be_repeated)
{
    ck_assert_uint_eq(show_with_seq((uint32_t)-20000), 0);
}
END_TEST

START_TEST(numbers_of_another_connection_are_noticed_in_either_direction)
{
    ck_assert_uint_eq(show_with_seq(1U << 30), 1);
    ck_assert_uint_eq(show_with_seq(1U << 30), 1); /* half way round */
    ck_assert_uint_eq(show_with_seq(1U << 30), 1); /* seems to lie before */
}
END_TEST

START_TEST(an_acknowledgement_of_what_was_not_sent_is_noticed)
{
    struct ft_segment segment;
    parse(&segment);
    ft_segment_set_ack(&segment, last.header, segment.ack + 1);
    ck_assert_uint_eq(show(), 1);
}
END_TEST

/* What the client knows of the connection. */
static struct tcp_facts facts(void)
{
    struct ft_segment segment;
    struct tcp_facts found;
    parse(&segment);
    struct tcp_address local = {.ip = segment.destination_ip, .port = segment.destination_port};
    tcp_facts(tcp_find(client->tcp, local, world->service), &found);
    return found;
}

START_TEST(bytes_beyond_what_the_client_has_offered_are_noticed_though_its_buffer_is_larger)
{
    struct ft_segment segment;
    parse(&segment);
    struct tcp_facts known = facts();
    ck_assert_uint_gt(last.payload_bytes, 0);
    uint32_t largest = known.received_through + world->stage.client_window_bytes;
    ck_assert(ft_seq_before(known.offered_through + 2, largest));
    uint32_t seq = known.offered_through - last.payload_bytes;
    ft_segment_set_seq(&segment, last.header, seq);
    ck_assert_uint_eq(show(), 0);
    parse(&segment);
    ft_segment_set_seq(&segment, last.header, seq + 2);
    ck_assert_uint_eq(show(), 1);
}
END_TEST

/* A client whose port had another connection has begun; and a segment of that one fits by chance: TCP drops it (RFC 9293,
 * 3.10.7.3). */
START_TEST(a_late_segment_that_acknowledges_a_new_syn_by_chance_is_dropped)
{
    static const struct tcp_events nothing;
    struct ft_segment segment;
    struct tcp_facts opening;
    parse(&segment);
    struct tcp_address local = {.ip = segment.destination_ip};
    tcp_facts(tcp_connect(client->tcp, local, world->service, &nothing, NULL), &opening);
    ck_assert_str_eq(opening.state, "SYN_SENT");
    ft_put16(last.header + 22, opening.local.port);
    ft_segment_set_ack(&segment, last.header, opening.own_isn + 1);
    ck_assert_uint_eq(show(), 0);
}
END_TEST

/* An acknowledgement of one byte more, whose window is smaller by so many steps of its scale. */
static unsigned show_smaller(uint32_t steps)
{
    struct ft_segment segment;
    parse(&segment);
    ft_segment_set_ack(&segment, last.header, segment.ack + 1);
    ft_segment_set_window(&segment, last.header, (uint16_t)(segment.window - steps));
    return show();
}

START_TEST(a_window_whose_edge_goes_back_by_a_step_of_its_scale_is_noticed)
{
    struct tcp_facts known = facts();
    ck_assert_uint_eq(known.peer_window_scale, 7);
    ck_assert(ft_seq_after(known.sent_through, known.acked + 2));
    ck_assert_uint_eq(show_smaller(1), 0); /* by 127 bytes */
    ck_assert_uint_eq(show_smaller(1), 1); /* and by 127 more */
}
END_TEST

START_TEST(a_reset_is_noticed)
{
    struct ft_segment segment;
    parse(&segment);
    ft_segment_set_flags(&segment, last.header, FT_RST | FT_ACK);
    ck_assert_uint_eq(show(), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transparency");
    TCase *tests = tcase_create("segments");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_came_may_come_again);
    tcase_add_test(tests, what_the_client_has_may_be_repeated);
    tcase_add_test(tests, numbers_of_another_connection_are_noticed_in_either_direction);
    tcase_add_test(tests, an_acknowledgement_of_what_was_not_sent_is_noticed);
    tcase_add_test(tests, a_reset_is_noticed);
    tcase_add_test(tests, a_late_segment_that_acknowledges_a_new_syn_by_chance_is_dropped);
    tcase_add_test(
        tests, bytes_beyond_what_the_client_has_offered_are_noticed_though_its_buffer_is_larger);
    suite_add_tcase(suite, tests);
    tests = tcase_create("windows");
    tcase_add_checked_fixture(tests, setup_upload, teardown);
    tcase_add_test(tests, a_window_whose_edge_goes_back_by_a_step_of_its_scale_is_noticed);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
