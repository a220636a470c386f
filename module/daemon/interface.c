/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * interface - rtnetlink through libmnl, and a raw ARP frame.
 */
#include "module/daemon/interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <netinet/if_ether.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 8192 };

/* Sends the request and hands every answer to `each`; false: the kernel refused, errno says why. */
static bool ask(struct nlmsghdr *request, mnl_cb_t each, void *context)
{
    char room[ROOM];
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (socket == NULL)
        return false;
    request->nlmsg_seq = (uint32_t)time(NULL);
    int result = -1;
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
        mnl_socket_sendto(socket, request, request->nlmsg_len) >= 0) {
        do {
            ssize_t got = mnl_socket_recvfrom(socket, room, sizeof room);
            result = got < 0 ? -1
                             : mnl_cb_run(room, (size_t)got, request->nlmsg_seq,
                                          mnl_socket_get_portid(socket), each, context);
        } while (result > 0);
    }
    int error = errno;
    mnl_socket_close(socket);
    errno = error;
    return result == 0;
}

bool interface_set_address(int ifindex, uint32_t ip, bool present)
{
    char room[ROOM];
    struct nlmsghdr *request = mnl_nlmsg_put_header(room);
    request->nlmsg_type = present ? RTM_NEWADDR : RTM_DELADDR;
    request->nlmsg_flags =
        (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | (present ? NLM_F_CREATE | NLM_F_REPLACE : 0));
    struct ifaddrmsg *address = mnl_nlmsg_put_extra_header(request, sizeof *address);
    *address = (struct ifaddrmsg){
        .ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = (uint32_t)ifindex};
    mnl_attr_put_u32(request, IFA_LOCAL, htonl(ip));
    mnl_attr_put_u32(request, IFA_ADDRESS, htonl(ip));
    return ask(request, NULL, NULL) || errno == (present ? EEXIST : EADDRNOTAVAIL);
}

/* --- neighbours -------------------------------------------------------------------------------------------------- */

struct search {
    uint8_t *mac;
    bool found;
};

static int take_mac(const struct nlmsghdr *answer, void *context)
{
    struct search *search = context;
    const struct ndmsg *neighbour = mnl_nlmsg_get_payload(answer);
    const char *end = mnl_nlmsg_get_payload_tail(answer);
    const struct nlattr *part = mnl_nlmsg_get_payload_offset(answer, sizeof *neighbour);
    if ((neighbour->ndm_state & (NUD_FAILED | NUD_INCOMPLETE)) != 0)
        return MNL_CB_OK;
    for (; mnl_attr_ok(part, (int)(end - (const char *)part)); part = mnl_attr_next(part)) {
        if (mnl_attr_get_type(part) != NDA_LLADDR || mnl_attr_get_payload_len(part) != 6)
            continue;
        memcpy(search->mac, mnl_attr_get_payload(part), 6);
        search->found = true;
    }
    return MNL_CB_OK;
}

bool interface_neighbour(int ifindex, uint32_t ip, uint8_t mac[6])
{
    char room[ROOM];
    struct search search = {.mac = mac};
    struct nlmsghdr *request = mnl_nlmsg_put_header(room);
    request->nlmsg_type = RTM_GETNEIGH;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct ndmsg *which = mnl_nlmsg_put_extra_header(request, sizeof *which);
    *which = (struct ndmsg){.ndm_family = AF_INET, .ndm_ifindex = ifindex};
    mnl_attr_put_u32(request, NDA_DST, htonl(ip));
    return ask(request, take_mac, &search) && search.found;
}

bool interface_announce(int ifindex, uint32_t ip, const uint8_t mac[6])
{
    struct sockaddr_ll to = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ARP),
        .sll_ifindex = ifindex,
        .sll_halen = 6,
        .sll_addr = {255, 255, 255, 255, 255, 255},
    };
    uint32_t address = htonl(ip);
    struct ether_arp arp = {
        .ea_hdr = {.ar_hrd = htons(ARPHRD_ETHER),
                   .ar_pro = htons(ETH_P_IP),
                   .ar_hln = 6,
                   .ar_pln = 4,
                   .ar_op = htons(ARPOP_REQUEST)},
    };
    memcpy(arp.arp_sha, mac, 6);
    memcpy(arp.arp_spa, &address, 4);
    memcpy(arp.arp_tpa, &address, 4);
    int socket_fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ARP));
    if (socket_fd < 0)
        return false;
    bool sent = true;
    for (int i = 0; i < 3; i++)
        sent = sendto(socket_fd, &arp, sizeof arp, 0, (struct sockaddr *)&to, sizeof to) ==
                   sizeof arp &&
               sent;
    close(socket_fd);
    return sent;
}
