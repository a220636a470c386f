/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch - all runs of some scenarios: done, stored, reported, judged.
 */
#ifndef CMD_BATCH_H
#define CMD_BATCH_H

#include "models/config.h"
#include "sim/pool.h"
#include "sim/report.h"
#include "sim/scenario.h"
#include "sim/store.h"

#include <argp.h>

/* A way to run scenarios. */
struct backend {
    const char *name;    /* as the database has it */
    const char *command; /* for messages */
    const struct argp *argp;
    bool alone; /* one run at a time */
    /* What in this config the backend cannot do; NULL: nothing. */
    const char *(*obstacle)(const struct config *config);
    /* One run; false and a text for people if the machine does not allow it. May end early when *stop is not 0. */
    bool (*run)(const struct config *config, uint64_t seed, struct results *results,
                const atomic_int *stop, char *error, size_t room);
};

struct batch_settings {
    const struct backend *backend;
    uint64_t seed;
    unsigned threads;
    bool again, quiet;
    enum report_format format;
    const char *metrics;    /* to be shown; NULL: the usual ones */
    const char *database;   /* its file */
    const atomic_int *stop; /* not 0: begin no further run */
};

/* Scenarios: NULL-ended. Returns an exit code. */
int batch_run(const struct batch_settings *settings, struct scenario *const *scenarios,
              struct store *store);

/* The command line of `understudy run` for any backend (cmd/run.c); for its argp: */
extern const struct argp_option batch_options[];
error_t batch_parse(int key, char *argument, struct argp_state *state);
/* Returns an exit code. */
int batch_main(int argc, char **argv, const struct backend *backend);

#endif
