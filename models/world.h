/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world - one simulated service from start to end: built from a config, run, measured, judged.
 *
 * A run: clients start; after the warm-up measuring begins; faults strike when their time or event comes; after the measured
 * duration no new requests are sent and those in flight get `drain` to end; then the promises are judged and everything
 * is reported. Nothing outlives its world and nothing is shared between two: any number may run in parallel threads.
 */
#ifndef MODELS_WORLD_H
#define MODELS_WORLD_H

#include "models/config.h"
#include "models/oracle/promise.h"
#include "sim/results.h"

struct world; /* models/world_state.h, for those who watch it from inside */

/* A world at time zero, in which nothing has happened yet. The config must have passed the schema's check and outlive the
 * world. */
struct world *world_new(const struct config *config, uint64_t seed);
void world_free(struct world *self);

/* Lets time pass up to and including `until_ns`, with everything that the run has in store for it: clients start at zero, and
 * so on. False once the run is over; nothing happens any more then. */
bool world_run_until(struct world *self, int64_t until_ns);
/* The same for so many events. How a run is cut up changes nothing in it. */
bool world_run_events(struct world *self, uint64_t count);
/* To the end of the run. */
void world_run_all(struct world *self);

/* Every request has ended and every client has closed its connections: nothing that matters can happen any more. */
bool world_is_quiet(const struct world *self);
/* Some request has waited for longer than it may: liveness is broken. */
bool world_is_overdue(const struct world *self);
/* Ends the run now. */
void world_conclude(struct world *self);

int64_t world_now_ns(const struct world *self);
/* What a checker has seen so far, by its place in promises[]; NULL beyond the last. P3 and P7 are complete once the run is over. */
const struct promise *world_promise(const struct world *self, unsigned index);

/* The metrics of a run that is over, into `results` (initialised by the caller with understudy_metrics). */
void world_report(struct world *self, struct results *results);

/* All of it: builds, runs, reports, frees. */
void world_run(const struct config *config, uint64_t seed, struct results *results);

#endif
