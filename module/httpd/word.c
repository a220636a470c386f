/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * word - a host that may not speak does not execute either.
 *
 * It may be a primary that slept: the requests that it finds have been answered by the other host meanwhile, and the daemon that would
 * say so has only just woken up, too. What can be trusted is the lease that the packet path goes by. What a worker had begun
 * before it slept it will go on with; nobody hears of it.
 */
#include "module/bpf/understudy_bpf.h"
#include "module/httpd/state.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { STEP_NS = 5000000, SECOND_NS = 1000000000 };

static bool ask(struct understudy_config *out)
{
    uint32_t zero = 0;
    union bpf_attr attr = {0};
    attr.map_fd = (uint32_t)us.settings;
    attr.key = (uint64_t)(uintptr_t)&zero;
    attr.value = (uint64_t)(uintptr_t)out;
    return us.settings >= 0 && syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof attr) == 0;
}

/* By the clock that leases run on. */
static bool may_speak(void)
{
    struct understudy_config config;
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return ask(&config) &&
           (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec < config.host.lease_until_ns;
}

static void await_news(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += STEP_NS;
    if (until.tv_nsec >= SECOND_NS) {
        until.tv_sec++;
        until.tv_nsec -= SECOND_NS;
    }
    pthread_cond_timedwait(&us.changed, &us.lock, &until);
}

enum us_part us_word_await(struct us_connection *self, enum us_part part)
{
    if (self->kind == US_FOREIGN || self->kind == US_UNKNOWN || may_speak())
        return part;
    us_lock();
    while ((part = us_connection_part_now(self)) != US_BACKUP && !may_speak())
        await_news();
    us_unlock();
    return part;
}
