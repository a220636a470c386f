/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * process - steps of user programs on a host's CPU.
 *
 * Context switches are charged when a process runs after another one did. That counts every switch between busy
 * processes and none for a process that wakes up on a CPU nobody else has used meanwhile, which is how lmbench's figures
 * are meant. With several cores the last process of any core counts: an upper bound.
 */
#include "models/host/host.h"

#include "sim/bug.h"

static void step(struct cpu_work *work)
{
    struct process *self = container_of(work, struct process, work);
    self->running = false;
    self->step(self);
}

void process_init(struct process *self, struct host *host)
{
    self->host = host;
    self->step = NULL;
    self->id = ++host->processes;
    self->running = false;
    cpu_work_init(&self->work, CPU_PROCESS, step);
}

void process_charge(struct process *self, enum cpu_mode mode, enum cost_component component,
                    int64_t cycles)
{
    if (cycles > 0)
        cpu_charge(&self->work, mode, component, (uint64_t)cycles);
}

void process_charge_io(struct process *self, unsigned calls, uint64_t bytes)
{
    const struct host_costs *costs = self->host->settings.costs;
    process_charge(self, CPU_KERNEL, COST_SYSTEM_CALL, costs->system_call * calls);
    process_charge(self, CPU_KERNEL, COST_COPY, (int64_t)(costs->copy_per_byte * (double)bytes));
}

void process_run(struct process *self, void (*next)(struct process *))
{
    assert(!self->running);
    struct host *host = self->host;
    if (!host->alive)
        return;
    if (host->running_process != self->id) {
        host->running_process = self->id;
        process_charge(self, CPU_KERNEL, COST_SWITCH, host->settings.costs->context_switch);
    }
    self->step = next;
    self->running = true;
    cpu_start(&self->work, &host->cpu);
}

void process_stop(struct process *self)
{
    if (self->running)
        cpu_cancel(&self->work);
    self->running = false;
}
