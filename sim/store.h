/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store - the results database: SQLite, WAL, STRICT tables; every finished run is one transaction.
 *
 * A run is known by its identity: a digest of everything that determines its result (all parameters, seed, replication,
 * backend, commit, build of the program). The same command again finds what is there and does only the rest; killing the program at any
 * moment leaves a readable database without half runs. docs/results.md describes tables and the view `result`. One writer;
 * the caller serialises calls. Errors: functions return false and store_error() says what and what to do.
 */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include "sim/results.h"

struct store;

/* One run to be written, or looked for. Texts belong to the caller. */
struct store_run {
    const char *scenario, *scenario_text; /* name, and the file's text */
    const char *backend;                  /* "sim" or "testbed" */
    const char *point;                    /* JSON of the swept parameters */
    const char *parameters;               /* all of them, canonical text */
    uint64_t seed;
    unsigned replication;
    const char *version, *commit;
    const char
        *build; /* of the program, as build_id(); NULL: unknown, so that no run is known again */
    const char *host_facts; /* JSON: what machine this ran on */
    int64_t started_at_s;   /* Unix time */
    double wall_time_s;
};

/* Opens or creates; NULL and a message with its remedy in `error` if the file cannot be used (foreign, newer, unreadable,
 * on a full disk). A database of another program is never changed. */
struct store *store_open(const char *path, char *error, size_t room);
void store_close(struct store *self);
const char *store_error(const struct store *self);

/* Digest that identifies the run: scenario name, parameters, seed, replication, backend, commit, build. */
uint64_t store_identity(const struct store_run *run);
/* Loads the run's results if it is there: 1 found (results filled, verdicts too), 0 not there (or nobody
 * knows, as the build is unknown), -1 error. */
int store_find(struct store *self, const struct store_run *run, struct results *results);
/* Writes run and results in one transaction; replaces a run of the same scenario, backend, point, seed and replication whose
 * identity differs (its program or parameters changed). */
bool store_write(struct store *self, const struct store_run *run, const struct results *results);

#endif
