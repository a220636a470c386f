/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * connection - which of the server's connections the packet path has created on both hosts, and what they are called.
 *
 * The incarnation of a connection (the client's initial sequence number) is not to be had from the socket; the packet path's
 * table has it, under the client's address. A connection that is not in the table, or was created in an earlier view, is
 * served as if there were no module. One of a view that we have not been told of yet is ahead of the daemon's word: it waits.
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

bool us_flow_of(const struct us_connection *self, struct ft_flow *flow)
{
    struct ft_flow_key key = {.client_ip = self->key.client_ip,
                              .client_port = self->key.client_port};
    return map_call(BPF_MAP_LOOKUP_ELEM, &key, flow) &&
           flow->assign.client_isn == self->key.client_isn;
}

static void identify(struct us_connection *self)
{
    const apr_sockaddr_t *client = self->connection->client_addr;
    const apr_sockaddr_t *local = self->connection->local_addr;
    self->kind = US_PLAIN;
    if (client->family != APR_INET || ntohl(local->sa.sin.sin_addr.s_addr) != us.state.service_ip ||
        local->port != us.state.service_port)
        return;
    struct ft_flow_key key = {
        .client_ip = ntohl(client->sa.sin.sin_addr.s_addr),
        .client_port = client->port,
    };
    struct ft_flow flow;
    if (!map_call(BPF_MAP_LOOKUP_ELEM, &key, &flow))
        return;
    self->kind = US_REPLICATED;
    self->next = us.connections;
    self->link = &us.connections;
    if (self->next != NULL)
        self->next->link = &self->next;
    us.connections = self;
    self->view = flow.assign.view;
    self->key = (struct ft_connection_key){
        .client_ip = key.client_ip,
        .client_port = key.client_port,
        .client_isn = flow.assign.client_isn,
    };
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

bool us_connection_replicated(struct us_connection *self)
{
    pthread_mutex_lock(&us.lock);
    if (self->kind == US_UNKNOWN && us.known)
        identify(self);
    await_state(self);
    bool replicated = self->kind == US_REPLICATED && self->view == (uint32_t)us.state.view &&
                      (us.state.role == FT_ROLE_PRIMARY || us.state.role == FT_ROLE_BACKUP);
    pthread_mutex_unlock(&us.lock);
    return replicated;
}

struct ft_request_key us_next_request(const struct us_connection *self)
{
    return (struct ft_request_key){.connection = self->key, .ordinal = self->replies + 1};
}

static void unlink_connection(struct us_connection *self)
{
    *self->link = self->next;
    if (self->next != NULL)
        self->next->link = self->link;
}

/* To the packet path it becomes one of a view before all others: the primary speaks for it without asking the backup, and the
 * backup passes its segments on. What a processor writes into the entry at this moment is lost; the next segment says it again. */
void us_connection_leave(struct us_connection *self)
{
    struct ft_flow_key key = {.client_ip = self->key.client_ip,
                              .client_port = self->key.client_port};
    struct ft_flow flow;
    if (map_call(BPF_MAP_LOOKUP_ELEM, &key, &flow) &&
        flow.assign.client_isn == self->key.client_isn) {
        flow.assign.view = 0;
        flow.closed = us.state.role == FT_ROLE_BACKUP; /* here nothing will show its end */
        map_call(BPF_MAP_UPDATE_ELEM, &key, &flow);
    }
    unlink_connection(self);
    us_log_drop_connection(&self->key);
    self->kind = US_PLAIN;
}

/* At once, that is: a FIN would be sent again and again, and after a takeover the client would wait for more. */
void us_connection_cut(struct us_connection *self)
{
    struct linger none = {.l_onoff = 1};
    apr_socket_t *socket = ap_get_conn_socket(self->connection);
    int file;
    if (socket != NULL && apr_os_sock_get(&file, socket) == APR_SUCCESS)
        setsockopt(file, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    self->connection->aborted = 1;
    self->connection->keepalive = AP_CONN_CLOSE;
}

void us_connection_end(struct us_connection *self)
{
    us_held_release(self);
    if (self->kind != US_REPLICATED)
        return;
    pthread_mutex_lock(&us.lock);
    unlink_connection(self);
    if (us.state.role == FT_ROLE_PRIMARY && self->view == (uint32_t)us.state.view &&
        self->connection->aborted)
        us_channel_forget(&self->key);
    us_log_drop_connection(&self->key);
    pthread_mutex_unlock(&us.lock);
}
