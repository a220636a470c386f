/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy run - scenario files in; results, tables, checks and an exit code out.
 *
 * What the database already holds is not run again: a command that was interrupted completes what is missing.
 */
#include "cmd/batch.h"
#include "cmd/summary.h"
#include "models/params.h"
#include "models/world.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 200 };

struct options {
    const struct backend *backend;
    const char *files[FILES_MAX];
    size_t file_count;
    struct scene scene;
    const char *database, *metrics;
    enum report_format format;
    bool list, again, quiet;
};

const struct argp_option batch_options[] = {
    SCENE_SET,
    SCENE_SEED,
    SCENE_JOBS,
    {"db", KEY_DB, "FILE", 0, "Results database (default results.db)", 0},
    {"format", KEY_FORMAT, "table|csv|json", 0,
     "What is printed: tables for people, or rows for programs", 0},
    {"metrics", KEY_METRICS, "all|NAME,...", 0,
     "Metrics to be shown (understudy metrics lists them)", 0},
    SCENE_PLANT,
    BATCH_LIST,
    BATCH_AGAIN,
    {"quiet", 'q', 0, 0, "No rows, no progress: only failures and the exit code", 0},
    {0},
};

error_t batch_parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    char wrong[80];
    switch (key) {
    case KEY_DB:
        options->database = argument;
        if (argument[0] == '\0')
            argp_error(state, "--db needs the name of a file");
        return 0;
    case KEY_FORMAT:
        options->format =
            (enum report_format)command_choice(state, "format", report_format_names, argument);
        return 0;
    case KEY_METRICS:
        if (!summary_knows_metrics(argument, wrong, sizeof wrong))
            argp_error(state, "unknown metric '%s' (understudy metrics lists them)", wrong);
        options->metrics = argument;
        return 0;
    case KEY_LIST:
        options->list = true;
        return 0;
    case KEY_AGAIN:
        options->again = true;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->file_count == FILES_MAX)
            argp_error(state, "more than %d files", FILES_MAX);
        options->files[options->file_count++] = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which scenario? (for example scenarios/crash/mid-reply.yaml)");
        return 0;
    default:
        return scene_parse(&options->scene, key, argument, state);
    }
}

const struct argp run_argp = {
    .options = batch_options,
    .parser = batch_parse,
    .args_doc = "FILE...",
    .help_filter = command_exit_codes,
    .doc =
        "Simulates scenario files: every point of their sweeps. Checks the promises P1-P8 in every "
        "run and the scenario's expectations, and keeps all results in an SQLite database.\v"
        "What the database already holds is not run again.\n\n"
        "Examples:\n"
        "  understudy run scenarios/crash/mid-reply.yaml\n"
        "  understudy run scenarios/paper/*.yaml -j 4 --db results.db\n"
        "  understudy run my.yaml --set clients.count=200 --set network.loss=1%\n"
        "  understudy run my.yaml --format json --set run.replications=10\n",
};

/* The database knows a scenario by its name: two of one name would take each other's place. */
static bool names_differ(const struct options *options, struct scenario *const *scenarios)
{
    bool differ = true;
    for (size_t i = 0; i < options->file_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(scenarios[i]->name, scenarios[k]->name) != 0)
                continue;
            bool same = strcmp(scenarios[i]->path, scenarios[k]->path) == 0;
            fprintf(stderr, "%s: error: %s%s\n", scenarios[i]->path, same ? "" : scenarios[k]->path,
                    same ? "given twice"
                         : " has the same name: run them by two commands, with a --db each");
            differ = false;
        }
    }
    return differ;
}

/* NULL-terminated list of scenarios; NULL if a file is wrong. */
static struct scenario **load_all(const struct options *options)
{
    struct scenario **scenarios = must(calloc(options->file_count + 1, sizeof *scenarios));
    bool good = true;
    for (size_t i = 0; i < options->file_count; i++) {
        scenarios[i] = scenario_load(options->files[i], &understudy_schema, understudy_metrics,
                                     options->scene.sets, stderr);
        good = good && scenarios[i] != NULL;
    }
    if (good && names_differ(options, scenarios))
        return scenarios;
    for (size_t i = 0; i < options->file_count; i++)
        scenario_free(scenarios[i]);
    free(scenarios);
    return NULL;
}

static void list_points(struct scenario *const *scenarios)
{
    for (; *scenarios != NULL; scenarios++) {
        printf("%s: %s, %zu points\n", (*scenarios)->path, (*scenarios)->title,
               (*scenarios)->point_count);
        for (size_t i = 0; i < (*scenarios)->point_count; i++)
            printf("  %s\n", (*scenarios)->points[i].json);
    }
}

static int run_all(const struct options *options, struct scenario *const *scenarios)
{
    char error[400];
    /* Nobody wants results of a bug among the others. */
    const char *standard =
        options->scene.plant[0] != '\0' ? ":memory:" : options->backend->database;
    const char *database = options->database != NULL ? options->database : standard;
    struct store *store = store_open(database, error, sizeof error);
    if (store == NULL) {
        fprintf(stderr, "%s: %s\n", options->backend->command, error);
        return EXIT_ENVIRONMENT;
    }
    struct batch_settings settings = {
        .backend = options->backend,
        .seed = options->scene.seed,
        .threads = options->backend->alone ? 1 : options->scene.threads,
        .again = options->again,
        .quiet = options->quiet,
        .format = options->format,
        .metrics = options->metrics,
        .database = database,
        .stop = scene_stopped(),
    };
    int code = batch_run(&settings, scenarios, store);
    store_close(store);
    return code;
}

/* Takes out, aloud, every point that the backend cannot do; false: nothing is left of a scenario. */
static bool keep_possible(const struct backend *backend, struct scenario *const *scenarios)
{
    bool possible = true;
    for (; *scenarios != NULL && backend->obstacle != NULL; scenarios++) {
        for (size_t i = (*scenarios)->point_count; i-- > 0;) {
            const struct scenario_point *point = &(*scenarios)->points[i];
            const char *obstacle = backend->obstacle(point->config);
            if (obstacle == NULL)
                continue;
            fprintf(stderr, "%s: %s %s is left out: %s\n", backend->command, (*scenarios)->path,
                    point->json, obstacle);
            scenario_leave_out(*scenarios, i);
        }
        possible = possible && (*scenarios)->point_count > 0;
    }
    return possible;
}

int batch_main(int argc, char **argv, const struct backend *backend)
{
    struct options options = {.backend = backend};
    scene_init(&options.scene);
    argp_parse(backend->argp, argc, argv, 0, NULL, &options);
    struct scenario **scenarios = load_all(&options);
    if (scenarios == NULL)
        return EXIT_USER;
    int code = EXIT_OK;
    if (options.list)
        list_points(scenarios);
    else if (!keep_possible(backend, scenarios))
        code = EXIT_USER;
    else
        code = run_all(&options, scenarios);
    for (size_t i = 0; i < options.file_count; i++)
        scenario_free(scenarios[i]);
    free(scenarios);
    return code;
}

/* --- the simulator ---------------------------------------------------------------------------------------------- */

static bool simulate(const struct config *config, uint64_t seed, struct results *results,
                     const atomic_int *stop, char *error, size_t room)
{
    (void)stop, (void)error, (void)room;
    world_run(config, seed, results);
    return true;
}

int run_main(int argc, char **argv)
{
    static const struct backend simulator = {
        .name = "sim",
        .command = "understudy run",
        .argp = &run_argp,
        .database = "results.db",
        .run = simulate,
    };
    return batch_main(argc, argv, &simulator);
}
