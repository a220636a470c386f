/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy schemes - the table of schemes, for people and for programs.
 */
#include "cmd/command.h"
#include "models/scheme.h"

#include <stdio.h>

const struct argp schemes_argp = {
    .parser = command_takes_none,
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
