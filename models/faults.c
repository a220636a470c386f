/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * faults - waits for each fault's time or event, strikes, and heals what heals by itself.
 *
 * A fault acts through an event of its own, also when a notice brings it on, so that nobody dies in the middle of his own
 * sentence: at the same simulated time, but after the step that the notice was posted from.
 */
#include "models/world_state.h"

static struct server *target_server(struct world *world, int target)
{
    return target == TARGET_BACKUP ? world_backup(world) : world_speaker(world);
}

static void crash(struct world *world, struct server *server)
{
    if (server != NULL && server->host.alive)
        server_crash(world, server);
}

/* The first server that serves no more begins anew: a host that died, was put out, or whose processes died. */
static void restart(struct world *world)
{
    for (unsigned i = 0; i < world->server_count; i++) {
        struct server *server = &world->servers[i];
        if (server->apache != NULL)
            continue;
        if (server->host.alive)
            server_crash(world, server);
        host_restart(&server->host);
        server_start(world, server, world->scheme->servers == 1 ? FT_ROLE_SOLO : FT_ROLE_OUT);
        return;
    }
}

static bool is_cut(const struct world *world, enum fault_target path)
{
    for (size_t i = 0; i < world->config->fault_count; i++) {
        if (world->faults[i].cuts && world->faults[i].fault->cut == (int)path)
            return true;
    }
    return false;
}

static void set_cables(struct world *world, bool up)
{
    for (unsigned i = 0; i < world->machine_count; i++) {
        uint16_t mac = world->machines[i].nics[NETWORK_SERVICE].mac;
        link_set_up(lan_uplink(world->service_lan, mac), up);
        link_set_up(lan_downlink(world->service_lan, mac), up);
    }
}

static void set_between_servers(struct world *world, enum host_network network, bool cut)
{
    struct lan *lan = network == NETWORK_SERVICE ? world->service_lan : world->log_lan;
    if (lan == NULL || world->server_count < 2)
        return;
    lan_partition(lan, world->servers[0].host.nics[network].mac,
                  world->servers[1].host.nics[network].mac, cut);
}

/* What the faults at work leave of the paths: one is whole again when the last fault that cuts it ends. */
static void set_paths(struct world *world)
{
    bool between = is_cut(world, TARGET_SERVERS), log = is_cut(world, TARGET_LOG_CHANNEL);
    bool own_lan = world->scheme->log == LOG_OWN_LAN;
    set_cables(world, !is_cut(world, TARGET_CLIENTS));
    set_between_servers(world, NETWORK_SERVICE, between);
    set_between_servers(world, NETWORK_LOG, between || log);
    for (unsigned i = 0; i < world->server_count && !own_lan; i++)
        world->servers[i].host.blocked_port = log ? MESSAGE_PATH_PORT : 0;
}

static void cut(struct fault_watch *self, bool on)
{
    self->cuts = on;
    set_paths(self->world);
}

static void pause_host(struct fault_watch *self, struct host *host)
{
    if (!host->alive)
        return;
    self->pauses = host;
    self->pauses_epoch = host->epoch;
    host_pause(host);
}

/* A host runs on when the last fault that pauses it ends; a pause from before its restart is none any more. */
static void unpause_host(struct fault_watch *self)
{
    struct world *world = self->world;
    struct host *host = self->pauses;
    self->pauses = NULL;
    if (host == NULL || !host->alive || !host->paused)
        return;
    for (size_t i = 0; i < world->config->fault_count; i++) {
        const struct fault_watch *other = &world->faults[i];
        if (other->pauses == host && other->pauses_epoch == host->epoch)
            return;
    }
    host_resume(host);
}

void faults_disturb(struct world *world, int64_t until_ns, enum stall_victim victim)
{
    if (world->faults_struck == 0)
        client_group_watch_stall(world->clients, world->simulation.now_ns, victim);
    if (until_ns > world->stage.disturbed_until_ns)
        world->stage.disturbed_until_ns = until_ns;
}

static void heal(struct event *event, struct simulation *simulation)
{
    struct fault_watch *self = container_of(event, struct fault_watch, heal);
    struct world *world = self->world;
    const struct fault *fault = self->fault;
    faults_disturb(world, simulation->now_ns, STALL_OTHER);
    NOTICE(&world->notices, .kind = NOTICE_HEALED,
           .value = (uint64_t)(fault - world->config->faults));
    if (fault->pause != TARGET_NONE)
        unpause_host(self);
    if (fault->cut != TARGET_NONE)
        cut(self, false);
    if (fault->on != TARGET_NONE)
        impairment_ends(self);
}

bool world_survives_without(const struct world *world, const struct server *server)
{
    for (unsigned i = 0; i < world->server_count; i++) {
        const struct server *other = &world->servers[i];
        if (other != server && (other->apache == NULL || other->host.paused ||
                                (other->replica != NULL && !replica_can_go_on(other->replica))))
            return false;
    }
    return stage_survives(&world->stage, server != NULL ? &server->host : NULL);
}

/* The host that it befalls; NULL: none, or it befalls no host. */
static struct server *fault_victim(struct world *world, const struct fault *fault)
{
    int host = fault->crash | fault->kill | fault->pause;
    return host != TARGET_NONE ? target_server(world, host) : NULL;
}

static void tell(struct world *world, const struct fault *fault)
{
    struct server *victim = fault_victim(world, fault);
    world->faults_struck++;
    NOTICE(&world->notices, .kind = NOTICE_FAULT, .host = victim != NULL ? &victim->host : NULL,
           .value = (uint64_t)(fault - world->config->faults));
}

/* A host that sleeps beside one that has died cannot know what the other did last, unless it serves alone already. */
static bool may_sleep(const struct world *world, const struct server *server)
{
    for (unsigned i = 0; i < world->server_count; i++) {
        if (&world->servers[i] != server && world->servers[i].apache == NULL)
            return server->role == FT_ROLE_SOLO;
    }
    return true;
}

/* A scheme without a backup has none to lose: then nothing happens, and nothing is counted. */
static bool has_target(struct world *world, const struct fault *fault)
{
    struct server *target = fault_victim(world, fault);
    if (fault_befalls_host(fault) && target == NULL)
        return false;
    if (!fault->survivable)
        return true;
    return fault->pause != TARGET_NONE ? may_sleep(world, target)
                                       : world_survives_without(world, target);
}

static void strike_again(struct fault_watch *self)
{
    const struct config *config = self->world->config;
    int64_t next_ns = self->world->simulation.now_ns + self->fault->every_ns;
    if (self->fault->every_ns > 0 && next_ns < config->run.warmup_ns + config->run.duration_ns)
        event_schedule(&self->strike, &self->world->simulation, next_ns);
}

static void strike(struct event *event, struct simulation *simulation)
{
    struct fault_watch *self = container_of(event, struct fault_watch, strike);
    struct world *world = self->world;
    const struct fault *fault = self->fault;
    strike_again(self);
    if (!has_target(world, fault))
        return;
    if (fault_hurts(fault) && world->faults_struck > 0)
        client_group_watch_stall(world->clients, simulation->now_ns, fault_stalls(fault));
    faults_disturb(world, simulation->now_ns + fault->for_ns, fault_stalls(fault));
    tell(world, fault);
    if (fault->crash != TARGET_NONE)
        crash(world, target_server(world, fault->crash));
    if (fault->kill != TARGET_NONE)
        server_kill(world, target_server(world, fault->kill));
    if (fault->restart != TARGET_NONE)
        restart(world);
    if (fault->pause != TARGET_NONE)
        pause_host(self, &target_server(world, fault->pause)->host);
    if (fault->cut != TARGET_NONE)
        cut(self, true);
    if (fault->on != TARGET_NONE)
        impairment_begins(self, target_server(world, fault->on));
    if (fault->for_ns > 0)
        event_schedule(&self->heal, simulation, simulation->now_ns + fault->for_ns);
}

static bool meant(const struct fault_watch *self, const struct notice *notice)
{
    const struct fault *fault = self->fault;
    const struct request *request = notice->request;
    if (self->world->simulation.now_ns < fault->not_before_ns)
        return false;
    if (fault->client >= 0 && (request == NULL || request->client != fault->client))
        return false;
    if (fault->request > 0 && (request == NULL || request->ordinal != fault->request))
        return false;
    return fault->segment == 0 || notice->value == (uint64_t)fault->segment;
}

static void noticed(struct observer *observer, const struct notice *notice)
{
    struct fault_watch *self = container_of(observer, struct fault_watch, observer);
    if (self->struck || !meant(self, notice) || ++self->seen < self->fault->count)
        return;
    self->struck = true;
    struct simulation *simulation = &self->world->simulation;
    event_schedule(&self->strike, simulation, simulation->now_ns + self->fault->after_ns);
}

/* --- after a number of events ------------------------------------------------------------------------------------- */

static bool is_due(const struct fault_watch *self, uint64_t events)
{
    return self->fault != NULL && self->fault->event > 0 && !self->struck &&
           (uint64_t)self->fault->event <= events;
}

uint64_t faults_next_event(const struct world *world)
{
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < world->config->fault_count; i++) {
        const struct fault_watch *self = &world->faults[i];
        if (is_due(self, next))
            next = (uint64_t)self->fault->event;
    }
    return next;
}

void faults_strike_at_event(struct world *world)
{
    for (size_t i = 0; i < world->config->fault_count; i++) {
        struct fault_watch *self = &world->faults[i];
        if (!is_due(self, world->simulation.events))
            continue;
        self->struck = true;
        strike(&self->strike, &world->simulation);
    }
}

/* --- starting ----------------------------------------------------------------------------------------------------- */

static void start(struct world *world, size_t index)
{
    struct fault_watch *self = &world->faults[index];
    const struct fault *fault = &world->config->faults[index];
    *self = (struct fault_watch){.world = world, .fault = fault};
    event_init(&self->strike, strike);
    event_init(&self->heal, heal);
    if (fault->event > 0 || fault->packet > 0)
        return;
    if (fault->when == NOTICE_NONE) {
        event_schedule(&self->strike, &world->simulation, fault->at_ns + fault->after_ns);
        return;
    }
    self->observer.notice = noticed;
    self->observer.kinds = 1u << fault->when;
    notice_subscribe(&world->notices, &self->observer);
}

void faults_start(struct world *world)
{
    for (size_t i = 0; i < world->config->fault_count; i++)
        start(world, i);
}

void faults_start_last(struct world *world)
{
    start(world, world->config->fault_count - 1);
    fates_expect(world);
}
