/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cpu - processors of one host as a resource that is counted in cycles.
 *
 * Work is embedded in its owner (a packet, a process) and asks for cycles. Levels are strict priorities with preemption:
 * interrupt before softirq before process; inside a level first come, first served. `cores` servers share one queue.
 * Every cycle is booked to (kernel | user, component) when the work that spent it completes, so that the cycle tables of
 * a run come out of the run. The level says who waits for whom, the account says who pays: a system call runs at process
 * level and is booked to the kernel.
 *
 * A work of zero cycles on a CPU completes inside cpu_start(), before it returns, even if others wait; only on a paused CPU
 * it waits with them. So a world without host costs has no CPU events at all. Time is exact: a cycle need not be a whole
 * number of nanoseconds, completions are rounded up to one, and what the rounding took is given back to the work that
 * follows without a gap. Not modelled: caches, SMT, frequency scaling, a scheduler's time slices.
 */
#ifndef SIM_CPU_H
#define SIM_CPU_H

#include "sim/event.h"

enum cpu_level { CPU_INTERRUPT, CPU_SOFTIRQ, CPU_PROCESS, CPU_LEVELS };
enum cpu_mode { CPU_KERNEL, CPU_USER, CPU_MODES };
enum { CPU_COMPONENTS_MAX = 24, CPU_CHARGES_MAX = 8, CPU_CORES_MAX = 64 };

/* One demand for cycles. Fill with cpu_work_init() and cpu_charge(), then cpu_start(); `done` runs at completion and may
 * start the same work again. At most CPU_CHARGES_MAX different accounts a demand. */
struct cpu_work {
    void (*done)(struct cpu_work *self);
    void (*dropped)(
        struct cpu_work *self);   /* cpu_halt() took it: may free it, must not start any; or NULL */
    struct cpu_work *next, *prev; /* among the waiting or the running of its level */
    struct cpu *cpu;
    struct event finish;
    int64_t started_ns;
    int64_t parts_left; /* see struct cpu */
    struct {
        uint32_t cycles;
        uint8_t mode, component;
    } charges[CPU_CHARGES_MAX];
    uint8_t charge_count, level, state;
};

struct cpu_account {
    uint64_t cycles[CPU_MODES][CPU_COMPONENTS_MAX];
};

struct cpu; /* embedded in a host: the full definition is below so that hosts can hold one */

void cpu_work_init(struct cpu_work *self, enum cpu_level level, void (*done)(struct cpu_work *));
void cpu_charge(struct cpu_work *self, enum cpu_mode mode, unsigned component, uint64_t cycles);
void cpu_start(struct cpu_work *self, struct cpu *cpu);
/* Takes a started work back (its host process died); nothing is booked for it. Idle work is left alone. */
void cpu_cancel(struct cpu_work *self);

/* `hz` cycles per second per core. */
void cpu_init(struct cpu *self, struct simulation *simulation, uint64_t hz, unsigned cores);
/* Drops all work, running and queued, without completing it (the host crashed): each is told by `dropped`, if it has one.
 * The accounts stay. */
void cpu_halt(struct cpu *self);
/* Stops and resumes execution of everything (the host is paused: slow, not dead). Queued work stays queued. */
void cpu_pause(struct cpu *self);
void cpu_resume(struct cpu *self);
/* True if something runs or waits at this level or one above it. */
bool cpu_busy(const struct cpu *self, enum cpu_level level);
/* Core-nanoseconds spent working since cpu_init(); utilisation = busy / (elapsed x cores). */
int64_t cpu_busy_ns(const struct cpu *self);
const struct cpu_account *cpu_account(const struct cpu *self);

#include "sim/cpu_state.h" /* struct cpu */

#endif
