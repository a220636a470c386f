/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_group - two hosts, one service: who is primary, who is backup, who serves alone.
 *
 * Heartbeats go over every LAN that the two share. A backup that has counted `timeout_ns` of silence serves alone in a newer
 * view: the primary's lease has ended by then (ft_lease). A primary whose lease ran out is silent; when it has counted twice
 * the time-out, it takes its backup for dead and serves alone in a newer view. Whoever hears of a newer view without a part in
 * it is out, silently and for good: it can only end, and begin again as somebody new.
 *
 * Reintegration. A host begins out of service, empty, and asks to be taken in (JOIN) in an incarnation of its own (ft_peer).
 *
 *   newcomer                                           the one that serves alone, in view v
 *   out     JOIN, echoing a recent heartbeat      -->  the newcomer lives, and can hear: from now on speak under the lease
 *                                                 <--  heartbeat of v that proposes v', the first view free
 *   backup in v': draws the address to itself, copies what comes, and may take over when the other falls silent
 *           heartbeat of a backup in v'           -->  primary in v'
 *
 * Each step is repeated with every heartbeat until the next one shows that it has been heard. The lease makes the order safe:
 * it counts from heartbeats that the newcomer has echoed, and the newcomer's patience starts later, with a proposal that was
 * sent after them. If the newcomer dies on the way, its host goes on alone in a view newer than v' after the same silence that
 * a primary waits for. Both have the connections begun in v' and only those; the packet path sees to it that a handshake
 * belongs to one view only (ft_isn), also while one host is in v' already and the other in v still. The connections from
 * before stay unprotected: the backup passes their segments on.
 *
 * A newcomer whose time-out does not outlast the lease of the one that serves alone would speak too early: it is told that, and not
 * taken in.
 *
 * A new incarnation tells that the one before is dead, without waiting for silence: whoever had a part in the view with it
 * serves alone at once, and then takes the newcomer in. Two hosts that both ask have nobody to ask: the one with the lower
 * number begins alone. That is also how a service may start.
 *
 * Two faults, one after the other. Silence tells that the peer does not speak; not that it has not gone on alone before, and only
 * sleeps now, with a lease that has no end. A host that has kept sending knows: who was awake has heard it. One that has itself
 * been silent for so long that the peer may have given it up (a primary for longer than a lease, a backup for one and a half
 * time-outs) does not, until the peer echoes a heartbeat from after that. If silence comes first, it waits for a word of the
 * peer: a newer view, or a new life, which tells that the one before is dead. Two speakers would do more harm than none, and
 * whoever went on alone has what clients were told meanwhile.
 *
 * A log channel that makes no progress while heartbeats flow: by policy, either nothing changes and the service waits, or the
 * primary proposes a view of its own; the backup confirms by being out, and only then the primary serves alone. Should the
 * primary die between the two, nobody is left: a stuck log and a dead host are two losses.
 *
 * Assumptions: two live hosts are never cut off from each other on all LANs at once while clients reach both. If they are,
 * both end up serving alone; each client speaks with whoever holds the address for it, and when the hosts hear each other
 * again, the one with the older view is out. P5 is then broken, and the checkers say so. And a host asks to join only when
 * nothing of its earlier life can speak any more.
 *
 * Views: counter << 8 | host, so that two hosts can never name the same one. Clock drift: `timeout_ns` must exceed
 * `lease_ns` by more than what two clocks drift apart in `timeout_ns` (ft_group_settings_sound()).
 */
#ifndef CORE_FT_GROUP_H
#define CORE_FT_GROUP_H

#include "core/ft_control.h"
#include "core/ft_detect.h"
#include "core/ft_lease.h"
#include "core/ft_peer.h"
#include "core/ft_role.h"

enum ft_log_policy { FT_LOG_CUT_SIMPLEX, FT_LOG_CUT_STOP };

struct ft_group_settings {
    int64_t heartbeat_ns, timeout_ns, lease_ns;
    enum ft_log_policy log_policy;
    uint8_t self, peer;   /* host numbers, below 255 */
    uint64_t incarnation; /* of this start: never 0, never used before (ft_peer) */
    uint64_t log_bytes;   /* the limit of the log, for the peer to know */
    struct ft_key key;
    uint32_t networks; /* LANs that both hosts are on */
};

/* ANNOUNCE: tell the LAN that the service address is here (gratuitous ARP). It may be lost, so it comes again and again while
 * this host holds the address that it took from another, at intervals that double up to FT_GROUP_ANNOUNCE_NS. */
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
    uint64_t newest; /* the highest view that anybody has named */
    struct ft_peer peer;
    struct ft_detect detect;
    struct ft_lease lease;
    int64_t next_ns;                      /* when the next heartbeat is due */
    int64_t announce_ns, announce_gap_ns; /* when the address is to be announced again */
    int64_t sent_ns;                      /* of our last heartbeat */
    int64_t spoke_ns; /* when a heartbeat last went out: none does while the server is ill */
    int64_t
        anew_ns; /* since then they go out without a gap for which the peer may have given us up */
    bool healthy;
    bool full, peer_full; /* takes no further connections */
    /* What the peer said when it last asked to be taken in; 0: it never has. */
    int64_t peer_timeout_ns;
    uint64_t peer_log_bytes;
    bool refuses;         /* it is not taken in: its time-out does not outlast our lease */
    bool refused_by_peer; /* nor are we, for the same reason */
    bool joins;           /* out of service from the start, and asks to be taken in */
    uint64_t refused[FT_CONTROL_ERRORS];
};

/* The lease is shorter than the time-out even if both clocks run wrong by 200 parts per million, and two heartbeats fit. */
bool ft_group_settings_sound(const struct ft_group_settings *settings);
/* Role OUT, view 0: asks to be taken in. Another role: both hosts are told theirs, and begin in `view` together. */
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

/* This host has no room for further connections, or has again: the peer is told. */
void ft_group_set_full(struct ft_group *self, bool full);

/* When ft_group_tick() wants to be called. */
FT_INLINE int64_t ft_group_next_ns(const struct ft_group *self)
{
    return self->next_ns;
}

/* If the peer fell silent now, this host would go on alone. */
bool ft_group_can_go_on(const struct ft_group *self, int64_t now_ns);
/* The peer is silent, and this host may not go on alone: the peer may have done so before. */
bool ft_group_stranded(const struct ft_group *self);

/* Until when this host may speak as the service, on its own clock. */
int64_t ft_group_speak_until_ns(const struct ft_group *self);

#endif
