/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch - the runs that are missing on all threads, the results through one; then what became of them.
 */
#include "cmd/batch.h"

#include "cmd/command.h"
#include "cmd/summary.h"
#include "models/params.h"
#include "sim/build.h"
#include "sim/memory.h"
#include "sim/progress.h"
#include "version.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 1000000 };

struct batch {
    const struct batch_settings *settings;
    struct store *store;
    struct run *runs;
    size_t run_count;
    size_t *missing; /* indices of the runs to be done */
    size_t missing_count, done_count;
    char host_facts[400];
    struct progress progress;
    bool store_failed, told_end;
    char failed[400]; /* why a run could not be made; "" : all could */
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void describe_machine(char *out, size_t room)
{
    struct utsname name;
    if (uname(&name) != 0)
        memset(&name, 0, sizeof name);
    snprintf(out, room, "{\"system\":\"%s\",\"release\":\"%s\",\"machine\":\"%s\",\"cores\":%ld}",
             name.sysname, name.release, name.machine, sysconf(_SC_NPROCESSORS_ONLN));
}

/* Replications differ in their seed alone; the first is the seed itself, so that one run can be repeated by hand. */
static uint64_t replication_seed(uint64_t seed, unsigned replication)
{
    return replication == 0 ? seed : seed ^ random_entity("replication", replication);
}

static struct store_run store_run(const struct batch *self, const struct run *run)
{
    const struct scenario_point *point = &run->scenario->points[run->point];
    return (struct store_run){
        .scenario = run->scenario->name,
        .scenario_text = run->scenario->text,
        .backend = self->settings->backend->name,
        .point = point->json,
        .parameters = point->text,
        .seed = self->settings->seed,
        .replication = run->replication,
        .version = UNDERSTUDY_VERSION,
        .commit = UNDERSTUDY_COMMIT,
        .build = build_id(),
        .host_facts = self->host_facts,
        .started_at_s = run->started_at_s,
        .wall_time_s = run->wall_time_s,
    };
}

/* --- doing ------------------------------------------------------------------------------------------------------ */

static void work(void *context, size_t job)
{
    struct batch *self = context;
    struct run *run = &self->runs[self->missing[job]];
    const struct config *config = run->scenario->points[run->point].config;
    int64_t before_ns = clock_ns(CLOCK_MONOTONIC);
    run->started_at_s = clock_ns(CLOCK_REALTIME) / 1000000000;
    char error[sizeof self->failed] = "";
    if (!self->settings->backend->run(config,
                                      replication_seed(self->settings->seed, run->replication),
                                      &run->results, self->settings->stop, error, sizeof error)) {
        run->failed = true;
        if (error[0] != '\0')
            memcpy(self->failed, error, sizeof error);
        return;
    }
    run->wall_time_s = (double)(clock_ns(CLOCK_MONOTONIC) - before_ns) / 1e9;
    results_add(&run->results, "wall_time", "", run->wall_time_s);
}

static void done(void *context, size_t job)
{
    struct batch *self = context;
    struct run *run = &self->runs[self->missing[job]];
    struct store_run stored = store_run(self, run);
    if (run->failed) {
        atomic_store((atomic_int *)self->settings->stop,
                     1); /* the next would fail in the same way */
        return;
    }
    run->done = true;
    self->done_count++;
    if (!self->store_failed && !store_write(self->store, &stored, &run->results)) {
        fprintf(stderr, "%s: %s\n", self->settings->backend->command, store_error(self->store));
        self->store_failed = true;
        atomic_store((atomic_int *)self->settings->stop, 1); /* the rest could not be kept */
    }
}

static void idle(void *context)
{
    struct batch *self = context;
    bool ending = atomic_load(self->settings->stop) != 0;
    bool failed = self->store_failed || self->failed[0] != '\0';
    if (ending && !self->told_end && !failed) {
        progress_end(&self->progress);
        fputs("interrupted: waiting for the runs in progress (once more: do not wait)\n", stderr);
    }
    self->told_end |= ending;
    if (!self->settings->quiet && !ending)
        progress_update(&self->progress, self->done_count, clock_ns(CLOCK_MONOTONIC));
}

/* --- listing ---------------------------------------------------------------------------------------------------- */

static unsigned replications(const struct scenario_point *point)
{
    return (unsigned)((const struct config *)point->config)->run.replications;
}

static size_t count_runs(struct scenario *const *scenarios)
{
    size_t count = 0;
    for (; *scenarios != NULL; scenarios++) {
        for (size_t p = 0; p < (*scenarios)->point_count; p++)
            count += replications(&(*scenarios)->points[p]);
    }
    return count;
}

/* True if they are too many, and told. */
static bool too_many(const struct batch *self, struct scenario *const *scenarios)
{
    size_t count = count_runs(scenarios);
    if (count > RUNS_MAX)
        fprintf(stderr, "%s: %zu runs are more than %d: sweep less, or lower run.replications\n",
                self->settings->backend->command, count, RUNS_MAX);
    return count > RUNS_MAX;
}

static void list_runs(struct batch *self, struct scenario *const *scenarios)
{
    self->runs = must(calloc(count_runs(scenarios) + 1, sizeof *self->runs));
    for (; *scenarios != NULL; scenarios++) {
        for (size_t p = 0; p < (*scenarios)->point_count; p++) {
            for (unsigned r = 0; r < replications(&(*scenarios)->points[p]); r++) {
                struct run *run = &self->runs[self->run_count++];
                run->scenario = *scenarios;
                run->point = p;
                run->replication = r;
                results_init(&run->results, understudy_metrics);
            }
        }
    }
}

/* Loads what the database has; false if it cannot be read. */
static bool find_missing(struct batch *self)
{
    self->missing = must(calloc(self->run_count + 1, sizeof *self->missing));
    for (size_t i = 0; i < self->run_count; i++) {
        struct run *run = &self->runs[i];
        struct store_run stored = store_run(self, run);
        snprintf(run->id, sizeof run->id, "%016llx", (unsigned long long)store_identity(&stored));
        int found = self->settings->again ? 0 : store_find(self->store, &stored, &run->results);
        if (found < 0) {
            fprintf(stderr, "%s: %s\n", self->settings->backend->command, store_error(self->store));
            return false;
        }
        run->done = found == 1;
        if (!run->done)
            self->missing[self->missing_count++] = i;
    }
    return true;
}

static void tell_begin(const struct batch *self)
{
    size_t there = self->run_count - self->missing_count;
    if (there > 0 && !self->settings->quiet)
        fprintf(stderr, "%zu of %zu runs are in the database already (--again repeats them)\n",
                there, self->run_count);
}

static int conclude(struct batch *self, struct scenario *const *scenarios)
{
    if (self->store_failed)
        return EXIT_ENVIRONMENT;
    if (self->failed[0] != '\0') {
        fprintf(stderr, "%s: %s\n", self->settings->backend->command, self->failed);
        return EXIT_ENVIRONMENT;
    }
    if (self->done_count < self->missing_count) {
        fprintf(stderr,
                "interrupted: %zu of %zu runs are done and kept; the same command does the rest\n",
                self->run_count - self->missing_count + self->done_count, self->run_count);
        return EXIT_INTERRUPTED;
    }
    runs_order(self->runs, self->run_count);
    if (self->settings->backend->use != NULL)
        return self->settings->backend->use(self->runs, self->run_count, self->settings);
    struct summary summary = {
        .scenarios = scenarios,
        .runs = self->runs,
        .run_count = self->run_count,
        .new_count = self->missing_count,
        .backend = self->settings->backend->name,
        .command = self->settings->backend->command,
        .seed = self->settings->seed,
        .database = self->settings->database,
        .format = self->settings->format,
        .metrics = self->settings->metrics,
        .quiet = self->settings->quiet,
    };
    return summary_print(&summary) ? EXIT_OK : EXIT_EXPECTATION;
}

int batch_run(const struct batch_settings *settings, struct scenario *const *scenarios,
              struct store *store)
{
    struct batch self = {.settings = settings, .store = store};
    if (too_many(&self, scenarios))
        return EXIT_USER;
    describe_machine(self.host_facts, sizeof self.host_facts);
    list_runs(&self, scenarios);
    int code = EXIT_ENVIRONMENT;
    if (find_missing(&self)) {
        tell_begin(&self);
        struct pool_work pool = {.context = &self, .work = work, .done = done, .idle = idle};
        progress_init(&self.progress, stderr, "runs", self.missing_count,
                      clock_ns(CLOCK_MONOTONIC));
        pool_run(&pool, self.missing_count, settings->threads, settings->stop);
        progress_end(&self.progress);
        code = conclude(&self, scenarios);
    }
    for (size_t i = 0; i < self.run_count; i++)
        results_fini(&self.runs[i].results);
    free(self.runs);
    free(self.missing);
    return code;
}
