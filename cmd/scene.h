/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scene - what the commands that run scenarios have in common: options, and an end when somebody presses Ctrl-C.
 */
#ifndef CMD_SCENE_H
#define CMD_SCENE_H

#include "cmd/command.h"

#include <stdatomic.h>

/* Keys of the options that scene_parse() knows, beside 'j'. A command's own begin behind them. */
enum scene_key { KEY_SET = 256, KEY_PLANT, KEY_SEED, KEY_OWN };

/* Rows of those commands' options. */
#define SCENE_SET                                                                                  \
    {                                                                                              \
        "set", KEY_SET, "NAME=VALUE", 0,                                                           \
            "Override a parameter; if it is swept, take this value alone", 0                       \
    }
#define SCENE_SEED                                                                                 \
    {                                                                                              \
        "seed", KEY_SEED, "N", 0, "Seed of the scenario's random numbers (default 1)", 0           \
    }
#define SCENE_PLANT                                                                                \
    {                                                                                              \
        "plant", KEY_PLANT, "NAME", 0, "Plant a bug (teaching build only)", 0                      \
    }
#define SCENE_JOBS                                                                                 \
    {                                                                                              \
        "jobs", 'j', "N", 0, "Runs at a time (default: one a core)", 0                             \
    }

/* What a command line says about the scenario. */
enum { SCENE_SETS_MAX = 100 };
struct scene {
    const char
        *sets[SCENE_SETS_MAX + 1]; /* every `--set NAME=VALUE`, and `--plant NAME`; NULL-ended */
    size_t set_count;
    char plant[64]; /* one of the sets; "": nothing is planted */
    uint64_t seed;
    unsigned threads; /* runs at a time */
};

/* Seed 1, a thread a core. */
void scene_init(struct scene *self);
/* For the parser of `struct argp`, with the keys it does not know itself. */
error_t scene_parse(struct scene *self, int key, char *argument, struct argp_state *state);
/* For a command that takes one scenario; `file` is NULL until it was given. */
error_t scene_parse_file(const char **file, int key, char *argument, struct argp_state *state);
/* Catches SIGINT and SIGTERM, once each. Not 0: there was one. */
const atomic_int *scene_stopped(void);

/* plants.c: complains, and ends the program, if there is no such bug in this build. */
void scene_plant(struct scene *self, const char *name, struct argp_state *state);
void scene_set(struct scene *self, const char *text, struct argp_state *state);

#endif
