/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * house_status - how it goes with a server: what its daemon says of itself, whether it is ready, what its programs print.
 */
#include "module/testbed/house_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

void house_set_present(struct house *self, unsigned index, bool present)
{
    pthread_mutex_lock(&self->lock);
    self->servers[index].present = present;
    pthread_mutex_unlock(&self->lock);
}

/* A descriptor of the machine's /run that stays valid if the machine is built anew meanwhile; -1: there is none. */
static int look_into(struct house *self, unsigned index)
{
    struct house_server *server = &self->servers[index];
    pthread_mutex_lock(&self->lock);
    int run = server->present ? fcntl(server->machine.run, F_DUPFD_CLOEXEC, 3) : -1;
    pthread_mutex_unlock(&self->lock);
    return run;
}

bool house_status(struct house *self, unsigned index, char *out, size_t room)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    int run = look_into(self, index);
    snprintf(path.sun_path, sizeof path.sun_path, "/proc/self/fd/%d/control", run);
    int daemon = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_usec = 200000};
    setsockopt(daemon, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t got = -1;
    if (run >= 0 && connect(daemon, (struct sockaddr *)&path, sizeof path) == 0 &&
        send(daemon, "?", 1, MSG_NOSIGNAL) == 1)
        got = recv(daemon, out, room - 1, 0);
    out[got > 0 ? got : 0] = '\0';
    close(daemon);
    if (run >= 0)
        close(run);
    return got > 0;
}

enum ft_role house_role(struct house *self, unsigned index, char *status, size_t room)
{
    static const char *const names[] = {"out", "primary", "backup", "solo", NULL};
    char text[32];
    status[0] = '\0';
    if (!self->scheme->packet_path && self->servers[index].present)
        return FT_ROLE_SOLO;
    if (!house_status(self, index, status, room))
        return FT_ROLE_OUT;
    for (int role = 0; names[role] != NULL; role++) {
        snprintf(text, sizeof text, "\"role\":\"%s\"", names[role]);
        if (strstr(status, text) != NULL)
            return (enum ft_role)role;
    }
    return FT_ROLE_OUT;
}

void house_tell_log(struct house *self, unsigned index)
{
    char text[8192] = "";
    if (house_status(self, index, text, sizeof text))
        fprintf(stderr, "%s is:\n%s\n", house_server_names[index], text);
    memset(text, 0, sizeof text);
    ssize_t got = pread(self->servers[index].log, text, sizeof text - 1, 0);
    if (got > 0)
        fprintf(stderr, "%s said:\n%s\n", house_server_names[index], text);
    int file = machine_open(&self->servers[index].machine, "error", O_RDONLY);
    got = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (got > 0)
        fprintf(stderr, "%.*s\n", (int)got, text);
    if (file >= 0)
        close(file);
}

static bool server_is_ready(struct house *self, unsigned index)
{
    char status[8192];
    enum ft_role wanted = self->server_count == 1 ? FT_ROLE_SOLO
                          : index == 0            ? FT_ROLE_PRIMARY
                                                  : FT_ROLE_BACKUP;
    if (self->scheme->packet_path)
        return house_role(self, index, status, sizeof status) == wanted &&
               strstr(status, "\"channel\":true") != NULL;
    int pid = machine_open(&self->servers[index].machine, "httpd.pid", O_RDONLY);
    if (pid >= 0)
        close(pid);
    return pid >= 0;
}

bool house_await_ready(struct house *self)
{
    for (unsigned i = 0; i < self->server_count; i++) {
        unsigned tries = 0;
        while (!server_is_ready(self, i) && tries < HOUSE_TRIES) {
            usleep(HOUSE_STEP_US);
            tries++;
        }
        if (tries == HOUSE_TRIES) {
            house_tell_log(self, i);
            return house_fail(self, "%s does not get ready (see above what its programs say)",
                              house_server_names[i]);
        }
    }
    return true;
}

/* A daemon that answers has set the service's address, which the server binds. */
bool house_await_daemon(struct house *self, unsigned index)
{
    char status[8192];
    for (unsigned i = 0; i < HOUSE_TRIES; i++) {
        if (house_status(self, index, status, sizeof status))
            return true;
        usleep(HOUSE_STEP_US);
    }
    house_tell_log(self, index);
    return house_fail(self, "%s: understudyd does not answer (see above)",
                      house_server_names[index]);
}