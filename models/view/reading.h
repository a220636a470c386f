/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reading - what a packet says, for people: its header in numbers, and what its payload is about.
 */
#ifndef MODELS_VIEW_READING_H
#define MODELS_VIEW_READING_H

#include "core/ft_control.h"
#include "core/ft_record.h"
#include "models/net/packet.h"

#include <stdbool.h>

enum traffic {
    TRAFFIC_CLIENT,  /* between a client and the service */
    TRAFFIC_COPY,    /* the same between the servers: a copy of what a client sent */
    TRAFFIC_REPORT,  /* the backup tells the primary what it has acknowledged */
    TRAFFIC_LOG,     /* the log channel */
    TRAFFIC_CONTROL, /* heartbeats */
    TRAFFIC_ANNOUNCE,
    TRAFFIC_OTHER, /* none of these, or too damaged to say */
    TRAFFICS
};
extern const char *const traffic_names[TRAFFICS];

struct reading {
    enum traffic traffic;
    bool tcp;     /* seq, ack, flags, window are there */
    bool damaged; /* a checksum is wrong, or a length */
    bool control_is_sound, record_is_sound;
    uint8_t flags; /* enum tcp_flag */
    uint16_t window, source_port, destination_port;
    uint32_t source_ip, destination_ip, seq, ack, length;
    uint32_t offset;               /* of the first byte of the request or reply below in it */
    const struct request *request; /* of its payload; NULL: none, as the next two */
    const struct reply *reply;
    struct ft_record record;   /* the first whole one in the payload */
    struct ft_control control; /* the heartbeat */
};

/* What a reader must know about the world. */
struct reader {
    struct ft_key key; /* of the service: heartbeats and records are authenticated */
    uint32_t service_ip;
    bool checksums; /* TCP's are computed in this world */
};

/* `between_servers`: it travels from one server to the other. */
void reading_of(struct reading *self, const struct reader *reader, const struct packet *packet,
                bool between_servers);
/* "SYN ACK"; room for 32. */
const char *reading_flags(uint8_t flags, char *text);

#endif
