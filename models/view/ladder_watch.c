/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ladder_watch - what of a world's life a diagram shows, and in which words.
 *
 * A packet is an arrow from its sender; where it arrives, or is lost, completes it. One that arrives at several hosts, or
 * twice, gets an arrow more for each.
 */
#include "models/view/ladder_watch.h"

#include "models/tcp/tcp_wire.h"
#include "models/view/names.h"
#include "models/view/numbering.h"
#include "models/web/exchange.h"
#include "models/world_state.h"
#include "sim/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LOGGED_MAX = 4096 };

struct ladder_watch {
    const struct tap *tap;
    const struct world *world;
    struct ladder *ladder;
    struct numbering *numbering;
    const struct host *machines[LADDER_LINES_MAX]; /* by line, of clients: where they live */
    uint32_t *arrows;                              /* by journey: index of its item + 1; 0: none */
    uint32_t arrow_room;
    uint64_t logged[LOGGED_MAX]; /* by number of a reply on the log channel, modulo: its request */
};

/* --- lines ------------------------------------------------------------------------------------------------------------------ */

static bool is_server(const struct ladder_watch *self, const struct host *host)
{
    for (unsigned i = 0; i < self->world->server_count; i++) {
        if (&self->world->servers[i].host == host)
            return true;
    }
    return false;
}

/* A host's line; of a client machine, that of the client. -1: not known yet. */
static int line_of(struct ladder_watch *self, const struct host *host, int client)
{
    if (is_server(self, host))
        return ladder_server(self->ladder, host->settings.name);
    return client >= 0 ? ladder_client(self->ladder, client) : -1;
}

/* The server that the packet is for, as far as its MAC address says. */
static int line_of_mac(struct ladder_watch *self, enum host_network network, uint16_t mac)
{
    for (unsigned i = 0; i < self->world->server_count; i++) {
        const struct host *host = &self->world->servers[i].host;
        if (host->nics[network].mac == mac)
            return line_of(self, host, -1);
    }
    return -1;
}

/* --- arrows ----------------------------------------------------------------------------------------------------------------- */

static enum ladder_style style_of(const struct ladder_watch *self, const struct passage *passage,
                                  const struct reading *reading)
{
    switch (reading->traffic) {
    case TRAFFIC_CLIENT:
        return is_server(self, passage->station->host) ? LADDER_REPLY : LADDER_REQUEST;
    case TRAFFIC_COPY:
        return LADDER_COPY;
    case TRAFFIC_REPORT:
        return LADDER_REPORT;
    case TRAFFIC_LOG:
        return reading->destination_port == MESSAGE_PATH_PORT ? LADDER_RECORD : LADDER_RECEIPT;
    case TRAFFIC_CONTROL:
        return LADDER_HEARTBEAT;
    case TRAFFIC_ANNOUNCE:
        return LADDER_ANNOUNCE;
    default:
        return LADDER_OTHER;
    }
}

static void describe_segment(const struct reading *reading, const struct numbers *numbers,
                             FILE *out)
{
    static const struct {
        uint8_t flag;
        const char *name;
    } flags[] = {{TCP_FLAG_SYN, "SYN "},
                 {TCP_FLAG_FIN, "FIN "},
                 {TCP_FLAG_RST, "RST "},
                 {TCP_FLAG_PSH, "PSH "}};
    bool bare = reading->length == 0 && reading->traffic != TRAFFIC_REPORT;
    if (numbers->again)
        fputs("again ", out);
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (!(reading->flags & flags[i].flag))
            continue;
        fputs(flags[i].name, out);
        bare = false;
    }
    if (bare) {
        fprintf(out, "ACK %" PRIu32, numbers->ack);
        return;
    }
    fprintf(out, "seq %" PRIu32, numbers->seq);
    if (reading->length > 0)
        fprintf(out, " len %" PRIu32, reading->length);
    if (reading->flags & TCP_FLAG_ACK)
        fprintf(out, " ack %" PRIu32, numbers->ack);
}

static void describe_message(const struct reading *reading, FILE *out)
{
    const struct request *request = reading->request;
    if (request == NULL || reading->offset > 0)
        return;
    if (reading->reply != NULL)
        fprintf(out, "reply #%" PRIu64 "  ", request->number);
    else
        fprintf(out, "%s #%" PRIu64 "  ", request->method == METHOD_POST ? "POST" : "GET",
                request->number);
}

/* An acknowledgement names its reply by its number on the channel. */
static void describe_record(struct ladder_watch *self, const struct reading *reading, FILE *out)
{
    const struct ft_record *record = &reading->record;
    static const char *const kinds[] = {
        [FT_RECORD_REPLY] = "log reply",
        [FT_RECORD_ACK] = "logged",
        [FT_RECORD_CREDIT] = "credit",
        [FT_RECORD_FORGET] = "forget",
    };
    if (!reading->record_is_sound) {
        if (reading->length > 0)
            fprintf(out, "  … %" PRIu32 " B", reading->length);
        else
            fputs(reading->flags & TCP_FLAG_SYN ? "log channel opens" : "log ACK", out);
        return;
    }
    uint64_t *request = &self->logged[record->number % LOGGED_MAX];
    if (record->kind == FT_RECORD_REPLY && reading->request != NULL)
        *request = reading->request->number;
    fputs(kinds[record->kind], out);
    if (record->kind == FT_RECORD_REPLY || record->kind == FT_RECORD_ACK)
        fprintf(out, " #%" PRIu64, *request);
    if (record->kind == FT_RECORD_REPLY)
        fprintf(out, ", %" PRIu64 " B", record->length);
}

static void describe(struct ladder_watch *self, struct ladder_item *item,
                     const struct reading *reading, const struct numbers *numbers)
{
    FILE *out = fmemopen(item->text, sizeof item->text, "w");
    if (out == NULL)
        abort();
    if (item->style == LADDER_ANNOUNCE) {
        fputs("ARP: the service is here now", out);
    } else if (item->style == LADDER_RECORD || item->style == LADDER_RECEIPT) {
        describe_record(self, reading, out);
    } else if (reading->tcp && !reading->damaged) {
        if (item->style == LADDER_REPORT)
            fputs("report ", out);
        else if (item->style != LADDER_COPY)
            describe_message(reading, out);
        describe_segment(reading, numbers, out);
    } else if (item->style != LADDER_HEARTBEAT) {
        fputs("damaged", out);
    }
    fclose(out);
    item->text[sizeof item->text - 1] = '\0';
}

static void remember(struct ladder_watch *self, uint32_t journey, uint32_t item)
{
    if (journey >= self->arrow_room) {
        uint32_t room = self->arrow_room > 0 ? 2 * self->arrow_room : 1024;
        while (room <= journey)
            room *= 2;
        self->arrows = must(realloc(self->arrows, room * sizeof *self->arrows));
        memset(self->arrows + self->arrow_room, 0,
               (room - self->arrow_room) * sizeof *self->arrows);
        self->arrow_room = room;
    }
    self->arrows[journey] = item + 1;
}

static struct ladder_item *arrow_of(struct ladder_watch *self, const struct passage *passage)
{
    uint32_t index = passage->journey < self->arrow_room ? self->arrows[passage->journey] : 0;
    return index > 0 ? &self->ladder->items[index - 1] : NULL;
}

static bool is_quiet(const struct ladder_item *item, const struct reading *reading)
{
    return (item->style == LADDER_RECORD || item->style == LADDER_RECEIPT) &&
           reading->length == 0 && !(reading->flags & (TCP_FLAG_SYN | TCP_FLAG_RST));
}

static struct ladder_item *begin_arrow(struct ladder_watch *self, int64_t now_ns,
                                       const struct passage *passage, const struct reading *reading)
{
    struct numbers numbers = {.client = -1};
    enum ladder_style style = style_of(self, passage, reading);
    if (reading->tcp && !reading->damaged)
        numbering_of(self->numbering, reading,
                     style == LADDER_REQUEST || style == LADDER_REPLY || style == LADDER_RECORD,
                     &numbers);
    int client = reading->request != NULL ? (int)reading->request->client : numbers.client;
    int line = line_of(self, passage->station->host, client);
    struct ladder_item *item = ladder_add(self->ladder, LADDER_ARROW, now_ns, line);
    if (item == NULL)
        return NULL;
    item->style = (uint8_t)style;
    item->client = client;
    item->to =
        (int16_t)(style == LADDER_REPLY && client >= 0
                      ? ladder_client(self->ladder, client)
                      : line_of_mac(self, passage->station->network, passage->packet->mac_to));
    item->end = LADDER_FLYING;
    item->quiet = is_quiet(item, reading);
    describe(self, item, reading, &numbers);
    remember(self, passage->journey, (uint32_t)(item - self->ladder->items));
    return item;
}

/* A SYN leaves before its client has told that the connection is its own. */
static void complete_client(struct ladder_watch *self, struct ladder_item *item,
                            const struct reading *reading)
{
    struct numbers numbers;
    if (item->client >= 0 || !reading->tcp || reading->damaged || reading->traffic == TRAFFIC_LOG)
        return;
    numbering_of(self->numbering, reading, false, &numbers);
    item->client = numbers.client;
    if (numbers.client < 0)
        return;
    int line = ladder_client(self->ladder, numbers.client);
    if (item->line < 0)
        item->line = (int16_t)line;
    if (item->to < 0 && item->style == LADDER_REPLY)
        item->to = (int16_t)line;
}

static void arrive_at(struct ladder_watch *self, int64_t now_ns, uint32_t index, int line,
                      enum ladder_end end, bool damaged)
{
    struct ladder_item *item = &self->ladder->items[index];
    if (item->end != LADDER_FLYING) { /* once more */
        struct ladder_item first = *item;
        item = ladder_add(self->ladder, LADDER_ARROW, first.at_ns, first.line);
        if (item == NULL)
            return;
        *item = first;
        if (first.style != LADDER_ANNOUNCE) /* the same packet twice */
            snprintf(item->text, sizeof item->text, "copy made by the network");
    }
    item->until_ns = now_ns;
    item->end = (uint8_t)end;
    item->damaged = damaged;
    if (line >= 0)
        item->to = (int16_t)line;
}

static void arrive(struct ladder_watch *self, int64_t now_ns, const struct passage *passage,
                   const struct reading *reading, enum ladder_end end)
{
    const struct host *host = passage->station->host;
    struct ladder_item *item = arrow_of(self, passage);
    if (item == NULL)
        return;
    uint32_t index = (uint32_t)(item - self->ladder->items);
    complete_client(self, item, reading);
    if (item->style != LADDER_ANNOUNCE || is_server(self, host)) {
        arrive_at(self, now_ns, index, line_of(self, host, item->client), end, reading->damaged);
        return;
    }
    for (unsigned i = 0; i < self->ladder->line_count; i++) { /* all who live there hear it */
        if (self->machines[i] == host)
            arrive_at(self, now_ns, index, (int)i, end, reading->damaged);
    }
}

static void drop(struct ladder_watch *self, int64_t now_ns, const struct passage *passage,
                 const struct reading *reading)
{
    struct ladder_item *item = arrow_of(self, passage);
    bool unsent = item == NULL;
    if (unsent)
        item = begin_arrow(self, now_ns, passage, reading);
    if (item == NULL)
        return;
    complete_client(self, item, reading);
    bool at_receiver = strcmp(passage->why, host_drop_names[HOST_DROP_DEAD]) == 0 ||
                       strcmp(passage->why, host_drop_names[HOST_DROP_RING]) == 0;
    item->until_ns = now_ns;
    item->end = at_receiver ? LADDER_UNHEARD : unsent ? LADDER_UNSENT : LADDER_LOST;
    size_t used = strlen(item->text);
    if (item->style != LADDER_HEARTBEAT && !at_receiver && strcmp(passage->why, "lost") != 0)
        snprintf(item->text + used, sizeof item->text - used, " (%s)", passage->why);
}

void ladder_watch_passage(struct ladder_watch *self, int64_t now_ns, const struct passage *passage,
                          const struct reading *reading)
{
    if (passage->kind == PASSAGE_SENT)
        begin_arrow(self, now_ns, passage, reading);
    else if (passage->kind == PASSAGE_RECEIVED)
        arrive(self, now_ns, passage, reading, LADDER_ARRIVED);
    else if (strcmp(passage->why, host_drop_names[HOST_DROP_DEAD]) == 0)
        arrive(self, now_ns, passage, reading, LADDER_UNHEARD);
    else
        drop(self, now_ns, passage, reading);
}

/* --- notices ---------------------------------------------------------------------------------------------------------------- */

static void mark(struct ladder_watch *self, int64_t now_ns, const struct notice *notice,
                 enum ladder_style style, const char *words)
{
    int client = notice->request != NULL ? (int)notice->request->client : -1;
    struct ladder_item *item =
        ladder_add(self->ladder, LADDER_MARK, now_ns, line_of(self, notice->host, client));
    if (item == NULL)
        return;
    item->style = (uint8_t)style;
    item->client = client;
    if (notice->request != NULL)
        snprintf(item->text, sizeof item->text, "%s #%" PRIu64, words, notice->request->number);
    else
        snprintf(item->text, sizeof item->text, "%s", words);
}

static void mark_end(struct ladder_watch *self, int64_t now_ns, const struct notice *notice)
{
    char words[40];
    bool right = notice->value == OUTCOME_RIGHT;
    snprintf(words, sizeof words, "%s", view_outcome_names[notice->value]);
    mark(self, now_ns, notice, right ? LADDER_GOOD : LADDER_BAD, words);
}

static void mark_lost(struct ladder_watch *self, int64_t now_ns, const struct notice *notice)
{
    struct ladder_item *item = ladder_add(self->ladder, LADDER_MARK, now_ns,
                                          ladder_client(self->ladder, (int)notice->limit));
    if (item == NULL)
        return;
    item->style = LADDER_BAD;
    item->client = (int32_t)notice->limit;
    snprintf(item->text, sizeof item->text, "connection %s", view_reason_names[notice->value]);
}

static void learn(struct ladder_watch *self, const struct notice *notice)
{
    struct tcp_facts facts;
    tcp_facts(notice->socket, &facts);
    numbering_learn(self->numbering, facts.local, facts.remote, (int)notice->value);
    int line = ladder_client(self->ladder, (int)notice->value);
    if (line >= 0)
        self->machines[line] = notice->host;
}

static void note_role(struct ladder_watch *self, int64_t now_ns, const struct notice *notice)
{
    static const char *const words[] = {
        [FT_ROLE_OUT] = "is out of service",
        [FT_ROLE_PRIMARY] = "is primary",
        [FT_ROLE_BACKUP] = "is backup",
        [FT_ROLE_SOLO] = "serves alone",
    };
    struct ladder_item *item =
        ladder_add(self->ladder, LADDER_ROLE, now_ns, line_of(self, notice->host, -1));
    if (item == NULL)
        return;
    item->role = (uint8_t)notice->value;
    item->view = notice->limit;
    if (now_ns > 0)
        snprintf(item->text, sizeof item->text, "%s, view %" PRIu64, words[notice->value],
                 notice->limit);
}

static void note_lease(struct ladder_watch *self, int64_t now_ns, const struct notice *notice)
{
    int64_t until_ns = (int64_t)notice->value;
    if (until_ns < INT64_MAX / 2 && until_ns > INT64_MIN / 2)
        until_ns = host_clock_reaches_ns(notice->host, until_ns);
    struct ladder_item *item =
        ladder_add(self->ladder, LADDER_LEASE, now_ns, line_of(self, notice->host, -1));
    if (item != NULL)
        item->until_ns = until_ns;
}

static void note_life(struct ladder_watch *self, int64_t now_ns, const struct notice *notice,
                      enum ladder_kind kind, const char *words)
{
    struct ladder_item *item =
        ladder_add(self->ladder, kind, now_ns, line_of(self, notice->host, -1));
    if (item != NULL)
        snprintf(item->text, sizeof item->text, "%s", words);
}

/* A crash speaks for itself, and a packet's fate is its arrow's end. What befalls one host stands at its line. */
static void note_fault(struct ladder_watch *self, int64_t now_ns, const struct notice *notice)
{
    const struct fault *fault = &self->world->config->faults[notice->value];
    bool heals = notice->kind == NOTICE_HEALED;
    if (fault->crash != TARGET_NONE || fault->fate != FATE_NONE || fault->restart != TARGET_NONE)
        return;
    bool pause = fault->pause != TARGET_NONE && notice->host != NULL;
    bool kill = fault->kill != TARGET_NONE && notice->host != NULL;
    struct ladder_item *item = ladder_add(self->ladder, pause ? LADDER_PAUSE : LADDER_FAULT, now_ns,
                                          pause || kill ? line_of(self, notice->host, -1) : -1);
    if (item == NULL)
        return;
    char text[40], duration[20];
    size_t used = (size_t)snprintf(item->text, sizeof item->text, "%s%s", heals ? "over: " : "",
                                   pause  ? "pauses"
                                   : kill ? "its server processes die"
                                          : view_fault_text(fault, text, sizeof text));
    if (fault->for_ns > 0 && !heals)
        snprintf(item->text + used, sizeof item->text - used, " for %s",
                 view_duration_text(fault->for_ns, duration, sizeof duration));
}

static void note_healed(struct ladder_watch *self, int64_t now_ns, const struct notice *notice)
{
    const struct fault *fault = &self->world->config->faults[notice->value];
    if (fault->pause == TARGET_NONE) {
        note_fault(self, now_ns, notice);
        return;
    }
    for (unsigned i = 0; i < self->world->server_count; i++) {
        struct notice resumed = {.host = (struct host *)&self->world->servers[i].host};
        if (resumed.host->paused)
            note_life(self, now_ns, &resumed, LADDER_RESUME, "goes on");
    }
}

void ladder_watch_notice(struct ladder_watch *self, int64_t now_ns, const struct notice *notice)
{
    switch (notice->kind) {
    case NOTICE_CONNECTION_OPENING:
        learn(self, notice);
        return;
    case NOTICE_CONNECTION_LOST:
        mark_lost(self, now_ns, notice);
        return;
    case NOTICE_EXECUTING:
        mark(self, now_ns, notice, LADDER_BEGIN, "executes");
        return;
    case NOTICE_EXECUTED:
        mark(self, now_ns, notice, LADDER_END, "has executed");
        return;
    case NOTICE_REPLY_LOGGED:
        mark(self, now_ns, notice, LADDER_STEP, "has logged");
        return;
    case NOTICE_REPLY_RELEASED:
        mark(self, now_ns, notice, LADDER_STEP, "releases");
        return;
    case NOTICE_REPLY_DONE:
        mark_end(self, now_ns, notice);
        return;
    case NOTICE_PROPOSAL:
        mark(self, now_ns, notice, LADDER_STEP, "proposes to serve alone");
        return;
    case NOTICE_ROLE:
        note_role(self, now_ns, notice);
        return;
    case NOTICE_LEASE:
        note_lease(self, now_ns, notice);
        return;
    case NOTICE_CRASH:
        note_life(self, now_ns, notice, LADDER_DEATH, "crash");
        return;
    case NOTICE_RESTART:
        note_life(self, now_ns, notice, LADDER_BIRTH, "comes back");
        return;
    case NOTICE_FAULT:
        note_fault(self, now_ns, notice);
        return;
    case NOTICE_HEALED:
        note_healed(self, now_ns, notice);
        return;
    default:
        return;
    }
}

void ladder_watch_broken(struct ladder_watch *self, int64_t now_ns, const char *promise,
                         const char *text, int client)
{
    char words[LADDER_LONG_MAX];
    snprintf(words, sizeof words, "%s is broken %s", promise, text);
    ladder_add_broken(self->ladder, now_ns, -1, client, words);
}

/* --- life ------------------------------------------------------------------------------------------------------------------- */

struct ladder_watch *ladder_watch_new(const struct tap *tap, const struct world *world)
{
    struct ladder_watch *self = must(calloc(1, sizeof *self));
    self->tap = tap;
    self->world = world;
    self->ladder = ladder_new();
    self->numbering = numbering_new();
    for (unsigned i = 0; i < world->server_count; i++)
        ladder_server(self->ladder, world->servers[i].host.settings.name);
    return self;
}

struct ladder *ladder_watch_free(struct ladder_watch *self)
{
    struct ladder *ladder = self->ladder;
    numbering_free(self->numbering);
    free(self->arrows);
    free(self);
    return ladder;
}
