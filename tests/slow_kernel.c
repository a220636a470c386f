/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slow_kernel - put before a program by LD_PRELOAD: a kernel that has its lock on interfaces and addresses (RTNL) held by others, and
 * takes its time to close sockets that see every packet. Real ones do, for tens of milliseconds; this one for longer than any lease.
 */
#include <dlfcn.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SLOW_US = 1200000 };

static int requests;

static int option(int file, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(file, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

ssize_t sendto(int file, const void *bytes, size_t size, int flags, const struct sockaddr *to,
               socklen_t to_size)
{
    ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) =
        (ssize_t(*)(int, const void *, size_t, int, const struct sockaddr *, socklen_t))dlsym(
            RTLD_NEXT, "sendto");
    if (option(file, SO_DOMAIN) == AF_NETLINK && option(file, SO_PROTOCOL) == NETLINK_ROUTE)
        usleep(requests++ > 0 ? SLOW_US : 0); /* the first is of its start: nobody waits for it */
    return next(file, bytes, size, flags, to, to_size);
}

int close(int file)
{
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
    if (option(file, SO_DOMAIN) == AF_PACKET)
        usleep(SLOW_US);
    return next(file);
}
