/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message_path_state - what a message path is made of, and what message_path.c and log_channel.c ask of each other.
 */
#ifndef MODELS_WEB_MESSAGE_PATH_STATE_H
#define MODELS_WEB_MESSAGE_PATH_STATE_H

#include "models/web/message_path.h"
#include "models/web/server_state.h"

/* A reply in the log. */
struct logged {
    struct ft_log_entry core;
    struct logged *next; /* of its connection, once it is written */
    struct reply *reply; /* a reference; NULL until its first byte is here */
    uint64_t end;        /* of the reply among the bytes written to its connection */
};

/* A record header to be sent: 64 real bytes. */
struct record_buffer {
    struct content content;
    struct record_buffer *next;
    struct message_path *path;
    uint8_t bytes[FT_RECORD_BYTES];
};

enum { CHANNEL_SPANS_MAX = 16 };

struct message_path {
    struct message_settings settings;
    struct apache *server;
    struct host *host;
    enum ft_role role;
    uint64_t view;
    struct ft_sender sender;
    struct ft_log log;
    int64_t progress_at_ns; /* the last acknowledgement, or since when replies wait */
    uint64_t refused[4];
    /* the channel: log_channel.c */
    struct tcp_socket *channel;
    bool connected;
    struct process mux, demux;
    struct record_buffer *first_control, *last_control; /* to be sent before replies */
    struct span spans[CHANNEL_SPANS_MAX];               /* being written; references */
    unsigned span_count, span_at;
    struct reply *finishing;         /* its last byte is among them */
    uint8_t header[FT_RECORD_BYTES]; /* being read */
    uint32_t header_bytes, payload_left, budget;
    struct logged *filling;  /* whose payload is being read; NULL: skip it */
    struct ft_record record; /* the record read last */
    struct logged *completed;
    uint64_t records; /* made so far */
};

/* message_path.c: what a record does. */
struct logged *message_path_open_entry(struct message_path *self, const struct ft_record *record);
void message_path_on_logged(struct message_path *self, struct logged *logged);
void message_path_on_ack(struct message_path *self, const struct ft_record *record);
void message_path_on_forget(struct message_path *self, const struct ft_record *record);
void message_path_note_sent(struct message_path *self);

/* log_channel.c */
void message_path_open_channel(struct message_path *self);
void message_path_close_channel(struct message_path *self);
void message_path_free_channel(struct message_path *self);
/* Wakes the mux, if it sleeps and there is something to send. */
void message_path_mux(struct message_path *self);
void message_path_send_control(struct message_path *self, const struct ft_record *record);

#endif
