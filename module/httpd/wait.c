/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * wait - the lock, and who waits for the other host.
 *
 * What the lock's owner has brought about happens when he lets go of it: records that wait are written, and who was answered is
 * woken, in this order: records because a client on the other side waits for them. Nobody is woken into a lock that is still
 * taken, and nobody writes with it. A thread waits for one thing at a time, so what it waits with is its own, and stays as long
 * as the thread does: it may be woken after it has seen its answer.
 */
#include "module/httpd/channel.h"

#include <errno.h>
#include <time.h>

enum { SECOND_NS = 1000000000 };

static _Thread_local struct us_wait own;

/* Answered and not woken yet, under us.lock. */
static struct us_wait *answered, **answered_end = &answered;

int64_t us_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

void us_lock(void)
{
    pthread_mutex_lock(&us.lock);
}

void us_unlock(void)
{
    us_mux();
    struct us_wait *wait = answered;
    answered = NULL;
    answered_end = &answered;
    pthread_mutex_unlock(&us.lock);
    while (wait != NULL) {
        struct us_wait *next = wait->next; /* gone when it is awake */
        sem_post(&wait->wake);
        wait = next;
    }
}

struct us_wait *us_wait_begin(void)
{
    if (!own.used)
        sem_init(&own.wake, 0, 0);
    own.used = true;
    own.answer = US_PENDING;
    own.next = NULL;
    return &own;
}

void us_answer(struct us_wait *wait, enum us_answer answer)
{
    wait->answer = answer;
    *answered_end = wait;
    answered_end = &wait->next;
}

enum us_answer us_wait_end(struct us_wait *wait)
{
    while (sem_wait(&wait->wake) != 0)
        ;
    return wait->answer;
}

bool us_wait_until(struct us_wait *wait, int64_t until_ns)
{
    struct timespec until = {.tv_sec = until_ns / SECOND_NS, .tv_nsec = until_ns % SECOND_NS};
    int error;
    do
        error = sem_clockwait(&wait->wake, CLOCK_MONOTONIC, &until);
    while (error != 0 && errno == EINTR);
    return error == 0;
}
