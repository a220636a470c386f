/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * interface - this host's addresses and neighbours, through rtnetlink; and the word to all that an address is here now.
 */
#ifndef MODULE_DAEMON_INTERFACE_H
#define MODULE_DAEMON_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

/* Adds or removes a /32 address (host order). Adding one that is there, or removing one that is not, is no error. */
bool interface_set_address(int ifindex, uint32_t ip, bool present);
/* The neighbour's link-layer address, if the kernel knows it. */
bool interface_neighbour(int ifindex, uint32_t ip, uint8_t mac[6]);
/* Gratuitous ARP (RFC 5227): `ip` is at `mac`. */
bool interface_announce(int ifindex, uint32_t ip, const uint8_t mac[6]);

#endif
