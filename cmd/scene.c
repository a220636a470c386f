/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scene - options of the commands that run scenarios.
 */
#include "cmd/scene.h"

#include <signal.h>
#include <unistd.h>

enum { THREADS_MAX = 256 };

static atomic_int stopped;

static void stop(int signal)
{
    (void)signal;
    atomic_store(&stopped, 1);
}

const atomic_int *scene_stopped(void)
{
    struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &stopped;
}

void scene_init(struct scene *self)
{
    *self = (struct scene){.seed = 1, .threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN)};
}

void scene_set(struct scene *self, const char *text, struct argp_state *state)
{
    if (self->set_count == SCENE_SETS_MAX)
        argp_error(state, "more than %d --set", SCENE_SETS_MAX);
    self->sets[self->set_count++] = text;
}

error_t scene_parse(struct scene *self, int key, char *argument, struct argp_state *state)
{
    switch (key) {
    case KEY_SET:
        scene_set(self, argument, state);
        return 0;
    case KEY_PLANT:
        scene_plant(self, argument, state);
        return 0;
    case KEY_SEED:
        self->seed = command_number(state, argument, "--seed", UINT64_MAX);
        return 0;
    case 'j':
        self->threads = (unsigned)command_number(state, argument, "-j", THREADS_MAX);
        if (self->threads == 0)
            argp_error(state, "-j needs at least 1");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

error_t scene_parse_file(const char **file, int key, char *argument, struct argp_state *state)
{
    switch (key) {
    case ARGP_KEY_ARG:
        if (*file != NULL)
            argp_error(state, "one scenario at a time");
        *file = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which scenario? (for example scenarios/explore/keep-alive.yaml)");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
