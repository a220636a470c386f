/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_time_wait - connections in TIME_WAIT, as records of 64 bytes in the stack.
 *
 * All wait equally long, so they expire in the order in which they came: one list, one event. A segment that restarts the
 * wait moves its record to the end. A SYN above the last sequence number reuses the ports (RFC 9293 3.6.1, RFC 6191 without
 * timestamps; as tcp_timewait_state_process() in Linux).
 */
#include "models/tcp/tcp_socket.h"

#include "sim/memory.h"

enum { BUCKETS_AT_FIRST = 64 };

struct tcp_time_wait {
    struct tcp_time_wait *hash_next, *next, *previous;
    int64_t until_ns;
    struct tcp_address local, remote;
    uint32_t snd_nxt, rcv_nxt;
    uint16_t window; /* as it was advertised last, scaled */
};

static void expire(struct event *event, struct simulation *simulation);

void tcp_time_wait_init(struct tcp_stack *stack)
{
    struct tcp_time_waits *self = &stack->time_waits;
    *self = (struct tcp_time_waits){.mask = BUCKETS_AT_FIRST - 1};
    self->buckets = memory_new(BUCKETS_AT_FIRST * sizeof(struct tcp_time_wait *));
    slab_init(&self->records, sizeof(struct tcp_time_wait));
    event_init(&self->expiry, expire);
}

void tcp_time_wait_fini(struct tcp_stack *stack)
{
    struct tcp_time_waits *self = &stack->time_waits;
    event_cancel(&self->expiry, stack->simulation);
    slab_fini(&self->records);
    memory_free(self->buckets);
    self->buckets = NULL;
}

static inline struct tcp_time_wait **bucket_of(const struct tcp_time_waits *self,
                                               struct tcp_address local, struct tcp_address remote)
{
    return &self->buckets[tcp_hash(local.ip, local.port, remote.ip, remote.port) & self->mask];
}

static struct tcp_time_wait *find(struct tcp_stack *stack, struct tcp_address local,
                                  struct tcp_address remote)
{
    struct tcp_time_wait *record = *bucket_of(&stack->time_waits, local, remote);
    while (record != NULL &&
           (record->remote.port != remote.port || record->remote.ip != remote.ip ||
            record->local.port != local.port || record->local.ip != local.ip))
        record = record->hash_next;
    return record;
}

static void rehash(struct tcp_time_waits *self)
{
    memory_free(self->buckets);
    self->mask = self->mask * 2 + 1;
    self->buckets = memory_new(((size_t)self->mask + 1) * sizeof(struct tcp_time_wait *));
    for (struct tcp_time_wait *record = self->first; record != NULL; record = record->next) {
        struct tcp_time_wait **bucket = bucket_of(self, record->local, record->remote);
        record->hash_next = *bucket;
        *bucket = record;
    }
}

static void link_last(struct tcp_time_waits *self, struct tcp_time_wait *record)
{
    record->next = NULL;
    record->previous = self->last;
    if (self->last != NULL)
        self->last->next = record;
    else
        self->first = record;
    self->last = record;
}

static void unlink_record(struct tcp_time_waits *self, struct tcp_time_wait *record)
{
    if (record->previous != NULL)
        record->previous->next = record->next;
    else
        self->first = record->next;
    if (record->next != NULL)
        record->next->previous = record->previous;
    else
        self->last = record->previous;
}

static void start_wait(struct tcp_stack *stack, struct tcp_time_wait *record)
{
    struct tcp_time_waits *self = &stack->time_waits;
    record->until_ns = stack->simulation->now_ns + stack->profile.time_wait_ns;
    link_last(self, record);
    if (!event_pending(&self->expiry))
        event_schedule(&self->expiry, stack->simulation, self->first->until_ns);
}

void tcp_time_wait_add(struct tcp_socket *socket)
{
    struct tcp_stack *stack = socket->stack;
    struct tcp_time_waits *self = &stack->time_waits;
    if (stack->profile.time_wait_ns == 0)
        return;
    struct tcp_time_wait *record = slab_take(&self->records);
    record->local = (struct tcp_address){.ip = socket->local_ip, .port = socket->local_port};
    record->remote = (struct tcp_address){.ip = socket->remote_ip, .port = socket->remote_port};
    record->snd_nxt = socket->snd_nxt;
    record->rcv_nxt = socket->rcv_nxt;
    record->window = tcp_window_field(socket);
    start_wait(stack, record);
    stack->counters.time_waits++;
    if (self->count++ > self->mask) {
        rehash(self);
        return;
    }
    struct tcp_time_wait **bucket = bucket_of(self, record->local, record->remote);
    record->hash_next = *bucket;
    *bucket = record;
}

static void forget(struct tcp_time_waits *self, struct tcp_time_wait *record)
{
    struct tcp_time_wait **at = bucket_of(self, record->local, record->remote);
    while (*at != record)
        at = &(*at)->hash_next;
    *at = record->hash_next;
    unlink_record(self, record);
    slab_give(&self->records, record);
    self->count--;
}

static void expire(struct event *event, struct simulation *simulation)
{
    struct tcp_time_waits *self = container_of(event, struct tcp_time_waits, expiry);
    while (self->first != NULL && self->first->until_ns <= simulation->now_ns)
        forget(self, self->first);
    if (self->first != NULL)
        event_schedule(event, simulation, self->first->until_ns);
}

bool tcp_time_wait_holds(struct tcp_stack *stack, struct tcp_address local,
                         struct tcp_address remote)
{
    return stack->time_waits.count > 0 && find(stack, local, remote) != NULL;
}

static void answer(struct tcp_stack *stack, const struct tcp_time_wait *record)
{
    struct tcp_header header = {
        .source_ip = record->local.ip,
        .destination_ip = record->remote.ip,
        .source_port = record->local.port,
        .destination_port = record->remote.port,
        .seq = record->snd_nxt,
        .ack = record->rcv_nxt,
        .window = record->window,
        .flags = TCP_FLAG_ACK,
    };
    tcp_send_bare(stack, &header);
}

bool tcp_time_wait_input(struct tcp_stack *stack, const struct tcp_segment *segment)
{
    struct tcp_time_waits *self = &stack->time_waits;
    if (self->count == 0)
        return false;
    struct tcp_address local = {.ip = segment->destination_ip, .port = segment->destination_port};
    struct tcp_address remote = {.ip = segment->source_ip, .port = segment->source_port};
    struct tcp_time_wait *record = find(stack, local, remote);
    if (record == NULL)
        return false;
    if (segment->flags & TCP_FLAG_RST) {
        if (segment->seq == record->rcv_nxt)
            forget(self, record);
        return true;
    }
    bool syn = (segment->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN;
    if (syn && seq_after(segment->seq, record->rcv_nxt)) {
        forget(self, record);
        return false;
    }
    if (segment->length > 0 || segment->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN)) {
        answer(stack, record);
        unlink_record(self, record);
        start_wait(stack, record);
    }
    return true;
}
