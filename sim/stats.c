/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stats - the sums behind the means. Merging is by Chan, Golub and LeVeque's update (1979). It does not look at the values'
 * distribution: whether a t interval fits is for the caller to know.
 */
#include "sim/stats.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

void moments_add(struct moments *self, double value)
{
    self->n++;
    double deviation = value - self->mean;
    self->mean += deviation / (double)self->n;
    self->squares += deviation * (value - self->mean);
}

void moments_merge(struct moments *self, const struct moments *other)
{
    if (other->n == 0)
        return;
    double n = (double)self->n, other_n = (double)other->n;
    double deviation = other->mean - self->mean;
    self->n += other->n;
    self->mean += deviation * other_n / (n + other_n);
    self->squares += other->squares + deviation * deviation * n * other_n / (n + other_n);
}

double moments_variance(const struct moments *self)
{
    return self->n < 2 ? NAN : self->squares / (double)(self->n - 1);
}

struct interval moments_interval(const struct moments *self, double confidence)
{
    struct interval interval = {self->mean, -INFINITY, INFINITY, self->n};
    if (self->n < 2)
        return interval;
    double t = gsl_cdf_tdist_Pinv((1 + confidence) / 2, (double)(self->n - 1));
    double half = t * sqrt(moments_variance(self) / (double)self->n);
    interval.low = self->mean - half;
    interval.high = self->mean + half;
    return interval;
}

void batch_means_init(struct batch_means *self, uint64_t length)
{
    *self = (struct batch_means){.length = length};
}

void batch_means_add(struct batch_means *self, double value)
{
    self->sum += value;
    if (++self->filled < self->length)
        return;
    moments_add(&self->batches, self->sum / (double)self->filled);
    self->sum = 0;
    self->filled = 0;
}

struct interval batch_means_interval(const struct batch_means *self, double confidence)
{
    return moments_interval(&self->batches, confidence);
}

void time_average_init(struct time_average *self, int64_t now_ns, double value)
{
    *self = (struct time_average){.since_ns = now_ns, .changed_ns = now_ns, .value = value};
}

void time_average_set(struct time_average *self, int64_t now_ns, double value)
{
    self->area += self->value * (double)(now_ns - self->changed_ns);
    self->changed_ns = now_ns;
    self->value = value;
}

double time_average_mean(const struct time_average *self, int64_t now_ns)
{
    if (now_ns <= self->since_ns)
        return self->value;
    double area = self->area + self->value * (double)(now_ns - self->changed_ns);
    return area / (double)(now_ns - self->since_ns);
}

void time_average_reset(struct time_average *self, int64_t now_ns)
{
    time_average_init(self, now_ns, self->value);
}
