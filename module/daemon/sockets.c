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

struct talk {
    struct mnl_socket *socket;
    uint32_t number; /* of the latest question */
};

static bool talk_open(struct talk *self)
{
    *self = (struct talk){.socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC)};
    return self->socket != NULL && mnl_socket_bind(self->socket, 0, MNL_SOCKET_AUTOPID) == 0;
}

static void talk_close(struct talk *self)
{
    int error = errno;
    if (self->socket != NULL)
        mnl_socket_close(self->socket);
    errno = error;
}

/* Hands every answer to `each`; false: the kernel refused, errno says why. */
static bool ask(struct talk *self, uint16_t type, uint16_t flags,
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
    if (mnl_socket_sendto(self->socket, request, request->nlmsg_len) < 0)
        return false;
    int result;
    do {
        ssize_t got = mnl_socket_recvfrom(self->socket, room, sizeof room);
        result = got < 0 ? -1
                         : mnl_cb_run(room, (size_t)got, self->number,
                                      mnl_socket_get_portid(self->socket), each, context);
    } while (result > 0);
    return result == 0;
}

/* --- all of them ------------------------------------------------------------------------------------------------- */

struct doomed {
    uint32_t ip;
    uint16_t port;
    struct inet_diag_sockid sockets[ROUND_MAX];
    unsigned count;
};

static int choose(const struct nlmsghdr *answer, void *context)
{
    struct doomed *doomed = context;
    const struct inet_diag_msg *found = mnl_nlmsg_get_payload(answer);
    if (ntohs(found->id.idiag_sport) == doomed->port &&
        ntohl(found->id.idiag_src[0]) == doomed->ip && doomed->count < ROUND_MAX)
        doomed->sockets[doomed->count++] = found->id;
    return MNL_CB_OK;
}

/* Some of them at a time; how many are gone, -1: none would. */
static int end_some(struct talk *talk, const struct doomed *doomed)
{
    int gone = 0;
    for (unsigned i = 0; i < doomed->count; i++) {
        if (ask(talk, SOCK_DESTROY, NLM_F_ACK, &doomed->sockets[i], NULL, NULL) || errno == ENOENT)
            gone++;
    }
    return gone > 0 || doomed->count == 0 ? gone : -1;
}

int sockets_end(uint32_t ip, uint16_t port)
{
    struct talk talk;
    struct inet_diag_sockid ours = {.idiag_sport = htons(port)};
    struct doomed doomed = {.ip = ip, .port = port};
    int ended = 0, gone = talk_open(&talk) ? 0 : -1;
    while (gone >= 0) {
        doomed.count = 0;
        gone = ask(&talk, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &ours, choose, &doomed)
                   ? end_some(&talk, &doomed)
                   : -1;
        if (gone == 0)
            break;
        ended += gone;
    }
    talk_close(&talk);
    return gone < 0 ? -1 : ended;
}
