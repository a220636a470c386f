/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wiring - speaks to understudy-cables over a socket pair.
 */
#include "module/testbed/wiring.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void become_loader(const struct machine *exchange, const char *program, int socket, int log)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN); /* the testbed ends it when it has ended itself */
    if (!machine_enter_network(exchange))
        _exit(1);
    if (socket == 3)
        fcntl(socket, F_SETFD, 0);
    else
        dup2(socket, 3);
    int out = log >= 0 ? log : open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(out, 1);
    dup2(out, 2);
    execl(program, program, NULL);
    _exit(127);
}

static struct cables_memory *receive_memory(int socket)
{
    char byte, room[CMSG_SPACE(sizeof(int))];
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    int map;
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&message) == NULL)
        return NULL;
    memcpy(&map, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof map);
    void *memory =
        mmap(NULL, sizeof(struct cables_memory), PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    close(map);
    return memory != MAP_FAILED ? memory : NULL;
}

bool wiring_open(struct wiring *self, const struct machine *exchange, const char *program, int log)
{
    int pair[2];
    *self = (struct wiring){.socket = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    self->loader = fork();
    if (self->loader == 0)
        become_loader(exchange, program, pair[1], log);
    close(pair[1]);
    self->socket = pair[0];
    self->memory = receive_memory(self->socket);
    return self->memory != NULL;
}

void wiring_close(struct wiring *self)
{
    if (self->memory != NULL)
        munmap(self->memory, sizeof *self->memory);
    if (self->loader > 0) {
        close(self->socket);
        waitpid(self->loader, NULL, 0);
    }
    *self = (struct wiring){.socket = -1};
}

bool wiring_attach(struct wiring *self, const char *port, unsigned cable)
{
    int ifindex = 0;
    if (send(self->socket, port, strlen(port), MSG_NOSIGNAL) != (ssize_t)strlen(port) ||
        recv(self->socket, &ifindex, sizeof ifindex, 0) != sizeof ifindex || ifindex == 0)
        return false;
    self->memory->cables[cable] = (struct cable){.ifindex = (uint32_t)ifindex};
    return true;
}
