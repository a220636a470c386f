/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_explore - how many complete runs an exploration does: bench_explore SCENARIO.yaml SECONDS [NAME=VALUE...]
 *
 * Each run is the scenario's with one crash, another one every time, from the clients' first packet until the last connection
 * is closed, judged by all checkers. Prints runs, requests, events and CPU seconds.
 */
#include "bench/hold.h"
#include "models/explore/crash_points.h"
#include "models/params.h"
#include "sim/scenario.h"

static uint64_t broken, events;

static void crash(const struct config *base, const struct crash_point *point)
{
    struct config config = *base;
    struct trial trial;
    config.faults[config.fault_count++] = (struct fault){.crash = point->target,
                                                         .event = (int64_t)point->event,
                                                         .client = -1,
                                                         .count = 1,
                                                         .survivable = true};
    trial_run(&trial, &config, 1, NULL);
    broken += trial.promise >= 0;
    events += trial.events;
}

static void measure(const struct config *config, double seconds)
{
    struct crash_points points;
    struct trial trial;
    uint64_t runs = 0;
    crash_points_record(&points, config, 1, 0, false, &trial);
    double began_s = hold_cpu_s();
    while (points.crash_count > 0 && hold_cpu_s() - began_s < seconds)
        crash(config, &points.crashes[runs++ % points.crash_count]);
    double took_s = hold_cpu_s() - began_s;
    printf(
        "%llu %llu %llu %.4f\n", (unsigned long long)runs,
        (unsigned long long)(runs * (uint64_t)(config->clients.count * config->clients.requests)),
        (unsigned long long)events, took_s);
    crash_points_fini(&points);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_explore SCENARIO.yaml SECONDS [NAME=VALUE...]\n");
        return 2;
    }
    struct scenario *scenario = scenario_load(argv[1], &understudy_schema, understudy_metrics,
                                              (const char *const *)argv + 3, stderr);
    if (scenario == NULL || scenario->point_count != 1)
        return 2;
    measure(scenario->points[0].config, strtod(argv[2], NULL));
    scenario_free(scenario);
    if (broken > 0)
        fprintf(stderr, "bench_explore: a promise was broken in %llu runs\n",
                (unsigned long long)broken);
    return broken > 0;
}
