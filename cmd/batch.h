/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch - all runs of some scenarios: done, stored, reported, judged.
 */
#ifndef CMD_BATCH_H
#define CMD_BATCH_H

#include "sim/pool.h"
#include "sim/report.h"
#include "sim/scenario.h"
#include "sim/store.h"

struct batch_settings {
    uint64_t seed;
    unsigned threads;
    bool again, quiet;
    enum report_format format;
    const atomic_int *stop; /* not 0: begin no further run */
};

/* Scenarios: NULL-ended. Rows go to standard output, all else to standard error. Returns an exit code. */
int batch_run(const struct batch_settings *settings, struct scenario *const *scenarios,
              struct store *store);

#endif
