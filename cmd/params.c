/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy params - every parameter, from the table that also parses scenario files.
 */
#include "cmd/params.h"

#include "cmd/command.h"
#include "models/params.h"

#include <stdlib.h>
#include <string.h>

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    const char **filter = state->input;
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    if (*filter != NULL)
        argp_error(state, "one FILTER at most");
    *filter = argument;
    return 0;
}

const struct argp params_argp = {
    .parser = parse_option,
    .args_doc = "[FILTER]",
    .doc =
        "Lists the parameters of scenario files and --set: name, kind, default, range, meaning.\v"
        "FILTER: only names that contain it.\n\n"
        "Examples:\n"
        "  understudy params\n"
        "  understudy params replication\n",
};

void params_print_range(FILE *stream, const struct param *param)
{
    if (param->kind == PARAM_CHOICE) {
        for (const char *const *choice = param->choices; *choice != NULL; choice++)
            fprintf(stream, "%s%s", choice == param->choices ? "" : ", ", *choice);
        return;
    }
    if (param->kind == PARAM_BOOL) {
        fputs("yes, no", stream);
        return;
    }
    /* Ranges are printed by the parameter's own formatter, so that units are right. */
    union {
        int64_t whole;
        double number;
        struct dist dist;
    } low = {0}, high = {0};
    struct param copy = *param;
    copy.offset = 0;
    char text[2][64];
    if (param->kind == PARAM_NUMBER) {
        low.number = param->min;
        high.number = param->max;
    } else if (param->kind == PARAM_DURATION_DIST || param->kind == PARAM_SIZE_DIST) {
        low.dist = dist_constant(param->min);
        high.dist = dist_constant(param->max);
    } else {
        low.whole = (int64_t)param->min;
        high.whole = (int64_t)param->max;
    }
    param_print(&copy, &low, text[0], sizeof text[0]);
    param_print(&copy, &high, text[1], sizeof text[1]);
    fprintf(stream, "%s .. %s", text[0], text[1]);
}

const char *params_default(const struct param *param)
{
    return param->standard != NULL ? param->standard : "must be given";
}

static size_t print_table(const struct param *table, const char *filter)
{
    size_t printed = 0;
    for (const struct param *param = table; param->name != NULL; param++) {
        if (filter != NULL && strstr(param->name, filter) == NULL)
            continue;
        printf("%-32s %-13s default %-12s ", param->name, param_kind_name(param->kind),
               params_default(param));
        params_print_range(stdout, param);
        printf("\n    %s\n", param->help);
        printed++;
    }
    return printed;
}

int params_main(int argc, char **argv)
{
    const char *filter = NULL;
    argp_parse(&params_argp, argc, argv, 0, NULL, &filter);
    size_t printed = print_table(understudy_schema.params, filter);
    for (const struct param_list *list = understudy_schema.lists; list->name != NULL; list++) {
        bool whole = filter == NULL || strstr(list->name, filter) != NULL;
        if (whole)
            printf("\nelements of `%s:`\n", list->name);
        if (whole || printed == 0)
            printed += print_table(list->params, whole ? NULL : filter);
    }
    if (printed > 0)
        return EXIT_OK;
    fprintf(stderr, "%s: no parameter's name contains '%s'\n", argv[0], filter);
    return EXIT_USER;
}
