/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * testbed - one run of a config for real: the house is built, clients work, faults strike, everything is measured and gone.
 *
 * What world_run() does in the simulator, with the same clients (one code), the same metrics under the same names, and the
 * promises as far as they can be seen from outside. What differs is said in docs/testbed.md.
 */
#ifndef MODULE_TESTBED_TESTBED_H
#define MODULE_TESTBED_TESTBED_H

#include "models/config.h"
#include "sim/results.h"

#include <stdatomic.h>

/* What in the config this program cannot do for real; NULL: nothing. */
const char *testbed_obstacle(const struct config *config);
/* False, with a text for people in `error`, if the run could not be made. *stop ends it early (false, no text). */
bool testbed_run(const struct config *config, uint64_t seed, struct results *results,
                 const atomic_int *stop, char *error, size_t room);

#endif
