/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy testbed - the same scenario files for real, into the same database, under the same names.
 */
#include "module/testbed/testbed.h"

#include "cmd/batch.h"
#include "cmd/command.h"

static bool run(const struct config *config, uint64_t seed, struct results *results,
                const atomic_int *stop, char *error, size_t room)
{
    return testbed_run(config, seed, results, stop, error, room);
}

const struct argp testbed_argp = {
    .options = batch_options,
    .parser = batch_parse,
    .args_doc = "FILE...",
    .help_filter = command_exit_codes,
    .doc = "Runs scenario files for real: hosts made of namespaces, Apache httpd with "
           "mod_understudy, the packet path in "
           "eBPF, understudyd, real clients, real crashes. Same metrics, same database as "
           "`understudy run`, with "
           "`testbed` as the backend. As root.\v"
           "Costs of hosts (cpu.*, costs.*) and TCP's parameters are what this machine has; the "
           "scenario's are not used.\n\n"
           "Examples:\n"
           "  understudy testbed scenarios/crash/mid-reply.yaml\n"
           "  understudy testbed scenarios/crash/idle.yaml --set scheme=duplex --format json\n",
};

int testbed_main(int argc, char **argv)
{
    static const struct backend testbed = {
        .name = "testbed",
        .command = "understudy testbed",
        .argp = &testbed_argp,
        .database = "results.db",
        .alone = true,
        .obstacle = testbed_obstacle,
        .run = run,
    };
    return batch_main(argc, argv, &testbed);
}
