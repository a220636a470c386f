/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_group - the state machine. Every change of role goes through become().
 */
#include "core/ft_group.h"

#include "core/ft_poison.h"

enum { HOST_BITS = 8, DRIFT_PPM = 200, PPM = 1000000 };

struct out {
    struct ft_group_action *actions;
    unsigned count;
};

bool ft_group_settings_sound(const struct ft_group_settings *settings)
{
    int64_t drift_ns = settings->timeout_ns / PPM * 2 * DRIFT_PPM + 1;
    return settings->heartbeat_ns > 0 && settings->lease_ns >= 2 * settings->heartbeat_ns &&
           settings->timeout_ns > settings->lease_ns + drift_ns && settings->self != settings->peer;
}

void ft_group_init(struct ft_group *self, const struct ft_group_settings *settings, int64_t now_ns,
                   enum ft_role role, uint64_t view)
{
    *self = (struct ft_group){
        .settings = *settings,
        .role = role,
        .view = view,
        .next_ns = now_ns,
        .healthy = true,
    };
    ft_detect_init(&self->detect, settings->heartbeat_ns, now_ns);
    ft_lease_init(&self->lease, settings->lease_ns, now_ns);
}

static uint64_t next_view(const struct ft_group *self)
{
    return ((self->view >> HOST_BITS) + 1) << HOST_BITS | self->settings.self;
}

static void become(struct ft_group *self, enum ft_role role, uint64_t view, struct out *out)
{
    self->role = role;
    self->view = view;
    self->proposal = 0;
    self->announce_ns = INT64_MIN;
    self->announce_gap_ns = self->settings.heartbeat_ns;
    out->actions[out->count++] =
        (struct ft_group_action){.kind = FT_GROUP_ROLE, .role = role, .view = view};
}

static void announce(struct ft_group *self, int64_t now_ns, struct out *out)
{
    if (self->role != FT_ROLE_SOLO || now_ns < self->announce_ns)
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
    struct ft_control message = {
        .kind = FT_CONTROL_HEARTBEAT,
        .sender = self->settings.self,
        .role = (uint8_t)self->role,
        .view = self->view,
        .proposal = self->proposal,
        .sent_ns = self->sent_ns,
        .echo_ns = self->heard_ns,
    };
    for (uint32_t network = 0; network < self->settings.networks; network++) {
        struct ft_group_action *action = &out->actions[out->count++];
        *action = (struct ft_group_action){.kind = FT_GROUP_SEND, .network = network};
        ft_control_write(&message, &self->settings.key, action->bytes);
    }
    announce(self, now_ns, out);
}

static void judge_silence(struct ft_group *self, struct out *out)
{
    int64_t timeout_ns = self->settings.timeout_ns;
    if (!self->healthy)
        return;
    if (self->role == FT_ROLE_BACKUP && ft_detect_suspected(&self->detect, timeout_ns))
        become(self, FT_ROLE_SOLO, next_view(self), out);
    if (self->role == FT_ROLE_PRIMARY && ft_detect_suspected(&self->detect, 2 * timeout_ns))
        become(self, FT_ROLE_SOLO, self->proposal ? self->proposal : next_view(self), out);
}

unsigned ft_group_tick(struct ft_group *self, int64_t now_ns, struct ft_group_action *actions)
{
    struct out out = {.actions = actions};
    ft_detect_tick(&self->detect, now_ns);
    judge_silence(self, &out);
    if (now_ns >= self->next_ns || out.count > 0)
        beat(self, now_ns, &out);
    return out.count;
}

/* The peer tells of a view that we have no part in. */
static bool superseded(const struct ft_group *self, const struct ft_control *message)
{
    return message->view > self->view && message->role == FT_ROLE_SOLO;
}

static void take_heartbeat(struct ft_group *self, const struct ft_control *message, struct out *out)
{
    if (superseded(self, message)) {
        if (self->role != FT_ROLE_OUT)
            become(self, FT_ROLE_OUT, message->view, out);
        return;
    }
    if (self->role == FT_ROLE_BACKUP && message->proposal > self->view) {
        become(self, FT_ROLE_OUT, message->proposal, out);
        return;
    }
    if (self->role != FT_ROLE_PRIMARY)
        return;
    if (message->role == FT_ROLE_BACKUP && message->view == self->view)
        ft_lease_echoed(&self->lease, message->echo_ns);
    if (self->proposal != 0 && message->role == FT_ROLE_OUT && message->view == self->proposal)
        become(self, FT_ROLE_SOLO, self->proposal, out);
}

/* Whose heartbeats say that all is well: only a partner in the present view. */
static bool is_partner(const struct ft_group *self, const struct ft_control *message)
{
    return message->view == self->view && message->role != FT_ROLE_OUT;
}

unsigned ft_group_input(struct ft_group *self, int64_t now_ns, const uint8_t *bytes, size_t size,
                        struct ft_group_action *actions)
{
    struct out out = {.actions = actions};
    struct ft_control message;
    enum ft_control_error error = ft_control_read(bytes, size, &self->settings.key, &message);
    if (error == FT_CONTROL_OK && message.sender != self->settings.peer)
        error = FT_CONTROL_SENDER;
    /* The same heartbeat comes over every LAN: only the first is news. */
    if (error == FT_CONTROL_OK && message.sent_ns <= self->heard_ns)
        error = FT_CONTROL_OLD;
    self->refused[error] += error != FT_CONTROL_OK;
    if (error != FT_CONTROL_OK)
        return 0;
    self->heard_ns = message.sent_ns;
    if (is_partner(self, &message))
        ft_detect_heard(&self->detect, now_ns);
    /* Nobody can have heard from us what we have not sent. */
    if (message.echo_ns <= self->sent_ns)
        take_heartbeat(self, &message, &out);
    if (out.count > 0)
        beat(self, now_ns, &out); /* the peer should know at once */
    return out.count;
}

unsigned ft_group_log_stuck(struct ft_group *self, int64_t now_ns, struct ft_group_action *actions)
{
    struct out out = {.actions = actions};
    if (self->role != FT_ROLE_PRIMARY || self->proposal != 0 ||
        self->settings.log_policy != FT_LOG_CUT_SIMPLEX)
        return 0;
    self->proposal = next_view(self);
    beat(self, now_ns, &out);
    return out.count;
}

void ft_group_set_healthy(struct ft_group *self, bool healthy)
{
    self->healthy = healthy;
}

int64_t ft_group_speak_until_ns(const struct ft_group *self)
{
    if (self->role == FT_ROLE_SOLO)
        return INT64_MAX;
    return self->role == FT_ROLE_PRIMARY ? self->lease.until_ns : 0;
}
