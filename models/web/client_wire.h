/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_wire - how a client's bytes travel: through the simulated TCP, or through real sockets to a real server.
 *
 * What a client does and how it judges replies is the same in both. A wire carries one connection a client at a time, in
 * client->socket (the wire's own object; NULL: none), and calls client_connected() and its like when there is news.
 */
#ifndef MODELS_WEB_CLIENT_WIRE_H
#define MODELS_WEB_CLIENT_WIRE_H

#include "models/net/content.h"

#include <stdbool.h>
#include <stdint.h>

struct client;

struct client_wire {
    /* Begins to connect; sets client->socket, or leaves NULL: no port is free now. */
    void (*connect)(struct client *client);
    /* Takes bytes of a request; short when the buffer is full: client_writable() follows. */
    uint32_t (*send)(struct client *client, const struct span *span);
    /* The next bytes of a reply, as a span of the execution that made them, with a reference; false: none now. */
    bool (*receive)(struct client *client, struct span *out);
    bool (*finished)(const struct client
                         *client); /* the server's FIN came, and everything before it was taken */
    void (*close)(
        struct client *client); /* sends what is queued, then FIN; client->socket becomes NULL */
    void (*abort)(struct client *client); /* reset; client->socket becomes NULL */
};

extern const struct client_wire client_wire_tcp; /* the simulated one */

#endif
