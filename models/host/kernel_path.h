/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kernel_path - the packet path of one server host: core/ft_path's verdicts, carried out on real header bytes.
 *
 * It sits between the NIC and TCP (struct packet_hooks), holds the table of replicated connections, charges what it does,
 * and knows nothing of requests. Failover tells it role, view and lease. It is a kernel module, or, at user level, a process
 * that the service's packets are diverted to (models/host/divert.h): the same decisions, at other costs.
 */
#ifndef MODELS_HOST_KERNEL_PATH_H
#define MODELS_HOST_KERNEL_PATH_H

#include "core/ft_reason.h"
#include "core/ft_role.h"
#include "core/ft_siphash.h"
#include "models/host/host.h"

struct kernel_path_settings {
    struct ft_key key;
    struct tcp_address service;
    uint16_t peer_mac; /* on the service LAN; MAC_NONE: there is no peer */
    bool ack_gate;
    bool user_level;               /* a process decides, not the kernel */
    const struct tcp_profile *tcp; /* what handshakes are answered with */
    int64_t day_ns;                /* time of day when the simulation begins */
};

struct kernel_path;

/* Installs itself as the host's hooks. */
struct kernel_path *kernel_path_new(const struct kernel_path_settings *settings, struct host *host,
                                    enum ft_role role, uint64_t view);
void kernel_path_free(struct kernel_path *self);
void kernel_path_set_role(struct kernel_path *self, enum ft_role role, uint64_t view);
/* Whether anybody accepts connections to the service here. */
void kernel_path_set_listening(struct kernel_path *self, bool listening);
/* The primary may speak until then. */
void kernel_path_set_lease(struct kernel_path *self, int64_t until_ns);
int64_t kernel_path_lease_ns(const struct kernel_path *self);
/* Whether both hosts of the present view have the connection: somebody logs its replies. */
bool kernel_path_shares(const struct kernel_path *self, struct tcp_address client,
                        uint32_t client_isn);
/* By enum ft_reason. */
const uint64_t *kernel_path_counts(const struct kernel_path *self);

#endif
