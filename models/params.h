/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * params - every parameter and every metric of the simulated world, declared once.
 */
#ifndef MODELS_PARAMS_H
#define MODELS_PARAMS_H

#include "models/config.h"
#include "sim/param.h"
#include "sim/results.h"

extern const struct schema understudy_schema;         /* of struct config */
extern const struct metric_type understudy_metrics[]; /* a NULL name ends it */

#endif
