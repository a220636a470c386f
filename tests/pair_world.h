/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pair_world - two hosts of core/ft_group on clocks that drift, over LANs that delay, lose, double, reorder and play old
 * messages again, with pauses, crashes and restarts. Two that speak at once end the test. For tests of failover.
 */
#ifndef TESTS_PAIR_WORLD_H
#define TESTS_PAIR_WORLD_H

#include "core/ft_group.h"
#include "tests/suite.h"

#include <string.h>

#define MS INT64_C(1000000)

enum { MESSAGES_MAX = 96, RECORDED = 64, PPM = 1000000 };

static const struct ft_key KEY = {.word = {1, 2}};

static inline struct ft_group_settings settings_of(uint8_t self)
{
    return (struct ft_group_settings){
        .heartbeat_ns = 5 * MS,
        .timeout_ns = 50 * MS,
        .lease_ns = 30 * MS,
        .self = self,
        .peer = (uint8_t)(1 - self),
        .incarnation = 100 + self,
        .key = KEY,
        .networks = 2,
    };
}

struct message {
    int64_t arrives_ns; /* true time; 0: free */
    unsigned to;
    bool waits; /* at a host that sleeps */
    uint8_t bytes[FT_CONTROL_BYTES];
};

struct host {
    struct ft_group group;
    int64_t offset_ns, drift_ppm; /* own clock = true time * (1 + drift) + offset */
    int64_t asleep_until_ns;
    bool dead;
    unsigned waiting; /* messages, while it sleeps */
    unsigned announced;
    int64_t announced_ns;
};

struct pair {
    struct host hosts[2];
    struct message messages[MESSAGES_MAX];
    int64_t now_ns;
    uint32_t random;
    unsigned ring; /* messages that a host has room for while it sleeps */
    uint32_t loss_percent, delay_max_us, double_percent, replay_percent;
    struct message recorded[RECORDED]; /* by somebody on the LAN, who plays them again */
    uint64_t incarnations, posted;
};

static inline uint32_t next(struct pair *self, uint32_t below)
{
    self->random = self->random * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)(self->random ^ self->random >> 15) * below >> 32);
}

static inline int64_t clock_of(const struct pair *self, unsigned host)
{
    const struct host *at = &self->hosts[host];
    return self->now_ns + self->now_ns / PPM * at->drift_ppm + at->offset_ns;
}

static inline void deliver(struct pair *self, unsigned to, const uint8_t *bytes)
{
    for (unsigned i = 0; i < MESSAGES_MAX; i++) {
        if (self->messages[i].arrives_ns != 0)
            continue;
        self->messages[i].arrives_ns =
            self->now_ns + 20000 + 1000 * (int64_t)next(self, self->delay_max_us + 1);
        self->messages[i].to = to;
        self->messages[i].waits = false;
        memcpy(self->messages[i].bytes, bytes, FT_CONTROL_BYTES);
        return;
    }
}

static inline void replay(struct pair *self)
{
    const struct message *old = &self->recorded[next(self, RECORDED)];
    if (next(self, 100) < self->replay_percent && old->arrives_ns != 0)
        deliver(self, old->to, old->bytes);
}

static inline void post(struct pair *self, unsigned to, const uint8_t *bytes)
{
    /* Now and then, so that the record reaches back over several lives. */
    struct message *record = &self->recorded[next(self, RECORDED)];
    if (self->replay_percent > 0 && self->posted++ % 16 == 0) {
        *record = (struct message){.arrives_ns = self->now_ns, .to = to};
        memcpy(record->bytes, bytes, FT_CONTROL_BYTES);
    }
    if (next(self, 100) >= self->loss_percent)
        deliver(self, to, bytes);
    if (next(self, 100) < self->double_percent)
        deliver(self, to, bytes);
    replay(self);
}

static inline void carry_out(struct pair *self, unsigned host,
                             const struct ft_group_action *actions, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (actions[i].kind == FT_GROUP_SEND)
            post(self, 1 - host, actions[i].bytes);
        if (actions[i].kind != FT_GROUP_ANNOUNCE)
            continue;
        self->hosts[host].announced++;
        self->hosts[host].announced_ns = self->now_ns;
    }
}

static inline bool speaks(const struct pair *self, unsigned host)
{
    const struct host *at = &self->hosts[host];
    return !at->dead && clock_of(self, host) < ft_group_speak_until_ns(&at->group);
}

static inline bool stranded(const struct pair *self, unsigned host)
{
    const struct host *at = &self->hosts[host];
    return !at->dead && ft_group_stranded(&at->group);
}

static inline void start(struct pair *self, uint32_t seed)
{
    *self = (struct pair){
        .random = seed * 2654435761u + 1, .now_ns = MS, .ring = MESSAGES_MAX, .delay_max_us = 300};
    for (unsigned i = 0; i < 2; i++) {
        struct ft_group_settings settings = settings_of((uint8_t)i);
        self->hosts[i].offset_ns = (int64_t)next(self, 1000000) * 1000;
        self->hosts[i].drift_ppm = (int64_t)next(self, 401) - 200;
        ft_group_init(&self->hosts[i].group, &settings, clock_of(self, i),
                      i == 0 ? FT_ROLE_PRIMARY : FT_ROLE_BACKUP, 1);
    }
}

/* A host dies, if it is not dead yet, and begins anew: with nothing, and a clock that starts from near 0. */
static inline void restart(struct pair *self, unsigned host)
{
    struct host *at = &self->hosts[host];
    struct ft_group_settings settings = settings_of((uint8_t)host);
    settings.incarnation = 200 + self->incarnations++;
    *at = (struct host){
        .offset_ns = MS - self->now_ns,
        .drift_ppm = (int64_t)next(self, 401) - 200,
    };
    at->offset_ns -= self->now_ns / PPM * at->drift_ppm;
    for (unsigned i = 0; i < MESSAGES_MAX; i++) {
        if (self->messages[i].to == host)
            self->messages[i].waits = false;
    }
    ft_group_init(&at->group, &settings, clock_of(self, host), FT_ROLE_OUT, 0);
}

static inline bool awake(const struct pair *self, unsigned host)
{
    return !self->hosts[host].dead && self->now_ns >= self->hosts[host].asleep_until_ns;
}

static inline void receive(struct pair *self, struct message *message)
{
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    struct host *to = &self->hosts[message->to];
    if (!to->dead && !awake(self, message->to)) {
        bool fits = message->waits || to->waiting < self->ring;
        to->waiting += fits && !message->waits;
        message->waits = fits;
        message->arrives_ns = fits ? message->arrives_ns : 0;
        return;
    }
    to->waiting -= message->waits;
    message->arrives_ns = 0;
    if (!to->dead)
        carry_out(self, message->to, actions,
                  ft_group_input(&to->group, clock_of(self, message->to), message->bytes,
                                 FT_CONTROL_BYTES, actions));
}

/* A step of 200 us: due messages and ticks of who is awake. */
static inline void step(struct pair *self)
{
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    self->now_ns += MS / 5;
    for (unsigned i = 0; i < MESSAGES_MAX; i++) {
        if (self->messages[i].arrives_ns != 0 && self->messages[i].arrives_ns <= self->now_ns)
            receive(self, &self->messages[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct ft_group *group = &self->hosts[i].group;
        if (awake(self, i) && clock_of(self, i) >= ft_group_next_ns(group))
            carry_out(self, i, actions, ft_group_tick(group, clock_of(self, i), actions));
    }
    if (speaks(self, 0) &&
        speaks(self, 1)) /* an assertion costs a system call when it holds, too */
        ck_abort_msg("both speak at %.4f ms: roles %d %d, views %llu %llu",
                     (double)self->now_ns / 1e6, self->hosts[0].group.role,
                     self->hosts[1].group.role, (unsigned long long)self->hosts[0].group.view,
                     (unsigned long long)self->hosts[1].group.view);
}

static inline void pass(struct pair *self, int64_t ms)
{
    for (int64_t until = self->now_ns + ms * MS; self->now_ns < until;)
        step(self);
}

#endif
