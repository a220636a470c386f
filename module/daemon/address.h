/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * address - has the service's address on an interface, where the kernel answers questions for it (ARP), or not.
 *
 * The kernel changes addresses under a lock (RTNL) that whoever else sets up or takes down an interface holds for tens of
 * milliseconds, in another container too. Heartbeats must not wait for that: a host that was being taken in would let the
 * lease of the one that serves run out. So a thread does it. Nothing depends on when: packets for the address are accepted in any
 * case, for it is on the loopback interface as well, and where it is to be found is announced at once.
 */
#ifndef MODULE_DAEMON_ADDRESS_H
#define MODULE_DAEMON_ADDRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct address {
    int ifindex;
    uint32_t ip;
    int orders[2]; /* a pipe: one byte each, of which the last counts */
    bool running;
    pthread_t thread;
    void (*failed)(void *context, int error); /* called by the thread */
    void *context;
};

/* False: errno says why. */
bool address_open(struct address *self, int ifindex, uint32_t ip,
                  void (*failed)(void *context, int error), void *context);
/* From now on it is to be there, or not to be. Waits for nothing. */
void address_hold(struct address *self, bool present);
/* Takes it away. */
void address_close(struct address *self);

#endif
