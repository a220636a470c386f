/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mason - a thread that builds dead machines anew while the clients go on.
 *
 * It lives as long as the house, for a machine ends with the thread that began it. One order at a time.
 */
#ifndef MODULE_TESTBED_MASON_H
#define MODULE_TESTBED_MASON_H

#include "module/testbed/house.h"

#include <pthread.h>

struct mason {
    struct house *house;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t news;
    int ordered; /* server; -1: none */
    bool ending, running;
};

bool mason_start(struct mason *self, struct house *house);
/* Orders a server to be built anew. Ignored while an order is being carried out. */
void mason_order(struct mason *self, unsigned server);
/* Waits for the order in hand. The machines it has built die. */
void mason_end(struct mason *self);

#endif
