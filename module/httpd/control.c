/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * control - the server's end of its host's daemon's socket (module/link.h): what the host is comes in, how the server is goes out.
 */
#include "module/httpd/channel.h"

#include <ap_mpm.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void close_control(void)
{
    if (us_channel.control >= 0)
        close(us_channel.control);
    us.unheard = true;
    us_channel.control = -1;
}

static void connect_control(void)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    strncpy(path.sun_path, us_channel.control_path, sizeof path.sun_path - 1);
    us_channel.control = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connect(us_channel.control, (struct sockaddr *)&path, sizeof path) != 0)
        close_control();
}

/* Under the number that it had before, if it had one: workers use it without the lock, and must not meet another file. */
static void take_descriptor(int *own, int fresh)
{
    if (*own < 0) {
        *own = fresh;
        return;
    }
    dup3(fresh, *own, O_CLOEXEC);
    close(fresh);
}

static void take_descriptors(struct msghdr *message)
{
    struct cmsghdr *part = CMSG_FIRSTHDR(message);
    int files[LINK_FILES];
    if (part == NULL || part->cmsg_type != SCM_RIGHTS || part->cmsg_len != CMSG_LEN(sizeof files))
        return;
    memcpy(files, CMSG_DATA(part), sizeof files);
    take_descriptor(&us.flows, files[LINK_FLOWS]);
    take_descriptor(&us.settings, files[LINK_CONFIG]);
}

void us_control_read(void)
{
    struct link_state state;
    char room[CMSG_SPACE(LINK_FILES * sizeof(int))];
    struct iovec part = {.iov_base = &state, .iov_len = sizeof state};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    ssize_t got = recvmsg(us_channel.control, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got != sizeof state || state.version != LINK_VERSION) {
        close_control();
        return;
    }
    take_descriptors(&message);
    us.unheard = false;
    us_role_take(&state);
}

static void fill_report(int64_t now_ns)
{
    int phase;
    bool backup = us.state.role == FT_ROLE_BACKUP;
    us.report.version = LINK_VERSION;
    us.report.listening =
        ap_mpm_query(AP_MPMQ_MPM_STATE, &phase) == APR_SUCCESS && phase != AP_MPMQ_STOPPING;
    us.report.channel =
        (us_channel.socket >= 0 && !us_channel.connecting) || us.state.role == FT_ROLE_SOLO;
    us.report.stuck_ns = us.sender.waiting > 0 ? now_ns - us.progress_ns : 0;
    us.report.body_bytes = us.bodies.bytes;
    us.report.log_bytes = backup ? us.log.held : ft_sender_outstanding(&us.sender);
}

void us_control_report(int64_t now_ns)
{
    if (now_ns < us_channel.report_ns)
        return;
    us_channel.report_ns = now_ns + LINK_REPORT_MS * 1000000LL;
    if (us_channel.control < 0)
        connect_control();
    if (us_channel.control < 0)
        return;
    fill_report(now_ns);
    if (send(us_channel.control, &us.report, sizeof us.report, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
        close_control();
}
