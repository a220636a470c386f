/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * understudyd - a host's part in a replicated service: the event loop, and a clean end.
 *
 * On the way out the TC programs and the service's address go, so that a host that is stopped is out, at once and wholly;
 * its peer counts its silence and goes on alone.
 */
#include "module/daemon/daemon.h"
#include "module/daemon/interface.h"
#include "module/daemon/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_ENVIRONMENT = 1, EVENTS_MAX = 16, LOOPBACK_IFINDEX = 1 };

/* The clock of leases goes on while the machine sleeps: what was granted before has ended when it wakes up. The packet path goes by
 * the same one. */
int64_t daemon_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void daemon_log(const struct daemon *self, const char *event, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "{\"t\":%.6f,\"host\":%u,\"event\":\"%s\",\"what\":\"%s\"}\n",
            (double)daemon_now_ns() / 1e9, self->settings.group.self, event, text);
}

/* --- set-up ------------------------------------------------------------------------------------------------------ */

static void watch(struct daemon *self, int file)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = file};
    epoll_ctl(self->poll, EPOLL_CTL_ADD, file, &event);
}

static bool open_udp(struct daemon *self, unsigned network)
{
    struct sockaddr_in own = {
        .sin_family = AF_INET,
        .sin_port = htons(self->settings.control_port),
        .sin_addr.s_addr = htonl(self->settings.own_ip[network]),
    };
    int file = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), priority = 6;
    setsockopt(file, SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority);
    self->udp[network] = file;
    watch(self, file);
    return bind(file, (struct sockaddr *)&own, sizeof own) == 0;
}

static bool open_files(struct daemon *self)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    self->poll = epoll_create1(EPOLL_CLOEXEC);
    self->signals = signalfd(-1, &signals, SFD_CLOEXEC);
    self->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    watch(self, self->signals);
    watch(self, self->timer);
    self->settings.group.networks = self->settings.own_ip[1] != 0 ? 2 : 1;
    for (unsigned i = 0; i < self->settings.group.networks; i++) {
        if (!open_udp(self, i))
            return false;
    }
    return daemon_listen(self);
}

static bool open_datapath(struct daemon *self)
{
    const struct daemon_settings *settings = &self->settings;
    struct understudy_config config = {
        .host =
            {
                .key = settings->group.key,
                .service_ip = settings->service_ip,
                .service_port = settings->service_port,
                .mss = 1460,
                .window = settings->window,
                .scale = settings->window_scale,
                .sack = 1,
                .role = FT_ROLE_OUT,
                .ack_gate = settings->ack_gate,
            },
    };
    return datapath_open(&self->datapath, settings->interface, &config);
}

static void address_failed(void *context, int error)
{
    daemon_log(context, "error", "service address: %s", strerror(error));
}

static bool open_address(struct daemon *self)
{
    self->announcer = interface_announcer();
    return self->announcer >= 0 &&
           interface_set_address(LOOPBACK_IFINDEX, self->settings.service_ip, true) &&
           address_open(&self->address, self->datapath.ifindex, self->settings.service_ip,
                        address_failed, self);
}

/* Without the privilege heartbeats may be late under load; that is said, and is no reason not to run. */
static void be_prompt(struct daemon *self)
{
    struct sched_param priority = {.sched_priority = 10};
    if (!self->settings.real_time)
        return;
    if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority) != 0)
        daemon_log(self, "warning", "no SCHED_FIFO: %s; heartbeats may be late under load",
                   strerror(errno));
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        daemon_log(self, "warning", "memory is not locked: %s", strerror(errno));
}

/* --- the loop ---------------------------------------------------------------------------------------------------- */

/* What has come is heard before silence is judged. */
static void tick(struct daemon *self)
{
    uint64_t expirations;
    (void)!read(self->timer, &expirations, sizeof expirations);
    for (unsigned i = 0; i < self->settings.group.networks; i++)
        daemon_receive(self, i);
    daemon_tick(self);
}

static void dispatch(struct daemon *self, int file)
{
    if (file == self->timer) {
        tick(self);
        return;
    }
    for (unsigned i = 0; i < self->settings.group.networks; i++) {
        if (file == self->udp[i])
            daemon_receive(self, i);
    }
    if (file == self->listener)
        daemon_accept(self);
    for (unsigned i = 0; i < SERVERS_MAX; i++) {
        if (file == self->clients[i].socket)
            daemon_hear(self, &self->clients[i]);
    }
}

static void run(struct daemon *self)
{
    struct epoll_event events[EVENTS_MAX];
    daemon_tick(self);
    for (;;) {
        int count = epoll_wait(self->poll, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == self->signals)
                return;
            dispatch(self, events[i].data.fd);
        }
        if (!self->started && daemon_server(self) != NULL)
            daemon_begin(self);
    }
}

static int serve(struct daemon *self)
{
    if (!sockets_open(&self->sockets, self->settings.service_ip, self->settings.service_port)) {
        fprintf(stderr, "understudyd: sock_diag: %s (is the kernel built with INET_DIAG?)\n",
                strerror(errno));
        return EXIT_ENVIRONMENT;
    }
    if (!open_files(self)) {
        fprintf(stderr,
                "understudyd: %s: are --own and --control this host's, and free? (needs root)\n",
                strerror(errno));
        return EXIT_ENVIRONMENT;
    }
    if (!open_datapath(self)) {
        fprintf(stderr, "understudyd: %s\n", self->datapath.error);
        datapath_close(&self->datapath);
        return EXIT_ENVIRONMENT;
    }
    if (!open_address(self)) {
        fprintf(stderr, "understudyd: the service address: %s (needs root)\n", strerror(errno));
        datapath_close(&self->datapath);
        return EXIT_ENVIRONMENT;
    }
    be_prompt(self);
    sd_notify(0, "READY=1");
    run(self);
    address_close(&self->address);
    interface_set_address(LOOPBACK_IFINDEX, self->settings.service_ip, false);
    datapath_close(&self->datapath);
    sockets_close(&self->sockets);
    unlink(self->settings.control_path);
    return 0;
}

int main(int argc, char **argv)
{
    static struct daemon self;
    if (options_read(&self.settings, argc, argv) == OPTIONS_STATUS)
        return status_main(self.settings.control_path);
    self.started_ns = daemon_now_ns();
    return serve(&self);
}
