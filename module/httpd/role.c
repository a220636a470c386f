/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * role - what becomes of the log, and of those who wait for it, when the daemon says that this host is something else now.
 *
 * Everybody who waits is told: released, or to execute by himself. A newcomer's log is empty. A host that serves on keeps what it
 * has logged before: connections of an earlier view may still ask for it.
 */
#include "module/httpd/channel.h"

#include <unistd.h>

static void take_over(void)
{
    struct ft_log_entry *entry;
    while ((entry = ft_log_next_incomplete(&us.log)) != NULL)
        us_logged_free(us_logged_of(entry));
    enum us_answer what = us.state.role == FT_ROLE_OUT ? US_GONE : US_EXECUTE;
    struct ft_log_waiter *waiter;
    while ((waiter = ft_log_next_waiter(&us.log)) != NULL)
        us_answer(((struct us_waiter *)waiter)->wait, what);
}

static void go_on_alone(void)
{
    struct ft_shipment *shipment;
    while ((shipment = ft_sender_abandon(&us.sender)) != NULL) {
        us.report.unprotected++;
        us_answer(((struct us_shipment *)shipment)->wait, US_RELEASED);
    }
}

static void begin_view(const struct link_state *state)
{
    struct ft_log_entry *entry;
    ft_sender_init(&us.sender, state->view, state->log_bytes, state->fragment_bytes);
    if (state->role == FT_ROLE_PRIMARY || state->role == FT_ROLE_SOLO)
        return;
    while ((entry = ft_log_next_entry(&us.log)) != NULL)
        us_logged_free(us_logged_of(entry));
    ft_log_init(&us.log, state->view, state->log_bytes);
}

/* Whoever holds a reply back for the primary to send need not wait any longer, or from now on must. */
static void tell_turn(bool backup)
{
    uint64_t count = 1;
    if (backup)
        (void)!read(us.turn, &count, sizeof count);
    else
        (void)!write(us.turn, &count, sizeof count);
}

void us_role_take(const struct link_state *state)
{
    bool changed = !us.known || state->role != us.state.role || state->view != us.state.view;
    if (changed)
        us_dial_drop(); /* nobody writes a reply any more that is abandoned below */
    us.state = *state;
    us.report.view = state->view;
    pthread_cond_broadcast(&us.changed);
    if (!changed)
        return;
    us_channel.begun = us_channel.broken = false;
    us_channel.controls.first = us_channel.controls.count = 0;
    take_over();
    go_on_alone();
    begin_view(state);
    tell_turn(state->role == FT_ROLE_BACKUP);
    us.known = true;
    us_dial_judge();
    if (us_channel.listener < 0 && state->own_log_ip != 0)
        us_dial_listen();
}
