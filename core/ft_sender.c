/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_sender - a round-robin queue with credit, and a small hash table of what waits for its acknowledgement.
 */
#include "core/ft_sender.h"

#include "core/ft_poison.h"

void ft_sender_init(struct ft_sender *self, uint64_t view, uint64_t log_bytes,
                    uint32_t fragment_bytes)
{
    *self =
        (struct ft_sender){.view = view, .log_bytes = log_bytes, .fragment_bytes = fragment_bytes};
}

static void append(struct ft_sender *self, struct ft_shipment *shipment)
{
    shipment->next = NULL;
    if (self->first != NULL)
        self->last->next = shipment;
    else
        self->first = shipment;
    self->last = shipment;
}

void ft_sender_put(struct ft_sender *self, struct ft_shipment *shipment)
{
    shipment->number = 0;
    shipment->offset = 0;
    shipment->state = FT_SHIPMENT_QUEUED;
    self->waiting++;
    append(self, shipment);
}

static bool has_begun(const struct ft_shipment *shipment)
{
    return shipment->number != 0;
}

static bool has_credit(const struct ft_sender *self, const struct ft_shipment *shipment)
{
    return ft_sender_outstanding(self) + shipment->length <= self->log_bytes ||
           ft_planted(FT_PLANT_LOG_OVERFLOW);
}

/* `previous`: in front of it in the queue; NULL: nobody. */
static void unlink(struct ft_sender *self, struct ft_shipment *previous,
                   struct ft_shipment *shipment)
{
    if (previous != NULL)
        previous->next = shipment->next;
    else
        self->first = shipment->next;
    if (self->last == shipment)
        self->last = previous;
}

/* The first whose turn it is: one that has begun, or the first that has not, if the log has room for it. A reply that waits
 * for credit is not overtaken by others that have not begun, so that large ones do not starve. */
static struct ft_shipment *take_next(struct ft_sender *self)
{
    struct ft_shipment *previous = NULL;
    bool blocked = false;
    for (struct ft_shipment *at = self->first; at != NULL; previous = at, at = at->next) {
        if (!has_begun(at) && (blocked || !has_credit(self, at))) {
            blocked = true;
            continue;
        }
        unlink(self, previous, at);
        return at;
    }
    return NULL;
}

static void begin(struct ft_sender *self, struct ft_shipment *shipment)
{
    shipment->number = ++self->numbers;
    self->begun += shipment->length;
}

static struct ft_shipment **bucket_of(struct ft_sender *self, uint64_t number)
{
    return &self->sent[number % FT_SENDER_BUCKETS];
}

static void await(struct ft_sender *self, struct ft_shipment *shipment)
{
    struct ft_shipment **bucket = bucket_of(self, shipment->number);
    shipment->state = FT_SHIPMENT_SENT;
    shipment->next = *bucket;
    *bucket = shipment;
}

bool ft_sender_next(struct ft_sender *self, struct ft_record *record, struct ft_shipment **shipment)
{
    struct ft_shipment *next = take_next(self);
    if (next == NULL)
        return false;
    if (!has_begun(next))
        begin(self, next);
    uint64_t left = next->length - next->offset;
    *record = (struct ft_record){
        .kind = FT_RECORD_REPLY,
        .flags = next->flags,
        .key = next->key,
        .number = next->number,
        .length = next->length,
        .offset = next->offset,
        .view = self->view,
        .fragment = left < self->fragment_bytes ? (uint32_t)left : self->fragment_bytes,
    };
    next->offset += record->fragment;
    if (next->offset == next->length)
        await(self, next);
    else
        append(self, next);
    *shipment = next;
    return true;
}

static struct ft_shipment *take_sent(struct ft_sender *self, uint64_t number)
{
    for (struct ft_shipment **at = bucket_of(self, number); *at != NULL; at = &(*at)->next) {
        struct ft_shipment *shipment = *at;
        if (shipment->number != number)
            continue;
        *at = shipment->next;
        return shipment;
    }
    return NULL;
}

struct ft_shipment *ft_sender_acknowledged(struct ft_sender *self, const struct ft_record *record)
{
    if (record->view != self->view)
        return NULL;
    if (record->length > self->freed && record->length <= self->begun)
        self->freed = record->length;
    if (record->kind != FT_RECORD_ACK)
        return NULL;
    struct ft_shipment *shipment = take_sent(self, record->number);
    if (shipment == NULL)
        return NULL;
    shipment->state = FT_SHIPMENT_IDLE;
    self->waiting--;
    return shipment;
}

bool ft_sender_withdraw(struct ft_sender *self, struct ft_shipment *shipment)
{
    struct ft_shipment *previous = NULL, *at = self->first;
    while (at != NULL && at != shipment) {
        previous = at;
        at = at->next;
    }
    if (at == NULL || has_begun(shipment))
        return false;
    unlink(self, previous, shipment);
    shipment->state = FT_SHIPMENT_IDLE;
    self->waiting--;
    return true;
}

struct ft_shipment *ft_sender_abandon(struct ft_sender *self)
{
    struct ft_shipment *shipment = self->first;
    if (shipment != NULL) {
        self->first = shipment->next;
    } else {
        for (unsigned i = 0; i < FT_SENDER_BUCKETS && shipment == NULL; i++) {
            shipment = self->sent[i];
            if (shipment != NULL)
                self->sent[i] = shipment->next;
        }
    }
    if (shipment == NULL)
        return NULL;
    shipment->state = FT_SHIPMENT_IDLE;
    self->waiting--;
    return shipment;
}

void ft_sender_forget(const struct ft_sender *self, const struct ft_connection_key *connection,
                      struct ft_record *record)
{
    *record = (struct ft_record){
        .kind = FT_RECORD_FORGET,
        .key = {.connection = *connection},
        .view = self->view,
    };
}
