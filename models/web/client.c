/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client - one client: opens connections, sends requests, and judges every byte that comes back.
 *
 * A reply is right if its bytes come in order from one execution of the oldest request in flight. As the length of a reply
 * is known (Content-Length), its end is seen without waiting for the connection's. A client that asked for "Connection:
 * close" waits for the server's FIN before it goes on, as programs that read to the end of the file do.
 */
#include "models/web/client_state.h"

#include <math.h>

static int64_t now(const struct client *self)
{
    return self->group->simulation->now_ns;
}

/* --- requests --------------------------------------------------------------------------------------------------- */

static uint32_t draw_bytes(const struct dist *dist, struct random *random)
{
    double bytes = dist_draw(dist, random);
    return bytes < 1 ? 0 : bytes > 1e9 ? 1000000000 : (uint32_t)llround(bytes);
}

static bool last_on_connection(const struct client *self)
{
    const struct client_settings *settings = &self->group->settings;
    if (settings->connection == CONNECTION_PER_REQUEST)
        return true;
    return settings->requests_per_connection > 0 &&
           self->ordinal + 1 >= settings->requests_per_connection;
}

static struct request *make_request(struct client *self)
{
    struct client_group *group = self->group;
    const struct client_settings *settings = &group->settings;
    bool post = random_uniform(&self->random) < settings->post;
    uint32_t body = draw_bytes(&settings->body, &self->random);
    struct request *request =
        request_new(group->exchanges, (uint32_t)settings->head_bytes, post ? body : 0);
    request->method = post ? METHOD_POST : METHOD_GET;
    request->reply_bytes = draw_bytes(&settings->reply, &self->random);
    if (request->reply_bytes > settings->reply_max_bytes)
        request->reply_bytes = (uint32_t)settings->reply_max_bytes;
    request->service_ns = llround(dist_draw(&settings->service, &self->random));
    request->client = self->index;
    request->close = last_on_connection(self);
    request->ordinal = ++self->ordinal;
    request->sent_at_ns = now(self);
    request->opened_at_ns = self->opened_at_ns;
    request->abandon_at_ns = INT64_MAX;
    if (settings->abandon > 0 && random_uniform(&self->random) < settings->abandon)
        request->abandon_at_ns =
            now(self) + llround(dist_draw(&settings->abandon_after, &self->random));
    return request;
}

/* For the oldest request, or, without one, for the server's FIN. */
static void arm_patience(struct client *self)
{
    int64_t timeout_ns = self->group->settings.timeout_ns;
    int64_t since_ns = self->first != NULL ? self->first->sent_at_ns : now(self);
    int64_t until_ns = timeout_ns > 0 ? since_ns + timeout_ns : INT64_MAX;
    if (self->first != NULL && self->first->abandon_at_ns < until_ns)
        until_ns = self->first->abandon_at_ns > now(self) ? self->first->abandon_at_ns : now(self);
    if (until_ns < INT64_MAX)
        event_schedule(&self->patience, self->group->simulation, until_ns);
}

/* Hands what is left of the unsent request to TCP; true if all of it went. */
static bool hand_over(struct client *self)
{
    struct request *request = self->unsent;
    struct span span = {
        .content = &request->content,
        .offset = self->unsent_offset,
        .length = request->content.length - self->unsent_offset,
    };
    self->unsent_offset += self->group->wire->send(self, &span);
    if (self->unsent_offset < request->content.length)
        return false;
    self->unsent = NULL;
    NOTICE(self->group->notices, .kind = NOTICE_REQUEST_SENT, .host = self->machine,
           .request = request, .socket = self->socket);
    return true;
}

static void enqueue(struct client *self, struct request *request)
{
    if (self->first == NULL) {
        self->first = request;
        self->progress_at_ns = now(self);
        arm_patience(self);
    } else {
        self->last->next = request;
    }
    self->last = request;
    self->unsent = request;
    self->unsent_offset = 0;
    self->closing = request->close;
    self->sent++;
    self->in_flight++;
    self->group->in_flight++;
}

static bool may_send(const struct client *self)
{
    const struct client_settings *settings = &self->group->settings;
    if (self->group->draining || self->unsent != NULL || self->closing)
        return false;
    if (settings->requests > 0 && self->sent >= (uint64_t)settings->requests)
        return false;
    return self->in_flight < (uint64_t)settings->pipeline;
}

static void connect_now(struct client *self)
{
    self->ordinal = 0;
    self->closing = false;
    self->opened_at_ns = now(self);
    self->group->wire->connect(self);
    if (self->socket == NULL) /* no port is free; TIME_WAIT gives some back */
        return;
    self->group->counts.connections++;
    NOTICE(self->group->notices, .kind = NOTICE_CONNECTION_OPENING, .host = self->machine,
           .socket = self->socket, .value = self->index);
}

enum { PORT_RETRY_NS = 1000000 };

static void hang_up(struct client *self)
{
    if (self->socket == NULL)
        return;
    self->closing = false;
    event_cancel(&self->patience, self->group->simulation);
    NOTICE(self->group->notices, .kind = NOTICE_CONNECTION_CLOSING, .host = self->machine,
           .socket = self->socket);
    self->group->wire->close(self);
}

void client_go_on(struct client *self)
{
    if (self->socket != NULL && self->closing)
        return; /* the server's FIN is still to come */
    if (self->first == NULL && !may_send(self)) {
        hang_up(self);
        client_group_rest(self->group, self);
        return;
    }
    if (self->socket == NULL) {
        connect_now(self);
        if (self->socket == NULL) {
            event_schedule(&self->wake, self->group->simulation, now(self) + PORT_RETRY_NS);
            return;
        }
        /* The first request's clock starts with its connection. */
        enqueue(self, make_request(self));
        return;
    }
    while (may_send(self)) {
        enqueue(self, make_request(self));
        if (!hand_over(self))
            return;
    }
}

/* --- endings ---------------------------------------------------------------------------------------------------- */

static void think(struct client *self)
{
    int64_t pause_ns = llround(dist_draw(&self->group->settings.think, &self->random));
    if (pause_ns == 0)
        client_go_on(self);
    else
        event_schedule(&self->wake, self->group->simulation, now(self) + pause_ns);
}

static void drop_reply(struct client *self)
{
    if (self->reply != NULL)
        content_put(&self->reply->content);
    self->reply = NULL;
    self->received = 0;
}

static void end_oldest(struct client *self, enum outcome outcome)
{
    struct request *request = self->first;
    self->first = request->next;
    request->next = NULL;
    if (self->unsent == request)
        self->unsent = NULL;
    self->in_flight--;
    self->group->in_flight--;
    event_cancel(&self->patience, self->group->simulation);
    if (self->first == NULL)
        self->last = NULL;
    if (self->first != NULL || self->closing)
        arm_patience(self);
    client_group_ended(self->group, self, request, outcome);
    drop_reply(self);
    content_put(&request->content);
}

/* The connection is of no more use: what is in flight on it ended like this. */
static void give_up(struct client *self, enum outcome first, bool abort)
{
    self->closing = false;
    event_cancel(&self->patience, self->group->simulation);
    if (abort && self->socket != NULL) {
        NOTICE(self->group->notices, .kind = NOTICE_CONNECTION_CLOSING, .host = self->machine,
               .socket = self->socket);
        self->group->wire->abort(self);
    }
    self->socket = NULL;
    if (self->first != NULL && first != OUTCOME_ABANDONED)
        self->group->counts.connections_lost++;
    while (self->first != NULL) {
        end_oldest(self, first);
        first = first == OUTCOME_ABANDONED ? first : OUTCOME_LOST;
    }
    think(self);
}

static enum outcome broken_off(const struct client *self)
{
    return self->reply != NULL ? OUTCOME_CUT : OUTCOME_LOST;
}

/* --- replies ---------------------------------------------------------------------------------------------------- */

static void note_progress(struct client *self)
{
    const struct client_group *group = self->group;
    int64_t silence_ns = now(self) - self->progress_at_ns;
    self->progress_at_ns = now(self);
    if (group->stall_since_ns >= 0 && silence_ns > self->stall_ns)
        self->stall_ns = silence_ns;
}

static enum outcome judge_in_time(const struct client *self)
{
    int64_t late_ns = self->group->settings.late_ns;
    return late_ns > 0 && now(self) - self->first->sent_at_ns > late_ns ? OUTCOME_LATE
                                                                        : OUTCOME_RIGHT;
}

static void take_first_byte(struct client *self, struct reply *reply)
{
    self->reply = reply;
    content_get(&reply->content);
    NOTICE(self->group->notices, .kind = NOTICE_REPLY_FIRST_BYTE, .host = self->machine,
           .request = self->first, .reply = reply);
}

/* Takes the span in; false if it is not what has to come now. */
static bool take_span(struct client *self, const struct span *span)
{
    struct reply *reply = reply_of(span->content);
    if (self->first == NULL || reply == NULL || reply->request != self->first)
        return false;
    if (self->reply == NULL)
        take_first_byte(self, reply);
    if (reply != self->reply || span->offset != self->received)
        return false;
    NOTICE(self->group->notices, .kind = NOTICE_REPLY_PART, .host = self->machine,
           .request = self->first, .reply = reply, .value = span->offset, .limit = span->length);
    self->received += span->length;
    if (self->received == reply->content.length)
        end_oldest(self, judge_in_time(self));
    return true;
}

static void misjudge(struct client *self, struct reply *reply)
{
    if (self->first != NULL) {
        give_up(self, OUTCOME_MIXED, true);
        return;
    }
    /* More bytes than replies are due. */
    if (reply != NULL)
        client_group_ended(self->group, self, reply->request, OUTCOME_DUPLICATED);
    give_up(self, OUTCOME_DUPLICATED, true);
}

/* Reads all there is; false if the connection was given up on the way. */
static bool read_all(struct client *self)
{
    struct span span;
    while (self->socket != NULL && self->group->wire->receive(self, &span)) {
        note_progress(self);
        bool good = take_span(self, &span);
        if (!good)
            misjudge(self, reply_of(span.content));
        content_put(span.content);
        if (!good)
            return false;
    }
    return self->socket != NULL;
}

void client_tell_close(const struct client *self)
{
    if (self->closing && self->first == NULL && self->socket != NULL)
        NOTICE(self->group->notices, .kind = NOTICE_CLOSE_AWAITED, .host = self->machine,
               .socket = self->socket, .value = (uint64_t)self->progress_at_ns);
}

static void read_now(struct client *self)
{
    uint32_t before = self->in_flight;
    if (!read_all(self))
        return;
    if (self->group->wire->finished(self)) {
        client_tell_close(self);
        if (self->first != NULL) {
            hang_up(self);
            give_up(self, broken_off(self), false);
        } else {
            hang_up(self);
            think(self);
        }
        return;
    }
    if (self->in_flight < before && !self->closing && !event_pending(&self->wake))
        think(self);
}

static void read_at_last(struct event *event, struct simulation *simulation)
{
    (void)simulation;
    struct client *self = container_of(event, struct client, reading);
    if (self->socket != NULL)
        read_now(self);
}

void client_readable(struct client *self)
{
    if (event_pending(&self->reading))
        return;
    int64_t pause_ns = llround(dist_draw(&self->group->settings.read_pause, &self->random));
    if (pause_ns == 0)
        read_now(self);
    else
        event_schedule(&self->reading, self->group->simulation, now(self) + pause_ns);
}

void client_connected(struct client *self)
{
    NOTICE(self->group->notices, .kind = NOTICE_CONNECTION_OPEN, .host = self->machine,
           .socket = self->socket, .value = self->index);
    if (self->unsent != NULL && !hand_over(self))
        return;
    client_go_on(self);
}

void client_writable(struct client *self)
{
    if (self->unsent != NULL && hand_over(self))
        client_go_on(self);
}

void client_closed(struct client *self, enum tcp_reason reason)
{
    NOTICE(self->group->notices, .kind = NOTICE_CONNECTION_LOST, .host = self->machine,
           .socket = self->socket, .value = (uint64_t)reason, .limit = self->index);
    self->socket = NULL;
    if (self->first == NULL && event_pending(&self->wake))
        return; /* it thinks, and will open another */
    event_cancel(&self->wake, self->group->simulation);
    give_up(self, broken_off(self), false);
}

/* --- life ------------------------------------------------------------------------------------------------------- */

static void woken(struct event *event, struct simulation *simulation)
{
    (void)simulation;
    client_go_on(container_of(event, struct client, wake));
}

static void impatient(struct event *event, struct simulation *simulation)
{
    (void)simulation;
    struct client *self = container_of(event, struct client, patience);
    client_tell_close(self);
    bool abandons = self->first != NULL && now(self) >= self->first->abandon_at_ns;
    note_progress(self);
    give_up(self, abandons ? OUTCOME_ABANDONED : broken_off(self), true);
}

void client_init(struct client *self, struct client_group *group, uint32_t index)
{
    *self = (struct client){
        .group = group,
        .index = index,
        .machine = group->machines[index % group->machine_count],
    };
    random_init(&self->random, group->simulation->seed, random_entity("client", index));
    event_init(&self->wake, woken);
    event_init(&self->patience, impatient);
    event_init(&self->reading, read_at_last);
}

void client_fini(struct client *self)
{
    event_cancel(&self->wake, self->group->simulation);
    event_cancel(&self->patience, self->group->simulation);
    event_cancel(&self->reading, self->group->simulation);
    while (self->first != NULL) {
        struct request *request = self->first;
        self->first = request->next;
        content_put(&request->content);
    }
    drop_reply(self);
}
