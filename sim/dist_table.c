/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dist_table - a sorted array searched by halves, in a list of all that were ever made.
 */
#include "sim/dist_table.h"

#include "sim/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct dist_table {
    struct dist_table *next;
    char *text;
    size_t count;
    double *values, *sums; /* sums: cumulative, the last is 1 */
    uint64_t digest;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct dist_table *tables;

static const struct dist_table *find(const struct dist_table *like)
{
    size_t size = like->count * sizeof(double);
    const struct dist_table *at = tables;
    while (at != NULL &&
           (at->count != like->count || strcmp(at->text, like->text) != 0 ||
            memcmp(at->values, like->values, size) != 0 || memcmp(at->sums, like->sums, size) != 0))
        at = at->next;
    return at;
}

static void drop(struct dist_table *self)
{
    free(self->text);
    free(self->values);
    free(self->sums);
    free(self);
}

static struct dist_table *make(const double *values, const double *weights, size_t count,
                               const char *text)
{
    struct dist_table *self = must(calloc(1, sizeof *self));
    self->text = must(strdup(text));
    self->count = count;
    self->values = must(malloc(count * sizeof *values));
    self->sums = must(malloc(count * sizeof *values));
    memcpy(self->values, values, count * sizeof *values);
    double total = 0, sum = 0;
    for (size_t i = 0; i < count; i++)
        total += weights[i];
    for (size_t i = 0; i < count; i++) {
        sum += weights[i];
        self->sums[i] = sum / total;
    }
    size_t size = count * sizeof *values;
    self->digest = XXH3_64bits_withSeed(self->sums, size, XXH3_64bits(self->values, size));
    return self;
}

const struct dist_table *dist_table_new(const double *values, const double *weights, size_t count,
                                        const char *text)
{
    struct dist_table *fresh = make(values, weights, count, text);
    pthread_mutex_lock(&lock);
    const struct dist_table *table = find(fresh);
    if (table != NULL) {
        drop(fresh);
    } else {
        fresh->next = tables;
        tables = fresh;
        table = fresh;
    }
    pthread_mutex_unlock(&lock);
    return table;
}

void dist_table_forget_all(void)
{
    pthread_mutex_lock(&lock);
    while (tables != NULL) {
        struct dist_table *first = tables;
        tables = first->next;
        drop(first);
    }
    pthread_mutex_unlock(&lock);
}

const char *dist_table_text(const struct dist_table *self)
{
    return self->text;
}

uint64_t dist_table_digest(const struct dist_table *self)
{
    return self->digest;
}

double dist_table_draw(const struct dist_table *self, double uniform)
{
    size_t low = 0, high = self->count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (self->sums[middle] > uniform)
            high = middle;
        else
            low = middle + 1;
    }
    return self->values[low];
}

double dist_table_mean(const struct dist_table *self)
{
    double mean = 0, before = 0;
    for (size_t i = 0; i < self->count; i++) {
        mean += self->values[i] * (self->sums[i] - before);
        before = self->sums[i];
    }
    return mean;
}

double dist_table_min(const struct dist_table *self)
{
    double least = self->values[0];
    for (size_t i = 1; i < self->count; i++)
        least = self->values[i] < least ? self->values[i] : least;
    return least;
}

double dist_table_max(const struct dist_table *self)
{
    double most = self->values[0];
    for (size_t i = 1; i < self->count; i++)
        most = self->values[i] > most ? self->values[i] : most;
    return most;
}
