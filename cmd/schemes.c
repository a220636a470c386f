/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy schemes - the table of schemes, for people and for programs.
 */
#include "cmd/command.h"
#include "models/scheme.h"

#include <stdio.h>
#include <string.h>

int schemes_main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        puts("Usage: understudy schemes\n"
             "Lists the values of the parameter `scheme`, one a line: name, then what it is.\n\n"
             "Example:\n  understudy run my.yaml --set scheme=duplex");
        return EXIT_OK;
    }
    if (argc > 1) {
        fprintf(stderr, "%s: unexpected argument '%s' (it takes none)\n", argv[0], argv[1]);
        return EXIT_USER;
    }
    for (const struct scheme *scheme = schemes; scheme->name != NULL; scheme++)
        printf("%-14s %s\n", scheme->name, scheme->help);
    return EXIT_OK;
}
