/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explore_keep - counterexamples on disk: kept as soon as they are found, again when they are small, played again on demand.
 */
#include "cmd/command.h"
#include "cmd/explore.h"
#include "models/explore/shrink.h"
#include "models/params.h"
#include "models/view/view.h"
#include "version.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { SHRINK_TRIALS = 10000, SHRINK_EVENTS = 30000000, PATH_ROOM = 500 };

static const char version[] = UNDERSTUDY_VERSION " (" UNDERSTUDY_COMMIT ")";

static bool make_directory(const char *path)
{
    char part[PATH_ROOM];
    for (const char *slash = path; slash != NULL;) {
        slash = strchr(slash + 1, '/');
        size_t size = slash != NULL ? (size_t)(slash - path) : strlen(path);
        if (size >= sizeof part) {
            errno = ENAMETOOLONG;
            return false;
        }
        memcpy(part, path, size);
        part[size] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

static bool keep(const struct counterexample *found, const struct origin *origin, const char *path)
{
    if (counterexample_write(found, origin, path))
        return true;
    fprintf(stderr, "understudy explore: %s: %s\n", path, strerror(errno));
    return false;
}

/* Beside the file, what it does, drawn. A drawing that cannot be made is told, and costs nothing else. */
static void draw(const struct counterexample *found, const struct explore_options *options,
                 const char *name)
{
    char file[PATH_ROOM], title[200], subtitle[PATH_ROOM], error[300];
    struct trial trial;
    const struct promise_type *promise = trial_promise(found->promise);
    snprintf(file, sizeof file, "%s.svg", name);
    snprintf(title, sizeof title, "%s is broken: %s", promise->name, promise->title);
    snprintf(subtitle, sizeof subtitle, "%s.yaml, made from %s", name, options->file);
    const struct view_settings settings = {
        .directory = options->directory,
        .files = VIEW_LADDER,
        .ladder_name = file,
        .ladder = {.title = title, .subtitle = subtitle, .client = -1},
    };
    if (view_run(&settings, &found->config, found->seed, &trial, error, sizeof error))
        printf("drawn:  %s/%s\n", options->directory, file);
    else
        fprintf(stderr, "understudy explore: it could not be drawn: %s\n", error);
}

int explore_keep(struct counterexample *found, const struct explore_options *options,
                 const struct origin *origin)
{
    char path[PATH_ROOM], name[100];
    const struct scenario *scenario = origin->scenario;
    if (!make_directory(options->directory)) {
        fprintf(stderr, "understudy explore: %s: %s\n", options->directory, strerror(errno));
        return EXIT_ENVIRONMENT;
    }
    snprintf(name, sizeof name, "%.90s-%s", scenario->name, trial_promise(found->promise)->name);
    snprintf(path, sizeof path, "%s/%s.yaml", options->directory, name);
    if (!keep(found, origin, path)) /* whatever happens while it is made smaller */
        return EXIT_ENVIRONMENT;
    struct shrink_settings settings = {
        .base = scenario->points[origin->point].config,
        .trials_max = SHRINK_TRIALS,
        .events_max = SHRINK_EVENTS,
        .stop = options->settings.stop,
    };
    uint64_t trials = options->no_shrink ? 0 : shrink(found, &settings);
    if (!keep(found, origin, path))
        return EXIT_ENVIRONMENT;
    explore_report_found(found);
    printf("made smaller in %" PRIu64 " runs, kept in %s\n"
           "again:  understudy explore %s",
           trials, path, options->file);
    explore_print_sets(options);
    printf(" --replay %s\n"
           "        understudy run %s\n"
           "        understudy trace %s\n",
           path, path, path);
    draw(found, options, name);
    return EXIT_EXPECTATION;
}

/* --- replaying ---------------------------------------------------------------------------------------------------- */

static int refuse(const char *path, const char *why)
{
    fprintf(stderr, "%s: error: %s\n", path, why);
    return EXIT_USER;
}

static int judge(enum replay_result result, const struct counterexample *again,
                 const struct scenario *file, const struct explore_options *options)
{
    char text[600];
    switch (result) {
    case REPLAY_NO_NOTES:
        return refuse(file->path, "this is no counterexample of `understudy explore`: nothing is "
                                  "noted under `found:` (`understudy run` runs any scenario)");
    case REPLAY_VERSION:
        snprintf(text, sizeof text,
                 "found by version %s, and this is %s: the numbers of its events and packets may "
                 "mean something else now (`understudy run` runs it all the same)",
                 scenario_note(file, "version") ? scenario_note(file, "version") : "?", version);
        return refuse(file->path, text);
    case REPLAY_SCENARIO:
        snprintf(text, sizeof text,
                 "found in another scenario, %s, or %s has changed since (`understudy run` runs it "
                 "all the same)",
                 scenario_note(file, "scenario") ? scenario_note(file, "scenario") : "?",
                 options->file);
        return refuse(file->path, text);
    case REPLAY_HOLDS:
        printf("no promise is broken any more (it was %s: %s)\n", scenario_note(file, "promise"),
               scenario_note(file, "text"));
        return EXIT_OK;
    case REPLAY_DIFFERS:
        explore_report_found(again);
        return refuse(file->path, "this is not the run that was noted: the file or the program has "
                                  "been changed");
    case REPLAY_SAME:
        break;
    }
    explore_report_found(again);
    return EXIT_EXPECTATION;
}

int explore_replay(const struct explore_options *options, const struct scenario *scenario)
{
    struct counterexample again;
    enum replay_result result = REPLAY_SCENARIO;
    struct scenario *file =
        scenario_load(options->replay, &understudy_schema, understudy_metrics, NULL, stderr);
    if (file == NULL)
        return EXIT_USER;
    for (size_t i = 0; i < scenario->point_count && result == REPLAY_SCENARIO; i++) {
        struct origin origin = {.version = version, .scenario = scenario, .point = i};
        result = counterexample_replay(&again, file, &origin);
    }
    int code = judge(result, &again, file, options);
    scenario_free(file);
    return code;
}
