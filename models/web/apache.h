/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apache - a pre-forking web server: workers that each serve one connection at a time, and their costs.
 *
 * A worker reads a request, parses it, makes the reply (static, or dynamic with a service time), hands the reply to the
 * message path if one is installed and waits until it may leave, writes it, and reads the next request or closes. On a
 * backup the same worker reads the same request and waits for the logged reply instead of executing.
 *
 * The same server, with another part to play, is a user-level proxy: it parses no more of a request than where it ends, and
 * has the unchanged server behind it, on the same host, make the reply (models/web/relay.c).
 *
 * Not modelled: HTTP errors, ranges, chunking (their bytes would be the same), the accept mutex, disk.
 */
#ifndef MODELS_WEB_APACHE_H
#define MODELS_WEB_APACHE_H

#include "models/host/host.h"
#include "models/web/exchange.h"

struct server_settings {
    int64_t workers;        /* connections served at a time; more wait in the backlog */
    int64_t backup_workers; /* the same for a backup; 0: all */
    int64_t backlog;
    int64_t keep_alive_ns; /* idle connections are closed after this; 0: never */
    int64_t write_bytes;   /* how much one write() hands to the kernel at most */
};

struct message_path; /* models/web/message_path.h: mux, demux and log; NULL: not replicated */

struct apache; /* models/web/server_state.h */

struct apache *apache_new(const struct server_settings *settings, struct host *host,
                          struct tcp_address service, struct exchange_pool *exchanges,
                          struct notice_board *notices);
void apache_free(struct apache *self);
void apache_install(struct apache *self, struct message_path *path);
/* It is a proxy: it faces the clients, and has the server at `behind` on its host execute. */
void apache_relay_to(struct apache *self, struct tcp_address behind);
/* It stands behind a proxy: what it reads and closes is between the two, and posted to nobody. */
void apache_serve_proxy(struct apache *self);
void apache_start(struct apache *self); /* listens */

#endif
