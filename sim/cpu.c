/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cpu - dispatching: which works run, when each of them is done, who is put back.
 *
 * A level keeps its works in the order of their coming, waiting and running alike: the victim of a preemption is the last
 * come of the lowest running level and returns to the head of its queue. Not modelled: what a preemption itself costs; the
 * models charge it where they want it.
 */
#include "sim/cpu.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "sim/bug.h"
#include "sim/simulation.h"

enum { IDLE, WAITING, RUNNING };

__attribute__((cold, noreturn)) static void fail(const struct cpu *cpu, const char *what)
{
    const struct simulation *simulation = cpu != NULL ? cpu->simulation : NULL;
    fprintf(stderr, "bug: at %" PRId64 " ns (seed %" PRIu64 "): cpu: %s\n",
            simulation != NULL ? simulation->now_ns : -1, simulation != NULL ? simulation->seed : 0,
            what);
    bug_end();
}

static void finish(struct event *event, struct simulation *simulation);

void cpu_work_init(struct cpu_work *self, enum cpu_level level, void (*done)(struct cpu_work *))
{
    memset(self, 0, sizeof *self);
    self->done = done;
    self->level = (uint8_t)level;
    event_init(&self->finish, finish);
}

void cpu_charge(struct cpu_work *self, enum cpu_mode mode, unsigned component, uint64_t cycles)
{
    if (component >= CPU_COMPONENTS_MAX || mode >= CPU_MODES)
        fail(self->cpu, "charge to an account that does not exist");
    unsigned i = 0;
    while (i < self->charge_count &&
           (self->charges[i].mode != mode || self->charges[i].component != component))
        i++;
    if (i == CPU_CHARGES_MAX)
        fail(self->cpu, "a work charges too many accounts");
    if (i == self->charge_count) {
        self->charge_count++;
        self->charges[i].cycles = 0;
        self->charges[i].mode = (uint8_t)mode;
        self->charges[i].component = (uint8_t)component;
    }
    if (cycles > UINT32_MAX - self->charges[i].cycles)
        fail(self->cpu, "a charge exceeds 2^32 cycles");
    self->charges[i].cycles += (uint32_t)cycles;
}

static int64_t greatest_common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

void cpu_init(struct cpu *self, struct simulation *simulation, uint64_t hz, unsigned cores)
{
    memset(self, 0, sizeof *self);
    self->simulation = simulation;
    if (hz == 0 || hz > INT64_C(100000000000) || cores == 0 || cores > CPU_CORES_MAX)
        fail(self, "impossible clock rate or number of cores");
    int64_t divisor = greatest_common_divisor(1000000000, (int64_t)hz);
    self->parts_per_cycle = 1000000000 / divisor;
    self->parts_per_ns = (int64_t)hz / divisor;
    self->cores = cores;
    self->credit_at_ns = -1;
}

/* Books the charges; the work is ready for the next demand. */
static void book(struct cpu_work *work, struct cpu *cpu)
{
    for (unsigned i = 0; i < work->charge_count; i++)
        cpu->account.cycles[work->charges[i].mode][work->charges[i].component] +=
            work->charges[i].cycles;
    work->charge_count = 0;
}

static int64_t cycles_of(const struct cpu_work *work)
{
    int64_t cycles = 0;
    for (unsigned i = 0; i < work->charge_count; i++)
        cycles += work->charges[i].cycles;
    return cycles;
}

static int64_t take_credit(struct cpu *cpu)
{
    if (cpu->credit_at_ns != cpu->simulation->now_ns)
        return 0;
    int64_t most =
        cpu->parts_per_ns - 1; /* what one core can have won; several may finish at once */
    int64_t credit = cpu->credit_parts < most ? cpu->credit_parts : most;
    cpu->credit_parts -= credit;
    return credit;
}

static void give_credit(struct cpu *cpu, int64_t parts)
{
    if (cpu->credit_at_ns != cpu->simulation->now_ns)
        cpu->credit_parts = 0;
    cpu->credit_at_ns = cpu->simulation->now_ns;
    cpu->credit_parts += parts;
}

static void run(struct cpu_work *work, struct cpu *cpu)
{
    int64_t now_ns = cpu->simulation->now_ns;
    work->state = RUNNING;
    work->started_ns = now_ns;
    work->parts_left -= take_credit(cpu);
    int64_t need_ns = 0;
    if (work->parts_left > 0)
        need_ns = (work->parts_left - 1) / cpu->parts_per_ns + 1;
    DL_APPEND(cpu->queues[work->level].running, work);
    cpu->running++;
    event_schedule(&work->finish, cpu->simulation, now_ns + need_ns);
}

/* Takes a running work off its core; what it has done is counted. */
static void take_off(struct cpu_work *work, struct cpu *cpu)
{
    int64_t ran_ns = cpu->simulation->now_ns - work->started_ns;
    event_cancel(&work->finish, cpu->simulation);
    DL_DELETE(cpu->queues[work->level].running, work);
    cpu->running--;
    cpu->busy_ns += ran_ns;
    work->parts_left -= ran_ns * cpu->parts_per_ns;
    work->state = IDLE;
}

static void put_back(struct cpu_work *work, struct cpu *cpu)
{
    take_off(work, cpu);
    work->state = WAITING;
    DL_PREPEND(cpu->queues[work->level].waiting, work);
}

static struct cpu_work *last_running(struct cpu *cpu, unsigned above_level)
{
    for (unsigned level = CPU_LEVELS; level-- > above_level + 1;)
        if (cpu->queues[level].running != NULL)
            return cpu->queues[level].running->prev; /* utlist: the head's prev is the tail */
    return NULL;
}

/* Makes the best works run. */
static void dispatch(struct cpu *cpu)
{
    unsigned level = 0;
    while (!cpu->paused && level < CPU_LEVELS) {
        struct cpu_work *work = cpu->queues[level].waiting;
        if (work == NULL) {
            level++;
            continue;
        }
        if (cpu->running == cpu->cores) {
            struct cpu_work *victim = last_running(cpu, level);
            if (victim == NULL)
                return;
            put_back(victim, cpu);
        }
        DL_DELETE(cpu->queues[level].waiting, work);
        run(work, cpu);
    }
}

static void finish(struct event *event, struct simulation *simulation)
{
    (void)simulation;
    struct cpu_work *work = container_of(event, struct cpu_work, finish);
    struct cpu *cpu = work->cpu;
    take_off(work, cpu);
    give_credit(cpu, -work->parts_left);
    book(work, cpu);
    cpu->completing = true;
    work->done(work); /* may have freed the work */
    cpu->completing = false;
    dispatch(cpu);
}

void cpu_start(struct cpu_work *self, struct cpu *cpu)
{
    if (self->state != IDLE)
        fail(cpu, "a work is started twice");
    self->cpu = cpu;
    int64_t cycles = cycles_of(self);
    if (cycles == 0 && !cpu->paused) {
        book(self, cpu);
        self->done(self);
        return;
    }
    if (cycles > INT64_MAX / 2 / cpu->parts_per_cycle)
        fail(cpu, "a work asks for too many cycles at this odd clock rate");
    self->parts_left = cycles * cpu->parts_per_cycle;
    if (cpu->running < cpu->cores && !cpu->completing && !cpu->paused) {
        run(self, cpu); /* a core is free, so nobody waits */
        return;
    }
    self->state = WAITING;
    DL_APPEND(cpu->queues[self->level].waiting, self);
    if (!cpu->completing)
        dispatch(cpu);
}

static void drop(struct cpu_work *work, struct cpu *cpu)
{
    if (work->state == RUNNING)
        take_off(work, cpu);
    else
        DL_DELETE(cpu->queues[work->level].waiting, work);
    work->state = IDLE;
    work->charge_count = 0;
}

void cpu_cancel(struct cpu_work *self)
{
    if (self->state == IDLE)
        return;
    struct cpu *cpu = self->cpu;
    drop(self, cpu);
    if (!cpu->completing)
        dispatch(cpu);
}

static void halt_work(struct cpu_work *work, struct cpu *cpu)
{
    drop(work, cpu);
    if (work->dropped != NULL)
        work->dropped(work);
}

void cpu_halt(struct cpu *self)
{
    for (unsigned level = 0; level < CPU_LEVELS; level++) {
        while (self->queues[level].running != NULL)
            halt_work(self->queues[level].running, self);
        while (self->queues[level].waiting != NULL)
            halt_work(self->queues[level].waiting, self);
    }
    self->paused = false;
}

void cpu_pause(struct cpu *self)
{
    self->paused = true;
    for (unsigned level = 0; level < CPU_LEVELS; level++)
        while (self->queues[level].running != NULL)
            put_back(self->queues[level].running->prev, self);
}

void cpu_resume(struct cpu *self)
{
    self->paused = false;
    if (!self->completing)
        dispatch(self);
}

bool cpu_busy(const struct cpu *self, enum cpu_level level)
{
    for (unsigned i = 0; i <= level; i++)
        if (self->queues[i].running != NULL || self->queues[i].waiting != NULL)
            return true;
    return false;
}

int64_t cpu_busy_ns(const struct cpu *self)
{
    int64_t busy_ns = self->busy_ns;
    for (unsigned level = 0; level < CPU_LEVELS; level++)
        for (struct cpu_work *work = self->queues[level].running; work != NULL; work = work->next)
            busy_ns += self->simulation->now_ns - work->started_ns;
    return busy_ns;
}

const struct cpu_account *cpu_account(const struct cpu *self)
{
    return &self->account;
}
