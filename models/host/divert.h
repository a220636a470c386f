/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * divert - the packet path in user space: a process that the kernel's firewall hands the service's packets to.
 *
 * The kernel takes every packet to or from the service off its way and queues it at a divert socket (ipfw's divert, netfilter's
 * QUEUE). The process reads it (a system call, a copy, a select() round), takes the packet path's decision at user level,
 * and sends what is to go on (a system call, a copy, a fresh socket buffer) back into the kernel, up to TCP or out. What was
 * diverted first is decided first, and what was decided first leaves first. The process takes its turn with all others;
 * when it gets the CPU it reads all that has come by then, and what it then sends it sends before anybody else runs.
 *
 * Not modelled: the firewall's own matching, the bound of the socket's buffer (TCP's windows bound what waits there), and how
 * an unchanged kernel is given a connection whose numbers it has not chosen (TCP_REPAIR today; a TCP of the proxies' own in
 * 2001): neither costs anything here.
 */
#ifndef MODELS_HOST_DIVERT_H
#define MODELS_HOST_DIVERT_H

#include "models/host/host.h"

/* Where a packet goes from the packet path. */
enum packet_way { WAY_TCP, WAY_CLIENT, WAY_PEER };

/* The packet path that the process runs; both functions take ownership of the packet. */
struct divert_owner {
    void (*decide)(void *context, struct packet *packet, bool outgoing); /* calls divert_send() */
    void (*leave)(void *context, struct packet *packet, enum packet_way way); /* it was sent */
    void *context;
};

struct divert;

struct divert *divert_new(struct host *host, const struct divert_owner *owner);
void divert_free(struct divert *self);
/* The firewall hands a packet over. Takes ownership. */
void divert_take(struct divert *self, struct packet *packet, bool outgoing);
/* The process sends, in its turn or of its own accord; takes ownership. `made`: no stack has prepared this packet yet, so its transmission is paid for too. */
void divert_send(struct divert *self, struct packet *packet, enum packet_way way, bool made);
/* Nobody reads the socket any more: what waits there and what still comes is lost. */
void divert_close(struct divert *self);

#endif
