/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cables_load - the program understudy-cables: loads the TC programs, hands the testbed their memory over descriptor 3, and attaches them to
 * each port that it is told on the same socket ("NAME"): the answer is its number, or 0 and what is wrong with it.
 *
 * A program of its own, so that `understudy` need not be linked with libbpf. It ends with the testbed, and the programs with the ports.
 */
#include "module/testbed/cables.h"

#include "cables.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TESTBED = 3 };

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
    return level == LIBBPF_WARN ? vfprintf(stderr, format, arguments) : 0;
}

static int attach(int ifindex, enum bpf_tc_attach_point point, int program)
{
    DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = point);
    DECLARE_LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program, .handle = 1, .priority = 1);
    return bpf_tc_attach(&hook, &options);
}

static int attach_both(const struct cables_bpf *programs, const char *port)
{
    int ifindex = (int)if_nametoindex(port);
    DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
                        .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
    if (ifindex == 0 || bpf_tc_hook_create(&hook) != 0 ||
        attach(ifindex, BPF_TC_INGRESS, bpf_program__fd(programs->progs.from_machine)) != 0 ||
        attach(ifindex, BPF_TC_EGRESS, bpf_program__fd(programs->progs.to_machine)) != 0)
        return 0;
    return ifindex;
}

static bool hand_over(int map)
{
    char byte = 'm', room[CMSG_SPACE(sizeof map)] = {0};
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    *rights = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof map)};
    memcpy(CMSG_DATA(rights), &map, sizeof map);
    return sendmsg(TESTBED, &message, MSG_NOSIGNAL) == 1;
}

int main(void)
{
    char port[64];
    ssize_t got;
    libbpf_set_print(silent);
    struct cables_bpf *programs = cables_bpf__open_and_load();
    if (programs == NULL || !hand_over(bpf_map__fd(programs->maps.cables_memory)))
        return 1;
    while ((got = recv(TESTBED, port, sizeof port - 1, 0)) > 0) {
        port[got] = '\0';
        int ifindex = attach_both(programs, port);
        if (send(TESTBED, &ifindex, sizeof ifindex, MSG_NOSIGNAL) != sizeof ifindex)
            break;
    }
    cables_bpf__destroy(programs);
    return 0;
}
