/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_log - the backup's log of replies: what has been received for which request, who waits for it, how much memory it takes.
 *
 * Entries and waiters are embedded in the shell's objects; the shell keeps the payload. An entry comes into being with the
 * first fragment of its reply, is complete with the last (then it is acknowledged: the primary may send it), and is removed
 * when the client has acknowledged every byte of the reply, or its connection is gone. Freed bytes are told to the primary as
 * credit, with acknowledgements, or by themselves when enough have gathered. The limit holds because the primary starts no
 * reply without credit; a peer that does is refused.
 */
#ifndef CORE_FT_LOG_H
#define CORE_FT_LOG_H

#include "core/ft_record.h"

enum { FT_LOG_BUCKETS = 1024 };

struct ft_log_entry {
    struct ft_log_entry *next; /* bucket */
    struct ft_request_key key;
    uint64_t number, length, received;
    bool complete, close;
    bool unlogged; /* there will be no reply to take: give the connection up */
    bool orphan;   /* its connection is gone: the shell removes it when it is complete */
};

/* Somebody on the backup who has read a request and waits for its reply. */
struct ft_log_waiter {
    struct ft_log_waiter *next; /* bucket */
    struct ft_request_key key;
    bool waiting;
};

struct ft_log {
    struct ft_log_entry *entries[FT_LOG_BUCKETS];
    struct ft_log_waiter *waiters[FT_LOG_BUCKETS];
    uint64_t view;
    uint64_t limit, held; /* bytes; held: the full length of every entry */
    uint64_t freed, told; /* bytes, ever; told: what the primary knows of `freed` */
    uint32_t count;
};

enum ft_log_error {
    FT_LOG_OK,
    FT_LOG_STALE_VIEW,   /* from another view: skip its payload */
    FT_LOG_OVERDRAWN,    /* more than the primary has credit for: end the channel */
    FT_LOG_OUT_OF_ORDER, /* the fragment does not continue its reply: end the channel */
};

void ft_log_init(struct ft_log *self, uint64_t view, uint64_t limit);
struct ft_log_entry *ft_log_find(const struct ft_log *self, const struct ft_request_key *key);
/* A fragment's record is here. `entry`: what ft_log_find() gave for its key, or a fresh one, which is then entered. */
enum ft_log_error ft_log_fragment(struct ft_log *self, struct ft_log_entry *entry,
                                  const struct ft_record *record);
/* Payload of the entry is here (none, of a reply of no bytes); true if the reply is complete now: acknowledge it and wake who
 * waits. */
bool ft_log_received(struct ft_log_entry *entry, uint64_t bytes);
/* Takes an entry out; its bytes become credit. */
void ft_log_remove(struct ft_log *self, struct ft_log_entry *entry);
/* Any entry of the connection that is no orphan (FORGET; the connection closed); NULL: none. */
struct ft_log_entry *ft_log_any_of(const struct ft_log *self,
                                   const struct ft_connection_key *connection);

/* The acknowledgement of a complete entry, with the credit so far. */
void ft_log_acknowledge(struct ft_log *self, const struct ft_log_entry *entry,
                        struct ft_record *record);
/* True, with the record to send, if the primary should hear of freed bytes now: there are many, or the log is empty. `often`: it
 * will be asked again soon, and an empty log can wait for that, for an acknowledgement is likely to tell it. */
bool ft_log_credit_due(struct ft_log *self, bool often, struct ft_record *record);

void ft_log_wait(struct ft_log *self, struct ft_log_waiter *waiter);
void ft_log_stop_waiting(struct ft_log *self, struct ft_log_waiter *waiter);
/* Who waits for this key; NULL: nobody. */
struct ft_log_waiter *ft_log_waiter_for(const struct ft_log *self,
                                        const struct ft_request_key *key);
/* Takes any waiter out (takeover: all of them must execute); NULL when there are no more. */
struct ft_log_waiter *ft_log_next_waiter(struct ft_log *self);
/* Takeover: takes out any entry that is not complete; NULL when there are no more. */
struct ft_log_entry *ft_log_next_incomplete(struct ft_log *self);
/* Takes out any entry at all (the host stops); NULL when there are no more. */
struct ft_log_entry *ft_log_next_entry(struct ft_log *self);

#endif
