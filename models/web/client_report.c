/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_report - what the clients saw, as metrics.
 */
#include "models/web/client.h"
#include "sim/results.h"

static const double confidence = 0.95;

static void report_latency(const struct client_group *self, struct results *results)
{
    const struct histogram *histogram = client_group_latency(self);
    static const struct {
        const char *name;
        double q;
    } quantiles[] = {
        {"latency_p50", 0.5}, {"latency_p90", 0.9}, {"latency_p99", 0.99}, {"latency_p999", 0.999}};
    if (histogram->count == 0)
        return;
    struct interval latency = moments_interval(&client_group_measures(self)->latency_s, confidence);
    double mean = histogram_mean(histogram) / 1e9, half = (latency.high - latency.low) / 2;
    latency =
        (struct interval){.mean = mean, .low = mean - half, .high = mean + half, .n = latency.n};
    results_add_interval(results, "latency", "", latency);
    results_add_histogram(results, "latency", "", histogram);
    for (unsigned i = 0; i < 4; i++)
        results_add(results, quantiles[i].name, "",
                    (double)histogram_quantile(histogram, quantiles[i].q) / 1e9);
}

static void report_stalls_of(const struct client_group *self, enum stall_victim victim,
                             const char *const names[3], struct results *results)
{
    struct histogram stalls;
    client_group_stalls(self, victim, &stalls);
    if (stalls.count > 0) {
        results_add(results, names[0], "", (double)stalls.max / 1e9);
        results_add_histogram(results, names[0], "", &stalls);
        results_add(results, names[1], "", (double)histogram_quantile(&stalls, 0.5) / 1e9);
        results_add(results, names[2], "", (double)histogram_quantile(&stalls, 0.99) / 1e9);
    }
    histogram_fini(&stalls);
}

static void report_stalls(const struct client_group *self, struct results *results)
{
    static const char *const all[] = {"stall", "stall_p50", "stall_p99"};
    static const char *const primary[] = {"stall_primary", "stall_primary_p50",
                                          "stall_primary_p99"};
    static const char *const backup[] = {"stall_backup", "stall_backup_p50", "stall_backup_p99"};
    report_stalls_of(self, STALL_VICTIMS, all, results);
    report_stalls_of(self, STALL_PRIMARY, primary, results);
    report_stalls_of(self, STALL_BACKUP, backup, results);
}

static void report_outcomes(const struct client_group *self, struct results *results)
{
    const struct client_counts *counts = client_group_counts(self);
    static const struct {
        const char *name;
        enum outcome outcome;
    } rows[] = {
        {"requests_ok", OUTCOME_RIGHT},        {"requests_late", OUTCOME_LATE},
        {"requests_lost", OUTCOME_LOST},       {"requests_cut", OUTCOME_CUT},
        {"requests_mixed", OUTCOME_MIXED},     {"requests_duplicated", OUTCOME_DUPLICATED},
        {"requests_pending", OUTCOME_PENDING}, {"requests_abandoned", OUTCOME_ABANDONED},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        results_add(results, rows[i].name, "", (double)counts->outcomes[rows[i].outcome]);
    results_add(results, "connections_lost", "", (double)counts->connections_lost);
}

void client_group_report(const struct client_group *self, struct results *results)
{
    const struct client_measures *measures = client_group_measures(self);
    report_latency(self, results);
    results_add_interval(results, "throughput", "",
                         moments_interval(&measures->throughput, confidence));
    results_add_interval(results, "goodput", "", moments_interval(&measures->goodput, confidence));
    report_stalls(self, results);
    report_outcomes(self, results);
}
