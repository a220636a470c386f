/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy - finds the sub-command and hands over to it.
 */
#include "cmd/command.h"
#include "cmd/manual.h"
#include "sim/nearest.h"
#include "version.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct command commands[] = {
    {"run", "simulate scenario files: tables, checks, results in a database", &run_argp, run_main},
    {"explore", "hunt for faults that break a promise, and show how", &explore_argp, explore_main},
    {"trace", "write down one run: events, captures, a ladder diagram", &trace_argp, trace_main},
    {"testbed", "run scenario files for real: Apache, Linux TCP, eBPF", &testbed_argp,
     testbed_main},
    {"calibrate", "measure this machine, write a cost profile for the simulator", &calibrate_argp,
     calibrate_main},
    {"doctor", "say what this machine can do, and how to get the rest", &doctor_argp, doctor_main},
    {"params", "list the parameters of scenario files: unit, default, range", &params_argp,
     params_main},
    {"metrics", "list what a run measures", &metrics_argp, metrics_main},
    {"schemes", "list the schemes a service can be built by", &schemes_argp, schemes_main},
    {"plants", "list the planted bugs of the teaching build", &plants_argp, plants_main},
    {"reference", "print the reference pages, the man page, the shell completion", &reference_argp,
     reference_main},
    {.name = NULL},
};

const struct exit_meaning exit_meanings[] = {
    {EXIT_OK, "all held"},
    {EXIT_ENVIRONMENT, "the machine is at fault (disk, permissions, memory)"},
    {EXIT_USER, "the command or a file is wrong"},
    {EXIT_EXPECTATION, "an expectation or a promise does not hold"},
    {EXIT_INTERRUPTED, "interrupted; what a database already holds is not run again"},
    {0, NULL},
};

static void print_exit_codes(FILE *stream)
{
    fputs("Exit codes:\n", stream);
    for (const struct exit_meaning *row = exit_meanings; row->meaning != NULL; row++)
        fprintf(stream, "  %-3d  %s\n", row->code, row->meaning);
}

char *command_exit_codes(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_EXTRA)
        return (char *)text;
    char *codes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&codes, &size);
    if (stream == NULL)
        abort();
    print_exit_codes(stream);
    fclose(stream);
    return codes;
}

int command_choice(struct argp_state *state, const char *what, const char *const *names,
                   const char *text)
{
    char known[400] = "";
    size_t used = 0;
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0)
            return i;
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                 names[i]);
        used = used < sizeof known ? used : sizeof known - 1;
    }
    argp_error(state, "unknown %s '%s' (known: %s)", what, text, known);
    return 0;
}

uint64_t command_number(struct argp_state *state, const char *text, const char *what, uint64_t max)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0')
        argp_error(state, "%s is a whole number, not '%s'", what, text);
    if (errno != 0 || value > max)
        argp_error(state, "%s is at most %llu, not %s", what, (unsigned long long)max, text);
    return value;
}

double command_quantity(struct argp_state *state, const char *text, const char *what,
                        enum quantity_kind kind, double min, double max, const char *such_as)
{
    char error[200];
    double value = 0;
    if (!quantity_parse(text, kind, &value, error, sizeof error))
        argp_error(state, "%s: %s", what, error);
    if (value < min || value > max)
        argp_error(state, "%s takes %s such as %s", what, quantity_kind_names[kind], such_as);
    return value;
}

error_t command_takes_none(int key, char *argument, struct argp_state *state)
{
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    argp_error(state, "unexpected argument '%s' (it takes none)", argument);
    return 0;
}

static void usage(FILE *stream)
{
    fprintf(stream, "Usage: understudy COMMAND [OPTION...]\n%s\n\nCommands:\n", manual_summary);
    for (const struct command *command = commands; command->name != NULL; command++)
        fprintf(stream, "  %-10s %s\n", command->name, command->help);
    fputs("\n  understudy COMMAND --help   about a command\n"
          "  understudy --version        version and commit\n\nExamples:\n",
          stream);
    for (const struct manual_example *example = manual_examples; example->command != NULL;
         example++)
        fprintf(stream, "  %s\n", example->command);
    fputc('\n', stream);
    print_exit_codes(stream);
}

static const struct command *find_command(const char *name)
{
    struct nearest near;
    nearest_init(&near, name);
    for (const struct command *command = commands; command->name != NULL; command++) {
        if (strcmp(name, command->name) == 0)
            return command;
        nearest_offer(&near, command->name);
    }
    fprintf(stderr, "understudy: there is no command '%s' (%s%s%sunderstudy --help lists them)\n",
            name, near.name ? "did you mean " : "", near.name ? near.name : "",
            near.name ? "? " : "");
    return NULL;
}

static int run_command(int argc, char **argv)
{
    const struct command *command = find_command(argv[1]);
    if (command == NULL)
        return EXIT_USER;
    char name[64];
    snprintf(name, sizeof name, "understudy %s", command->name);
    argv[1] = name;
    argp_err_exit_status = EXIT_USER;
    return command->main(argc - 1, argv + 1);
}

/* Results that could not be written (a full disk, say) are no success, whoever ended the program. */
static void close_output(void)
{
    if (ferror(stdout) == 0 && fclose(stdout) == 0)
        return;
    fprintf(stderr, "understudy: standard output: %s\n", strerror(errno));
    _exit(EXIT_ENVIRONMENT);
}

int main(int argc, char **argv)
{
    atexit(close_output);
    signal(SIGXFSZ, SIG_IGN); /* a file too large is an error of its write, not our end */
    if (argc < 2) {
        usage(stderr);
        return EXIT_USER;
    }
    bool help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
                strcmp(argv[1], "help") == 0;
    if (help && argc > 2) { /* understudy help run */
        char *about[] = {argv[0], argv[2], (char[]){"--help"}, NULL};
        return run_command(3, about);
    }
    if (help) {
        usage(stdout);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("understudy %s (%s)\n", UNDERSTUDY_VERSION, UNDERSTUDY_COMMIT);
        return EXIT_OK;
    }
    return run_command(argc, argv);
}
