/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stats - means and how far they can be trusted.
 *
 * A confidence interval is only as good as the independence of what it is computed from. Successive latencies of one run
 * are NOT independent: give each replication's mean to one `struct moments` (then n is the number of replications), or cut a
 * long run into batches with `struct batch_means` (then n is the number of full batches). Student's t with n - 1 degrees
 * of freedom; with n < 2 the interval is infinite, said so by -INFINITY and INFINITY. Not done: detection of the warm-up,
 * choice of the batch length.
 */
#ifndef SIM_STATS_H
#define SIM_STATS_H

#include <stdint.h>

/* Mean and variance of the values added (Welford's recurrence). Zero-initialised is empty. */
struct moments {
    uint64_t n;
    double mean, squares; /* squares: sum of squared deviations from the mean */
};

void moments_add(struct moments *self, double value);
void moments_merge(struct moments *self, const struct moments *other);
/* Unbiased (n - 1); NAN if n < 2. */
double moments_variance(const struct moments *self);

struct interval {
    double mean, low, high;
    uint64_t n; /* independent observations behind it */
};

/* The interval that covers the true mean with probability `confidence` (0.95), if the values added were independent and
 * about normal, as means of replications or batches are. */
struct interval moments_interval(const struct moments *self, double confidence);

/* Means of successive batches of `length` values; a last incomplete batch does not count. */
struct batch_means {
    uint64_t length, filled;
    double sum;
    struct moments batches;
};

void batch_means_init(struct batch_means *self, uint64_t length);
void batch_means_add(struct batch_means *self, double value);
struct interval batch_means_interval(const struct batch_means *self, double confidence);

/* The average over time of a value that changes in steps (a queue's length). */
struct time_average {
    int64_t since_ns, changed_ns;
    double value, area;
};

void time_average_init(struct time_average *self, int64_t now_ns, double value);
/* From now on the value is `value`. Time must not run backwards. */
void time_average_set(struct time_average *self, int64_t now_ns, double value);
/* From the start to now; the present value if that is no time at all. */
double time_average_mean(const struct time_average *self, int64_t now_ns);
/* Starts again with the present value: the warm-up is forgotten. */
void time_average_reset(struct time_average *self, int64_t now_ns);

#endif
