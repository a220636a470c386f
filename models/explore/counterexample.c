/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * counterexample - writing, reading, and telling by a digest whether a run is the same run.
 */
#include "models/explore/counterexample.h"

#include "models/params.h"
#include "models/world_state.h"
#include "sim/scenario_write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

enum { HEX = 17, PATH_ROOM = 600 };

/* --- digest ------------------------------------------------------------------------------------------------------- */

/* Of every packet and its fate, and of everything that was noticed, with times. */
struct digest {
    struct trial_watch watch;
    struct packet_watch packets;
    struct observer observer;
    struct world *world;
    XXH64_hash_t hash;
};

static void add(struct digest *self, uint64_t value)
{
    self->hash = XXH64(&value, sizeof value, self->hash);
}

static void sent(struct packet_watch *watch, const struct link *link, const struct packet *packet,
                 const struct link_fate *fate)
{
    (void)link;
    struct digest *self = container_of(watch, struct digest, packets);
    add(self, (uint64_t)self->world->simulation.now_ns);
    add(self, packet->payload_bytes);
    add(self, (uint64_t)fate->lost << 2 | (uint64_t)fate->duplicated << 1 | fate->corrupted);
    add(self, (uint64_t)fate->late_ns);
    self->hash = XXH64(packet->header, packet->header_bytes, self->hash);
}

static void noticed(struct observer *observer, const struct notice *notice)
{
    struct digest *self = container_of(observer, struct digest, observer);
    add(self, (uint64_t)self->world->simulation.now_ns);
    add(self, (uint64_t)notice->kind);
    add(self, notice->host != NULL ? notice->host->id : UINT64_MAX);
    add(self, notice->request != NULL ? notice->request->number : 0);
    add(self, notice->value);
    add(self, notice->limit);
}

static void begins(struct trial_watch *watch, struct world *world)
{
    struct digest *self = container_of(watch, struct digest, watch);
    self->world = world;
    fates_watch(world, &self->packets);
    notice_subscribe(&world->notices, &self->observer);
}

static void digest_of(struct trial *trial, const struct config *config, uint64_t seed,
                      char hex[HEX])
{
    struct digest digest = {
        .watch = {.begins = begins},
        .packets = {.sent = sent},
        .observer = {.notice = noticed, .kinds = UINT32_MAX},
    };
    trial_run(trial, config, seed, &digest.watch);
    snprintf(hex, HEX, "%016" PRIx64, (uint64_t)digest.hash);
}

static void identity_of(const struct origin *origin, char hex[HEX])
{
    const char *text = origin->scenario->points[origin->point].text;
    snprintf(hex, HEX, "%016" PRIx64, (uint64_t)XXH64(text, strlen(text), 0));
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

bool counterexample_write(const struct counterexample *self, const struct origin *origin,
                          const char *path)
{
    char digest[HEX], identity[HEX], title[200];
    struct config config = self->config;
    struct trial trial;
    const struct promise_type *promise = trial_promise(self->promise);
    if (config.run.seed == 0)
        config.run.seed = (int64_t)self->seed;
    digest_of(&trial, &config, self->seed, digest);
    identity_of(origin, identity);
    const struct scenario_note notes[] = {
        {"promise", promise->name},
        {"text", self->trial.texts[self->promise]},
        {"scenario", origin->scenario->name},
        {"identity", identity},
        {"version", origin->version},
        {"digest", digest},
        {NULL, NULL},
    };
    char fresh[PATH_ROOM];
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh) {
        errno = ENAMETOOLONG;
        return false;
    }
    FILE *stream = fopen(fresh, "w");
    if (stream == NULL)
        return false;
    snprintf(title, sizeof title, "%s is broken: %s", promise->name, promise->title);
    scenario_write(stream, &understudy_schema, &config, title, "How does this happen?", notes);
    bool good = ferror(stream) == 0;
    return fclose(stream) == 0 && good && rename(fresh, path) == 0;
}

/* --- replaying ---------------------------------------------------------------------------------------------------- */

static bool is_noted(const struct scenario *file, const char *name, const char *value)
{
    const char *noted = scenario_note(file, name);
    return noted != NULL && strcmp(noted, value) == 0;
}

enum replay_result counterexample_replay(struct counterexample *self, const struct scenario *file,
                                         const struct origin *origin)
{
    char digest[HEX], identity[HEX];
    if (scenario_note(file, "promise") == NULL || scenario_note(file, "digest") == NULL)
        return REPLAY_NO_NOTES;
    if (!is_noted(file, "version", origin->version))
        return REPLAY_VERSION;
    identity_of(origin, identity);
    if (!is_noted(file, "identity", identity))
        return REPLAY_SCENARIO;
    *self = (struct counterexample){.config = *(const struct config *)file->points[0].config};
    self->seed = (uint64_t)self->config.run.seed;
    digest_of(&self->trial, &self->config, self->seed, digest);
    self->promise = self->trial.promise;
    for (int i = 0; i < TRIAL_PROMISES; i++) {
        if ((self->trial.broken >> i & 1) && is_noted(file, "promise", trial_promise(i)->name))
            self->promise = i;
    }
    if (self->promise < 0)
        return REPLAY_HOLDS;
    bool same = is_noted(file, "promise", trial_promise(self->promise)->name) &&
                is_noted(file, "digest", digest);
    return same ? REPLAY_SAME : REPLAY_DIFFERS;
}
