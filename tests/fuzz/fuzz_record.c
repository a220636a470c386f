/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_record - any bytes as what comes over the log channel, to the backup's log and to the primary's sender.
 *
 * The input is a row of records, each behind a byte that says what is done with it. As they are, none would get past its MAC:
 * most are sealed with the right key, as a peer that has gone mad would. Then a log does with them what the server's module does
 * (module/httpd/channel.c), and what the log may never do is checked after each.
 */
#include "tests/fuzz/fuzz.h"

#include "core/ft_log.h"
#include "core/ft_sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 100000, VIEW = 1, RECORDS_MAX = 64, MAC_AT = 56 };
enum { FORGED = 1, TAKEN = 2, DROPPED = 4, TO_SENDER = 8 };

static const struct ft_key KEY = {.word = {7, 11}};

static struct ft_log ledger;
static struct ft_sender sender;
static struct ft_log_entry entries[RECORDS_MAX];
static struct ft_shipment shipments[RECORDS_MAX];
static unsigned entry_count, shipment_count;

static void insist(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

/* What the MAC is of, as ft_record.h says: eight bytes a word. */
static void seal(uint8_t bytes[FT_RECORD_BYTES])
{
    uint64_t words[MAC_AT / 8];
    bytes[0] = 0x55;
    bytes[1] = 0x44;
    for (unsigned i = 0; i < MAC_AT / 8; i++)
        words[i] = (uint64_t)ft_get32(bytes + 8 * i) << 32 | ft_get32(bytes + 8 * i + 4);
    uint64_t mac = ft_siphash(&KEY, words, MAC_AT / 8);
    ft_put32(bytes + MAC_AT, (uint32_t)(mac >> 32));
    ft_put32(bytes + MAC_AT + 4, (uint32_t)mac);
}

static void check_log(void)
{
    uint64_t held = 0;
    uint32_t count = 0;
    for (unsigned i = 0; i < FT_LOG_BUCKETS; i++) {
        for (const struct ft_log_entry *at = ledger.entries[i]; at != NULL; at = at->next) {
            held += at->length;
            count++;
            insist(at->received <= at->length, "more of a reply than there is");
            insist(at->complete == (at->received == at->length) || at->received == 0,
                   "complete too early or too late");
        }
    }
    insist(held == ledger.held && count == ledger.count, "the account is wrong");
    insist(ledger.held <= LIMIT, "the log is beyond its limit");
    insist(ledger.told <= ledger.freed, "credit for what was never freed");
}

static void drop(struct ft_log_entry *entry)
{
    struct ft_record credit;
    ft_log_remove(&ledger, entry);
    ft_log_credit_due(&ledger, false, &credit);
}

/* All of the fragment's payload comes. */
static void take_reply(const struct ft_record *record, unsigned what)
{
    struct ft_log_entry *entry = ft_log_find(&ledger, &record->key);
    struct ft_record reply;
    if (entry == NULL)
        entry = &entries[entry_count++];
    if (ft_log_fragment(&ledger, entry, record) != FT_LOG_OK)
        return;
    if (ft_log_received(entry, record->fragment)) {
        ft_log_acknowledge(&ledger, entry, &reply);
        insist(reply.number == record->number, "another reply is acknowledged");
    }
    if ((what & DROPPED) != 0)
        drop(entry);
}

/* A worker asks for it. */
static void take(const struct ft_request_key *key)
{
    struct ft_log_waiter waiter = {.key = *key};
    struct ft_log_entry *entry = ft_log_find(&ledger, key);
    if (entry != NULL && entry->complete)
        drop(entry);
    ft_log_wait(&ledger, &waiter);
    insist(ft_log_waiter_for(&ledger, key) == &waiter, "who waits is not found");
    ft_log_stop_waiting(&ledger, &waiter);
}

static void forget(const struct ft_connection_key *key)
{
    struct ft_log_entry *entry;
    while ((entry = ft_log_any_of(&ledger, key)) != NULL) {
        entry->orphan = !entry->complete;
        if (entry->complete)
            drop(entry);
    }
}

/* The record as the peer's answer to a sender that has shipped something. */
static void answer(const struct ft_record *record)
{
    struct ft_shipment *shipment = &shipments[shipment_count++], *next;
    struct ft_record out;
    shipment->key = record->key;
    shipment->length = record->length % LIMIT;
    ft_sender_put(&sender, shipment);
    while (ft_sender_next(&sender, &out, &next))
        ;
    ft_sender_acknowledged(&sender, record);
    insist(ft_sender_outstanding(&sender) <= LIMIT, "more is under way than the log may hold");
}

static void take_record(uint8_t bytes[FT_RECORD_BYTES], unsigned what)
{
    struct ft_record record;
    uint8_t again[FT_RECORD_BYTES];
    if ((what & FORGED) == 0)
        seal(bytes);
    enum ft_record_error error = ft_record_read(bytes, &KEY, &record);
    insist((what & FORGED) != 0 || error != FT_RECORD_BAD_MAC, "what is sealed does not verify");
    if (error != FT_RECORD_OK)
        return; /* the channel would end */
    if (bytes[10] == 0 && bytes[11] == 0) {
        ft_record_write(&record, &KEY, again);
        insist(memcmp(bytes, again, sizeof again) == 0, "what was read is written as another");
    }
    if ((what & TO_SENDER) != 0)
        answer(&record);
    else if (record.kind == FT_RECORD_REPLY)
        take_reply(&record, what);
    else if (record.kind == FT_RECORD_FORGET)
        forget(&record.key.connection);
    if ((what & TAKEN) != 0)
        take(&record.key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ft_log_init(&ledger, VIEW, LIMIT);
    ft_sender_init(&sender, VIEW, LIMIT, 8192);
    memset(entries, 0, sizeof entries);
    memset(shipments, 0, sizeof shipments);
    entry_count = shipment_count = 0;
    for (unsigned i = 0; i < RECORDS_MAX && size > MAC_AT; i++) {
        uint8_t bytes[FT_RECORD_BYTES] = {0};
        size_t part = size - 1 < sizeof bytes ? size - 1 : sizeof bytes;
        memcpy(bytes, data + 1, part);
        take_record(bytes, data[0]);
        check_log();
        data += 1 + part;
        size -= 1 + part;
    }
    while (ft_log_next_incomplete(&ledger) != NULL || ft_log_next_entry(&ledger) != NULL)
        ;
    while (ft_sender_abandon(&sender) != NULL)
        ;
    insist(ledger.held == 0 && ledger.count == 0 && sender.waiting == 0, "something is left");
    return 0;
}
