/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message_path - the server module of one host: mux and demux processes around the core's sender and log.
 *
 * primary worker -> mux -> log channel -> backup demux -> backup worker that waits for the reply; the acknowledgement goes back
 * backup mux -> log channel -> primary demux -> primary worker. The channel is one long-lived TCP connection between the
 * servers' own addresses. Processes of a host hand data over through pipes, which costs system calls and copies; queues in
 * memory cost `hand_off`. What is decided is decided by core/ft_sender and core/ft_log; this shell moves bytes and charges.
 */
#ifndef MODELS_WEB_MESSAGE_PATH_H
#define MODELS_WEB_MESSAGE_PATH_H

#include "core/ft_role.h"
#include "core/ft_siphash.h"
#include "models/host/kernel_path.h"
#include "models/web/apache.h"

enum { MESSAGE_PATH_PORT = 7080 }; /* which no dissector takes for a protocol of its own */

struct message_settings {
    int64_t log_bytes, fragment_bytes;
    struct ft_key key;
    const struct kernel_path *packet_path; /* knows which connections the backup has, too */
    uint32_t own_ip, peer_ip; /* on the network that the channel uses; peer 0: there is none */
};

struct message_path;

/* Starts in `role` and `view`; SOLO: nobody to log at; OUT: ready to be a backup. The server must have been given it with apache_install(). */
struct message_path *message_path_new(const struct message_settings *settings,
                                      struct apache *server, enum ft_role role, uint64_t view);
void message_path_free(struct message_path *self);
/* The host's role has changed: to SOLO (takeover, or the backup is gone), to BACKUP (it was taken in, and is empty) or to
 * PRIMARY (it took a newcomer in, and opens the channel to it). */
void message_path_set_role(struct message_path *self, enum ft_role role, uint64_t view);
/* For how long replies have been waiting for the backup's log without any progress; 0: none wait. */
int64_t message_path_stuck_ns(const struct message_path *self);
/* Records refused, by enum ft_record_error. */
const uint64_t *message_path_refused(const struct message_path *self);

#endif
