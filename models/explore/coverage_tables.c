/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * coverage_tables - the rows.
 */
#include "models/explore/coverage_tables.h"

#include <stddef.h>

enum {
    PAIR,
    PRIMARY_LEFT,
    BACKUP_LEFT,
    SOLO_LEFT,
    SOLO_OUT,
    PRIMARY_OUT,
    BACKUP_OUT,
    SOLO_BACKUP,
    SOLO_PRIMARY,
    STRANGE
};

const struct situation_row situation_rows[COVERAGE_SITUATIONS] = {
    [PAIR] = {"primary, backup", STATE_PRIMARY, STATE_BACKUP, "any scenario"},
    [PRIMARY_LEFT] = {"primary, dead", STATE_PRIMARY, STATE_DEAD,
                      "a fault within the time-out behind a crash of the backup: pairs, swarm"},
    [BACKUP_LEFT] = {"backup, dead", STATE_BACKUP, STATE_DEAD,
                     "a fault within the time-out behind a crash of the primary: pairs, swarm"},
    [SOLO_LEFT] = {"solo, dead", STATE_SOLO, STATE_DEAD, "a fault after a takeover: pairs, swarm"},
    [SOLO_OUT] = {"solo, out", STATE_SOLO, STATE_OUT,
                  "a host that comes back or was put out: reintegration.yaml, swarm"},
    [PRIMARY_OUT] = {"primary, out", STATE_PRIMARY, STATE_OUT,
                     "a backup that is put out before its primary knows: swarm of impatient.yaml"},
    [BACKUP_OUT] = {"backup, out", STATE_BACKUP, STATE_OUT, NULL},
    [SOLO_BACKUP] = {"solo, backup", STATE_SOLO, STATE_BACKUP, NULL},
    [SOLO_PRIMARY] = {"solo, primary", STATE_SOLO, STATE_PRIMARY, NULL},
    [STRANGE] = {"neither", STATE_DEAD, STATE_DEAD, NULL},
};

#define IN(situation) (1u << (situation))
#define WITH_PRIMARY (IN(PAIR) | IN(PRIMARY_LEFT) | IN(SOLO_LEFT) | IN(SOLO_OUT) | IN(PRIMARY_OUT))
#define WITH_BACKUP (IN(PAIR) | IN(BACKUP_LEFT))
#define WITH_DEAD (IN(PRIMARY_LEFT) | IN(BACKUP_LEFT) | IN(SOLO_LEFT))
#define WITH_OUT (IN(SOLO_OUT) | IN(PRIMARY_OUT))
#define WITH_SOLO (IN(SOLO_LEFT) | IN(SOLO_OUT))
#define ALL (WITH_PRIMARY | WITH_BACKUP | WITH_DEAD)
#define AT(field) offsetof(struct fault, field)

/* The dead send nothing; a backup speaks to its primary only; who serves alone has nobody to log to. What was on a cable when the
 * situation changed does not count. */
#define BY_BACKUP (IN(PRIMARY_LEFT) | IN(PRIMARY_OUT) | WITH_SOLO)
#define BY_PRIMARY IN(BACKUP_LEFT)

const struct event_row event_rows[COVERAGE_EVENTS] = {
    {"before the first", NOTICE_NONE, 0, 0, NULL},
    {"opening", NOTICE_CONNECTION_OPENING, 0, 0, NULL},
    {"open", NOTICE_CONNECTION_OPEN, 0, 0, NULL},
    {"request sent", NOTICE_REQUEST_SENT, 0, 0, NULL},
    {"request read in part", NOTICE_REQUEST_PART, 0, 0,
     "requests of several segments: clients.post"},
    {"request received", NOTICE_REQUEST_RECEIVED, 0, 0, NULL},
    {"executing", NOTICE_EXECUTING, 0, 0, NULL},
    {"executed", NOTICE_EXECUTED, 0, 0, NULL},
    {"record sent", NOTICE_RECORD_SENT, 0, 0, NULL},
    {"reply logged", NOTICE_REPLY_LOGGED, 0, 0, NULL},
    {"reply released", NOTICE_REPLY_RELEASED, 0, 0, NULL},
    {"reply being sent", NOTICE_REPLY_SEGMENT_SENT, 0, 0, NULL},
    {"reply being read", NOTICE_REPLY_FIRST_BYTE, 0, 0,
     "replies of several segments: large-reply.yaml"},
    {"reply done", NOTICE_REPLY_DONE, 0, 0, NULL},
    {"closing", NOTICE_CONNECTION_CLOSING, 0, 0, NULL},
    {"ARP", 0, SEEN_ARP, 0, "a takeover, and a fault within seconds of it"},
    {"heartbeat", 0, SEEN_UDP, 0, NULL},
    {"log record", 0, SEEN_LOG | SEEN_DATA | SEEN_FROM_PRIMARY, BY_PRIMARY | WITH_SOLO, NULL},
    {"log acknowledgement", 0, SEEN_LOG | SEEN_DATA, BY_BACKUP, NULL},
    {"log channel's TCP", 0, SEEN_LOG, 0, NULL},
    {"report", 0, SEEN_REPORT, BY_BACKUP, NULL},
    {"copy", 0, SEEN_COPY, BY_BACKUP, NULL},
    {"reset", 0, SEEN_RST, BY_PRIMARY,
     "clients that give up, or ports used again: fickle.yaml, swarm"},
    {"SYN", 0, SEEN_TO_SERVICE | SEEN_SYN, 0, NULL},
    {"SYN-ACK", 0, SEEN_FROM_SERVICE | SEEN_SYN, BY_PRIMARY, NULL},
    {"client's FIN", 0, SEEN_TO_SERVICE | SEEN_FIN, 0, NULL},
    {"client's data", 0, SEEN_TO_SERVICE | SEEN_DATA, 0, NULL},
    {"client's ACK", 0, SEEN_TO_SERVICE, 0, NULL},
    {"service's FIN", 0, SEEN_FROM_SERVICE | SEEN_FIN, BY_PRIMARY, NULL},
    {"service's data", 0, SEEN_FROM_SERVICE | SEEN_DATA, BY_PRIMARY, NULL},
    {"service's ACK", 0, SEEN_FROM_SERVICE, BY_PRIMARY, NULL},
};

/* A death must be survived only where two servers are in service. */
const struct fault_row fault_rows[COVERAGE_FAULTS] = {
    {"crash primary", AT(crash), TARGET_PRIMARY, false, IN(PAIR), "crash-points, pairs, swarm"},
    {"crash backup", AT(crash), TARGET_BACKUP, false, IN(PAIR), "crash-points, pairs, swarm"},
    {"kill primary", AT(kill), TARGET_PRIMARY, false, IN(PAIR), "swarm"},
    {"kill backup", AT(kill), TARGET_BACKUP, false, IN(PAIR), "swarm"},
    {"restart", AT(restart), FAULT_ANY, false, WITH_DEAD | WITH_OUT,
     "swarm, or a scenario that restarts a host: reintegration.yaml"},
    {"pause primary", AT(pause), TARGET_PRIMARY, false, WITH_PRIMARY, "swarm"},
    {"pause backup", AT(pause), TARGET_BACKUP, false, WITH_BACKUP, "swarm"},
    {"log cut", AT(cut), TARGET_LOG_CHANNEL, false, IN(PAIR), "swarm"},
    {"servers cut", AT(cut), TARGET_SERVERS, false, IN(PAIR), "swarm"},
    {"clients cut", AT(cut), TARGET_CLIENTS, false, ALL, "swarm"},
    {"lost", AT(fate), FATE_LOST, true, ALL, "pairs, swarm"},
    {"duplicated", AT(fate), FATE_DUPLICATED, true, ALL, "swarm"},
    {"corrupted", AT(fate), FATE_CORRUPTED, true, ALL, "swarm"},
    {"late", AT(fate), FATE_LATE, true, ALL, "swarm"},
};
