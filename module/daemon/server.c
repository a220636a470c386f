/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * server - the Unix socket: reports of the server's module in, the host's state out; the status for whoever asks.
 *
 * What goes out is secret (the key), and whoever reports is believed: so only root and the server's user are heard, by the socket's
 * mode and by what the kernel says of who connects.
 */
#include "module/daemon/daemon.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { SERVER_SILENCE_REPORTS = 20, STATUS_MAX = 8192 };

static void watch(struct daemon *self, int file)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = file};
    epoll_ctl(self->poll, EPOLL_CTL_ADD, file, &event);
}

/* Nobody's but ours from the first moment on, and then the server's too. */
static bool bind_closed(const struct daemon *self, const struct sockaddr_un *path)
{
    mode_t before = umask(0777);
    bool bound = bind(self->listener, (const struct sockaddr *)path, sizeof *path) == 0;
    umask(before);
    return bound && chown(path->sun_path, (uid_t)-1, self->settings.server_gid) == 0 &&
           chmod(path->sun_path, 0660) == 0;
}

bool daemon_listen(struct daemon *self)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    strncpy(path.sun_path, self->settings.control_path, sizeof path.sun_path - 1);
    for (unsigned i = 0; i < SERVERS_MAX; i++)
        self->clients[i].socket = -1;
    self->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unlink(path.sun_path);
    if (self->listener < 0 || !bind_closed(self, &path) || listen(self->listener, SERVERS_MAX) != 0)
        return false;
    watch(self, self->listener);
    return true;
}

static bool is_trusted(const struct daemon *self, int socket)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == self->settings.server_uid);
}

void daemon_accept(struct daemon *self)
{
    int socket = accept4(self->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0 && !is_trusted(self, socket)) {
        if (self->strangers++ == 0)
            daemon_log(self, "warning", "neither root nor %s wants to speak with us: refused",
                       self->settings.server_user);
        close(socket);
        return;
    }
    for (unsigned i = 0; i < SERVERS_MAX && socket >= 0; i++) {
        if (self->clients[i].socket >= 0)
            continue;
        self->clients[i] = (struct daemon_client){.socket = socket};
        watch(self, socket);
        return;
    }
    if (socket >= 0)
        close(socket);
}

const struct daemon_client *daemon_server(const struct daemon *self)
{
    const int64_t silence_ns = SERVER_SILENCE_REPORTS * LINK_REPORT_MS * 1000000LL;
    for (unsigned i = 0; i < SERVERS_MAX; i++) {
        const struct daemon_client *client = &self->clients[i];
        if (client->socket >= 0 && client->is_server && client->report.listening &&
            daemon_now_ns() - client->heard_ns < silence_ns)
            return client;
    }
    return NULL;
}

/* What a primary may send is what its backup has room for. */
static uint64_t log_limit(const struct daemon *self)
{
    uint64_t own = (uint64_t)self->settings.log_bytes, peer = self->group.peer_log_bytes;
    return self->group.role == FT_ROLE_PRIMARY && peer < own ? peer : own;
}

static void tell(struct daemon *self, struct daemon_client *client)
{
    unsigned log = self->settings.own_ip[1] != 0 ? 1 : 0;
    struct link_state state = {
        .version = LINK_VERSION,
        .role = self->started ? self->group.role : FT_ROLE_OUT,
        .view = self->group.view,
        .key = self->settings.group.key,
        .service_ip = self->settings.service_ip,
        .service_port = self->settings.service_port,
        .own_log_ip = self->settings.own_ip[log],
        .peer_log_ip = self->settings.peer_ip[log],
        .log_port = self->settings.log_port,
        .fragment_bytes = (uint32_t)self->settings.fragment_bytes,
        .log_bytes = log_limit(self),
        .body_bytes = (uint64_t)self->settings.body_bytes,
    };
    int files[LINK_FILES] = {
        [LINK_FLOWS] = datapath_flows(&self->datapath),
        [LINK_CONFIG] = self->datapath.readable,
    };
    char room[CMSG_SPACE(sizeof files)] = {0};
    struct iovec part = {.iov_base = &state, .iov_len = sizeof state};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    *rights = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof files)};
    memcpy(CMSG_DATA(rights), files, sizeof files);
    sendmsg(client->socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void daemon_tell_servers(struct daemon *self)
{
    for (unsigned i = 0; i < SERVERS_MAX; i++) {
        if (self->clients[i].socket >= 0 && self->clients[i].is_server)
            tell(self, &self->clients[i]);
    }
}

static void take_report(struct daemon *self, struct daemon_client *client,
                        const struct link_report *report)
{
    bool fresh = !client->is_server;
    client->is_server = true;
    client->heard_ns = daemon_now_ns();
    client->report = *report;
    if (fresh) {
        daemon_log(self, "server", "connected");
        tell(self, client);
    }
}

void daemon_hear(struct daemon *self, struct daemon_client *client)
{
    char status[STATUS_MAX];
    struct link_report report;
    ssize_t got = recv(client->socket, &report, sizeof report, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got == sizeof report && report.version == LINK_VERSION) {
        take_report(self, client, &report);
        return;
    }
    if (got == 1)
        send(client->socket, status, daemon_status(self, status, sizeof status), MSG_NOSIGNAL);
    if (client->is_server) {
        daemon_log(self, "server", "gone");
        self->bereaved = self->started && (self->bereaved || client->report.listening);
    }
    close(client->socket);
    client->socket = -1;
    client->is_server = false;
}
