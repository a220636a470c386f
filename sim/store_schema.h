/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_schema - the tables of a results database. docs/results.md describes them; changes raise STORE_VERSION.
 */
#ifndef SIM_STORE_SCHEMA_H
#define SIM_STORE_SCHEMA_H

enum { STORE_APPLICATION = 0x756e6472 /* "undr" */, STORE_VERSION = 1 };

static const char store_schema[] =
    "CREATE TABLE scenario (digest TEXT PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL) "
    "STRICT;"
    "CREATE TABLE run ("
    "  id TEXT PRIMARY KEY,"
    "  scenario TEXT NOT NULL, scenario_digest TEXT NOT NULL REFERENCES scenario(digest),"
    "  backend TEXT NOT NULL, point TEXT NOT NULL CHECK (json_valid(point)),"
    "  parameters TEXT NOT NULL, seed TEXT NOT NULL, replication INTEGER NOT NULL,"
    "  version TEXT NOT NULL, commit_id TEXT NOT NULL,"
    "  host TEXT NOT NULL CHECK (json_valid(host)),"
    "  started_at INTEGER NOT NULL, wall_time REAL NOT NULL,"
    "  UNIQUE (scenario, backend, point, seed, replication)) STRICT;"
    "CREATE TABLE metric ("
    "  run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    "  metric TEXT NOT NULL, host TEXT NOT NULL, value REAL, unit TEXT NOT NULL,"
    "  ci_low REAL, ci_high REAL, n INTEGER NOT NULL, histogram BLOB,"
    "  PRIMARY KEY (run, metric, host)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE verdict ("
    "  run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    "  promise TEXT NOT NULL, title TEXT NOT NULL, checks INTEGER NOT NULL,"
    "  violations INTEGER NOT NULL, binding INTEGER NOT NULL, first TEXT NOT NULL,"
    "  PRIMARY KEY (run, promise)) STRICT, WITHOUT ROWID;"
    "CREATE VIEW result AS SELECT run.id AS run, run.scenario AS scenario, run.backend AS backend,"
    "  run.point AS point, metric.metric AS metric, metric.host AS host, metric.value AS value,"
    "  metric.unit AS unit, metric.ci_low AS ci_low, metric.ci_high AS ci_high, metric.n AS n"
    "  FROM metric JOIN run ON metric.run = run.id;"
    "CREATE VIEW summary AS SELECT scenario, backend, point, metric, host, avg(value) AS value, "
    "unit,"
    "  count(*) AS replications FROM result GROUP BY scenario, backend, point, metric, host, unit;";

#endif
