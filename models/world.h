/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world - one simulated service from start to end: built from a config, run, measured, judged.
 *
 * A run: clients start; after the warm-up measuring begins; faults strike when their time or event comes; after the measured
 * duration no new requests are sent and those in flight get `drain` to end; then the promises are judged and everything
 * is reported. Nothing outlives the call and nothing is shared between two: any number may run in parallel threads.
 */
#ifndef MODELS_WORLD_H
#define MODELS_WORLD_H

#include "models/config.h"
#include "sim/results.h"

/* Runs the config with this seed and fills `results` (initialised by the caller with understudy_metrics). The config must
 * have passed config_check(). */
void world_run(const struct config *config, uint64_t seed, struct results *results);

#endif
