/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fates - every packet that is put on a link has a number; the config's faults single some out, and somebody may watch all.
 *
 * Numbers go by link: a packet that passes a switch has one on the way in and another on the way out.
 */
#include "models/world_state.h"

static uint64_t next_packet(const struct world *world)
{
    uint64_t next = world->watch != NULL ? 0 : UINT64_MAX;
    for (size_t i = 0; i < world->config->fault_count; i++) {
        uint64_t packet = (uint64_t)world->config->faults[i].packet;
        if (packet > world->fates.packets && packet < next)
            next = packet;
    }
    return next;
}

static void decide(struct link_fates *fates, struct link *link, const struct packet *packet,
                   struct link_fate *fate)
{
    struct world *world = container_of(fates, struct world, fates);
    for (size_t i = 0; i < world->config->fault_count; i++) {
        const struct fault *fault = &world->config->faults[i];
        if ((uint64_t)fault->packet != fates->packets)
            continue;
        faults_disturb(world, world->simulation.now_ns + fault->for_ns, STALL_OTHER);
        world->faults_struck++;
        NOTICE(&world->notices, .kind = NOTICE_FAULT, .packet = packet, .value = i);
        fate->lost |= fault->fate == FATE_LOST;
        fate->duplicated |= fault->fate == FATE_DUPLICATED;
        if (fault->fate == FATE_LATE)
            fate->late_ns = fault->for_ns;
        if (fault->fate == FATE_CORRUPTED) {
            fate->corrupted = true;
            fate->bit = (uint32_t)fault->bit;
        }
    }
    if (world->watch != NULL)
        world->watch->sent(world->watch, link, packet, fate);
    else
        fates->next = next_packet(world);
}

void fates_expect(struct world *world)
{
    world->fates.next = next_packet(world);
}

void fates_watch(struct world *world, struct packet_watch *watch)
{
    world->watch = watch;
    fates_expect(world);
}

void fates_init(struct world *world)
{
    world->fates.decide = decide;
    fates_expect(world);
}
