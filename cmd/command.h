/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command - the sub-commands of `understudy`: one file each, one line each in commands[].
 *
 * A command's options live in its `struct argp`: --help, the man page, the completion and docs/reference/commands.md all come
 * from there, so that a new command needs no other word anywhere.
 */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "sim/quantity.h"

#include <argp.h>
#include <stdint.h>

/* What scripts may rely on. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_ENVIRONMENT = 1, /* the machine is at fault: disk, permissions, memory */
    EXIT_USER = 2,        /* the command or a file is wrong */
    EXIT_EXPECTATION = 3, /* an expectation or a promise does not hold */
    EXIT_INTERRUPTED = 130,
};

/* The same for people; a NULL meaning ends the table. */
struct exit_meaning {
    int code;
    const char *meaning;
};
extern const struct exit_meaning exit_meanings[];

struct command {
    const char *name; /* NULL ends the table */
    const char *help;
    const struct argp *argp;
    int (*main)(int argc, char **argv); /* argv[0] is "understudy NAME" */
};
extern const struct command commands[];

/* For `struct argp`: ends a command's help with the exit codes. */
char *command_exit_codes(int key, const char *text, void *input);
/* For one `--format` or `NAME` out of a few: complains, and ends the program, if it is none of them. */
int command_choice(struct argp_state *state, const char *what, const char *const *names,
                   const char *text);

/* What an option says; both complain, and end the program, if it is none of its kind or out of bounds. `what`: "--draw";
 * `such_as`: an example. */
uint64_t command_number(struct argp_state *state, const char *text, const char *what, uint64_t max);
double command_quantity(struct argp_state *state, const char *text, const char *what,
                        enum quantity_kind kind, double min, double max, const char *such_as);
/* The parser of commands that take no arguments. */
error_t command_takes_none(int key, char *argument, struct argp_state *state);

extern const struct argp run_argp, params_argp, metrics_argp, schemes_argp, reference_argp,
    testbed_argp, calibrate_argp, doctor_argp, explore_argp, trace_argp, plants_argp;
int run_main(int argc, char **argv);
int explore_main(int argc, char **argv);
int trace_main(int argc, char **argv);
int params_main(int argc, char **argv);
int metrics_main(int argc, char **argv);
int schemes_main(int argc, char **argv);
int reference_main(int argc, char **argv);
int testbed_main(int argc, char **argv);
int calibrate_main(int argc, char **argv);
int doctor_main(int argc, char **argv);
int plants_main(int argc, char **argv);

#endif
