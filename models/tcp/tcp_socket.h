/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_socket - what a socket and a stack are made of, and what the parts of models/tcp/ ask of each other.
 *
 * Sequence numbers are absolute and compared mod 2^32. Bytes queued to be sent, bytes received and not yet read, bytes
 * received out of order, and the sender's scoreboard are all lists of pieces, sorted by sequence number. A socket without
 * data in flight holds no piece. One event serves all timers of a socket: it fires at the earliest deadline or before it,
 * and arms itself again, so that a deadline that moves into the future with every ACK costs a store.
 */
#ifndef MODELS_TCP_TCP_SOCKET_H
#define MODELS_TCP_TCP_SOCKET_H

#include "models/tcp/tcp.h"
#include "models/tcp/tcp_wire.h"
#include "sim/random.h"
#include "sim/slab.h"

#define TCP_NEVER INT64_MAX

enum tcp_state {
    TCP_STATE_CLOSED,
    TCP_STATE_SYN_SENT,
    TCP_STATE_SYN_RECEIVED,
    TCP_STATE_ESTABLISHED,
    TCP_STATE_FIN_WAIT_1,
    TCP_STATE_FIN_WAIT_2,
    TCP_STATE_CLOSING,
    TCP_STATE_CLOSE_WAIT,
    TCP_STATE_LAST_ACK,
};

/* Loss recovery: none, fast recovery (RFC 6582, RFC 6675), or after a time-out until all that was sent then is
 * acknowledged. */
enum tcp_recovery { TCP_RECOVERY_NONE, TCP_RECOVERY_FAST, TCP_RECOVERY_LOSS };

/* A run of the sequence space; with content in the byte queues, without in the scoreboard. */
struct tcp_piece {
    struct tcp_piece *next;
    struct span span;
    uint32_t seq;
};

struct tcp_queue {
    struct tcp_piece *first, *last; /* `last` is valid unless first is NULL */
};

/* State of CUBIC (RFC 9438): windows in bytes. */
struct tcp_cubic {
    int64_t epoch_ns; /* 0: none begun */
    uint32_t w_max, w_est, k_ms, acked;
};

struct tcp_socket {
    struct tcp_socket *hash_next;
    struct tcp_stack *stack;
    uint32_t local_ip, remote_ip;
    uint16_t local_port, remote_port;
    uint8_t state, recovery;
    uint8_t send_scale, receive_scale;
    /* receiving */
    uint32_t rcv_nxt, rcv_right; /* rcv_right: right edge of the window we have advertised */
    uint32_t rcv_acked;          /* what our last ACK acknowledged */
    uint32_t rcv_unread;         /* in-order bytes not yet taken by the application */
    /* sending */
    uint32_t snd_una, snd_nxt, snd_end; /* snd_end: behind the last byte queued */
    uint32_t snd_window, snd_wl1;
    uint32_t congestion_window, slow_start_threshold;
    uint32_t timed_seq; /* its acknowledgement ends the round trip being timed */
    int64_t timed_at_ns;
    int64_t retransmit_at_ns, ack_at_ns; /* deadlines; TCP_NEVER */
    struct event timer;
    uint16_t mss;
    uint8_t duplicate_acks, backoff;
    uint8_t quick_acks, segments_unacked;
    bool nagle : 1, sack : 1, timing : 1, closing : 1, peer_finished : 1, fin_received : 1,
        cork : 1, short_of_room : 1, passive : 1, accepted : 1, locked : 1, dead : 1, ack_now : 1,
        ping_pong : 1, sack_rescued : 1, partial_seen : 1, probing : 1, adopted : 1, fin_known : 1,
        scaled : 1; /* both ends gave a window scale */
    struct tcp_queue send_queue, receive_queue;
    struct tcp_piece
        *send_cursor; /* the piece that snd_nxt is in or behind; NULL: search from the first */
    const struct tcp_events *events;
    void *owner;
    /* colder */
    struct tcp_piece *out_of_order; /* sorted, merged where sequence and content join */
    struct tcp_piece
        *sacked; /* scoreboard: what the peer holds above snd_una; sorted, merged, no content */
    uint32_t sacked_bytes;
    uint32_t
        recover; /* snd_nxt when recovery began; before that, when the first duplicate ACK came */
    uint32_t retransmitted; /* up to here recovery has retransmitted what is missing (HighRxt) */
    uint32_t
        last_sacked_seq; /* where the latest out-of-order segment went: its block is reported first */
    uint32_t snd_window_max;
    uint32_t iss, irs;
    uint32_t snd_small; /* behind the last segment sent that was not full (Minshall's Nagle) */
    uint32_t fin_seq;   /* of the peer's FIN, if fin_known: it may be out of order */
    int64_t srtt_ns, rttvar_ns, rto_ns;
    int64_t last_data_in_ns, last_data_out_ns;
    int64_t opened_at_ns;
    int64_t challenged_at_ns; /* the last ACK by tcp_challenge(); TCP_NEVER: none */
    uint32_t ack_wait_us;     /* Linux's ato; 0: no data yet */
    uint32_t retransmissions, retries;
    uint32_t receive_buffer;
    struct tcp_listener *listener; /* while in SYN_RECEIVED */
    struct tcp_cubic cubic;
};

struct tcp_congestion {
    const char *name, *help;
    /* `acked` new bytes were acknowledged outside recovery, by one ACK. */
    void (*acked)(struct tcp_socket *, uint32_t acked);
    /* The slow-start threshold after a loss with `flight` bytes outstanding. */
    uint32_t (*threshold)(struct tcp_socket *, uint32_t flight);
    /* The window was reset by a time-out or an idle period. NULL: nothing to forget. */
    void (*reset)(struct tcp_socket *);
};
extern const struct tcp_congestion tcp_newreno, tcp_cubic;

struct tcp_listener {
    struct tcp_listener *next;
    struct tcp_address local;
    uint32_t backlog, pending;
    void *context;
    void (*accepted)(void *context, struct tcp_socket *);
};

struct tcp_time_wait; /* tcp_time_wait.c */

struct tcp_time_waits {
    struct tcp_time_wait **buckets, *first, *last;
    struct slab records;
    uint32_t mask, count;
    struct event expiry;
};

struct tcp_stack {
    struct simulation *simulation;
    struct packet_pool *packets;
    struct tcp_profile profile;
    void (*transmit)(void *context, struct packet *);
    void *transmit_context;
    struct tcp_socket **buckets;
    uint32_t mask, sockets;
    struct slab socket_slab, piece_slab;
    struct tcp_listener *listeners;
    struct tcp_time_waits time_waits;
    struct random random;
    uint64_t isn_secret;
    uint32_t isn_bias; /* added to every ISN; tests put numbers near 2^32 with it */
    uint16_t next_port, last_port, next_id;
    bool fixed_isn; /* tests: every ISN is isn_bias */
    bool paused;    /* timers that fire are left to tcp_timer_resume() */
    struct tcp_counters counters;
};

/* --- sequence numbers ------------------------------------------------------------------------------------------- */

static inline bool seq_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static inline bool seq_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

static inline uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint32_t max_u32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static inline uint32_t piece_end(const struct tcp_piece *piece)
{
    return piece->seq + piece->span.length;
}

static inline int64_t tcp_now(const struct tcp_socket *self)
{
    return self->stack->simulation->now_ns;
}

static inline const struct tcp_profile *tcp_profile_of(const struct tcp_socket *self)
{
    return &self->stack->profile;
}

/* What we offer. */
static inline uint16_t tcp_own_mss(const struct tcp_socket *self)
{
    const struct tcp_profile *profile = tcp_profile_of(self);
    return (uint16_t)(self->local_ip == self->remote_ip ? profile->loopback_mss : profile->mss);
}

/* --- tcp_stack.c: life and death of sockets ------------------------------------------------------------------------ */

struct tcp_socket *tcp_socket_new(struct tcp_stack *stack, struct tcp_address local,
                                  struct tcp_address remote);
struct tcp_socket *tcp_lookup(struct tcp_stack *stack, uint32_t local_ip, uint16_t local_port,
                              uint32_t remote_ip, uint16_t remote_port);
struct tcp_listener *tcp_find_listener(struct tcp_stack *stack, uint32_t ip, uint16_t port);
/* Frees the socket without a packet or a callback: at once, or when it is unlocked. */
void tcp_socket_destroy(struct tcp_socket *self);
/* The last callback, then destroy. */
void tcp_socket_finish(struct tcp_socket *self, enum tcp_reason reason);
uint32_t tcp_new_isn(struct tcp_stack *stack, struct tcp_address local, struct tcp_address remote);
uint64_t tcp_hash(uint32_t local_ip, uint16_t local_port, uint32_t remote_ip, uint16_t remote_port);

/* Between lock and unlock the socket's memory stays, whatever callbacks do; unlock returns false if it is gone now. */
static inline bool tcp_lock(struct tcp_socket *self)
{
    bool was = self->locked;
    self->locked = true;
    return was;
}
bool tcp_unlock(struct tcp_socket *self, bool was);

/* --- tcp_pieces.c ----------------------------------------------------------------------------------------------- */

struct tcp_piece *tcp_piece_new(struct tcp_stack *stack);
void tcp_piece_free(struct tcp_stack *stack,
                    struct tcp_piece *piece); /* gives the content back, if any */
void tcp_pieces_free(struct tcp_stack *stack, struct tcp_piece *first);
/* Appends a span, whose reference is taken over, at sequence number `seq`; joins it to the last piece if it continues it. */
void tcp_queue_append(struct tcp_stack *stack, struct tcp_queue *queue, uint32_t seq,
                      const struct span *span);
void tcp_queue_clear(struct tcp_stack *stack, struct tcp_queue *queue);

/* --- tcp_time_wait.c -------------------------------------------------------------------------------------------- */

void tcp_time_wait_init(struct tcp_stack *stack);
void tcp_time_wait_fini(struct tcp_stack *stack);
void tcp_time_wait_add(struct tcp_socket *self);
bool tcp_time_wait_holds(struct tcp_stack *stack, struct tcp_address local,
                         struct tcp_address remote);
/* The segment if it belongs to a connection in TIME_WAIT: true if it was dealt with, false if the record is gone (a SYN
 * reused the ports) or there is none. */
bool tcp_time_wait_input(struct tcp_stack *stack, const struct tcp_segment *segment);

/* --- tcp_input.c, tcp_ack.c, tcp_recovery.c --------------------------------------------------------------------- */

/* Establishes a socket in SYN_RECEIVED and hands it to the listener's owner. False: nobody listens any more. */
bool tcp_establish(struct tcp_socket *self);
/* Takes over what both ends have agreed on: the peer's SYN options, and the window scale of our own, 0xff if it had none. */
void tcp_negotiate(struct tcp_socket *self, const struct tcp_options *options, uint8_t own_scale);
/* Takes the acknowledgement in; returns false if the segment must be dropped. */
bool tcp_ack_input(struct tcp_socket *self, const struct tcp_segment *segment);
void tcp_recovery_duplicate(struct tcp_socket *self);
/* New data was acknowledged, `acked` bytes, snd_una has moved. */
void tcp_recovery_progress(struct tcp_socket *self, uint32_t acked);
void tcp_recovery_timeout(struct tcp_socket *self);

/* --- tcp_sack.c ------------------------------------------------------------------------------------------------- */

/* Enters the blocks of a segment into the scoreboard; true if they tell something new. */
bool tcp_sack_input(struct tcp_socket *self, const struct tcp_options *options);
void tcp_sack_advance(struct tcp_socket *self); /* snd_una has moved */
void tcp_sack_clear(struct tcp_socket *self);
/* The peer acknowledges up to a byte it said it holds: it does not hold it any more (its host was replaced). */
static inline bool tcp_sack_reneged(const struct tcp_socket *self)
{
    return self->sacked != NULL && self->sacked->seq == self->snd_una;
}
/* Bytes thought to be in the network (RFC 6675's pipe). */
uint32_t tcp_pipe(const struct tcp_socket *self);
/* RFC 6675 IsLost() for the byte at snd_una. */
bool tcp_sack_first_lost(const struct tcp_socket *self);
/* The next hole to retransmit in recovery, at most one segment: rules 1 (`lost_only`) and 3 of RFC 6675's NextSeg(). */
bool tcp_sack_next(const struct tcp_socket *self, bool lost_only, uint32_t *seq, uint32_t *length);
/* The run from `seq` that the peer does not hold: skips what it holds and ends where it holds more. */
void tcp_sack_skip(const struct tcp_socket *self, uint32_t *seq, uint32_t *length);
/* Writes the receiver's blocks into `blocks` (left, right edges), the latest first; returns their number, at most
 * TCP_SACK_BLOCKS. */
unsigned tcp_sack_blocks(const struct tcp_socket *self, uint32_t blocks[][2]);

/* --- tcp_reassembly.c ------------------------------------------------------------------------------------------- */

/* Takes what is new and inside the window of the segment's payload; returns the bytes that became readable. */
uint32_t tcp_reassemble(struct tcp_socket *self, const struct tcp_segment *segment,
                        struct packet *packet);

/* --- tcp_output.c, tcp_reply.c ---------------------------------------------------------------------------------- */

void tcp_push(struct tcp_socket *self);     /* sends whatever may be sent now */
void tcp_send_ack(struct tcp_socket *self); /* now */
/* The same in answer to a segment that ought not to have come, unless the last such ACK is too fresh. */
void tcp_challenge(struct tcp_socket *self);
void tcp_send_syn(struct tcp_socket *self); /* SYN or SYN-ACK, as the state demands; also again */
void tcp_send_probe(struct tcp_socket *self);
void tcp_send_reset(struct tcp_socket *self);
/* Retransmits one segment from `seq`, at most `length` bytes. Returns the end of what was sent. */
uint32_t tcp_retransmit(struct tcp_socket *self, uint32_t seq, uint32_t length);
uint32_t tcp_retransmit_first(struct tcp_socket *self);
uint32_t tcp_flight(const struct tcp_socket *self);
uint32_t tcp_sent_through(const struct tcp_socket *self); /* behind the highest byte ever sent */
/* The window that could be advertised now; never moves the right edge back. */
uint32_t tcp_receive_window(const struct tcp_socket *self);
uint16_t tcp_window_field(const struct tcp_socket *self); /* the same, as a header has it */
/* Answers a segment that belongs to no socket. */
void tcp_refuse(struct tcp_stack *stack, const struct tcp_segment *segment);
/* A bare segment that belongs to no socket: resets, ACKs from TIME_WAIT. */
void tcp_send_bare(struct tcp_stack *stack, const struct tcp_header *header);

/* --- tcp_timer.c ------------------------------------------------------------------------------------------------ */

void tcp_timer_init(struct tcp_socket *self);
void tcp_timer_resume(struct tcp_socket *self); /* the stack is not paused any more */
void tcp_timer_set_retransmit(struct tcp_socket *self, int64_t after_ns);
void tcp_timer_set_ack(struct tcp_socket *self, int64_t after_ns);
int64_t tcp_rto(const struct tcp_socket *self); /* with backoff */
void tcp_round_trip(struct tcp_socket *self, int64_t sample_ns);
/* Decides when the data just received is acknowledged. */
void tcp_ack_received(struct tcp_socket *self, uint32_t payload_bytes);
void tcp_note_data_in(struct tcp_socket *self, uint32_t payload_bytes);
void tcp_note_data_out(struct tcp_socket *self);

#endif
