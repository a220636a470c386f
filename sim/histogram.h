/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * histogram - a distribution of durations (or other counts) that merges and answers quantiles.
 *
 * Log-linear: 128 buckets an octave, exact below 128, so a quantile is off by at most 1/256 (0.4 %) of its value. Count,
 * minimum, maximum and mean are exact. An octave's buckets are allocated when its first value comes: an unused histogram
 * takes half a kibibyte. Values are 0 .. INT64_MAX.
 */
#ifndef SIM_HISTOGRAM_H
#define SIM_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BUCKET_BITS = 7, HISTOGRAM_BUCKETS = 1 << HISTOGRAM_BUCKET_BITS };
enum { HISTOGRAM_OCTAVES = 64 - HISTOGRAM_BUCKET_BITS }; /* the first one is 0 .. 127 */

struct histogram {
    uint64_t count;
    int64_t min, max;        /* of no use while count is 0 */
    uint64_t sum, sum_carry; /* 128 bits */
    uint64_t *octaves[HISTOGRAM_OCTAVES];
};

void histogram_init(struct histogram *self);
void histogram_fini(struct histogram *self);
/* A negative value is a bug (asserted). Running out of memory ends the program. */
void histogram_add(struct histogram *self, int64_t value);
void histogram_merge(struct histogram *self, const struct histogram *other);
/* 0 if empty. */
double histogram_mean(const struct histogram *self);
/* The smallest value that at least the fraction q of all values do not exceed, 0 <= q <= 1; 0 if empty. */
int64_t histogram_quantile(const struct histogram *self, double q);

/* Writes a compact form (a few bytes a bucket in use; the same bytes on every machine) and returns its size. With too
 * little room nothing useful is written, but the size is right: call it with (NULL, 0) first. */
size_t histogram_save(const struct histogram *self, uint8_t *blob, size_t room);
/* Initialises from the compact form; false, and an empty histogram, if it is not one. */
bool histogram_load(struct histogram *self, const uint8_t *blob, size_t size);

#endif
