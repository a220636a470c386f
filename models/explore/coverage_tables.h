/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * coverage_tables - the three axes of the coverage, row by row.
 */
#ifndef MODELS_EXPLORE_COVERAGE_TABLES_H
#define MODELS_EXPLORE_COVERAGE_TABLES_H

#include "models/explore/coverage.h"
#include "models/host/notice.h"

/* What a server is. */
enum server_state { STATE_PRIMARY, STATE_BACKUP, STATE_SOLO, STATE_OUT, STATE_DEAD };

struct situation_row {
    const char *name;
    enum server_state one, other; /* in either order; the last row is what no other row is */
    const char *needs;            /* what brings it about */
};
extern const struct situation_row situation_rows[COVERAGE_SITUATIONS];

/* What is seen of a packet. */
enum packet_bit {
    SEEN_ARP = 1 << 0,
    SEEN_UDP = 1 << 1,
    SEEN_LOG = 1 << 2,          /* of the log channel */
    SEEN_FROM_PRIMARY = 1 << 3, /* of the log channel: written by the host that connected */
    SEEN_REPORT = 1 << 4,
    SEEN_COPY = 1 << 5, /* to the service, put on its cable by a server */
    SEEN_TO_SERVICE = 1 << 6,
    SEEN_FROM_SERVICE = 1 << 7,
    SEEN_SYN = 1 << 8,
    SEEN_FIN = 1 << 9,
    SEEN_RST = 1 << 10,
    SEEN_DATA = 1 << 11,
};

struct event_row {
    const char *name;
    enum notice_kind stage; /* the notice that begins it; NOTICE_NONE: it is a packet, or nothing */
    unsigned packet;        /* all these bits; the first row that fits; 0: it is a stage */
    unsigned never;         /* bit per situation in which nobody sends it */
    const char *needs;      /* what brings it about; NULL: any scenario */
};
extern const struct event_row event_rows[COVERAGE_EVENTS];

enum { FAULT_ANY = -1 };
struct fault_row {
    const char *name;
    size_t offset; /* of the int in struct fault that tells it, and its value there */
    int value;     /* FAULT_ANY: any but 0 */
    bool on_packet;
    unsigned situations; /* bit per situation in which it makes sense */
    const char *needs;   /* what deals it */
};
extern const struct fault_row fault_rows[COVERAGE_FAULTS];

#endif
