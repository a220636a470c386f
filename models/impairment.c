/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * impairment - what the faults at work do to the cables: their probabilities add to those of the scenario.
 */
#include "models/world_state.h"

static double both(double one, double other)
{
    return one + other < 1 ? one + other : 1;
}

static void add(struct link_impairment *sum, const struct fault *fault)
{
    sum->loss = both(sum->loss, fault->loss);
    sum->duplicate = both(sum->duplicate, fault->duplicate);
    sum->corrupt = both(sum->corrupt, fault->corrupt);
    sum->reorder = both(sum->reorder, fault->reorder);
    if (fault->reorder > 0)
        sum->reorder_delay_ns = fault->reorder_delay_ns;
}

/* Of the cables of one station, both ways: a client's machine, or a server on one of its networks. */
static bool hits(const struct fault_watch *self, const struct server *server,
                 enum host_network network)
{
    int on = self->fault->on;
    if (server == NULL)
        return on == TARGET_CLIENTS;
    if (network == NETWORK_LOG)
        return on == TARGET_LOG_CHANNEL;
    return on == TARGET_SERVERS ||
           ((on == TARGET_PRIMARY || on == TARGET_BACKUP) && self->hit == server);
}

static void set(struct world *world, struct lan *lan, uint16_t mac, const struct server *server,
                enum host_network network)
{
    struct link_impairment sum = {0};
    if (network == NETWORK_SERVICE)
        sum = world->config->network.impairment;
    for (size_t i = 0; i < world->config->fault_count; i++) {
        const struct fault_watch *watch = &world->faults[i];
        if (watch->impairs && hits(watch, server, network))
            add(&sum, watch->fault);
    }
    link_impair(lan_uplink(lan, mac), &sum);
    link_impair(lan_downlink(lan, mac), &sum);
}

static void set_all(struct world *world)
{
    for (unsigned i = 0; i < world->machine_count; i++)
        set(world, world->service_lan, world->machines[i].nics[NETWORK_SERVICE].mac, NULL,
            NETWORK_SERVICE);
    for (unsigned i = 0; i < world->server_count; i++) {
        struct server *server = &world->servers[i];
        const struct host_nic *nics = server->host.nics;
        set(world, world->service_lan, nics[NETWORK_SERVICE].mac, server, NETWORK_SERVICE);
        if (world->log_lan != NULL)
            set(world, world->log_lan, nics[NETWORK_LOG].mac, server, NETWORK_LOG);
    }
}

void impairment_begins(struct fault_watch *self, const struct server *hit)
{
    self->impairs = true;
    self->hit = hit;
    set_all(self->world);
}

void impairment_ends(struct fault_watch *self)
{
    self->impairs = false;
    set_all(self->world);
}
