/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sockets - sock_diag through libmnl.
 */
#include "module/daemon/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* The kernel's own state of a handshake that is not finished is the 12th. */
enum { STATES_BUT_LISTEN = ~(1 << TCP_LISTEN) & 0x1fff, ROUND_MAX = 64, ROOM = 8192 };

bool sockets_open(struct sockets *self, uint32_t ip, uint16_t port)
{
    *self = (struct sockets){.ip = ip, .port = port};
    self->netlink = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
    return self->netlink != NULL && mnl_socket_bind(self->netlink, 0, MNL_SOCKET_AUTOPID) == 0;
}

void sockets_close(struct sockets *self)
{
    if (self->netlink != NULL)
        mnl_socket_close(self->netlink);
    self->netlink = NULL;
}

/* Hands every answer to `each`; false: the kernel refused, errno says why. */
static bool ask(struct sockets *self, uint16_t type, uint16_t flags,
                const struct inet_diag_sockid *which, mnl_cb_t each, void *context)
{
    char room[ROOM];
    struct nlmsghdr *request = mnl_nlmsg_put_header(room);
    request->nlmsg_type = type;
    request->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    request->nlmsg_seq = ++self->number;
    struct inet_diag_req_v2 *question = mnl_nlmsg_put_extra_header(request, sizeof *question);
    *question = (struct inet_diag_req_v2){.sdiag_family = AF_INET,
                                          .sdiag_protocol = IPPROTO_TCP,
                                          .idiag_states = (uint32_t)STATES_BUT_LISTEN,
                                          .id = *which};
    if (mnl_socket_sendto(self->netlink, request, request->nlmsg_len) < 0)
        return false;
    int result;
    do {
        ssize_t got = mnl_socket_recvfrom(self->netlink, room, sizeof room);
        result = got < 0 ? -1
                         : mnl_cb_run(room, (size_t)got, self->number,
                                      mnl_socket_get_portid(self->netlink), each, context);
    } while (result > 0);
    return result == 0;
}

/* --- all of them ------------------------------------------------------------------------------------------------- */

struct doomed {
    const struct sockets *service;
    struct inet_diag_sockid sockets[ROUND_MAX];
    unsigned count;
};

static int choose(const struct nlmsghdr *answer, void *context)
{
    struct doomed *doomed = context;
    const struct inet_diag_msg *found = mnl_nlmsg_get_payload(answer);
    if (ntohs(found->id.idiag_sport) == doomed->service->port &&
        ntohl(found->id.idiag_src[0]) == doomed->service->ip && doomed->count < ROUND_MAX)
        doomed->sockets[doomed->count++] = found->id;
    return MNL_CB_OK;
}

/* Some of them at a time; how many are gone, -1: none would. */
static int end_some(struct sockets *self, const struct doomed *doomed)
{
    int gone = 0;
    for (unsigned i = 0; i < doomed->count; i++) {
        if (ask(self, SOCK_DESTROY, NLM_F_ACK, &doomed->sockets[i], NULL, NULL) || errno == ENOENT)
            gone++;
    }
    return gone > 0 || doomed->count == 0 ? gone : -1;
}

int sockets_end(struct sockets *self)
{
    struct inet_diag_sockid ours = {.idiag_sport = htons(self->port)};
    struct doomed doomed = {.service = self};
    int ended = 0, gone;
    do {
        doomed.count = 0;
        gone = ask(self, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &ours, choose, &doomed)
                   ? end_some(self, &doomed)
                   : -1;
        ended += gone;
    } while (gone > 0);
    return gone < 0 ? -1 : ended;
}

/* --- one of them ------------------------------------------------------------------------------------------------- */

/* The kernel finds the listener if it finds nothing better. */
static int look(const struct nlmsghdr *answer, void *context)
{
    const struct inet_diag_msg *found = mnl_nlmsg_get_payload(answer);
    *(bool *)context = found->idiag_state != TCP_LISTEN && found->idiag_state != TCP_TIME_WAIT;
    return MNL_CB_OK;
}

bool sockets_have(struct sockets *self, uint32_t client_ip, uint16_t client_port)
{
    struct inet_diag_sockid pair = {
        .idiag_sport = htons(self->port),
        .idiag_dport = htons(client_port),
        .idiag_src = {htonl(self->ip)},
        .idiag_dst = {htonl(client_ip)},
        .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE},
    };
    bool found = false;
    if (!ask(self, SOCK_DIAG_BY_FAMILY, NLM_F_ACK, &pair, look, &found))
        return errno != ENOENT;
    return found;
}
