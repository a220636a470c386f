/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_group - all clients of a world: when they begin, when they end, and what is counted about them.
 */
#include "models/web/client_state.h"

#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>

/* --- open loop -------------------------------------------------------------------------------------------------- */

static struct client *idle_client(struct client_group *self)
{
    struct client *client = self->idle;
    if (client != NULL) {
        self->idle = client->next;
        client->next = NULL;
        return client;
    }
    self->all = memory_grown(self->all, self->client_count, &self->client_room, sizeof *self->all);
    client = memory_new(sizeof *client);
    client_init(client, self, self->client_count);
    self->all[self->client_count++] = client;
    return client;
}

static void schedule_arrival(struct client_group *self)
{
    int64_t interval_ns = llround(dist_draw(&self->settings.interval, &self->arrivals));
    event_schedule(&self->arrival, self->simulation, self->simulation->now_ns + interval_ns);
}

static void arrive(struct event *event, struct simulation *simulation)
{
    (void)simulation;
    struct client_group *self = container_of(event, struct client_group, arrival);
    if (self->draining)
        return;
    schedule_arrival(self);
    struct client *client = idle_client(self);
    client->sent = 0;
    client_go_on(client);
}

void client_group_rest(struct client_group *self, struct client *client)
{
    if (self->settings.loop == LOOP_CLOSED) {
        self->resting += !client->resting;
        client->resting = true;
        return;
    }
    client->next = self->idle;
    self->idle = client;
}

/* --- life ------------------------------------------------------------------------------------------------------- */

struct client_group *client_group_new(const struct client_settings *settings,
                                      const struct client_wire *wire, struct simulation *simulation,
                                      struct host *const *machines, unsigned machine_count,
                                      struct tcp_address service, struct exchange_pool *exchanges,
                                      struct notice_board *notices)
{
    struct client_group *self = memory_new(sizeof *self);
    self->settings = *settings;
    self->wire = wire;
    self->simulation = simulation;
    self->machines = machines;
    self->machine_count = machine_count;
    self->service = service;
    self->exchanges = exchanges;
    self->notices = notices;
    self->stall_since_ns = -1;
    histogram_init(&self->latency);
    for (unsigned i = 0; i < STALL_VICTIMS; i++)
        histogram_init(&self->stalls[i]);
    event_init(&self->arrival, arrive);
    random_init(&self->arrivals, simulation->seed, random_entity("arrivals", 0));
    if (settings->loop == LOOP_OPEN) {
        self->settings.requests = 1;
        self->settings.connection = CONNECTION_PER_REQUEST;
        return self;
    }
    self->client_count = (uint32_t)settings->count;
    self->clients = memory_new(self->client_count * sizeof *self->clients);
    for (uint32_t i = 0; i < self->client_count; i++)
        client_init(&self->clients[i], self, i);
    return self;
}

static struct client *client_at(const struct client_group *self, uint32_t index)
{
    return self->clients != NULL ? &self->clients[index] : self->all[index];
}

void client_group_free(struct client_group *self)
{
    event_cancel(&self->arrival, self->simulation);
    for (uint32_t i = 0; i < self->client_count; i++) {
        client_fini(client_at(self, i));
        if (self->all != NULL)
            memory_free(self->all[i]);
    }
    memory_free(self->all);
    memory_free(self->clients);
    histogram_fini(&self->latency);
    for (unsigned i = 0; i < STALL_VICTIMS; i++)
        histogram_fini(&self->stalls[i]);
    memory_free(self);
}

void client_group_start(struct client_group *self)
{
    if (self->settings.loop == LOOP_OPEN) {
        schedule_arrival(self);
        return;
    }
    for (uint32_t i = 0; i < self->client_count; i++) {
        struct client *client = &self->clients[i];
        uint64_t spread = (uint64_t)self->settings.start_spread_ns;
        int64_t at_ns = spread ? (int64_t)random_below(&client->random, spread) : 0;
        event_schedule(&client->wake, self->simulation, self->simulation->now_ns + at_ns);
    }
}

void client_group_drain(struct client_group *self)
{
    self->draining = true;
}

unsigned client_group_in_flight(const struct client_group *self)
{
    return self->in_flight;
}

static int64_t waits_since_ns(const struct client *client)
{
    if (client->first != NULL)
        return client->first->sent_at_ns;
    bool awaits_close = client->closing && client->socket != NULL;
    return awaits_close ? client->progress_at_ns : INT64_MAX;
}

int64_t client_group_oldest_ns(const struct client_group *self, int64_t exposed_before_ns)
{
    int64_t oldest_ns = INT64_MAX;
    for (uint32_t i = 0; i < self->client_count; i++) {
        const struct client *client = client_at(self, i);
        int64_t since_ns = waits_since_ns(client);
        if (since_ns < oldest_ns && client->opened_at_ns >= exposed_before_ns)
            oldest_ns = since_ns;
    }
    return oldest_ns;
}

int64_t client_group_oldest_connection_ns(const struct client_group *self)
{
    int64_t oldest_ns = INT64_MAX;
    for (uint32_t i = 0; i < self->client_count; i++) {
        const struct client *client = client_at(self, i);
        if (client->socket != NULL && client->opened_at_ns < oldest_ns)
            oldest_ns = client->opened_at_ns;
    }
    return oldest_ns;
}

static bool is_stranded(const struct client *client, int64_t exposed_before_ns)
{
    return waits_since_ns(client) != INT64_MAX && client->socket != NULL &&
           client->opened_at_ns < exposed_before_ns && tcp_unacknowledged(client->socket) == 0;
}

uint32_t client_group_stranded(const struct client_group *self, int64_t exposed_before_ns)
{
    uint32_t stranded = 0;
    for (uint32_t i = 0; exposed_before_ns > 0 && i < self->client_count; i++)
        stranded += is_stranded(client_at(self, i), exposed_before_ns);
    return stranded;
}

bool client_group_at_rest(const struct client_group *self, uint32_t stranded)
{
    return self->settings.loop == LOOP_CLOSED && self->resting + stranded == self->client_count;
}

/* --- measuring -------------------------------------------------------------------------------------------------- */

static void begin_batch(struct client_group *self)
{
    self->batch = (struct client_batch){.since_ns = self->simulation->now_ns};
}

void client_group_measure(struct client_group *self)
{
    self->measuring = true;
    begin_batch(self);
}

void client_group_batch(struct client_group *self)
{
    const struct client_batch *batch = &self->batch;
    double seconds = (double)(self->simulation->now_ns - batch->since_ns) / 1e9;
    moments_add(&self->measures.throughput, (double)batch->right / seconds);
    moments_add(&self->measures.goodput, (double)batch->bytes / seconds);
    if (batch->latency.n > 0)
        moments_add(&self->measures.latency_s, batch->latency.mean);
    begin_batch(self);
}

void client_group_stop_measuring(struct client_group *self)
{
    self->measuring = false;
}

static void measure(struct client_group *self, const struct request *request)
{
    int64_t latency_ns = self->simulation->now_ns - request->sent_at_ns;
    histogram_add(&self->latency, latency_ns);
    moments_add(&self->batch.latency, (double)latency_ns / 1e9);
    self->batch.right++;
    self->batch.bytes += request->reply_bytes;
}

void client_group_ended(struct client_group *self, struct client *client, struct request *request,
                        enum outcome outcome)
{
    request->outcome = (uint8_t)outcome;
    self->counts.outcomes[outcome]++;
    bool right = outcome == OUTCOME_RIGHT || outcome == OUTCOME_LATE;
    if (right)
        self->counts.reply_bytes += request->reply_bytes;
    if (right && self->measuring)
        measure(self, request);
    NOTICE(self->notices, .kind = NOTICE_REPLY_DONE, .host = client->machine, .request = request,
           .reply = client->reply, .value = (uint64_t)outcome);
}

void client_group_conclude(struct client_group *self)
{
    for (uint32_t i = 0; i < self->client_count; i++) {
        struct client *client = client_at(self, i);
        for (struct request *at = client->first; at != NULL; at = at->next)
            client_group_ended(self, client, at, OUTCOME_PENDING);
        client_tell_close(client);
    }
}

/* The silence that is still on counts too. */
static int64_t stall_of(const struct client *client)
{
    int64_t silence_ns = client->group->simulation->now_ns - client->progress_at_ns;
    return client->first != NULL && silence_ns > client->stall_ns ? silence_ns : client->stall_ns;
}

static void gather_stalls(const struct client_group *self, struct histogram *out)
{
    for (uint32_t i = 0; i < self->client_count && self->stall_since_ns >= 0; i++) {
        int64_t stall_ns = stall_of(client_at(self, i));
        if (stall_ns > 0)
            histogram_add(out, stall_ns);
    }
}

void client_group_watch_stall(struct client_group *self, int64_t since_ns, enum stall_victim victim)
{
    gather_stalls(self, &self->stalls[self->stall_victim]);
    self->stall_since_ns = since_ns;
    self->stall_victim = victim;
    for (uint32_t i = 0; i < self->client_count; i++)
        client_at(self, i)->stall_ns = 0;
}

int64_t client_group_stall_ns(const struct client_group *self)
{
    int64_t longest_ns = 0;
    for (uint32_t i = 0; i < self->client_count && self->stall_since_ns >= 0; i++) {
        int64_t stall_ns = stall_of(client_at(self, i));
        longest_ns = stall_ns > longest_ns ? stall_ns : longest_ns;
    }
    return longest_ns;
}

void client_group_stalls(const struct client_group *self, enum stall_victim victim,
                         struct histogram *out)
{
    bool any = victim == STALL_VICTIMS;
    histogram_init(out);
    for (unsigned i = 0; i < STALL_VICTIMS; i++) {
        if (any || i == (unsigned)victim)
            histogram_merge(out, &self->stalls[i]);
    }
    if (any || self->stall_victim == victim)
        gather_stalls(self, out);
}

const struct client_counts *client_group_counts(const struct client_group *self)
{
    return &self->counts;
}

const struct client_measures *client_group_measures(const struct client_group *self)
{
    return &self->measures;
}

const struct histogram *client_group_latency(const struct client_group *self)
{
    return &self->latency;
}
