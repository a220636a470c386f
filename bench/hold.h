/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hold - what the hold model is, for our engine and for the others beside it (C and C++).
 *
 * The hold model (Vaucher and Duval, 1975; Jones, 1986): N events are pending; whenever one fires it schedules itself again
 * after an exponential(1 s) increment, so that N stays what it is. The increments come from a table that is filled before
 * the clock starts: engines are compared, not their random numbers. Time is the process's CPU time, for N events of
 * warm-up nothing is counted. Prints "events-per-CPU-second resident-MiB".
 */
#ifndef BENCH_HOLD_H
#define BENCH_HOLD_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HOLD_INCREMENTS = 1 << 14 };

struct hold {
    int64_t increments_ns[HOLD_INCREMENTS];
    uint64_t drawn, fired, warm_up, events;
    double started_s;
};

static inline double hold_cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline void hold_init(struct hold *self, uint64_t pending, uint64_t events)
{
    memset(self, 0, sizeof *self);
    uint64_t state = 1;
    for (unsigned i = 0; i < HOLD_INCREMENTS; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double uniform = ((double)(state >> 11) + 0.5) * 0x1p-53;
        self->increments_ns[i] = (int64_t)(-1e9 * log(uniform));
    }
    self->warm_up = pending;
    self->events = events;
}

static inline int64_t hold_increment_ns(struct hold *self)
{
    return self->increments_ns[self->drawn++ % HOLD_INCREMENTS];
}

/* Counts an event that fires; 0 when it was the last one. */
static inline int hold_count(struct hold *self)
{
    self->fired++;
    if (self->fired == self->warm_up)
        self->started_s = hold_cpu_s();
    return self->fired < self->warm_up + self->events;
}

static inline double hold_resident_mib(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (file != NULL)
        fclose(file);
    return (double)resident * 4096 / 1048576;
}

static inline double hold_status_mib(const char *field)
{
    long kib = 0;
    char line[128];
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, field, strlen(field)) == 0)
            kib = atol(line + strlen(field));
    if (file != NULL)
        fclose(file);
    return (double)kib / 1024;
}

/* The most that was ever resident; getrusage() would tell the parent's, if that was more. */
static inline double hold_peak_mib(void)
{
    return hold_status_mib("VmHWM:");
}

/* Of what is resident now, what is no file's: the process's own, while the pages of the C library are everybody's. */
static inline double hold_own_mib(void)
{
    return hold_status_mib("RssAnon:");
}

static inline void hold_report(const struct hold *self)
{
    printf("%.0f %.1f\n", (double)self->events / (hold_cpu_s() - self->started_s),
           hold_resident_mib());
}

#endif
