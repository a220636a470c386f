/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_wire - the simulated wire: the client's machine runs models/tcp.
 */
#include "models/web/client_wire.h"

#include "models/web/client_state.h"

static void connected(struct tcp_socket *socket)
{
    client_connected(tcp_owner(socket));
}

static void readable(struct tcp_socket *socket)
{
    client_readable(tcp_owner(socket));
}

static void writable(struct tcp_socket *socket)
{
    client_writable(tcp_owner(socket));
}

static void closed(struct tcp_socket *socket, enum tcp_reason reason)
{
    client_closed(tcp_owner(socket), reason);
}

static const struct tcp_events events = {
    .connected = connected,
    .readable = readable,
    .writable = writable,
    .closed = closed,
};

static void wire_connect(struct client *client)
{
    struct tcp_address local = {.ip = client->machine->nics[NETWORK_SERVICE].ip};
    client->socket =
        tcp_connect(client->machine->tcp, local, client->group->service, &events, client);
}

static uint32_t wire_send(struct client *client, const struct span *span)
{
    return tcp_send(client->socket, span, false);
}

static bool wire_receive(struct client *client, struct span *out)
{
    return tcp_receive(client->socket, UINT32_MAX, out);
}

static bool wire_finished(const struct client *client)
{
    return tcp_peer_finished(client->socket);
}

static void wire_close(struct client *client)
{
    struct tcp_socket *socket = client->socket;
    client->socket = NULL;
    tcp_set_owner(socket, NULL, NULL);
    tcp_close(socket);
}

static void wire_abort(struct client *client)
{
    struct tcp_socket *socket = client->socket;
    client->socket = NULL;
    tcp_abort(socket);
}

const struct client_wire client_wire_tcp = {
    .connect = wire_connect,
    .send = wire_send,
    .receive = wire_receive,
    .finished = wire_finished,
    .close = wire_close,
    .abort = wire_abort,
};
