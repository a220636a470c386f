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
    [PAIR] = {"primary, backup", STATE_PRIMARY, STATE_BACKUP},
    [PRIMARY_LEFT] = {"primary, dead", STATE_PRIMARY, STATE_DEAD},
    [BACKUP_LEFT] = {"backup, dead", STATE_BACKUP, STATE_DEAD},
    [SOLO_LEFT] = {"solo, dead", STATE_SOLO, STATE_DEAD},
    [SOLO_OUT] = {"solo, out", STATE_SOLO, STATE_OUT},
    [PRIMARY_OUT] = {"primary, out", STATE_PRIMARY, STATE_OUT},
    [BACKUP_OUT] = {"backup, out", STATE_BACKUP, STATE_OUT},
    [SOLO_BACKUP] = {"solo, backup", STATE_SOLO, STATE_BACKUP},
    [SOLO_PRIMARY] = {"solo, primary", STATE_SOLO, STATE_PRIMARY},
    [STRANGE] = {"neither", STATE_DEAD, STATE_DEAD},
};

const struct event_row event_rows[COVERAGE_EVENTS] = {
    {"before the first", NOTICE_NONE, 0},
    {"opening", NOTICE_CONNECTION_OPENING, 0},
    {"open", NOTICE_CONNECTION_OPEN, 0},
    {"request sent", NOTICE_REQUEST_SENT, 0},
    {"request read in part", NOTICE_REQUEST_PART, 0},
    {"request received", NOTICE_REQUEST_RECEIVED, 0},
    {"executing", NOTICE_EXECUTING, 0},
    {"executed", NOTICE_EXECUTED, 0},
    {"record sent", NOTICE_RECORD_SENT, 0},
    {"reply logged", NOTICE_REPLY_LOGGED, 0},
    {"reply released", NOTICE_REPLY_RELEASED, 0},
    {"reply being sent", NOTICE_REPLY_SEGMENT_SENT, 0},
    {"reply being read", NOTICE_REPLY_FIRST_BYTE, 0},
    {"reply done", NOTICE_REPLY_DONE, 0},
    {"closing", NOTICE_CONNECTION_CLOSING, 0},
    {"ARP", 0, SEEN_ARP},
    {"heartbeat", 0, SEEN_UDP},
    {"log record", 0, SEEN_LOG | SEEN_DATA | SEEN_FROM_PRIMARY},
    {"log acknowledgement", 0, SEEN_LOG | SEEN_DATA},
    {"log channel's TCP", 0, SEEN_LOG},
    {"report", 0, SEEN_REPORT},
    {"copy", 0, SEEN_COPY},
    {"reset", 0, SEEN_RST},
    {"SYN", 0, SEEN_TO_SERVICE | SEEN_SYN},
    {"SYN-ACK", 0, SEEN_FROM_SERVICE | SEEN_SYN},
    {"client's FIN", 0, SEEN_TO_SERVICE | SEEN_FIN},
    {"client's data", 0, SEEN_TO_SERVICE | SEEN_DATA},
    {"client's ACK", 0, SEEN_TO_SERVICE},
    {"service's FIN", 0, SEEN_FROM_SERVICE | SEEN_FIN},
    {"service's data", 0, SEEN_FROM_SERVICE | SEEN_DATA},
    {"service's ACK", 0, SEEN_FROM_SERVICE},
};

#define IN(situation) (1u << (situation))
#define WITH_PRIMARY (IN(PAIR) | IN(PRIMARY_LEFT) | IN(SOLO_LEFT) | IN(SOLO_OUT) | IN(PRIMARY_OUT))
#define WITH_BACKUP (IN(PAIR) | IN(BACKUP_LEFT))
#define WITH_DEAD (IN(PRIMARY_LEFT) | IN(BACKUP_LEFT) | IN(SOLO_LEFT))
#define ALL (WITH_PRIMARY | WITH_BACKUP | WITH_DEAD)
#define AT(field) offsetof(struct fault, field)

/* A death must be survived only where two servers are in service. */
const struct fault_row fault_rows[COVERAGE_FAULTS] = {
    {"crash primary", AT(crash), TARGET_PRIMARY, false, IN(PAIR)},
    {"crash backup", AT(crash), TARGET_BACKUP, false, IN(PAIR)},
    {"kill primary", AT(kill), TARGET_PRIMARY, false, IN(PAIR)},
    {"kill backup", AT(kill), TARGET_BACKUP, false, IN(PAIR)},
    {"restart", AT(restart), TARGET_PRIMARY, false, WITH_DEAD},
    {"pause primary", AT(pause), TARGET_PRIMARY, false, WITH_PRIMARY},
    {"pause backup", AT(pause), TARGET_BACKUP, false, WITH_BACKUP},
    {"log cut", AT(cut), TARGET_LOG_CHANNEL, false, IN(PAIR)},
    {"clients cut", AT(cut), TARGET_CLIENTS, false, ALL},
    {"lost", AT(fate), FATE_LOST, true, ALL},
    {"duplicated", AT(fate), FATE_DUPLICATED, true, ALL},
    {"corrupted", AT(fate), FATE_CORRUPTED, true, ALL},
    {"late", AT(fate), FATE_LATE, true, ALL},
};
