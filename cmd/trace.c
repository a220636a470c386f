/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy trace - one run of a scenario, written down to be looked at (models/view/).
 */
#include "cmd/command.h"
#include "models/params.h"
#include "models/view/view.h"
#include "sim/scenario.h"

#include <inttypes.h>
#include <stdio.h>

struct options {
    const char *file;
    struct command_sets sets;
    uint64_t seed, point;
    struct view_settings view;
};

enum { KEY_SET = 256, KEY_SEED, KEY_POINT, KEY_OUT, KEY_PLANT };

static const struct argp_option argp_options[] = {
    {"set", KEY_SET, "NAME=VALUE", 0, "Override a parameter; if it is swept, take this value alone",
     0},
    {"seed", KEY_SEED, "N", 0, "Seed of all random numbers (default 1)", 0},
    {"point", KEY_POINT, "N", 0, "Which point of the sweep, 1 being the first (default 1)", 0},
    {"plant", KEY_PLANT, "NAME", 0, "Plant a bug, to see what it does (teaching build only)", 0},
    {"out", KEY_OUT, "DIR", 0, "Directory for the files (default trace)", 0},
    {0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_SET:
        command_sets_add(&options->sets, argument, state);
        return 0;
    case KEY_PLANT:
        command_sets_plant(&options->sets, argument, state);
        return 0;
    case KEY_SEED:
        options->seed = command_number(state, argument, "--seed", UINT64_MAX);
        return 0;
    case KEY_POINT:
        options->point = command_number(state, argument, "--point", SIZE_MAX);
        if (options->point == 0)
            argp_error(state, "--point counts from 1");
        return 0;
    case KEY_OUT:
        options->view.directory = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (options->file != NULL)
            argp_error(state, "one scenario at a time");
        options->file = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which scenario? (for example scenarios/crash/mid-reply.yaml)");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp trace_argp = {
    .options = argp_options,
    .parser = parse_option,
    .args_doc = "FILE",
    .help_filter = command_exit_codes,
    .doc =
        "Runs one point of a scenario and writes down what happens in it, into a directory: every "
        "event as a line of JSON (events.jsonl), and the packets of every cable (*.pcap, for "
        "Wireshark). The run ends as soon as nothing more can happen.\v"
        "Examples:\n"
        "  understudy trace scenarios/explore/keep-alive.yaml --out trace\n"
        "  understudy trace scenarios/crash/mid-reply.yaml --point 2 --seed 7\n"
        "  tshark -r trace/service-client.pcap\n",
};

/* NULL, and told, if there is no such point. */
static const struct config *config_at(const struct options *options,
                                      const struct scenario *scenario)
{
    if (options->point <= scenario->point_count)
        return scenario->points[options->point - 1].config;
    fprintf(stderr,
            "%s: error: there is no point %" PRIu64 ": the sweep has %zu (understudy run --list "
            "shows them)\n",
            options->file, options->point, scenario->point_count);
    return NULL;
}

static int trace(const struct options *options, const struct config *config)
{
    char error[400];
    struct trial trial;
    struct view *view = view_new(&options->view, error, sizeof error);
    if (view != NULL) {
        trial_run(&trial, config, options->seed, view_watch(view));
        if (view_free(view, error, sizeof error)) {
            printf("%s: %" PRIu64 " events, %" PRIu64 " packets, %.6f s\n", options->view.directory,
                   trial.events, trial.packets, (double)trial.ended_at_ns / 1e9);
            if (trial.promise < 0)
                return EXIT_OK;
            printf("%s breaks: %s\n", promises[trial.promise]->name, trial.text);
            return EXIT_EXPECTATION;
        }
    }
    fprintf(stderr, "understudy trace: %s\n", error);
    return EXIT_ENVIRONMENT;
}

int trace_main(int argc, char **argv)
{
    struct options options = {.seed = 1, .point = 1, .view.directory = "trace"};
    argp_parse(&trace_argp, argc, argv, 0, NULL, &options);
    struct scenario *scenario = scenario_load(options.file, &understudy_schema, understudy_metrics,
                                              options.sets.texts, stderr);
    if (scenario == NULL)
        return EXIT_USER;
    const struct config *config = config_at(&options, scenario);
    int code = config != NULL ? trace(&options, config) : EXIT_USER;
    scenario_free(scenario);
    return code;
}
