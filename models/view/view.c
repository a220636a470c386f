/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view - hears notices, packets and the trace of one world, and passes each on to those who write.
 */
#include "models/view/view.h"

#include "models/view/capture.h"
#include "models/view/events.h"
#include "models/view/ladder_watch.h"
#include "models/world_state.h"
#include "sim/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_ROOM = 4096 };

struct view {
    struct view_settings settings;
    struct trial_watch watch;
    struct tap tap;
    struct observer observer;
    struct trace trace;
    struct reader reader;
    struct world *world;
    struct events events;
    struct capture *capture;      /* while the world is there */
    struct ladder_watch *watcher; /* the same */
    struct ladder *ladder;        /* afterwards */
    FILE *drawing;                /* of it */
    int error;                    /* errno of the first write that failed, and the file's name */
    char failed[64];
};

/* --- what happens ----------------------------------------------------------------------------------------------- */

static bool is_servers(const struct view *self, unsigned mac)
{
    for (unsigned i = 0; i < self->world->server_count; i++) {
        if (self->world->servers[i].host.nics[NETWORK_SERVICE].mac == mac)
            return true;
    }
    return false;
}

static void passed(struct tap *tap, const struct passage *passage)
{
    struct view *self = container_of(tap, struct view, tap);
    const struct packet *packet = passage->packet;
    struct reading reading;
    int64_t now_ns = self->world->simulation.now_ns;
    reading_of(&reading, &self->reader, packet,
               passage->station->network == NETWORK_LOG ||
                   (is_servers(self, packet->mac_from) && is_servers(self, packet->mac_to)));
    struct frame_place place = {.frame = 0};
    if (self->capture != NULL)
        place = capture_frame(self->capture, now_ns, passage, reading.traffic == TRAFFIC_COPY);
    if (self->events.stream != NULL)
        events_passage(&self->events, now_ns, passage, &reading, place);
    if (self->watcher != NULL)
        ladder_watch_passage(self->watcher, now_ns, passage, &reading);
}

static void noticed(struct observer *observer, const struct notice *notice)
{
    struct view *self = container_of(observer, struct view, observer);
    if (notice->kind == NOTICE_PACKET_DROPPED) {
        tap_host_dropped(&self->tap, notice->host, notice->packet, (enum host_drop)notice->value);
        return;
    }
    if (self->events.stream != NULL)
        events_notice(&self->events, self->world->simulation.now_ns, notice);
    if (self->watcher != NULL)
        ladder_watch_notice(self->watcher, self->world->simulation.now_ns, notice);
}

static const char *text_of(const struct trace_record *record, const char *name)
{
    for (const struct trace_field *field = record->fields; field->name != NULL; field++) {
        if (strcmp(field->name, name) == 0 && field->kind == TRACE_KIND_TEXT)
            return field->text;
    }
    return "";
}

static int64_t number_of(const struct trace_record *record, const char *name)
{
    for (const struct trace_field *field = record->fields; field->name != NULL; field++) {
        if (strcmp(field->name, name) == 0 && field->kind == TRACE_KIND_INT)
            return field->integer;
    }
    return -1;
}

static void told(struct trace *trace, const struct trace_record *record)
{
    struct view *self = container_of(trace, struct view, trace);
    if (self->events.stream != NULL)
        events_record(&self->events, record);
    if (self->watcher != NULL && strcmp(record->what, "broken") == 0)
        ladder_watch_broken(self->watcher, record->at_ns, record->entity, text_of(record, "text"),
                            (int)number_of(record, "client"));
}

/* --- watching --------------------------------------------------------------------------------------------------- */

/* What the servers are before anything happens. */
static void tell_beginning(struct view *self)
{
    for (unsigned i = 0; i < self->world->server_count; i++) {
        struct server *server = &self->world->servers[i];
        struct notice role = {
            .kind = NOTICE_ROLE,
            .host = &server->host,
            .value = server->role,
            .limit = server->host.view,
        };
        noticed(&self->observer, &role);
        struct notice lease = {.kind = NOTICE_LEASE, .host = &server->host};
        if (server->role != FT_ROLE_PRIMARY || server->kernel_path == NULL)
            continue;
        lease.value = (uint64_t)kernel_path_lease_ns(server->kernel_path);
        noticed(&self->observer, &lease);
    }
}

static void begins(struct trial_watch *watch, struct world *world)
{
    struct view *self = container_of(watch, struct view, watch);
    self->world = world;
    self->reader = (struct reader){
        .key = server_key,
        .service_ip = world->service.ip,
        .checksums = world->tcp.checksum,
    };
    tap_attach(&self->tap, world);
    if (self->settings.files & VIEW_CAPTURES)
        self->capture = capture_new(self->settings.directory, &self->tap, world->tcp.checksum);
    if (self->settings.files & VIEW_LADDER)
        self->watcher = ladder_watch_new(&self->tap, world);
    notice_subscribe(&world->notices, &self->observer);
    world->simulation.trace = &self->trace;
    tell_beginning(self);
}

static void ends(struct trial_watch *watch, struct world *world)
{
    struct view *self = container_of(watch, struct view, watch);
    world->simulation.trace = NULL;
    notice_unsubscribe(&world->notices, &self->observer);
    tap_detach(&self->tap);
    if (self->watcher != NULL)
        self->ladder = ladder_watch_free(self->watcher);
    if (self->capture != NULL)
        self->error = capture_free(self->capture, self->failed, sizeof self->failed);
    self->watcher = NULL;
    self->capture = NULL;
    self->world = NULL;
}

/* --- files ------------------------------------------------------------------------------------------------------ */

/* Like mkdir -p. */
static bool make_directory(const char *path)
{
    char part[PATH_ROOM];
    if (snprintf(part, sizeof part, "%s/", path) >= (int)sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return true;
}

static FILE *open_file(const struct view *self, const char *name)
{
    char path[PATH_ROOM];
    if (snprintf(path, sizeof path, "%s/%s", self->settings.directory, name) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return fopen(path, "w");
}

static void close_file(struct view *self, FILE *stream, const char *name)
{
    bool bad = ferror(stream) != 0;
    errno = 0;
    if ((fclose(stream) == 0 && !bad) || self->error != 0)
        return;
    self->error = errno != 0 ? errno : EIO;
    snprintf(self->failed, sizeof self->failed, "%s", name);
}

/* False, with the reason in errno, if one cannot be created. */
static bool open_files(struct view *self)
{
    const struct view_settings *settings = &self->settings;
    if (!make_directory(settings->directory))
        return false;
    if (settings->files & VIEW_EVENTS) {
        self->events.stream = open_file(self, "events.jsonl");
        if (self->events.stream == NULL)
            return false;
    }
    if (settings->files & VIEW_LADDER)
        self->drawing = open_file(self, settings->ladder_name);
    return !(settings->files & VIEW_LADDER) || self->drawing != NULL;
}

/* NULL, with the reason, if the directory cannot be written to. */
static struct view *view_new(const struct view_settings *settings, char *error, size_t room)
{
    struct view *self = must(calloc(1, sizeof *self));
    self->settings = *settings;
    if (settings->files == 0)
        self->settings.files = VIEW_EVENTS | VIEW_CAPTURES | VIEW_LADDER;
    if (settings->ladder_name == NULL)
        self->settings.ladder_name = "ladder.svg";
    self->watch = (struct trial_watch){.begins = begins, .ends = ends};
    self->tap.passage = passed;
    self->observer = (struct observer){.notice = noticed, .kinds = UINT32_MAX};
    self->trace.write = told;
    self->events.tap = &self->tap;
    if (open_files(self))
        return self;
    snprintf(error, room, "%s: %s", settings->directory, strerror(errno));
    if (self->events.stream != NULL)
        fclose(self->events.stream);
    free(self);
    return NULL;
}

/* Completes the files. */
static bool view_free(struct view *self, char *error, size_t room)
{
    if (self->ladder != NULL) {
        ladder_write(self->ladder, &self->settings.ladder, self->drawing);
        ladder_free(self->ladder);
    }
    if (self->drawing != NULL)
        close_file(self, self->drawing, self->settings.ladder_name);
    if (self->events.stream != NULL)
        close_file(self, self->events.stream, "events.jsonl");
    bool good = self->error == 0;
    if (!good)
        snprintf(error, room, "%s/%s: %s", self->settings.directory, self->failed,
                 strerror(self->error));
    free(self);
    return good;
}

bool view_run(const struct view_settings *settings, const struct config *config, uint64_t seed,
              struct trial *trial, char *error, size_t room)
{
    struct view *self = view_new(settings, error, room);
    if (self == NULL)
        return false;
    trial_run(trial, config, seed, &self->watch);
    return view_free(self, error, room);
}
