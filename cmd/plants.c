/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy plants - the planted bugs of the teaching build; and `--plant NAME` of the commands that simulate.
 */
#include "models/plants.h"

#include "cmd/scene.h"
#include "sim/nearest.h"

#include <stdio.h>
#include <string.h>

static const char no_plants[] = "this build has no planted bugs; the teaching build has: make "
                                "teach, then build/understudy-teach";

const struct argp plants_argp = {
    .parser = command_takes_none,
    .doc =
        "Lists the planted bugs of the teaching build (make teach): name, the promise it breaks, "
        "the file it is in, what is wrong. Other builds have none.\v"
        "Examples:\n"
        "  understudy-teach plants\n"
        "  understudy-teach run tests/plants/no-lease.yaml --plant no-lease\n"
        "  understudy-teach explore scenarios/explore/keep-alive.yaml --plant half-record\n",
};

int plants_main(int argc, char **argv)
{
    argp_parse(&plants_argp, argc, argv, 0, NULL, NULL);
    if (plants[0].name == NULL) {
        fprintf(stderr, "understudy plants: %s\n", no_plants);
        return EXIT_USER;
    }
    for (const struct plant_type *plant = plants; plant->name != NULL; plant++)
        printf("%-18s %s  %-26s %s\n", plant->name, plant->promise, plant->where, plant->help);
    return EXIT_OK;
}

void scene_plant(struct scene *self, const char *name, struct argp_state *state)
{
    struct nearest near;
    nearest_init(&near, name);
    for (const struct plant_type *plant = plants; plant->name != NULL; plant++) {
        nearest_offer(&near, plant->name);
        if (strcmp(plant->name, name) != 0)
            continue;
        snprintf(self->plant, sizeof self->plant, "plant=%s", name);
        scene_set(self, self->plant, state);
        return;
    }
    if (plants[0].name == NULL)
        argp_error(state, "--plant %s: %s", name, no_plants);
    else
        argp_error(state, "unknown planted bug '%s' (%s%s%s`understudy plants` lists them)", name,
                   near.name ? "did you mean " : "", near.name ? near.name : "",
                   near.name ? "? " : "");
}
