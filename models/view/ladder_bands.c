/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ladder_bands - the lines as bands: which role a server has from when to when, whether it lives, whether its lease lasts.
 */
#include "models/view/ladder_parts.h"

#include <math.h>

enum { NAME_EVERY = 460, NAME_NEEDS = 90 };

/* One server's line, followed through the whole run. */
struct band {
    const struct ladder_drawing *drawing;
    int line;
    double x;
    int64_t leased_until_ns;
    double role_y,
        lease_y; /* since when it is what it is; lease_y: since when the lease has been good */
    double pause_y;
    enum ft_role role;
    uint64_t view;
    bool alive, paused, known;
    bool leases; /* draws those, which lie on top, and not roles */
};

static const char *const role_classes[] = {
    [FT_ROLE_OUT] = "out",
    [FT_ROLE_PRIMARY] = "primary",
    [FT_ROLE_BACKUP] = "backup",
    [FT_ROLE_SOLO] = "solo",
};
static const char *const role_names[] = {
    [FT_ROLE_OUT] = "out of service",
    [FT_ROLE_PRIMARY] = "primary",
    [FT_ROLE_BACKUP] = "backup",
    [FT_ROLE_SOLO] = "alone",
};

static void put_box(const struct band *self, const char *class, double x, double width, double y,
                    double y_end)
{
    if (y_end - y < 0.5)
        return;
    fprintf(self->drawing->out,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", class, x,
            y, width, y_end - y);
}

/* No mark of this line and no break is where the name would stand. */
static bool is_clear(const struct band *self, double at)
{
    const struct ladder_drawing *drawing = self->drawing;
    for (uint32_t i = 0; i < drawing->choice->count; i++) {
        const struct ladder_item *item = &drawing->ladder->items[drawing->choice->items[i]];
        if (item->kind != LADDER_ARROW && item->line == self->line &&
            fabs(drawing->layout->places[i].y - at) < NAME_NEEDS / 2.0)
            return false;
    }
    for (uint32_t i = 0; i < drawing->layout->break_count; i++) {
        const struct ladder_break *gap = &drawing->layout->breaks[i];
        if (at + NAME_NEEDS / 2.0 > gap->y && at - NAME_NEEDS / 2.0 < gap->y_end)
            return false;
    }
    return true;
}

/* Again and again, for those who have no room for the whole page. */
static void put_names(const struct band *self, const char *class, const char *name, double y,
                      double y_end)
{
    double at = y + NAME_NEEDS / 2.0;
    for (; at + NAME_NEEDS / 2.0 < y_end; at += NAME_EVERY) {
        while (!is_clear(self, at) && at + NAME_NEEDS / 2.0 < y_end)
            at += LADDER_ROW;
        if (at + NAME_NEEDS / 2.0 >= y_end)
            return;
        fprintf(self->drawing->out,
                "<text class=\"%s\" transform=\"translate(%.1f %.1f) rotate(90)\">%s</text>\n",
                class, self->x - 2.6, at, name);
    }
}

static void put_roles(const struct band *self, double y, double y_end)
{
    char name[60];
    size_t used = (size_t)snprintf(name, sizeof name, "%s", role_names[self->role]);
    if (self->role != FT_ROLE_OUT)
        snprintf(name + used, sizeof name - used, " · view %llu", (unsigned long long)self->view);
    put_names(self, "band", name, y, y_end);
}

static void end_role(struct band *self, double y)
{
    if (self->leases) {
        self->role_y = y;
        return;
    }
    if (self->known && self->alive) {
        put_box(self, role_classes[self->role], self->x - LADDER_BAND / 2, LADDER_BAND,
                self->role_y, y);
        put_roles(self, self->role_y, y);
    } else {
        fprintf(self->drawing->out,
                "<line class=\"dead\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", self->x,
                self->role_y, self->x, y);
    }
    self->role_y = y;
}

/* The lease until `at_ns`: good for a while, then perhaps run out. Only whoever speaks has one. */
static void end_lease(struct band *self, int64_t at_ns, double y)
{
    bool speaks = self->role == FT_ROLE_PRIMARY || self->role == FT_ROLE_SOLO;
    double x = self->x + LADDER_BAND / 2 - 3, end = y;
    if (self->leased_until_ns < at_ns)
        end = ladder_height_of(self->drawing->layout, self->leased_until_ns);
    if (end < self->lease_y)
        end = self->lease_y;
    if (self->leases && self->alive && speaks && self->leased_until_ns > 0) {
        put_box(self, "lease", x, 3, self->lease_y, end);
        put_box(self, "expired", x, 3, end, y);
    }
    self->lease_y = y;
}

static void follow(struct band *self, const struct ladder_item *item, double y)
{
    switch (item->kind) {
    case LADDER_LEASE:
        if (item->at_ns > self->leased_until_ns)
            end_lease(self, item->at_ns, y);
        self->leased_until_ns = item->until_ns;
        return;
    case LADDER_PAUSE:
        self->paused = true;
        self->pause_y = y;
        return;
    case LADDER_RESUME:
        if (self->paused && self->leases)
            put_box(self, "paused", self->x - LADDER_BAND / 2, LADDER_BAND, self->pause_y, y);
        self->paused = false;
        return;
    case LADDER_ROLE:
    case LADDER_DEATH:
    case LADDER_BIRTH:
        end_lease(self, item->at_ns, y);
        end_role(self, y);
        if (item->kind == LADDER_ROLE) {
            self->role = (enum ft_role)item->role;
            self->view = item->view;
        } else {
            self->role = FT_ROLE_OUT;
            self->leased_until_ns = 0;
        }
        self->alive = item->kind != LADDER_DEATH;
        self->known = true;
        return;
    default:
        return;
    }
}

static void draw_server(const struct ladder_drawing *drawing, unsigned column, bool leases)
{
    double bottom = drawing->layout->height, top = LADDER_TOP - 10;
    struct band self = {
        .drawing = drawing,
        .line = drawing->choice->columns[column],
        .x = drawing->layout->x[column],
        .role_y = top,
        .lease_y = top,
        .alive = true,
        .leases = leases,
    };
    int64_t last_ns = 0;
    for (uint32_t i = 0; i < drawing->ladder->count; i++) {
        const struct ladder_item *item = &drawing->ladder->items[i];
        last_ns = item->at_ns;
        if (item->line != drawing->choice->columns[column] || item->kind == LADDER_ARROW)
            continue;
        double y = ladder_height_of_item(drawing, i);
        bool before =
            drawing->layout->knot_count > 0 && item->at_ns < drawing->layout->knots[0].at_ns;
        follow(&self, item, before || item->at_ns == 0 ? top : y);
    }
    end_lease(&self, last_ns, bottom);
    if (self.paused && leases)
        put_box(&self, "paused", self.x - LADDER_BAND / 2, LADDER_BAND, self.pause_y, bottom);
    end_role(&self, bottom);
}

static void draw_client(const struct ladder_drawing *drawing, unsigned column)
{
    struct band self = {
        .drawing = drawing,
        .line = drawing->choice->columns[column],
        .x = drawing->layout->x[column],
    };
    double top = LADDER_TOP - 10, bottom = drawing->layout->height;
    put_box(&self, "client", self.x - LADDER_BAND / 2, LADDER_BAND, top, bottom);
    /* The first one stands above the line. */
    put_names(&self, "band of-client", drawing->ladder->lines[self.line].name, top + NAME_EVERY,
              bottom);
}

void ladder_draw_bands(const struct ladder_drawing *self)
{
    for (unsigned i = 0; i < self->choice->column_count; i++) {
        if (self->ladder->lines[self->choice->columns[i]].client < 0) {
            draw_server(self, i, false);
            draw_server(self, i, true);
            continue;
        }
        draw_client(self, i);
    }
}
