/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ladder_pick - what fits into a diagram: whose lines, and which events.
 *
 * Few clients are drawn all. Of many, it is the one whose promise was broken, or whose request was under way when the first
 * fault struck. Of too many events, those around the faults, crashes, changes of role and broken promises are drawn, somewhat
 * more of what came after than of what came before.
 */
#include "models/view/ladder_parts.h"

#include "sim/memory.h"

#include <stdlib.h>

enum { CLIENTS_MAX = 3, MOST = 200 };

/* --- whose lines ---------------------------------------------------------------------------------------------------- */

static bool in_time(const struct ladder_settings *settings, const struct ladder_item *item)
{
    if (settings->since_ns == 0 && settings->until_ns == 0)
        return true;
    return item->at_ns >= settings->since_ns &&
           (settings->until_ns == 0 || item->at_ns <= settings->until_ns);
}

/* The client that a broken promise is about, or that the first fault met; else whoever came first. */
static int32_t client_of_the_story(const struct ladder *ladder,
                                   const struct ladder_settings *settings)
{
    int32_t client = -1, first = -1;
    bool struck = false;
    for (uint32_t i = 0; i < ladder->count; i++) {
        const struct ladder_item *item = &ladder->items[i];
        if (!in_time(settings, item))
            continue;
        if (item->kind == LADDER_BROKEN && item->client >= 0)
            return item->client;
        struck |= item->kind == LADDER_FAULT || item->kind == LADDER_DEATH;
        if (item->client >= 0 && !struck)
            client = item->client;
        if (item->client >= 0 && first < 0)
            first = item->client;
    }
    return client >= 0 ? client : first;
}

static void add_column(struct ladder_choice *self, unsigned line)
{
    if (self->column_count < LADDER_COLUMNS_MAX)
        self->columns[self->column_count++] = (int)line;
}

static void pick_columns(struct ladder_choice *self, const struct ladder *ladder,
                         const struct ladder_settings *settings)
{
    unsigned clients = 0;
    for (unsigned i = 0; i < ladder->line_count; i++)
        clients += ladder->lines[i].client >= 0;
    int32_t only = settings->client;
    if (only < 0 && clients > CLIENTS_MAX)
        only = client_of_the_story(ladder, settings);
    for (unsigned i = ladder->line_count; i-- > 0;) {
        int32_t client = ladder->lines[i].client;
        if (client >= 0 && (only < 0 || client == only))
            add_column(self, i);
    }
    self->other_clients = clients - self->column_count;
    for (unsigned i = 0; i < ladder->line_count; i++) {
        if (ladder->lines[i].client < 0)
            add_column(self, i);
    }
}

int ladder_column_of(const struct ladder_choice *self, int line)
{
    for (unsigned i = 0; i < self->column_count; i++) {
        if (self->columns[i] == line)
            return (int)i;
    }
    return -1;
}

/* --- which events ------------------------------------------------------------------------------------------------------ */

static bool has_columns(const struct ladder_choice *self, const struct ladder_item *item)
{
    if (ladder_is_row(item))
        return true;
    return ladder_column_of(self, item->line) >= 0 &&
           (item->kind != LADDER_ARROW || ladder_column_of(self, item->to) >= 0);
}

static bool is_ours(const struct ladder_choice *self, const struct ladder *ladder, int32_t client)
{
    for (unsigned i = 0; client >= 0 && i < self->column_count; i++) {
        if (ladder->lines[self->columns[i]].client == client)
            return true;
    }
    return client < 0;
}

/* Leases, heartbeats and the roles at the beginning are the background. */
static bool is_event(const struct ladder_item *item)
{
    return item->kind != LADDER_LEASE && !(item->kind == LADDER_ROLE && item->at_ns == 0) &&
           !(item->kind == LADDER_ARROW && item->style == LADDER_HEARTBEAT);
}

static void gather(struct ladder_choice *self, const struct ladder *ladder,
                   const struct ladder_settings *settings)
{
    for (uint32_t i = 0; i < ladder->count; i++) {
        const struct ladder_item *item = &ladder->items[i];
        if (!is_event(item) || !in_time(settings, item))
            continue;
        if (item->kind != LADDER_BROKEN &&
            (!has_columns(self, item) || !is_ours(self, ladder, item->client)))
            self->foreign++;
        else if (item->quiet && item->end != LADDER_LOST)
            self->quiet++;
        else
            self->items[self->relevant++] = i;
    }
}

/* What the story is about. */
static bool is_anchor(const struct ladder_item *item)
{
    switch (item->kind) {
    case LADDER_FAULT:
    case LADDER_DEATH:
    case LADDER_BIRTH:
    case LADDER_BROKEN:
        return true;
    case LADDER_ROLE:
        return item->at_ns > 0;
    default:
        return item->kind == LADDER_MARK && item->style == LADDER_BAD;
    }
}

/* Marks what is at most `reach` from an anchor in `kept`; returns how many these are. */
static uint32_t keep_around(const struct ladder_choice *self, const struct ladder *ladder,
                            uint32_t reach, bool *kept)
{
    uint32_t count = 0, until = 0; /* everything before `until` has been decided */
    for (uint32_t i = 0; i < self->relevant; i++) {
        if (!is_anchor(&ladder->items[self->items[i]]))
            continue;
        uint32_t before = reach * 2 / 5, after = reach - before;
        uint32_t from = i > before ? i - before : 0;
        uint32_t to = i + after + 1 < self->relevant ? i + after + 1 : self->relevant;
        for (uint32_t k = from > until ? from : until; k < to; k++, count++) {
            if (kept != NULL)
                kept[k] = true;
        }
        until = to > until ? to : until;
    }
    return count;
}

static void keep(struct ladder_choice *self, const struct ladder *ladder, uint32_t most, bool *kept)
{
    uint32_t low = 0, high = self->relevant;
    if (self->relevant <= most || keep_around(self, ladder, 0, NULL) == 0) {
        for (uint32_t i = 0; i < self->relevant && i < most; i++)
            kept[i] = true;
        return;
    }
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (keep_around(self, ladder, middle, NULL) <= most)
            low = middle;
        else
            high = middle - 1;
    }
    keep_around(self, ladder, low, kept);
}

static void drop_the_rest(struct ladder_choice *self, const bool *kept)
{
    uint32_t skipped = 0;
    for (uint32_t i = 0; i < self->relevant; i++) {
        if (!kept[i]) {
            skipped++;
            continue;
        }
        self->items[self->count] = self->items[i];
        self->skips[self->count++] = skipped;
        skipped = 0;
    }
}

void ladder_pick(struct ladder_choice *self, const struct ladder *ladder,
                 const struct ladder_settings *settings)
{
    *self = (struct ladder_choice){.count = 0};
    size_t room = (size_t)ladder->count + 1;
    self->items = must(calloc(room, sizeof *self->items));
    self->skips = must(calloc(room, sizeof *self->skips));
    bool *kept = must(calloc(room, sizeof *kept));
    pick_columns(self, ladder, settings);
    gather(self, ladder, settings);
    keep(self, ladder, settings->most > 0 ? settings->most : MOST, kept);
    drop_the_rest(self, kept);
    free(kept);
}

void ladder_choice_fini(struct ladder_choice *self)
{
    free(self->items);
    free(self->skips);
}
