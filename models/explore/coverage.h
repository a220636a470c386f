/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * coverage - where faults have struck: in which situation of the two servers, at which event of the protocol, which fault.
 *
 * Three tables span the cells: situations (what each server is), events (how far a request has come, or what kind of packet it
 * is), faults. A fault on hosts or paths is booked at the stage of every client; a fault on a packet at the kind of that
 * packet. Cells that make no sense (a crash of the last server, a restart without a dead one, a reply by a dead host) do not count. What
 * was never reached can be listed, with what would reach it: what was not tried is not known to work.
 */
#ifndef MODELS_EXPLORE_COVERAGE_H
#define MODELS_EXPLORE_COVERAGE_H

#include "models/explore/trial.h"

#include <stdio.h>

enum { COVERAGE_SITUATIONS = 10, COVERAGE_EVENTS = 31, COVERAGE_FAULTS = 14 };

struct coverage {
    uint64_t cells[COVERAGE_SITUATIONS][COVERAGE_EVENTS][COVERAGE_FAULTS];
};

/* Somebody who books what the faults of a trial of this config meet, from memory_new(). */
struct trial_watch *coverage_watch_new(struct coverage *self, const struct config *config);
/* Runs the trial, and books what its faults met. */
void coverage_trial(struct coverage *self, struct trial *trial, const struct config *config,
                    uint64_t seed);
void coverage_add(struct coverage *sum, const struct coverage *one);
/* Cells with a hit, and cells that make sense. */
unsigned coverage_reached(const struct coverage *self);
unsigned coverage_possible(void);
/* The tables; `missing`: with every cell that was never reached. */
void coverage_print(const struct coverage *self, FILE *stream, bool missing);

#endif
