/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * warnings - what somebody should know, in the log, when it becomes so: settings that do not fit, a service that is down
 * although this host could serve, messages that somebody without the key has sent.
 */
#include "module/daemon/daemon.h"

#define FORGERIES_AGAIN_NS 1000000000LL

/* Two hosts whose settings do not fit wait for ever. */
static void warn_of_refusals(struct daemon *self)
{
    const struct ft_group *group = &self->group;
    if (group->refuses && !self->said_refuses)
        daemon_log(self, "error",
                   "the peer is not taken in: its --timeout of %.1f ms does not exceed our --lease "
                   "of %.1f ms",
                   (double)group->peer_timeout_ns / 1e6, (double)group->settings.lease_ns / 1e6);
    if (group->refused_by_peer && !self->said_refused)
        daemon_log(self, "error",
                   "the peer does not take us in: our --timeout of %.1f ms does not exceed its "
                   "--lease",
                   (double)group->settings.timeout_ns / 1e6);
    self->said_refuses = group->refuses;
    self->said_refused = group->refused_by_peer;
}

static void warn_if_stranded(struct daemon *self)
{
    bool stranded = ft_group_stranded(&self->group);
    if (stranded && !self->said_stranded)
        daemon_log(self, "stranded",
                   "the peer is silent, but may have gone on alone while this host was silent "
                   "itself: waiting until it is heard or begins anew");
    self->said_stranded = stranded;
}

uint64_t daemon_heartbeats_refused(const struct daemon *self)
{
    uint64_t count = 0;
    for (unsigned i = FT_CONTROL_SIZE; i <= FT_CONTROL_SENDER; i++)
        count += self->group.refused[i];
    return count;
}

/* Somebody who has not the key, or not ours. Not those that are only old: every heartbeat comes over two networks. */
static void warn_of_forgeries(struct daemon *self)
{
    uint64_t counts[FT_REASONS];
    int64_t now_ns = daemon_now_ns();
    if (now_ns - self->forgeries_ns < FORGERIES_AGAIN_NS)
        return;
    self->forgeries_ns = now_ns;
    datapath_counts(&self->datapath, counts);
    uint64_t heartbeats = daemon_heartbeats_refused(self);
    uint64_t reports = counts[FT_REASON_REPORT_FORGED];
    if (heartbeats + reports > self->forgeries)
        daemon_log(self, "forgeries", "refused so far: %llu heartbeats, %llu reports",
                   (unsigned long long)heartbeats, (unsigned long long)reports);
    self->forgeries_told += heartbeats + reports > self->forgeries;
    self->forgeries = heartbeats + reports;
}

void daemon_warn(struct daemon *self)
{
    warn_of_refusals(self);
    warn_if_stranded(self);
    warn_of_forgeries(self);
}
