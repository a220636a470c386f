/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message_path - the shell around core/ft_sender and core/ft_log on one host.
 *
 * The channel's reading and writing are in log_channel.c. A reply's bytes travel by reference, so an entry of the log holds a
 * reference on the reply; its size counts in full all the same.
 */
#include "models/web/message_path_state.h"

#include "sim/memory.h"

#include <stdlib.h>

static int64_t now(const struct message_path *self)
{
    return host_clock_ns(self->host);
}

static void notice_level(const struct message_path *self, uint64_t bytes)
{
    NOTICE(self->host->notices, .kind = NOTICE_LOG_LEVEL, .host = self->host, .value = bytes,
           .limit = (uint64_t)self->settings.log_bytes);
}

void message_path_note_sent(struct message_path *self)
{
    notice_level(self, ft_sender_outstanding(&self->sender));
}

/* --- primary: shipping ------------------------------------------------------------------------------------------ */

static void free_shipment(struct shipment *shipment)
{
    content_put(&shipment->reply->content);
    memory_free(shipment);
}

static void release(struct message_path *self, struct shipment *shipment)
{
    struct worker *worker = shipment->worker;
    self->progress_at_ns = now(self);
    if (worker != NULL) {
        NOTICE(self->host->notices, .kind = NOTICE_REPLY_RELEASED, .host = self->host,
               .request = shipment->reply->request, .reply = shipment->reply);
        worker->shipment = NULL;
        worker_released(worker);
    }
    free_shipment(shipment);
}

static struct ft_request_key key_of(const struct worker *worker)
{
    return (struct ft_request_key){.connection = worker->connection->key,
                                   .ordinal = worker->connection->ordinal};
}

/* Whether the reply must be logged before it may leave: the backup has the connection and will ask for it. */
static bool is_protected(const struct message_path *self, const struct worker *worker)
{
    const struct ft_connection_key *key = &worker->connection->key;
    struct tcp_address client = {.ip = key->client_ip, .port = key->client_port};
    return self->role == FT_ROLE_PRIMARY &&
           kernel_path_shares(self->settings.packet_path, client, key->client_isn);
}

/* The worker has written its reply into the pipe to the mux. The backup may have died meanwhile. */
static void put(struct process *process)
{
    struct worker *worker = container_of(process, struct worker, process);
    struct message_path *self = worker->server->path;
    if (!is_protected(self, worker)) {
        worker->reply->unprotected = true;
        worker_released(worker);
        return;
    }
    struct shipment *shipment = memory_new(sizeof *shipment);
    shipment->core.key = key_of(worker);
    shipment->core.length = worker->reply->content.length;
    shipment->core.flags = worker->reply->close ? FT_RECORD_CLOSE : 0;
    shipment->reply = worker->reply;
    shipment->worker = worker;
    content_get(&worker->reply->content);
    worker->shipment = shipment;
    if (self->sender.waiting == 0)
        self->progress_at_ns = now(self);
    ft_sender_put(&self->sender, &shipment->core);
    message_path_mux(self);
    if (ft_planted(FT_PLANT_REPLY_BEFORE_LOG) && worker->shipment != NULL) {
        worker->shipment->worker = NULL;
        worker->shipment = NULL;
        worker_released(worker);
    }
}

bool message_path_submit(struct message_path *self, struct worker *worker)
{
    const struct host_costs *costs = self->host->settings.costs;
    process_charge(&worker->process, CPU_USER, COST_LOG_CHANNEL, costs->record_user);
    if (!is_protected(self, worker)) {
        worker->reply->unprotected = true;
        return true;
    }
    process_charge(&worker->process, CPU_USER, COST_LOG_CHANNEL, costs->hand_off);
    process_charge_io(&worker->process, 1, worker->reply->content.length);
    process_run(&worker->process, put);
    return false;
}

void message_path_on_ack(struct message_path *self, const struct ft_record *record)
{
    struct ft_shipment *core = ft_sender_acknowledged(&self->sender, record);
    if (core != NULL)
        release(self, container_of(core, struct shipment, core));
    message_path_mux(self); /* there may be credit now */
}

/* --- backup: the log -------------------------------------------------------------------------------------------- */

static struct logged *logged_of(struct ft_log_entry *entry)
{
    return container_of(entry, struct logged, core);
}

static void free_logged(struct logged *logged)
{
    if (logged->reply != NULL)
        content_put(&logged->reply->content);
    memory_free(logged);
}

static void remove_logged(struct message_path *self, struct logged *logged)
{
    const struct ft_connection_key *client = &logged->core.key.connection;
    if (logged->reply != NULL)
        NOTICE(self->host->notices, .kind = NOTICE_REPLY_TRIMMED, .host = self->host,
               .request = logged->reply->request, .reply = logged->reply, .value = logged->end,
               .limit = (uint64_t)client->client_ip << 16 | client->client_port);
    ft_log_remove(&self->log, &logged->core);
    free_logged(logged);
}

static void tell_credit(struct message_path *self)
{
    struct ft_record record;
    if (self->role == FT_ROLE_BACKUP && ft_log_credit_due(&self->log, false, &record))
        message_path_send_control(self, &record);
}

struct logged *message_path_open_entry(struct message_path *self, const struct ft_record *record)
{
    struct ft_log_entry *entry = ft_log_find(&self->log, &record->key);
    struct logged *fresh = NULL;
    if (entry == NULL) {
        fresh = memory_new(sizeof *fresh);
        entry = &fresh->core;
    }
    if (ft_log_fragment(&self->log, entry, record) != FT_LOG_OK) {
        memory_free(fresh);
        return NULL;
    }
    notice_level(self, self->log.held);
    return logged_of(entry);
}

void message_path_on_logged(struct message_path *self, struct logged *logged)
{
    struct ft_record record;
    NOTICE(self->host->notices, .kind = NOTICE_REPLY_LOGGED, .host = self->host,
           .request = logged->reply->request, .reply = logged->reply);
    ft_log_acknowledge(&self->log, &logged->core, &record);
    message_path_send_control(self, &record);
    if (logged->core.orphan) {
        remove_logged(self, logged);
        tell_credit(self);
        return;
    }
    struct ft_log_waiter *waiter = ft_log_waiter_for(&self->log, &logged->core.key);
    if (waiter == NULL && ft_planted(FT_PLANT_TRIM_EARLY))
        remove_logged(self, logged);
    if (waiter == NULL)
        return;
    ft_log_stop_waiting(&self->log, waiter);
    process_charge_io(&self->demux, 1, logged->core.length);
    content_get(&logged->reply->content);
    worker_logged(container_of(waiter, struct worker, waiter), logged->reply);
}

/* It is among its connection's, which sees to its end. */
static bool is_written(const struct logged *logged)
{
    return logged->end > 0;
}

static void drop_connection(struct message_path *self, const struct ft_connection_key *key)
{
    struct ft_log_entry *entry;
    while ((entry = ft_log_any_of(&self->log, key)) != NULL) {
        const struct logged *logged = logged_of(entry);
        /* The rest of it is on its way, or it is still to be acknowledged, or a connection is writing it. */
        if (!entry->complete || logged == self->completed || is_written(logged))
            entry->orphan = true;
        else
            remove_logged(self, logged_of(entry));
    }
    tell_credit(self);
}

void message_path_on_forget(struct message_path *self, const struct ft_record *record)
{
    /* Entries that our own connection still writes are trimmed by its acknowledgements or its end. */
    if (ft_log_any_of(&self->log, &record->key.connection) == NULL)
        return;
    struct tcp_address remote = {.ip = record->key.connection.client_ip,
                                 .port = record->key.connection.client_port};
    struct tcp_socket *socket = tcp_find(self->host->tcp, self->server->service, remote);
    struct tcp_facts facts;
    if (socket != NULL)
        tcp_facts(socket, &facts);
    if (socket == NULL || facts.peer_isn != record->key.connection.client_isn)
        drop_connection(self, &record->key.connection);
}

enum message_answer message_path_ask(struct message_path *self, struct worker *worker,
                                     struct reply **reply)
{
    struct ft_request_key key = key_of(worker);
    struct ft_log_entry *entry = ft_log_find(&self->log, &key);
    process_charge(&worker->process, CPU_USER, COST_LOG_CHANNEL,
                   self->host->settings.costs->record_user);
    if (ft_planted(FT_PLANT_EXECUTE_LOGGED) && self->role != FT_ROLE_BACKUP)
        return MESSAGE_EXECUTE;
    if (entry != NULL && entry->complete) {
        /* The demux writes it into the worker's pipe now, while the worker waits. */
        process_charge_io(&worker->process, 1, entry->length);
        *reply = logged_of(entry)->reply;
        content_get(&(*reply)->content);
        return MESSAGE_LOGGED;
    }
    if (self->role != FT_ROLE_BACKUP)
        return MESSAGE_EXECUTE;
    worker->waiter.key = key;
    ft_log_wait(&self->log, &worker->waiter);
    return MESSAGE_WAIT;
}

bool message_path_waits(const struct message_path *self)
{
    return self != NULL && self->role == FT_ROLE_BACKUP;
}

void message_path_cancel(struct message_path *self, struct worker *worker)
{
    if (worker->waiter.waiting)
        ft_log_stop_waiting(&self->log, &worker->waiter);
    struct shipment *shipment = worker->shipment;
    worker->shipment = NULL;
    if (shipment == NULL)
        return;
    shipment->worker = NULL;
    /* What has not begun would come to the log behind the word that its connection is gone, and stay for ever. */
    if (ft_sender_withdraw(&self->sender, &shipment->core))
        free_shipment(shipment);
}

void message_path_written(struct message_path *self, struct worker *worker)
{
    struct connection *connection = worker->connection;
    struct ft_request_key key = key_of(worker);
    struct ft_log_entry *entry = ft_log_find(&self->log, &key);
    if (entry == NULL || is_written(logged_of(entry)))
        return;
    struct logged *logged = logged_of(entry);
    logged->next = NULL;
    logged->end = connection->written;
    if (connection->first_logged != NULL)
        connection->last_logged->next = logged;
    else
        connection->first_logged = logged;
    connection->last_logged = logged;
    message_path_acknowledged(self, connection);
}

void message_path_acknowledged(struct message_path *self, struct connection *connection)
{
    uint64_t acked = connection->written - tcp_unacknowledged(connection->socket);
    struct logged *logged;
    while ((logged = connection->first_logged) != NULL && logged->end <= acked) {
        connection->first_logged = logged->next;
        remove_logged(self, logged);
    }
    tell_credit(self);
}

void message_path_connection_gone(struct message_path *self, struct connection *connection,
                                  enum tcp_reason reason)
{
    struct logged *logged;
    while ((logged = connection->first_logged) != NULL) {
        connection->first_logged = logged->next;
        remove_logged(self, logged);
    }
    drop_connection(self, &connection->key);
    if (self->role != FT_ROLE_PRIMARY || reason == TCP_CLOSED)
        return;
    struct ft_record record;
    ft_sender_forget(&self->sender, &connection->key, &record);
    message_path_send_control(self, &record);
}

/* --- roles and life --------------------------------------------------------------------------------------------- */

/* FT_PLANT_HALF_RECORD */
static void hand_over_half(struct message_path *self, struct logged *logged)
{
    struct ft_log_waiter *waiter = ft_log_waiter_for(&self->log, &logged->core.key);
    if (waiter == NULL || logged->reply == NULL)
        return;
    struct worker *worker = container_of(waiter, struct worker, waiter);
    ft_log_stop_waiting(&self->log, waiter);
    content_get(&logged->reply->content);
    worker->missing = (uint32_t)(logged->core.length - logged->core.received);
    worker_logged(worker, logged->reply);
}

static void take_over(struct message_path *self)
{
    struct ft_log_entry *entry;
    while ((entry = ft_log_next_incomplete(&self->log)) != NULL) {
        if (ft_planted(FT_PLANT_HALF_RECORD))
            hand_over_half(self, logged_of(entry));
        free_logged(logged_of(entry));
    }
    if (ft_planted(FT_PLANT_WAITERS_FORGOTTEN))
        return;
    struct ft_log_waiter *waiter;
    while ((waiter = ft_log_next_waiter(&self->log)) != NULL)
        worker_execute(container_of(waiter, struct worker, waiter));
}

static void go_on_alone(struct message_path *self)
{
    struct ft_shipment *core;
    while ((core = ft_sender_abandon(&self->sender)) != NULL) {
        struct shipment *shipment = container_of(core, struct shipment, core);
        shipment->reply->unprotected = true;
        release(self, shipment);
    }
}

/* What is logged here from before, as the backup of a host that died, stays until its clients have it. */
static void begin_shipping(struct message_path *self)
{
    ft_sender_init(&self->sender, self->view, (uint64_t)self->settings.log_bytes,
                   (uint32_t)self->settings.fragment_bytes);
    message_path_open_channel(self);
}

static void serve_alone(struct message_path *self, enum ft_role before)
{
    message_path_close_channel(self);
    if (before == FT_ROLE_PRIMARY)
        go_on_alone(self);
    else
        take_over(self);
}

void message_path_set_role(struct message_path *self, enum ft_role role, uint64_t view)
{
    enum ft_role before = self->role;
    self->role = role;
    self->view = view;
    if (role == FT_ROLE_SOLO && before != FT_ROLE_SOLO)
        serve_alone(self, before);
    else if (role == FT_ROLE_BACKUP)
        ft_log_init(&self->log, view, (uint64_t)self->settings.log_bytes);
    else if (role == FT_ROLE_PRIMARY)
        begin_shipping(self);
}

int64_t message_path_stuck_ns(const struct message_path *self)
{
    return self->role == FT_ROLE_PRIMARY && self->sender.waiting > 0
               ? now(self) - self->progress_at_ns
               : 0;
}

const uint64_t *message_path_refused(const struct message_path *self)
{
    return self->refused;
}

struct message_path *message_path_new(const struct message_settings *settings,
                                      struct apache *server, enum ft_role role, uint64_t view)
{
    struct message_path *self = memory_new(sizeof *self);
    self->settings = *settings;
    self->server = server;
    self->host = server->host;
    self->role = role;
    self->view = view;
    ft_sender_init(&self->sender, view, (uint64_t)settings->log_bytes,
                   (uint32_t)settings->fragment_bytes);
    ft_log_init(&self->log, view, (uint64_t)settings->log_bytes);
    process_init(&self->mux, self->host);
    process_init(&self->demux, self->host);
    if (settings->peer_ip != 0)
        message_path_open_channel(self);
    return self;
}

void message_path_free(struct message_path *self)
{
    struct ft_log_entry *entry;
    while ((entry = ft_log_next_entry(&self->log)) != NULL)
        free_logged(logged_of(entry));
    struct ft_shipment *core;
    while ((core = ft_sender_abandon(&self->sender)) != NULL)
        free_shipment(container_of(core, struct shipment, core));
    message_path_free_channel(self);
    memory_free(self);
}
