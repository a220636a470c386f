/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * measures - what is reported of a run: the clients' view, the hosts' cycles, the counts.
 *
 * Cycles are the difference of the hosts' accounts between the end of the warm-up and the end of the measured time, over the
 * right replies that ended in between.
 */
#include "models/world_state.h"

static void notice(struct observer *observer, const struct notice *notice)
{
    struct measures *self = container_of(observer, struct measures, observer);
    struct world *world = container_of(self, struct world, measures);
    if (notice->kind == NOTICE_REPLY_RELEASED) {
        int64_t wait_ns = world->simulation.now_ns - notice->reply->executed_at_ns;
        if (self->on)
            moments_add(&self->log_wait_s, (double)wait_ns / 1e9);
    } else if (notice->kind == NOTICE_EXECUTING) {
        self->reexecuted += notice->request->executions == 1; /* the second one begins */
    } else if (notice->kind == NOTICE_LOG_LEVEL) {
        struct server *server = world_server_of(world, notice->host);
        if (notice->value > server->log_peak)
            server->log_peak = notice->value;
    } else if (notice->kind == NOTICE_REPLY_DONE) {
        bool lost = notice->value == OUTCOME_LOST || notice->value == OUTCOME_CUT;
        self->unprotected += lost && stage_exposed(&world->stage, notice->request->opened_at_ns);
    } else if (notice->kind == NOTICE_ROLE) {
        self->takeovers += notice->value == FT_ROLE_SOLO && world->simulation.now_ns > 0;
    }
}

void measures_start(struct world *world)
{
    world->measures.observer = (struct observer){
        .notice = notice,
        .kinds = 1u << NOTICE_REPLY_RELEASED | 1u << NOTICE_EXECUTING | 1u << NOTICE_LOG_LEVEL |
                 1u << NOTICE_REPLY_DONE | 1u << NOTICE_ROLE,
    };
    notice_subscribe(&world->notices, &world->measures.observer);
}

static void snapshot(struct world *world)
{
    for (unsigned i = 0; i < world->server_count; i++) {
        const struct cpu *cpu = &world->servers[i].host.cpu;
        struct baseline *baseline = &world->measures.baselines[i];
        struct baseline now = {.account = *cpu_account(cpu), .busy_ns = cpu_busy_ns(cpu)};
        now.busy_ns -= baseline->busy_ns;
        for (unsigned mode = 0; mode < CPU_MODES; mode++) {
            for (unsigned c = 0; c < CPU_COMPONENTS_MAX; c++)
                now.account.cycles[mode][c] -= baseline->account.cycles[mode][c];
        }
        *baseline = now;
    }
}

void measures_begin(struct world *world)
{
    world->measures.on = true;
    world->measures.since_ns = world->simulation.now_ns;
    snapshot(world); /* the baselines were zero: now they are the accounts so far */
}

void measures_end(struct world *world)
{
    world->measures.on = false;
    world->measures.until_ns = world->simulation.now_ns;
    snapshot(world); /* now they are the differences */
}

/* --- reporting -------------------------------------------------------------------------------------------------- */

static void add_cycles(struct results *results, const char *host, double user, double kernel)
{
    results_add(results, "cycles_user", host, user);
    results_add(results, "cycles_kernel", host, kernel);
    results_add(results, "cycles", host, user + kernel);
}

/* Where the cycles of one server went, both levels together; what was never spent is not reported. */
static void add_components(struct results *results, const char *host,
                           const struct cpu_account *account, double requests)
{
    static const char *const names[COST_COMPONENTS] = {
        [COST_INTERRUPT] = "cycles_interrupt",
        [COST_RECEIVE] = "cycles_receive",
        [COST_TRANSMIT] = "cycles_transmit",
        [COST_CONNECTION] = "cycles_connection",
        [COST_COPY] = "cycles_copy",
        [COST_SYSTEM_CALL] = "cycles_system_call",
        [COST_SWITCH] = "cycles_context_switch",
        [COST_APACHE] = "cycles_apache",
        [COST_PATH] = "cycles_packet_path",
        [COST_LOG_CHANNEL] = "cycles_log_channel",
        [COST_PROXY] = "cycles_proxy",
        [COST_HEARTBEAT] = "cycles_heartbeat",
    };
    for (unsigned c = 0; c < COST_COMPONENTS; c++) {
        uint64_t cycles = account->cycles[CPU_USER][c] + account->cycles[CPU_KERNEL][c];
        if (cycles > 0)
            results_add(results, names[c], host, (double)cycles / requests);
    }
}

/* The same as time, which is what the testbed can measure. */
static void add_time(const struct world *world, struct results *results, const char *host,
                     double user, double kernel)
{
    double hz = (double)world->config->cpu.hz;
    results_add(results, "cpu_time_user", host, user / hz);
    results_add(results, "cpu_time_kernel", host, kernel / hz);
}

static void report_cycles(const struct world *world, struct results *results)
{
    double requests = (double)client_group_latency(world->clients)->count;
    double all_user = 0, all_kernel = 0, busiest = 0;
    for (unsigned i = 0; i < world->server_count; i++) {
        const struct baseline *spent = &world->measures.baselines[i];
        const char *host = world->servers[i].host.settings.name;
        double user = 0, kernel = 0;
        for (unsigned c = 0; c < CPU_COMPONENTS_MAX; c++) {
            user += (double)spent->account.cycles[CPU_USER][c];
            kernel += (double)spent->account.cycles[CPU_KERNEL][c];
        }
        double core_ns = (double)(world->measures.until_ns - world->measures.since_ns) *
                         (double)world->config->cpu.cores;
        double utilisation = (double)spent->busy_ns / core_ns;
        results_add(results, "cpu_utilisation", host, utilisation);
        busiest = utilisation > busiest ? utilisation : busiest;
        if (requests > 0) {
            add_cycles(results, host, user / requests, kernel / requests);
            add_time(world, results, host, user / requests, kernel / requests);
            add_components(results, host, &spent->account, requests);
        }
        all_user += user;
        all_kernel += kernel;
    }
    results_add(results, "cpu_utilisation", "busiest", busiest);
    if (requests > 0) {
        add_cycles(results, "servers", all_user / requests, all_kernel / requests);
        results_add(results, "cpu_time", "servers",
                    (all_user + all_kernel) / requests / (double)world->config->cpu.hz);
    }
}

static void report_counts(const struct world *world, struct results *results)
{
    results_add(results, "requests_reexecuted", "", (double)world->measures.reexecuted);
    results_add(results, "faults", "", (double)world->faults_struck);
    results_add(results, "takeovers", "", (double)world->measures.takeovers);
    if (world->server_count > 1) {
        results_add(results, "unprotected", "", (double)stage_unprotected_ns(&world->stage) / 1e9);
        if (world->stage.pairs > 1)
            results_add(results, "reintegration", "", (double)world->stage.reintegration_ns / 1e9);
        results_add(results, "requests_unprotected", "", (double)world->measures.unprotected);
    }
    uint64_t retransmissions = 0;
    for (unsigned i = 0; i < world->machine_count; i++)
        retransmissions += tcp_counters(world->machines[i].tcp)->retransmissions;
    for (unsigned i = 0; i < world->server_count; i++) {
        const struct server *server = &world->servers[i];
        retransmissions += tcp_counters(server->host.tcp)->retransmissions;
        if (world->scheme->log != LOG_NONE)
            results_add(results, "log_peak", server->host.settings.name, (double)server->log_peak);
    }
    results_add(results, "retransmissions", "", (double)retransmissions);
    results_add(results, "events", "", (double)world->simulation.events);
}

void measures_report(struct world *world, struct results *results)
{
    client_group_report(world->clients, results);
    if (world->measures.log_wait_s.n > 0)
        results_add(results, "log_wait", "", world->measures.log_wait_s.mean);
    report_cycles(world, results);
    report_counts(world, results);
    for (unsigned i = 0; i < world->promise_count; i++) {
        const struct promise *promise = &world->promises[i];
        struct verdict verdict = {
            .promise = promise->type->name,
            .title = promise->type->title,
            .checks = promise->checks,
            .violations = promise->violations,
            .binding = world->scheme->servers > 1,
        };
        for (unsigned c = 0; c < VERDICT_TEXT_MAX - 1 && promise->first[c] != '\0'; c++)
            verdict.first[c] = promise->first[c];
        results_add_verdict(results, &verdict);
    }
}
