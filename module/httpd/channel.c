/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * channel - the thread that keeps the log channel open, reads it while nobody waits for it (ear.c), and speaks to the daemon.
 *
 * It writes only what is left to it (mux.c). Freed memory of the log that no acknowledgement has told of yet is told when the thread
 * comes round: enough of it at once, what little there is a while later.
 */
#include "module/httpd/channel.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { WAKE, CONTROL, LISTENER, CHANNEL, ROOM, CANDIDATES, POLLED = CANDIDATES + US_CANDIDATES };

struct us_channel us_channel = {
    .control = -1,
    .listener = -1,
    .socket = -1,
    .idle = PTHREAD_COND_INITIALIZER,
};

void us_channel_wake(void)
{
    uint64_t one = 1;
    (void)!write(us.wake, &one, sizeof one);
}

/* --- what others tell the other host, lock held ---------------------------------------------------------------------------- */

static void tell_credit(bool often)
{
    struct ft_record record;
    if (us.state.role == FT_ROLE_BACKUP && ft_log_credit_due(&us.log, often, &record))
        us_mux_record(&record);
}

void us_log_drop(struct us_logged *logged)
{
    ft_log_remove(&us.log, &logged->core);
    tell_credit(true);
}

void us_log_drop_connection(const struct ft_connection_key *key)
{
    struct ft_log_entry *entry;
    while ((entry = ft_log_any_of(&us.log, key)) != NULL) {
        if (!entry->complete) {
            entry->orphan = true;
            continue;
        }
        us_log_drop(us_logged_of(entry));
        us_logged_free(us_logged_of(entry));
    }
}

/* Who serves alone has nobody to tell. */
void us_channel_tell(enum ft_record_kind kind, const struct us_connection *connection)
{
    struct ft_record record = {
        .kind = (uint8_t)kind,
        .key = {.connection = connection->key, .ordinal = connection->replies},
        .view = us.state.view,
    };
    if (us.state.role == FT_ROLE_PRIMARY || us.state.role == FT_ROLE_BACKUP)
        us_mux_record(&record);
}

void us_channel_ship(struct us_shipment *shipment)
{
    if (us.sender.waiting == 0)
        us.progress_ns = us_now_ns();
    ft_sender_put(&us.sender, &shipment->core);
    us_channel.ready = true;
}

/* --- the thread ------------------------------------------------------------------------------------------------------------- */

/* The socket takes bytes, or is connected. */
static void hear_room(const struct pollfd *file)
{
    if (us_channel.socket != file->fd)
        return;
    us_channel.full = false;
    if (us_channel.connecting)
        us_dial_connected();
}

static void hear_all(const struct pollfd *files)
{
    if (files[CHANNEL].revents)
        us_ear_hear();
    if (us_channel.ended)
        us_dial_drop();
    if (files[ROOM].revents)
        hear_room(&files[ROOM]);
    if (files[CONTROL].revents)
        us_control_read();
    if (files[LISTENER].revents)
        us_dial_accept();
    for (unsigned i = 0; i < US_CANDIDATES; i++) {
        const struct pollfd *file = &files[CANDIDATES + i];
        if (file->revents && file->fd == us_dial_candidate(i))
            us_dial_hear(i);
    }
}

/* Lock held. */
static void keep_up(int64_t now_ns)
{
    bool connects = us.known && us.state.role == FT_ROLE_PRIMARY && us_channel.socket < 0 &&
                    !us_channel.broken && now_ns >= us_channel.retry_ns;
    if (now_ns >= us_channel.report_ns)
        tell_credit(false);
    us_control_report(now_ns);
    if (connects)
        us_dial_connect(now_ns);
}

/* Lock held. */
static void choose(struct pollfd files[POLLED])
{
    bool writes = us_channel.connecting || us_channel.full;
    files[WAKE] = (struct pollfd){.fd = us.wake, .events = POLLIN};
    files[CONTROL] = (struct pollfd){.fd = us_channel.control, .events = POLLIN};
    files[LISTENER] = (struct pollfd){.fd = us_channel.listener, .events = POLLIN};
    files[CHANNEL] = (struct pollfd){.fd = us_channel.ear, .events = POLLIN};
    files[ROOM] = (struct pollfd){.fd = writes ? us_channel.socket : -1, .events = POLLOUT};
    for (unsigned i = 0; i < US_CANDIDATES; i++)
        files[CANDIDATES + i] = (struct pollfd){.fd = us_dial_candidate(i), .events = POLLIN};
}

static void wait_and_hear(struct pollfd files[POLLED])
{
    uint64_t count;
    poll(files, POLLED, LINK_REPORT_MS);
    if (files[WAKE].revents & POLLIN)
        (void)!read(us.wake, &count, sizeof count);
    us_lock();
    hear_all(files);
    us_unlock(); /* whoever waits for what came need not wait for what else is due */
    us_lock();
    keep_up(us_now_ns());
    choose(files);
    us_unlock();
}

static void *run(void *unused)
{
    struct pollfd files[POLLED] = {{.fd = us.wake, .events = POLLIN}};
    (void)unused;
    for (unsigned i = CONTROL; i < POLLED; i++)
        files[i].fd = -1;
    for (;;)
        wait_and_hear(files);
    return NULL;
}

apr_status_t us_channel_start(const char *control_path, apr_pool_t *pool, server_rec *server)
{
    pthread_t thread;
    (void)pool;
    us_channel.control_path = control_path;
    us_channel.server = server;
    us.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    us.turn = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (us.wake < 0 || us.turn < 0 || us_ear_open() < 0)
        return errno;
    return pthread_create(&thread, NULL, run, NULL);
}
