/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ladder_layout - a place for everything, so that no two texts overlap.
 *
 * Arrows' tails and heads and all marks are points in time. In their order they go down the page: by a distance that grows
 * with the logarithm of the time between them, and as far as their text needs to be clear of every text above it. How far
 * down the page is taken is kept by a skyline over its width.
 */
#include "models/view/ladder_parts.h"

#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SKY_STEP = 4, SKY_ROOM = 2048 };
#define AXIS 76.0                /* width of the time axis at the left */
#define IDLE_NS INT64_C(1500000) /* a break, if nothing is under way meanwhile */
#define BREAK_HEIGHT 34.0

struct point {
    int64_t at_ns;
    uint32_t item; /* in the choice */
    uint8_t rank;  /* at one time, arrivals come before what they bring about */
    bool head;
};

struct work {
    struct ladder_layout *layout;
    const struct ladder *ladder;
    const struct ladder_choice *choice;
    struct point *points;
    uint32_t point_count;
    float sky[SKY_ROOM]; /* how far down is taken */
    double y;
    int64_t at_ns;
    uint32_t flying; /* arrows between tail and head */
    bool begun;
};

static const struct ladder_item *item_at(const struct work *self, uint32_t index)
{
    return &self->ladder->items[self->choice->items[index]];
}

/* --- texts --------------------------------------------------------------------------------------------------------------- */

bool ladder_is_row(const struct ladder_item *item)
{
    return item->kind == LADDER_BROKEN || (item->kind == LADDER_FAULT && item->line < 0);
}

const char *ladder_row_text(const struct ladder *ladder, const struct ladder_item *item)
{
    return item->kind == LADDER_BROKEN ? ladder->broken[item->view] : item->text;
}

unsigned ladder_row_characters(const struct ladder_layout *self)
{
    return (unsigned)((self->right - self->left - 24) / LADDER_CHARACTER);
}

unsigned ladder_wrap(const char *text, unsigned most, unsigned starts[LADDER_WRAP_MAX],
                     unsigned lengths[LADDER_WRAP_MAX])
{
    unsigned count = 0, at = 0, size = (unsigned)strlen(text);
    while (at < size && count < LADDER_WRAP_MAX) {
        unsigned length = size - at;
        if (length > most) {
            length = most;
            while (length > 0 && text[at + length] != ' ')
                length--;
            if (length == 0)
                length = most;
        }
        starts[count] = at;
        lengths[count++] = length;
        at += length;
        while (text[at] == ' ')
            at++;
    }
    return count;
}

double ladder_width_of(const char *text, size_t bytes)
{
    unsigned characters = 0;
    for (size_t i = 0; i < bytes; i++)
        characters += ((unsigned char)text[i] & 0xc0) != 0x80;
    return characters * LADDER_CHARACTER;
}

static double width_of(const char *text)
{
    return ladder_width_of(text, strlen(text));
}

/* An arrow's text stands at its tail, on the side it goes to; a client's to the left of it, a server's to the right. */
static bool is_leftward(const struct work *self, const struct ladder_item *item)
{
    if (item->kind == LADDER_ARROW)
        return ladder_column_of(self->choice, item->to) <
               ladder_column_of(self->choice, item->line);
    return self->ladder->lines[item->line].client >= 0;
}

double ladder_lost_at(const struct ladder_layout *self, const struct ladder_choice *choice,
                      const struct ladder_item *item)
{
    double from = self->x[ladder_column_of(choice, item->line)];
    return from + 0.6 * (self->x[ladder_column_of(choice, item->to)] - from);
}

/* --- columns ------------------------------------------------------------------------------------------------------------- */

/* How wide the texts between column i - 1 and column i are; 0 and the last: at the sides. */
static void measure(struct work *self, double widest[LADDER_COLUMNS_MAX + 1])
{
    for (uint32_t i = 0; i < self->choice->count; i++) {
        const struct ladder_item *item = item_at(self, i);
        if (ladder_is_row(item))
            continue;
        int gap = ladder_column_of(self->choice, item->line) + !is_leftward(self, item);
        double width = width_of(item->text) + (item->kind == LADDER_ARROW ? 0 : 8);
        if (width > widest[gap])
            widest[gap] = width;
    }
}

static double between(double least, double value, double most)
{
    return value < least ? least : value > most ? most : value;
}

static void place_columns(struct work *self)
{
    struct ladder_layout *layout = self->layout;
    double widest[LADDER_COLUMNS_MAX + 1] = {0};
    measure(self, widest);
    double x = AXIS + widest[0] + 24;
    unsigned count = self->choice->column_count;
    for (unsigned i = 0; i < count; i++) {
        bool servers = i > 0 && self->ladder->lines[self->choice->columns[i - 1]].client < 0;
        if (i > 0)
            x += between(servers ? 250 : 190, widest[i] + 44, 460);
        else
            x += 20;
        layout->x[i] = x;
    }
    layout->left = AXIS;
    layout->right = x + between(80, widest[count] + 26, 360);
    if (layout->right < 700)
        layout->right = 700;
    layout->width = layout->right + 16;
}

/* --- rows ---------------------------------------------------------------------------------------------------------------- */

static unsigned sky_of(double x)
{
    double cell = x / SKY_STEP;
    return cell < 0 ? 0 : cell >= SKY_ROOM ? SKY_ROOM - 1 : (unsigned)cell;
}

static double sky_over(const struct work *self, double x, double x_end)
{
    float lowest = 0;
    for (unsigned i = sky_of(x); i <= sky_of(x_end); i++)
        lowest = self->sky[i] > lowest ? self->sky[i] : lowest;
    return lowest;
}

static void cover(struct work *self, double x, double x_end, double down_to)
{
    for (unsigned i = sky_of(x); i <= sky_of(x_end); i++) {
        if (self->sky[i] < (float)down_to)
            self->sky[i] = (float)down_to;
    }
}

static void add_knot(struct work *self)
{
    self->layout->knots[self->layout->knot_count++] =
        (struct ladder_knot){.at_ns = self->at_ns, .y = self->y};
}

static void add_break(struct work *self, int64_t until_ns, uint32_t skipped)
{
    struct ladder_layout *layout = self->layout;
    double top = sky_over(self, 0, layout->right);
    top = top > self->y ? top : self->y;
    layout->breaks[layout->break_count++] = (struct ladder_break){
        .y = top + 4,
        .y_end = top + 4 + BREAK_HEIGHT,
        .since_ns = self->at_ns,
        .until_ns = until_ns,
        .skipped = skipped,
    };
    self->y = top + 4;
    add_knot(self);
    self->y = top + 4 + BREAK_HEIGHT;
    cover(self, 0, layout->right, self->y);
}

/* Goes down the page as time does. */
static void pass_time(struct work *self, const struct point *point)
{
    uint32_t skipped = point->head ? 0 : self->choice->skips[point->item];
    int64_t gap_ns = point->at_ns - self->at_ns;
    if (!self->begun && skipped == 0)
        gap_ns = 0;
    if (!self->begun && skipped > 0)
        self->at_ns = 0;
    if (skipped > 0 || (gap_ns >= IDLE_NS && self->flying == 0))
        add_break(self, point->at_ns, skipped);
    else
        self->y += between(0, 4 * log2(1 + (double)gap_ns / 8000), 48);
    self->at_ns = point->at_ns;
    self->begun = true;
}

static void place_row(struct work *self, uint32_t index)
{
    unsigned starts[LADDER_WRAP_MAX], lengths[LADDER_WRAP_MAX];
    const char *text = ladder_row_text(self->ladder, item_at(self, index));
    unsigned lines = ladder_wrap(text, ladder_row_characters(self->layout), starts, lengths);
    double top = sky_over(self, 0, self->layout->right) + 5;
    if (self->y < top)
        self->y = top;
    self->layout->places[index].y = self->y;
    self->y += lines * LADDER_ROW + 8;
    cover(self, 0, self->layout->right, self->y);
}

/* A broadcast has many arrows and one text. */
static bool is_said_already(const struct work *self, uint32_t index)
{
    const struct ladder_item *item = item_at(self, index);
    for (uint32_t i = 0; i < self->choice->count && item->style == LADDER_ANNOUNCE; i++) {
        const struct ladder_item *other = item_at(self, i);
        if (i != index && other->kind == LADDER_ARROW && other->style == item->style &&
            other->line == item->line && other->at_ns == item->at_ns &&
            self->layout->places[i].y > 0)
            return true;
    }
    return false;
}

/* A tail or a mark: as far down as its text needs. */
static void place_text(struct work *self, uint32_t index)
{
    const struct ladder_item *item = item_at(self, index);
    struct ladder_place *place = &self->layout->places[index];
    double x = self->layout->x[ladder_column_of(self->choice, item->line)];
    double near = LADDER_BAND / 2, far = near + width_of(item->text) + 14;
    place->leftward = is_leftward(self, item);
    double from = place->leftward ? x - far : x + near, to = place->leftward ? x - near : x + far;
    double above = item->kind == LADDER_ARROW ? LADDER_ROW - 1 : LADDER_ROW - 4;
    double free_from = sky_over(self, from, to) + above;
    place->mute = item->text[0] == '\0' || is_said_already(self, index);
    if (!place->mute && self->y < free_from)
        self->y = free_from;
    place->y = self->y;
    if (!place->mute)
        cover(self, from, to, self->y + LADDER_ROW - above);
}

static void add_tick(struct work *self)
{
    struct ladder_layout *layout = self->layout;
    const struct ladder_knot *last = &layout->ticks[layout->tick_count - 1];
    if (layout->tick_count > 0 && (last->y + LADDER_ROW > self->y || last->at_ns == self->at_ns))
        return;
    layout->ticks[layout->tick_count++] = (struct ladder_knot){.at_ns = self->at_ns, .y = self->y};
}

static bool has_head(const struct ladder_item *item)
{
    return item->kind == LADDER_ARROW &&
           (item->end == LADDER_ARRIVED || item->end == LADDER_UNHEARD);
}

static void place_tail(struct work *self, uint32_t index)
{
    const struct ladder_item *item = item_at(self, index);
    if (ladder_is_row(item)) {
        place_row(self, index);
        return;
    }
    place_text(self, index);
    struct ladder_place *place = &self->layout->places[index];
    place->y_end = place->y + (item->end == LADDER_UNSENT ? 4 : 18);
    self->flying += has_head(item);
    if (item->kind == LADDER_ARROW && item->end == LADDER_LOST) { /* no text on its cross */
        double x = ladder_lost_at(self->layout, self->choice, item);
        cover(self, x - 6, x + 6, place->y_end + 6);
    }
}

static void place_head(struct work *self, uint32_t index)
{
    struct ladder_place *place = &self->layout->places[index];
    if (self->y < place->y + 3)
        self->y = place->y + 3;
    place->y_end = self->y;
    self->flying--;
}

static int by_time(const void *a, const void *b)
{
    const struct point *one = a, *other = b;
    if (one->at_ns != other->at_ns)
        return one->at_ns < other->at_ns ? -1 : 1;
    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    if (one->item != other->item)
        return one->item < other->item ? -1 : 1;
    return one->head - other->head;
}

static void list_points(struct work *self)
{
    for (uint32_t i = 0; i < self->choice->count; i++) {
        const struct ladder_item *item = item_at(self, i);
        self->points[self->point_count++] =
            (struct point){.at_ns = item->at_ns, .item = i, .rank = 1};
        if (has_head(item))
            self->points[self->point_count++] =
                (struct point){.at_ns = item->until_ns,
                               .item = i,
                               .rank = item->until_ns == item->at_ns,
                               .head = true};
    }
    qsort(self->points, self->point_count, sizeof *self->points, by_time);
}

static void place_all(struct work *self)
{
    if (self->point_count > 0)
        self->at_ns = self->points[0].at_ns;
    for (uint32_t i = 0; i < self->point_count; i++) {
        const struct point *point = &self->points[i];
        pass_time(self, point);
        if (point->head)
            place_head(self, point->item);
        else
            place_tail(self, point->item);
        add_knot(self);
        add_tick(self);
    }
    double bottom = sky_over(self, 0, self->layout->right);
    self->layout->height = (bottom > self->y ? bottom : self->y) + 24;
    for (uint32_t i = 0; i < self->choice->count; i++) {
        if (item_at(self, i)->kind == LADDER_ARROW && item_at(self, i)->end == LADDER_FLYING)
            self->layout->places[i].y_end = self->layout->height - 4;
    }
}

void ladder_lay_out(struct ladder_layout *self, const struct ladder *ladder,
                    const struct ladder_choice *choice)
{
    size_t room = 2 * (size_t)choice->count + 1;
    struct work *work = must(calloc(1, sizeof *work));
    *self = (struct ladder_layout){
        .places = must(calloc(room, sizeof *self->places)),
        .breaks = must(calloc(room, sizeof *self->breaks)),
        .knots = must(calloc(2 * room, sizeof *self->knots)),
        .ticks = must(calloc(room, sizeof *self->ticks)),
    };
    work->layout = self;
    work->ladder = ladder;
    work->choice = choice;
    work->points = must(calloc(room, sizeof *work->points));
    work->y = LADDER_TOP;
    place_columns(work);
    cover(work, 0, self->right, LADDER_TOP - LADDER_ROW);
    list_points(work);
    place_all(work);
    free(work->points);
    free(work);
}

void ladder_layout_fini(struct ladder_layout *self)
{
    free(self->places);
    free(self->breaks);
    free(self->knots);
    free(self->ticks);
}

/* --- from time to height ---------------------------------------------------------------------------------------------------- */

double ladder_height_of(const struct ladder_layout *self, int64_t at_ns)
{
    uint32_t low = 0, high = self->knot_count;
    while (low < high) { /* the first knot later than at_ns */
        uint32_t middle = (low + high) / 2;
        if (self->knots[middle].at_ns <= at_ns)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return self->knot_count > 0 ? self->knots[0].y : LADDER_TOP;
    const struct ladder_knot *before = &self->knots[low - 1];
    if (low == self->knot_count)
        return before->y;
    const struct ladder_knot *after = &self->knots[low];
    double share = (double)(at_ns - before->at_ns) / (double)(after->at_ns - before->at_ns);
    return before->y + share * (after->y - before->y);
}

bool ladder_in_break(const struct ladder_layout *self, int64_t at_ns)
{
    for (uint32_t i = 0; i < self->break_count; i++) {
        if (at_ns > self->breaks[i].since_ns && at_ns < self->breaks[i].until_ns)
            return true;
    }
    return false;
}
