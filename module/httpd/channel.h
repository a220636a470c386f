/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * channel - what the files of the log channel share: its thread (channel.c), its socket (dial.c), what goes out (mux.c) and comes in
 * (demux.c), who reads that (ear.c), what a change of roles does (role.c), and the daemon's socket (control.c).
 *
 * All of it is under us.lock but the buffer of what comes in, which is the reader's. Whoever has something to send writes it, and
 * whoever waits for the other host's word reads, one at a time each and without the lock; the thread alone opens and closes.
 */
#ifndef MODULE_HTTPD_CHANNEL_H
#define MODULE_HTTPD_CHANNEL_H

#include "module/httpd/state.h"

enum { US_BATCH_RECORDS = 32, US_BATCH_PARTS = 128, US_READ_BYTES = 16384 };

/* Records on their way, one write as far as the socket takes them. Bytes of shipments stay until they are acknowledged or abandoned. */
struct us_batch {
    uint8_t headers[US_BATCH_RECORDS][FT_RECORD_BYTES];
    struct iovec parts[US_BATCH_PARTS];
    unsigned records, first, count; /* parts [first, count) are left */
};

/* Control records that wait, in a row. */
struct us_controls {
    struct ft_record *records;
    unsigned first, count, room;
};

/* The record that comes in, as far as it is here. */
struct us_incoming {
    uint8_t header[FT_RECORD_BYTES];
    size_t header_bytes, payload_left;
    struct ft_record record;
    struct us_logged *logged; /* whose bytes come; NULL: skip them */
    char buffer[US_READ_BYTES];
};

struct us_channel {
    const char *control_path;
    server_rec *server;
    int control, listener, socket;
    int ear; /* an epoll set: readable if the thread is to read the socket */
    bool connecting;
    bool begun;  /* in this view records have gone out on it, or come in */
    bool broken; /* and it is gone: what was lost would be missed, so failover decides */
    int64_t retry_ns, report_ns;
    bool introduces;     /* the first record of this view is still to be sent */
    bool ready;          /* there may be something to send */
    bool full;           /* the socket takes no more: the thread waits until it does */
    bool writing;        /* somebody does, without the lock */
    bool reading;        /* somebody does */
    bool ended;          /* somebody has found that it has: the thread is to close it */
    pthread_cond_t idle; /* one of the two does no more */
    struct us_controls controls;
    struct us_batch out;
    struct us_incoming in;
};

extern struct us_channel us_channel;

/* channel.c: the thread is to look what it should wait for. */
void us_channel_wake(void);

/* mux.c, all with the lock held */
/* Writes what waits, if nobody else does: it is let go of and taken again meanwhile. */
void us_mux(void);
void us_mux_record(const struct ft_record *record);
/* The primary's first record forgets a connection that nobody has. */
bool us_mux_is_introduction(const struct ft_record *record);

/* demux.c: one read, by whoever has taken the ear and without the lock, and what it brings, with it. */
ssize_t us_demux_read(int socket, int flags);
void us_demux_take(ssize_t got);

/* ear.c */
int us_ear_open(void);
/* Lock held, all of these; the thread's: the channel has a socket, or has one no more. */
void us_ear_attach(void);
void us_ear_detach(int socket);
/* Reads what there is, unless a worker is at it: the lock is let go of and taken again meanwhile. */
void us_ear_hear(void);

/* dial.c, with the lock held; the thread's */
enum { US_CANDIDATES = 4 };
void us_dial_listen(void);
void us_dial_connect(int64_t now_ns);
void us_dial_connected(void);
void us_dial_accept(void);
void us_dial_drop(void);
/* Whom the thread is to hear; -1: nobody. */
int us_dial_candidate(unsigned index);
void us_dial_hear(unsigned index);
/* A new view: is it what one of them has proved to be of? */
void us_dial_judge(void);

/* role.c, with the lock held; the thread's. Where a change of role or view ends the log, everybody who waits for it or from whom
 * it waits is told that there is none. */
void us_role_take(const struct link_state *state);

/* control.c, with the lock held; the thread's */
void us_control_read(void);
void us_control_report(int64_t now_ns);

#endif
