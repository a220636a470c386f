/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scheme - the table. Sources: shared design and the paper's modes (ICCCN 2002); user-proxies after IPCCC 2001.
 */
#include "models/scheme.h"

#include <stddef.h>

const struct scheme schemes[] = {
    {
        .name = "unreplicated",
        .help = "stock kernel and server on one host; a crash loses what is in progress",
        .servers = 1,
    },
    {
        .name = "simplex",
        .help = "kernel and server modules on one host: what header rewriting and bookkeeping cost",
        .servers = 1,
        .packet_path = LEVEL_KERNEL,
        .message_path = true,
    },
    {
        .name = "duplex",
        .help = "primary and hot standby backup; replies are logged over the service LAN",
        .servers = 2,
        .packet_path = LEVEL_KERNEL,
        .message_path = true,
        .log = LOG_SERVICE_LAN,
    },
    {
        .name = "duplex-mi",
        .help = "duplex with a separate, faster LAN between the servers (multiple interfaces)",
        .servers = 2,
        .packet_path = LEVEL_KERNEL,
        .message_path = true,
        .log = LOG_OWN_LAN,
    },
    {
        .name = "user-proxies",
        .help = "the same promises by user-level proxies in front of unchanged servers",
        .servers = 2,
        .packet_path = LEVEL_USER,
        .message_path = true,
        .proxies = true,
        .log = LOG_SERVICE_LAN,
    },
    {.name = NULL},
};

const char *const scheme_names[] = {"unreplicated", "simplex",      "duplex",
                                    "duplex-mi",    "user-proxies", NULL};
