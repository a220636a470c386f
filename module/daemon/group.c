/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * group - carries the actions of core/ft_group out, and tells it how the server is doing.
 */
#include "module/daemon/daemon.h"
#include "module/daemon/interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

enum { RECEIVE_MAX = 64 }; /* at a time: whoever floods us must not keep us from our heartbeats */
enum { COUNTER_STEP_S = 64, SERVER_SILENCE_FACTOR = 5, LOOPBACK_IFINDEX = 1 };
#define SWEEP_NS 1000000000LL
#define LOOK_NS 1000000000LL
#define BURY_AGAIN_NS 1000000000LL

static const char *role_name(enum ft_role role)
{
    static const char *const names[] = {"out", "primary", "backup", "solo"};
    return names[role];
}

/* --- roles ------------------------------------------------------------------------------------------------------- */

static void announce_address(struct daemon *self)
{
    if (!interface_announce(self->announcer, self->datapath.ifindex, self->settings.service_ip,
                            self->datapath.config.own_mac))
        daemon_log(self, "error", "gratuitous ARP: %s", strerror(errno));
}

static bool holds_address(const struct daemon *self)
{
    return self->group.role == FT_ROLE_BACKUP || self->group.role == FT_ROLE_SOLO;
}

/* The address is at the backup, or at whoever serves alone; the primary has it where nobody asks (lo). */
static void hold_address(struct daemon *self)
{
    bool present = holds_address(self);
    address_hold(&self->address, present);
    if (present)
        announce_address(self);
}

/* The counter, the server and the table change without a word from the group, and at a backup nothing else does for hours: so
 * this is asked after every tick, and told if it is new. */
static void tell_datapath(struct daemon *self)
{
    struct ft_path_host *host = &self->datapath.config.host;
    ft_path_set_role(host, (uint8_t)self->group.role, (uint32_t)self->group.view);
    host->lease_until_ns = ft_group_speak_until_ns(&self->group);
    host->listening = daemon_server(self) != NULL;
    /* A host whose server does not listen sends no heartbeats, and is soon not our peer. */
    host->peer_listening = !self->group.peer_full;
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    host->counter = (uint32_t)(wall.tv_sec / COUNTER_STEP_S);
    datapath_tell(&self->datapath);
}

static void send_to_peer(struct daemon *self, unsigned network, const uint8_t *bytes, size_t size)
{
    struct sockaddr_in peer = {
        .sin_family = AF_INET,
        .sin_port = htons(self->settings.control_port),
        .sin_addr.s_addr = htonl(self->settings.peer_ip[network]),
    };
    sendto(self->udp[network], bytes, size, MSG_DONTWAIT, (struct sockaddr *)&peer, sizeof peer);
    self->heartbeats_out++;
}

/* The peer's link-layer address, which copies and reports go to. A datagram makes the kernel ask for it. */
static void look_for_peer(struct daemon *self)
{
    uint8_t mac[6], *known = self->datapath.config.peer_mac;
    if (self->settings.peer_ip[0] == 0)
        return;
    if (!interface_neighbour(self->datapath.interface, self->settings.peer_ip[0], mac)) {
        if (!self->peer_known)
            send_to_peer(self, 0, NULL, 0);
        return;
    }
    if (memcmp(mac, known, sizeof mac) != 0)
        daemon_log(self, "peer", "is at " MAC_FORMAT, MAC_PARTS(mac));
    memcpy(known, mac, sizeof mac);
    self->peer_known = true;
}

/* Interfaces are replaced while all goes on: by another one of a bond, by a new card in the peer. */
static void look_around(struct daemon *self, int64_t now_ns)
{
    if (self->peer_known && now_ns - self->looked_ns < LOOK_NS)
        return;
    self->looked_ns = now_ns;
    look_for_peer(self);
    if (datapath_refresh(&self->datapath) && self->started && holds_address(self))
        announce_address(self);
}

static void role_changed(struct daemon *self, const struct ft_group_action *action)
{
    int64_t now_ns = daemon_now_ns();
    self->role_changes++;
    self->changed_ns = now_ns;
    enum ft_role before = self->datapath.config.host.role;
    tell_datapath(self);
    daemon_tell_servers(self);
    hold_address(self);
    if (before != FT_ROLE_OUT && action->role == FT_ROLE_SOLO)
        daemon_first_words(self);
    self->looked_ns = now_ns - LOOK_NS; /* whoever is the peer now may be at another place */
    daemon_log(self, "role", "%s view %llu silence_ms %.1f", role_name(action->role),
               (unsigned long long)action->view, (double)self->group.detect.silence_ns / 1e6);
}

static void carry_out(struct daemon *self, const struct ft_group_action *actions, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (actions[i].kind == FT_GROUP_SEND)
            send_to_peer(self, actions[i].network, actions[i].bytes, FT_CONTROL_BYTES);
        else if (actions[i].kind == FT_GROUP_ANNOUNCE)
            announce_address(self);
        else
            role_changed(self, &actions[i]);
    }
    tell_datapath(self);
    daemon_warn(self);
}

/* --- time and messages ------------------------------------------------------------------------------------------- */

/* At the next heartbeat; or before, at the very moment when a backup has counted its time-out: clients wait for nothing but that. */
static int64_t due_ns(const struct daemon *self)
{
    const struct ft_detect *detect = &self->group.detect;
    int64_t next_ns = ft_group_next_ns(&self->group);
    int64_t suspects_ns = ft_detect_suspects_ns(detect, self->settings.group.timeout_ns);
    bool before = suspects_ns > detect->ticked_ns && suspects_ns < next_ns;
    return self->group.role == FT_ROLE_BACKUP && before ? suspects_ns : next_ns;
}

static void set_timer(struct daemon *self)
{
    int64_t at_ns =
        self->started ? due_ns(self) : daemon_now_ns() + self->settings.group.heartbeat_ns;
    struct itimerspec at = {
        .it_value = {.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000}};
    timerfd_settime(self->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

/* Nothing of a life before may speak in the next one, be it this program's or an earlier one's: its sockets end while the packet path
 * lets nothing out, and the server's module lets go of its log. */
static bool bury(struct daemon *self)
{
    int ended = sockets_end(&self->sockets);
    if (ended < 0)
        daemon_log(self, "error", "connections of the life before cannot be ended (%s): out",
                   strerror(errno));
    else
        daemon_log(self, "buried", "%d connections of the life before", ended);
    self->buried += ended > 0 ? (uint64_t)ended : 0;
    datapath_forget(&self->datapath);
    return ended >= 0;
}

static void begin(struct daemon *self)
{
    struct ft_group_settings settings = self->settings.group;
    enum ft_role role = self->settings.alone ? FT_ROLE_SOLO : FT_ROLE_OUT;
    struct ft_group_action action = {.role = role, .view = self->settings.alone};
    if (getrandom(&settings.incarnation, sizeof settings.incarnation, 0) !=
            sizeof settings.incarnation ||
        settings.incarnation == 0)
        settings.incarnation = (uint64_t)daemon_now_ns();
    self->started = true;
    self->bereaved = false;
    self->lives++;
    ft_group_init(&self->group, &settings, daemon_now_ns(), role, action.view);
    ft_group_set_healthy(&self->group, daemon_server(self) != NULL);
    role_changed(self, &action);
    set_timer(self);
}

void daemon_begin(struct daemon *self)
{
    int64_t now_ns = daemon_now_ns();
    if (now_ns < self->bury_ns)
        return;
    if (self->settings.alone || bury(self))
        begin(self);
    else
        self->bury_ns = now_ns + BURY_AGAIN_NS;
}

/* Another process in the place of the one that died has none of its connections: with it this host is somebody new, even if the
 * other one has not missed it meanwhile. Who serves alone has lost them to nobody. */
static bool is_bereaved(struct daemon *self)
{
    if (self->group.role == FT_ROLE_SOLO && daemon_server(self) != NULL)
        self->bereaved = false;
    return self->bereaved;
}

/* Out of service, but not from the start; or with another server: this life has ended. */
static void be_reborn(struct daemon *self)
{
    bool out = self->group.role == FT_ROLE_OUT && !self->group.joins;
    if (out || (is_bereaved(self) && daemon_server(self) != NULL))
        daemon_begin(self);
}

static void judge_server(struct daemon *self, int64_t now_ns)
{
    const struct daemon_client *server = daemon_server(self);
    ft_group_set_healthy(&self->group, server != NULL && !is_bereaved(self));
    if (server == NULL || server->report.stuck_ns <= self->settings.log_timeout_ns)
        return;
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    carry_out(self, actions, ft_group_log_stuck(&self->group, now_ns, actions));
}

/* Some of the table with every tick, and a rest when all of it has been seen. */
static void sweep(struct daemon *self, int64_t now_ns)
{
    if (now_ns < self->sweep_ns ||
        !datapath_sweep(&self->datapath, &self->sockets, now_ns, self->settings.keep_ns))
        return;
    self->sweep_ns = now_ns + SWEEP_NS;
    bool full = self->datapath.flows > UNDERSTUDY_FLOWS_MAX / 10 * 9;
    self->datapath.config.host.table_full = full;
    ft_group_set_full(&self->group, full);
}

void daemon_tick(struct daemon *self)
{
    int64_t now_ns = daemon_now_ns();
    look_around(self, now_ns);
    if (self->started) {
        struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
        judge_server(self, now_ns);
        carry_out(self, actions, ft_group_tick(&self->group, now_ns, actions));
        be_reborn(self);
        sweep(self, now_ns);
        tell_datapath(self);
    }
    set_timer(self);
}

void daemon_receive(struct daemon *self, unsigned network)
{
    uint8_t bytes[FT_CONTROL_BYTES + 1];
    for (unsigned i = 0; i < RECEIVE_MAX; i++) {
        struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
        ssize_t got = recv(self->udp[network], bytes, sizeof bytes, MSG_DONTWAIT);
        if (got < 0)
            return;
        if (got == 0)
            continue; /* it only looked for us */
        self->heartbeats_in++;
        if (self->started)
            carry_out(self, actions,
                      ft_group_input(&self->group, daemon_now_ns(), bytes, (size_t)got, actions));
    }
}
