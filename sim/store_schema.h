/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_schema - the tables of a results database. docs/reference/schema.md shows them; changes raise STORE_VERSION.
 */
#ifndef SIM_STORE_SCHEMA_H
#define SIM_STORE_SCHEMA_H

enum { STORE_APPLICATION = 0x756e6472 /* "undr" */, STORE_VERSION = 1 };

/* SQLite keeps the text with its comments: `sqlite3 results.db .schema` explains itself. */
/* clang-format off */
static const char store_schema[] =
    "-- A scenario file's own text, once for each version of it.\n"
    "CREATE TABLE scenario (\n"
    "    digest TEXT PRIMARY KEY,\n"
    "    name TEXT NOT NULL,\n"
    "    text TEXT NOT NULL\n"
    ") STRICT;\n"
    "\n"
    "-- One simulated (or real) run: one point of a sweep, one replication.\n"
    "CREATE TABLE run (\n"
    "    id TEXT PRIMARY KEY,              -- digest of all that determines the result\n"
    "    scenario TEXT NOT NULL,           -- the file's name without directory and .yaml\n"
    "    scenario_digest TEXT NOT NULL REFERENCES scenario(digest),\n"
    "    backend TEXT NOT NULL,            -- sim, testbed\n"
    "    point TEXT NOT NULL CHECK (json_valid(point)), -- the swept parameters\n"
    "    parameters TEXT NOT NULL,         -- all parameters, one \"name: value\" a line\n"
    "    seed TEXT NOT NULL,\n"
    "    replication INTEGER NOT NULL,     -- 0, 1, ...\n"
    "    version TEXT NOT NULL,\n"
    "    commit_id TEXT NOT NULL,\n"
    "    host TEXT NOT NULL CHECK (json_valid(host)), -- the machine it ran on\n"
    "    started_at INTEGER NOT NULL,      -- Unix time\n"
    "    wall_time REAL NOT NULL,          -- s\n"
    "    UNIQUE (scenario, backend, point, seed, replication)\n"
    ") STRICT;\n"
    "\n"
    "CREATE TABLE metric (\n"
    "    run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,\n"
    "    metric TEXT NOT NULL,\n"
    "    host TEXT NOT NULL,               -- '' where it is of the whole service\n"
    "    value REAL,                       -- NULL where there is none\n"
    "    unit TEXT NOT NULL,\n"
    "    ci_low REAL,                      -- 95 % confidence interval, of batches inside the run\n"
    "    ci_high REAL,\n"
    "    n INTEGER NOT NULL,               -- batches behind the interval; 1: there is none\n"
    "    histogram BLOB,\n"
    "    PRIMARY KEY (run, metric, host)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "\n"
    "CREATE TABLE verdict (\n"
    "    run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,\n"
    "    promise TEXT NOT NULL,            -- P1 ... P8\n"
    "    title TEXT NOT NULL,\n"
    "    checks INTEGER NOT NULL,          -- how often it was looked at\n"
    "    violations INTEGER NOT NULL,\n"
    "    binding INTEGER NOT NULL,         -- 1: the scheme makes this promise\n"
    "    first TEXT NOT NULL,              -- the first violation, with its simulated time\n"
    "    PRIMARY KEY (run, promise)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "\n"
    "-- One row for each run and metric.\n"
    "CREATE VIEW result AS\n"
    "    SELECT run.id AS run, run.scenario AS scenario, run.backend AS backend, run.point AS point,\n"
    "           metric.metric AS metric, metric.host AS host, metric.value AS value,\n"
    "           metric.unit AS unit, metric.ci_low AS ci_low, metric.ci_high AS ci_high, metric.n AS n\n"
    "    FROM metric JOIN run ON metric.run = run.id;\n"
    "\n"
    "-- One row for each point and metric: the mean over its replications.\n"
    "CREATE VIEW summary AS\n"
    "    SELECT scenario, backend, point, metric, host, avg(value) AS value, unit,\n"
    "           count(*) AS replications\n"
    "    FROM result GROUP BY scenario, backend, point, metric, host, unit;\n";
/* clang-format on */

#endif
