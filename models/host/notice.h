/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notice - what happens in the world, said once and heard by whoever wants to know.
 *
 * The models post; the promise checkers, the fault triggers ("after the 3rd segment of the reply to request 7") and the
 * trace listen. Listeners must not change the world, but for faults, which act through an event of their own.
 */
#ifndef MODELS_HOST_NOTICE_H
#define MODELS_HOST_NOTICE_H

#include <stdint.h>

struct host;
struct packet;
struct request;
struct reply;
struct tcp_socket;

enum notice_kind {
    NOTICE_NONE,               /* never posted: a fault that strikes by time */
    NOTICE_CONNECTION_OPENING, /* client: SYN is about to be sent; socket, value: client */
    NOTICE_CONNECTION_OPEN,    /* client: connected; socket, value: client */
    NOTICE_CONNECTION_CLOSING, /* client or server closes its side; host, socket */
    NOTICE_CONNECTION_LOST, /* client: the connection broke under it; value: enum tcp_reason, limit: client */
    NOTICE_REQUEST_SENT,     /* client: last byte handed to TCP; request */
    NOTICE_REQUEST_PART,     /* server host: part of a request read; request, value: bytes so far */
    NOTICE_REQUEST_RECEIVED, /* server host: the whole request read; request */
    NOTICE_EXECUTING,        /* server host: execution begins; request */
    NOTICE_EXECUTED,         /* server host: the reply is complete in memory; request, reply */
    NOTICE_RECORD_SENT, /* primary: the last byte of the reply's record was handed to the log channel; reply */
    NOTICE_REPLY_LOGGED, /* backup: the whole reply is in the log; reply */
    NOTICE_REPLY_RELEASED, /* primary: acknowledgement of the log is here, the reply may leave; reply */
    NOTICE_REPLY_TRIMMED, /* backup: the log gave the reply up; reply, value: its end among the bytes of its connection (0: not written), limit: client address << 16 | port */
    NOTICE_LOG_LEVEL,     /* server host: bytes in its log; value: bytes, limit: bytes */
    NOTICE_SERVICE_SEGMENT, /* server host: a packet leaves with the service address as its source; packet, value: view */
    NOTICE_SERVICE_ANNOUNCED, /* server host: tells everybody by ARP that the service address is its own; packet */
    NOTICE_CLIENT_SEGMENT, /* client host: a packet from the service address arrives undamaged, before TCP sees it; packet */
    NOTICE_REPLY_SEGMENT_SENT, /* server host: a packet with reply payload leaves; packet, reply, value: 1, 2, … of it */
    NOTICE_REPLY_FIRST_BYTE, /* client: request */
    NOTICE_REPLY_PART, /* client: reply bytes taken in; request, reply, packet NULL, value: offset, limit: length */
    NOTICE_REPLY_DONE, /* client: the reply is complete and classified; request, reply, value: enum outcome */
    NOTICE_CLOSE_AWAITED, /* client: the wait for the server's FIN behind its last reply ended, or is on at the run's end; value: since when */
    NOTICE_VERDICT, /* server host: the packet path has decided; packet, value: enum ft_action bits, limit: enum ft_reason */
    NOTICE_PACKET_DROPPED, /* host: a packet goes no further; packet, value: enum host_drop */
    NOTICE_LEASE, /* server host: may speak until another time than before; value: ns, on its own clock */
    NOTICE_PROPOSAL, /* server host: the primary, whose log is stuck, proposes to serve alone; value: the view it would do so in */
    NOTICE_ROLE,     /* server host changed its role; value: enum ft_role, limit: view */
    NOTICE_CRASH,    /* host */
    NOTICE_RESTART,  /* host */
    NOTICE_FAULT,    /* a fault of the config strikes; host: whom, or NULL, value: its index */
    NOTICE_HEALED,   /* it ends by itself; value: its index */
    NOTICE_KINDS
};

struct notice {
    enum notice_kind kind;
    struct host *host;
    struct request *request;
    struct reply *reply;
    const struct packet *packet;
    struct tcp_socket *socket;
    uint64_t value, limit;
};

struct observer {
    void (*notice)(struct observer *self, const struct notice *notice);
    uint32_t kinds; /* bit per enum notice_kind */
};

enum { NOTICE_OBSERVERS_MAX = 48 };
struct notice_board {
    struct observer *observers[NOTICE_OBSERVERS_MAX];
    unsigned count;
    uint32_t kinds; /* what anybody listens to */
};

void notice_subscribe(struct notice_board *board, struct observer *observer);
void notice_unsubscribe(struct notice_board *board, struct observer *observer);
void notice_deliver(const struct notice_board *board, const struct notice *notice);
/* By kind, as scenario files name them ("reply_segment_sent"); NULL-ended. */
extern const char *const notice_names[NOTICE_KINDS + 1];
extern const char
    *const notice_help[NOTICE_KINDS]; /* by kind, for those who write scenario files */

/* Costs one untaken branch when nobody listens to the kind. */
#define NOTICE(board, ...)                                                                         \
    do {                                                                                           \
        const struct notice notice_ = {__VA_ARGS__};                                               \
        if ((board)->kinds >> notice_.kind & 1)                                                    \
            notice_deliver(board, &notice_);                                                       \
    } while (0)

#endif
