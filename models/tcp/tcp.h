/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp - a TCP endpoint as RFC 9293 has it, with RFC 5681 congestion control, RFC 6298 timers, RFC 6582/6675 recovery,
 * RFC 7323 window scaling (no timestamps), RFC 2018 SACK, delayed ACKs and Nagle's algorithm.
 *
 * A stack belongs to one host: it owns sockets, demultiplexes packets to them and hands its own packets to `transmit`. It
 * knows nothing of CPUs or schemes: the host calls tcp_input() when its CPU got that far, and charges for what comes out.
 * Headers are real bytes with real checksums, parsed and built by the same core/ft_segment.h as the packet path.
 *
 * Sockets are small (100 thousand of them fit in memory) and come from a pool; a socket pointer is valid until its
 * `closed` callback returns. TIME_WAIT lives on in the stack as a small record of its own.
 *
 * Not modelled: urgent data, simultaneous open, PAWS, ECN, TCP Fast Open, keep-alive probes, path MTU discovery.
 */
#ifndef MODELS_TCP_TCP_H
#define MODELS_TCP_TCP_H

#include "models/net/packet.h"
#include "sim/simulation.h"

struct tcp_stack;
struct tcp_socket; /* models/tcp/tcp_socket.h, the stack's own */

/* How long a socket that has closed, and whose FIN was acknowledged, waits for the peer's: Linux tcp_fin_timeout. */
#define TCP_FIN_WAIT_2_NS INT64_C(60000000000)

struct tcp_congestion; /* tcp_newreno, tcp_cubic: models/tcp/tcp_congestion.c */

/* How a kernel behaves; a NULL-ended table of them: linux-2.4, linux-6, and ns-3 for comparisons with it. The numbers' sources stand beside them. */
struct tcp_profile {
    const char *name, *help;
    const struct tcp_congestion *congestion;
    uint32_t initial_window_segments;
    uint32_t duplicate_ack_threshold;
    uint32_t
        byte_counting; /* segments that one ACK counts as at most when it opens the window (RFC 3465's L); 0: any */
    int64_t rto_initial_ns, rto_min_ns, rto_max_ns;
    int64_t rto_granularity_ns; /* the least that RFC 6298's variance term counts as: its G */
    bool
        rto_min_is_of_variance; /* Linux: RTO = SRTT + max(minimum, variance); else max(minimum, SRTT + variance) */
    int64_t delayed_ack_ns; /* the longest an ACK waits */
    int64_t
        delayed_ack_min_ns; /* Linux adapts the wait between this and delayed_ack_ns; equal or 0: it is constant */
    bool
        ack_by_segments; /* an ACK for every second segment, after the application has read (ns-3); else for more
                                  * than one full segment's bytes, before it reads (Linux) */
    bool idle_restart; /* RFC 5681 4.1: the window shrinks while the sender is idle */
    uint32_t
        quick_acks; /* segments acknowledged at once at the start of a connection (Linux quickack mode) */
    int64_t time_wait_ns;
    int64_t
        challenge_gap_ns; /* the least between two ACKs of a connection that answer what ought not to have come; 0: none */
    uint32_t mss;          /* bytes, offered */
    uint32_t loopback_mss; /* the same on a connection with ourselves */
    uint8_t window_scale;  /* offered; 0xff: option not sent */
    bool sack, nagle;
    uint32_t send_buffer_bytes, receive_buffer_bytes;
    uint32_t
        send_buffer_max_bytes; /* the send buffer follows twice the congestion window up to this; 0: it is fixed */
    uint32_t syn_retries, retries;
    bool checksum; /* false: neither computed nor verified (offloaded to the NIC) */
};
extern const struct tcp_profile tcp_profiles[];

enum tcp_reason { TCP_CLOSED, TCP_RESET, TCP_TIMED_OUT, TCP_REFUSED };

struct tcp_address {
    uint32_t ip; /* host order */
    uint16_t port;
};

/* What the owner of a socket wants to know. Every callback may be NULL and may send, receive, close or abort. */
struct tcp_events {
    void (*connected)(struct tcp_socket *);
    void (*readable)(struct tcp_socket *);     /* new in-order bytes, or the peer's FIN */
    void (*writable)(struct tcp_socket *);     /* room again after a short tcp_send() */
    void (*acknowledged)(struct tcp_socket *); /* the peer acknowledged more of what we sent */
    void (*closed)(struct tcp_socket *,
                   enum tcp_reason); /* the last one: the pointer dies with it */
};

struct tcp_stack *tcp_stack_new(struct simulation *simulation, struct packet_pool *packets,
                                const struct tcp_profile *profile, uint64_t entity);
/* How many ports connections without one of their own get, the first of the usual range; before the first is opened. */
void tcp_stack_set_ports(struct tcp_stack *self, uint32_t count);
void tcp_stack_free(struct tcp_stack *self);
/* Where the stack's packets go; takes ownership of each. mac_from and mac_to are the transmitter's business. */
void tcp_stack_set_transmit(struct tcp_stack *self,
                            void (*transmit)(void *context, struct packet *), void *context);
/* All sockets, listeners and TIME_WAITs vanish without a packet or a callback (the host crashed). */
void tcp_stack_crash(struct tcp_stack *self);

/* A paused host computes nothing: what its timers owe is done when it resumes, once each, however often they would have fired.
 * Ends of TIME_WAITs, which send nothing, come as ever. */
void tcp_stack_pause(struct tcp_stack *self);
void tcp_stack_resume(struct tcp_stack *self);

/* A packet for this stack (checksum is verified here). Takes ownership. */
void tcp_input(struct tcp_stack *self, struct packet *packet);

/* Accepts connections to (ip, port): `accepted` sets owner and events. At most `backlog` sockets that `accepted` has not
 * yet been called for. */
void tcp_listen(struct tcp_stack *self, struct tcp_address local, uint32_t backlog, void *context,
                void (*accepted)(void *context, struct tcp_socket *));
void tcp_unlisten(struct tcp_stack *self, struct tcp_address local);
/* An active open. local.port 0 takes a free ephemeral port. NULL: no port free. */
struct tcp_socket *tcp_connect(struct tcp_stack *self, struct tcp_address local,
                               struct tcp_address remote, const struct tcp_events *events,
                               void *owner);

/* A connection whose handshake somebody else has made (bpf_sk_assign_tcp_reqsk): the listener's socket for it comes into
 * being in SYN_RECEIVED with these parameters, and the segment that follows through tcp_input() completes it. */
struct tcp_adoption {
    struct tcp_address local, remote;
    uint32_t client_isn, server_isn;
    uint16_t mss;
    uint8_t peer_window_scale, own_window_scale; /* 0xff: scaling off */
    bool sack;
};
enum tcp_adopt_result { TCP_ADOPTED, TCP_ADOPT_NO_LISTENER, TCP_ADOPT_EXISTS };
enum tcp_adopt_result tcp_adopt(struct tcp_stack *self, const struct tcp_adoption *adoption);

void tcp_set_owner(struct tcp_socket *self, const struct tcp_events *events, void *owner);
void *tcp_owner(const struct tcp_socket *self);

/* Queues bytes; takes a reference on the content for as long as it needs it. Returns the bytes accepted (short when the
 * send buffer is full: `writable` follows). `more` as MSG_MORE. */
uint32_t tcp_send(struct tcp_socket *self, const struct span *span, bool more);
uint32_t tcp_send_space(const struct tcp_socket *self);
uint32_t
tcp_unacknowledged(const struct tcp_socket *self); /* bytes sent or queued, not yet acknowledged */
/* Takes the next in-order bytes, at most `limit`; false if there are none. The caller inherits the reference. */
bool tcp_receive(struct tcp_socket *self, uint32_t limit, struct span *out);
uint32_t tcp_receivable(const struct tcp_socket *self);
bool tcp_peer_finished(const struct tcp_socket *self); /* FIN received and all data taken */
void tcp_close(struct tcp_socket *self);               /* sends what is queued, then FIN */
void tcp_abort(struct tcp_socket *self);               /* sends RST; no `closed` callback */
void tcp_set_nagle(struct tcp_socket *self, bool on);
/* Retransmits the first unacknowledged segment, or sends an ACK, at once (takeover: do not wait for the RTO). */
void tcp_kick(struct tcp_socket *self);

/* For oracles and shells: what this endpoint is and holds. Sequence numbers are absolute (mod 2^32). */
struct tcp_facts {
    struct tcp_address local, remote;
    uint32_t own_isn, peer_isn;
    uint32_t received_through;    /* RCV.NXT */
    uint32_t offered_through;     /* the right edge of the window that was advertised */
    uint8_t peer_window_scale;    /* what the peer's window fields are shifted by */
    uint32_t sent_through, acked; /* SND.NXT, SND.UNA */
    uint32_t congestion_window, slow_start_threshold; /* bytes */
    int64_t rtt_ns, rto_ns;
    int64_t opened_at_ns; /* when this endpoint came into being */
    uint64_t retransmissions;
    const char *state;
};
void tcp_facts(const struct tcp_socket *self, struct tcp_facts *out);
struct tcp_socket *tcp_find(struct tcp_stack *self, struct tcp_address local,
                            struct tcp_address remote);
void tcp_each(struct tcp_stack *self, void (*visit)(struct tcp_socket *, void *context),
              void *context);

struct tcp_counters {
    uint64_t segments_in, segments_out, retransmissions, timeouts, fast_recoveries, bad_checksums,
        resets_sent, resets_received, opened, time_waits, refused;
};
const struct tcp_counters *tcp_counters(const struct tcp_stack *self);
uint32_t tcp_sockets(const struct tcp_stack *self); /* alive now; TIME_WAIT is not */

#endif
