/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cpu_state - what a struct cpu is made of; the business of sim/cpu.c alone. Include sim/cpu.h.
 *
 * Execution is counted in parts: a cycle is `parts_per_cycle` of them and a core does `parts_per_ns` in a nanosecond, both
 * whole numbers (350 MHz: 20 and 7), so that nothing is lost to rounding when a work is preempted or follows another.
 */
#ifndef SIM_CPU_STATE_H
#define SIM_CPU_STATE_H

#include "sim/cpu.h"

struct cpu_queue {
    struct cpu_work *waiting; /* first come first */
    struct cpu_work *running; /* in the order of their coming too */
};

struct cpu {
    struct simulation *simulation;
    int64_t parts_per_cycle, parts_per_ns;
    unsigned cores, running;
    bool paused;
    bool
        completing; /* inside a work's done(): starts are collected, the best of them runs afterwards */
    int64_t credit_at_ns; /* the credit is of use at this very time only */
    int64_t credit_parts; /* done by rounding completions up to whole nanoseconds */
    int64_t busy_ns;      /* of works that do not run any more */
    struct cpu_queue queues[CPU_LEVELS];
    struct cpu_account account;
};

#endif
