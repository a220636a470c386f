/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_explore - how many complete runs an exploration does: bench_explore SCENARIO.yaml SECONDS [NAME=VALUE...]
 *
 * Each run is the scenario's with one crash, another one every time, from the clients' first packet until the last connection
 * is closed, judged by all checkers, as `understudy explore --only crash-points` does them: what a run has in common with others
 * is simulated once. Then the same runs again, each from its beginning (trial_run()). Prints for both: runs and CPU seconds; then
 * requests and events of an average run.
 */
#include "bench/hold.h"
#include "models/explore/crash_points.h"
#include "models/explore/explorer.h"
#include "models/params.h"
#include "sim/scenario.h"

struct sum {
    uint64_t runs, events;
    double cpu_s;
    bool broken;
};

static void share(struct sum *sum, const struct config *config)
{
    static const atomic_int nobody;
    struct explorer explorer;
    struct explorer_settings settings = {.config = config,
                                         .seed = 1,
                                         .threads = 1,
                                         .only = strategy_crash_points.name,
                                         .promise = -1,
                                         .stop = &nobody};
    explorer_init(&explorer, &settings);
    sum->broken |= explorer_run(&explorer);
    sum->runs += explorer.tallies[0].trials;
    sum->events += explorer.tallies[0].events;
    sum->cpu_s += explorer.cpu_seconds;
    explorer_fini(&explorer);
}

static void restart(struct sum *sum, const struct config *base)
{
    struct crash_points points;
    struct trial trial;
    double began_s = hold_cpu_s();
    crash_points_record(&points, base, 1, 0, false, &trial);
    for (size_t i = 0; i < points.crash_count; i++) {
        struct config config = *base;
        config.faults[config.fault_count++] =
            (struct fault){.crash = points.crashes[i].target,
                           .event = (int64_t)points.crashes[i].event,
                           .client = -1,
                           .count = 1,
                           .survivable = true};
        trial_run(&trial, &config, 1, NULL);
        sum->broken |= trial.promise >= 0;
    }
    sum->runs += points.crash_count;
    sum->cpu_s += hold_cpu_s() - began_s;
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
    const struct config *config = scenario->points[0].config;
    double seconds = strtod(argv[2], NULL);
    struct sum shared = {0}, restarted = {0};
    while (shared.cpu_s < seconds / 2)
        share(&shared, config);
    while (restarted.cpu_s < seconds / 2)
        restart(&restarted, config);
    printf("%llu %.4f %llu %.4f %lld %.0f\n", (unsigned long long)shared.runs, shared.cpu_s,
           (unsigned long long)restarted.runs, restarted.cpu_s,
           (long long)(config->clients.count * config->clients.requests),
           (double)shared.events / (double)shared.runs);
    scenario_free(scenario);
    if (shared.broken || restarted.broken)
        fprintf(stderr, "bench_explore: a promise was broken\n");
    return shared.broken || restarted.broken;
}
