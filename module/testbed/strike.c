/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * strike - faults on real machines: the power fails (cables dead, all processes killed), the server's processes are killed, all
 * processes stop for a while, cables carry nothing or lose packets.
 *
 * They strike at a time; at an event that a client sees; at one inside a server, where the thread stops until it has struck (trap.h);
 * or at a packet on a cable, which cuts a host off at once that is to die (cables.h). Of those that wait for a server or a packet there
 * can be one of each in a run.
 */
#include "module/testbed/testbed_state.h"

#include <stdio.h>
#include <stdlib.h>

#define PATIENCE_NS INT64_C(10000000)

/* --- what there is for real -------------------------------------------------------------------------------------- */

static enum trap_site site_of(const struct fault *fault)
{
    switch (fault->when) {
    case NOTICE_REQUEST_PART:
        return TRAP_REQUEST_PART;
    case NOTICE_REQUEST_RECEIVED:
        return TRAP_REQUEST_RECEIVED;
    case NOTICE_EXECUTING:
        return TRAP_EXECUTING;
    case NOTICE_EXECUTED:
        return TRAP_EXECUTED;
    default:
        return TRAP_NONE;
    }
}

static enum cables_event packet_event(const struct fault *fault)
{
    return fault->when == NOTICE_REPLY_SEGMENT_SENT ? CABLES_REPLY_SEGMENT
           : fault->when == NOTICE_REPLY_LOGGED     ? CABLES_REPLY_LOGGED
                                                    : CABLES_NOTHING;
}

static bool a_client_sees(int kind)
{
    return kind == NOTICE_NONE || kind == NOTICE_CONNECTION_OPENING ||
           kind == NOTICE_CONNECTION_OPEN || kind == NOTICE_CONNECTION_CLOSING ||
           kind == NOTICE_CONNECTION_LOST || kind == NOTICE_REQUEST_SENT ||
           kind == NOTICE_REPLY_FIRST_BYTE || kind == NOTICE_REPLY_DONE;
}

static const char *fault_obstacle(const struct fault *fault)
{
    if (fault->event > 0 || fault->packet > 0)
        return "a fault that strikes after a number of the simulator's events or packets has no "
               "meaning for real";
    if (fault->corrupt > 0 || fault->reorder > 0)
        return "packets cannot be damaged or reordered for real yet";
    if (!a_client_sees(fault->when) && site_of(fault) == TRAP_NONE &&
        packet_event(fault) == CABLES_NOTHING)
        return "this event (when) cannot be seen for real; those that can: connection_opening, "
               "connection_open, connection_closing, connection_lost, request_sent, request_part, "
               "request_received, executing, executed, reply_logged, reply_segment_sent, "
               "reply_first_byte, reply_done";
    if (packet_event(fault) != CABLES_NOTHING && (fault->client >= 0 || fault->request > 0))
        return "a packet cannot be picked by client or request for real yet";
    return NULL;
}

const char *testbed_faults_obstacle(const struct config *config)
{
    unsigned sites = 0, packets = 0;
    for (size_t i = 0; i < config->fault_count; i++) {
        const char *obstacle = fault_obstacle(&config->faults[i]);
        if (obstacle != NULL)
            return obstacle;
        sites += site_of(&config->faults[i]) != TRAP_NONE;
        packets += packet_event(&config->faults[i]) != CABLES_NOTHING;
    }
    return sites > 1 || packets > 1
               ? "for real only one fault a run can wait for an event inside a server, and one for "
                 "a packet"
               : NULL;
}

/* --- cables ------------------------------------------------------------------------------------------------------ */

static void cut(struct testbed *self, int target, bool on)
{
    struct cable *cables = self->house.wiring.memory->cables;
    bool own_lan = self->house.scheme->log == LOG_OWN_LAN;
    if (target == TARGET_CLIENTS)
        cables[CABLE_CLIENT].cut = on;
    for (unsigned i = 0; i < HOUSE_SERVERS; i++) {
        if (target == TARGET_LOG_CHANNEL && own_lan)
            cables[CABLE_LOG + i].cut = on;
        if (target == TARGET_LOG_CHANNEL && !own_lan)
            cables[CABLE_SERVICE + i].no_log = on;
        if (target == TARGET_SERVERS) {
            cables[CABLE_SERVICE + i].no_peer = on;
            cables[CABLE_LOG + i].cut = on;
        }
    }
}

static uint32_t chance(double probability)
{
    return probability < 1 ? (uint32_t)(probability * 0x1p32) : UINT32_MAX;
}

static void spoil_one(struct testbed *self, unsigned cable, const struct fault *fault)
{
    const struct link_impairment *usual = &self->config->network.impairment;
    bool service = cable < CABLE_LOG;
    struct cable *at = &self->house.wiring.memory->cables[cable];
    at->loss = chance((service ? usual->loss : 0) + (fault != NULL ? fault->loss : 0));
    at->duplicate =
        chance((service ? usual->duplicate : 0) + (fault != NULL ? fault->duplicate : 0));
}

/* NULL: nothing beyond the usual. */
static void spoil(struct strike *self, const struct fault *fault)
{
    struct testbed *testbed = self->testbed;
    int on = self->fault->on;
    if (on == TARGET_CLIENTS)
        spoil_one(testbed, CABLE_CLIENT, fault);
    for (unsigned i = 0; i < HOUSE_SERVERS; i++) {
        if (on == TARGET_SERVERS ||
            ((on == TARGET_PRIMARY || on == TARGET_BACKUP) && self->server == (int)i))
            spoil_one(testbed, CABLE_SERVICE + i, fault);
        if (on == TARGET_LOG_CHANNEL)
            spoil_one(testbed, CABLE_LOG + i, fault);
    }
}

/* --- striking ---------------------------------------------------------------------------------------------------- */

static void heal(struct event *event, struct simulation *clock)
{
    (void)clock;
    struct strike *self = container_of(event, struct strike, heal);
    struct house *house = &self->testbed->house;
    watch_disturbed(&self->testbed->watch, false);
    if (self->fault->cut != TARGET_NONE)
        cut(self->testbed, self->fault->cut, false);
    if (self->fault->on != TARGET_NONE)
        spoil(self, NULL);
    if (self->fault->pause != TARGET_NONE && house->servers[self->server].machine.alive)
        machine_pause(&house->servers[self->server].machine, false);
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

static void befall(struct strike *self)
{
    struct house *house = &self->testbed->house;
    const struct fault *fault = self->fault;
    if (fault->crash != TARGET_NONE)
        house_crash(house, (unsigned)self->server);
    if (fault->kill != TARGET_NONE)
        house_kill_server(house, (unsigned)self->server);
    if (fault->pause != TARGET_NONE)
        machine_pause(&house->servers[self->server].machine, true);
    if (fault->cut != TARGET_NONE)
        cut(self->testbed, fault->cut, true);
    if (fault->on != TARGET_NONE)
        spoil(self, fault);
}

static void strike_again(struct strike *self, struct simulation *clock)
{
    const struct config *config = self->testbed->config;
    int64_t next_ns = clock->now_ns + self->fault->every_ns;
    if (self->fault->every_ns > 0 && next_ns < config->run.warmup_ns + config->run.duration_ns)
        event_schedule(&self->strike, clock, next_ns);
}

/* Whom it befalls is settled now; false: there is nobody. */
static bool find_victim(struct strike *self)
{
    const struct fault *fault = self->fault;
    int target = fault->crash | fault->kill | fault->pause;
    if (fault->on == TARGET_PRIMARY || fault->on == TARGET_BACKUP)
        target = fault->on;
    if (target == TARGET_NONE)
        return true;
    self->server = watch_find(&self->testbed->watch,
                              target == TARGET_BACKUP ? FT_ROLE_BACKUP : FT_ROLE_PRIMARY);
    return self->server >= 0;
}

/* A fault that asks for a survivor is patient here: until the other server has every connection that is open. */
static bool waits(struct strike *self, struct simulation *clock)
{
    struct testbed *testbed = self->testbed;
    int64_t oldest_ns = client_group_oldest_connection_ns(testbed->clients);
    if (oldest_ns < INT64_MAX)
        oldest_ns += testbed->wire.epoch_ns;
    if (!self->fault->survivable || testbed->ending || watch_protects(&testbed->watch, oldest_ns))
        return false;
    event_schedule(&self->strike, clock, clock->now_ns + PATIENCE_NS);
    return true;
}

static void strike(struct event *event, struct simulation *clock)
{
    struct strike *self = container_of(event, struct strike, strike);
    struct testbed *testbed = self->testbed;
    const struct fault *fault = self->fault;
    if (waits(self, clock))
        return;
    strike_again(self, clock);
    if (fault->restart != TARGET_NONE) {
        restart(testbed);
    } else if (!testbed->ending && find_victim(self)) {
        if (fault_hurts(fault) || testbed->faults_struck == 0)
            client_group_watch_stall(testbed->clients, clock->now_ns, fault_stalls(fault));
        testbed->faults_struck++;
        testbed->crashes += (fault->crash | fault->kill) != TARGET_NONE;
        watch_disturbed(&testbed->watch, fault_hurts(fault));
        if (getenv("UNDERSTUDY_DEBUG") != NULL)
            fprintf(stderr, "{\"t\":%.6f,\"strikes\":%d}\n",
                    (double)(testbed->wire.epoch_ns + clock->now_ns) / 1e9, self->server);
        befall(self);
        if (fault->for_ns > 0)
            event_schedule(&self->heal, clock, clock->now_ns + fault->for_ns);
    }
    if (site_of(fault) != TRAP_NONE)
        atomic_store(&testbed->house.trap->released, 1);
}

/* --- waiting for events ------------------------------------------------------------------------------------------ */

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

static void set_server_trap(struct testbed *self, const struct fault *fault)
{
    *self->house.trap = (struct trap){
        .client = fault->client,
        .ordinal = (uint64_t)fault->request,
        .count = (uint64_t)fault->count,
        .not_before_ns = self->wire.epoch_ns + fault->not_before_ns,
    };
    atomic_thread_fence(memory_order_seq_cst);
    self->house.trap->site = site_of(fault);
}

static void set_packet_trap(struct testbed *self, const struct fault *fault)
{
    struct cables_trap *trap = &self->house.wiring.memory->trap;
    *trap = (struct cables_trap){
        .segment = (uint32_t)fault->segment,
        .cuts = fault->crash == TARGET_PRIMARY && fault->after_ns == 0,
        .count = (uint64_t)fault->count,
        .not_before_ns = self->wire.epoch_ns + fault->not_before_ns,
    };
    atomic_thread_fence(memory_order_seq_cst);
    trap->event = packet_event(fault);
}

void testbed_faults_look(struct testbed *self)
{
    for (size_t i = 0; i < self->config->fault_count; i++) {
        struct strike *at = &self->strikes[i];
        bool sprung =
            (site_of(at->fault) != TRAP_NONE && atomic_load(&self->house.trap->sprung)) ||
            (packet_event(at->fault) != CABLES_NOTHING && self->house.wiring.memory->trap.sprung);
        if (at->struck || !sprung)
            continue;
        at->struck = true;
        event_schedule(&at->strike, &self->clock, self->clock.now_ns + at->fault->after_ns);
    }
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
        if (site_of(fault) != TRAP_NONE) {
            set_server_trap(self, fault);
        } else if (packet_event(fault) != CABLES_NOTHING) {
            set_packet_trap(self, fault);
        } else if (fault->when == NOTICE_NONE) {
            event_schedule(&at->strike, &self->clock, fault->at_ns + fault->after_ns);
        } else {
            at->observer = (struct observer){.notice = noticed, .kinds = 1u << fault->when};
            notice_subscribe(&self->notices, &at->observer);
        }
    }
}
