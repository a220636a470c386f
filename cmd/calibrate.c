/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy calibrate - runs scenarios for real, and finds the costs with which the simulator spends what they spent.
 *
 * The runs are the testbed's and stay in a database: an interrupted command goes on where it was. Only then, in seconds, the
 * constants are fitted (models/calibration.h) and the profile is written, whole or not at all.
 */
#include "cmd/calibrate.h"

#include "cmd/batch.h"
#include "cmd/command.h"
#include "models/params.h"
#include "models/scheme.h"
#include "module/testbed/primitives.h"
#include "module/testbed/testbed.h"
#include "sim/memory.h"
#include "sim/progress.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
    const char *out;
    double hz;
} wanted;

enum { KEY_OUT = KEY_BATCH_OWN, KEY_HZ };

static const struct argp_option options[] = {
    {"out", KEY_OUT, "FILE", 0,
     "The profile to write (default: to standard output, behind the tables)", 0},
    {"hz", KEY_HZ, "FREQUENCY", 0, "Clock that cycles are of (default: the time stamp counter's)",
     0},
    SCENE_SET,
    SCENE_SEED,
    {"db", KEY_DB, "FILE", 0, "Where the runs are kept (default calibrate.db)", 0},
    BATCH_LIST,
    BATCH_AGAIN,
    {"quiet", 'q', 0, 0, "No tables, no progress", 0},
    {0},
};

/* Told before minutes are spent on it. The file is written anew beside itself, so its folder must let us. */
static void check_out(struct argp_state *state)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", wanted.out);
    const char *folder = dirname(path);
    if (access(folder, W_OK | X_OK) != 0)
        argp_error(state, "--out %s cannot be written: %s: %s", wanted.out, folder,
                   strerror(errno));
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    switch (key) {
    case KEY_OUT:
        wanted.out = argument;
        check_out(state);
        return 0;
    case KEY_HZ:
        wanted.hz =
            command_quantity(state, argument, "--hz", QUANTITY_FREQUENCY, 1e6, 1e12, "2.6GHz");
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "by which scenarios? (scenarios/calibrate/*.yaml)");
        return 0;
    default:
        return batch_parse(key, argument, state);
    }
}

const struct argp calibrate_argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "FILE...",
    .help_filter = command_exit_codes,
    .doc =
        "Runs scenarios on the testbed, and writes a cost profile: the costs with which simulated "
        "hosts spend the CPU time, and simulated cables the time, that real ones did. Says "
        "what the runs could not tell apart. As root.\v"
        "Only schemes with one server are used: what replication costs is for the simulator to "
        "predict. Points with one client say what latency is, those with more what CPU time is. "
        "What the database already holds is not run again.\n\n"
        "Examples:\n"
        "  understudy calibrate scenarios/calibrate/*.yaml --out mine.yaml\n"
        "  understudy calibrate scenarios/calibrate/*.yaml --set run.duration=5s --again\n",
};

static const char *obstacle(const struct config *config)
{
    if (schemes[config->scheme].servers > 1)
        return "what replication costs is for the simulator to predict, not to be fitted";
    if (config->fault_count > 0)
        return "a fault strikes";
    return testbed_obstacle(config);
}

/* --- from runs to points ----------------------------------------------------------------------------------------- */

/* The mean of a point's replications. False, and told, if it cannot be used. */
static bool take(const struct scenario_runs *runs, size_t number, struct calibration_point *point)
{
    const struct scenario_point *its = &runs->scenario->points[number];
    point->config = its->config;
    point->measured = (struct calibration_cost){
        .user = runs_value(runs, number, "cpu_time_user", "primary").mean,
        .kernel = runs_value(runs, number, "cpu_time_kernel", "primary").mean,
        .programs = runs_value(runs, number, "bpf_time", "primary").mean,
        .latency = runs_value(runs, number, "latency_p50", "").mean,
    };
    bool good = !isnan(point->measured.user) && !isnan(point->measured.latency);
    if (!good)
        fprintf(stderr, "understudy calibrate: %s %s served nobody in the measured time\n",
                runs->scenario->path, its->json);
    return good;
}

/* All points of all runs' scenarios; false: one cannot be used. */
static bool take_all(const struct run *runs, size_t count, struct calibration_point *points,
                     size_t *point_count)
{
    bool good = true;
    *point_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (runs[i].replication > 0)
            continue;
        struct scenario_runs its = runs_of(runs[i].scenario, runs, count);
        good = take(&its, runs[i].point, &points[(*point_count)++]) && good;
    }
    return good;
}

/* --- fitting ----------------------------------------------------------------------------------------------------- */

static void know(struct calibration *self, const char *constant, double nanoseconds)
{
    calibration_constant(self, constant)->known = nanoseconds * self->hz / 1e9;
}

static bool measure_primitives(struct calibration *self)
{
    struct primitives primitives;
    if (!primitives_measure(&primitives)) {
        fprintf(stderr,
                "understudy calibrate: system calls, switches and copies cannot be timed: %s\n",
                strerror(errno));
        return false;
    }
    know(self, "system_call", primitives.system_call_ns);
    know(self, "context_switch", primitives.context_switch_ns);
    know(self, "copy_per_byte", primitives.copy_ns_per_byte);
    return true;
}

struct watcher {
    struct progress progress;
    const atomic_int *stop;
    bool quiet;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static bool go_on(void *context, size_t done, size_t total)
{
    struct watcher *self = context;
    if (self->progress.total == 0)
        progress_init(&self->progress, stderr, "simulations", total, now_ns());
    if (!self->quiet)
        progress_update(&self->progress, done, now_ns());
    return atomic_load(self->stop) == 0;
}

static int fit(struct calibration *self, const struct batch_settings *settings)
{
    struct watcher watcher = {.stop = settings->stop, .quiet = settings->quiet};
    char why[200];
    self->go_on = go_on;
    self->context = &watcher;
    if (!measure_primitives(self))
        return EXIT_ENVIRONMENT;
    bool found = calibration_solve(self, why, sizeof why);
    progress_end(&watcher.progress);
    if (!found && why[0] == '\0') {
        fputs("interrupted: all runs are kept; the same command fits them\n", stderr);
        return EXIT_INTERRUPTED;
    }
    if (!found)
        fprintf(stderr, "understudy calibrate: %s\n", why);
    return found ? EXIT_OK : EXIT_USER;
}

/* --- the profile ------------------------------------------------------------------------------------------------- */

static int write_profile(const struct calibration *self, const struct machine_facts *facts)
{
    char fresh[PATH_MAX + 8];
    if (wanted.out == NULL) {
        putchar('\n');
        calibrate_write(self, facts, stdout);
        return EXIT_OK;
    }
    snprintf(fresh, sizeof fresh, "%s.new", wanted.out);
    FILE *stream = fopen(fresh, "w");
    if (stream != NULL)
        calibrate_write(self, facts, stream);
    bool good = stream != NULL && ferror(stream) == 0;
    good = stream != NULL && fclose(stream) == 0 && good && rename(fresh, wanted.out) == 0;
    if (good) {
        fprintf(stderr, "profile: %s (include: it in a scenario)\n", wanted.out);
        return EXIT_OK;
    }
    fprintf(stderr, "understudy calibrate: %s: %s\n", wanted.out, strerror(errno));
    unlink(fresh);
    return EXIT_ENVIRONMENT;
}

static int use(const struct run *runs, size_t count, const struct batch_settings *settings)
{
    struct machine_facts facts;
    calibrate_learn_facts(&facts);
    if (wanted.hz > 0)
        facts.hz = wanted.hz;
    if (facts.hz <= 0) {
        fputs("understudy calibrate: /proc/cpuinfo does not say at what clock this machine runs "
              "(say it by --hz)\n",
              stderr);
        return EXIT_USER;
    }
    struct calibration_point *points = must(calloc(count + 1, sizeof *points));
    size_t point_count;
    bool good = take_all(runs, count, points, &point_count);
    struct calibration calibration;
    calibration_init(&calibration, points, point_count, facts.hz);
    int code = good ? fit(&calibration, settings) : EXIT_ENVIRONMENT;
    if (code == EXIT_OK) {
        calibration.profile.cpu.cores = facts.cores;
        if (!settings->quiet)
            calibrate_print(&calibration, stdout);
        fflush(stdout);
        code = write_profile(&calibration, &facts);
    }
    free(points);
    return code;
}

static bool run(const struct config *config, uint64_t seed, struct results *results,
                const atomic_int *stop, char *error, size_t room)
{
    return testbed_run(config, seed, results, stop, error, room);
}

int calibrate_main(int argc, char **argv)
{
    static const struct backend calibrator = {
        .name = "testbed",
        .command = "understudy calibrate",
        .argp = &calibrate_argp,
        .database = "calibrate.db",
        .alone = true,
        .obstacle = obstacle,
        .run = run,
        .use = use,
    };
    return batch_main(argc, argv, &calibrator);
}
