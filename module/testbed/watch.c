/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch - what each answer means for the pair.
 */
#include "module/testbed/watch.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CLOSE_US = 2000, IDLE_US = 20000 };
#define CLOSE_FOR_NS INT64_C(500000000)

static int64_t real_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- the pair ---------------------------------------------------------------------------------------------------- */

static void count_unprotected(struct watch *self, int64_t now_ns)
{
    if (!self->paired)
        self->unprotected_ns += now_ns - self->counted_ns;
    self->counted_ns = now_ns;
}

/* The host that spoke before is out, or gone: what was opened before the pair was formed, it alone had. */
static void lose_speaker(struct watch *self)
{
    if (self->exposed_before_ns < self->paired_ns)
        self->exposed_before_ns = self->paired_ns;
}

/* Alone since the last look; for a moment in between, if it is the primary of a newer view: nobody becomes that but who was alone and
 * has taken another in. */
static bool was_alone(const struct watch_server *before, enum ft_role role, uint64_t view)
{
    bool served = before->role == FT_ROLE_PRIMARY || before->role == FT_ROLE_BACKUP;
    return before->asked > 0 && ((role == FT_ROLE_SOLO && before->role != FT_ROLE_SOLO) ||
                                 (role == FT_ROLE_PRIMARY && served && view != before->view));
}

static void note_role(struct watch *self, unsigned server, enum ft_role role, uint64_t view)
{
    struct watch_server *at = &self->servers[server];
    bool alone = was_alone(at, role, view);
    self->takeovers += alone;
    if (alone && at->role == FT_ROLE_BACKUP)
        lose_speaker(self);
    at->role = role;
    at->view = view;
}

static struct watch_pair *latest_pair(struct watch *self)
{
    bool kept = self->pair_count > 0 && self->pair_count <= WATCH_PAIRS_MAX;
    return kept ? &self->pairs[self->pair_count - 1] : NULL;
}

static void note_reintegration(struct watch *self, const struct watch_server *backup,
                               int64_t now_ns)
{
    if (self->pair_count == 0) /* they begin together */
        return;
    self->reintegrations++;
    if (self->reintegration_ns < now_ns - backup->idle_ns)
        self->reintegration_ns = now_ns - backup->idle_ns;
}

static void begin_pair(struct watch *self, int64_t now_ns)
{
    const struct watch_server *servers = self->servers;
    note_reintegration(self, &servers[servers[1].role == FT_ROLE_BACKUP], now_ns);
    self->paired_ns = now_ns;
    self->pair_view = servers[0].view;
    self->pair_count++;
    if (latest_pair(self) != NULL)
        *latest_pair(self) = (struct watch_pair){.from_ns = now_ns, .to_ns = INT64_MAX};
    if (self->house->wiring.memory != NULL)
        self->house->wiring.memory->pair = self->pair_count;
}

static void end_pair(struct watch *self, int64_t now_ns)
{
    struct watch_pair *latest = latest_pair(self);
    if (latest != NULL && latest->to_ns == INT64_MAX)
        latest->to_ns = now_ns;
    if (self->house->wiring.memory != NULL)
        self->house->wiring.memory->pair = 0;
}

static bool is_pair(const struct watch_server *a, const struct watch_server *b)
{
    return a->role == FT_ROLE_PRIMARY && b->role == FT_ROLE_BACKUP && a->view == b->view;
}

static void note_pair(struct watch *self, int64_t now_ns)
{
    const struct watch_server *servers = self->servers;
    bool paired = is_pair(&servers[0], &servers[1]) || is_pair(&servers[1], &servers[0]);
    bool same = paired && self->paired && servers[0].view == self->pair_view;
    count_unprotected(self, now_ns);
    if (self->paired && !same)
        end_pair(self, now_ns);
    if (paired && !same)
        begin_pair(self, now_ns);
    self->paired = paired;
}

/* --- asking ------------------------------------------------------------------------------------------------------ */

static uint64_t number_in(const char *status, const char *name)
{
    const char *at = strstr(status, name);
    return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void look(struct watch *self, unsigned server)
{
    char status[8192];
    int64_t now_ns = real_ns();
    enum ft_role role = house_role(self->house, server, status, sizeof status);
    uint64_t log = number_in(status, "\"log_bytes\":");
    bool asks = role == FT_ROLE_OUT && strstr(status, "\"started\":true") != NULL;
    pthread_mutex_lock(&self->lock);
    struct watch_server *at = &self->servers[server];
    if (!asks && (role != FT_ROLE_BACKUP || self->paired))
        at->idle_ns = now_ns;
    note_role(self, server, role, number_in(status, "\"view\":"));
    at->asked++;
    at->log_bytes = log;
    if (at->log_peak < log)
        at->log_peak = log;
    pthread_mutex_unlock(&self->lock);
}

static useconds_t pause_us(const struct watch *self, int64_t now_ns)
{
    bool close = !self->paired || now_ns - self->disturbed_ns < CLOSE_FOR_NS;
    return self->house->server_count > 1 && close ? CLOSE_US : IDLE_US;
}

static void *follow(void *context)
{
    struct watch *self = context;
    bool ending = false;
    while (!ending) {
        for (unsigned i = 0; i < self->house->server_count; i++)
            look(self, i);
        pthread_mutex_lock(&self->lock);
        int64_t now_ns = real_ns();
        note_pair(self, now_ns);
        useconds_t pause = pause_us(self, now_ns);
        ending = self->ending;
        pthread_mutex_unlock(&self->lock);
        usleep(pause);
    }
    return NULL;
}

/* --- for the run ------------------------------------------------------------------------------------------------- */

bool watch_start(struct watch *self, struct house *house)
{
    *self = (struct watch){.house = house, .counted_ns = real_ns()};
    pthread_mutex_init(&self->lock, NULL);
    for (unsigned i = 0; i < house->server_count; i++)
        look(self, i);
    note_pair(self, real_ns());
    self->paired_ns = 0; /* since ever */
    if (latest_pair(self) != NULL)
        latest_pair(self)->from_ns = 0;
    self->running = pthread_create(&self->thread, NULL, follow, self) == 0;
    return self->running;
}

void watch_end(struct watch *self)
{
    if (!self->running)
        return;
    pthread_mutex_lock(&self->lock);
    self->ending = true;
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    self->running = false;
}

void watch_disturbed(struct watch *self, bool hurts)
{
    pthread_mutex_lock(&self->lock);
    self->disturbed_ns = real_ns();
    if (hurts)
        end_pair(self, self->disturbed_ns);
    pthread_mutex_unlock(&self->lock);
}

int watch_find(struct watch *self, enum ft_role role)
{
    int found = -1;
    pthread_mutex_lock(&self->lock);
    for (unsigned i = 0; i < self->house->server_count; i++) {
        enum ft_role is = self->servers[i].role;
        if (is == role || (role == FT_ROLE_PRIMARY && is == FT_ROLE_SOLO))
            found = (int)i;
    }
    pthread_mutex_unlock(&self->lock);
    return found;
}

bool watch_protects(struct watch *self, int64_t opened_ns)
{
    pthread_mutex_lock(&self->lock);
    const struct watch_pair *latest = latest_pair(self);
    bool whole = self->paired && latest != NULL && latest->to_ns == INT64_MAX;
    bool protected = whole && opened_ns >= latest->from_ns;
    pthread_mutex_unlock(&self->lock);
    return protected;
}

struct watch watch_read(struct watch *self)
{
    pthread_mutex_lock(&self->lock);
    count_unprotected(self, real_ns());
    struct watch copy = *self;
    pthread_mutex_unlock(&self->lock);
    return copy;
}
