/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command - the sub-commands of `understudy`: one file each, one line each in commands[].
 */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

/* What scripts may rely on. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_ENVIRONMENT = 1, /* the machine is at fault: disk, permissions, memory */
    EXIT_USER = 2,        /* the command or a file is wrong */
    EXIT_EXPECTATION = 3, /* an expectation or a promise does not hold */
    EXIT_INTERRUPTED = 130,
};

struct command {
    const char *name; /* NULL ends the table */
    const char *help;
    int (*main)(int argc, char **argv); /* argv[0] is "understudy NAME" */
};
extern const struct command commands[];

int run_main(int argc, char **argv);
int params_main(int argc, char **argv);
int schemes_main(int argc, char **argv);

#endif
