/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * input_survives - P1: a request byte the client saw acknowledged is held by every live server.
 *
 * Looked at when a segment of the service reaches a client: how far does it acknowledge, and how far has the TCP of each
 * server in service received of this very connection? A server that came later need not know it.
 */
#include "models/oracle/checkers.h"

#include "core/ft_segment.h"

#include <string.h>

enum { NEAR_BYTES = 1 << 20 };

static void check_server(struct promise *self, unsigned index, const struct ft_segment *segment,
                         const struct tcp_facts *client)
{
    const struct host *server = self->stage->servers[index];
    bool came_later = client->opened_at_ns < self->stage->roles[index].has_since_ns;
    struct tcp_socket *socket = tcp_find(server->tcp, self->stage->service, client->local);
    struct tcp_facts facts;
    if (socket != NULL)
        tcp_facts(socket, &facts);
    if (socket == NULL || facts.peer_isn != client->own_isn) {
        /* Gone is right only for a connection that is being closed, or that carries nothing yet. */
        bool open = strcmp(client->state, "ESTABLISHED") == 0;
        promise_check(self, came_later || !open || segment->ack == client->own_isn + 1,
                      "%s does not know a connection whose bytes are acknowledged",
                      server->settings.name);
        return;
    }
    promise_check(self, !ft_seq_after(segment->ack, facts.received_through),
                  "client byte %u is acknowledged, %s has received up to %u",
                  segment->ack - client->own_isn, server->settings.name,
                  facts.received_through - client->own_isn);
}

static void notice(struct promise *self, const struct notice *notice)
{
    struct ft_segment segment;
    enum ft_reason why;
    const struct packet *packet = notice->packet;
    if (!ft_segment_parse(&segment, packet->header, packet->header_bytes,
                          packet->header_bytes + packet->payload_bytes, false, &why))
        return;
    if (!(segment.flags & FT_ACK) || segment.flags & FT_RST)
        return;
    struct tcp_address local = {.ip = segment.destination_ip, .port = segment.destination_port};
    struct tcp_socket *socket = tcp_find(notice->host->tcp, local, self->stage->service);
    if (socket == NULL)
        return;
    struct tcp_facts client;
    tcp_facts(socket, &client);
    if (segment.flags & FT_SYN || ft_seq_before(segment.ack, client.own_isn + 1) ||
        ft_seq_after(segment.ack, client.sent_through))
        return; /* a handshake, or of an earlier connection */
    if (ft_seq_after(segment.seq, client.offered_through) ||
        ft_seq_before(segment.seq, client.received_through - NEAR_BYTES))
        return; /* of an earlier connection whose numbers reach into this one's: the client's TCP does not believe it */
    for (unsigned i = 0; i < self->stage->server_count; i++) {
        if (self->stage->roles[i].in_service)
            check_server(self, i, &segment, &client);
    }
}

const struct promise_type promise_input_survives = {
    .name = "P1",
    .title = "acknowledged input survives",
    .help = "a request byte the client saw acknowledged is held by every live server",
    .kinds = 1u << NOTICE_CLIENT_SEGMENT,
    .notice = notice,
};
