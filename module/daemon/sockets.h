/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sockets - the TCP sockets of the service on this host, through sock_diag. Addresses and ports in host order.
 */
#ifndef MODULE_DAEMON_SOCKETS_H
#define MODULE_DAEMON_SOCKETS_H

#include <stdint.h>

/* Ends every socket that has this local address and port, listeners excepted, until there is none; how many there were. -1, and errno:
 * the kernel cannot (INET_DIAG_DESTROY), or some would not end. */
int sockets_end(uint32_t ip, uint16_t port);

#endif
