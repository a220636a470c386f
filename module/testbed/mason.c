/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mason - waits for an order, carries it out, again.
 */
#include "module/testbed/mason.h"

#include <stdio.h>

static void *work(void *context)
{
    struct mason *self = context;
    pthread_mutex_lock(&self->lock);
    while (!self->ending) {
        int server = self->ordered;
        if (server < 0) {
            pthread_cond_wait(&self->news, &self->lock);
            continue;
        }
        pthread_mutex_unlock(&self->lock);
        if (!house_restart(self->house, (unsigned)server))
            fprintf(stderr, "understudy testbed: a host does not come back: %s\n",
                    self->house->error);
        pthread_mutex_lock(&self->lock);
        self->ordered = -1;
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

bool mason_start(struct mason *self, struct house *house)
{
    *self = (struct mason){.house = house, .ordered = -1};
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->news, NULL);
    self->running = pthread_create(&self->thread, NULL, work, self) == 0;
    return self->running;
}

void mason_order(struct mason *self, unsigned server)
{
    pthread_mutex_lock(&self->lock);
    if (self->ordered < 0)
        self->ordered = (int)server;
    pthread_cond_signal(&self->news);
    pthread_mutex_unlock(&self->lock);
}

void mason_end(struct mason *self)
{
    if (!self->running)
        return;
    pthread_mutex_lock(&self->lock);
    self->ending = true;
    pthread_cond_signal(&self->news);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
}
