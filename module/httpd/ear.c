/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ear - who reads the log channel: a worker that waits for the other host's word, or else the channel's thread.
 *
 * The word on a lone reply wakes the worker that waits for it, and nobody before: that worker sleeps in the read itself. Only one does;
 * what comes for others it hands on, and it reads until it has its own. Then the thread hears the channel again, and wakes only if there
 * is something before the next worker comes. It watches the channel through a set of its own (epoll), which a worker can change while
 * the thread sleeps.
 *
 * A worker opens and closes nothing: when the channel has ended it says so to the thread, and waits as the others do. The thread ends
 * the read of a worker by shutting the socket down (us_dial_drop).
 */
#include "module/httpd/channel.h"

#include <sys/epoll.h>
#include <sys/socket.h>

int us_ear_open(void)
{
    us_channel.ear = epoll_create1(EPOLL_CLOEXEC);
    return us_channel.ear;
}

/* What is not watched tells errors all the same; who reads will find them. */
static void watch(int how, bool watched)
{
    struct epoll_event event = {.events = watched ? EPOLLIN : EPOLLET};
    epoll_ctl(us_channel.ear, how, us_channel.socket, &event);
}

void us_ear_attach(void)
{
    watch(EPOLL_CTL_ADD, true);
}

/* A child that another module has forked may hold the socket open, and it would stay in the set. */
void us_ear_detach(int socket)
{
    epoll_ctl(us_channel.ear, EPOLL_CTL_DEL, socket, NULL);
}

static bool take(void)
{
    if (us_channel.reading || us_channel.ended || us_channel.socket < 0 || us_channel.connecting)
        return false;
    us_channel.reading = true;
    return true;
}

static void give(void)
{
    us_channel.reading = false;
    pthread_cond_broadcast(&us_channel.idle);
}

static void hear(int file, int flags)
{
    ssize_t got = us_demux_read(file, flags);
    us_lock();
    us_demux_take(got);
}

void us_ear_hear(void)
{
    if (!take())
        return;
    int file = us_channel.socket;
    us_unlock();
    hear(file, MSG_DONTWAIT);
    give();
}

int us_ear_lend(void)
{
    if (!take())
        return -1;
    watch(EPOLL_CTL_MOD, false);
    return us_channel.socket;
}

static void give_back(void)
{
    give();
    if (us_channel.ended)
        us_channel_wake();
    else if (us_channel.socket >= 0)
        watch(EPOLL_CTL_MOD, true);
}

void us_ear_await(const struct us_wait *wait, int file)
{
    bool more;
    do {
        hear(file, 0);
        more = wait->answer == US_PENDING && !us_channel.ended && us_channel.socket == file;
        if (!more)
            give_back();
        us_unlock();
    } while (more);
}
