/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * strike - faults on real machines: the power fails (cable out, all processes killed), the server's processes are killed, all
 * processes stop for a while.
 *
 * Events are those that clients see; what happens inside a server is not reported here yet.
 */
#include "module/testbed/testbed_state.h"

static void heal(struct event *event, struct simulation *clock)
{
    (void)clock;
    struct strike *self = container_of(event, struct strike, heal);
    struct house *house = &self->testbed->house;
    watch_disturbed(&self->testbed->watch);
    if (self->server >= 0 && house->servers[self->server].machine.alive)
        machine_pause(&house->servers[self->server].machine, false);
    self->server = -1;
}

/* A host that died, or whose server was killed. */
static bool serves_no_more(const struct house_server *server)
{
    return !server->machine.alive || server->killed;
}

static void restart(struct testbed *self)
{
    for (unsigned i = 0; i < self->house.server_count; i++) {
        if (serves_no_more(&self->house.servers[i])) {
            self->faults_struck++;
            mason_order(&self->mason, i);
            return;
        }
    }
}

static void befall(struct strike *self, int server)
{
    struct house *house = &self->testbed->house;
    const struct fault *fault = self->fault;
    if (fault->crash != TARGET_NONE)
        house_crash(house, (unsigned)server);
    if (fault->kill != TARGET_NONE)
        house_kill_server(house, (unsigned)server);
    if (fault->pause != TARGET_NONE) {
        machine_pause(&house->servers[server].machine, true);
        self->server = server;
    }
}

static void strike_again(struct strike *self, struct simulation *clock)
{
    const struct config *config = self->testbed->config;
    int64_t next_ns = clock->now_ns + self->fault->every_ns;
    if (self->fault->every_ns > 0 && next_ns < config->run.warmup_ns + config->run.duration_ns)
        event_schedule(&self->strike, clock, next_ns);
}

static void strike(struct event *event, struct simulation *clock)
{
    struct strike *self = container_of(event, struct strike, strike);
    struct testbed *testbed = self->testbed;
    const struct fault *fault = self->fault;
    strike_again(self, clock);
    if (fault->restart != TARGET_NONE) {
        restart(testbed);
        return;
    }
    int target = fault->crash | fault->kill | fault->pause;
    int server =
        watch_find(&testbed->watch, target == TARGET_BACKUP ? FT_ROLE_BACKUP : FT_ROLE_PRIMARY);
    if (server < 0 || (fault->survivable && !watch_paired(&testbed->watch)))
        return;
    testbed->faults_struck++;
    client_group_watch_stall(testbed->clients, clock->now_ns);
    befall(self, server);
    watch_disturbed(&testbed->watch);
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
