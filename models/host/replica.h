/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replica - the failover daemon of one server host: core/ft_group with a clock, a timer and the hosts' networks.
 */
#ifndef MODELS_HOST_REPLICA_H
#define MODELS_HOST_REPLICA_H

#include "core/ft_group.h"
#include "models/host/kernel_path.h"

struct message_path;
struct replica;

struct replica_settings {
    struct ft_group_settings group;
    int64_t log_timeout_ns;
    uint32_t peer_ip[HOST_NICS]; /* by network */
    /* The core decided on another role; may free the replica. */
    void (*changed)(void *context, enum ft_role role, uint64_t view);
    void *context;
};

/* kernel_path and message_path may be NULL. Takes the host's control messages over. */
struct replica *replica_new(const struct replica_settings *settings, struct host *host,
                            struct kernel_path *kernel_path, struct message_path *message_path,
                            enum ft_role role, uint64_t view);
void replica_free(struct replica *self);
/* If the other host fell silent now, this one would go on alone. */
bool replica_can_go_on(const struct replica *self);
/* The server and its message path are gone: the host neither claims nor grants anything any more. */
void replica_server_gone(struct replica *self);

#endif
