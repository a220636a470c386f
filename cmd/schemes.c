/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy schemes - the table of schemes, for people and for programs.
 */
#include "cmd/command.h"
#include "models/scheme.h"

#include <stdio.h>

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    argp_error(state, "unexpected argument '%s' (it takes none)", argument);
    return 0;
}

const struct argp schemes_argp = {
    .parser = parse_option,
    .doc = "Lists the values of the parameter `scheme`, one a line: name, then what it is.\v"
           "Examples:\n"
           "  understudy schemes\n"
           "  understudy run my.yaml --set scheme=duplex\n",
};

int schemes_main(int argc, char **argv)
{
    argp_parse(&schemes_argp, argc, argv, 0, NULL, NULL);
    for (const struct scheme *scheme = schemes; scheme->name != NULL; scheme++)
        printf("%-14s %s\n", scheme->name, scheme->help);
    return EXIT_OK;
}
