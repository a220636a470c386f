/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * hold - the backup gives a logged reply to its own TCP when the client has it from the primary, or when it must speak itself.
 *
 * Written at once, the reply would be sent into the void and wait for an acknowledgement. If the primary dies then, only our TCP's
 * timer sends it again: at least 50 ms later, twice that if it had fired in vain before, and 3 s on a young connection, of which
 * Linux has no round trip yet. Held, it is sent in the moment of the takeover; and what the client has already, the packet path
 * acknowledges to our TCP at once. A client that is slow to acknowledge is not waited for long: its reply is TCP's business.
 *
 * A client that asks again at once acknowledges with its next request. It is the primary's to answer first: whoever waits here is
 * woken once, when that reply is logged too, instead of by the request and then by its reply.
 */
#include "core/ft_flow.h"
#include "module/httpd/state.h"

#include <apr_portable.h>
#include <poll.h>
#include <sys/ioctl.h>

enum { HOLD_MS = 100, FIRST_STEP_MS = 1, BODY_BYTES = 16384 };
enum { BRISK_NS = 40000000, SHORT_NS = BRISK_NS / 8, LONG_NS = BRISK_NS / 2 };

/* Lock held. */
static bool expects(const struct us_connection *self, const struct ft_request_key *key)
{
    const struct ft_log_entry *entry = ft_log_find(&us.log, key);
    return us.state.role == FT_ROLE_BACKUP && self->view == (uint32_t)us.state.view &&
           (entry == NULL || !entry->complete);
}

/* Until the reply behind the one that is held back is logged, or this host is to speak; false: neither has happened in time. */
static bool await_next(const struct us_connection *self, int64_t time_ns)
{
    struct us_waiter waiter = {.core.key = us_next_request(self)};
    waiter.core.key.ordinal++;
    us_lock();
    bool waits = expects(self, &waiter.core.key);
    if (waits) {
        waiter.wait = us_wait_begin();
        ft_log_wait(&us.log, &waiter.core);
    }
    us_unlock();
    if (!waits || us_wait_until(waiter.wait, us_now_ns() + time_ns))
        return true;
    us_lock();
    bool answered = !waiter.core.waiting; /* just now */
    if (!answered)
        ft_log_stop_waiting(&us.log, &waiter.core);
    us_unlock();
    if (answered)
        us_wait_end(waiter.wait);
    return answered;
}

/* A body that fills the socket must be read, or its client cannot go on. */
static bool sends_body(int client)
{
    int bytes = 0;
    return ioctl(client, FIONREAD, &bytes) == 0 && bytes >= BODY_BYTES;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* In growing steps, between which a body is looked for. The first one is likely enough: longer than it took the last time. */
static void await_brisk(const struct us_connection *self, int client)
{
    int64_t step_ns = clamp(2 * self->held_ns, SHORT_NS, LONG_NS);
    while (!await_next(self, step_ns) && step_ns < BRISK_NS && !sends_body(client))
        step_ns = clamp(2 * step_ns, 0, BRISK_NS);
}

static bool wait_step(int turn, int *client, int step_ms)
{
    struct pollfd files[] = {{.fd = turn, .events = POLLIN}, {.fd = *client, .events = POLLIN}};
    poll(files, 2, step_ms);
    if (files[1].revents != 0)
        *client =
            -1; /* the next request, most likely with the acknowledgement; do not be woken by it again */
    return (files[0].revents & POLLIN) == 0;
}

void us_hold_back(struct us_connection *self, uint64_t length)
{
    struct ft_flow flow;
    int client = -1;
    int64_t begun_ns = us_now_ns();
    apr_os_sock_get(&client, self->socket);
    if (self->brisk)
        await_brisk(self, client);
    if (!us_flow_of(self, &flow))
        return;
    uint32_t end = flow.own_sent + (uint32_t)length;
    for (int step_ms = FIRST_STEP_MS, held_ms = 0; held_ms < HOLD_MS; held_ms += step_ms) {
        if (!ft_seq_before(flow.client_acked, end) || flow.closed ||
            !wait_step(us.turn, &client, step_ms) || !us_flow_of(self, &flow))
            break;
        step_ms = step_ms < 16 ? 2 * step_ms : step_ms;
    }
    self->held_ns = us_now_ns() - begun_ns;
    self->brisk = self->held_ns < BRISK_NS;
}
