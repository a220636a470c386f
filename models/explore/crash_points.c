/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crash_points - a run event by event, with an eye on what leaves the servers.
 */
#include "models/explore/crash_points.h"

#include "models/world_state.h"
#include "sim/memory.h"

#include <stdlib.h>

struct recorder {
    struct trial_watch watch;
    struct packet_watch packets;
    struct world *world;
    struct crash_points *points;
    uint64_t after;
    bool every;
    struct {
        bool sent;               /* in the present event */
        struct crash_point open; /* the last moment, standing for those since the last packet */
    } servers[WORLD_SERVERS_MAX];
};

static int server_of(const struct world *world, const struct link *link)
{
    for (unsigned i = 0; i < world->server_count; i++) {
        const struct host *host = &world->servers[i].host;
        for (unsigned network = 0; network < HOST_NICS; network++) {
            const struct host_nic *nic = &host->nics[network];
            if (nic->lan != NULL && lan_uplink(nic->lan, nic->mac) == link)
                return (int)i;
        }
    }
    return -1;
}

static bool is_uplink_of_client(const struct world *world, const struct link *link)
{
    for (unsigned i = 0; i < world->machine_count; i++) {
        const struct host_nic *nic = &world->machines[i].nics[NETWORK_SERVICE];
        if (lan_uplink(nic->lan, nic->mac) == link)
            return true;
    }
    return false;
}

static void sent(struct packet_watch *watch, const struct link *link, const struct packet *packet,
                 const struct link_fate *fate)
{
    (void)packet;
    struct recorder *self = container_of(watch, struct recorder, packets);
    struct crash_points *points = self->points;
    const struct world *world = self->world;
    int server = server_of(world, link);
    if (server >= 0)
        self->servers[server].sent = true;
    if (fate->lost || world->simulation.events <= self->after ||
        (server < 0 && !is_uplink_of_client(world, link)))
        return;
    points->packets =
        grown(points->packets, points->packet_count, &points->packet_room, sizeof *points->packets);
    points->packets[points->packet_count++] =
        (struct sent_packet){.number = world->fates.packets, .event = world->simulation.events};
}

/* The moments since the server's last packet become one. */
static void close_point(struct recorder *self, unsigned server)
{
    struct crash_points *points = self->points;
    struct crash_point *open = &self->servers[server].open;
    if (open->stands_for == 0)
        return;
    points->crashes =
        grown(points->crashes, points->crash_count, &points->crash_room, sizeof *points->crashes);
    points->crashes[points->crash_count++] = *open;
    points->every_moment += open->stands_for;
    open->stands_for = 0;
}

/* Whom a fault would have to name to hit this server now; TARGET_NONE: the service need not survive it. */
static int target_of(struct world *world, unsigned server)
{
    struct server *self = &world->servers[server];
    if (!world_survives_without(world, self))
        return TARGET_NONE;
    return self == world_speaker(world)  ? TARGET_PRIMARY
           : self == world_backup(world) ? TARGET_BACKUP
                                         : TARGET_NONE;
}

static bool step(struct trial_watch *watch, struct world *world)
{
    struct recorder *self = container_of(watch, struct recorder, watch);
    uint64_t event = world->simulation.events;
    for (unsigned i = 0; i < world->server_count; i++) {
        struct crash_point *open = &self->servers[i].open;
        int target = event > self->after ? target_of(world, i) : TARGET_NONE;
        if (target == TARGET_NONE)
            close_point(self, i);
        else
            *open = (struct crash_point){event, open->stands_for + 1, target};
        self->servers[i].sent = false;
    }
    bool more = world_run_events(world, 1);
    for (unsigned i = 0; i < world->server_count; i++) {
        if (self->servers[i].sent || self->every)
            close_point(self, i);
    }
    return more;
}

static int by_event(const void *one, const void *other)
{
    const struct crash_point *a = one, *b = other;
    return a->event != b->event ? (a->event < b->event ? -1 : 1) : a->target - b->target;
}

static void ends(struct trial_watch *watch, struct world *world)
{
    struct recorder *self = container_of(watch, struct recorder, watch);
    for (unsigned i = 0; i < world->server_count; i++)
        close_point(self, i);
    if (self->points->crash_count > 0)
        qsort(self->points->crashes, self->points->crash_count, sizeof(struct crash_point),
              by_event);
}

static void begins(struct trial_watch *watch, struct world *world)
{
    struct recorder *self = container_of(watch, struct recorder, watch);
    self->world = world;
    fates_watch(world, &self->packets);
}

void crash_points_record(struct crash_points *self, const struct config *config, uint64_t seed,
                         uint64_t after, bool every, struct trial *trial)
{
    struct recorder recorder = {
        .watch = {.begins = begins, .step = step, .ends = ends},
        .packets = {.sent = sent},
        .points = self,
        .after = after,
        .every = every,
    };
    *self = (struct crash_points){0};
    trial_run(trial, config, seed, &recorder.watch);
}

void crash_points_fini(struct crash_points *self)
{
    free(self->crashes);
    free(self->packets);
    *self = (struct crash_points){0};
}
