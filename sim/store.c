/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store - SQLite behind three questions: is this database ours, is this run in it, put this run into it.
 */
#include "sim/store.h"

#include "sim/memory.h"
#include "sim/store_schema.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { BUSY_MS = 30000, ERROR_TEXT = 400 };

struct store {
    sqlite3 *database;
    char *path;
    char error[ERROR_TEXT];
};

const char *store_error(const struct store *self)
{
    return self->error;
}

static bool fail(struct store *self)
{
    int code = sqlite3_extended_errcode(self->database);
    const char *remedy = "";
    switch (code & 0xff) {
    case SQLITE_FULL:
        remedy = " (the disk is full: free some space and run the same command again)";
        break;
    case SQLITE_READONLY:
        remedy = " (not writable: check its permissions, or use --db with another file)";
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        remedy = " (another program is writing to it: wait, or use --db with another file)";
        break;
    case SQLITE_IOERR:
        remedy = " (is the disk full, or on a network?)";
        break;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        remedy = " (not a database of ours, or damaged: use --db with another file)";
        break;
    default:
        break;
    }
    snprintf(self->error, sizeof self->error, "%s: %s%s", self->path,
             sqlite3_errmsg(self->database), remedy);
    return false;
}

static bool run_sql(struct store *self, const char *sql)
{
    return sqlite3_exec(self->database, sql, NULL, NULL, NULL) == SQLITE_OK || fail(self);
}

/* --- opening ---------------------------------------------------------------------------------------------------- */

static bool read_number(struct store *self, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(self->database, sql, -1, &statement, NULL) != SQLITE_OK)
        return fail(self);
    bool good = sqlite3_step(statement) == SQLITE_ROW;
    if (good)
        *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return good || fail(self);
}

static bool check(struct store *self);

/* SQLite does not wait by itself for others to let go of a journal of another kind. */
static bool use_wal(struct store *self)
{
    int code, waited_ms = 0;
    while ((code = sqlite3_exec(self->database, "PRAGMA journal_mode = WAL;", NULL, NULL, NULL)) ==
               SQLITE_BUSY &&
           waited_ms < BUSY_MS) {
        sqlite3_sleep(20);
        waited_ms += 20;
    }
    return code == SQLITE_OK || fail(self);
}

static bool create(struct store *self)
{
    int64_t tables;
    char pragmas[120];
    snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             STORE_APPLICATION, STORE_VERSION);
    if (!use_wal(self) || !run_sql(self, "BEGIN IMMEDIATE;") ||
        !read_number(self, "SELECT count(*) FROM sqlite_schema;", &tables))
        return false;
    if (tables > 0) /* another process was faster */
        return run_sql(self, "ROLLBACK;") && check(self);
    return run_sql(self, store_schema) && run_sql(self, pragmas) && run_sql(self, "COMMIT;");
}

/* Ours, and of a version we know; or empty, and then made ours. */
static bool check(struct store *self)
{
    int64_t application, version, tables;
    /* In one transaction: another process may be making it just now. */
    if (!run_sql(self, "BEGIN;") || !read_number(self, "PRAGMA application_id;", &application) ||
        !read_number(self, "PRAGMA user_version;", &version) ||
        !read_number(self, "SELECT count(*) FROM sqlite_schema;", &tables) ||
        !run_sql(self, "COMMIT;"))
        return false;
    if (tables == 0 && application == 0)
        return create(self);
    if (application != STORE_APPLICATION) {
        snprintf(self->error, sizeof self->error,
                 "%s: a database of another program; it was not touched (use --db with another "
                 "file)",
                 self->path);
        return false;
    }
    if (version != STORE_VERSION) {
        snprintf(self->error, sizeof self->error,
                 "%s: made by another version (its format is %lld, ours %d); it was not touched "
                 "(use --db with another file)",
                 self->path, (long long)version, STORE_VERSION);
        return false;
    }
    return true;
}

/* SQLite's own words for a file that cannot be opened are too few. */
static bool explain_open(struct store *self)
{
    char directory[1024];
    const char *slash = strrchr(self->path, '/');
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - self->path) + 1 : 1,
             slash ? self->path : ".");
    bool exists = access(self->path, F_OK) == 0;
    errno = 0;
    bool usable = exists ? access(self->path, R_OK) == 0 : access(directory, W_OK) == 0;
    snprintf(self->error, sizeof self->error,
             "%s: cannot be opened%s%s (use --db with another file)", self->path,
             usable ? "" : ": ", usable ? "" : strerror(errno));
    return false;
}

struct store *store_open(const char *path, char *error, size_t room)
{
    struct store *self = calloc(1, sizeof *self);
    if (self == NULL || (self->path = strdup(path)) == NULL)
        abort();
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    bool good =
        sqlite3_open_v2(path, &self->database, flags, NULL) == SQLITE_OK || explain_open(self);
    if (good) {
        sqlite3_busy_timeout(self->database, BUSY_MS);
        good = check(self) && use_wal(self) &&
               run_sql(self, "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;");
    }
    if (good)
        return self;
    snprintf(error, room, "%s", self->error);
    store_close(self);
    return NULL;
}

void store_close(struct store *self)
{
    if (self == NULL)
        return;
    sqlite3_close(self->database);
    free(self->path);
    free(self);
}

/* --- identity --------------------------------------------------------------------------------------------------- */

static void digest_text(XXH3_state_t *state, const char *text)
{
    XXH3_64bits_update(state, text, strlen(text) + 1);
}

uint64_t store_identity(const struct store_run *run)
{
    XXH3_state_t *state = XXH3_createState();
    if (state == NULL)
        abort();
    uint8_t numbers[12];
    for (unsigned i = 0; i < 8; i++)
        numbers[i] = (uint8_t)(run->seed >> 8 * i);
    for (unsigned i = 0; i < 4; i++)
        numbers[8 + i] = (uint8_t)(run->replication >> 8 * i);
    XXH3_64bits_reset(state);
    digest_text(state, run->scenario);
    digest_text(state, run->backend);
    digest_text(state, run->point);
    digest_text(state, run->parameters);
    digest_text(state, run->commit);
    digest_text(state, run->build != NULL ? run->build : "");
    XXH3_64bits_update(state, numbers, sizeof numbers);
    uint64_t digest = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return digest;
}

static void identity_text(const struct store_run *run, char out[17])
{
    snprintf(out, 17, "%016llx", (unsigned long long)store_identity(run));
}

/* --- statements ------------------------------------------------------------------------------------------------- */

struct binder {
    struct store *store;
    sqlite3_stmt *statement;
    int at;
};

static bool prepare(struct store *self, struct binder *binder, const char *sql)
{
    *binder = (struct binder){.store = self};
    if (sqlite3_prepare_v2(self->database, sql, -1, &binder->statement, NULL) == SQLITE_OK)
        return true;
    return fail(self);
}

static void bind_text(struct binder *self, const char *text)
{
    sqlite3_bind_text(self->statement, ++self->at, text, -1, SQLITE_TRANSIENT);
}

static void bind_whole(struct binder *self, int64_t value)
{
    sqlite3_bind_int64(self->statement, ++self->at, value);
}

/* SQLite stores NaN as NULL by itself, infinities as they are; readers of ours want neither. */
static void bind_real(struct binder *self, double value)
{
    self->at++;
    if (isfinite(value))
        sqlite3_bind_double(self->statement, self->at, value);
    else
        sqlite3_bind_null(self->statement, self->at);
}

static bool finish(struct binder *self)
{
    bool good = sqlite3_step(self->statement) == SQLITE_DONE || fail(self->store);
    sqlite3_finalize(self->statement);
    return good;
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

static bool write_scenario(struct store *self, const struct store_run *run, char digest[17])
{
    struct binder binder;
    snprintf(digest, 17, "%016llx",
             (unsigned long long)XXH3_64bits(run->scenario_text, strlen(run->scenario_text)));
    if (!prepare(self, &binder, "INSERT OR IGNORE INTO scenario VALUES (?, ?, ?)"))
        return false;
    bind_text(&binder, digest);
    bind_text(&binder, run->scenario);
    bind_text(&binder, run->scenario_text);
    return finish(&binder);
}

static bool delete_older(struct store *self, const struct store_run *run, const char *seed)
{
    struct binder binder;
    if (!prepare(
            self, &binder,
            "DELETE FROM run WHERE scenario = ? AND backend = ? AND point = ? AND seed = ? AND "
            "replication = ?"))
        return false;
    bind_text(&binder, run->scenario);
    bind_text(&binder, run->backend);
    bind_text(&binder, run->point);
    bind_text(&binder, seed);
    bind_whole(&binder, run->replication);
    return finish(&binder);
}

static bool write_run(struct store *self, const struct store_run *run, const char *id,
                      const char *digest)
{
    struct binder binder;
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)run->seed);
    if (!delete_older(self, run, seed) ||
        !prepare(self, &binder, "INSERT INTO run VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"))
        return false;
    bind_text(&binder, id);
    bind_text(&binder, run->scenario);
    bind_text(&binder, digest);
    bind_text(&binder, run->backend);
    bind_text(&binder, run->point);
    bind_text(&binder, run->parameters);
    bind_text(&binder, seed);
    bind_whole(&binder, run->replication);
    bind_text(&binder, run->version);
    bind_text(&binder, run->commit);
    bind_text(&binder, run->host_facts);
    bind_whole(&binder, run->started_at_s);
    bind_real(&binder, run->wall_time_s);
    return finish(&binder);
}

static void bind_histogram(struct binder *self, const struct histogram *histogram)
{
    self->at++;
    if (histogram == NULL)
        return;
    size_t size = histogram_save(histogram, NULL, 0);
    uint8_t *blob = malloc(size);
    if (blob == NULL)
        abort();
    histogram_save(histogram, blob, size);
    sqlite3_bind_blob64(self->statement, self->at, blob, size, free);
}

static bool write_metric(struct store *self, const char *id, const struct metric *metric)
{
    struct binder binder;
    if (!prepare(self, &binder, "INSERT INTO metric VALUES (?,?,?,?,?,?,?,?,?)"))
        return false;
    bind_text(&binder, id);
    bind_text(&binder, metric->type->name);
    bind_text(&binder, metric->host);
    bind_real(&binder, metric->value.mean);
    bind_text(&binder, metric->type->unit);
    bind_real(&binder, metric->value.low);
    bind_real(&binder, metric->value.high);
    bind_whole(&binder, (int64_t)metric->value.n);
    bind_histogram(&binder, metric->histogram);
    return finish(&binder);
}

static bool write_verdict(struct store *self, const char *id, const struct verdict *verdict)
{
    struct binder binder;
    if (!prepare(self, &binder, "INSERT INTO verdict VALUES (?,?,?,?,?,?,?)"))
        return false;
    bind_text(&binder, id);
    bind_text(&binder, verdict->promise);
    bind_text(&binder, verdict->title);
    bind_whole(&binder, (int64_t)verdict->checks);
    bind_whole(&binder, (int64_t)verdict->violations);
    bind_whole(&binder, verdict->binding);
    bind_text(&binder, verdict->first);
    return finish(&binder);
}

static bool write_all(struct store *self, const struct store_run *run,
                      const struct results *results)
{
    char id[17], digest[17];
    identity_text(run, id);
    bool good = write_scenario(self, run, digest) && write_run(self, run, id, digest);
    for (size_t i = 0; good && i < results->metric_count; i++)
        good = write_metric(self, id, &results->metrics[i]);
    for (size_t i = 0; good && i < results->verdict_count; i++)
        good = write_verdict(self, id, &results->verdicts[i]);
    return good;
}

bool store_write(struct store *self, const struct store_run *run, const struct results *results)
{
    if (!run_sql(self, "BEGIN IMMEDIATE;"))
        return false;
    if (write_all(self, run, results) && run_sql(self, "COMMIT;"))
        return true;
    sqlite3_exec(self->database, "ROLLBACK;", NULL, NULL, NULL);
    return false;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

static const struct metric_type *find_type(const struct results *results, const char *name)
{
    const struct metric_type *type = results->types;
    while (type->name != NULL && strcmp(type->name, name) != 0)
        type++;
    return type->name != NULL ? type : NULL;
}

static double column_real(sqlite3_stmt *statement, int column, double otherwise)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? otherwise
               : sqlite3_column_double(statement, column);
}

/* Hosts are literals elsewhere; texts from a database live as long as the process, and are few. */
static const char *intern(const char *text)
{
    static const char *known[64];
    static size_t count;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(known[i], text) == 0)
            return known[i];
    }
    char *copy = must(strdup(text));
    if (count < sizeof known / sizeof *known)
        known[count++] = copy;
    return copy;
}

static void read_metric(sqlite3_stmt *row, struct results *results)
{
    const char *name = (const char *)sqlite3_column_text(row, 0);
    const char *host = intern((const char *)sqlite3_column_text(row, 1));
    if (find_type(results, name) == NULL)
        return;
    struct interval value = {
        .mean = column_real(row, 2, NAN),
        .low = column_real(row, 3, -INFINITY),
        .high = column_real(row, 4, INFINITY),
        .n = (uint64_t)sqlite3_column_int64(row, 5),
    };
    results_add_interval(results, name, host, value);
    struct histogram histogram;
    const void *blob = sqlite3_column_blob(row, 6);
    if (blob != NULL && histogram_load(&histogram, blob, (size_t)sqlite3_column_bytes(row, 6))) {
        results_add_histogram(results, name, host, &histogram);
        histogram_fini(&histogram);
    }
}

static void read_verdict(sqlite3_stmt *row, struct results *results)
{
    struct verdict verdict = {
        .promise = intern((const char *)sqlite3_column_text(row, 0)),
        .title = intern((const char *)sqlite3_column_text(row, 1)),
        .checks = (uint64_t)sqlite3_column_int64(row, 2),
        .violations = (uint64_t)sqlite3_column_int64(row, 3),
        .binding = sqlite3_column_int(row, 4) != 0,
    };
    snprintf(verdict.first, sizeof verdict.first, "%s", (const char *)sqlite3_column_text(row, 5));
    results_add_verdict(results, &verdict);
}

static int read_rows(struct store *self, const char *sql, const char *id, struct results *results,
                     void (*take)(sqlite3_stmt *, struct results *))
{
    struct binder binder;
    int rows = 0, code;
    if (!prepare(self, &binder, sql))
        return -1;
    bind_text(&binder, id);
    while ((code = sqlite3_step(binder.statement)) == SQLITE_ROW) {
        take(binder.statement, results);
        rows++;
    }
    if (code != SQLITE_DONE)
        fail(self);
    sqlite3_finalize(binder.statement);
    return code == SQLITE_DONE ? rows : -1;
}

int store_find(struct store *self, const struct store_run *run, struct results *results)
{
    char id[17];
    if (run->build == NULL)
        return 0;
    identity_text(run, id);
    int metrics = read_rows(self,
                            "SELECT metric, host, value, ci_low, ci_high, n, histogram FROM metric "
                            "WHERE run = ?",
                            id, results, read_metric);
    if (metrics <= 0)
        return metrics;
    int verdicts = read_rows(self,
                             "SELECT promise, title, checks, violations, binding, first FROM "
                             "verdict WHERE run = ?",
                             id, results, read_verdict);
    return verdicts < 0 ? -1 : 1;
}
