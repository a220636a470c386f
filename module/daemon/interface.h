/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * interface - this host's addresses and neighbours; and the word to all that an address is here now.
 */
#ifndef MODULE_DAEMON_INTERFACE_H
#define MODULE_DAEMON_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

/* Adds or removes a /32 address (host order). Adding one that is there, or removing one that is not, is no error. It waits for the
 * kernel's lock on everything of the kind (RTNL), which others hold for as long as they please: see address.h. */
bool interface_set_address(int ifindex, uint32_t ip, bool present);
/* The neighbour's link-layer address, if the kernel knows it. Since Linux 6.10 it waits for nobody. */
bool interface_neighbour(const char *interface, uint32_t ip, uint8_t mac[6]);
/* The socket to announce with; -1: errno says why. Closing it waits until no processor looks at it any more, some 15 ms. */
int interface_announcer(void);
/* Gratuitous ARP (RFC 5227): `ip` is at `mac`. */
bool interface_announce(int announcer, int ifindex, uint32_t ip, const uint8_t mac[6]);

#endif
