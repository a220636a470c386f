/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * socket_wire - the clients' wire to a real server: non-blocking sockets, HTTP/1.1, one epoll.
 *
 * A request leaves as text with its number in it; a reply's head says which request and which execution it is of, and its
 * body's bytes prove it (stamp.h). What was read is handed to the client as spans of a `struct reply`, as the simulated wire
 * does, so the client judges with the same code. A head that is not HTTP, is not a 200, or promises another length than
 * was asked for, and a body whose bytes are of another execution, come as spans of a reply that nobody asked for.
 */
#ifndef MODULE_TESTBED_SOCKET_WIRE_H
#define MODULE_TESTBED_SOCKET_WIRE_H

#include "models/tcp/tcp.h"
#include "models/web/client.h"

#include <stdatomic.h>

struct line; /* a connection */

struct socket_wire {
    struct client_wire wire;  /* for client_group_new() */
    struct simulation *clock; /* now_ns is kept at real time, from `epoch_ns` on */
    struct exchange_pool *exchanges;
    struct tcp_address service;
    int poll;
    int64_t epoch_ns; /* CLOCK_MONOTONIC at the simulation's time 0 */
    struct line *lines;
    struct request *nobody; /* what foreign replies answer */
    uint64_t resets, bad_heads, bad_statuses;
};

/* False and errno if no epoll can be made. */
bool socket_wire_init(struct socket_wire *self, struct simulation *clock,
                      struct exchange_pool *exchanges, struct tcp_address service);
void socket_wire_fini(struct socket_wire *self);
/* Lets real time pass until `until_ns` of the simulation or until *stop: fires the clients' timers, moves bytes. `each` (may
 * be NULL) is called after every round. */
void socket_wire_run(struct socket_wire *self, int64_t until_ns, const atomic_int *stop,
                     void (*each)(void *context), void *context);

#endif
