/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_group - the state machine. Every change of role goes through become().
 */
#include "core/ft_group.h"

#include "core/ft_plant.h"

#include "core/ft_poison.h"

enum { HOST_BITS = 8, DRIFT_PPM = 200, PPM = 1000000 };

struct out {
    struct ft_group_action *actions;
    unsigned count;
};

/* How far two clocks drift apart meanwhile. */
static int64_t drift_ns(int64_t time_ns)
{
    return time_ns / PPM * 2 * DRIFT_PPM + 1;
}

static bool outlasts(int64_t timeout_ns, int64_t lease_ns)
{
    return timeout_ns > 0 && timeout_ns - drift_ns(timeout_ns) > lease_ns;
}

bool ft_group_settings_sound(const struct ft_group_settings *settings)
{
    return settings->heartbeat_ns > 0 && settings->lease_ns >= 2 * settings->heartbeat_ns &&
           outlasts(settings->timeout_ns, settings->lease_ns) && settings->self != settings->peer &&
           settings->incarnation != 0;
}

void ft_group_init(struct ft_group *self, const struct ft_group_settings *settings, int64_t now_ns,
                   enum ft_role role, uint64_t view)
{
    *self = (struct ft_group){
        .settings = *settings,
        .role = role,
        .view = view,
        .newest = view,
        .next_ns = now_ns,
        .spoke_ns = now_ns,
        .announce_ns = INT64_MAX,
        .healthy = true,
        .joins = role == FT_ROLE_OUT,
    };
    ft_peer_init(&self->peer, settings->incarnation, settings->timeout_ns);
    ft_detect_init(&self->detect, settings->heartbeat_ns, now_ns);
    int64_t patience_ns = 2 * settings->timeout_ns;
    ft_lease_init(&self->lease,
                  ft_planted(FT_PLANT_LEASE_TOO_LONG) ? patience_ns : settings->lease_ns, now_ns);
}

/* Takes the first view that nobody has named yet. */
static uint64_t next_view(struct ft_group *self)
{
    self->newest = ((self->newest >> HOST_BITS) + 1) << HOST_BITS | self->settings.self;
    return self->newest;
}

static void become(struct ft_group *self, enum ft_role role, uint64_t view, struct out *out)
{
    self->role = role;
    self->view = view;
    self->proposal = 0;
    self->joins = false;
    self->announce_ns = INT64_MIN;
    self->announce_gap_ns = self->settings.heartbeat_ns;
    out->actions[out->count++] =
        (struct ft_group_action){.kind = FT_GROUP_ROLE, .role = role, .view = view};
}

static void serve_alone(struct ft_group *self, struct out *out)
{
    become(self, FT_ROLE_SOLO, next_view(self), out);
}

/* It serves alone and has proposed a view with the newcomer in it: the newcomer may be its backup by now. */
static bool takes_in(const struct ft_group *self)
{
    return self->role == FT_ROLE_SOLO && self->proposal != 0;
}

/* --- out ---------------------------------------------------------------------------------------------------------- */

static uint8_t flags_of(const struct ft_group *self)
{
    bool refuses = self->role == FT_ROLE_SOLO && self->refuses;
    return (uint8_t)((self->full ? FT_CONTROL_FULL : 0) | (refuses ? FT_CONTROL_REFUSES : 0));
}

static void announce(struct ft_group *self, int64_t now_ns, struct out *out)
{
    bool holds = self->role == FT_ROLE_SOLO || self->role == FT_ROLE_BACKUP;
    if (!holds || now_ns < self->announce_ns)
        return;
    out->actions[out->count++] = (struct ft_group_action){.kind = FT_GROUP_ANNOUNCE};
    self->announce_ns = now_ns + self->announce_gap_ns;
    if (self->announce_gap_ns < FT_GROUP_ANNOUNCE_NS)
        self->announce_gap_ns *= 2;
}

static void beat(struct ft_group *self, int64_t now_ns, struct out *out)
{
    /* Strictly increasing, whatever the caller's clock resolution. */
    self->sent_ns = now_ns > self->sent_ns ? now_ns : self->sent_ns + 1;
    self->next_ns = now_ns + self->settings.heartbeat_ns;
    if (!self->healthy)
        return;
    self->spoke_ns = self->sent_ns;
    struct ft_control message = {
        .kind = self->joins ? FT_CONTROL_JOIN : FT_CONTROL_HEARTBEAT,
        .sender = self->settings.self,
        .role = (uint8_t)self->role,
        .flags = flags_of(self),
        .view = self->view,
        .proposal = self->proposal,
        .timeout_ns = self->settings.timeout_ns,
        .log_bytes = self->settings.log_bytes,
        .incarnation = self->settings.incarnation,
        .echo_incarnation = self->peer.incarnation,
        .sent_ns = self->sent_ns,
        .echo_ns = self->peer.heard_ns,
    };
    for (uint32_t network = 0; network < self->settings.networks; network++) {
        struct ft_group_action *action = &out->actions[out->count++];
        *action = (struct ft_group_action){.kind = FT_GROUP_SEND, .network = network};
        ft_control_write(&message, &self->settings.key, action->bytes);
    }
    announce(self, now_ns, out);
}

/* --- time --------------------------------------------------------------------------------------------------------- */

/* A primary waits for longer than any silence of its backup that the backup makes light of. */
static int64_t patience_ns(const struct ft_group *self)
{
    int64_t timeout_ns = self->settings.timeout_ns;
    return 2 * (timeout_ns > self->peer_timeout_ns ? timeout_ns : self->peer_timeout_ns);
}

/* It speaks as long as its partner grants it. */
static bool under_lease(const struct ft_group *self)
{
    return self->role == FT_ROLE_PRIMARY || takes_in(self);
}

static bool suspects(const struct ft_group *self)
{
    if (self->role == FT_ROLE_BACKUP)
        return ft_detect_suspected(&self->detect, self->settings.timeout_ns);
    return under_lease(self) && ft_detect_suspected(&self->detect, patience_ns(self));
}

/* The peer may have given us up: a backup after its time-out, which is longer than a lease, a primary after twice that. The
 * last heartbeats before our silence may have been lost, so that it began earlier for the peer: a quarter of its patience. */
static bool was_silent(const struct ft_group *self, int64_t now_ns)
{
    bool backup = self->role == FT_ROLE_BACKUP;
    int64_t bound_ns = backup ? patience_ns(self) * 3 / 4 : self->settings.lease_ns;
    return now_ns - self->spoke_ns > bound_ns;
}

/* The peer cannot have gone on alone. */
static bool is_sure(const struct ft_group *self)
{
    return self->peer.echoed_ns >= self->anew_ns;
}

bool ft_group_can_go_on(const struct ft_group *self, int64_t now_ns)
{
    bool alone = self->role == FT_ROLE_SOLO && !takes_in(self);
    return self->healthy &&
           (alone || (self->role != FT_ROLE_OUT && is_sure(self) && !was_silent(self, now_ns)));
}

bool ft_group_stranded(const struct ft_group *self)
{
    return suspects(self) && !is_sure(self);
}

static void note_own_silence(struct ft_group *self, int64_t now_ns)
{
    if (was_silent(self, now_ns))
        self->anew_ns = now_ns;
}

unsigned ft_group_tick(struct ft_group *self, int64_t now_ns, struct ft_group_action *actions)
{
    struct out out = {.actions = actions};
    ft_detect_tick(&self->detect, now_ns);
    note_own_silence(self, now_ns);
    if (self->healthy && suspects(self) && is_sure(self))
        serve_alone(self, &out);
    if (now_ns >= self->next_ns || out.count > 0)
        beat(self, now_ns, &out);
    return out.count;
}

/* --- in ----------------------------------------------------------------------------------------------------------- */

/* The peer tells of a view that we have no part in. */
static bool superseded(const struct ft_group *self, const struct ft_control *message)
{
    bool newer =
        ft_planted(FT_PLANT_STALE_VIEW) ? message->view < self->view : message->view > self->view;
    return newer && message->role == FT_ROLE_SOLO;
}

static void hear_when_out(struct ft_group *self, const struct ft_control *message, int64_t now_ns,
                          struct out *out)
{
    bool invited = message->role == FT_ROLE_SOLO && message->proposal > message->view &&
                   ft_peer_fresh(&self->peer, message, now_ns);
    if (!self->joins || !self->healthy)
        return;
    if (invited) {
        become(self, FT_ROLE_BACKUP, message->proposal, out);
        ft_detect_heard(&self->detect, now_ns);
    } else if (message->kind == FT_CONTROL_JOIN && self->settings.self < self->settings.peer) {
        serve_alone(self, out);
    }
}

static void hear_as_backup(struct ft_group *self, const struct ft_control *message, struct out *out)
{
    if (message->proposal > self->view && message->role == FT_ROLE_PRIMARY)
        become(self, FT_ROLE_OUT, message->proposal, out);
}

static void hear_as_primary(struct ft_group *self, const struct ft_control *message, int64_t now_ns,
                            struct out *out)
{
    int64_t sent_ns = ft_peer_echo(&self->peer, message);
    if (message->role == FT_ROLE_BACKUP && message->view == self->view)
        ft_lease_echoed(&self->lease, ft_planted(FT_PLANT_LEASE_FROM_ECHO) ? now_ns : sent_ns);
    if (self->proposal != 0 && message->role == FT_ROLE_OUT && message->view == self->proposal)
        become(self, FT_ROLE_SOLO, self->proposal, out);
}

/* Whoever asks to join grants the lease as a backup does: it will not speak before it has heard the proposal. */
static void take_in(struct ft_group *self, const struct ft_control *message, int64_t now_ns)
{
    int64_t echo_ns = ft_peer_echo(&self->peer, message);
    self->refuses = !outlasts(message->timeout_ns, self->settings.lease_ns);
    if (self->proposal == 0) {
        if (!self->healthy || self->refuses || echo_ns + self->settings.lease_ns <= now_ns)
            return; /* the lease would be over before it began */
        self->proposal = next_view(self);
        self->next_ns = now_ns; /* say so at once */
    }
    ft_lease_echoed(&self->lease, echo_ns);
    ft_detect_heard(&self->detect, now_ns);
}

static void hear_when_solo(struct ft_group *self, const struct ft_control *message, int64_t now_ns,
                           struct out *out)
{
    if (message->kind == FT_CONTROL_JOIN)
        take_in(self, message, now_ns);
    if (!takes_in(self) || message->role != FT_ROLE_BACKUP || message->view != self->proposal)
        return;
    become(self, FT_ROLE_PRIMARY, self->proposal, out);
    hear_as_primary(self, message, now_ns, out);
    ft_detect_heard(&self->detect, now_ns);
}

static void hear(struct ft_group *self, const struct ft_control *message, int64_t now_ns,
                 struct out *out)
{
    if (self->role == FT_ROLE_OUT)
        hear_when_out(self, message, now_ns, out);
    else if (superseded(self, message))
        become(self, FT_ROLE_OUT, message->view, out);
    else if (self->role == FT_ROLE_BACKUP)
        hear_as_backup(self, message, out);
    else if (self->role == FT_ROLE_PRIMARY)
        hear_as_primary(self, message, now_ns, out);
    else
        hear_when_solo(self, message, now_ns, out);
}

/* Whose heartbeats say that all is well: only a partner in the present view, who may still be on the way into it. */
static bool is_partner(const struct ft_group *self, const struct ft_control *message)
{
    bool on_the_way = message->role == FT_ROLE_SOLO && message->proposal == self->view;
    return (message->view == self->view && message->role != FT_ROLE_OUT) || on_the_way;
}

/* The incarnation that we had a part in the view with is dead. One that was being taken in is forgotten. */
static void bury_partner(struct ft_group *self, struct out *out)
{
    bool paired = self->role == FT_ROLE_PRIMARY || self->role == FT_ROLE_BACKUP;
    if (paired && self->healthy)
        serve_alone(self, out);
    else if (self->role == FT_ROLE_SOLO)
        self->proposal = 0;
}

static void note_views(struct ft_group *self, const struct ft_control *message)
{
    uint64_t newer = message->proposal > message->view ? message->proposal : message->view;
    if (newer > self->newest)
        self->newest = newer;
}

static void note_peer(struct ft_group *self, const struct ft_control *message)
{
    self->peer_full = (message->flags & FT_CONTROL_FULL) != 0;
    self->refused_by_peer = (message->flags & FT_CONTROL_REFUSES) != 0;
    if (message->kind != FT_CONTROL_JOIN)
        return;
    self->peer_timeout_ns = message->timeout_ns;
    self->peer_log_bytes = message->log_bytes;
}

unsigned ft_group_input(struct ft_group *self, int64_t now_ns, const uint8_t *bytes, size_t size,
                        struct ft_group_action *actions)
{
    struct out out = {.actions = actions};
    struct ft_control message;
    bool replaced = false;
    enum ft_control_error error = ft_control_read(bytes, size, &self->settings.key, &message);
    if (error == FT_CONTROL_OK && message.sender != self->settings.peer)
        error = FT_CONTROL_SENDER;
    /* The same heartbeat comes over every LAN: only the first is news. */
    if (error == FT_CONTROL_OK)
        error = ft_peer_hear(&self->peer, &message, now_ns, self->sent_ns, &replaced);
    self->refused[error] += error != FT_CONTROL_OK;
    bool granted = error == FT_CONTROL_STALE && ft_peer_echoes(&self->peer, &message);
    if (granted && is_partner(self, &message))
        ft_detect_heard(&self->detect, now_ns);
    if (error != FT_CONTROL_OK)
        return 0;
    note_own_silence(self, now_ns);
    note_views(self, &message);
    note_peer(self, &message);
    if (replaced)
        bury_partner(self, &out);
    if (is_partner(self, &message))
        ft_detect_heard(&self->detect, now_ns);
    hear(self, &message, now_ns, &out);
    if (out.count > 0 || self->next_ns <= now_ns)
        beat(self, now_ns, &out); /* the peer should know at once */
    return out.count;
}

/* --- from the shell ----------------------------------------------------------------------------------------------- */

unsigned ft_group_log_stuck(struct ft_group *self, int64_t now_ns, struct ft_group_action *actions)
{
    struct out out = {.actions = actions};
    bool slept = !is_sure(self); /* so may the log have been waiting for us */
    if (self->role != FT_ROLE_PRIMARY || self->proposal != 0 || slept ||
        self->settings.log_policy != FT_LOG_CUT_SIMPLEX)
        return 0;
    if (ft_planted(FT_PLANT_SOLO_UNCONFIRMED))
        serve_alone(self, &out);
    else
        self->proposal = next_view(self);
    beat(self, now_ns, &out);
    return out.count;
}

void ft_group_set_healthy(struct ft_group *self, bool healthy)
{
    self->healthy = healthy;
}

void ft_group_set_full(struct ft_group *self, bool full)
{
    self->full = full;
}

int64_t ft_group_speak_until_ns(const struct ft_group *self)
{
    if (self->role == FT_ROLE_SOLO && !takes_in(self))
        return INT64_MAX;
    return under_lease(self) ? self->lease.until_ns : 0;
}
