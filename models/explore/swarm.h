/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * swarm - a random scenario from a seed (swarm testing: Groce and others, ISSTA 2012).
 *
 * Every feature is a row of a table and is switched on or off by a coin in each run: a run with everything at once hides as
 * much as it shows. What a feature does not touch stays as the scenario has it. Faults strike in the first part of the run and
 * have all healed at its end, except that the dead stay dead; from then on every request must end in time. No fault asks for
 * more than was promised: a crash, also one of the scenario's own, spares the last server in service, clocks keep to 200 ppm,
 * and the two servers are cut off from each other on all networks only for so long that the primary cannot take its backup for
 * dead.
 */
#ifndef MODELS_EXPLORE_SWARM_H
#define MODELS_EXPLORE_SWARM_H

#include "models/config.h"
#include "sim/random.h"

struct swarm {
    struct config *config;
    struct random random;
    int64_t heal_ns; /* when all faults have healed */
};

struct swarm_feature {
    const char *name, *help; /* a NULL name ends the table */
    void (*draw)(struct swarm *self);
};
extern const struct swarm_feature swarm_features[];

/* Fills `out` with a random relative of `base`. */
void swarm_draw(struct config *out, const struct config *base, uint64_t seed);

struct explorer;
struct tally;
/* Where to go on after a hunt that was ended: all seeds before have been tried. */
uint64_t swarm_next_seed(const struct explorer *explorer, const struct tally *tally);

#endif
