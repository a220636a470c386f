/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transparency - P6: what the client sees is one valid TCP conversation; no reset, no byte out of order, no regress.
 *
 * Each segment from the service is held against the client's own TCP: it must not reset a connection, acknowledge what was
 * never sent, carry bytes beyond the window that the client has offered, or before the first byte there ever was; and no
 * connection may break. That bytes come in order and from where they should is TCP's doing and P3's. A connection that died
 * with the only host that had it may be reset. A second SYN-ACK may have another number than the first, when a view or the
 * counter of the numbers (ft_isn) has changed in between: it is no news to a client (RFC 5961, 4).
 *
 * Nor may the right edge of the window that the service offers go back (RFC 9293, 3.8.6: should not), but for less than one
 * step of its scale: a window field cannot say more exactly where the edge is. RFC 7323, 2.4 lets it, and a receiver honours
 * what it has once offered. Only an acknowledgement of more than the last one is surely later; others may have been
 * overtaken.
 */
#include "models/oracle/checkers.h"

#include "core/ft_segment.h"

#include <string.h>

enum { NEAR_BYTES = 1 << 20, FAR_BYTES = 1 << 28 };

/* Behind what the client has, but farther than the connection is long: of other numbers altogether. Connections of more than
 * 4 GB come round to their beginning, so what is near counts as a repetition. */
static bool before_first(const struct ft_segment *segment, const struct tcp_facts *client)
{
    uint32_t behind = client->received_through - segment->seq;
    uint32_t length = client->received_through - client->peer_isn;
    return ft_seq_before(segment->seq, client->received_through) && behind > length &&
           behind > NEAR_BYTES;
}

/* --- earlier connections with the same port ----------------------------------------------------------------------- */

static void remember(struct promise *self, const struct notice *notice)
{
    if (notice->host->serves)
        return;
    struct tcp_facts facts;
    tcp_facts(notice->socket, &facts);
    self->past.connections[self->past.count++ % PROMISE_PAST_MAX] = (struct past_connection){
        .machine = notice->host,
        .own_isn = facts.own_isn,
        .peer_isn = facts.peer_isn,
        .port = facts.local.port,
    };
}

/* Its numbers are not those that this connection has had or can have next. */
static bool is_strange(const struct promise *self, const struct ft_segment *segment,
                       const struct tcp_facts *client)
{
    uint32_t length = client->received_through - client->peer_isn;
    bool acks = segment->flags & FT_ACK;
    return segment->seq - client->peer_isn > length + self->stage->client_window_bytes ||
           (acks && segment->ack - client->own_isn > client->sent_through - client->own_isn);
}

/* Late, or of a server that has not heard yet of the client's reset: its numbers are those of a connection that had the port
 * before. Such a segment is no news to TCP. */
static bool is_of_the_past(const struct promise *self, const struct host *machine,
                           const struct ft_segment *segment)
{
    unsigned known = self->past.count < PROMISE_PAST_MAX ? self->past.count : PROMISE_PAST_MAX;
    for (unsigned i = 0; i < known; i++) {
        const struct past_connection *past = &self->past.connections[i];
        if (past->machine == machine && past->port == segment->destination_port &&
            (!(segment->flags & FT_ACK) || segment->ack - past->own_isn < FAR_BYTES) &&
            segment->seq - past->peer_isn < FAR_BYTES)
            return true;
    }
    return false;
}

/* --- segments ----------------------------------------------------------------------------------------------------- */

static bool is_opening(const struct tcp_facts *client)
{
    return strcmp(client->state, "SYN_SENT") == 0;
}

static struct offer *offer_to(struct promise *self, const struct host *machine,
                              const struct tcp_facts *client)
{
    struct offer *offer =
        &self->offers[(machine->id * 31 + client->local.port) % PROMISE_OFFERS_MAX];
    if (offer->machine != machine || offer->port != client->local.port ||
        offer->own_isn != client->own_isn)
        *offer = (struct offer){
            .machine = machine,
            .own_isn = client->own_isn,
            .ack = client->own_isn,
            .right = client->own_isn,
            .port = client->local.port,
        };
    return offer;
}

static void check_offer(struct promise *self, const struct host *machine,
                        const struct ft_segment *segment, const struct tcp_facts *client)
{
    struct offer *offer = offer_to(self, machine, client);
    uint32_t step = 1U << client->peer_window_scale;
    uint32_t right = segment->ack + segment->window * step;
    if (ft_seq_after(segment->ack, offer->ack))
        promise_check(self, !ft_seq_before(right + step - 1, offer->right),
                      "client port %u: the edge of the window went back from byte %u to %u",
                      client->local.port, offer->right - client->own_isn, right - client->own_isn);
    offer->ack = ft_seq_max(offer->ack, segment->ack);
    offer->right = ft_seq_max(offer->right, right);
}

static bool parse(const struct packet *packet, struct ft_segment *segment)
{
    enum ft_reason why;
    return ft_segment_parse(segment, packet->header, packet->header_bytes,
                            packet->header_bytes + packet->payload_bytes, false, &why);
}

/* The client's end of the connection that the segment is of; false: none, the segment is late. */
static bool find_client(const struct promise *self, const struct host *machine,
                        const struct ft_segment *segment, struct tcp_facts *client)
{
    struct tcp_address local = {.ip = segment->destination_ip, .port = segment->destination_port};
    struct tcp_socket *socket = tcp_find(machine->tcp, local, self->stage->service);
    if (socket == NULL)
        return false; /* the client has ended it */
    tcp_facts(socket, client);
    if (is_opening(client)) /* all else is of an earlier one with the same port, and TCP drops it */
        return (segment->flags & (FT_SYN | FT_RST)) != 0 && segment->ack == client->own_isn + 1;
    return !is_strange(self, segment, client) || !is_of_the_past(self, machine, segment);
}

static void check_segment(struct promise *self, const struct notice *notice)
{
    struct ft_segment segment;
    struct tcp_facts client;
    if (!parse(notice->packet, &segment) || !find_client(self, notice->host, &segment, &client))
        return;
    bool exposed = stage_exposed(self->stage, client.opened_at_ns);
    promise_check(self, exposed || !(segment.flags & FT_RST), "a reset for client port %u",
                  client.local.port);
    if (segment.flags & (FT_RST | FT_SYN))
        return;
    if (!is_strange(self, &segment, &client))
        check_offer(self, notice->host, &segment, &client);
    promise_check(self, !ft_seq_after(segment.ack, client.sent_through),
                  "client port %u: byte %u acknowledged, %u sent", client.local.port,
                  segment.ack - client.own_isn, client.sent_through - client.own_isn);
    uint32_t edge = client.offered_through;
    promise_check(self, !ft_seq_after(ft_segment_end(&segment), edge + 1),
                  "client port %u: bytes up to %u, beyond the window's edge %u", client.local.port,
                  ft_segment_end(&segment) - client.peer_isn, edge - client.peer_isn);
    promise_check(self, !before_first(&segment, &client),
                  "client port %u: a byte %u before the first of the connection", client.local.port,
                  client.peer_isn + 1 - segment.seq);
}

/* --- ends --------------------------------------------------------------------------------------------------------- */

static void check_end(struct promise *self, const struct notice *notice)
{
    struct tcp_facts client;
    tcp_facts(notice->socket, &client);
    bool exposed = stage_exposed(self->stage, client.opened_at_ns);
    promise_check(self, exposed || notice->value == TCP_CLOSED, "a client's connection %s",
                  notice->value == TCP_RESET       ? "was reset"
                  : notice->value == TCP_TIMED_OUT ? "timed out"
                                                   : "was refused");
}

static void notice(struct promise *self, const struct notice *notice)
{
    if (notice->kind == NOTICE_CLIENT_SEGMENT)
        check_segment(self, notice);
    else if (notice->kind == NOTICE_CONNECTION_CLOSING)
        remember(self, notice);
    else
        check_end(self, notice);
}

const struct promise_type promise_transparency = {
    .name = "P6",
    .title = "transparency",
    .help = "the client sees one valid TCP conversation: no reset, nothing invalid, no break",
    .kinds = 1u << NOTICE_CLIENT_SEGMENT | 1u << NOTICE_CONNECTION_LOST |
             1u << NOTICE_CONNECTION_CLOSING,
    .notice = notice,
};
