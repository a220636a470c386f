/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy metrics - what every run measures: the names for expectations, --metrics and SQL.
 */
#include "cmd/command.h"
#include "models/params.h"

#include <stdio.h>

const struct argp metrics_argp = {
    .parser = command_takes_none,
    .doc = "Lists what a run measures, one a line: name, unit, meaning.\v"
           "A metric that is measured by host is written metric@host in expectations; hosts are "
           "primary, backup, servers (their sum) and busiest (the larger).\n\n"
           "Examples:\n"
           "  understudy metrics\n"
           "  understudy run my.yaml --metrics latency_p999,cycles\n",
};

int metrics_main(int argc, char **argv)
{
    argp_parse(&metrics_argp, argc, argv, 0, NULL, NULL);
    for (const struct metric_type *type = understudy_metrics; type->name != NULL; type++)
        printf("%-20s %-12s %s%s\n", type->name, type->unit, type->help,
               type->by_host ? " (by host)" : "");
    return EXIT_OK;
}
