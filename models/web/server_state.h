/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server_state - what a server is made of: connections, workers; and what apache.c, worker.c, relay.c and message_path.c
 * ask of each other.
 *
 * A connection lives from accept to the death of its socket, a worker serves one connection after another. They part when
 * the server has closed: the connection lingers until the client has acknowledged everything.
 */
#ifndef MODELS_WEB_SERVER_STATE_H
#define MODELS_WEB_SERVER_STATE_H

#include "core/ft_log.h"
#include "core/ft_sender.h"
#include "models/web/apache.h"

struct logged; /* a reply in the backup's log: message_path.c */

struct connection {
    struct connection *next; /* the queue for a worker, or the free list */
    struct apache *server;
    struct tcp_socket *socket;
    struct worker *worker; /* NULL: still queued, or the server is done with it */
    struct ft_connection_key key;
    uint32_t ordinal; /* requests read so far */
    uint64_t written; /* bytes handed to TCP */
    struct logged *
        first_logged; /* written from the log and not yet acknowledged by the client, oldest first */
    struct logged *last_logged;
    bool queued, lost; /* lost: the socket is gone */
};

enum worker_state {
    WORKER_IDLE,
    WORKER_STARTS,  /* was given a connection that had been waiting */
    WORKER_RUNNING, /* on the CPU or waiting for it */
    WORKER_READS,   /* waits for the client's bytes */
    WORKER_SERVES,  /* waits for the service time of a dynamic reply */
    WORKER_RELAYS,  /* proxy: waits for the server behind it */
    WORKER_SHIPS,   /* waits until its reply may leave */
    WORKER_AWAITS,  /* backup: waits for the logged reply */
    WORKER_WRITES,  /* waits for room in the send buffer */
};

/* A reply on its way to the backup's log; it outlives a worker whose connection broke. */
struct shipment {
    struct ft_shipment core;
    struct shipment *next_free;
    struct reply *reply;   /* a reference */
    struct worker *worker; /* NULL: nobody waits for it any more */
};

/* A proxy's way to the server behind it; it lives as long as the client's connection. */
struct relay {
    struct tcp_socket *socket; /* NULL: not open */
    bool busy;                 /* from the request until its whole reply is here */
    uint32_t sent, received;
};

struct worker {
    struct process process;
    struct event timer; /* service time, or the patience with an idle connection */
    struct ft_log_waiter waiter;
    struct apache *server;
    struct worker *next; /* idle list */
    struct connection *connection;
    struct request *request;   /* being read or answered; a reference */
    struct reply *reply;       /* a reference */
    struct shipment *shipment; /* while it ships */
    struct relay relay;
    uint32_t read, written, writing;
    uint32_t missing; /* bytes at the reply's end that are not here: FT_PLANT_HALF_RECORD only */
    uint8_t state;
    bool from_log;
    bool astray; /* what it has begun to read is not the beginning of a request */
};

enum apache_part {
    APACHE_SERVER, /* faces the clients and executes */
    APACHE_PROXY,  /* faces the clients and relays to the server behind it */
    APACHE_BEHIND, /* executes for a proxy */
};

struct apache {
    struct server_settings settings;
    enum apache_part part;
    struct host *host;
    struct tcp_address service;
    struct tcp_address behind; /* of a proxy */
    struct exchange_pool *exchanges;
    struct notice_board *notices;
    struct message_path *path;
    struct connection *first_queued, *last_queued, *free_connections;
    struct worker *idle;
    struct worker **workers; /* all ever made, for freeing */
    uint32_t worker_count;
    size_t worker_room;
    struct connection **connections; /* all ever made, for freeing */
    uint32_t connection_count;
    size_t connection_room;
};

/* worker.c */
struct worker *worker_new(struct apache *server);
void worker_free(struct worker *self); /* with what it holds; it does not run any more */
/* Starts to serve a connection. */
void worker_serve(struct worker *self, struct connection *connection);
/* The same in an event of its own: one worker's end does not nest in another's beginning. */
void worker_serve_soon(struct worker *self, struct connection *connection);
/* The connection's socket has news. */
void worker_readable(struct worker *self);
void worker_writable(struct worker *self);
/* The connection is lost: the worker lets go of it and is idle. */
void worker_abandon(struct worker *self);
/* From the message path: the reply may leave; the logged reply is here (reference taken over); execute it yourself. */
void worker_released(struct worker *self);
void worker_logged(struct worker *self, struct reply *reply);
void worker_execute(struct worker *self);
/* From relay.c: self->reply is here; the server behind does not answer. */
void worker_relayed(struct worker *self);
void worker_forsaken(struct worker *self);
/* What handling one part of a message costs a proxy. */
void worker_charge_part(struct worker *self);

/* relay.c */
/* Has the worker's request executed by the server behind it. */
void relay_request(struct worker *self);
/* The worker is done with its client; an exchange in progress is broken off. */
void relay_let_go(struct worker *self);

/* apache.c */
void apache_worker_free(struct apache *self, struct worker *worker);
/* The server is done with a connection whose socket may live on. */
void apache_connection_done(struct connection *connection);

/* message_path.c */
enum message_answer { MESSAGE_EXECUTE, MESSAGE_WAIT, MESSAGE_LOGGED };
/* What is to be done with a request that was read: execute, wait for worker_logged() or worker_execute(), or the reply is
 * here (`*reply`, a reference). Charges the worker's process. */
enum message_answer message_path_ask(struct message_path *self, struct worker *worker,
                                     struct reply **reply);
/* The worker's reply is complete. True: it may leave at once; false: worker_released() will come. */
bool message_path_submit(struct message_path *self, struct worker *worker);
/* Its workers are a backup's: they wait for the log. NULL: they are not. */
bool message_path_waits(const struct message_path *self);
/* The worker wrote the last byte of a reply from the log. */
void message_path_written(struct message_path *self, struct worker *worker);
/* The worker does not wait any more. */
void message_path_cancel(struct message_path *self, struct worker *worker);
void message_path_acknowledged(struct message_path *self, struct connection *connection);
void message_path_connection_gone(struct message_path *self, struct connection *connection,
                                  enum tcp_reason reason);

#endif
