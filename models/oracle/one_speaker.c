/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * one_speaker - P5: never do two hosts answer as the service address in overlapping lease periods.
 *
 * Seen from the wire: once a host has spoken in a view, no other host may speak in the same view, and nobody in an older
 * one. A view has one speaker, and speakers only ever move on to newer views. Seen from above: whenever a host speaks, or
 * alone claims the address by ARP, the lease of every other host alive has ended, each by its own clock. The holder of one may
 * be silent by chance: that he might have spoken is enough.
 */
#include "models/oracle/checkers.h"

#include "core/ft_role.h"

#include <inttypes.h>

static void check_view(struct promise *self, const struct notice *notice)
{
    unsigned host = notice->host->id;
    uint64_t view = notice->value;
    if (!self->speaker.anybody || view > self->speaker.view) {
        self->speaker.anybody = true;
        self->speaker.view = view;
        self->speaker.host = host;
    }
    promise_check(self, view == self->speaker.view && host == self->speaker.host,
                  "%s speaks as the service in view %llu, but host %u has spoken in view %llu",
                  notice->host->settings.name, (unsigned long long)view, self->speaker.host,
                  (unsigned long long)self->speaker.view);
}

/* Leases are on their host's own clock. */
static void check_lease(struct promise *self, const struct host *speaker, const struct host *other)
{
    int64_t until_ns = self->speaker.until_ns[other->id], clock_ns = host_clock_ns(other);
    if (until_ns == INT64_MAX)
        promise_check(self, false, "%s speaks as the service, but %s has a lease without end",
                      speaker->settings.name, other->settings.name);
    else
        promise_check(self, until_ns <= clock_ns,
                      "%s speaks as the service, but the lease of %s lasts until %.6f s, and its "
                      "clock shows %.6f s",
                      speaker->settings.name, other->settings.name, (double)until_ns / 1e9,
                      (double)clock_ns / 1e9);
}

static void check_leases(struct promise *self, const struct notice *notice)
{
    for (unsigned i = 0; i < self->stage->server_count; i++) {
        const struct host *other = self->stage->servers[i];
        if (other != notice->host && other->alive)
            check_lease(self, notice->host, other);
    }
}

/* A backup has the address too, under the primary's lease: it passes the clients' packets on. */
static bool is_alone(const struct promise *self, const struct host *host)
{
    for (unsigned i = 0; i < self->stage->server_count; i++) {
        if (self->stage->servers[i] == host)
            return self->stage->roles[i].role == FT_ROLE_SOLO;
    }
    return false;
}

static void notice(struct promise *self, const struct notice *notice)
{
    switch (notice->kind) {
    case NOTICE_LEASE:
        self->speaker.until_ns[notice->host->id] = (int64_t)notice->value;
        break;
    case NOTICE_CRASH:
        if (notice->host->serves)
            self->speaker.until_ns[notice->host->id] = INT64_MIN;
        break;
    case NOTICE_SERVICE_SEGMENT:
        check_view(self, notice);
        check_leases(self, notice);
        break;
    default:
        if (is_alone(self, notice->host))
            check_leases(self, notice);
        break;
    }
}

const struct promise_type promise_one_speaker = {
    .name = "P5",
    .title = "one speaker",
    .help = "never do two hosts answer as the service address in overlapping lease periods",
    .kinds = 1u << NOTICE_SERVICE_SEGMENT | 1u << NOTICE_SERVICE_ANNOUNCED | 1u << NOTICE_LEASE |
             1u << NOTICE_CRASH,
    .notice = notice,
};
