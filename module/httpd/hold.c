/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * hold - the backup gives a logged reply to its own TCP when the client has it from the primary, or when it must speak itself.
 *
 * Written at once, the reply would be sent into the void and wait for an acknowledgement. If the primary dies then, only our TCP's
 * timer sends it again: at least 50 ms later, twice that if it had fired in vain before, and 3 s on a young connection, of which
 * Linux has no round trip yet. Held, it is sent in the moment of the takeover; and what the client has already, the packet path
 * acknowledges to our TCP at once. A client that is slow to acknowledge is not waited for long: its reply is TCP's business.
 */
#include "core/ft_flow.h"
#include "module/httpd/state.h"

#include <apr_portable.h>
#include <poll.h>

enum { HOLD_MS = 100, FIRST_STEP_MS = 1 };

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
    apr_os_sock_get(&client, self->socket);
    if (!us_flow_of(self, &flow))
        return;
    uint32_t end = flow.own_sent + (uint32_t)length;
    for (int step_ms = FIRST_STEP_MS, held_ms = 0; held_ms < HOLD_MS; held_ms += step_ms) {
        if (!ft_seq_before(flow.client_acked, end) || flow.closed ||
            !wait_step(us.turn, &client, step_ms) || !us_flow_of(self, &flow))
            return;
        step_ms = step_ms < 16 ? 2 * step_ms : step_ms;
    }
}
