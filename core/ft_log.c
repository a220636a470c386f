/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_log - two chained hash tables and the account of their bytes.
 */
#include "core/ft_log.h"

#include "core/ft_poison.h"

enum { CREDIT_PART = 16 }; /* credit is told by itself when this part of the log became free */

void ft_log_init(struct ft_log *self, uint64_t view, uint64_t limit)
{
    *self = (struct ft_log){.view = view, .limit = limit};
}

static uint32_t bucket(const struct ft_connection_key *connection)
{
    return ft_connection_bucket(connection, FT_LOG_BUCKETS);
}

struct ft_log_entry *ft_log_find(const struct ft_log *self, const struct ft_request_key *key)
{
    struct ft_log_entry *entry = self->entries[bucket(&key->connection)];
    while (entry != NULL && !ft_request_same(&entry->key, key))
        entry = entry->next;
    return entry;
}

static void enter(struct ft_log *self, struct ft_log_entry *entry, const struct ft_record *record)
{
    struct ft_log_entry **at = &self->entries[bucket(&record->key.connection)];
    *entry = (struct ft_log_entry){
        .next = *at,
        .key = record->key,
        .number = record->number,
        .length = record->length,
        .close = record->flags & FT_RECORD_CLOSE,
        .unlogged = record->flags & FT_RECORD_UNLOGGED,
    };
    *at = entry;
    self->held += record->length;
    self->count++;
}

enum ft_log_error ft_log_fragment(struct ft_log *self, struct ft_log_entry *entry,
                                  const struct ft_record *record)
{
    if (record->view != self->view)
        return FT_LOG_STALE_VIEW;
    if (record->offset == 0) {
        if (ft_log_find(self, &record->key) != NULL)
            return FT_LOG_OUT_OF_ORDER;
        if (record->length > self->limit - self->held)
            return FT_LOG_OVERDRAWN;
        enter(self, entry, record);
        return FT_LOG_OK;
    }
    bool follows = ft_log_find(self, &record->key) == entry && entry->number == record->number &&
                   entry->received == record->offset && entry->length == record->length;
    return follows ? FT_LOG_OK : FT_LOG_OUT_OF_ORDER;
}

bool ft_log_received(struct ft_log_entry *entry, uint64_t bytes)
{
    entry->received += bytes;
    entry->complete = entry->received == entry->length;
    return entry->complete;
}

static void give_back(struct ft_log *self, const struct ft_log_entry *entry)
{
    self->held -= entry->length;
    self->freed += ft_planted(FT_PLANT_CREDIT_KEPT) ? 0 : entry->length;
}

void ft_log_remove(struct ft_log *self, struct ft_log_entry *entry)
{
    struct ft_log_entry **at = &self->entries[bucket(&entry->key.connection)];
    while (*at != NULL && *at != entry)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    *at = entry->next;
    self->count--;
    if (!ft_planted(FT_PLANT_CREDIT_EARLY) || !entry->complete)
        give_back(self, entry);
}

struct ft_log_entry *ft_log_any_of(const struct ft_log *self,
                                   const struct ft_connection_key *connection)
{
    struct ft_log_entry *entry = self->entries[bucket(connection)];
    while (entry != NULL &&
           (entry->orphan || !ft_connection_same(&entry->key.connection, connection)))
        entry = entry->next;
    return entry;
}

static void tell(struct ft_log *self, struct ft_record *record)
{
    record->view = self->view;
    record->length = self->freed;
    self->told = self->freed;
}

void ft_log_acknowledge(struct ft_log *self, const struct ft_log_entry *entry,
                        struct ft_record *record)
{
    *record = (struct ft_record){.kind = FT_RECORD_ACK, .key = entry->key, .number = entry->number};
    if (ft_planted(FT_PLANT_CREDIT_EARLY))
        give_back(self, entry);
    tell(self, record);
}

bool ft_log_credit_due(struct ft_log *self, bool often, struct ft_record *record)
{
    uint64_t untold = self->freed - self->told;
    bool few = untold < self->limit / CREDIT_PART;
    if (untold == 0 || (few && (often || self->held > 0)))
        return false;
    *record = (struct ft_record){.kind = FT_RECORD_CREDIT};
    tell(self, record);
    return true;
}

void ft_log_wait(struct ft_log *self, struct ft_log_waiter *waiter)
{
    struct ft_log_waiter **at = &self->waiters[bucket(&waiter->key.connection)];
    waiter->next = *at;
    waiter->waiting = true;
    *at = waiter;
}

void ft_log_stop_waiting(struct ft_log *self, struct ft_log_waiter *waiter)
{
    struct ft_log_waiter **at = &self->waiters[bucket(&waiter->key.connection)];
    while (*at != NULL && *at != waiter)
        at = &(*at)->next;
    if (*at != NULL)
        *at = waiter->next;
    waiter->waiting = false;
}

struct ft_log_waiter *ft_log_waiter_for(const struct ft_log *self, const struct ft_request_key *key)
{
    struct ft_log_waiter *waiter = self->waiters[bucket(&key->connection)];
    while (waiter != NULL && !ft_request_same(&waiter->key, key))
        waiter = waiter->next;
    return waiter;
}

struct ft_log_waiter *ft_log_next_waiter(struct ft_log *self)
{
    for (unsigned i = 0; i < FT_LOG_BUCKETS; i++) {
        struct ft_log_waiter *waiter = self->waiters[i];
        if (waiter != NULL) {
            ft_log_stop_waiting(self, waiter);
            return waiter;
        }
    }
    return NULL;
}

static struct ft_log_entry *take_any(struct ft_log *self, bool incomplete_only)
{
    for (unsigned i = 0; i < FT_LOG_BUCKETS; i++) {
        for (struct ft_log_entry *entry = self->entries[i]; entry != NULL; entry = entry->next) {
            if (incomplete_only && entry->complete)
                continue;
            ft_log_remove(self, entry);
            return entry;
        }
    }
    return NULL;
}

struct ft_log_entry *ft_log_next_incomplete(struct ft_log *self)
{
    return take_any(self, true);
}

struct ft_log_entry *ft_log_next_entry(struct ft_log *self)
{
    return take_any(self, false);
}
