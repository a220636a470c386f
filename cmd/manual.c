/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * manual - the man page and the page of all --help texts, from the table of commands and their argp options.
 */
#include "cmd/manual.h"

#include "cmd/command.h"
#include "version.h"

#include <stdbool.h>
#include <string.h>

const char manual_summary[] =
    "Simulates fault-tolerant web services: a hot standby backup logs requests and replies, and\n"
    "when the primary crashes, the client's TCP connection simply goes on.";

const struct manual_example manual_examples[] = {
    {"understudy run scenarios/crash/mid-reply.yaml",
     "The primary dies in the middle of replies, under every scheme: what do clients see?"},
    {"understudy run scenarios/paper/*.yaml -j 2 --db results.db",
     "The paper's experiments on two cores; every result is kept in the database."},
    {"understudy run my.yaml --set clients.count=200 --set network.loss=1%",
     "A scenario with two parameters changed."},
    {"understudy run my.yaml --format json | jq .value",
     "Results for a program, one object a line."},
    {"understudy params replication", "The parameters whose names contain `replication'."},
    {NULL, NULL},
};

/* --- man page --------------------------------------------------------------------------------------------------- */

/* Text as roff takes it: no line may begin with a dot or an apostrophe, and a hyphen is a minus sign. */
static void roff(FILE *stream, const char *text)
{
    bool begin = true;
    for (; *text != '\0'; text++) {
        if (begin && (*text == '.' || *text == '\''))
            fputs("\\&", stream);
        if (*text == '\\')
            fputs("\\e", stream);
        else if (*text == '-')
            fputs("\\-", stream);
        else
            fputc(*text, stream);
        begin = *text == '\n';
    }
}

static void roff_block(FILE *stream, const char *text)
{
    fputs(".PP\n.nf\n", stream);
    roff(stream, text);
    fputs("\n.fi\n", stream);
}

static bool last_option(const struct argp_option *option)
{
    return option->name == NULL && option->key == 0 && option->doc == NULL && option->group == 0;
}

static void man_option(FILE *stream, const struct argp_option *option)
{
    fputs(".TP\n\\fB", stream);
    if (option->key > ' ' && option->key < 0x7f)
        fprintf(stream, "\\-%c\\fR, \\fB", option->key);
    fputs("\\-\\-", stream);
    roff(stream, option->name);
    fputs("\\fR", stream);
    if (option->arg != NULL) {
        fputs("=\\fI", stream);
        roff(stream, option->arg);
        fputs("\\fR", stream);
    }
    fputc('\n', stream);
    roff(stream, option->doc);
    fputc('\n', stream);
}

static void man_command(FILE *stream, const struct command *command)
{
    const struct argp *argp = command->argp;
    const char *more = strchr(argp->doc, '\v');
    fprintf(stream, ".SS \"understudy %s", command->name);
    fputs(argp->options != NULL ? " [OPTION...]" : "", stream);
    if (argp->args_doc != NULL) {
        fputc(' ', stream);
        roff(stream, argp->args_doc);
    }
    fputs("\"\n", stream);
    char doc[2000];
    snprintf(doc, sizeof doc, "%.*s", more ? (int)(more - argp->doc) : (int)strlen(argp->doc),
             argp->doc);
    roff(stream, doc);
    fputc('\n', stream);
    for (const struct argp_option *option = argp->options; option != NULL && !last_option(option);
         option++)
        man_option(stream, option);
    if (more != NULL)
        roff_block(stream, more + 1);
}

static void man_tail(FILE *stream)
{
    fputs(".SH \"EXIT STATUS\"\n", stream);
    for (const struct exit_meaning *row = exit_meanings; row->meaning != NULL; row++) {
        fprintf(stream, ".TP\n\\fB%d\\fR\n", row->code);
        roff(stream, row->meaning);
        fputc('\n', stream);
    }
    fputs(
        ".SH FILES\n.TP\n\\fIresults.db\\fR\nResults (SQLite), if \\fB\\-\\-db\\fR names no other "
        "file: the view \\fBresult\\fR has a row for each run and metric.\n"
        ".SH ENVIRONMENT\n.TP\n\\fBNO_COLOR\\fR\nIf set and not empty: no colours, not even "
        "on a terminal.\n.TP\n\\fBCOLUMNS\\fR\nWidth of tables, where it is not the terminal's.\n"
        ".SH EXAMPLES\n",
        stream);
    for (const struct manual_example *example = manual_examples; example->command != NULL;
         example++) {
        fputs(".TP\n\\fB", stream);
        roff(stream, example->command);
        fputs("\\fR\n", stream);
        roff(stream, example->what);
        fputc('\n', stream);
    }
    fputs(".SH \"SEE ALSO\"\n.BR sqlite3 (1),\n.BR gnuplot (1)\n", stream);
}

void manual_man(FILE *stream)
{
    fprintf(stream,
            ".TH UNDERSTUDY 1 \"\" \"understudy %s\" \"User Commands\"\n"
            ".SH NAME\nunderstudy \\- simulate fault\\-tolerant web services\n"
            ".SH SYNOPSIS\n.B understudy\n\\fICOMMAND\\fR [\\fIOPTION\\fR...]\n.SH DESCRIPTION\n",
            UNDERSTUDY_VERSION);
    roff(stream, manual_summary);
    fputs("\n.PP\nWith \\fB\\-\\-help\\fR every command explains itself; \\fBunderstudy "
          "\\-\\-version\\fR tells version and commit.\n.SH COMMANDS\n",
          stream);
    for (const struct command *command = commands; command->name != NULL; command++)
        man_command(stream, command);
    man_tail(stream);
}

/* --- page of help texts ----------------------------------------------------------------------------------------- */

void manual_commands(FILE *stream)
{
    fprintf(stream, "# Commands\n\n<!-- Written by `understudy reference commands.md`; `make docs` "
                    "renews it. -->\n");
    for (const struct command *command = commands; command->name != NULL; command++) {
        char name[64];
        snprintf(name, sizeof name, "understudy %s", command->name);
        fprintf(stream, "\n## %s\n\n%s.\n\n```\n", name, command->help);
        fflush(stream);
        argp_help(command->argp, stream, ARGP_HELP_STD_HELP, name);
        fputs("```\n", stream);
    }
}
