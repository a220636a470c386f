/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sockets - the TCP sockets of the service on this host, through sock_diag. Addresses and ports in host order.
 */
#ifndef MODULE_DAEMON_SOCKETS_H
#define MODULE_DAEMON_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

struct mnl_socket;

struct sockets {
    struct mnl_socket *netlink;
    uint32_t number; /* of the latest question */
    uint32_t ip;     /* the service's */
    uint16_t port;
};

/* False, and errno: the kernel has no sock_diag. */
bool sockets_open(struct sockets *self, uint32_t ip, uint16_t port);
void sockets_close(struct sockets *self);
/* Ends every socket of the service, listeners excepted, until there is none; how many there were. -1, and errno: the kernel cannot
 * (INET_DIAG_DESTROY), or some would not end. */
int sockets_end(struct sockets *self);
/* Whether there is one for this client that is neither listening nor in TIME_WAIT. Yes, if the kernel does not say. */
bool sockets_have(struct sockets *self, uint32_t client_ip, uint16_t client_port);

#endif
