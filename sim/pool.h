/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pool - independent jobs on several threads; their results are taken by one, the caller's.
 */
#ifndef SIM_POOL_H
#define SIM_POOL_H

#include <stdatomic.h>
#include <stddef.h>

struct pool_work {
    void *context;
    /* Does a job; on any thread, several at a time. */
    void (*work)(void *context, size_t job);
    /* A job is done; on the caller's thread, one at a time, in the order of completion. */
    void (*done)(void *context, size_t job);
    /* Called on the caller's thread about ten times a second. May be NULL. */
    void (*idle)(void *context);
};

/* Runs jobs 0 … jobs - 1 and returns when all are done, or, once *stop is not 0, when those begun are done: no further ones are
 * begun. Returns how many were done. */
size_t pool_run(const struct pool_work *work, size_t jobs, unsigned threads,
                const atomic_int *stop);

#endif
