/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ladder - collecting.
 */
#include "models/view/ladder.h"

#include "models/view/ladder_parts.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 500000 };

struct ladder *ladder_new(void)
{
    struct ladder *self = must(calloc(1, sizeof *self));
    self->lines = must(calloc(LADDER_LINES_MAX, sizeof *self->lines));
    return self;
}

void ladder_free(struct ladder *self)
{
    free(self->items);
    free(self->lines);
    free(self);
}

static int add_line(struct ladder *self, const char *name, int client)
{
    if (self->line_count == LADDER_LINES_MAX)
        return -1;
    struct ladder_line *line = &self->lines[self->line_count];
    snprintf(line->name, sizeof line->name, "%s", name);
    line->client = client;
    return (int)self->line_count++;
}

int ladder_server(struct ladder *self, const char *name)
{
    for (unsigned i = 0; i < self->line_count; i++) {
        if (self->lines[i].client < 0 && strcmp(self->lines[i].name, name) == 0)
            return (int)i;
    }
    return add_line(self, name, -1);
}

int ladder_client(struct ladder *self, int client)
{
    for (unsigned i = 0; i < self->line_count; i++) {
        if (self->lines[i].client == client)
            return (int)i;
    }
    char name[LADDER_NAME_MAX];
    snprintf(name, sizeof name, "client %d", client);
    return add_line(self, name, client);
}

struct ladder_item *ladder_add(struct ladder *self, enum ladder_kind kind, int64_t at_ns, int line)
{
    if (self->count == ITEMS_MAX) {
        self->dropped++;
        return NULL;
    }
    self->items = grown(self->items, self->count, &self->room, sizeof *self->items);
    struct ladder_item *item = &self->items[self->count++];
    *item = (struct ladder_item){
        .kind = kind, .at_ns = at_ns, .until_ns = at_ns, .line = (int16_t)line, .client = -1};
    return item;
}

void ladder_add_broken(struct ladder *self, int64_t at_ns, int line, int client, const char *text)
{
    if (self->broken_count == LADDER_BROKEN_MAX)
        return;
    struct ladder_item *item = ladder_add(self, LADDER_BROKEN, at_ns, line);
    if (item == NULL)
        return;
    item->client = client;
    item->view = self->broken_count;
    snprintf(self->broken[self->broken_count++], LADDER_LONG_MAX, "%s", text);
}

void ladder_write(const struct ladder *self, const struct ladder_settings *settings, FILE *stream)
{
    struct ladder_choice choice;
    struct ladder_layout layout;
    ladder_pick(&choice, self, settings);
    ladder_lay_out(&layout, self, &choice);
    ladder_draw(self, settings, &choice, &layout, stream);
    ladder_layout_fini(&layout);
    ladder_choice_fini(&choice);
}
