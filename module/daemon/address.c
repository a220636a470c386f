/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * address - a thread at the end of a pipe.
 */
#include "module/daemon/address.h"

#include "module/daemon/interface.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { STACK_BYTES = 256 * 1024, ORDERS_MAX = 64 };

static void *obey(void *context)
{
    struct address *self = context;
    char orders[ORDERS_MAX];
    ssize_t got;
    while ((got = read(self->orders[0], orders, sizeof orders)) > 0) {
        if (!interface_set_address(self->ifindex, self->ip, orders[got - 1] != 0))
            self->failed(self->context, errno);
    }
    return NULL;
}

bool address_open(struct address *self, int ifindex, uint32_t ip,
                  void (*failed)(void *context, int error), void *context)
{
    pthread_attr_t attributes;
    *self = (struct address){.ifindex = ifindex, .ip = ip, .failed = failed, .context = context};
    if (pipe2(self->orders, O_CLOEXEC) != 0)
        return false;
    fcntl(self->orders[1], F_SETFL, O_NONBLOCK);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES); /* all of it will be locked in memory */
    errno = pthread_create(&self->thread, &attributes, obey, self);
    self->running = errno == 0;
    pthread_attr_destroy(&attributes);
    return self->running;
}

void address_hold(struct address *self, bool present)
{
    char order = present;
    if (write(self->orders[1], &order, 1) != 1)
        self->failed(self->context, errno);
}

void address_close(struct address *self)
{
    if (!self->running)
        return;
    close(self->orders[1]);
    pthread_join(self->thread, NULL);
    close(self->orders[0]);
    self->running = false;
    interface_set_address(self->ifindex, self->ip, false);
}
