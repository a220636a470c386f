/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * state - what the server module is made of: the log and the sender behind one lock, connections, and who waits.
 *
 * One server process with many threads (event MPM, ServerLimit 1): its worker threads read requests, write to the log channel,
 * wait here and read it meanwhile, one more thread keeps it open and speaks to the daemon (channel.h). Everything in struct us_module is
 * under `lock`.
 */
#ifndef MODULE_HTTPD_STATE_H
#define MODULE_HTTPD_STATE_H

#include "core/ft_log.h"
#include "core/ft_sender.h"
#include "module/link.h"

#include <apr_buckets.h>
#include <apr_thread_cond.h>
#include <apr_thread_proc.h>
#include <httpd.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/uio.h>
#include <util_filter.h>

/* What a thread waits for the other host with: its own, for as long as it lives. */
struct us_wait {
    sem_t wake;
    enum us_answer {
        US_PENDING,
        US_RELEASED,
        US_LOGGED,
        US_EXECUTE,
        US_ENDED, /* the primary has ended the connection, and so do we, in good order */
        US_GONE,  /* nobody here may answer */
    } answer;
    struct us_wait *next; /* of those that are to be woken */
    bool used;
};

enum { US_PIECES = 32 };

/* A reply on its way to the backup's log: where its bytes lie, and the worker that waits. On that worker's stack. */
struct us_shipment {
    struct ft_shipment core;
    struct us_wait *wait;
    struct iovec pieces[US_PIECES];
    unsigned count;
};

/* A reply in the backup's log. */
struct us_logged {
    struct ft_log_entry core;
    char *bytes; /* owned; core.length of them */
};

/* A worker of the backup that waits for a reply. */
struct us_waiter {
    struct ft_log_waiter core;
    struct us_wait *wait;
};

/* Which part this host has in a connection at the moment. */
enum us_part {
    US_ALONE, /* it serves as if there were no module: nobody logs its replies, and none is logged */
    US_PRIMARY, /* its replies are logged before they leave */
    US_BACKUP,  /* its replies come out of the log, or nobody may answer */
};

enum { US_BUCKETS = 256 };
#define US_ENDLESS UINT32_MAX

struct us_connection {
    struct us_connection *next, **link; /* the bucket of the replicated ones */
    conn_rec *connection;
    apr_socket_t *socket;
    struct ft_connection_key key;
    uint64_t view; /* in which the kernel created it */
    enum {
        US_UNKNOWN,
        US_FOREIGN, /* none of the service's clients */
        US_PLAIN,   /* the speaker's, whoever that is */
        US_REPLICATED,
        US_LEFT, /* to the primary */
    } kind;
    uint32_t replies; /* complete, so far: the ordinal of the next request is one more */
    uint32_t end; /* after so many replies the primary has ended it; US_ENDLESS: not that we know */
    bool surplus; /* there is no worker for it: it is to leave */
    bool closes;  /* the last reply said that it would be closed */
    bool closing; /* its socket is not to be touched any more */
    bool over;    /* the other host has been told */
    bool brisk;   /* its client asks again as soon as it is answered */
    int64_t replied_ns; /* on the primary: when */
    int64_t held_ns;    /* on the backup: for how long it held the last reply back */
    /* The reply being made: kept back until it is whole, or passed on as it comes. */
    enum { US_UNDECIDED, US_HELD, US_STREAMED } passage;
    apr_bucket_brigade *held; /* NULL before the first byte */
    uint64_t held_bytes;
    bool replaying; /* what passes the filter came out of the log */
};

/* A request's body that is kept. */
struct us_body {
    char *bytes; /* NULL: not read, or there is none */
    uint64_t size, room;
    bool undeclared; /* chunked: how long it is shows when it ends */
};

struct us_module {
    pthread_mutex_t lock;
    struct link_state state;
    bool known;             /* a state has come */
    bool unheard;           /* its daemon is gone: the next one will end our connections */
    pthread_cond_t changed; /* another one has come */
    struct ft_sender sender;
    struct ft_log log;
    /* Bytes of bodies, and in whose turn they are handed out. */
    struct {
        pthread_cond_t changed;
        uint64_t bytes, turn, turns;
    } bodies;
    /* Bytes of replies that are kept back, and who has more of them than there is room for. */
    struct {
        pthread_cond_t less;
        uint64_t bytes;
        const struct us_connection *beyond;
    } held;
    int flows;    /* the packet path's table; -1: none */
    int settings; /* and what it goes by, to be read only */
    int wake;     /* an eventfd: the channel's thread has something to look at */
    int turn;     /* another one, readable while this host is not the backup */
    int64_t progress_ns;
    struct us_connection *connections[US_BUCKETS];
    unsigned connection_count;
    int workers;         /* threads that serve connections */
    _Atomic int clients; /* connections that have had one, replicated or not; needs no lock */
    struct link_report report;
};

extern struct us_module us; /* of this process */

/* wait.c */
int64_t us_now_ns(void);
void us_lock(void);
/* Records that wait are written, and who was answered is woken. */
void us_unlock(void);
/* Lock held: from now on this thread may be answered. */
struct us_wait *us_wait_begin(void);
void us_answer(struct us_wait *wait, enum us_answer answer);
/* Without the lock: returns when it was answered. */
enum us_answer us_wait_end(struct us_wait *wait);
/* The same, but not after that time; false: it was not answered yet. */
bool us_wait_until(struct us_wait *wait, int64_t until_ns);

/* channel.c */
apr_status_t us_channel_start(const char *control_path, apr_pool_t *pool, server_rec *server);
/* Lock held, the rest of channel.c's: the reply goes to the backup; who waits is answered when it is there, or nobody is. */
void us_channel_ship(struct us_shipment *shipment);
/* Takes an entry out of the log and tells the primary of the room, if it should hear of it. */
void us_log_drop(struct us_logged *logged);
/* Drops what is logged for a connection. */
void us_log_drop_connection(const struct ft_connection_key *key);
/* Tells the other host what became of a connection (FORGET, LEFT). */
void us_channel_tell(enum ft_record_kind kind, const struct us_connection *connection);

static inline struct us_logged *us_logged_of(struct ft_log_entry *entry)
{
    return (struct us_logged *)entry; /* its first member */
}

/* ear.c. Lock held: the channel's socket, if the caller is to read it until it has been answered; -1: somebody else does. */
int us_ear_lend(void);
/* Without the lock: reads until this is answered, or the channel has ended. */
void us_ear_await(const struct us_wait *wait, int socket);

/* connection.c */
void us_connection_begin(struct us_connection *self);
/* Looks up what the packet path knows of it, if that is not known yet. */
enum us_part us_connection_part(struct us_connection *self);
/* Lock held: as far as it is known. */
enum us_part us_connection_part_now(const struct us_connection *self);
/* Lock held. NULL: there is none. */
struct us_connection *us_connection_find(const struct ft_connection_key *key);
/* Lock held: whether the packet path has it, in the present view. */
bool us_connection_is_open(const struct ft_connection_key *key);
struct us_connection *us_connection_of(conn_rec *connection);
/* Lock held: from now on the connection is the primary's alone, whatever becomes of it. For the packet path, or wholly. */
void us_connection_mark_left(const struct ft_connection_key *key);
void us_connection_leave(struct us_connection *self);
/* Lock held, on the backup: leaves it and says so. */
void us_connection_give_up(struct us_connection *self);
/* Lock held: the primary has ended it after `replies`; an idle one is closed. */
void us_connection_set_end(struct us_connection *self, uint32_t replies);
/* The backup has one more reply of it; true: the last one, as the primary has said. */
bool us_connection_replied(struct us_connection *self);
/* Its last reply is out: the other host hears of its end, once. */
void us_connection_over(struct us_connection *self);
/* A hook: Apache is about to close it. */
int us_connection_close(conn_rec *connection);
/* Nobody here may answer: its socket ends without a word more. */
void us_connection_cut(struct us_connection *self);
/* What the packet path knows of it now; false: nothing. */
struct ft_flow;
bool us_flow_of(const struct us_connection *self, struct ft_flow *flow);
/* The server is done with the connection: the log forgets it. */
void us_connection_end(struct us_connection *self);
struct ft_request_key us_next_request(const struct us_connection *self);

/* ship.c */
/* A whole reply with what ends its request: its buckets have to stay until it is shipped. False: it cannot be read. */
bool us_shipment_load(struct us_shipment *self, apr_bucket_brigade *reply, apr_size_t length);
/* Where so many bytes of it are; at most US_PIECES of `out`. */
unsigned us_shipment_part(const struct us_shipment *self, uint64_t offset, size_t size,
                          struct iovec *out);
/* As the reply to the next request. Returns when the backup has it, or nobody is there to have it; true: it was shipped, in this
 * view. */
bool us_ship(struct us_shipment *self, const struct us_connection *connection);
/* The reply becomes these bytes, in one piece, and what ends the request. Owns them from here on. */
void us_replace(apr_bucket_brigade *reply, char *bytes, apr_size_t length);

/* capture.c */
extern const char us_capture_name[];
/* The primary serves it alone from now on: the backup knows when this returns. */
void us_leave(struct us_connection *self);
apr_status_t us_capture(ap_filter_t *filter, apr_bucket_brigade *brigade);

/* What the connection has kept back is on its way, or never will be. */
void us_held_release(struct us_connection *self);

/* stay.c, on the primary: a request has come; and may the worker wait for the next one behind this reply, and wait. */
void us_stay_asked(struct us_connection *self);
bool us_stays(const struct us_connection *self);
void us_stay(const struct us_connection *self);

/* hold.c: returns when the client has the reply of so many bytes that the primary sends it, when this host is to speak, or soon. */
void us_hold_back(struct us_connection *self, uint64_t length);

/* word.c: a host with this part is about to execute: waits until it may speak, or has it no more. The part it has. */
enum us_part us_word_await(struct us_connection *self, enum us_part part);

/* body.c */
extern const char us_body_name[];
apr_status_t us_give_body(ap_filter_t *filter, apr_bucket_brigade *brigade, ap_input_mode_t mode,
                          apr_read_type_e block, apr_off_t bytes);
/* What the request says about its body; lives as long as the request. */
struct us_body *us_body_of(const request_rec *request);
bool us_body_fits(const struct us_body *self);
/* Waits for room and reads all of it, once. OK, or the status that refuses the request. */
int us_body_read(struct us_body *self, request_rec *request);
/* Nobody will ask for it. */
void us_body_drop(struct us_body *self, request_rec *request);
/* What was read, if anything was, is what the request's handler will read. */
void us_body_give_back(struct us_body *self, request_rec *request);

/* replay.c */
int us_quick_handler(request_rec *request, int lookup);
/* Waits for the logged reply to the next request of a connection. US_LOGGED: here it is, the caller frees it; or US_EXECUTE,
 * US_ENDED, US_GONE. */
enum us_answer us_await_logged(struct us_connection *connection, struct us_logged **logged);
void us_logged_free(struct us_logged *self);

#endif
