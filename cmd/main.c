/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy - finds the sub-command and hands over to it.
 */
#include "cmd/command.h"
#include "version.h"

#include <stdio.h>
#include <string.h>

const struct command commands[] = {
    {"run", "simulate scenario files: results to a database and a table, checks to the exit code",
     run_main},
    {"params", "list every parameter with its unit, default and range", params_main},
    {"schemes", "list the schemes a service can be built by", schemes_main},
    {NULL, NULL, NULL},
};

static void usage(FILE *stream)
{
    fputs("Usage: understudy COMMAND [OPTION...]\n"
          "Simulates fault-tolerant web services: a hot standby backup logs requests and replies, "
          "and when\n"
          "the primary crashes, the client's TCP connection simply goes on.\n\n"
          "Commands:\n",
          stream);
    for (const struct command *command = commands; command->name != NULL; command++)
        fprintf(stream, "  %-10s %s\n", command->name, command->help);
    fputs("\n  --help     this text (understudy COMMAND --help: about a command)\n"
          "  --version  version and commit\n\n"
          "Examples:\n"
          "  understudy run scenarios/crash/mid-reply.yaml\n"
          "  understudy run scenarios/paper/throughput.yaml -j 2 --db results.db\n"
          "  understudy run my.yaml --set clients.count=200 --format json\n"
          "  understudy params replication\n\n"
          "Exit codes: 0 all held; 1 the machine is at fault; 2 the command or a file is wrong;\n"
          "3 an expectation or a promise does not hold; 130 interrupted.\n",
          stream);
}

static int run_command(const struct command *command, int argc, char **argv)
{
    char name[64];
    snprintf(name, sizeof name, "understudy %s", command->name);
    argv[1] = name;
    return command->main(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return EXIT_USER;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("understudy %s (%s)\n", UNDERSTUDY_VERSION, UNDERSTUDY_COMMIT);
        return EXIT_OK;
    }
    for (const struct command *command = commands; command->name != NULL; command++) {
        if (strcmp(argv[1], command->name) == 0)
            return run_command(command, argc, argv);
    }
    fprintf(stderr, "understudy: there is no command '%s' (understudy --help lists them)\n",
            argv[1]);
    return EXIT_USER;
}
