/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_peer - see the header: a challenge that is never sent, because the heartbeats are it.
 */
#include "core/ft_peer.h"

#include "core/ft_poison.h"

void ft_peer_init(struct ft_peer *self, uint64_t own, int64_t window_ns)
{
    *self = (struct ft_peer){.own = own, .window_ns = window_ns};
}

bool ft_peer_fresh(const struct ft_peer *self, const struct ft_control *message, int64_t now_ns)
{
    int64_t echo_ns = ft_peer_echo(self, message);
    return echo_ns > 0 && echo_ns > now_ns - self->window_ns;
}

static void follow(struct ft_peer *self, const struct ft_control *message)
{
    self->incarnation = message->incarnation;
    self->heard_ns = message->sent_ns;
}

/* Somebody has yet to prove that he lives. */
static enum ft_control_error judge(struct ft_peer *self, const struct ft_control *message,
                                   int64_t now_ns, bool *replaced)
{
    bool proof = ft_peer_fresh(self, message, now_ns) && message->echo_ns > self->echoed_ns;
    if (proof) {
        *replaced = self->proven;
        self->proven = true;
    }
    if (proof || !self->proven)
        follow(self, message);
    return proof ? FT_CONTROL_OK : FT_CONTROL_STALE;
}

enum ft_control_error ft_peer_hear(struct ft_peer *self, const struct ft_control *message,
                                   int64_t now_ns, int64_t sent_ns, bool *replaced)
{
    int64_t echo_ns = ft_peer_echo(self, message);
    enum ft_control_error error = FT_CONTROL_OK;
    *replaced = false;
    if (message->incarnation == 0 || echo_ns > sent_ns) /* nobody can echo what was never sent */
        return FT_CONTROL_STALE;
    if (message->incarnation == self->incarnation && message->sent_ns <= self->heard_ns)
        return FT_CONTROL_OLD;
    if (message->incarnation != self->incarnation || !self->proven)
        error = judge(self, message, now_ns, replaced);
    else
        follow(self, message);
    if (error == FT_CONTROL_OK && echo_ns > self->echoed_ns)
        self->echoed_ns = echo_ns;
    return error;
}
