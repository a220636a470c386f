/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_web - a scenario file simulated by us and measured: bench_web [--parameters] SCENARIO.yaml [NAME=VALUE...]
 *
 * The scenario must have one point. Prints what bench/web_ns3.cc prints of the same run: latency_s throughput requests packets
 * events CPU_seconds resident_MiB own_MiB; all of the measured time (run.duration), but for the memory: the most there
 * ever was, and what at the end belongs to no file. Everything is on that is on in any other run: header bytes, checksums,
 * promise checkers. With --parameters it prints the run's parameters, which web_ns3 reads.
 */
#include "bench/hold.h"
#include "models/params.h"
#include "models/world_state.h"
#include "sim/scenario.h"

struct sample {
    double cpu_s;
    uint64_t requests, packets, events;
};

static struct sample sample(const struct world *world)
{
    return (struct sample){
        .cpu_s = hold_cpu_s(),
        .requests = client_group_counts(world->clients)->outcomes[OUTCOME_RIGHT],
        .packets = lan_counters(world->service_lan).packets,
        .events = world->simulation.events,
    };
}

static int measure(const struct config *config)
{
    struct world *world = world_new(config, 1);
    world_run_until(world, config->run.warmup_ns);
    struct sample before = sample(world);
    world_run_until(world, config->run.warmup_ns + config->run.duration_ns);
    struct sample after = sample(world);
    const struct histogram *latency = client_group_latency(world->clients);
    if (latency->count == 0) {
        fprintf(stderr, "bench_web: no request ended in the measured time\n");
        return 1;
    }
    printf("%.9g %.9g %llu %llu %llu %.4f %.1f %.2f\n", histogram_mean(latency) / 1e9,
           (double)latency->count / ((double)config->run.duration_ns / 1e9),
           (unsigned long long)(after.requests - before.requests),
           (unsigned long long)(after.packets - before.packets),
           (unsigned long long)(after.events - before.events), after.cpu_s - before.cpu_s,
           hold_peak_mib(), hold_own_mib());
    world_free(world);
    return 0;
}

int main(int argc, char **argv)
{
    bool parameters = argc > 1 && strcmp(argv[1], "--parameters") == 0;
    argv += 1 + parameters;
    if (*argv == NULL) {
        fprintf(stderr, "usage: bench_web [--parameters] SCENARIO.yaml [NAME=VALUE...]\n");
        return 2;
    }
    struct scenario *scenario = scenario_load(argv[0], &understudy_schema, understudy_metrics,
                                              (const char *const *)argv + 1, stderr);
    if (scenario == NULL || scenario->point_count != 1) {
        fprintf(stderr, "bench_web: %s is not one point\n", argv[0]);
        return 2;
    }
    int code = 0;
    if (parameters)
        fputs(scenario->points[0].text, stdout);
    else
        code = measure(scenario->points[0].config);
    scenario_free(scenario);
    return code;
}
