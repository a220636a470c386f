/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * connection - which of the server's connections the packet path has created on both hosts, and what they are called.
 *
 * The incarnation of a connection (the client's initial sequence number) is not to be had from the socket; the packet path's
 * table has it, under the client's address. A connection that is not in the table, or was created in an earlier view, is
 * served as if there were no module, but only by a host that speaks. One of a view that we have not been told of yet is ahead of the daemon's word: it waits.
 *
 * Each of the two servers may end a connection by itself: a time-out, or no worker left. What the primary ends the backup ends
 * too, after the same replies (FORGET), or it would hold the primary's FIN back and wait for a reply that nobody makes. What the
 * backup ends it gives up (LEFT): the primary serves it alone from then on. There are never more connections in common than
 * workers on a host: a worker that waits for the log would keep from running the one that the primary waits for.
 */
#include "core/ft_flow.h"
#include "module/httpd/state.h"

#include <apr_portable.h>
#include <http_core.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 1 };

static bool map_call(int what, const struct ft_flow_key *key, struct ft_flow *flow)
{
    union bpf_attr attr = {0};
    attr.map_fd = (uint32_t)us.flows;
    attr.key = (uint64_t)(uintptr_t)key;
    attr.value = (uint64_t)(uintptr_t)flow;
    attr.flags = what == BPF_MAP_UPDATE_ELEM ? BPF_EXIST : 0;
    return us.flows >= 0 && syscall(SYS_bpf, what, &attr, sizeof attr) == 0;
}

/* --- the packet path's entry ------------------------------------------------------------------------------------ */

static bool read_flow(const struct ft_connection_key *key, struct ft_flow *flow)
{
    struct ft_flow_key at = {.client_ip = key->client_ip, .client_port = key->client_port};
    return map_call(BPF_MAP_LOOKUP_ELEM, &at, flow) && flow->assign.client_isn == key->client_isn;
}

bool us_flow_of(const struct us_connection *self, struct ft_flow *flow)
{
    return read_flow(&self->key, flow);
}

bool us_connection_is_open(const struct ft_connection_key *key)
{
    struct ft_flow flow;
    return read_flow(key, &flow) && !flow.closed && flow.assign.view == (uint32_t)us.state.view;
}

/* To the packet path it becomes one of a view before all others: the primary speaks for it without asking the backup, and the
 * backup passes its segments on. What a processor writes into the entry at this moment is lost; the next segment says it again. */
void us_connection_mark_left(const struct ft_connection_key *key)
{
    struct ft_flow_key at = {.client_ip = key->client_ip, .client_port = key->client_port};
    struct ft_flow flow;
    if (!read_flow(key, &flow))
        return;
    flow.assign.view = 0;
    flow.closed |= us.state.role == FT_ROLE_BACKUP; /* here nothing will show its end */
    map_call(BPF_MAP_UPDATE_ELEM, &at, &flow);
}

/* --- which connection it is --------------------------------------------------------------------------------------- */

static struct us_connection **bucket_of(const struct ft_connection_key *key)
{
    return &us.connections[ft_connection_bucket(key, US_BUCKETS)];
}

struct us_connection *us_connection_find(const struct ft_connection_key *key)
{
    struct us_connection *at = *bucket_of(key);
    while (at != NULL && !ft_connection_same(&at->key, key))
        at = at->next;
    return at;
}

static void enter(struct us_connection *self)
{
    struct us_connection **bucket = bucket_of(&self->key);
    self->next = *bucket;
    self->link = bucket;
    if (self->next != NULL)
        self->next->link = &self->next;
    *bucket = self;
    us.connection_count++;
}

static void take_out(struct us_connection *self)
{
    *self->link = self->next;
    if (self->next != NULL)
        self->next->link = self->link;
    us.connection_count--;
}

static bool speaks(void)
{
    return us.state.role == FT_ROLE_PRIMARY || us.state.role == FT_ROLE_SOLO;
}

/* One that the packet path does not know is the speaker's; another host may have accepted it in a life before, and only now find what
 * its client has said. Whoever asks from the host itself is answered in any case. */
static int kind_of_unknown(uint32_t client_ip)
{
    if (client_ip == us.state.service_ip)
        return US_FOREIGN;
    return speaks() ? US_PLAIN : US_LEFT;
}

static void identify(struct us_connection *self)
{
    const apr_sockaddr_t *client = self->connection->client_addr;
    const apr_sockaddr_t *local = self->connection->local_addr;
    self->kind = US_FOREIGN;
    if (client->family != APR_INET || ntohl(local->sa.sin.sin_addr.s_addr) != us.state.service_ip ||
        local->port != us.state.service_port)
        return;
    struct ft_flow_key key = {
        .client_ip = ntohl(client->sa.sin.sin_addr.s_addr),
        .client_port = client->port,
    };
    struct ft_flow flow;
    if (!map_call(BPF_MAP_LOOKUP_ELEM, &key, &flow) || flow.assign.view == 0) {
        self->kind = kind_of_unknown(key.client_ip);
        return;
    }
    self->kind = US_REPLICATED;
    self->view = flow.assign.view;
    self->end = US_ENDLESS;
    self->key = (struct ft_connection_key){
        .client_ip = key.client_ip,
        .client_port = key.client_port,
        .client_isn = flow.assign.client_isn,
    };
    self->surplus = us.connection_count >= (unsigned)us.workers;
    enter(self);
}

static bool is_ahead(const struct us_connection *self)
{
    return self->kind == US_REPLICATED && (int32_t)(self->view - (uint32_t)us.state.view) > 0;
}

/* The packet path has changed over to a new view, and the daemon's word is on its way. A daemon that has died says nothing. */
static void await_state(struct us_connection *self)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    while (is_ahead(self) && pthread_cond_timedwait(&us.changed, &us.lock, &until) == 0)
        ;
}

struct ft_request_key us_next_request(const struct us_connection *self)
{
    return (struct ft_request_key){.connection = self->key, .ordinal = self->replies + 1};
}

enum us_part us_connection_part_now(const struct us_connection *self)
{
    struct ft_request_key next = us_next_request(self);
    if (self->kind == US_LEFT)
        return US_BACKUP;
    if (self->kind == US_PLAIN)
        return speaks() ? US_ALONE : US_BACKUP;
    if (self->kind != US_REPLICATED)
        return US_ALONE;
    if (us.state.role == FT_ROLE_PRIMARY && self->view == (uint32_t)us.state.view)
        return US_PRIMARY;
    return speaks() && ft_log_find(&us.log, &next) == NULL ? US_ALONE : US_BACKUP;
}

static bool is_shared_by_backup(const struct us_connection *self)
{
    return self->kind == US_REPLICATED && us.state.role == FT_ROLE_BACKUP &&
           self->view == (uint32_t)us.state.view;
}

enum us_part us_connection_part(struct us_connection *self)
{
    us_lock();
    if (self->kind == US_UNKNOWN && us.known)
        identify(self);
    if (is_ahead(self))
        await_state(self);
    if (self->surplus && is_shared_by_backup(self))
        us_connection_give_up(self);
    enum us_part part = us_connection_part_now(self);
    us_unlock();
    return part;
}

/* What it is: an end that the other host tells of must find it. */
void us_connection_begin(struct us_connection *self)
{
    us.clients++;
    us_connection_part(self);
}

/* --- its end -------------------------------------------------------------------------------------------------------- */

void us_connection_leave(struct us_connection *self)
{
    us.report.left++;
    us_connection_mark_left(&self->key);
    take_out(self);
    us_log_drop_connection(&self->key);
    self->kind = us.state.role == FT_ROLE_PRIMARY ? US_PLAIN : US_LEFT;
}

void us_connection_give_up(struct us_connection *self)
{
    us_channel_tell(FT_RECORD_LEFT, self);
    us_connection_leave(self);
}

/* At once, that is: a FIN would be sent again and again, and after a takeover the client would wait for more. */
void us_connection_cut(struct us_connection *self)
{
    struct linger none = {.l_onoff = 1};
    int file;
    if (apr_os_sock_get(&file, self->socket) == APR_SUCCESS)
        setsockopt(file, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    self->connection->aborted = 1;
    self->connection->keepalive = AP_CONN_CLOSE;
}

/* Nothing that the client may still say will be answered: whoever reads it finds the end. */
void us_connection_set_end(struct us_connection *self, uint32_t replies)
{
    int file;
    self->end = replies;
    if (!self->closing && self->replies >= replies &&
        apr_os_sock_get(&file, self->socket) == APR_SUCCESS)
        shutdown(file, SHUT_RD);
}

/* With the lock: the end that is told of meanwhile sees the reply, or the reply the end. */
bool us_connection_replied(struct us_connection *self)
{
    us_lock();
    self->replies++;
    bool last = self->end <= self->replies;
    us_unlock();
    return last;
}

/* The primary ends it too: it has said so, or its reply has, or the client has. */
static bool ends_in_common(const struct us_connection *self)
{
    struct ft_flow flow;
    return self->end != US_ENDLESS || self->closes || !us_flow_of(self, &flow) ||
           flow.client_finished || flow.closed;
}

void us_connection_over(struct us_connection *self)
{
    us_lock();
    if (!self->over && !us.unheard && us_connection_part_now(self) == US_PRIMARY)
        us_channel_tell(FT_RECORD_FORGET, self);
    else if (!self->over && is_shared_by_backup(self) && !ends_in_common(self))
        us_connection_give_up(self);
    self->over = true;
    us_unlock();
}

/* A reply that is held still comes, behind this hook, if it can. */
int us_connection_close(conn_rec *connection)
{
    struct us_connection *self = us_connection_of(connection);
    if (self == NULL)
        return OK;
    us_lock();
    self->closing = true;
    us_unlock();
    if (self->held_bytes == 0 || connection->aborted)
        us_connection_over(self);
    return OK;
}

void us_connection_end(struct us_connection *self)
{
    us_held_release(self);
    us_connection_over(self);
    us.clients--;
    us_lock();
    if (self->kind == US_REPLICATED) {
        take_out(self);
        us_log_drop_connection(&self->key);
    }
    us_unlock();
}
