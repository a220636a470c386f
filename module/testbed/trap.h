/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trap - memory that the testbed shares with mod_rehearsal: a fault that waits for an event inside a server.
 *
 * The thread that the event happens in stops there, so that the server dies, or whatever befalls it, at that very event. It goes on
 * if that is over.
 */
#ifndef MODULE_TESTBED_TRAP_H
#define MODULE_TESTBED_TRAP_H

#include <stdatomic.h>
#include <stdint.h>

enum trap_site {
    TRAP_NONE,
    TRAP_REQUEST_PART,     /* a part of a request's body is read */
    TRAP_REQUEST_RECEIVED, /* all of it */
    TRAP_EXECUTING,        /* before the reply's first byte is made */
    TRAP_EXECUTED,         /* the reply is complete, in memory */
};

struct trap {
    uint32_t site;
    int64_t client;   /* only of this one; -1: any */
    uint64_t ordinal; /* only of the request with this number on its connection; 0: any */
    uint64_t count;
    int64_t not_before_ns; /* CLOCK_MONOTONIC */
    _Atomic uint64_t seen;
    _Atomic uint32_t sprung, released;
};

#endif
