/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * histogram - buckets, quantiles, and the compact form.
 *
 * The compact form is a row of LEB128 numbers: format, count, min, max, sum (low, high), then for every bucket in use the
 * distance to the one before and its count. It knows nothing of when or where the values were taken.
 */
#include "sim/histogram.h"

#include "sim/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT = 1 };

void histogram_init(struct histogram *self)
{
    memset(self, 0, sizeof *self);
}

void histogram_fini(struct histogram *self)
{
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++)
        memory_free(self->octaves[octave]);
    memset(self, 0, sizeof *self);
}

__attribute__((cold, noreturn)) static void fail(const char *what)
{
    fprintf(stderr, "histogram: %s\n", what);
    abort();
}

static uint64_t *octave_get(struct histogram *self, unsigned octave)
{
    if (self->octaves[octave] == NULL)
        self->octaves[octave] = memory_new(HISTOGRAM_BUCKETS * sizeof(uint64_t));
    return self->octaves[octave];
}

static unsigned octave_of(int64_t value)
{
    unsigned bits = 64U - (unsigned)__builtin_clzll((uint64_t)value | 1);
    return bits <= HISTOGRAM_BUCKET_BITS ? 0 : bits - HISTOGRAM_BUCKET_BITS;
}

static unsigned bucket_of(unsigned octave, int64_t value)
{
    unsigned shift = octave == 0 ? 0 : octave - 1;
    return (unsigned)(value >> shift) % HISTOGRAM_BUCKETS;
}

/* The middle of a bucket. */
static int64_t value_of(unsigned octave, unsigned bucket)
{
    if (octave == 0)
        return bucket;
    int64_t width = INT64_C(1) << (octave - 1);
    return (int64_t)(HISTOGRAM_BUCKETS + bucket) * width + (width - 1) / 2;
}

static void add_sum(struct histogram *self, uint64_t sum, uint64_t carry)
{
    self->sum += sum;
    self->sum_carry += carry + (self->sum < sum);
}

void histogram_add(struct histogram *self, int64_t value)
{
    if (value < 0)
        fail("a negative value");
    unsigned octave = octave_of(value);
    octave_get(self, octave)[bucket_of(octave, value)]++;
    if (self->count == 0 || value < self->min)
        self->min = value;
    if (self->count == 0 || value > self->max)
        self->max = value;
    self->count++;
    add_sum(self, (uint64_t)value, 0);
}

void histogram_merge(struct histogram *self, const struct histogram *other)
{
    if (other->count == 0)
        return;
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++) {
        if (other->octaves[octave] == NULL)
            continue;
        uint64_t *buckets = octave_get(self, octave);
        for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
            buckets[i] += other->octaves[octave][i];
    }
    if (self->count == 0 || other->min < self->min)
        self->min = other->min;
    if (self->count == 0 || other->max > self->max)
        self->max = other->max;
    self->count += other->count;
    add_sum(self, other->sum, other->sum_carry);
}

double histogram_mean(const struct histogram *self)
{
    if (self->count == 0)
        return 0;
    return ((double)self->sum_carry * 0x1p64 + (double)self->sum) / (double)self->count;
}

static int64_t clamp(const struct histogram *self, int64_t value)
{
    if (value < self->min)
        return self->min;
    return value > self->max ? self->max : value;
}

int64_t histogram_quantile(const struct histogram *self, double q)
{
    if (self->count == 0)
        return 0;
    double exact = ceil(q * (double)self->count * (1 - 0x1p-51)); /* 7 % of 100 are 7, not 8 */
    uint64_t rank = exact < 1 ? 1 : (uint64_t)exact;
    uint64_t seen = 0;
    for (unsigned octave = 0; octave < HISTOGRAM_OCTAVES; octave++) {
        for (unsigned i = 0; self->octaves[octave] != NULL && i < HISTOGRAM_BUCKETS; i++) {
            seen += self->octaves[octave][i];
            if (seen >= rank)
                return clamp(self, value_of(octave, i));
        }
    }
    return self->max;
}

struct writer {
    uint8_t *blob;
    size_t room, size;
};

static void write_number(struct writer *writer, uint64_t number)
{
    do {
        uint8_t byte = (uint8_t)(number & 0x7f);
        number >>= 7;
        if (writer->size < writer->room)
            writer->blob[writer->size] = (uint8_t)(byte | (number != 0 ? 0x80 : 0));
        writer->size++;
    } while (number != 0);
}

size_t histogram_save(const struct histogram *self, uint8_t *blob, size_t room)
{
    struct writer writer = {.blob = blob, .room = room};
    write_number(&writer, FORMAT);
    write_number(&writer, self->count);
    if (self->count == 0)
        return writer.size;
    write_number(&writer, (uint64_t)self->min);
    write_number(&writer, (uint64_t)self->max);
    write_number(&writer, self->sum);
    write_number(&writer, self->sum_carry);
    unsigned before = 0;
    for (unsigned i = 0; i < HISTOGRAM_OCTAVES * HISTOGRAM_BUCKETS; i++) {
        const uint64_t *octave = self->octaves[i / HISTOGRAM_BUCKETS];
        if (octave == NULL || octave[i % HISTOGRAM_BUCKETS] == 0)
            continue;
        write_number(&writer, i - before);
        write_number(&writer, octave[i % HISTOGRAM_BUCKETS]);
        before = i;
    }
    return writer.size;
}

struct reader {
    const uint8_t *at, *end;
    bool bad;
};

static uint64_t read_number(struct reader *reader)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
        uint8_t byte = *reader->at++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return number;
    }
    reader->bad = true;
    return 0;
}

static void read_buckets(struct histogram *self, struct reader *reader)
{
    uint64_t index = 0, seen = 0;
    while (!reader->bad && reader->at < reader->end) {
        uint64_t distance = read_number(reader);
        uint64_t count = read_number(reader);
        if (distance >= HISTOGRAM_OCTAVES * HISTOGRAM_BUCKETS)
            reader->bad = true;
        index += distance;
        if (reader->bad || index >= HISTOGRAM_OCTAVES * HISTOGRAM_BUCKETS ||
            count > self->count - seen) {
            reader->bad = true;
            return;
        }
        seen += count;
        octave_get(self, (unsigned)index / HISTOGRAM_BUCKETS)[index % HISTOGRAM_BUCKETS] += count;
    }
    if (seen != self->count)
        reader->bad = true;
}

bool histogram_load(struct histogram *self, const uint8_t *blob, size_t size)
{
    histogram_init(self);
    struct reader reader = {.at = blob, .end = blob + size};
    if (read_number(&reader) != FORMAT)
        reader.bad = true;
    self->count = read_number(&reader);
    if (self->count != 0) {
        uint64_t min = read_number(&reader), max = read_number(&reader);
        self->min = (int64_t)min;
        self->max = (int64_t)max;
        self->sum = read_number(&reader);
        self->sum_carry = read_number(&reader);
        if (min > max || max > INT64_MAX)
            reader.bad = true;
    }
    if (!reader.bad)
        read_buckets(self, &reader);
    if (reader.bad)
        histogram_fini(self);
    return !reader.bad;
}
