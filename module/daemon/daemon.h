/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * daemon - one host's failover: what understudyd is made of.
 *
 * core/ft_group decides; datapath, interface and server carry out. One epoll loop that nothing blocks; what
 * would is left to a thread (address).
 */
#ifndef MODULE_DAEMON_DAEMON_H
#define MODULE_DAEMON_DAEMON_H

#include "core/ft_group.h"
#include "module/daemon/address.h"
#include "module/daemon/datapath.h"
#include "module/link.h"

#include <sys/types.h>

enum { DAEMON_NETWORKS = 2, SERVERS_MAX = 8 };

struct daemon_settings {
    const char *interface, *control_path, *key_path;
    const char *server_user; /* who besides root may speak with us */
    uid_t server_uid;
    gid_t server_gid;
    uint32_t service_ip, own_ip[DAEMON_NETWORKS],
        peer_ip[DAEMON_NETWORKS]; /* service LAN, log LAN; 0: none */
    uint16_t service_port, control_port, log_port;
    uint16_t window; /* what SYN-ACKs offer */
    uint8_t window_scale;
    bool alone; /* no peer: serve without replication from the start */
    struct ft_group_settings group;
    int64_t log_timeout_ns, log_bytes, body_bytes, fragment_bytes, keep_ns;
    bool ack_gate, real_time;
};

/* One end of the Unix socket: a server process, or somebody who asks for the status. */
struct daemon_client {
    int socket; /* -1: free */
    bool is_server;
    int64_t heard_ns;
    struct link_report report;
};

struct daemon {
    struct daemon_settings settings;
    struct ft_group group;
    struct datapath datapath;
    struct sockets sockets;
    struct address address; /* of the service, on the interface */
    int announcer;          /* the socket that says so to all */
    bool started;           /* the group has begun: a server has reported */
    bool bereaved;          /* the server died in the middle of this life */
    bool peer_known;
    bool said_refuses, said_refused, said_stranded; /* has been logged */
    uint64_t lives;                                 /* incarnations begun */
    int poll, timer, signals, listener, udp[DAEMON_NETWORKS];
    struct daemon_client clients[SERVERS_MAX];
    uint64_t role_changes, heartbeats_out, heartbeats_in, strangers, buried;
    int64_t started_ns, changed_ns, sweep_ns, looked_ns;
    uint64_t forgeries, forgeries_told; /* when they were last counted; lines in the log */
    int64_t forgeries_ns;
    int64_t bury_ns; /* not before may another life begin */
};

#define MAC_FORMAT "%02x:%02x:%02x:%02x:%02x:%02x"
#define MAC_PARTS(mac) mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]

int64_t daemon_now_ns(void);
/* One line of JSON to standard error. */
void daemon_log(const struct daemon *self, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* group.c: failover */
/* Begins an incarnation: out of service, asking to be taken in; or alone. Not while something of the life before is left: to be
 * called again and again. */
void daemon_begin(struct daemon *self);
void daemon_tick(struct daemon *self);
void daemon_receive(struct daemon *self, unsigned network);

/* takeover.c: once the packet path lets us speak */
void daemon_first_words(const struct daemon *self);

/* server.c: the server's module and status requests */
bool daemon_listen(struct daemon *self);
void daemon_accept(struct daemon *self);
void daemon_hear(struct daemon *self, struct daemon_client *client);
void daemon_tell_servers(struct daemon *self);
/* The server process that reports, or NULL. */
const struct daemon_client *daemon_server(const struct daemon *self);

/* warnings.c: to be called often */
void daemon_warn(struct daemon *self);
/* Without a good MAC, or not the peer's; in this life. */
uint64_t daemon_heartbeats_refused(const struct daemon *self);

/* status.c */
size_t daemon_status(const struct daemon *self, char *text, size_t room);
int status_main(const char *control_path);

#endif
