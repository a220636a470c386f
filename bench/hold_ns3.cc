/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hold_ns3 - the hold model on ns-3: hold_ns3 SCHEDULER PENDING EVENTS, with SCHEDULER as in ns3::MapScheduler. Events are
 * scheduled as an ns-3 program does it, with Simulator::Schedule().
 */
#include "bench/hold.h"

#include <string>
#include <unistd.h>

#include "ns3/core-module.h"

static struct hold hold;

static void Fire()
{
    ns3::Simulator::Schedule(ns3::NanoSeconds(hold_increment_ns(&hold)), &Fire);
    if (!hold_count(&hold))
        ns3::Simulator::Stop();
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: hold_ns3 SCHEDULER PENDING EVENTS\n");
        return 2;
    }
    uint64_t pending = strtoull(argv[2], nullptr, 10);
    hold_init(&hold, pending, strtoull(argv[3], nullptr, 10));
    ns3::ObjectFactory scheduler;
    scheduler.SetTypeId("ns3::" + std::string(argv[1]));
    ns3::Simulator::SetScheduler(scheduler);
    for (uint64_t i = 0; i < pending; i++)
        ns3::Simulator::Schedule(ns3::NanoSeconds(hold_increment_ns(&hold)), &Fire);
    ns3::Simulator::Run();
    hold_report(&hold);
    _exit(fflush(stdout)); /* freeing a million events is no part of it */
}
