/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * random - Philox in counter mode and its face towards GSL.
 *
 * The counter's upper three words stay zero: 2^64 blocks of four are enough for a stream.
 */
#include "sim/random.h"

#include <Random123/philox.h>

void random_init(struct random *self, uint64_t seed, uint64_t entity)
{
    *self = (struct random){.seed = seed, .entity = entity};
}

void random_refill(struct random *self)
{
    philox4x64_ctr_t counter = {{self->blocks++, 0, 0, 0}};
    philox4x64_key_t key = {{self->seed, self->entity}};
    philox4x64_ctr_t block = philox4x64(counter, key);
    for (unsigned i = 0; i < 4; i++)
        self->block[3 - i] = block.v[i]; /* drawn from the end */
    self->left = 4;
}

uint64_t random_entity(const char *name, uint64_t index)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a of the name, then the index mixed in */
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    hash += (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    return hash ^ (hash >> 31);
}

uint64_t random_below(struct random *self, uint64_t bound)
{
    unsigned __int128 product = (unsigned __int128)random_u64(self) * bound;
    if ((uint64_t)product < bound) {
        uint64_t threshold = -bound % bound;
        while ((uint64_t)product < threshold)
            product = (unsigned __int128)random_u64(self) * bound;
    }
    return (uint64_t)(product >> 64);
}

static void gsl_set(void *state, unsigned long seed)
{
    struct random *self = state;
    self->seed = seed;
    self->blocks = 0;
    self->left = 0;
}

static unsigned long gsl_get(void *state)
{
    return random_u64(state);
}

static double gsl_get_double(void *state)
{
    return random_uniform(state);
}

const gsl_rng_type random_gsl_type = {
    .name = "philox4x64",
    .max = UINT64_MAX,
    .size = sizeof(struct random),
    .set = gsl_set,
    .get = gsl_get,
    .get_double = gsl_get_double,
};
