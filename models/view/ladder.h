/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ladder - a time-sequence diagram: a line for each client and server, time downwards, packets as arrows from line to line.
 *
 * First it is told what happened, in the order of happening (models/view/ladder_watch.h does that for a world); then it
 * chooses what fits (ladder_pick.c), gives everything its place (ladder_layout.c) and writes SVG (ladder_svg.c). Time is not
 * to scale: every label gets the room it needs, and where nothing happens for long there is a marked break.
 */
#ifndef MODELS_VIEW_LADDER_H
#define MODELS_VIEW_LADDER_H

#include "core/ft_role.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { LADDER_TEXT_MAX = 72, LADDER_NAME_MAX = 24, LADDER_LONG_MAX = 280, LADDER_LINES_MAX = 1024 };
enum { LADDER_BROKEN_MAX = 8 };

enum ladder_kind {
    LADDER_ARROW,  /* a packet */
    LADDER_MARK,   /* something that a line's owner does */
    LADDER_ROLE,   /* a server has another role from now on */
    LADDER_LEASE,  /* a server may speak until `until_ns` */
    LADDER_DEATH,  /* a server is dead from now on */
    LADDER_BIRTH,  /* and lives again */
    LADDER_PAUSE,  /* it computes nothing from now on */
    LADDER_RESUME, /* and goes on */
    LADDER_FAULT,  /* a fault strikes or heals, wherever */
    LADDER_BROKEN  /* a promise breaks */
};

enum ladder_style {
    /* arrows */
    LADDER_REQUEST, /* from a client */
    LADDER_REPLY,   /* to a client */
    LADDER_COPY,    /* of a client's segment, from server to server */
    LADDER_REPORT,  /* of what the backup has acknowledged */
    LADDER_RECORD,  /* log channel: towards the backup */
    LADDER_RECEIPT, /* log channel: towards the primary */
    LADDER_ANNOUNCE,
    LADDER_HEARTBEAT, /* not an event of its own: drawn where there is room */
    LADDER_OTHER,
    /* marks */
    LADDER_STEP,  /* of a request's way: executed, logged, released */
    LADDER_BEGIN, /* the same, and it lasts until LADDER_END */
    LADDER_END,
    LADDER_GOOD, /* a request has ended well */
    LADDER_BAD,  /* or not */
    LADDER_STYLES
};

enum ladder_end {
    LADDER_FLYING, /* has not arrived yet: the run ended first */
    LADDER_ARRIVED,
    LADDER_LOST,   /* on its way */
    LADDER_UNSENT, /* its sender's cable or kernel did not take it */
    LADDER_UNHEARD /* its receiver is dead, or has no room */
};

struct ladder_item {
    enum ladder_kind kind;
    uint8_t style, end, role;
    bool quiet;              /* nothing to read in it: an acknowledgement on the log channel */
    bool damaged;            /* on the way */
    int16_t line, to;        /* indices of lines; `to` only of arrows */
    int32_t client;          /* whom it is about; -1: nobody in particular */
    int64_t at_ns, until_ns; /* until_ns: arrival of an arrow, end of a lease */
    uint64_t view;           /* ROLE; BROKEN: see `broken` */
    char text[LADDER_TEXT_MAX];
};

struct ladder_line {
    char name[LADDER_NAME_MAX];
    int32_t client; /* -1: a server */
};

struct ladder {
    struct ladder_line *lines; /* clients first come as they appear; see ladder_line_of_client() */
    unsigned line_count;
    struct ladder_item *items; /* in the order of time */
    uint32_t count;
    size_t room;
    uint64_t dropped;                                /* items that came when memory was full */
    char broken[LADDER_BROKEN_MAX][LADDER_LONG_MAX]; /* texts of BROKEN items, by their `view` */
    unsigned broken_count;
};

struct ladder_settings {
    const char *title, *subtitle; /* NULL: none */
    int64_t since_ns, until_ns;   /* what happens in this time; 0, 0: all of it */
    int client;                   /* only what is about this client; -1: chosen by the ladder */
    unsigned most;                /* events at most; 0: 200 */
};

struct ladder *ladder_new(void);
void ladder_free(struct ladder *self);

/* Lines; servers stand to the right of clients, each in the order of appearance (clients: the first at the right). */
int ladder_server(struct ladder *self, const char *name);
int ladder_client(struct ladder *self, int client);
/* The next item, with its kind, time and line; the rest is the caller's to fill. Valid until the next call; NULL: memory is
 * full (half a million items), which is counted. */
struct ladder_item *ladder_add(struct ladder *self, enum ladder_kind kind, int64_t at_ns, int line);

/* A promise breaks: `text` says how. Only the first eight are kept. */
void ladder_add_broken(struct ladder *self, int64_t at_ns, int line, int client, const char *text);

/* Same ladder, same settings, same bytes. Write errors are the stream's. */
void ladder_write(const struct ladder *self, const struct ladder_settings *settings, FILE *stream);

#endif
