/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_wire - IPv4 and TCP headers between bytes and numbers.
 *
 * Not modelled: IP options, fragments, urgent pointers, timestamps.
 */
#ifndef MODELS_TCP_TCP_WIRE_H
#define MODELS_TCP_TCP_WIRE_H

#include "models/net/packet.h"

enum { TCP_SACK_BLOCKS = 4 };

enum tcp_flag {
    TCP_FLAG_FIN = 1,
    TCP_FLAG_SYN = 2,
    TCP_FLAG_RST = 4,
    TCP_FLAG_PSH = 8,
    TCP_FLAG_ACK = 16,
};

/* A segment as received; `options` points into the packet. */
struct tcp_segment {
    uint32_t source_ip, destination_ip;
    uint16_t source_port, destination_port;
    uint32_t seq, ack;
    uint32_t length; /* of the payload */
    uint16_t window; /* as it stands in the header */
    uint8_t flags;
    uint8_t option_bytes;
    const uint8_t *options;
};

struct tcp_options {
    uint16_t mss;         /* 0: not given */
    uint8_t window_scale; /* 0xff: not given */
    bool sack_permitted;
    uint8_t block_count;
    uint32_t blocks[TCP_SACK_BLOCKS][2];
};

/* A header to be built. Host order. */
struct tcp_header {
    uint32_t source_ip, destination_ip;
    uint16_t source_port, destination_port;
    uint32_t seq, ack;
    uint16_t window, id;
    uint8_t flags;
    uint8_t option_bytes; /* a multiple of 4 */
    uint8_t options[40];
};

enum tcp_parse_result { TCP_PARSE_OK, TCP_PARSE_MALFORMED, TCP_PARSE_CHECKSUM };

/* Parses the packet's header bytes; verifies the checksums of IP and, if `verify`, of TCP. */
enum tcp_parse_result tcp_parse(const struct packet *packet, bool verify, struct tcp_segment *out);
void tcp_parse_options(const struct tcp_segment *segment, struct tcp_options *out);
/* Writes the headers in front of the packet's payload; `checksum`: the TCP checksum too, else it stays 0. */
void tcp_build(struct packet *packet, const struct tcp_header *header, bool checksum);

#endif
