/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_log: entries, waiters and credit; and the log and core/ft_sender together over a random channel.
 */
#include "core/ft_log.h"
#include "core/ft_sender.h"
#include "tests/suite.h"

#include <string.h>

enum { LIMIT = 10000, VIEW = 7 };

static struct ft_log ledger;
static struct ft_log_entry entries[8];

static void setup(void)
{
    ft_log_init(&ledger, VIEW, LIMIT);
    memset(entries, 0, sizeof entries);
}

static struct ft_record record_of(uint16_t port, uint32_t ordinal, uint64_t length, uint64_t offset,
                                  uint32_t fragment)
{
    return (struct ft_record){
        .kind = FT_RECORD_REPLY,
        .key = {.connection = {.client_ip = 1, .client_port = port, .client_isn = 3},
                .ordinal = ordinal},
        .number = port * 100u + ordinal,
        .length = length,
        .offset = offset,
        .fragment = fragment,
        .view = VIEW,
    };
}

static void enter(unsigned index, uint16_t port, uint32_t ordinal, uint64_t length)
{
    struct ft_record record = record_of(port, ordinal, length, 0, (uint32_t)length);
    ck_assert_int_eq(ft_log_fragment(&ledger, &entries[index], &record), FT_LOG_OK);
}

START_TEST(an_entry_is_complete_with_its_last_byte)
{
    struct ft_record part = record_of(1, 1, 300, 0, 100);
    ck_assert_int_eq(ft_log_fragment(&ledger, &entries[0], &part), FT_LOG_OK);
    ck_assert_uint_eq(ledger.held, 300); /* room for all of it is taken at once */
    ck_assert(!ft_log_received(&entries[0], 100));
    part = record_of(1, 1, 300, 100, 200);
    ck_assert_int_eq(ft_log_fragment(&ledger, &entries[0], &part), FT_LOG_OK);
    ck_assert(!ft_log_received(&entries[0], 199));
    ck_assert(ft_log_received(&entries[0], 1));
    ck_assert_ptr_eq(ft_log_find(&ledger, &part.key), &entries[0]);
}
END_TEST

START_TEST(a_fragment_that_does_not_continue_its_reply_ends_the_channel)
{
    static const struct {
        uint64_t length, offset, number;
    } rows[] = {{300, 50, 101}, {300, 150, 101}, {301, 100, 101}, {300, 100, 102}};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        setup();
        struct ft_record part = record_of(1, 1, 300, 0, 100);
        ft_log_fragment(&ledger, &entries[0], &part);
        ft_log_received(&entries[0], 100);
        part = record_of(1, 1, rows[i].length, rows[i].offset, 10);
        part.number = rows[i].number;
        ck_assert_msg(ft_log_fragment(&ledger, &entries[0], &part) == FT_LOG_OUT_OF_ORDER, "row %u",
                      i);
    }
    struct ft_record stray = record_of(9, 1, 300, 100, 100); /* its beginning never came */
    ck_assert_int_eq(ft_log_fragment(&ledger, &entries[1], &stray), FT_LOG_OUT_OF_ORDER);
}
END_TEST

START_TEST(a_reply_that_is_not_logged_is_an_entry_without_a_byte)
{
    struct ft_record record = record_of(1, 1, 0, 0, 0);
    record.flags = FT_RECORD_UNLOGGED;
    ck_assert_int_eq(ft_log_fragment(&ledger, &entries[0], &record), FT_LOG_OK);
    ck_assert(ft_log_received(&entries[0], 0));
    ck_assert(ft_log_find(&ledger, &record.key)->unlogged);
    ck_assert_uint_eq(ledger.held, 0);
    enter(1, 1, 2, 100);
    ck_assert(!entries[1].unlogged);
}
END_TEST

START_TEST(the_same_reply_does_not_begin_twice)
{
    enter(0, 1, 1, 100);
    struct ft_record again = record_of(1, 1, 100, 0, 100);
    ck_assert_int_eq(ft_log_fragment(&ledger, &entries[0], &again), FT_LOG_OUT_OF_ORDER);
    ck_assert_uint_eq(ledger.count, 1);
}
END_TEST

START_TEST(what_is_beyond_the_limit_is_refused_and_takes_no_room)
{
    enter(0, 1, 1, LIMIT - 1);
    struct ft_record more = record_of(2, 1, 2, 0, 2);
    ck_assert_int_eq(ft_log_fragment(&ledger, &entries[1], &more), FT_LOG_OVERDRAWN);
    more.length = UINT64_MAX;
    ck_assert_int_eq(ft_log_fragment(&ledger, &entries[1], &more), FT_LOG_OVERDRAWN);
    ck_assert_uint_eq(ledger.held, LIMIT - 1);
    more = record_of(2, 1, 1, 0, 1);
    ck_assert_int_eq(ft_log_fragment(&ledger, &entries[1], &more), FT_LOG_OK);
    ck_assert_uint_eq(ledger.held, LIMIT);
}
END_TEST

START_TEST(records_of_another_view_are_skipped)
{
    struct ft_record old = record_of(1, 1, 10, 0, 10);
    old.view = VIEW - 1;
    ck_assert_int_eq(ft_log_fragment(&ledger, &entries[0], &old), FT_LOG_STALE_VIEW);
    ck_assert_uint_eq(ledger.count, 0);
}
END_TEST

START_TEST(an_entry_is_found_by_ordinal_and_incarnation_and_not_without)
{
    enter(0, 1, 1, 10);
    enter(1, 1, 2, 20);
    struct ft_request_key key = entries[0].key;
    ck_assert_ptr_eq(ft_log_find(&ledger, &key), &entries[0]);
    key.ordinal = 2;
    ck_assert_ptr_eq(ft_log_find(&ledger, &key), &entries[1]);
    key.ordinal = 3;
    ck_assert_ptr_null(ft_log_find(&ledger, &key));
    key.ordinal = 1;
    key.connection.client_isn++; /* the port was used again */
    ck_assert_ptr_null(ft_log_find(&ledger, &key));
}
END_TEST

START_TEST(removed_bytes_become_credit_told_once)
{
    struct ft_record record;
    enter(0, 1, 1, 400);
    enter(1, 2, 1, 500);
    ck_assert(!ft_log_credit_due(&ledger, false, &record));
    ft_log_remove(&ledger, &entries[0]); /* less than a sixteenth of the log: not worth a message */
    ck_assert(!ft_log_credit_due(&ledger, false, &record));
    ft_log_remove(&ledger, &entries[1]); /* nothing is held any more: nobody else would tell it */
    ck_assert(ft_log_credit_due(&ledger, false, &record));
    ck_assert_uint_eq(record.length, 900);
    ck_assert(!ft_log_credit_due(&ledger, false, &record));
    ft_log_remove(&ledger, &entries[0]); /* not in it any more: nothing happens */
    ck_assert_uint_eq(ledger.freed, 900);
}
END_TEST

START_TEST(who_asks_often_hears_of_little_credit_only_later)
{
    struct ft_record record;
    enter(0, 1, 1, 40);
    ft_log_remove(&ledger, &entries[0]);
    ck_assert(!ft_log_credit_due(&ledger, true, &record));
    enter(1, 2, 1, 600);
    ft_log_remove(&ledger, &entries[1]); /* much is told at once */
    ck_assert(ft_log_credit_due(&ledger, true, &record));
    ck_assert_uint_eq(record.length, 640);
    enter(2, 3, 1, 40);
    ft_log_remove(&ledger, &entries[2]);
    ck_assert(!ft_log_credit_due(&ledger, true, &record));
    ck_assert(ft_log_credit_due(&ledger, false, &record));
}
END_TEST

START_TEST(an_acknowledgement_names_the_reply_and_brings_the_credit)
{
    struct ft_record record;
    enter(0, 1, 1, 400);
    enter(1, 2, 1, 500);
    ft_log_remove(&ledger, &entries[0]);
    ft_log_acknowledge(&ledger, &entries[1], &record);
    ck_assert_int_eq(record.kind, FT_RECORD_ACK);
    ck_assert_uint_eq(record.number, entries[1].number);
    ck_assert_uint_eq(record.length, 400);
    ck_assert_uint_eq(record.view, VIEW);
}
END_TEST

START_TEST(a_connections_entries_are_found_but_for_orphans)
{
    enter(0, 1, 1, 10);
    enter(1, 1, 2, 10);
    enter(2, 2, 1, 10);
    struct ft_connection_key key = entries[0].key.connection;
    entries[1].orphan = true;
    ck_assert_ptr_eq(ft_log_any_of(&ledger, &key), &entries[0]);
    entries[0].orphan = true;
    ck_assert_ptr_null(ft_log_any_of(&ledger, &key));
}
END_TEST

START_TEST(waiters_are_found_by_their_key_and_all_are_told_at_a_takeover)
{
    struct ft_log_waiter waiters[3] = {0};
    for (unsigned i = 0; i < 3; i++) {
        waiters[i].key = record_of(1, i + 1, 0, 0, 0).key;
        ft_log_wait(&ledger, &waiters[i]);
    }
    ck_assert_ptr_eq(ft_log_waiter_for(&ledger, &waiters[1].key), &waiters[1]);
    ft_log_stop_waiting(&ledger, &waiters[1]);
    ck_assert_ptr_null(ft_log_waiter_for(&ledger, &waiters[1].key));
    unsigned seen = 0;
    struct ft_log_waiter *waiter;
    while ((waiter = ft_log_next_waiter(&ledger)) != NULL) {
        ck_assert(!waiter->waiting);
        seen |= 1u << (waiter - waiters);
    }
    ck_assert_uint_eq(seen, 5);
}
END_TEST

START_TEST(a_takeover_takes_out_what_is_incomplete_and_leaves_the_rest)
{
    enter(0, 1, 1, 10);
    enter(1, 2, 1, 10);
    ft_log_received(&entries[0], 10);
    ft_log_received(&entries[1], 9);
    ck_assert_ptr_eq(ft_log_next_incomplete(&ledger), &entries[1]);
    ck_assert_ptr_null(ft_log_next_incomplete(&ledger));
    ck_assert_ptr_eq(ft_log_next_entry(&ledger), &entries[0]);
    ck_assert_ptr_null(ft_log_next_entry(&ledger));
    ck_assert_uint_eq(ledger.held, 0);
}
END_TEST

/* --- with the sender ---------------------------------------------------------------------------------------------- */

enum { REPLIES = 400, QUEUE = 64 };

struct line {
    struct ft_record records[QUEUE];
    unsigned first, count;
};

struct both {
    struct ft_sender sender;
    struct ft_log log;
    struct ft_shipment shipments[REPLIES];
    struct ft_log_entry entries[REPLIES];
    struct line forth, back;
    unsigned put, released, trimmed;
    uint32_t random;
};

static uint32_t draw(struct both *self, uint32_t below)
{
    self->random = self->random * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)(self->random ^ self->random >> 15) * below >> 32);
}

static bool send(struct line *line, const struct ft_record *record)
{
    if (line->count == QUEUE)
        return false;
    line->records[(line->first + line->count++) % QUEUE] = *record;
    return true;
}

static bool receive(struct line *line, struct ft_record *record)
{
    if (line->count == 0)
        return false;
    *record = line->records[line->first];
    line->first = (line->first + 1) % QUEUE;
    line->count--;
    return true;
}

static void submit(struct both *self)
{
    if (self->put == REPLIES)
        return;
    struct ft_shipment *shipment = &self->shipments[self->put];
    *shipment = (struct ft_shipment){
        .key = {.connection = {.client_port = (uint16_t)(self->put % 7)}, .ordinal = self->put},
        .length = draw(self, 8) == 0 ? LIMIT - draw(self, 100) : draw(self, 600),
    };
    self->put++;
    ft_sender_put(&self->sender, shipment);
}

static void mux(struct both *self)
{
    struct ft_record record;
    struct ft_shipment *shipment;
    if (self->forth.count < QUEUE && ft_sender_next(&self->sender, &record, &shipment))
        send(&self->forth, &record);
    if (ft_sender_outstanding(&self->sender) > LIMIT)
        ck_abort_msg("more is outstanding than the log may hold");
}

static void demux(struct both *self)
{
    struct ft_record record;
    if (self->back.count == QUEUE || !receive(&self->forth, &record))
        return;
    struct ft_log_entry *entry = ft_log_find(&self->log, &record.key);
    if (entry == NULL)
        entry = &self->entries[record.key.ordinal];
    ck_assert_int_eq(ft_log_fragment(&self->log, entry, &record), FT_LOG_OK);
    if (self->log.held > LIMIT)
        ck_abort_msg("the log holds more than its limit");
    if (!ft_log_received(entry, record.fragment))
        return;
    ft_log_acknowledge(&self->log, entry, &record);
    send(&self->back, &record);
}

static void acknowledged(struct both *self)
{
    struct ft_record record;
    if (receive(&self->back, &record) && ft_sender_acknowledged(&self->sender, &record) != NULL)
        self->released++;
}

static void trim(struct both *self)
{
    struct ft_record record;
    struct ft_log_entry *entry = &self->entries[draw(self, REPLIES)];
    if (entry->complete && ft_log_find(&self->log, &entry->key) == entry) {
        ft_log_remove(&self->log, entry);
        self->trimmed++;
    }
    if (self->back.count < QUEUE && ft_log_credit_due(&self->log, false, &record))
        send(&self->back, &record);
}

START_TEST(the_limit_holds_and_every_reply_gets_through)
{
    static struct both both;
    both = (struct both){.random = (uint32_t)_i * 2654435761u + 1};
    ft_sender_init(&both.sender, VIEW, LIMIT, 128);
    ft_log_init(&both.log, VIEW, LIMIT);
    for (unsigned steps = 0; both.released < REPLIES || both.trimmed < REPLIES; steps++) {
        static void (*const moves[])(struct both *) = {submit, mux,          mux,  demux,
                                                       demux,  acknowledged, trim, trim};
        if (steps == 10000000)
            ck_abort_msg("stuck with %u released, %u trimmed", both.released, both.trimmed);
        moves[draw(&both, 8)](&both);
    }
    ck_assert_uint_eq(both.log.held, 0);
    ck_assert_uint_eq(both.sender.waiting, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_log");
    TCase *tcase = tcase_create("log");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, an_entry_is_complete_with_its_last_byte);
    tcase_add_test(tcase, a_fragment_that_does_not_continue_its_reply_ends_the_channel);
    tcase_add_test(tcase, a_reply_that_is_not_logged_is_an_entry_without_a_byte);
    tcase_add_test(tcase, the_same_reply_does_not_begin_twice);
    tcase_add_test(tcase, what_is_beyond_the_limit_is_refused_and_takes_no_room);
    tcase_add_test(tcase, records_of_another_view_are_skipped);
    tcase_add_test(tcase, an_entry_is_found_by_ordinal_and_incarnation_and_not_without);
    tcase_add_test(tcase, removed_bytes_become_credit_told_once);
    tcase_add_test(tcase, who_asks_often_hears_of_little_credit_only_later);
    tcase_add_test(tcase, an_acknowledgement_names_the_reply_and_brings_the_credit);
    tcase_add_test(tcase, a_connections_entries_are_found_but_for_orphans);
    tcase_add_test(tcase, waiters_are_found_by_their_key_and_all_are_told_at_a_takeover);
    tcase_add_test(tcase, a_takeover_takes_out_what_is_incomplete_and_leaves_the_rest);
    tcase_add_loop_test(tcase, the_limit_holds_and_every_reply_gets_through, 0, 20);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
