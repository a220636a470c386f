/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_peer - which life of the other host we are speaking with, and whether it is being lived now.
 *
 * A host that dies and comes back is another host: what it knew is gone, and its clock may have begun anew. So every start
 * draws an incarnation, a number never used before (64 random bits will do: nothing has to survive on disk), and every
 * message carries it. Within an incarnation `sent_ns` only grows, which is all it takes to refuse replays.
 *
 * But a message of an incarnation we have not met: is it a new life, or an old one that somebody recorded? A nonce decides.
 * Our own heartbeats are full of them: a message that echoes a `sent_ns` of our present incarnation, one sent within the last
 * `window_ns` and later than any echo we have seen, was written by a holder of the key just now. That is the proof. A new
 * incarnation that gives it replaces the one before, which is thereby known to be dead; whoever asks to join must see to
 * it that nothing of his earlier life can speak any more. Until somebody has given the proof we echo whoever we hear, since
 * both sides may be new and one has to begin; nothing else is done with what he says, but that the silence is over: leases run
 * from what is echoed.
 */
#ifndef CORE_FT_PEER_H
#define CORE_FT_PEER_H

#include "core/ft_control.h"

struct ft_peer {
    uint64_t own; /* incarnation of this host */
    int64_t window_ns;
    uint64_t incarnation; /* the peer's, the one that we echo; 0: never heard */
    int64_t heard_ns;     /* its highest sent_ns */
    int64_t echoed_ns;    /* the latest of our own times that came back in a proof or after it */
    bool proven;
};

void ft_peer_init(struct ft_peer *self, uint64_t own, int64_t window_ns);
/* A message that verified is here; `sent_ns`: of our own last one. FT_CONTROL_OK: believe it; else OLD or STALE. `replaced`: it
 * is the first of a new incarnation, and the one that we have been speaking with is dead. */
enum ft_control_error ft_peer_hear(struct ft_peer *self, const struct ft_control *message,
                                   int64_t now_ns, int64_t sent_ns, bool *replaced);
/* Whether the message was written within the last `window_ns`, by our clock. */
bool ft_peer_fresh(const struct ft_peer *self, const struct ft_control *message, int64_t now_ns);

/* Whether the message is the one that we echo now. */
FT_INLINE bool ft_peer_echoes(const struct ft_peer *self, const struct ft_control *message)
{
    return message->incarnation == self->incarnation && message->sent_ns == self->heard_ns;
}

/* Which of our own times it echoes; 0: none of this incarnation's. */
FT_INLINE int64_t ft_peer_echo(const struct ft_peer *self, const struct ft_control *message)
{
    return message->echo_incarnation == self->own ? message->echo_ns : 0;
}

#endif
