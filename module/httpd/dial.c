/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * dial - how the two hosts get a log channel: the primary connects to the backup's log address, again and again until it is there.
 *
 * Anybody on the primary's host can connect to the backup; the channel is who proves by a first record of this view that he has
 * the key. After the first reply nobody else can be it.
 */
#include "module/httpd/channel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <http_log.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

APLOG_USE_MODULE(understudy);

enum { RETRY_MS = 20 };

/* Who has connected to us and not yet sent a record that verifies; socket -1: nobody. */
static struct candidate {
    int socket;
    size_t bytes;
    uint8_t header[FT_RECORD_BYTES];
} candidates[US_CANDIDATES] = {{.socket = -1}, {.socket = -1}, {.socket = -1}, {.socket = -1}};

static unsigned next_candidate;

static void set_options(int socket)
{
    int one = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* Whoever is writing or reading has done so first; meanwhile nobody begins to. */
void us_dial_drop(void)
{
    int file = us_channel.socket;
    us_channel.socket = -1;
    if (us_channel.reading)
        shutdown(file, SHUT_RDWR);
    while (us_channel.writing || us_channel.reading)
        pthread_cond_wait(&us_channel.idle, &us.lock);
    if (file >= 0) {
        us_ear_detach(file);
        close(file);
    }
    us_channel.broken = us_channel.begun;
    us_channel.connecting = us_channel.introduces = us_channel.full = us_channel.ended = false;
    us_channel.out.first = us_channel.out.count = 0;
    us_channel.in.header_bytes = us_channel.in.payload_left = 0;
    us_channel.in.logged = NULL;
}

static struct sockaddr_in address_of(uint32_t ip, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(ip), .sin_port = htons(port)};
}

void us_dial_listen(void)
{
    int one = 1;
    struct sockaddr_in own = address_of(us.state.own_log_ip, us.state.log_port);
    int file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    us_channel.listener = file;
    if (bind(file, (struct sockaddr *)&own, sizeof own) == 0 && listen(file, 1) == 0)
        return;
    ap_log_error(APLOG_MARK, APLOG_ERR, errno, us_channel.server,
                 "understudy: cannot listen for the log channel");
    close(file);
    us_channel.listener = -1;
}

/* --- the primary -------------------------------------------------------------------------------------------------------- */

void us_dial_connect(int64_t now_ns)
{
    struct sockaddr_in own = address_of(us.state.own_log_ip, 0);
    struct sockaddr_in peer = address_of(us.state.peer_log_ip, us.state.log_port);
    int file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    us_channel.retry_ns = now_ns + RETRY_MS * 1000000LL;
    us_channel.socket = file;
    us_channel.connecting = true;
    set_options(file);
    bind(file, (struct sockaddr *)&own, sizeof own);
    if (connect(file, (struct sockaddr *)&peer, sizeof peer) != 0 && errno != EINPROGRESS)
        us_dial_drop();
}

void us_dial_connected(void)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(us_channel.socket, SOL_SOCKET, SO_ERROR, &error, &size);
    us_channel.connecting = false;
    if (error != 0) {
        us_dial_drop();
        return;
    }
    fcntl(us_channel.socket, F_SETFL, 0); /* who waits for it sleeps in the read */
    us_ear_attach();
    us_channel.introduces = us_channel.ready = true;
}

/* --- the backup --------------------------------------------------------------------------------------------------------- */

static void drop_candidate(struct candidate *self)
{
    if (self->socket >= 0)
        close(self->socket);
    self->socket = -1;
    self->bytes = 0;
}

void us_dial_accept(void)
{
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    int file =
        accept4(us_channel.listener, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct candidate *candidate = &candidates[next_candidate++ % US_CANDIDATES];
    if (file < 0)
        return;
    if (ntohl(from.sin_addr.s_addr) != us.state.peer_log_ip) {
        us.report.refused++;
        close(file);
        return;
    }
    drop_candidate(candidate);
    candidate->socket = file;
    set_options(file);
}

/* A primary may be in a view that we have yet to be told of: it waits for that. */
static void judge(struct candidate *self)
{
    struct ft_record record;
    bool valid = ft_record_read(self->header, &us.state.key, &record) == FT_RECORD_OK &&
                 us_mux_is_introduction(&record) && record.view >= us.state.view;
    if (valid && record.view > us.state.view)
        return;
    if (valid && us.state.role == FT_ROLE_BACKUP && !us_channel.begun) {
        us_dial_drop();
        us_channel.socket = self->socket;
        us_ear_attach();
        self->socket = -1;
    } else {
        us.report.refused++;
    }
    drop_candidate(self);
}

static bool has_spoken(const struct candidate *self)
{
    return self->bytes == FT_RECORD_BYTES;
}

void us_dial_judge(void)
{
    for (unsigned i = 0; i < US_CANDIDATES; i++) {
        if (has_spoken(&candidates[i]))
            judge(&candidates[i]);
    }
}

int us_dial_candidate(unsigned index)
{
    return has_spoken(&candidates[index]) ? -1 : candidates[index].socket;
}

void us_dial_hear(unsigned index)
{
    struct candidate *self = &candidates[index];
    ssize_t got =
        recv(self->socket, self->header + self->bytes, FT_RECORD_BYTES - self->bytes, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        drop_candidate(self);
        return;
    }
    self->bytes += (size_t)got;
    if (has_spoken(self))
        judge(self);
}
