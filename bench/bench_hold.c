/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_hold - the hold model on our event queue: bench_hold PENDING EVENTS. See bench/hold.h, and bench/run.py, which
 * runs it beside other engines.
 */
#include "bench/hold.h"
#include "sim/simulation.h"

static struct hold hold;

static void fire(struct event *event, struct simulation *simulation)
{
    event_schedule(event, simulation, simulation->now_ns + hold_increment_ns(&hold));
    if (!hold_count(&hold))
        simulation_stop(simulation);
}

int main(int argc, char **argv)
{
    uint64_t pending = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000;
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000000;
    struct event *events = calloc(pending, sizeof *events);
    if (pending == 0 || events == NULL) {
        fprintf(stderr, "usage: bench_hold PENDING EVENTS\n");
        return 2;
    }
    static struct simulation simulation;
    simulation_init(&simulation, 1);
    hold_init(&hold, pending, count);
    for (uint64_t i = 0; i < pending; i++) {
        event_init(&events[i], fire);
        event_schedule(&events[i], &simulation, hold_increment_ns(&hold));
    }
    simulation_run(&simulation, INT64_MAX);
    hold_report(&hold);
    free(events);
    return 0;
}
