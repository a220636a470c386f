/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * strike - faults on real machines: the power fails (cable out, all processes killed), the server's processes are killed, all
 * processes stop for a while.
 *
 * Events are those that clients see; what happens inside a server is not reported here yet.
 */
#include "module/testbed/testbed_state.h"

#include <signal.h>

static int server_that_is(struct testbed *self, int target)
{
    for (unsigned i = 0; i < self->house.server_count; i++) {
        enum ft_role role = house_role(&self->house, i);
        bool speaks = role == FT_ROLE_PRIMARY || role == FT_ROLE_SOLO;
        if (target == TARGET_BACKUP ? role == FT_ROLE_BACKUP : speaks)
            return (int)i;
    }
    return -1;
}

static void crash(struct testbed *self, int server)
{
    house_plug(&self->house, (unsigned)server, false);
    machine_kill(&self->house.servers[server].machine);
}

static void heal(struct event *event, struct simulation *clock)
{
    (void)clock;
    struct strike *self = container_of(event, struct strike, heal);
    struct house *house = &self->testbed->house;
    if (self->server >= 0 && house->servers[self->server].machine.alive)
        machine_pause(&house->servers[self->server].machine, false);
    self->server = -1;
}

static void restart(struct testbed *self)
{
    for (unsigned i = 0; i < self->house.server_count; i++) {
        if (!self->house.servers[i].machine.alive) {
            self->faults_struck++;
            mason_order(&self->mason, i);
            return;
        }
    }
}

static void strike(struct event *event, struct simulation *clock)
{
    struct strike *self = container_of(event, struct strike, strike);
    struct testbed *testbed = self->testbed;
    const struct fault *fault = self->fault;
    if (fault->restart != TARGET_NONE) {
        restart(testbed);
        return;
    }
    int target = fault->crash | fault->kill | fault->pause;
    int server = server_that_is(testbed, target);
    if (server < 0)
        return;
    if (testbed->faults_struck++ == 0)
        client_group_watch_stall(testbed->clients, clock->now_ns);
    if (fault->crash != TARGET_NONE)
        crash(testbed, server);
    if (fault->kill != TARGET_NONE)
        machine_signal(&testbed->house.servers[server].machine, "apache2", SIGKILL);
    if (fault->pause != TARGET_NONE) {
        machine_pause(&testbed->house.servers[server].machine, true);
        self->server = server;
    }
    if (fault->for_ns > 0)
        event_schedule(&self->heal, clock, clock->now_ns + fault->for_ns);
}

static bool meant(const struct strike *self, const struct notice *notice)
{
    const struct fault *fault = self->fault;
    const struct request *request = notice->request;
    if (self->testbed->clock.now_ns < fault->not_before_ns)
        return false;
    if (fault->client >= 0 && (request == NULL || request->client != fault->client))
        return false;
    return fault->request == 0 || (request != NULL && request->ordinal == fault->request);
}

static void noticed(struct observer *observer, const struct notice *notice)
{
    struct strike *self = container_of(observer, struct strike, observer);
    struct simulation *clock = &self->testbed->clock;
    if (self->struck || !meant(self, notice) || ++self->seen < self->fault->count)
        return;
    self->struck = true;
    event_schedule(&self->strike, clock, clock->now_ns + self->fault->after_ns);
}

void testbed_faults_start(struct testbed *self)
{
    for (size_t i = 0; i < self->config->fault_count; i++) {
        struct strike *at = &self->strikes[i];
        const struct fault *fault = &self->config->faults[i];
        at->testbed = self;
        at->fault = fault;
        at->server = -1;
        event_init(&at->strike, strike);
        event_init(&at->heal, heal);
        if (fault->when == NOTICE_NONE) {
            event_schedule(&at->strike, &self->clock, fault->at_ns + fault->after_ns);
            continue;
        }
        at->observer = (struct observer){.notice = noticed, .kinds = 1u << fault->when};
        notice_subscribe(&self->notices, &at->observer);
    }
}
