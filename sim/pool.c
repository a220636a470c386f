/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pool - a counter of jobs to begin, and a queue of jobs that are done.
 */
#include "sim/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum { IDLE_NS = 100000000 };

struct pool {
    const struct pool_work *work;
    const atomic_int *stop;
    size_t jobs;
    atomic_size_t next;
    pthread_mutex_t lock;
    pthread_cond_t news;
    size_t *finished; /* job numbers, in the order of completion */
    size_t finished_count;
    unsigned running; /* threads */
};

static void *run_thread(void *context)
{
    struct pool *self = context;
    while (atomic_load(self->stop) == 0) {
        size_t job = atomic_fetch_add(&self->next, 1);
        if (job >= self->jobs)
            break;
        self->work->work(self->work->context, job);
        pthread_mutex_lock(&self->lock);
        self->finished[self->finished_count++] = job;
        pthread_cond_signal(&self->news);
        pthread_mutex_unlock(&self->lock);
    }
    pthread_mutex_lock(&self->lock);
    self->running--;
    pthread_cond_signal(&self->news);
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

static void wait_for_news(struct pool *self)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += IDLE_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&self->news, &self->lock, &until);
}

/* On the caller's thread, until the last worker is gone. */
static size_t collect(struct pool *self)
{
    size_t taken = 0;
    pthread_mutex_lock(&self->lock);
    while (self->running > 0 || taken < self->finished_count) {
        if (taken < self->finished_count) {
            size_t job = self->finished[taken++];
            pthread_mutex_unlock(&self->lock);
            self->work->done(self->work->context, job);
            pthread_mutex_lock(&self->lock);
            continue;
        }
        wait_for_news(self);
        if (self->work->idle != NULL) {
            pthread_mutex_unlock(&self->lock);
            self->work->idle(self->work->context);
            pthread_mutex_lock(&self->lock);
        }
    }
    pthread_mutex_unlock(&self->lock);
    return taken;
}

size_t pool_run(const struct pool_work *work, size_t jobs, unsigned threads, const atomic_int *stop)
{
    struct pool self = {.work = work, .stop = stop, .jobs = jobs};
    if (threads > jobs)
        threads = (unsigned)jobs;
    pthread_t *ids = calloc(threads + 1, sizeof *ids);
    self.finished = calloc(jobs + 1, sizeof *self.finished);
    if (ids == NULL || self.finished == NULL)
        abort();
    pthread_mutex_init(&self.lock, NULL);
    pthread_cond_init(&self.news, NULL);
    self.running = threads;
    for (unsigned i = 0; i < threads; i++) {
        if (pthread_create(&ids[i], NULL, run_thread, &self) != 0)
            abort();
    }
    size_t taken = collect(&self);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    pthread_cond_destroy(&self.news);
    pthread_mutex_destroy(&self.lock);
    free(self.finished);
    free(ids);
    return taken;
}
