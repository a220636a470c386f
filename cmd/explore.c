/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy explore - hunts for a schedule of faults that breaks a promise: options in; progress, findings and an exit code
 * out. The hunt itself is models/explore/.
 */
#include "cmd/explore.h"
#include "cmd/scene.h"
#include "models/params.h"
#include "models/scheme.h"
#include "sim/scenario.h"
#include "version.h"

#include <stdlib.h>
#include <string.h>

enum { SEEDS = 1000 };
#define SEED_MAX UINT64_C(9007199254740992) /* as run.seed */

struct options {
    struct explore_options explore;
    struct scene scene;
};

enum {
    KEY_FOR = KEY_OWN,
    KEY_SEEDS,
    KEY_PAIRS,
    KEY_EVERY,
    KEY_ONLY,
    KEY_FROM,
    KEY_PROMISE,
    KEY_NO_SHRINK,
    KEY_VICTIM,
    KEY_KEEP,
    KEY_REPLAY,
    KEY_COVERAGE,
};

static const struct argp_option argp_options[] = {
    SCENE_SET,
    SCENE_PLANT,
    SCENE_SEED,
    {"for", KEY_FOR, "TIME", 0, "Hunt for so long (20s, 10min, 8h), the swarm without end", 0},
    {"pairs", KEY_PAIRS, "N|all", 0, "Pairs of faults to try, of all there are (default 20000)", 0},
    {"seeds", KEY_SEEDS, "A..B", 0, "Seeds of the swarm (default 1..1000; with --for, no end)", 0},
    {"only", KEY_ONLY, "STRATEGY", 0, "One strategy: crash-points, pairs, swarm", 0},
    {"from", KEY_FROM, "N", 0, "Go on where a hunt by crash-points or pairs was ended", 0},
    {"promise", KEY_PROMISE, "NAME", 0, "Hunt only for what breaks this promise (P1 to P8)", 0},
    {"no-shrink", KEY_NO_SHRINK, 0, 0, "Keep a counterexample as it was found", 0},
    {"victim", KEY_VICTIM, "SERVER", 0, "Crash points of one server only: primary or backup", 0},
    {"every-moment", KEY_EVERY, 0, 0,
     "Crash also where another crash point is the same for everybody else", 0},
    {"coverage", KEY_COVERAGE, 0, 0, "Print which faults struck where, and what was never reached",
     0},
    {"keep", KEY_KEEP, "DIR", 0, "Where counterexamples are kept (default out/explore)", 0},
    {"replay", KEY_REPLAY, "FILE", 0, "Play a counterexample of this scenario again", 0},
    SCENE_JOBS,
    {"quiet", 'q', 0, 0, "No progress, no numbers: only what was found", 0},
    {0},
};

/* "A..B", or one seed. */
static void read_seeds(struct argp_state *state, struct explorer_settings *settings,
                       const char *text)
{
    char first[24] = "";
    const char *dots = strstr(text, "..");
    size_t size = dots != NULL ? (size_t)(dots - text) : strlen(text);
    memcpy(first, text, size < sizeof first ? size : 0);
    settings->first_seed = command_number(state, first, "--seeds: A of A..B", SEED_MAX);
    settings->last_seed = dots != NULL
                              ? command_number(state, dots + 2, "--seeds: B of A..B", SEED_MAX)
                              : settings->first_seed;
    if (settings->first_seed == 0 || settings->last_seed < settings->first_seed)
        argp_error(state, "--seeds takes A..B, with 1 <= A <= B");
}

static const char *strategy_name(struct argp_state *state, const char *text)
{
    const char *names[EXPLORER_STRATEGIES_MAX + 1] = {NULL};
    for (unsigned i = 0; strategies[i] != NULL; i++)
        names[i] = strategies[i]->name;
    return names[command_choice(state, "strategy", names, text)];
}

static int victim(struct argp_state *state, const char *text)
{
    const char *names[] = {"primary", "backup", NULL};
    return command_choice(state, "server", names, text) == 0 ? TARGET_PRIMARY : TARGET_BACKUP;
}

static int promise_index(struct argp_state *state, const char *text)
{
    const char *names[TRIAL_PROMISES + 1] = {NULL};
    for (int i = 0; i < TRIAL_PROMISES; i++)
        names[i] = trial_promise(i)->name;
    return command_choice(state, "promise", names, text);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    struct explorer_settings *settings = &options->explore.settings;
    switch (key) {
    case KEY_FOR:
        settings->for_ns = (int64_t)command_quantity(state, argument, "--for", QUANTITY_DURATION, 1,
                                                     1e18, "20s, 10min or 8h");
        return 0;
    case KEY_PAIRS:
        settings->pairs = strcmp(argument, "all") == 0
                              ? UINT64_MAX
                              : command_number(state, argument, "--pairs", UINT64_MAX);
        return 0;
    case KEY_SEEDS:
        read_seeds(state, settings, argument);
        return 0;
    case KEY_ONLY:
        settings->only = strategy_name(state, argument);
        return 0;
    case KEY_FROM:
        settings->first_job = command_number(state, argument, "--from", UINT32_MAX);
        return 0;
    case KEY_PROMISE:
        settings->promise = promise_index(state, argument);
        return 0;
    case KEY_NO_SHRINK:
        options->explore.no_shrink = true;
        return 0;
    case KEY_VICTIM:
        settings->victim = victim(state, argument);
        return 0;
    case KEY_EVERY:
        settings->every_moment = true;
        return 0;
    case KEY_COVERAGE:
        options->explore.coverage = true;
        return 0;
    case KEY_KEEP:
        options->explore.directory = argument;
        return 0;
    case KEY_REPLAY:
        options->explore.replay = argument;
        return 0;
    case 'q':
        options->explore.quiet = true;
        return 0;
    case ARGP_KEY_END:
        if (settings->first_job > 0 &&
            (settings->only == NULL || settings->only == strategy_swarm.name))
            argp_error(state, "--from needs --only crash-points or --only pairs");
        return 0;
    case ARGP_KEY_ARG:
    case ARGP_KEY_NO_ARGS:
        return scene_parse_file(&options->explore.file, key, argument, state);
    default:
        return scene_parse(&options->scene, key, argument, state);
    }
}

const struct argp explore_argp = {
    .options = argp_options,
    .parser = parse_option,
    .args_doc = "FILE",
    .help_filter = command_exit_codes,
    .doc = "Runs a scenario again and again under faults that are chosen systematically and at "
           "random, checks the promises P1-P8 in every run, and ends with what was covered or with "
           "a run that breaks a promise.\v"
           "Examples:\n"
           "  understudy explore scenarios/explore/keep-alive.yaml\n"
           "  understudy explore scenarios/explore/keep-alive.yaml --for 10min -j 4\n",
};

/* NULL, and told, if the file is wrong or no host of it may die. */
static struct scenario *load(const struct options *options)
{
    const char *file = options->explore.file;
    struct scenario *scenario =
        scenario_load(file, &understudy_schema, understudy_metrics, options->scene.sets, stderr);
    for (size_t i = 0; scenario != NULL && i < scenario->point_count; i++) {
        const struct config *config = scenario->points[i].config;
        if (schemes[config->scheme].servers > 1)
            continue;
        fprintf(stderr,
                "%s: error: scheme '%s' has one server, and nothing survives its death: there is "
                "nothing to explore (schemes with a backup: duplex, duplex-mi, user-proxies)\n",
                file, schemes[config->scheme].name);
        scenario_free(scenario);
        return NULL;
    }
    return scenario;
}

static int explore_point(const struct explore_options *options, const struct scenario *scenario,
                         size_t point)
{
    struct explorer explorer;
    struct explorer_settings settings = options->settings;
    struct origin origin = {.version = UNDERSTUDY_VERSION " (" UNDERSTUDY_COMMIT ")",
                            .scenario = scenario,
                            .point = point};
    settings.config = scenario->points[point].config;
    explorer_init(&explorer, &settings);
    if (!options->quiet)
        explorer.progress = explore_progress;
    if (scenario->point_count > 1 && !options->quiet)
        printf("%s\n", scenario->points[point].json);
    bool found = explorer_run(&explorer);
    explore_progress_end();
    explore_report(&explorer, options);
    int code = found                             ? explore_keep(explorer.found, options, &origin)
               : atomic_load(settings.stop) != 0 ? EXIT_INTERRUPTED
                                                 : EXIT_OK;
    explorer_fini(&explorer);
    return code;
}

static int explore_all(const struct explore_options *options, const struct scenario *scenario)
{
    int code = EXIT_OK;
    for (size_t i = 0; i < scenario->point_count && code == EXIT_OK; i++)
        code = explore_point(options, scenario, i);
    return code;
}

int explore_main(int argc, char **argv)
{
    struct options options = {
        .explore = {.directory = "out/explore",
                    .settings = {.pairs = EXPLORE_PAIRS, .promise = -1}},
    };
    scene_init(&options.scene);
    argp_parse(&explore_argp, argc, argv, 0, NULL, &options);
    struct scenario *scenario = load(&options);
    if (scenario == NULL)
        return EXIT_USER;
    struct explorer_settings *settings = &options.explore.settings;
    if (settings->first_seed == 0) {
        settings->first_seed = 1;
        settings->last_seed = settings->for_ns > 0 ? SEED_MAX : SEEDS;
    }
    settings->seed = options.scene.seed;
    settings->threads = options.scene.threads;
    settings->stop = scene_stopped();
    options.explore.sets = options.scene.sets;
    int code = options.explore.replay != NULL ? explore_replay(&options.explore, scenario)
                                              : explore_all(&options.explore, scenario);
    scenario_free(scenario);
    return code;
}
