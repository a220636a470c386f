/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_sender: whose turn it is, what credit allows, who may leave.
 */
#include "core/ft_sender.h"
#include "tests/suite.h"

enum { LOG = 1000, FRAGMENT = 100, VIEW = 7 };

static struct ft_sender sender;
static struct ft_shipment shipments[8];

static void setup(void)
{
    ft_sender_init(&sender, VIEW, LOG, FRAGMENT);
}

static void put(unsigned index, uint64_t length)
{
    shipments[index] = (struct ft_shipment){
        .key = {.connection = {.client_port = (uint16_t)(index + 1)}, .ordinal = 1},
        .length = length,
    };
    ft_sender_put(&sender, &shipments[index]);
}

/* Which shipment the next record is of; -1: none. */
static int next(struct ft_record *record)
{
    struct ft_shipment *shipment;
    if (!ft_sender_next(&sender, record, &shipment))
        return -1;
    ck_assert(ft_request_same(&record->key, &shipment->key));
    ck_assert_uint_eq(record->view, VIEW);
    ck_assert_uint_eq(record->length, shipment->length);
    return (int)(shipment - shipments);
}

static struct ft_shipment *acknowledge(uint8_t kind, uint64_t number, uint64_t freed)
{
    struct ft_record record = {.kind = kind, .number = number, .length = freed, .view = VIEW};
    return ft_sender_acknowledged(&sender, &record);
}

START_TEST(a_reply_goes_in_fragments_that_join)
{
    struct ft_record record;
    put(0, 250);
    for (uint64_t offset = 0; offset < 250; offset += FRAGMENT) {
        ck_assert_int_eq(next(&record), 0);
        ck_assert_uint_eq(record.offset, offset);
        ck_assert_uint_eq(record.fragment, 250 - offset < FRAGMENT ? 250 - offset : FRAGMENT);
    }
    ck_assert_int_eq(next(&record), -1);
}
END_TEST

START_TEST(replies_take_turns_by_fragments)
{
    struct ft_record record;
    put(0, 300);
    put(1, 100);
    put(2, 200);
    const int order[] = {0, 1, 2, 0, 2, 0, -1};
    for (unsigned i = 0; i < sizeof order / sizeof *order; i++)
        ck_assert_int_eq(next(&record), order[i]);
}
END_TEST

START_TEST(an_empty_reply_is_a_record_too)
{
    struct ft_record record;
    put(0, 0);
    ck_assert_int_eq(next(&record), 0);
    ck_assert_uint_eq(record.fragment, 0);
    ck_assert_ptr_eq(acknowledge(FT_RECORD_ACK, record.number, 0), &shipments[0]);
}
END_TEST

START_TEST(nothing_begins_without_room_in_the_log_and_nobody_overtakes)
{
    struct ft_record record;
    put(0, 600);
    put(1, 500); /* does not fit beside the first */
    put(2, 100); /* would fit, but waits its turn: the large one would starve */
    for (unsigned i = 0; i < 6; i++)
        ck_assert_int_eq(next(&record), 0);
    ck_assert_int_eq(next(&record), -1);
    ck_assert_uint_eq(ft_sender_outstanding(&sender), 600);
    ck_assert_ptr_null(acknowledge(FT_RECORD_CREDIT, 0, 99));
    ck_assert_int_eq(next(&record), -1);
    acknowledge(FT_RECORD_CREDIT, 0, 100);
    ck_assert_int_eq(next(&record), 1);
    ck_assert_uint_le(ft_sender_outstanding(&sender), LOG);
}
END_TEST

START_TEST(credit_is_a_running_total_and_never_goes_back_or_beyond)
{
    struct ft_record record;
    put(0, 400);
    while (next(&record) == 0)
        ;
    acknowledge(FT_RECORD_CREDIT, 0, 300);
    ck_assert_uint_eq(ft_sender_outstanding(&sender), 100);
    acknowledge(FT_RECORD_CREDIT, 0, 200); /* overtaken on the way */
    ck_assert_uint_eq(ft_sender_outstanding(&sender), 100);
    acknowledge(FT_RECORD_CREDIT, 0, 401); /* more than was ever sent */
    ck_assert_uint_eq(ft_sender_outstanding(&sender), 100);
}
END_TEST

START_TEST(only_the_reply_that_is_acknowledged_may_leave_and_only_once)
{
    struct ft_record first, second;
    put(0, 50);
    put(1, 50);
    ck_assert_int_eq(next(&first), 0);
    ck_assert_int_eq(next(&second), 1);
    ck_assert_ptr_null(acknowledge(FT_RECORD_ACK, second.number + 1, 0));
    ck_assert_ptr_eq(acknowledge(FT_RECORD_ACK, second.number, 0), &shipments[1]);
    ck_assert_ptr_null(acknowledge(FT_RECORD_ACK, second.number, 0));
    ck_assert_uint_eq(sender.waiting, 1);
    ck_assert_ptr_eq(acknowledge(FT_RECORD_ACK, first.number, 0), &shipments[0]);
    ck_assert_uint_eq(sender.waiting, 0);
}
END_TEST

START_TEST(acknowledgements_of_another_view_mean_nothing)
{
    struct ft_record record;
    put(0, 50);
    ck_assert_int_eq(next(&record), 0);
    struct ft_record ack = {
        .kind = FT_RECORD_ACK, .number = record.number, .length = 50, .view = VIEW - 1};
    ck_assert_ptr_null(ft_sender_acknowledged(&sender, &ack));
    ck_assert_uint_eq(ft_sender_outstanding(&sender), 50);
}
END_TEST

START_TEST(a_reply_that_is_not_sent_in_full_is_not_acknowledged)
{
    struct ft_record record;
    put(0, 250);
    ck_assert_int_eq(next(&record), 0);
    ck_assert_ptr_null(acknowledge(FT_RECORD_ACK, record.number, 0));
}
END_TEST

START_TEST(abandoning_gives_back_every_shipment_in_whatever_state)
{
    struct ft_record record;
    unsigned seen = 0, count = 0;
    put(0, 100); /* sent */
    put(1, 250); /* begun */
    put(2, 950); /* waits for credit */
    next(&record);
    next(&record);
    struct ft_shipment *shipment;
    while ((shipment = ft_sender_abandon(&sender)) != NULL) {
        seen |= 1u << (shipment - shipments);
        ck_assert_int_eq(shipment->state, FT_SHIPMENT_IDLE);
        count++;
    }
    ck_assert_uint_eq(seen, 7);
    ck_assert_uint_eq(count, 3);
    ck_assert_uint_eq(sender.waiting, 0);
    ck_assert_int_eq(next(&record), -1);
}
END_TEST

START_TEST(what_has_not_begun_can_be_withdrawn_from_any_place)
{
    struct ft_record record;
    for (unsigned i = 0; i < 4; i++)
        put(i, 200);
    ck_assert_int_eq(next(&record), 0); /* begun, and now behind the others */
    ck_assert(!ft_sender_withdraw(&sender, &shipments[0]));
    ck_assert(ft_sender_withdraw(&sender, &shipments[2]));
    ck_assert(ft_sender_withdraw(&sender, &shipments[1]));
    ck_assert(!ft_sender_withdraw(&sender, &shipments[1]));
    ck_assert_uint_eq(sender.waiting, 2);
    const int order[] = {3, 0, 3, -1};
    for (unsigned i = 0; i < sizeof order / sizeof *order; i++)
        ck_assert_int_eq(next(&record), order[i]);
    ck_assert_uint_eq(ft_sender_outstanding(&sender), 400);
}
END_TEST

START_TEST(the_last_in_the_queue_can_be_withdrawn)
{
    struct ft_record record;
    put(0, 100);
    put(1, 100);
    ck_assert(ft_sender_withdraw(&sender, &shipments[1]));
    put(2, 100);
    ck_assert_int_eq(next(&record), 0);
    ck_assert_int_eq(next(&record), 2);
    ck_assert(!ft_sender_withdraw(&sender, &shipments[2])); /* sent, not acknowledged */
    ck_assert_int_eq(next(&record), -1);
}
END_TEST

START_TEST(what_can_never_be_logged_is_told_before)
{
    ck_assert(ft_sender_fits(&sender, LOG));
    ck_assert(!ft_sender_fits(&sender, LOG + 1));
}
END_TEST

START_TEST(forgetting_names_the_connection_and_the_view)
{
    struct ft_connection_key key = {.client_ip = 1, .client_port = 2, .client_isn = 3};
    struct ft_record record;
    ft_sender_forget(&sender, &key, &record);
    ck_assert_int_eq(record.kind, FT_RECORD_FORGET);
    ck_assert(ft_connection_same(&record.key.connection, &key));
    ck_assert_uint_eq(record.view, VIEW);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_sender");
    TCase *tcase = tcase_create("sender");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_reply_goes_in_fragments_that_join);
    tcase_add_test(tcase, replies_take_turns_by_fragments);
    tcase_add_test(tcase, an_empty_reply_is_a_record_too);
    tcase_add_test(tcase, nothing_begins_without_room_in_the_log_and_nobody_overtakes);
    tcase_add_test(tcase, credit_is_a_running_total_and_never_goes_back_or_beyond);
    tcase_add_test(tcase, only_the_reply_that_is_acknowledged_may_leave_and_only_once);
    tcase_add_test(tcase, acknowledgements_of_another_view_mean_nothing);
    tcase_add_test(tcase, a_reply_that_is_not_sent_in_full_is_not_acknowledged);
    tcase_add_test(tcase, abandoning_gives_back_every_shipment_in_whatever_state);
    tcase_add_test(tcase, what_has_not_begun_can_be_withdrawn_from_any_place);
    tcase_add_test(tcase, the_last_in_the_queue_can_be_withdrawn);
    tcase_add_test(tcase, what_can_never_be_logged_is_told_before);
    tcase_add_test(tcase, forgetting_names_the_connection_and_the_view);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
