/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * results - two growing arrays.
 */
#include "sim/results.h"

#include "sim/bug.h"
#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void results_init(struct results *self, const struct metric_type *types)
{
    *self = (struct results){.types = types};
}

void results_fini(struct results *self)
{
    for (size_t i = 0; i < self->metric_count; i++) {
        if (self->metrics[i].histogram != NULL)
            histogram_fini(self->metrics[i].histogram);
        free(self->metrics[i].histogram);
    }
    free(self->metrics);
    free(self->verdicts);
    *self = (struct results){.types = self->types};
}

static const struct metric_type *type_of(const struct results *self, const char *name)
{
    const struct metric_type *type = self->types;
    while (type->name != NULL && strcmp(type->name, name) != 0)
        type++;
    assert(type->name != NULL);
    return type;
}

void results_add_interval(struct results *self, const char *metric, const char *host,
                          struct interval value)
{
    self->metrics =
        grown(self->metrics, self->metric_count, &self->metric_room, sizeof *self->metrics);
    self->metrics[self->metric_count++] =
        (struct metric){.type = type_of(self, metric), .host = host, .value = value};
}

void results_add(struct results *self, const char *metric, const char *host, double value)
{
    results_add_interval(
        self, metric, host,
        (struct interval){.mean = value, .low = -INFINITY, .high = INFINITY, .n = 1});
}

static struct metric *find(const struct results *self, const char *metric, const char *host)
{
    for (size_t i = 0; i < self->metric_count; i++) {
        struct metric *at = &self->metrics[i];
        if (strcmp(at->type->name, metric) == 0 && strcmp(at->host, host) == 0)
            return at;
    }
    return NULL;
}

const struct metric *results_find(const struct results *self, const char *metric, const char *host)
{
    return find(self, metric, host);
}

void results_add_histogram(struct results *self, const char *metric, const char *host,
                           const struct histogram *histogram)
{
    struct metric *at = find(self, metric, host);
    assert(at != NULL && at->histogram == NULL);
    at->histogram = must(malloc(sizeof *at->histogram));
    histogram_init(at->histogram);
    histogram_merge(at->histogram, histogram);
}

void results_add_verdict(struct results *self, const struct verdict *verdict)
{
    self->verdicts =
        grown(self->verdicts, self->verdict_count, &self->verdict_room, sizeof *self->verdicts);
    self->verdicts[self->verdict_count++] = *verdict;
}
