/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy reference - pages that are tables of the program itself: docs/reference/, the man page, the completion.
 *
 * `make docs` writes them and `make tidy` compares them, so that no page can say what the program does not.
 */
#include "cmd/command.h"
#include "cmd/manual.h"
#include "cmd/params.h"
#include "models/host/notice.h"
#include "models/oracle/promise.h"
#include "models/params.h"
#include "models/scheme.h"
#include "sim/store_schema.h"

#include <string.h>

static void title(FILE *stream, const char *text, const char *name)
{
    fprintf(stream,
            "# %s\n\n<!-- Written by `understudy reference %s`; `make docs` renews it. -->\n", text,
            name);
}

static void param_table(FILE *stream, const struct param *param)
{
    fputs("\n| name | kind | default | range | meaning |\n|---|---|---|---|---|\n", stream);
    for (; param->name != NULL; param++) {
        fprintf(stream, "| `%s` | %s | %s | ", param->name, param_kind_name(param->kind),
                params_default(param));
        params_print_range(stream, param);
        fprintf(stream, " | %s |\n", param->help);
    }
}

static void parameters(FILE *stream)
{
    title(stream, "Parameters", "parameters.md");
    fputs("\nOf scenario files and of `--set`. A dot is a level of the file: `clients.count` is\n"
          "`clients: {count: …}`. [How to write values](../scenario-files.md).\n",
          stream);
    param_table(stream, understudy_schema.params);
    fputs("\n## Distributions\n\nFor parameters whose kind ends with *dist*.\n\n"
          "| name | what is drawn |\n|---|---|\n",
          stream);
    for (const struct dist_type *type = dist_types; type->name != NULL; type++)
        fprintf(stream, "| `%s` | %s |\n", type->name, type->help);
}

static void faults(FILE *stream)
{
    title(stream, "Faults and events", "faults.md");
    for (const struct param_list *list = understudy_schema.lists; list->name != NULL; list++) {
        fprintf(stream, "\n## Elements of `%s:`\n", list->name);
        param_table(stream, list->params);
    }
    fputs("\n## Events that `when:` can name\n\n| event | when it happens |\n|---|---|\n", stream);
    for (int i = NOTICE_NONE + 1; i < NOTICE_KINDS; i++)
        fprintf(stream, "| `%s` | %s |\n", notice_names[i], notice_help[i]);
}

static void metrics(FILE *stream)
{
    title(stream, "Metrics", "metrics.md");
    fputs("\nNames for expectations, `--metrics` and SQL.\n\n"
          "| name | unit | by host | meaning |\n|---|---|---|---|\n",
          stream);
    for (const struct metric_type *type = understudy_metrics; type->name != NULL; type++)
        fprintf(stream, "| `%s` | %s | %s | %s |\n", type->name, type->unit,
                type->by_host ? "yes" : "", type->help);
}

static void scheme_table(FILE *stream)
{
    title(stream, "Schemes", "schemes.md");
    fputs("\nValues of the parameter `scheme`.\n\n| name | servers | what it is |\n|---|---|---|\n",
          stream);
    for (const struct scheme *scheme = schemes; scheme->name != NULL; scheme++)
        fprintf(stream, "| `%s` | %u | %s |\n", scheme->name, scheme->servers, scheme->help);
}

static void promise_table(FILE *stream)
{
    title(stream, "Promises", "promises.md");
    fputs(
        "\nChecked in every run; each has a checker of its own in `models/oracle/`. They bind the\n"
        "schemes of two servers; of the others, violations are told and counted.\n\n"
        "| promise | name | what is checked |\n|---|---|---|\n",
        stream);
    for (const struct promise_type *const *type = promises; *type != NULL; type++)
        fprintf(stream, "| %s | %s | %s |\n", (*type)->name, (*type)->title, (*type)->help);
}

static void schema(FILE *stream)
{
    title(stream, "Schema of the results database", "schema.md");
    fprintf(
        stream,
        "\nSQLite; `application_id` %#x, `user_version` %d. [What to ask it](../results.md).\n\n"
        "```sql\n%s```\n",
        STORE_APPLICATION, STORE_VERSION, store_schema);
}

static const struct page {
    const char *name; /* NULL ends the table */
    const char *help;
    void (*print)(FILE *stream);
} pages[] = {
    {"parameters.md", "every parameter of scenario files", parameters},
    {"faults.md", "what `faults:` can do, and the events it can wait for", faults},
    {"metrics.md", "what a run measures", metrics},
    {"schemes.md", "how a service can be built", scheme_table},
    {"promises.md", "what is checked in every run", promise_table},
    {"schema.md", "the tables and views of a results database", schema},
    {"commands.md", "the --help of every command", manual_commands},
    {"understudy.1", "the man page", manual_man},
    {"understudy.bash", "completion for bash", manual_completion},
    {.name = NULL},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    const struct page **page = state->input;
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    if (state->arg_num > 0)
        argp_error(state, "one PAGE at a time");
    for (*page = pages; (*page)->name != NULL; ++*page) {
        if (strcmp((*page)->name, argument) == 0)
            return 0;
    }
    argp_error(state, "unknown page '%s' (without PAGE they are listed)", argument);
    return 0;
}

const struct argp reference_argp = {
    .parser = parse_option,
    .args_doc = "[PAGE]",
    .doc = "Prints a page made of the program's own tables; without PAGE, lists the pages.\v"
           "Examples:\n"
           "  understudy reference\n"
           "  understudy reference metrics.md\n"
           "  understudy reference understudy.1 | man -l -\n"
           "  source <(understudy reference understudy.bash)\n",
};

int reference_main(int argc, char **argv)
{
    const struct page *chosen = NULL;
    argp_parse(&reference_argp, argc, argv, 0, NULL, &chosen);
    if (chosen != NULL) {
        chosen->print(stdout);
        return EXIT_OK;
    }
    for (const struct page *page = pages; page->name != NULL; page++)
        printf("%-16s %s\n", page->name, page->help);
    return EXIT_OK;
}
