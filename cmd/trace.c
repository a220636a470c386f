/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy trace - one run of a scenario, written down to be looked at (models/view/).
 */
#include "cmd/scene.h"
#include "models/params.h"
#include "models/scheme.h"
#include "models/view/view.h"
#include "sim/scenario.h"

#include <inttypes.h>
#include <stdio.h>

enum { DRAW_MAX = 5000 };

struct options {
    const char *file;
    struct scene scene;
    uint64_t point;
    struct view_settings view;
};

enum { KEY_POINT = KEY_OWN, KEY_OUT, KEY_FROM, KEY_UNTIL, KEY_CLIENT, KEY_DRAW, KEY_ONLY };

static const struct argp_option argp_options[] = {
    SCENE_SET,
    SCENE_SEED,
    {"point", KEY_POINT, "N", 0, "Which point of the sweep, 1 being the first (default 1)", 0},
    SCENE_PLANT,
    {"out", KEY_OUT, "DIR", 0, "Directory for the files (default trace)", 0},
    {"only", KEY_ONLY, "KIND", 0, "Write files of one kind: events, captures or ladder", 0},
    {"from", KEY_FROM, "TIME", 0, "Draw what happens from this time on (12.5ms)", 0},
    {"until", KEY_UNTIL, "TIME", 0, "Draw what happens until then", 0},
    {"client", KEY_CLIENT, "N", 0, "Draw this client only, 0 being the first", 0},
    {"draw", KEY_DRAW, "N", 0, "Draw at most so many events, those around faults (default 200)", 0},
    {0},
};

/* By the bits of enum view_files. */
static const char *const file_kinds[] = {"events", "captures", "ladder", NULL};

static int64_t moment_ns(struct argp_state *state, const char *text, const char *what)
{
    return (int64_t)command_quantity(state, text, what, QUANTITY_DURATION, 0, 1e18, "12.5ms");
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_POINT:
        options->point = command_number(state, argument, "--point", SIZE_MAX);
        if (options->point == 0)
            argp_error(state, "--point counts from 1");
        return 0;
    case KEY_OUT:
        options->view.directory = argument;
        return 0;
    case KEY_ONLY:
        options->view.files = 1u << command_choice(state, "kind of file", file_kinds, argument);
        return 0;
    case KEY_FROM:
        options->view.ladder.since_ns = moment_ns(state, argument, "--from");
        return 0;
    case KEY_UNTIL:
        options->view.ladder.until_ns = moment_ns(state, argument, "--until");
        return 0;
    case KEY_CLIENT:
        options->view.ladder.client = (int)command_number(state, argument, "--client", INT32_MAX);
        return 0;
    case KEY_DRAW:
        options->view.ladder.most = (unsigned)command_number(state, argument, "--draw", DRAW_MAX);
        if (options->view.ladder.most == 0)
            argp_error(state, "--draw needs at least 1");
        return 0;
    case ARGP_KEY_END:
        if (options->view.ladder.until_ns > 0 &&
            options->view.ladder.until_ns < options->view.ladder.since_ns)
            argp_error(state, "--until is before --from");
        return 0;
    case ARGP_KEY_ARG:
    case ARGP_KEY_NO_ARGS:
        return scene_parse_file(&options->file, key, argument, state);
    default:
        return scene_parse(&options->scene, key, argument, state);
    }
}

const struct argp trace_argp = {
    .options = argp_options,
    .parser = parse_option,
    .args_doc = "FILE",
    .help_filter = command_exit_codes,
    .doc =
        "Runs one point of a scenario and writes down what happens in it, into a directory: every "
        "event as a line of JSON (events.jsonl), the packets of every cable (*.pcap, for "
        "Wireshark), and a diagram of who says what to whom (ladder.svg). The run ends as soon as "
        "nothing more can happen.\v"
        "Examples:\n"
        "  understudy trace scenarios/explore/keep-alive.yaml --out trace\n"
        "  understudy trace scenarios/crash/mid-reply.yaml --point 2 --seed 7\n"
        "  understudy trace scenarios/crash/mid-reply.yaml --point 2 --client 3 --from 1.49s "
        "--until 1.6s\n"
        "  tshark -r trace/service-client.pcap\n",
};

/* NULL, and told, if there is no such point. */
static const struct scenario_point *find_point(const struct options *options,
                                               const struct scenario *scenario)
{
    if (options->point <= scenario->point_count)
        return &scenario->points[options->point - 1];
    fprintf(stderr,
            "%s: error: there is no point %" PRIu64 ": the sweep has %zu (understudy run --list "
            "shows them)\n",
            options->file, options->point, scenario->point_count);
    return NULL;
}

/* A client that the run has not, as far as that is known beforehand. */
static bool client_exists(const struct options *options, const struct config *config)
{
    bool closed = config->clients.loop == LOOP_CLOSED;
    if (!closed || options->view.ladder.client < config->clients.count)
        return true;
    fprintf(stderr, "%s: error: there is no client %d: the run has %" PRId64 ", from 0 on\n",
            options->file, options->view.ladder.client, config->clients.count);
    return false;
}

/* Promises bind schemes with a backup only, as in `understudy run`. */
static int tell_end(const struct options *options, const struct trial *trial,
                    const struct scheme *scheme)
{
    printf("%s: %" PRIu64 " events, %" PRIu64 " packets, %.6f s\n", options->view.directory,
           trial->events, trial->packets, (double)trial->ended_at_ns / 1e9);
    if (trial->promise < 0)
        return EXIT_OK;
    bool bound = scheme->servers > 1;
    printf("%s breaks%s%s%s: %s\n", trial_promise(trial->promise)->name, bound ? "" : ", which ",
           bound ? "" : scheme->name, bound ? "" : " does not promise",
           trial->texts[trial->promise]);
    return bound ? EXIT_EXPECTATION : EXIT_OK;
}

static int trace(const struct options *options, const struct scenario *scenario,
                 const struct scenario_point *point)
{
    char error[400], subtitle[400];
    const struct config *config = point->config;
    struct view_settings settings = options->view;
    struct trial trial;
    snprintf(subtitle, sizeof subtitle, "%s, scheme %s, seed %" PRIu64 "%s%s", scenario->path,
             schemes[config->scheme].name, options->scene.seed,
             scenario->point_count > 1 ? ", " : "", scenario->point_count > 1 ? point->json : "");
    settings.ladder.title = scenario->title;
    settings.ladder.subtitle = subtitle;
    if (view_run(&settings, config, options->scene.seed, &trial, error, sizeof error))
        return tell_end(options, &trial, &schemes[config->scheme]);
    fprintf(stderr, "understudy trace: %s\n", error);
    return EXIT_ENVIRONMENT;
}

int trace_main(int argc, char **argv)
{
    struct options options = {.point = 1, .view = {.directory = "trace", .ladder.client = -1}};
    scene_init(&options.scene);
    argp_parse(&trace_argp, argc, argv, 0, NULL, &options);
    struct scenario *scenario = scenario_load(options.file, &understudy_schema, understudy_metrics,
                                              options.scene.sets, stderr);
    if (scenario == NULL)
        return EXIT_USER;
    const struct scenario_point *point = find_point(&options, scenario);
    int code = EXIT_USER;
    if (point != NULL && client_exists(&options, point->config))
        code = trace(&options, scenario, point);
    scenario_free(scenario);
    return code;
}
