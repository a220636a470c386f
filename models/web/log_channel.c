/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log_channel - the TCP connection between the servers, as the mux writes it and the demux reads it.
 *
 * The mux sends waiting control records in one write, else one fragment of a reply. The demux reads what is there in one
 * call and handles it record by record. The primary connects, the backup listens. A channel that breaks while both live is
 * not opened again: the replies that wait make the primary call it stuck, and failover decides. A newer view has a channel of
 * its own: nothing of the one before is read or written in it.
 */
#include "models/web/message_path_state.h"

#include "sim/memory.h"

#include <stdlib.h>

static const struct tcp_events events;

/* --- record buffers --------------------------------------------------------------------------------------------- */

static void release_buffer(struct content *content)
{
    memory_free(container_of(content, struct record_buffer, content));
}

static struct record_buffer *new_buffer(struct message_path *self, const struct ft_record *record)
{
    struct record_buffer *buffer = memory_new(sizeof *buffer);
    ft_record_write(record, &self->settings.key, buffer->bytes);
    content_init(&buffer->content, CONTENT_RECORD, ++self->records, FT_RECORD_BYTES,
                 release_buffer);
    buffer->content.bytes = buffer->bytes;
    buffer->content.real_size = FT_RECORD_BYTES;
    return buffer;
}

void message_path_send_control(struct message_path *self, const struct ft_record *record)
{
    if (self->channel == NULL)
        return;
    struct record_buffer *buffer = new_buffer(self, record);
    if (self->first_control != NULL)
        self->last_control->next = buffer;
    else
        self->first_control = buffer;
    self->last_control = buffer;
    process_charge(&self->mux, CPU_USER, COST_LOG_CHANNEL, self->host->settings.costs->hand_off);
    message_path_mux(self);
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

static void add_span(struct message_path *self, struct content *content, uint32_t offset,
                     uint32_t length)
{
    self->spans[self->span_count++] =
        (struct span){.content = content, .offset = offset, .length = length};
}

static uint32_t gather_control(struct message_path *self)
{
    uint32_t bytes = 0;
    while (self->first_control != NULL && self->span_count < CHANNEL_SPANS_MAX) {
        struct record_buffer *buffer = self->first_control;
        self->first_control = buffer->next;
        add_span(self, &buffer->content, 0, FT_RECORD_BYTES);
        bytes += FT_RECORD_BYTES;
    }
    return bytes;
}

static uint32_t gather_fragment(struct message_path *self)
{
    struct ft_record record;
    struct ft_shipment *core;
    if (self->role != FT_ROLE_PRIMARY || !ft_sender_next(&self->sender, &record, &core))
        return 0;
    struct reply *reply = container_of(core, struct shipment, core)->reply;
    add_span(self, &new_buffer(self, &record)->content, 0, FT_RECORD_BYTES);
    add_span(self, content_get(&reply->content), (uint32_t)record.offset, record.fragment);
    if (record.offset + record.fragment == record.length)
        self->finishing = reply;
    process_charge_io(&self->mux, 1, record.fragment); /* out of the worker's pipe */
    message_path_note_sent(self);
    return FT_RECORD_BYTES + record.fragment;
}

static void write_spans(struct process *process)
{
    struct message_path *self = container_of(process, struct message_path, mux);
    while (self->channel != NULL && self->span_at < self->span_count) {
        struct span *span = &self->spans[self->span_at];
        uint32_t sent = tcp_send(self->channel, span, self->span_at + 1 < self->span_count);
        span->offset += sent;
        span->length -= sent;
        if (span->length > 0)
            return; /* writable() goes on */
        content_put(span->content);
        self->span_at++;
    }
    if (self->finishing != NULL)
        NOTICE(self->host->notices, .kind = NOTICE_RECORD_SENT, .host = self->host,
               .request = self->finishing->request, .reply = self->finishing);
    self->finishing = NULL;
    self->span_count = self->span_at = 0;
    message_path_mux(self);
}

void message_path_mux(struct message_path *self)
{
    if (!self->connected || self->mux.running || self->span_count > 0)
        return;
    uint32_t bytes = gather_control(self);
    if (bytes == 0)
        bytes = gather_fragment(self);
    if (bytes == 0)
        return;
    process_charge(&self->mux, CPU_USER, COST_LOG_CHANNEL, self->host->settings.costs->record_user);
    process_charge_io(&self->mux, 1, bytes);
    process_run(&self->mux, write_spans);
}

static void writable(struct tcp_socket *socket)
{
    struct message_path *self = tcp_owner(socket);
    if (!self->mux.running && self->span_count > 0)
        process_run(&self->mux, write_spans);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

static void parse(struct message_path *self);

static void refuse(struct message_path *self, enum ft_record_error error)
{
    self->refused[error]++;
    tcp_abort(self->channel);
    self->channel = NULL;
    self->connected = false;
}

static void act(struct process *process)
{
    struct message_path *self = container_of(process, struct message_path, demux);
    struct logged *completed = self->completed;
    self->completed = NULL;
    if (completed != NULL)
        message_path_on_logged(self, completed);
    else if (self->record.kind == FT_RECORD_FORGET)
        message_path_on_forget(self, &self->record);
    else
        message_path_on_ack(self, &self->record);
    if (self->channel != NULL)
        parse(self);
}

static void act_soon(struct message_path *self)
{
    process_charge(&self->demux, CPU_USER, COST_LOG_CHANNEL,
                   self->host->settings.costs->record_user);
    process_run(&self->demux, act);
}

/* Reads payload; true if that completed a reply. */
static bool take_payload(struct message_path *self)
{
    uint32_t most = self->payload_left < self->budget ? self->payload_left : self->budget;
    struct span span;
    if (!tcp_receive(self->channel, most, &span)) {
        self->budget = 0;
        return false;
    }
    self->budget -= span.length;
    self->payload_left -= span.length;
    struct logged *logged = self->filling;
    bool complete = false;
    if (logged != NULL) {
        if (logged->reply == NULL) {
            logged->reply = reply_of(span.content);
            content_get(span.content);
        }
        complete = ft_log_received(&logged->core, span.length);
        if (complete)
            self->completed = logged;
    }
    content_put(span.content);
    return complete;
}

/* Reads header bytes; true if that completed one. */
static bool take_header(struct message_path *self)
{
    uint32_t most = FT_RECORD_BYTES - self->header_bytes;
    if (most > self->budget)
        most = self->budget;
    struct span span;
    if (!tcp_receive(self->channel, most, &span)) {
        self->budget = 0;
        return false;
    }
    span_copy(&span, self->header + self->header_bytes);
    content_put(span.content);
    self->budget -= span.length;
    self->header_bytes += span.length;
    return self->header_bytes == FT_RECORD_BYTES;
}

/* A header is complete; true if the record is (it has no payload). False also if the channel was refused. */
static bool open_record(struct message_path *self)
{
    self->header_bytes = 0;
    enum ft_record_error error = ft_record_read(self->header, &self->settings.key, &self->record);
    if (error != FT_RECORD_OK) {
        refuse(self, error);
        return false;
    }
    if (self->record.kind != FT_RECORD_REPLY)
        return true;
    self->filling = message_path_open_entry(self, &self->record);
    self->payload_left = self->record.fragment;
    return false;
}

static void start_read(struct message_path *self);

static void parse(struct message_path *self)
{
    while (self->channel != NULL && self->budget > 0) {
        bool whole =
            self->payload_left > 0 ? take_payload(self) : take_header(self) && open_record(self);
        if (ft_planted(FT_PLANT_LOST_WAKE_UP) && self->completed != NULL)
            continue; /* overwritten by the next that is complete */
        if (whole) {
            act_soon(self);
            return;
        }
    }
    if (self->completed != NULL)
        act_soon(self);
    else
        start_read(self);
}

static void read_budget(struct process *process)
{
    parse(container_of(process, struct message_path, demux));
}

static void start_read(struct message_path *self)
{
    if (self->demux.running || self->channel == NULL)
        return;
    self->budget = tcp_receivable(self->channel);
    if (self->budget == 0)
        return;
    process_charge_io(&self->demux, 1, self->budget);
    process_run(&self->demux, read_budget);
}

static void readable(struct tcp_socket *socket)
{
    struct message_path *self = tcp_owner(socket);
    if (self->budget == 0)
        start_read(self);
}

/* --- life ------------------------------------------------------------------------------------------------------- */

static void connected(struct tcp_socket *socket)
{
    struct message_path *self = tcp_owner(socket);
    self->connected = true;
    message_path_mux(self);
}

static void closed(struct tcp_socket *socket, enum tcp_reason reason)
{
    (void)reason;
    struct message_path *self = tcp_owner(socket);
    self->channel = NULL;
    self->connected = false;
}

static const struct tcp_events events = {
    .connected = connected,
    .readable = readable,
    .writable = writable,
    .closed = closed,
};

static void accepted(void *context, struct tcp_socket *socket)
{
    struct message_path *self = context;
    message_path_close_channel(self); /* to a primary that is dead, if there is one */
    self->channel = socket;
    self->connected = true;
    tcp_set_owner(socket, &events, self);
    tcp_set_nagle(socket, false);
}

void message_path_open_channel(struct message_path *self)
{
    struct tcp_address local = {.ip = self->settings.own_ip, .port = MESSAGE_PATH_PORT};
    if (self->role == FT_ROLE_BACKUP || self->role == FT_ROLE_OUT) {
        tcp_listen(self->host->tcp, local, 1, self, accepted);
        return;
    }
    local.port = 0;
    struct tcp_address remote = {.ip = self->settings.peer_ip, .port = MESSAGE_PATH_PORT};
    self->channel = tcp_connect(self->host->tcp, local, remote, &events, self);
    if (self->channel != NULL)
        tcp_set_nagle(self->channel, false);
}

static void forget_unsent(struct message_path *self)
{
    for (unsigned i = self->span_at; i < self->span_count; i++)
        content_put(self->spans[i].content);
    self->span_count = self->span_at = 0;
    self->finishing = NULL;
    while (self->first_control != NULL) {
        struct record_buffer *buffer = self->first_control;
        self->first_control = buffer->next;
        content_put(&buffer->content);
    }
}

void message_path_close_channel(struct message_path *self)
{
    process_stop(&self->mux);
    process_stop(&self->demux);
    forget_unsent(self);
    self->budget = self->header_bytes = self->payload_left = 0;
    self->filling = self->completed = NULL;
    if (self->channel != NULL)
        tcp_abort(self->channel);
    self->channel = NULL;
    self->connected = false;
}

/* The host may live on without us. */
void message_path_free_channel(struct message_path *self)
{
    struct tcp_address local = {.ip = self->settings.own_ip, .port = MESSAGE_PATH_PORT};
    tcp_unlisten(self->host->tcp, local);
    forget_unsent(self);
}
