/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stage - see the header: looked at anew after every change.
 */
#include "models/oracle/stage.h"

#include "core/ft_role.h"

static bool speaks(const struct stage_role *self)
{
    return self->role == FT_ROLE_PRIMARY || self->role == FT_ROLE_SOLO;
}

/* The newest view that somebody speaks in. A newcomer stands by in a newer one before the other moves on to it. */
static uint64_t newest_view(const struct stage *self)
{
    uint64_t newest = 0;
    for (unsigned i = 0; i < self->server_count; i++) {
        if (speaks(&self->roles[i]) && self->roles[i].view > newest)
            newest = self->roles[i].view;
    }
    return newest;
}

static bool is_paired(const struct stage *self)
{
    uint64_t spoken = 0, backed = 0;
    for (unsigned i = 0; i < self->server_count; i++) {
        const struct stage_role *role = &self->roles[i];
        if (role->in_service && role->role == FT_ROLE_PRIMARY)
            spoken = role->view;
        if (role->in_service && role->role == FT_ROLE_BACKUP)
            backed = role->view;
    }
    return spoken != 0 && spoken == backed;
}

static void count_time(struct stage *self)
{
    self->unprotected_ns = stage_unprotected_ns(self);
    self->counted_ns = self->simulation->now_ns;
}

/* From when on does each have the connections? A backup, from when the other speaks in its view. */
static void date(struct stage *self)
{
    for (unsigned i = 0; i < self->server_count; i++) {
        struct stage_role *role = &self->roles[i];
        if (!role->in_service)
            role->has_since_ns = STAGE_NEVER;
        else if (role->has_since_ns == STAGE_NEVER &&
                 (self->paired || role->role != FT_ROLE_BACKUP))
            role->has_since_ns = self->simulation->now_ns;
    }
}

/* The connections of a server are lost; those that no other one has were unprotected. */
static void expose(struct stage *self, const struct host *server)
{
    for (unsigned i = 0; i < self->server_count; i++) {
        const struct stage_role *role = &self->roles[i];
        if (self->servers[i] != server && role->in_service && role->has_since_ns != STAGE_NEVER &&
            role->has_since_ns > self->exposed_before_ns)
            self->exposed_before_ns = role->has_since_ns;
    }
}

static void note_pair(struct stage *self)
{
    for (unsigned i = 0; i < self->server_count && self->pairs > 0; i++) {
        const struct stage_role *role = &self->roles[i];
        int64_t asked_ns = self->simulation->now_ns - role->asks_since_ns;
        if (role->in_service && role->role == FT_ROLE_BACKUP && asked_ns > self->reintegration_ns)
            self->reintegration_ns = asked_ns;
    }
    self->pairs++;
}

static void look_again(struct stage *self)
{
    uint64_t newest = newest_view(self);
    bool was_paired = self->paired;
    count_time(self);
    for (unsigned i = 0; i < self->server_count; i++) {
        struct stage_role *role = &self->roles[i];
        bool was = role->in_service;
        role->in_service = role->role != FT_ROLE_OUT && role->view >= newest;
        role->alone = role->in_service && role->role == FT_ROLE_SOLO;
        if (was && !role->in_service)
            expose(self, self->servers[i]);
    }
    self->paired = is_paired(self);
    if (self->paired && !was_paired)
        note_pair(self);
    date(self);
}

void stage_add(struct stage *self, struct host *server)
{
    self->roles[self->server_count] = (struct stage_role){.has_since_ns = STAGE_NEVER};
    self->servers[self->server_count++] = server;
}

static void take_role(struct stage *self, struct stage_role *role, const struct notice *notice)
{
    role->role = notice->kind == NOTICE_ROLE ? (uint8_t)notice->value : FT_ROLE_OUT;
    role->proposes = false;
    if (notice->kind == NOTICE_ROLE)
        role->view = notice->limit;
    if (role->role == FT_ROLE_PRIMARY)
        self->protected_since_ns = self->simulation->now_ns;
    if (role->role == FT_ROLE_OUT)
        role->asks_since_ns = self->simulation->now_ns;
}

void stage_note(struct stage *self, const struct notice *notice)
{
    for (unsigned i = 0; i < self->server_count; i++) {
        if (self->servers[i] != notice->host)
            continue;
        if (notice->kind == NOTICE_PROPOSAL)
            self->roles[i].proposes = true;
        else
            take_role(self, &self->roles[i], notice);
    }
    look_again(self);
}

void stage_gone(struct stage *self, const struct host *server)
{
    for (unsigned i = 0; i < self->server_count; i++) {
        if (self->servers[i] == server)
            self->roles[i].role = FT_ROLE_OUT;
    }
    look_again(self);
}

bool stage_survives(const struct stage *self, const struct host *server)
{
    bool survives = false;
    for (unsigned i = 0; i < self->server_count; i++) {
        const struct stage_role *role = &self->roles[i];
        if (self->servers[i] == server && role->proposes)
            return false;
        if (self->servers[i] != server && role->in_service && role->has_since_ns != STAGE_NEVER)
            survives = true;
    }
    return survives;
}

int64_t stage_unprotected_ns(const struct stage *self)
{
    int64_t since_ns = self->simulation->now_ns - self->counted_ns;
    return self->unprotected_ns + (self->paired ? 0 : since_ns);
}
