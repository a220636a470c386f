/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * testbed - the run: the same phases as models/world.c's, on real time.
 */
#include "module/testbed/testbed.h"

#include "module/testbed/testbed_state.h"
#include "sim/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRAIN_STEP_NS INT64_C(10000000)

static void look(void *context)
{
    testbed_faults_look(context);
}

static void pass_until(struct testbed *self, int64_t until_ns)
{
    socket_wire_run(&self->wire, until_ns, self->stop, look, self);
}

/* The clients' machine as the client code knows one: it asks for nothing but its name. */
static bool build_clients(struct testbed *self, uint64_t seed)
{
    simulation_init(&self->clock, seed);
    self->exchanges = exchange_pool_new();
    if (!machine_enter_network(&self->house.client) ||
        !socket_wire_init(&self->wire, &self->clock, self->exchanges, self->house.service)) {
        snprintf(self->house.error, sizeof self->house.error, "the clients' machine: %s",
                 strerror(errno));
        return false;
    }
    self->machine.settings.name = "client";
    self->machine_list[0] = &self->machine;
    self->clients =
        client_group_new(&self->config->clients, &self->wire.wire, &self->clock, self->machine_list,
                         1, self->house.service, self->exchanges, &self->notices);
    return true;
}

static void run(struct testbed *self)
{
    const struct config *config = self->config;
    int64_t begin_ns = config->run.warmup_ns, length_ns = config->run.duration_ns;
    testbed_faults_start(self);
    client_group_start(self->clients);
    pass_until(self, begin_ns);
    client_group_measure(self->clients);
    testbed_usage_begin(self);
    for (int64_t i = 1; i <= config->run.batches; i++) {
        pass_until(self, begin_ns + length_ns / config->run.batches * i);
        client_group_batch(self->clients);
    }
    client_group_stop_measuring(self->clients);
    testbed_usage_end(self);
    self->ending = true;
    client_group_drain(self->clients);
    int64_t end_ns = self->clock.now_ns + config->run.drain_ns;
    while (client_group_in_flight(self->clients) > 0 && self->clock.now_ns < end_ns && !*self->stop)
        pass_until(self, self->clock.now_ns + DRAIN_STEP_NS);
    client_group_conclude(self->clients);
}

static void destroy(struct testbed *self)
{
    if (self->exchanges != NULL) {
        socket_wire_fini(&self->wire);
        if (self->clients != NULL)
            client_group_free(self->clients);
        exchange_pool_free(self->exchanges);
        simulation_fini(&self->clock);
    }
    watch_end(&self->watch);
    mason_end(&self->mason);
    house_close(&self->house);
    free(self->judged);
    free(self);
}

const char *testbed_obstacle(const struct config *config)
{
    const char *obstacle = house_obstacle(config);
    return obstacle != NULL ? obstacle : testbed_faults_obstacle(config);
}

bool testbed_run(const struct config *config, uint64_t seed, struct results *results,
                 const atomic_int *stop, char *error, size_t room)
{
    struct testbed *self = must(calloc(1, sizeof *self));
    self->config = config;
    self->stop = stop;
    bool done = house_open(&self->house, config) && mason_start(&self->mason, &self->house) &&
                watch_start(&self->watch, &self->house) && build_clients(self, seed);
    if (done) {
        testbed_judge_start(self);
        run(self);
        testbed_report(self, results);
        done = !*stop;
    }
    snprintf(error, room, "%s", self->house.error);
    destroy(self);
    return done;
}
