/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scheme - how the service is built: who serves, who stands by, and what joins them.
 *
 * A NULL-ended table; a scheme is a row. What a row's parts do is in models/host/ (packet path, failover) and models/web/
 * (Apache path, message path, proxies).
 *
 * User-level proxies keep the kernel schemes' promises without touching kernel and server: the same packet path, but in a
 * process (models/host/divert.h); the same message path and failover, but in proxies that the clients' connections end in,
 * with an unchanged server behind each (models/web/relay.c). Modelled: what every packet and every part of a message costs on
 * its way through user space, and the second TCP connection. Not modelled: one proxy process for all connections (each
 * connection has a worker, as in the server modules), proxies on machines of their own.
 */
#ifndef MODELS_SCHEME_H
#define MODELS_SCHEME_H

#include <stdbool.h>

enum scheme_level { LEVEL_NONE, LEVEL_KERNEL, LEVEL_USER };
enum scheme_log { LOG_NONE, LOG_SERVICE_LAN, LOG_OWN_LAN };

struct scheme {
    const char *name, *help;
    unsigned servers;              /* hosts that serve: 1 or 2 */
    enum scheme_level packet_path; /* where it runs: kernel module, or process */
    bool message_path;             /* replies are logged before they leave */
    bool proxies;                  /* face the clients; an unchanged server behind them executes */
    enum scheme_log log;           /* where the two servers talk to each other */
};
extern const struct scheme schemes[];
extern const char *const scheme_names[]; /* the same order; NULL-ended */

#endif
