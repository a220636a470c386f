/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ladder_svg - the diagram as SVG 1.1 text: one element a line, styles by class, no scripts and no fonts of its own.
 */
#include "models/view/ladder_parts.h"

#include "models/view/names.h"
#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const style_classes[LADDER_STYLES] = {
    [LADDER_REQUEST] = "request",   [LADDER_REPLY] = "reply",
    [LADDER_COPY] = "copy",         [LADDER_REPORT] = "report",
    [LADDER_RECORD] = "record",     [LADDER_RECEIPT] = "receipt",
    [LADDER_ANNOUNCE] = "announce", [LADDER_HEARTBEAT] = "heartbeat",
    [LADDER_OTHER] = "other",       [LADDER_STEP] = "step",
    [LADDER_BEGIN] = "step",        [LADDER_END] = "step",
    [LADDER_GOOD] = "good",         [LADDER_BAD] = "bad",
};

static const char style_sheet[] =
    "<style>\n"
    "text{font-family:'DejaVu Sans',Verdana,sans-serif;font-size:11px;fill:#222}\n"
    ".title{font-size:16px;font-weight:bold}\n"
    ".subtitle{fill:#555}\n"
    ".note{font-size:9.5px;fill:#777}\n"
    ".head{font-size:12px;font-weight:bold;text-anchor:middle}\n"
    ".channel{font-size:10px;fill:#b45f06;text-anchor:middle}\n"
    ".tick{font-family:'DejaVu Sans Mono',monospace;font-size:8.5px;fill:#888;text-anchor:end}\n"
    ".l{font-family:'DejaVu Sans Mono',monospace;font-size:9px;stroke:none}\n"
    "rect.back{fill:#fff;fill-opacity:.88}\n"
    ".w{text-anchor:end}\n"
    ".band{font-size:7.5px;fill:#fff;text-anchor:middle}.of-client{fill:#606874}\n"
    ".gap{font-size:10px;font-style:italic;fill:#888;text-anchor:middle}\n"
    ".arrow{fill:none;stroke-width:1.1}\n"
    "rect.client{fill:#d9dde3}\n"
    "rect.primary{fill:#2f6db3}\nrect.backup{fill:#4d9a7c}\nrect.solo{fill:#7b4aa8}\n"
    "rect.out{fill:#aab2bd}\nrect.paused{fill:#fff;fill-opacity:.65}\n"
    "rect.lease{fill:#9fd0ff}\nrect.expired{fill:#e02424}\n"
    "rect.busy{fill:#fff;fill-opacity:.55}\n"
    "line.dead{stroke:#b5bac2;stroke-width:1;stroke-dasharray:2 3}\n"
    ".request{stroke:#1f5fa8}\n.reply{stroke:#0a7350}\n.copy{stroke:#6f9fd0;stroke-dasharray:5 2}\n"
    ".report{stroke:#5f7d74;stroke-dasharray:5 2}\n.record{stroke:#c96a00}\n"
    ".receipt{stroke:#c96a00;stroke-dasharray:3 2}\n.announce{stroke:#7b4aa8}\n"
    ".heartbeat{stroke:#c3c8cf;stroke-width:.8}\n.other{stroke:#777}\n"
    ".damaged{stroke-dasharray:1.5 2.5}\n"
    "text.request{fill:#1f5fa8}\ntext.reply{fill:#0a7350}\ntext.copy{fill:#4f82b8}\n"
    "text.report{fill:#4e6b62}\ntext.record,text.receipt{fill:#b45f06}\n"
    "text.announce,text.role{fill:#6a3d96}\ntext.other{fill:#666}\ntext.step{fill:#333}\n"
    "text.good{fill:#0a7350;font-weight:bold}\ntext.bad,text.death,text.fault{fill:#c81e1e;"
    "font-weight:bold}\ntext.role{font-weight:bold}\n"
    "text{stroke:none!important}\n"
    "polygon.request{fill:#1f5fa8}\npolygon.reply{fill:#0a7350}\npolygon.copy{fill:#6f9fd0}\n"
    "polygon.report{fill:#5f7d74}\npolygon.record,polygon.receipt{fill:#c96a00}\n"
    "polygon.announce{fill:#7b4aa8}\npolygon.heartbeat{fill:#c3c8cf}\npolygon.other{fill:#777}\n"
    "polygon{stroke:none!important}\n"
    "circle{stroke:#fff;stroke-width:1}\ncircle.step{fill:#333}\ncircle.good{fill:#0a7350}\n"
    "circle.bad{fill:#c81e1e}\ncircle.role{fill:#7b4aa8}\n"
    ".cross{stroke:#c81e1e;stroke-width:1.6}\n.death{stroke:#c81e1e;stroke-width:2.6}\n"
    "rect.broken{fill:#fdecec;stroke:#c81e1e;stroke-width:1.4}\n"
    "text.broken{fill:#b01515;font-weight:bold}\n"
    "line.fault{stroke:#c81e1e;stroke-width:.8;stroke-dasharray:6 3}\n"
    "rect.gap{fill:#fff}\npath.gap{fill:none;stroke:#b5bac2;stroke-width:1}\n"
    "</style>\n";

/* --- pieces -------------------------------------------------------------------------------------------------------------- */

void ladder_put_text(FILE *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        switch (text[i]) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        default:
            if ((unsigned char)text[i] >= ' ')
                fputc(text[i], out);
        }
    }
}

static void put_label(FILE *out, const char *class, double x, double y, bool leftward,
                      const char *text, size_t length)
{
    if (length == 0)
        return;
    double width = ladder_width_of(text, length);
    if (strcmp(class, "broken") != 0) /* has a ground of its own */
        fprintf(out, "<rect class=\"back\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"9.5\"/>",
                leftward ? x - width - 1 : x - 1, y - 7.5, width + 2);
    fprintf(out, "<text class=\"l %s%s\" x=\"%.1f\" y=\"%.1f\">", class, leftward ? " w" : "", x,
            y);
    ladder_put_text(out, text, length);
    fputs("</text>\n", out);
}

static void put_line(FILE *out, const char *class, double x, double y, double x_end, double y_end)
{
    fprintf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x,
            y, x_end, y_end);
}

static void put_cross(FILE *out, const char *class, double x, double y, double size)
{
    put_line(out, class, x - size, y - size, x + size, y + size);
    put_line(out, class, x - size, y + size, x + size, y - size);
}

static void put_head(FILE *out, const char *class, double x, double y, double x_end, double y_end)
{
    double length = hypot(x_end - x, y_end - y), dx = (x_end - x) / length,
           dy = (y_end - y) / length;
    double bx = x_end - 7 * dx, by = y_end - 7 * dy;
    fprintf(out, "<polygon class=\"%s\" points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f\"/>\n", class, x_end,
            y_end, bx - 2.6 * dy, by + 2.6 * dx, bx + 2.6 * dy, by - 2.6 * dx);
}

static const struct ladder_item *item_at(const struct ladder_drawing *self, uint32_t index)
{
    return &self->ladder->items[self->choice->items[index]];
}

static double x_of(const struct ladder_drawing *self, int line)
{
    return self->layout->x[ladder_column_of(self->choice, line)];
}

double ladder_height_of_item(const struct ladder_drawing *self, uint32_t index)
{
    const struct ladder_choice *choice = self->choice;
    uint32_t low = 0, high = choice->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (choice->items[middle] < index)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < choice->count && choice->items[low] == index)
        return self->layout->places[low].y;
    return ladder_height_of(self->layout, self->ladder->items[index].at_ns);
}

/* --- arrows -------------------------------------------------------------------------------------------------------------- */

/* Shafts lie under all texts, heads above them. */
static void draw_arrow(const struct ladder_drawing *self, const struct ladder_item *item, double y,
                       double y_end, bool heads)
{
    char class[40];
    const char *style = style_classes[item->style];
    double from = x_of(self, item->line), to = x_of(self, item->to);
    double side = to > from ? 1 : -1, x = from + side * LADDER_BAND / 2,
           x_end = to - side * LADDER_BAND / 2;
    bool lost = item->end == LADDER_LOST, unsent = item->end == LADDER_UNSENT;
    if (lost || unsent)
        x_end = lost ? ladder_lost_at(self->layout, self->choice, item) : x + side * 26;
    snprintf(class, sizeof class, "arrow %s%s", style, item->damaged ? " damaged" : "");
    if (!heads)
        put_line(self->out, class, x, y, x_end, y_end);
    else if (lost || unsent || item->end == LADDER_UNHEARD)
        put_cross(self->out, item->style == LADDER_HEARTBEAT ? "heartbeat" : "cross", x_end, y_end,
                  item->style == LADDER_HEARTBEAT ? 2.5 : 4);
    else
        put_head(self->out, style, x, y, x_end, y_end);
}

static void draw_heartbeats(const struct ladder_drawing *self)
{
    const struct ladder_layout *layout = self->layout;
    if (layout->knot_count == 0)
        return;
    int64_t since_ns = layout->knots[0].at_ns,
            until_ns = layout->knots[layout->knot_count - 1].at_ns;
    for (uint32_t i = 0; i < self->ladder->count; i++) {
        const struct ladder_item *item = &self->ladder->items[i];
        if (item->kind != LADDER_ARROW || item->style != LADDER_HEARTBEAT ||
            item->at_ns < since_ns || item->until_ns > until_ns || item->end == LADDER_FLYING ||
            ladder_in_break(layout, item->at_ns) || ladder_in_break(layout, item->until_ns) ||
            ladder_column_of(self->choice, item->line) < 0 ||
            ladder_column_of(self->choice, item->to) < 0)
            continue;
        double y = ladder_height_of(layout, item->at_ns);
        double y_end = item->end == LADDER_LOST ? y + 8 : ladder_height_of(layout, item->until_ns);
        draw_arrow(self, item, y, y_end, false);
        draw_arrow(self, item, y, y_end, true);
    }
}

static void draw_arrows(const struct ladder_drawing *self, bool heads)
{
    for (uint32_t i = 0; i < self->choice->count; i++) {
        if (item_at(self, i)->kind == LADDER_ARROW)
            draw_arrow(self, item_at(self, i), self->layout->places[i].y,
                       self->layout->places[i].y_end, heads);
    }
}

/* --- marks and labels ------------------------------------------------------------------------------------------------------ */

/* From a beginning to its end, inside the band. */
static void draw_busy(const struct ladder_drawing *self, uint32_t index)
{
    const struct ladder_item *begin = item_at(self, index);
    double y = self->layout->places[index].y, y_end = self->layout->height;
    for (uint32_t i = index + 1; i < self->choice->count; i++) {
        const struct ladder_item *item = item_at(self, i);
        bool ends =
            item->kind == LADDER_DEATH || (item->kind == LADDER_MARK && item->style == LADDER_END &&
                                           item->client == begin->client);
        if (item->line != begin->line || !ends)
            continue;
        y_end = self->layout->places[i].y;
        break;
    }
    fprintf(self->out, "<rect class=\"busy\" x=\"%.1f\" y=\"%.1f\" width=\"3\" height=\"%.1f\"/>\n",
            x_of(self, begin->line) - LADDER_BAND / 2 + 1, y, y_end - y);
}

static const char *class_of(const struct ladder_item *item)
{
    switch (item->kind) {
    case LADDER_ROLE:
    case LADDER_BIRTH:
        return "role";
    case LADDER_DEATH:
        return "death";
    case LADDER_FAULT:
    case LADDER_PAUSE:
    case LADDER_RESUME:
        return "fault";
    default:
        return style_classes[item->style];
    }
}

static void draw_mark(const struct ladder_drawing *self, const struct ladder_item *item,
                      const struct ladder_place *place)
{
    double x = x_of(self, item->line), beside = LADDER_BAND / 2 + 5;
    if (item->kind == LADDER_DEATH)
        put_cross(self->out, "death", x, place->y, 7);
    else if (item->kind == LADDER_FAULT)
        put_cross(self->out, "death", x, place->y, 4);
    else if (item->kind == LADDER_MARK || item->kind == LADDER_ROLE)
        fprintf(self->out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n",
                class_of(item), x, place->y);
    put_label(self->out, class_of(item), place->leftward ? x - beside : x + beside, place->y + 3,
              place->leftward, item->text, strlen(item->text));
}

/* Not on the heads of the arrows that end there. */
static void draw_label(const struct ladder_drawing *self, const struct ladder_item *item,
                       const struct ladder_place *place)
{
    double x = x_of(self, item->line), beside = LADDER_BAND / 2 + 9;
    put_label(self->out, style_classes[item->style], place->leftward ? x - beside : x + beside,
              place->y - 2, place->leftward, item->text, strlen(item->text));
}

static void draw_row(const struct ladder_drawing *self, const struct ladder_item *item, double y)
{
    unsigned starts[LADDER_WRAP_MAX], lengths[LADDER_WRAP_MAX];
    const struct ladder_layout *layout = self->layout;
    const char *text = ladder_row_text(self->ladder, item);
    unsigned lines = ladder_wrap(text, ladder_row_characters(layout), starts, lengths);
    bool broken = item->kind == LADDER_BROKEN;
    if (broken)
        fprintf(self->out,
                "<rect class=\"broken\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
                "rx=\"3\"/>\n",
                layout->left, y, layout->right - layout->left, lines * LADDER_ROW + 6);
    else
        put_line(self->out, "fault", layout->left, y + 2, layout->right, y + 2);
    for (unsigned i = 0; i < lines; i++)
        put_label(self->out, broken ? "broken" : "fault", layout->left + 10,
                  y + LADDER_ROW * (i + 1) + (broken ? 1 : 2), false, text + starts[i], lengths[i]);
}

static void draw_items(const struct ladder_drawing *self)
{
    for (uint32_t i = 0; i < self->choice->count; i++) {
        const struct ladder_item *item = item_at(self, i);
        if (item->kind == LADDER_MARK && item->style == LADDER_BEGIN)
            draw_busy(self, i);
    }
    for (uint32_t i = 0; i < self->choice->count; i++) {
        const struct ladder_item *item = item_at(self, i);
        const struct ladder_place *place = &self->layout->places[i];
        if (ladder_is_row(item))
            draw_row(self, item, place->y);
        else if (item->kind == LADDER_ARROW && !place->mute)
            draw_label(self, item, place);
        else if (item->kind != LADDER_ARROW)
            draw_mark(self, item, place);
    }
}

/* --- time ------------------------------------------------------------------------------------------------------------------ */

static void draw_ticks(const struct ladder_drawing *self)
{
    const struct ladder_layout *layout = self->layout;
    for (uint32_t i = 0; i < layout->tick_count; i++)
        fprintf(self->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">%.3f</text>\n",
                layout->left - 16, layout->ticks[i].y + 3, (double)layout->ticks[i].at_ns / 1e6);
}

static unsigned heartbeats_between(const struct ladder *ladder, int64_t since_ns, int64_t until_ns)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < ladder->count; i++) {
        const struct ladder_item *item = &ladder->items[i];
        count += item->kind == LADDER_ARROW && item->style == LADDER_HEARTBEAT &&
                 item->at_ns > since_ns && item->at_ns < until_ns;
    }
    return count;
}

static void put_zigzag(FILE *out, double x, double x_end, double y)
{
    fprintf(out, "<path class=\"gap\" d=\"M%.1f %.1f", x, y);
    for (unsigned i = 0; x < x_end; i++, x += 6)
        fprintf(out, "l6 %d", i % 2 ? 4 : -4);
    fputs("\"/>\n", out);
}

static void draw_break(const struct ladder_drawing *self, const struct ladder_break *gap)
{
    const struct ladder_layout *layout = self->layout;
    char duration[32], what[64] = "nothing else";
    view_duration_text(gap->until_ns - gap->since_ns, duration, sizeof duration);
    unsigned beats = heartbeats_between(self->ladder, gap->since_ns, gap->until_ns);
    if (gap->skipped > 0)
        snprintf(what, sizeof what, "%u events left out", gap->skipped);
    fprintf(self->out,
            "<rect class=\"gap\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
            layout->left, gap->y + 5, layout->right - layout->left, gap->y_end - gap->y - 12);
    put_zigzag(self->out, layout->left, layout->right, gap->y + 7);
    put_zigzag(self->out, layout->left, layout->right, gap->y_end - 9);
    fprintf(self->out, "<text class=\"gap\" x=\"%.1f\" y=\"%.1f\">%s: %s",
            (layout->left + layout->right) / 2, (gap->y + gap->y_end) / 2 + 2.5, duration, what);
    if (beats > 0)
        fprintf(self->out, ", %u heartbeat%s", beats, beats == 1 ? "" : "s");
    fputs("</text>\n", self->out);
}

/* --- around it ------------------------------------------------------------------------------------------------------------- */

static void draw_note(const struct ladder_drawing *self)
{
    const struct ladder_choice *choice = self->choice;
    fprintf(self->out, "<text class=\"note\" x=\"16\" y=\"58\">%u of %u events are drawn",
            choice->count, choice->relevant);
    if (choice->other_clients > 0)
        fprintf(self->out, "; left out: %u events of %u other client%s", choice->foreign,
                choice->other_clients, choice->other_clients == 1 ? "" : "s");
    if (choice->quiet > 0)
        fprintf(self->out, "; bare acknowledgements on the log channel (%u) are not",
                choice->quiet);
    if (self->ladder->dropped > 0)
        fprintf(self->out, "; %llu later events were too many to keep",
                (unsigned long long)self->ladder->dropped);
    fputs("</text>\n", self->out);
}

static void draw_heads(const struct ladder_drawing *self)
{
    const struct ladder_choice *choice = self->choice;
    double y = LADDER_TOP - 20;
    int last_server = -1;
    for (unsigned i = 0; i < choice->column_count; i++) {
        const struct ladder_line *line = &self->ladder->lines[choice->columns[i]];
        fprintf(self->out, "<text class=\"head\" x=\"%.1f\" y=\"%.1f\">", self->layout->x[i], y);
        ladder_put_text(self->out, line->name, strlen(line->name));
        fputs("</text>\n", self->out);
        if (line->client < 0 && last_server >= 0)
            fprintf(self->out, "<text class=\"channel\" x=\"%.1f\" y=\"%.1f\">log channel</text>\n",
                    (self->layout->x[last_server] + self->layout->x[i]) / 2, y);
        last_server = line->client < 0 ? (int)i : -1;
    }
    fprintf(self->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">time, ms</text>\n",
            self->layout->left - 16, y);
}

static void draw_titles(const struct ladder_drawing *self)
{
    const struct ladder_settings *settings = self->settings;
    if (settings->title != NULL) {
        fputs("<text class=\"title\" x=\"16\" y=\"24\">", self->out);
        ladder_put_text(self->out, settings->title, strlen(settings->title));
        fputs("</text>\n", self->out);
    }
    if (settings->subtitle != NULL) {
        fputs("<text class=\"subtitle\" x=\"16\" y=\"42\">", self->out);
        ladder_put_text(self->out, settings->subtitle, strlen(settings->subtitle));
        fputs("</text>\n", self->out);
    }
}

static double draw_legend(const struct ladder_drawing *self)
{
    static const struct {
        const char *class, *text;
        bool box;
    } legend[] = {
        {"request", "client to service", false},
        {"reply", "service to client", false},
        {"copy", "copy for the primary", false},
        {"report", "backup's report", false},
        {"record", "log record", false},
        {"receipt", "log answer", false},
        {"heartbeat", "heartbeat", false},
        {"primary", "primary", true},
        {"backup", "backup", true},
        {"solo", "serves alone", true},
        {"out", "out of service", true},
        {"lease", "lease lasts", true},
        {"expired", "lease ran out", true},
    };
    double x = self->layout->left, y = self->layout->height + 22;
    for (unsigned i = 0; i < sizeof legend / sizeof legend[0]; i++) {
        double width = 34 + 6.2 * (double)strlen(legend[i].text);
        if (x + width > self->layout->right) {
            x = self->layout->left;
            y += 17;
        }
        if (legend[i].box)
            fprintf(self->out,
                    "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"9\"/>\n",
                    legend[i].class, x + 8, y - 8);
        else
            fprintf(self->out,
                    "<line class=\"arrow %s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                    legend[i].class, x, y - 3.5, x + 20, y - 3.5);
        fprintf(self->out, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", x + 25, y,
                legend[i].text);
        x += width;
    }
    return y + 16;
}

void ladder_draw(const struct ladder *ladder, const struct ladder_settings *settings,
                 const struct ladder_choice *choice, const struct ladder_layout *layout,
                 FILE *stream)
{
    struct ladder_drawing self = {ladder, settings, choice, layout, NULL};
    char *body = NULL;
    size_t size = 0;
    self.out = must(open_memstream(&body, &size));
    double height = draw_legend(&self);
    draw_titles(&self);
    draw_note(&self);
    draw_heads(&self);
    ladder_draw_bands(&self);
    draw_heartbeats(&self);
    draw_arrows(&self, false);
    for (uint32_t i = 0; i < layout->break_count; i++)
        draw_break(&self, &layout->breaks[i]);
    draw_items(&self);
    draw_arrows(&self, true);
    draw_ticks(&self);
    fclose(self.out);
    fprintf(stream,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
            "viewBox=\"0 0 %.0f %.0f\">\n%s<rect width=\"100%%\" height=\"100%%\" "
            "fill=\"#fff\"/>\n",
            layout->width, height, layout->width, height, style_sheet);
    fwrite(body, 1, size, stream);
    fputs("</svg>\n", stream);
    free(body);
}
