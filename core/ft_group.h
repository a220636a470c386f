/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_group - two hosts, one service: who is primary, who is backup, who serves alone.
 *
 * Heartbeats go over every LAN that the two share. A backup that has counted `timeout_ns` of silence serves alone in a newer
 * view: the primary's lease has ended by then (ft_lease). A primary whose lease ran out is silent; when it has counted twice
 * the time-out, it takes its backup for dead and serves alone in a newer view. Whoever hears of a newer view without a part in
 * it is out, silently and for good: a host that comes back is another host, and taking it in is not done yet.
 *
 * A log channel that makes no progress while heartbeats flow: by policy, either nothing changes and the service waits, or the
 * primary proposes a view of its own; the backup confirms by being out, and only then the primary serves alone.
 *
 * Assumption: two live hosts are never cut off from each other on all LANs at once while clients reach both. If they are,
 * both end up serving alone; each client speaks with whoever holds the address for it, and when the hosts hear each other
 * again, the one with the older view is out. P5 is then broken, and the checkers say so.
 *
 * Views: counter << 8 | host, so that two hosts can never name the same one. Clock drift: `timeout_ns` must exceed
 * `lease_ns` by more than what two clocks drift apart in `timeout_ns` (ft_group_settings_sound()).
 */
#ifndef CORE_FT_GROUP_H
#define CORE_FT_GROUP_H

#include "core/ft_control.h"
#include "core/ft_detect.h"
#include "core/ft_lease.h"
#include "core/ft_role.h"

enum ft_log_policy { FT_LOG_CUT_SIMPLEX, FT_LOG_CUT_STOP };

struct ft_group_settings {
    int64_t heartbeat_ns, timeout_ns, lease_ns;
    enum ft_log_policy log_policy;
    uint8_t self, peer; /* host numbers, below 255 */
    struct ft_key key;
    uint32_t networks; /* LANs that both hosts are on */
};

/* ANNOUNCE: tell the LAN that the service address is here (gratuitous ARP). It may be lost, so it comes again and again while
 * this host serves alone, at intervals that double up to FT_GROUP_ANNOUNCE_NS. */
enum ft_group_action_kind { FT_GROUP_SEND, FT_GROUP_ROLE, FT_GROUP_ANNOUNCE };
#define FT_GROUP_ANNOUNCE_NS 1000000000LL

struct ft_group_action {
    enum ft_group_action_kind kind;
    uint32_t network;                /* SEND */
    uint8_t bytes[FT_CONTROL_BYTES]; /* SEND */
    enum ft_role role;               /* ROLE */
    uint64_t view;
};

enum { FT_GROUP_ACTIONS_MAX = 8 };

struct ft_group {
    struct ft_group_settings settings;
    enum ft_role role;
    uint64_t view, proposal;
    struct ft_detect detect;
    struct ft_lease lease;
    int64_t next_ns;                      /* when the next heartbeat is due */
    int64_t announce_ns, announce_gap_ns; /* when the address is to be announced again */
    int64_t sent_ns;                      /* of our last heartbeat */
    int64_t heard_ns;                     /* highest sent_ns of the peer's */
    bool healthy;
    uint64_t refused[FT_CONTROL_ERRORS];
};

/* The lease is shorter than the time-out even if both clocks run wrong by 200 parts per million, and two heartbeats fit. */
bool ft_group_settings_sound(const struct ft_group_settings *settings);
void ft_group_init(struct ft_group *self, const struct ft_group_settings *settings, int64_t now_ns,
                   enum ft_role role, uint64_t view);

/* Each writes at most FT_GROUP_ACTIONS_MAX actions, to be carried out in order, and returns their number. */
unsigned ft_group_tick(struct ft_group *self, int64_t now_ns, struct ft_group_action *actions);
unsigned ft_group_input(struct ft_group *self, int64_t now_ns, const uint8_t *bytes, size_t size,
                        struct ft_group_action *actions);
/* The message path: replies have been waiting for the log for too long. */
unsigned ft_group_log_stuck(struct ft_group *self, int64_t now_ns, struct ft_group_action *actions);
/* A host whose server does not work neither claims nor grants anything. */
void ft_group_set_healthy(struct ft_group *self, bool healthy);

/* When ft_group_tick() wants to be called. */
FT_INLINE int64_t ft_group_next_ns(const struct ft_group *self)
{
    return self->next_ns;
}

/* Until when this host may speak as the service, on its own clock. */
int64_t ft_group_speak_until_ns(const struct ft_group *self);

#endif
