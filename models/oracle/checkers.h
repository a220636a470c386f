/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checkers - the promises, one file each.
 */
#ifndef MODELS_ORACLE_CHECKERS_H
#define MODELS_ORACLE_CHECKERS_H

#include "models/oracle/promise.h"

extern const struct promise_type promise_input_survives; /* P1 */
extern const struct promise_type promise_output_commit;  /* P2 */
extern const struct promise_type promise_one_reply;      /* P3 */
extern const struct promise_type promise_no_reexecution; /* P4 */
extern const struct promise_type promise_one_speaker;    /* P5 */
extern const struct promise_type promise_transparency;   /* P6 */
extern const struct promise_type promise_liveness;       /* P7 */
extern const struct promise_type promise_bounded_log;    /* P8 */

#endif
