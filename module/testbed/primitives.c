/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * primitives - getppid(), two processes and two eventfds, a file in memory.
 */
#include "module/testbed/primitives.h"

#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 7, CALLS = 50000, SWITCHES = 5000, COPIES = 300 };
enum { SMALL_BYTES = 4096, LARGE_BYTES = 65536 };

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static double round_of_calls(void)
{
    int64_t began_ns = now_ns();
    for (int i = 0; i < CALLS; i++)
        syscall(SYS_getppid);
    return (double)(now_ns() - began_ns) / CALLS;
}

/* --- switches ---------------------------------------------------------------------------------------------------- */

static bool tick(int file)
{
    uint64_t one = 1;
    return write(file, &one, sizeof one) == sizeof one;
}

static bool await(int file)
{
    uint64_t got;
    return read(file, &got, sizeof got) == sizeof got;
}

/* A write and a read that finds something. */
static double round_of_ticks(int file)
{
    int64_t began_ns = now_ns();
    for (int i = 0; i < SWITCHES; i++) {
        if (!tick(file) || !await(file))
            return NAN;
    }
    return (double)(now_ns() - began_ns) / SWITCHES;
}

/* To the other and back. */
static double round_of_switches(int there, int back)
{
    int64_t began_ns = now_ns();
    for (int i = 0; i < SWITCHES; i++) {
        if (!tick(there) || !await(back))
            return NAN;
    }
    return (double)(now_ns() - began_ns) / SWITCHES;
}

static pid_t start_other(int there, int back)
{
    pid_t other = fork();
    if (other != 0)
        return other;
    while (await(there) && tick(back))
        ;
    _exit(0);
}

static bool stay_on_one_core(cpu_set_t *before)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    return sched_getaffinity(0, sizeof *before, before) == 0 &&
           sched_setaffinity(0, sizeof one, &one) == 0;
}

static double switch_ns(void)
{
    cpu_set_t before;
    int there = eventfd(0, EFD_CLOEXEC), back = eventfd(0, EFD_CLOEXEC);
    double ticks = INFINITY, switches = INFINITY;
    pid_t other =
        there >= 0 && back >= 0 && stay_on_one_core(&before) ? start_other(there, back) : -1;
    for (int i = 0; i < ROUNDS && other > 0; i++)
        switches = fmin(switches, round_of_switches(there, back));
    if (other > 0) {
        kill(other, SIGKILL);
        waitpid(other, NULL, 0);
        sched_setaffinity(0, sizeof before, &before);
    }
    for (int i = 0; i < ROUNDS && other > 0; i++)
        ticks = fmin(ticks, round_of_ticks(back));
    close(there);
    close(back);
    return other > 0 ? fmax(switches / 2 - ticks, 0) : NAN;
}

/* --- copies ------------------------------------------------------------------------------------------------------ */

/* Into the kernel and out of it again. */
static double round_of_copies(int file, char *buffer, size_t bytes)
{
    int64_t began_ns = now_ns();
    for (int i = 0; i < COPIES; i++) {
        if (pwrite(file, buffer, bytes, 0) != (ssize_t)bytes ||
            pread(file, buffer, bytes, 0) != (ssize_t)bytes)
            return NAN;
    }
    return (double)(now_ns() - began_ns) / COPIES;
}

static double copy_ns(void)
{
    int file = memfd_create("copies", MFD_CLOEXEC);
    char *buffer = calloc(1, LARGE_BYTES);
    double small = INFINITY, large = INFINITY;
    for (int i = 0; i < ROUNDS && file >= 0 && buffer != NULL; i++) {
        large = fmin(large, round_of_copies(file, buffer, LARGE_BYTES));
        small = fmin(small, round_of_copies(file, buffer, SMALL_BYTES));
    }
    free(buffer);
    close(file);
    return (large - small) / (2.0 * (LARGE_BYTES - SMALL_BYTES));
}

bool primitives_measure(struct primitives *out)
{
    *out = (struct primitives){.system_call_ns = INFINITY};
    for (int i = 0; i < ROUNDS; i++)
        out->system_call_ns = fmin(out->system_call_ns, round_of_calls());
    out->context_switch_ns = switch_ns();
    out->copy_ns_per_byte = copy_ns();
    return isfinite(out->context_switch_ns) && isfinite(out->copy_ns_per_byte);
}
