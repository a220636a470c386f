/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * random - one stream of random numbers for one entity of one run.
 *
 * A stream is Philox 4x64-10 (Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; the Random123
 * library) in counter mode under the key (seed, entity). Streams of different keys are independent and need no set-up, so
 * every entity owns one, and adding an entity or changing a scheme does not change what the others draw. GSL's
 * distributions run on it through random_gsl(). Nothing is allocated; a stream may be copied (the copy repeats it).
 */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdint.h>

struct random {
    uint64_t seed, entity;
    uint64_t blocks;   /* drawn so far */
    uint64_t block[4]; /* the present one */
    unsigned left;     /* of the present block, unused */
};

void random_init(struct random *self, uint64_t seed, uint64_t entity);
/* The key of an entity, from what it is and which: random_entity("client", 17). */
uint64_t random_entity(const char *name, uint64_t index);
/* Computes the next block; the business of random_u64(). */
void random_refill(struct random *self);
/* The stream as GSL's generator (all 64 bits, uniform doubles of 53 bits); valid to the end of the block it is written in. */
#define random_gsl(self) (&(gsl_rng){.type = &random_gsl_type, .state = (self)})
extern const gsl_rng_type random_gsl_type;

static inline uint64_t random_u64(struct random *self)
{
    if (self->left == 0)
        random_refill(self);
    return self->block[--self->left];
}

/* In [0, 1), a multiple of 2^-53. */
static inline double random_uniform(struct random *self)
{
    return (double)(random_u64(self) >> 11) * 0x1p-53;
}

/* In [0, bound), without bias (Lemire, "Fast random integer generation in an interval", 2019); bound > 0. */
uint64_t random_below(struct random *self, uint64_t bound);

static inline double random_exponential(struct random *self, double mean)
{
    return -mean * log(1.0 - random_uniform(self));
}

#endif
