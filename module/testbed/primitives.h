/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * primitives - what this machine takes for the things that every program does, measured by doing them: in a fraction of a second,
 * each the best of several rounds, as what disturbs can only add.
 */
#ifndef MODULE_TESTBED_PRIMITIVES_H
#define MODULE_TESTBED_PRIMITIVES_H

#include <stdbool.h>

struct primitives {
    double system_call_ns; /* one that does nothing (getppid) */
    double
        context_switch_ns; /* between two processes on one core that wake each other, beyond their system calls */
    double copy_ns_per_byte; /* between user and kernel space, caches warm */
};

/* False and errno if the machine does not let us. */
bool primitives_measure(struct primitives *out);

#endif
