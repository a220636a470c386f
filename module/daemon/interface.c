/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * interface - rtnetlink through libmnl, an ioctl, and a raw ARP frame.
 */
#include "module/daemon/interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 8192 };

/* False: the kernel refused, errno says why. */
static bool ask(struct nlmsghdr *request)
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
                                          mnl_socket_get_portid(socket), NULL, NULL);
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
    return ask(request) || errno == (present ? EEXIST : EADDRNOTAVAIL);
}

/* --- neighbours -------------------------------------------------------------------------------------------------- */

bool interface_neighbour(const char *interface, uint32_t ip, uint8_t mac[6])
{
    struct arpreq request = {0};
    struct sockaddr_in which = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(ip)};
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memcpy(&request.arp_pa, &which, sizeof which);
    strncpy(request.arp_dev, interface, sizeof request.arp_dev - 1);
    bool found =
        any >= 0 && ioctl(any, SIOCGARP, &request) == 0 && (request.arp_flags & ATF_COM) != 0;
    if (any >= 0)
        close(any);
    if (found)
        memcpy(mac, request.arp_ha.sa_data, 6);
    return found;
}

/* --- announcements ----------------------------------------------------------------------------------------------- */

/* Of no protocol: it receives nothing. */
int interface_announcer(void)
{
    return socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

bool interface_announce(int announcer, int ifindex, uint32_t ip, const uint8_t mac[6])
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
    bool sent = true;
    for (int i = 0; i < 3; i++)
        sent = sendto(announcer, &arp, sizeof arp, MSG_DONTWAIT, (struct sockaddr *)&to,
                      sizeof to) == sizeof arp &&
               sent;
    return sent;
}
