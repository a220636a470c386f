/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * channel - mux and demux: one thread that writes and reads the log channel, and speaks to the daemon.
 *
 * The primary connects to the backup's log address, again and again until it is there; the backup listens. What goes out is
 * control records first, then one fragment of a reply at a time, header and bytes in one write. What comes in is read
 * straight into the reply's own memory. A record that does not verify, or does not fit the log, ends the channel. When the
 * role changes everybody who waits is told: released or to execute by themselves.
 */
#include "module/httpd/state.h"

#include <ap_mpm.h>
#include <arpa/inet.h>
#include <errno.h>
#include <http_log.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

APLOG_USE_MODULE(understudy);

enum { RETRY_MS = 20, TAKE_MAX = 64, CANDIDATES = 4, POLLED = 4 };

struct out {
    uint8_t header[FT_RECORD_BYTES];
    const char *bytes; /* of a shipment, which stays until it is acknowledged or abandoned */
    size_t header_left, bytes_left;
    bool is_reply;
};

struct in {
    uint8_t header[FT_RECORD_BYTES];
    size_t header_bytes, payload_left;
    struct ft_record record;
    struct us_logged *logged; /* whose bytes come; NULL: skip them */
};

static struct channel {
    const char *control_path;
    server_rec *server;
    int control, listener, socket;
    bool connecting;
    bool begun;  /* in this view records have gone out on it, or come in */
    bool broken; /* and it is gone: what was lost would be missed, so failover decides */
    int64_t retry_ns, report_ns;
    struct out out;
    struct in in;
    /* Who has connected to us and not yet sent a record that verifies; socket -1: nobody. */
    struct candidate {
        int socket;
        size_t bytes;
        uint8_t header[FT_RECORD_BYTES];
    } candidates[CANDIDATES];
    unsigned next_candidate;
    /* under us.lock: control records that wait, and for how many there is room */
    struct ft_record *controls;
    unsigned control_count, control_room;
} channel = {.control = -1,
             .listener = -1,
             .socket = -1,
             .candidates = {{.socket = -1}, {.socket = -1}, {.socket = -1}, {.socket = -1}}};

static _Thread_local bool is_channel;

int64_t us_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The thread itself looks what there is to send whenever it has heard something. */
void us_channel_wake(void)
{
    if (is_channel)
        return;
    uint64_t one = 1;
    (void)!write(us.wake, &one, sizeof one);
}

/* --- the log, lock held ------------------------------------------------------------------------------------------ */

static void enqueue(const struct ft_record *record)
{
    if (channel.control_count == channel.control_room) {
        channel.control_room = 2 * channel.control_room + 64;
        channel.controls =
            realloc(channel.controls, channel.control_room * sizeof channel.controls[0]);
        if (channel.controls == NULL)
            abort();
    }
    channel.controls[channel.control_count++] = *record;
    us_channel_wake();
}

static void tell_credit(void)
{
    struct ft_record record;
    if (us.state.role == FT_ROLE_BACKUP && ft_log_credit_due(&us.log, &record))
        enqueue(&record);
}

void us_log_drop(struct us_logged *logged)
{
    ft_log_remove(&us.log, &logged->core);
    if (channel.in.logged == logged)
        channel.in.logged = NULL;
    tell_credit();
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
        enqueue(&record);
}

static void answer(struct us_wait *wait, enum us_answer what)
{
    wait->answer = what;
    pthread_cond_signal(&wait->wake);
}

static void release(struct ft_shipment *core)
{
    answer(&((struct us_shipment *)core)->wait, US_RELEASED);
}

static void wake_waiter(const struct ft_request_key *key)
{
    struct ft_log_waiter *waiter = ft_log_waiter_for(&us.log, key);
    if (waiter == NULL)
        return;
    ft_log_stop_waiting(&us.log, waiter);
    answer(&((struct us_waiter *)waiter)->wait, US_LOGGED);
}

/* --- the socket -------------------------------------------------------------------------------------------------- */

static void set_options(int socket)
{
    int one = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void drop_channel(void)
{
    if (channel.socket >= 0)
        close(channel.socket);
    channel.broken = channel.begun;
    channel.socket = -1;
    channel.connecting = false;
    channel.out = (struct out){.is_reply = false};
    channel.in = (struct in){.header_bytes = 0};
}

static struct sockaddr_in address_of(uint32_t ip, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(ip), .sin_port = htons(port)};
}

static void open_listener(void)
{
    int one = 1;
    struct sockaddr_in own = address_of(us.state.own_log_ip, us.state.log_port);
    channel.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(channel.listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(channel.listener, (struct sockaddr *)&own, sizeof own) == 0 &&
        listen(channel.listener, 1) == 0)
        return;
    ap_log_error(APLOG_MARK, APLOG_ERR, errno, channel.server,
                 "understudy: cannot listen for the log channel");
    close(channel.listener);
    channel.listener = -1;
}

static void connect_channel(int64_t now_ns)
{
    struct sockaddr_in own = address_of(us.state.own_log_ip, 0);
    struct sockaddr_in peer = address_of(us.state.peer_log_ip, us.state.log_port);
    channel.retry_ns = now_ns + RETRY_MS * 1000000LL;
    channel.socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    set_options(channel.socket);
    bind(channel.socket, (struct sockaddr *)&own, sizeof own);
    channel.connecting = true;
    if (connect(channel.socket, (struct sockaddr *)&peer, sizeof peer) != 0 && errno != EINPROGRESS)
        drop_channel();
}

static void drop_candidate(struct candidate *self)
{
    if (self->socket >= 0)
        close(self->socket);
    self->socket = -1;
    self->bytes = 0;
}

/* Anybody on the primary's host can connect to us; the channel is who proves by a first record of this view that he has the
 * key. After the first reply nobody else can be it. */
static void accept_candidate(void)
{
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    int socket =
        accept4(channel.listener, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct candidate *candidate = &channel.candidates[channel.next_candidate++ % CANDIDATES];
    if (socket < 0)
        return;
    if (ntohl(from.sin_addr.s_addr) != us.state.peer_log_ip) {
        us.report.refused++;
        close(socket);
        return;
    }
    drop_candidate(candidate);
    candidate->socket = socket;
    set_options(socket);
}

/* The primary's first record forgets a connection that nobody has. */
static bool is_introduction(const struct ft_record *record)
{
    return record->kind == FT_RECORD_FORGET && record->key.connection.client_ip == 0;
}

/* A primary may be in a view that we have yet to be told of: it waits for that. */
static void judge_candidate(struct candidate *self)
{
    struct ft_record record;
    bool valid = ft_record_read(self->header, &us.state.key, &record) == FT_RECORD_OK &&
                 is_introduction(&record) && record.view >= us.state.view;
    if (valid && record.view > us.state.view)
        return;
    if (valid && us.state.role == FT_ROLE_BACKUP && !channel.begun) {
        drop_channel();
        channel.socket = self->socket;
        self->socket = -1;
    } else {
        us.report.refused++;
    }
    drop_candidate(self);
}

static void hear_candidate(struct candidate *self)
{
    ssize_t got =
        recv(self->socket, self->header + self->bytes, FT_RECORD_BYTES - self->bytes, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        drop_candidate(self);
        return;
    }
    self->bytes += (size_t)got;
    if (self->bytes == FT_RECORD_BYTES)
        judge_candidate(self);
}

static void introduce(void)
{
    struct ft_record record = {.kind = FT_RECORD_FORGET, .view = us.state.view};
    enqueue(&record);
    memmove(channel.controls + 1, channel.controls,
            (channel.control_count - 1) * sizeof channel.controls[0]);
    channel.controls[0] = record;
}

/* --- mux --------------------------------------------------------------------------------------------------------- */

static bool next_out(struct out *out)
{
    struct ft_record record;
    struct ft_shipment *core = NULL;
    if (channel.control_count > 0) {
        record = channel.controls[0];
        memmove(channel.controls, channel.controls + 1,
                --channel.control_count * sizeof channel.controls[0]);
    } else if (us.state.role != FT_ROLE_PRIMARY || !ft_sender_next(&us.sender, &record, &core)) {
        return false;
    }
    channel.begun = channel.begun || !is_introduction(&record);
    *out = (struct out){.header_left = FT_RECORD_BYTES, .is_reply = core != NULL};
    if (record.fragment > 0) {
        out->bytes = ((struct us_shipment *)core)->bytes + record.offset;
        out->bytes_left = record.fragment;
    }
    ft_record_write(&record, &us.state.key, out->header);
    return true;
}

/* Lock held: what is written may not be abandoned meanwhile. False: the channel is full or broken. */
static bool write_out(struct out *out)
{
    struct iovec parts[2] = {
        {.iov_base = out->header + FT_RECORD_BYTES - out->header_left, .iov_len = out->header_left},
        {.iov_base = (void *)out->bytes, .iov_len = out->bytes_left},
    };
    ssize_t sent = writev(channel.socket, parts, 2);
    if (sent < 0) {
        if (errno != EAGAIN)
            drop_channel();
        return false;
    }
    us.progress_ns = us_now_ns(); /* slowly is not stuck */
    size_t header = (size_t)sent < out->header_left ? (size_t)sent : out->header_left;
    out->header_left -= header;
    out->bytes += (size_t)sent - header;
    out->bytes_left -= (size_t)sent - header;
    return out->header_left + out->bytes_left == 0;
}

static bool pending(const struct out *out)
{
    return out->header_left + out->bytes_left > 0;
}

static void mux(void)
{
    if (channel.socket < 0 || channel.connecting)
        return;
    while (pending(&channel.out) || next_out(&channel.out)) {
        if (!write_out(&channel.out))
            return;
    }
}

/* --- demux ------------------------------------------------------------------------------------------------------- */

static void refuse(const char *why)
{
    us.report.refused++;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, channel.server, "understudy: log channel ended: %s",
                 why);
    drop_channel();
}

static void open_entry(struct in *in)
{
    struct ft_log_entry *entry = ft_log_find(&us.log, &in->record.key);
    struct us_logged *fresh = NULL;
    in->logged = NULL;
    if (entry == NULL) {
        fresh = calloc(1, sizeof *fresh);
        if (fresh != NULL)
            fresh->bytes = malloc(in->record.length + 1);
        if (fresh == NULL || fresh->bytes == NULL) {
            free(fresh);
            refuse("out of memory");
            return;
        }
        entry = &fresh->core;
    }
    enum ft_log_error error = ft_log_fragment(&us.log, entry, &in->record);
    if (error != FT_LOG_OK && fresh != NULL)
        us_logged_free(fresh);
    if (error == FT_LOG_OK)
        in->logged = us_logged_of(entry);
    else if (error != FT_LOG_STALE_VIEW)
        refuse("a reply does not fit the log");
}

/* Our server has its connection, or is about to accept it. */
static bool is_wanted(const struct ft_log_entry *entry)
{
    const struct ft_connection_key *key = &entry->key.connection;
    return !entry->orphan && (us_connection_find(key) != NULL || us_connection_is_open(key));
}

static void on_logged(struct us_logged *logged)
{
    struct ft_record record;
    us.report.logged++;
    ft_log_acknowledge(&us.log, &logged->core, &record);
    enqueue(&record);
    if (is_wanted(&logged->core)) {
        wake_waiter(&logged->core.key);
        return;
    }
    us_log_drop(logged);
    us_logged_free(logged);
}

/* No reply will come for this request: an entry that says so waits for it. */
static void enter_end(const struct ft_record *forget)
{
    struct ft_record record = *forget;
    struct us_logged *logged = calloc(1, sizeof *logged);
    record.key.ordinal++;
    record.flags = FT_RECORD_UNLOGGED;
    if (logged == NULL)
        abort();
    if (ft_log_fragment(&us.log, &logged->core, &record) == FT_LOG_OK)
        ft_log_received(&logged->core, 0);
    else
        us_logged_free(logged);
}

/* The primary's server has ended a connection: so does ours, behind the same reply. One that the packet path has and our server
 * does not is still waiting to be accepted. */
static void on_forget(const struct ft_record *record)
{
    const struct ft_connection_key *key = &record->key.connection;
    struct ft_request_key next = {.connection = *key, .ordinal = record->key.ordinal + 1};
    struct us_connection *connection = us_connection_find(key);
    struct ft_log_waiter *waiter = ft_log_waiter_for(&us.log, &next);
    if (connection != NULL)
        us_connection_set_end(connection, record->key.ordinal);
    else if (us_connection_is_open(key))
        enter_end(record);
    else
        us_log_drop_connection(key);
    if (waiter == NULL)
        return;
    ft_log_stop_waiting(&us.log, waiter);
    answer(&((struct us_waiter *)waiter)->wait, US_ENDED);
}

/* The backup's server has given a connection up. Ours may have ended it already, and only the packet path still have it. */
static void on_left(const struct ft_record *record)
{
    struct us_connection *connection = us_connection_find(&record->key.connection);
    if (connection != NULL)
        us_connection_leave(connection);
    else
        us_connection_mark_left(&record->key.connection);
}

/* What has come of a reply's bytes; none, of one that has none. */
static void take_payload(struct in *in, size_t bytes)
{
    struct us_logged *logged = in->logged;
    in->payload_left -= bytes;
    if (logged == NULL || !ft_log_received(&logged->core, bytes))
        return;
    in->logged = NULL;
    on_logged(logged);
}

static void act(struct in *in)
{
    in->header_bytes = 0;
    enum ft_record_error error = ft_record_read(in->header, &us.state.key, &in->record);
    channel.begun = true;
    if (error != FT_RECORD_OK) {
        refuse("a record does not verify");
    } else if (in->record.kind == FT_RECORD_REPLY) {
        in->payload_left = in->record.fragment;
        open_entry(in);
        if (channel.socket >= 0 && in->payload_left == 0)
            take_payload(in, 0);
    } else if (in->record.view != us.state.view) {
        return;
    } else if (in->record.kind == FT_RECORD_FORGET) {
        on_forget(&in->record);
    } else if (in->record.kind == FT_RECORD_LEFT) {
        on_left(&in->record);
    } else {
        struct ft_shipment *core = ft_sender_acknowledged(&us.sender, &in->record);
        us.progress_ns = us_now_ns();
        if (core != NULL)
            release(core);
    }
}

/* One read; false: nothing there, or the channel has ended. */
static bool read_in(struct in *in)
{
    static char skipped[65536];
    char *to = (char *)in->header + in->header_bytes;
    size_t most = FT_RECORD_BYTES - in->header_bytes;
    if (in->payload_left > 0) {
        to = in->logged != NULL ? in->logged->bytes + in->logged->core.received : skipped;
        most = in->logged != NULL || in->payload_left < sizeof skipped ? in->payload_left
                                                                       : sizeof skipped;
    }
    ssize_t got = recv(channel.socket, to, most, MSG_DONTWAIT);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            drop_channel();
        return false;
    }
    if (in->payload_left == 0) {
        in->header_bytes += (size_t)got;
        if (in->header_bytes == FT_RECORD_BYTES)
            act(in);
        return channel.socket >= 0;
    }
    take_payload(in, (size_t)got);
    return true;
}

static void demux(void)
{
    for (unsigned i = 0; i < TAKE_MAX && channel.socket >= 0 && read_in(&channel.in); i++)
        ;
}

static void finish_connect(void)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(channel.socket, SOL_SOCKET, SO_ERROR, &error, &size);
    channel.connecting = false;
    if (error != 0)
        drop_channel();
    else
        introduce();
}

/* --- roles ------------------------------------------------------------------------------------------------------- */

static void take_over(void)
{
    struct ft_log_entry *entry;
    while ((entry = ft_log_next_incomplete(&us.log)) != NULL)
        us_logged_free(us_logged_of(entry));
    struct ft_log_waiter *waiter;
    while ((waiter = ft_log_next_waiter(&us.log)) != NULL)
        answer(&((struct us_waiter *)waiter)->wait,
               us.state.role == FT_ROLE_OUT ? US_GONE : US_EXECUTE);
}

static void go_on_alone(void)
{
    struct ft_shipment *core;
    while ((core = ft_sender_abandon(&us.sender)) != NULL) {
        us.report.unprotected++;
        release(core);
    }
}

/* A newcomer's log is empty. A host that serves on keeps what it has logged before: connections of an earlier view may still
 * ask for it. */
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

static void take_state(const struct link_state *state)
{
    bool changed = !us.known || state->role != us.state.role || state->view != us.state.view;
    us.state = *state;
    us.report.view = state->view;
    pthread_cond_broadcast(&us.changed);
    if (!changed)
        return;
    drop_channel();
    channel.begun = channel.broken = false;
    channel.control_count = 0;
    take_over();
    go_on_alone();
    begin_view(state);
    tell_turn(state->role == FT_ROLE_BACKUP);
    us.known = true;
    for (unsigned i = 0; i < CANDIDATES; i++) {
        if (channel.candidates[i].bytes == FT_RECORD_BYTES)
            judge_candidate(&channel.candidates[i]);
    }
    if (channel.listener < 0 && state->own_log_ip != 0)
        open_listener();
}

/* --- the daemon -------------------------------------------------------------------------------------------------- */

static void close_control(void)
{
    if (channel.control >= 0)
        close(channel.control);
    channel.control = -1;
}

static void connect_control(void)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    strncpy(path.sun_path, channel.control_path, sizeof path.sun_path - 1);
    channel.control = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connect(channel.control, (struct sockaddr *)&path, sizeof path) != 0)
        close_control();
}

static void take_descriptor(struct msghdr *message)
{
    struct cmsghdr *part = CMSG_FIRSTHDR(message);
    if (part == NULL || part->cmsg_type != SCM_RIGHTS)
        return;
    if (us.flows >= 0)
        close(us.flows);
    memcpy(&us.flows, CMSG_DATA(part), sizeof us.flows);
}

static void read_control(void)
{
    struct link_state state;
    char room[CMSG_SPACE(sizeof(int))];
    struct iovec part = {.iov_base = &state, .iov_len = sizeof state};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    ssize_t got = recvmsg(channel.control, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got != sizeof state || state.version != LINK_VERSION) {
        close_control();
        return;
    }
    take_descriptor(&message);
    take_state(&state);
}

static void send_report(int64_t now_ns)
{
    int phase;
    if (now_ns < channel.report_ns)
        return;
    channel.report_ns = now_ns + LINK_REPORT_MS * 1000000LL;
    if (channel.control < 0)
        connect_control();
    if (channel.control < 0)
        return;
    us.report.version = LINK_VERSION;
    us.report.listening =
        ap_mpm_query(AP_MPMQ_MPM_STATE, &phase) == APR_SUCCESS && phase != AP_MPMQ_STOPPING;
    us.report.channel =
        (channel.socket >= 0 && !channel.connecting) || us.state.role == FT_ROLE_SOLO;
    us.report.stuck_ns = us.sender.waiting > 0 ? now_ns - us.progress_ns : 0;
    us.report.body_bytes = us.bodies.bytes;
    us.report.log_bytes =
        us.state.role == FT_ROLE_BACKUP ? us.log.held : ft_sender_outstanding(&us.sender);
    if (send(channel.control, &us.report, sizeof us.report, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
        close_control();
}

/* --- the thread -------------------------------------------------------------------------------------------------- */

static void hear_all(const struct pollfd *files)
{
    if (files[1].revents)
        read_control();
    if (files[2].revents)
        accept_candidate();
    if (files[3].revents && channel.socket == files[3].fd) {
        if (channel.connecting)
            finish_connect();
        else if (files[3].revents & (POLLIN | POLLHUP | POLLERR))
            demux();
    }
    for (unsigned i = 0; i < CANDIDATES; i++) {
        struct candidate *candidate = &channel.candidates[i];
        if (files[POLLED + i].revents && candidate->socket == files[POLLED + i].fd)
            hear_candidate(candidate);
    }
}

static void wait_for_news(void)
{
    short channel_events = POLLIN;
    if (channel.connecting || pending(&channel.out))
        channel_events |= POLLOUT;
    struct pollfd files[POLLED + CANDIDATES] = {
        {.fd = us.wake, .events = POLLIN},
        {.fd = channel.control, .events = POLLIN},
        {.fd = channel.listener, .events = POLLIN},
        {.fd = channel.socket, .events = channel_events},
    };
    for (unsigned i = 0; i < CANDIDATES; i++) {
        const struct candidate *candidate = &channel.candidates[i];
        bool heard = candidate->bytes == FT_RECORD_BYTES;
        files[POLLED + i] = (struct pollfd){.fd = heard ? -1 : candidate->socket, .events = POLLIN};
    }
    uint64_t count;
    poll(files, POLLED + CANDIDATES, LINK_REPORT_MS);
    if (files[0].revents & POLLIN)
        (void)!read(us.wake, &count, sizeof count);
    pthread_mutex_lock(&us.lock);
    hear_all(files);
    pthread_mutex_unlock(&us.lock);
}

static void *run(void *unused)
{
    (void)unused;
    is_channel = true;
    for (;;) {
        int64_t now_ns = us_now_ns();
        pthread_mutex_lock(&us.lock);
        send_report(now_ns);
        if (us.known && us.state.role == FT_ROLE_PRIMARY && channel.socket < 0 && !channel.broken &&
            now_ns >= channel.retry_ns)
            connect_channel(now_ns);
        mux();
        pthread_mutex_unlock(&us.lock);
        wait_for_news();
    }
    return NULL;
}

apr_status_t us_channel_start(const char *control_path, apr_pool_t *pool, server_rec *server)
{
    pthread_t thread;
    (void)pool;
    channel.control_path = control_path;
    channel.server = server;
    us.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    us.turn = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (us.wake < 0 || us.turn < 0)
        return errno;
    return pthread_create(&thread, NULL, run, NULL);
}
