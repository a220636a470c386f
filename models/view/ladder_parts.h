/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ladder_parts - what ladder_pick.c, ladder_layout.c and ladder_svg.c hand to each other.
 */
#ifndef MODELS_VIEW_LADDER_PARTS_H
#define MODELS_VIEW_LADDER_PARTS_H

#include "models/view/ladder.h"

enum { LADDER_COLUMNS_MAX = 16 };

/* What is drawn. */
struct ladder_choice {
    uint32_t *items; /* indices, in order */
    uint32_t *skips; /* by the same index: events left out just before it */
    uint32_t count;
    uint32_t relevant;               /* events that might have been drawn */
    uint32_t other_clients, foreign; /* clients that are not drawn, and events that are theirs */
    uint32_t quiet;                  /* acknowledgements on the log channel, not drawn */
    int columns[LADDER_COLUMNS_MAX]; /* lines, from left to right */
    unsigned column_count;
};

void ladder_pick(struct ladder_choice *self, const struct ladder *ladder,
                 const struct ladder_settings *settings);
void ladder_choice_fini(struct ladder_choice *self);
/* -1: the line is not drawn. */
int ladder_column_of(const struct ladder_choice *self, int line);

/* Sizes, in pixels at 100 %. Labels are set in a monospaced face, so that their widths are known here. */
#define LADDER_CHARACTER 5.42 /* advance of a 9 px one: 0.602 em */
#define LADDER_ROW 12.0
#define LADDER_BAND 13.0
#define LADDER_TOP 104.0
enum { LADDER_WRAP_MAX = 6 };

struct ladder_place {
    double y, y_end; /* an arrow's ends; otherwise y */
    bool leftward;   /* the text stands to the left of the line */
    bool mute;       /* its text stands at another arrow of the same packet */
};

/* A piece of time that is not drawn. */
struct ladder_break {
    double y, y_end;
    int64_t since_ns, until_ns;
    uint32_t skipped; /* events left out; 0: nothing happened */
};

struct ladder_knot {
    int64_t at_ns;
    double y;
};

struct ladder_layout {
    double width, height; /* of the whole; height: to the end of the lines */
    double x[LADDER_COLUMNS_MAX];
    double left, right;          /* what labels and rows may use */
    struct ladder_place *places; /* by index in the choice */
    struct ladder_break *breaks;
    uint32_t break_count;
    struct ladder_knot *knots; /* from time to height */
    uint32_t knot_count;
    struct ladder_knot *ticks; /* times to be told at the side */
    uint32_t tick_count;
};

void ladder_lay_out(struct ladder_layout *self, const struct ladder *ladder,
                    const struct ladder_choice *choice);
void ladder_layout_fini(struct ladder_layout *self);
/* Where a time is; times that are not drawn are at the nearest one that is. */
double ladder_height_of(const struct ladder_layout *self, int64_t at_ns);
/* How far a packet comes that is lost on its way. */
double ladder_lost_at(const struct ladder_layout *self, const struct ladder_choice *choice,
                      const struct ladder_item *item);
/* The time is inside a break. */
bool ladder_in_break(const struct ladder_layout *self, int64_t at_ns);

/* Of a text in UTF-8, in labels' face. */
double ladder_width_of(const char *text, size_t bytes);
/* Cuts a text into lines of at most `most` characters; returns their number. `starts` and `lengths` in bytes. */
unsigned ladder_wrap(const char *text, unsigned most, unsigned starts[LADDER_WRAP_MAX],
                     unsigned lengths[LADDER_WRAP_MAX]);
/* Characters of a line of a row that goes from side to side. */
unsigned ladder_row_characters(const struct ladder_layout *self);
/* The text that a row tells. */
const char *ladder_row_text(const struct ladder *ladder, const struct ladder_item *item);
/* A row goes from side to side; other items stand at their line. */
bool ladder_is_row(const struct ladder_item *item);

/* A drawing in the making. */
struct ladder_drawing {
    const struct ladder *ladder;
    const struct ladder_settings *settings;
    const struct ladder_choice *choice;
    const struct ladder_layout *layout;
    FILE *out;
};

/* Where an item of the ladder is, drawn or not. */
double ladder_height_of_item(const struct ladder_drawing *self, uint32_t index);
/* Writes a text with what XML reserves escaped. */
void ladder_put_text(FILE *out, const char *text, size_t length);
/* The servers' and clients' lines, with what they are (ladder_bands.c). */
void ladder_draw_bands(const struct ladder_drawing *self);

void ladder_draw(const struct ladder *ladder, const struct ladder_settings *settings,
                 const struct ladder_choice *choice, const struct ladder_layout *layout,
                 FILE *stream);

#endif
