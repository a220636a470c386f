/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch - all runs of some scenarios: done, stored, reported, judged.
 */
#ifndef CMD_BATCH_H
#define CMD_BATCH_H

#include "cmd/runs.h"
#include "cmd/scene.h"
#include "models/config.h"
#include "sim/pool.h"
#include "sim/report.h"
#include "sim/scenario.h"
#include "sim/store.h"

#include <argp.h>

struct batch_settings;

/* A way to run scenarios. */
struct backend {
    const char *name;    /* as the database has it */
    const char *command; /* for messages */
    const struct argp *argp;
    const char *database; /* where results go unless --db says otherwise */
    bool alone;           /* one run at a time */
    /* What in this config the backend cannot do; NULL: nothing. */
    const char *(*obstacle)(const struct config *config);
    /* One run; false and a text for people if the machine does not allow it. May end early when *stop is not 0. */
    bool (*run)(const struct config *config, uint64_t seed, struct results *results,
                const atomic_int *stop, char *error, size_t room);
    /* What all runs are for, once they are there; returns an exit code. NULL: they are told and judged (cmd/summary.h). */
    int (*use)(const struct run *runs, size_t count, const struct batch_settings *settings);
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

/* Keys of its options; those of a command that has more of them begin behind. */
enum batch_key { KEY_DB = KEY_OWN, KEY_FORMAT, KEY_METRICS, KEY_LIST, KEY_AGAIN, KEY_BATCH_OWN };

#define BATCH_LIST                                                                                 \
    {                                                                                              \
        "list", KEY_LIST, 0, 0, "List the points of the sweeps; run nothing", 0                    \
    }
#define BATCH_AGAIN                                                                                \
    {                                                                                              \
        "again", KEY_AGAIN, 0, 0, "Run also what the database already holds", 0                    \
    }

/* The command line of `understudy run` for any backend (cmd/run.c); for its argp: */
extern const struct argp_option batch_options[];
error_t batch_parse(int key, char *argument, struct argp_state *state);
/* Returns an exit code. */
int batch_main(int argc, char **argv, const struct backend *backend);

#endif
