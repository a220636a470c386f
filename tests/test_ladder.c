/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The diagram: against a stored drawing of a small story, and by what must hold of any drawing: no two texts overlap, nothing
 * is off the page, time goes down, what does not fit is said.
 */
#include "models/view/ladder.h"
#include "sim/random.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define CHARACTER 5.42 /* 9 px of a monospaced face */

static const struct ladder_settings all = {
    .title = "A story", .subtitle = "for a test", .client = -1};

static char *drawn(const struct ladder *ladder, const struct ladder_settings *settings)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    ladder_write(ladder, settings, stream);
    fclose(stream);
    return text;
}

static struct ladder_item *arrow(struct ladder *ladder, int64_t at_ns, int64_t until_ns, int from,
                                 int to, enum ladder_style style, int client, const char *text)
{
    struct ladder_item *item = ladder_add(ladder, LADDER_ARROW, at_ns, from);
    item->until_ns = until_ns;
    item->to = (int16_t)to;
    item->style = (uint8_t)style;
    item->end = LADDER_ARRIVED;
    item->client = client;
    snprintf(item->text, sizeof item->text, "%s", text);
    return item;
}

static void mark(struct ladder *ladder, enum ladder_kind kind, int64_t at_ns, int line,
                 enum ladder_style style, int client, const char *text)
{
    struct ladder_item *item = ladder_add(ladder, kind, at_ns, line);
    item->style = (uint8_t)style;
    item->client = client;
    snprintf(item->text, sizeof item->text, "%s", text);
}

static void role(struct ladder *ladder, int64_t at_ns, int line, enum ft_role role, uint64_t view,
                 const char *text)
{
    struct ladder_item *item = ladder_add(ladder, LADDER_ROLE, at_ns, line);
    item->role = (uint8_t)role;
    item->view = view;
    snprintf(item->text, sizeof item->text, "%s", text);
}

/* A request that is answered, one that is not, a crash, a takeover, a promise that breaks. */
static struct ladder *story(void)
{
    struct ladder *self = ladder_new();
    int primary = ladder_server(self, "primary"), backup = ladder_server(self, "backup");
    int client = ladder_client(self, 0);
    role(self, 0, primary, FT_ROLE_PRIMARY, 1, "");
    role(self, 0, backup, FT_ROLE_BACKUP, 1, "");
    ladder_add(self, LADDER_LEASE, 0, primary)->until_ns = 40 * MS;
    arrow(self, 10 * US, 60 * US, client, backup, LADDER_REQUEST, 0,
          "GET #1  PSH seq 1 len 200 ack 1");
    arrow(self, 80 * US, 130 * US, backup, primary, LADDER_COPY, 0, "PSH seq 1 len 200 ack 1");
    arrow(self, 90 * US, 140 * US, backup, primary, LADDER_REPORT, 0, "report seq 1 ack 201");
    mark(self, LADDER_MARK, 200 * US, primary, LADDER_BEGIN, 0, "executes #1");
    mark(self, LADDER_MARK, 400 * US, primary, LADDER_END, 0, "has executed #1");
    arrow(self, 410 * US, 480 * US, primary, backup, LADDER_RECORD, 0, "log reply #1, 4346 B");
    arrow(self, 420 * US, 520 * US, primary, backup, LADDER_RECORD, 0, "  … 1460 B")->end =
        LADDER_LOST;
    arrow(self, 500 * US, 560 * US, backup, primary, LADDER_HEARTBEAT, -1, "");
    mark(self, LADDER_MARK, 600 * US, backup, LADDER_STEP, 0, "has logged #1");
    arrow(self, 610 * US, 660 * US, backup, primary, LADDER_RECEIPT, 0, "logged #1");
    arrow(self, 700 * US, 790 * US, primary, client, LADDER_REPLY, 0,
          "reply #1  seq 1 len 1460 ack 201");
    mark(self, LADDER_DEATH, 720 * US, primary, 0, -1, "crash");
    arrow(self, 800 * US, 850 * US, client, backup, LADDER_REQUEST, 0, "ACK 1461");
    arrow(self, 860 * US, 900 * US, backup, primary, LADDER_COPY, 0, "ACK 1461")->end =
        LADDER_UNHEARD;
    arrow(self, 20 * MS, 20 * MS + 50 * US, backup, primary, LADDER_HEARTBEAT, -1, "");
    role(self, 50 * MS, backup, FT_ROLE_SOLO, 257, "serves alone, view 257");
    mark(self, LADDER_MARK, 50 * MS + 10 * US, client, LADDER_BAD, 0, "mixed #1");
    ladder_add_broken(self, 50 * MS + 10 * US, -1, 0,
                      "P3 one reply: request 1 <of client 0> has bytes of executions 1 & 2");
    return self;
}

/* --- against a stored drawing ---------------------------------------------------------------------------------------- */

static const char reference[] = "tests/ref/ladder.svg";

static char *stored(void)
{
    char *text = calloc(1, 1 << 20);
    FILE *stream = fopen(reference, "r");
    ck_assert_msg(stream != NULL, "%s is missing: make ref", reference);
    size_t size = fread(text, 1, (1 << 20) - 1, stream);
    fclose(stream);
    ck_assert_uint_gt(size, 0);
    return text;
}

START_TEST(the_story_is_drawn_as_it_always_was)
{
    struct ladder *ladder = story();
    char *text = drawn(ladder, &all);
    if (getenv("UNDERSTUDY_MAKE_REF") != NULL) {
        FILE *stream = fopen(reference, "w");
        ck_assert_ptr_nonnull(stream);
        fputs(text, stream);
        fclose(stream);
    }
    char *expected = stored();
    ck_assert_msg(strcmp(text, expected) == 0,
                  "the drawing has changed; if it is meant to be so, make ref and look at %s",
                  reference);
    free(expected);
    free(text);
    ladder_free(ladder);
}
END_TEST

START_TEST(the_same_ladder_is_the_same_bytes)
{
    struct ladder *one = story(), *other = story();
    char *text = drawn(one, &all), *again = drawn(one, &all), *same = drawn(other, &all);
    ck_assert_str_eq(text, again);
    ck_assert_str_eq(text, same);
    free(text);
    free(again);
    free(same);
    ladder_free(one);
    ladder_free(other);
}
END_TEST

/* --- of any drawing -------------------------------------------------------------------------------------------------- */

enum { BOXES_MAX = 2000 };
struct box {
    double x, y, x_end, y_end;
    char text[200];
};

static unsigned characters(const char *text)
{
    unsigned count = 0;
    for (; *text != '\0' && *text != '<'; text++) {
        if (*text == '&')
            text = strchr(text, ';');
        count += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return count;
}

/* The labels of a drawing, by where their letters are. */
static unsigned boxes_of(const char *svg, struct box *boxes)
{
    unsigned count = 0;
    for (const char *at = svg; (at = strstr(at, "<text class=\"l ")) != NULL; at++) {
        struct box *box = &boxes[count++];
        ck_assert_uint_lt(count, BOXES_MAX);
        char class[60];
        double x, y;
        int used = 0;
        ck_assert_int_eq(
            sscanf(at, "<text class=\"l %59[^\"]\" x=\"%lf\" y=\"%lf\">%n", class, &x, &y, &used),
            3);
        double width = characters(at + used) * CHARACTER;
        bool leftward = strlen(class) > 2 && strcmp(class + strlen(class) - 2, " w") == 0;
        *box = (struct box){.x = leftward ? x - width : x,
                            .x_end = leftward ? x : x + width,
                            .y = y - 7,
                            .y_end = y + 2};
        snprintf(box->text, sizeof box->text, "%.*s", (int)strcspn(at + used, "<"), at + used);
    }
    return count;
}

static void check_boxes(const char *svg)
{
    static struct box boxes[BOXES_MAX];
    unsigned count = boxes_of(svg, boxes);
    double width = 0, height = 0;
    ck_assert_uint_gt(count, 0);
    ck_assert_int_eq(
        sscanf(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%lf\" height=\"%lf\"",
               &width, &height),
        2);
    for (unsigned i = 0; i < count; i++) {
        ck_assert_msg(boxes[i].x > 0 && boxes[i].x_end < width && boxes[i].y > 0 &&
                          boxes[i].y_end < height,
                      "'%s' is off the page", boxes[i].text);
        for (unsigned k = 0; k < i; k++) {
            bool apart = boxes[i].x >= boxes[k].x_end || boxes[k].x >= boxes[i].x_end ||
                         boxes[i].y >= boxes[k].y_end || boxes[k].y >= boxes[i].y_end;
            ck_assert_msg(apart, "'%s' at %.1f overlaps '%s' at %.1f", boxes[i].text, boxes[i].y,
                          boxes[k].text, boxes[k].y);
        }
    }
}

/* Times at the side, from top to bottom, in order. */
static void check_times(const char *svg)
{
    double last_ms = -1, last_y = 0, x, y, ms;
    for (const char *at = svg; (at = strstr(at, "<text class=\"tick\" ")) != NULL; at++) {
        if (sscanf(at, "<text class=\"tick\" x=\"%lf\" y=\"%lf\">%lf<", &x, &y, &ms) != 3)
            continue;
        ck_assert_double_ge(ms, last_ms);
        ck_assert_double_ge(y, last_y + 9);
        last_ms = ms;
        last_y = y;
    }
    ck_assert_double_ge(last_ms, 0);
}

static unsigned count_of(const char *text, const char *word)
{
    unsigned count = 0;
    for (; (text = strstr(text, word)) != NULL; text++)
        count++;
    return count;
}

/* Arrows and marks without a story; most in bursts. */
static struct ladder *noise(uint64_t seed, unsigned events, int clients)
{
    static const char *const texts[] = {"ACK 1", "PSH seq 1000000 len 1460 ack 2000000",
                                        "again SYN seq 0", "log reply #17, 1000000 B", ""};
    struct ladder *self = ladder_new();
    struct random random;
    random_init(&random, seed, 7);
    int servers[2] = {ladder_server(self, "primary"), ladder_server(self, "backup")};
    int64_t now_ns = 0;
    for (unsigned i = 0; i < events; i++) {
        double dice = random_uniform(&random);
        now_ns += dice < 0.1 ? 20 * MS : dice < 0.5 ? 0 : (int64_t)(dice * 100 * (double)US);
        int client = (int)random_below(&random, (uint64_t)clients);
        int line = dice < 0.4 ? ladder_client(self, client) : servers[random_below(&random, 2)];
        int to = dice < 0.4   ? servers[random_below(&random, 2)]
                 : dice < 0.7 ? ladder_client(self, client)
                              : servers[line == servers[0]];
        const char *text = texts[random_below(&random, 5)];
        int64_t flight_ns = (int64_t)random_below(&random, 500) * US;
        if (random_below(&random, 6) == 0) {
            mark(self, LADDER_MARK, now_ns, line, LADDER_STEP, client, text);
            continue;
        }
        struct ladder_item *item =
            arrow(self, now_ns, now_ns + flight_ns, line, to,
                  (enum ladder_style)random_below(&random, LADDER_HEARTBEAT), client, text);
        item->end = (uint8_t)random_below(&random, LADDER_UNHEARD + 1);
        if (random_below(&random, 60) == 0)
            mark(self, LADDER_FAULT, now_ns, -1, 0, -1, "cut log_channel for 5 ms");
    }
    return self;
}

START_TEST(texts_never_overlap_and_time_goes_down)
{
    struct ladder *ladder = noise((uint64_t)_i, 20 + 10 * (unsigned)_i, 1 + _i % 3);
    char *svg = drawn(ladder, &all);
    check_boxes(svg);
    check_times(svg);
    free(svg);
    ladder_free(ladder);
}
END_TEST

START_TEST(the_storys_texts_do_not_overlap_and_are_all_there)
{
    struct ladder *ladder = story();
    char *svg = drawn(ladder, &all);
    check_boxes(svg);
    check_times(svg);
    ck_assert_ptr_nonnull(strstr(svg, ">crash</text>"));
    ck_assert_ptr_nonnull(strstr(svg, ">serves alone, view 257</text>"));
    ck_assert_ptr_nonnull(strstr(svg, "&lt;of client 0&gt; has bytes of executions 1 &amp; 2"));
    ck_assert_uint_eq(count_of(svg, "<rect class=\"broken\""), 1);
    ck_assert_uint_eq(count_of(svg, "class=\"cross\""),
                      4); /* two strokes for each packet that fails */
    ck_assert_uint_eq(count_of(svg, "<rect class=\"expired\""),
                      1); /* the legend's: it died with its lease */
    ck_assert_ptr_nonnull(strstr(svg, "1 heartbeat</text>")); /* in the break */
    free(svg);
    ladder_free(ladder);
}
END_TEST

/* --- what is drawn --------------------------------------------------------------------------------------------------- */

START_TEST(of_too_many_events_those_around_the_fault_are_drawn)
{
    struct ladder *self = ladder_new();
    int primary = ladder_server(self, "primary"), backup = ladder_server(self, "backup");
    int client = ladder_client(self, 0);
    for (int i = 0; i < 3000; i++) {
        char text[20];
        snprintf(text, sizeof text, "ACK %d", i);
        arrow(self, i * 10 * US, i * 10 * US + 5 * US, client, backup, LADDER_REQUEST, 0, text);
        if (i == 2000)
            mark(self, LADDER_DEATH, i * 10 * US + 1, primary, 0, -1, "crash");
    }
    struct ladder_settings settings = all;
    settings.most = 50;
    char *svg = drawn(self, &settings);
    ck_assert_ptr_nonnull(strstr(svg, ">crash</text>"));
    ck_assert_ptr_nonnull(strstr(svg, ">ACK 2000</text>"));
    ck_assert_ptr_nonnull(strstr(svg, ">ACK 1990</text>"));
    ck_assert_ptr_nonnull(strstr(svg, ">ACK 2020</text>"));
    ck_assert_ptr_null(strstr(svg, ">ACK 1900</text>"));
    unsigned labels = count_of(svg, "<text class=\"l request");
    ck_assert_uint_ge(labels, 45);
    ck_assert_uint_le(labels, 50);
    ck_assert_ptr_nonnull(strstr(svg, "of 3001 events are drawn"));
    ck_assert_ptr_nonnull(strstr(svg, "events left out"));
    check_boxes(svg);
    free(svg);
    settings.since_ns = 100 * US;
    settings.until_ns = 150 * US;
    svg = drawn(self, &settings);
    ck_assert_uint_eq(count_of(svg, "<text class=\"l request"), 6); /* 100, 110, … 150 us */
    free(svg);
    ladder_free(self);
}
END_TEST

START_TEST(of_many_clients_the_one_that_the_story_is_about_is_drawn)
{
    struct ladder *self = ladder_new();
    int primary = ladder_server(self, "primary");
    for (int i = 0; i < 20; i++)
        arrow(self, i * US, i * US + 5, ladder_client(self, i), primary, LADDER_REQUEST, i,
              "SYN seq 0");
    mark(self, LADDER_DEATH, 20 * US, primary, 0, -1, "crash");
    arrow(self, 21 * US, 22 * US, ladder_client(self, 3), primary, LADDER_REQUEST, 3, "ACK 1");
    char *svg = drawn(self, &all);
    ck_assert_ptr_nonnull(strstr(svg, ">client 19</text>")); /* the last before the crash */
    ck_assert_ptr_null(strstr(svg, ">client 3</text>"));
    ck_assert_ptr_nonnull(strstr(svg, "20 events of 19 other clients"));
    free(svg);
    ladder_add_broken(self, 30 * US, -1, 7, "P7 is broken");
    svg = drawn(self, &all);
    ck_assert_ptr_nonnull(strstr(svg, ">client 7</text>"));
    free(svg);
    struct ladder_settings settings = all;
    settings.client = 3;
    svg = drawn(self, &settings);
    ck_assert_ptr_nonnull(strstr(svg, ">client 3</text>"));
    ck_assert_uint_eq(count_of(svg, "<text class=\"l request"), 2);
    free(svg);
    ladder_free(self);
}
END_TEST

START_TEST(an_empty_ladder_is_a_drawing)
{
    struct ladder *self = ladder_new();
    ladder_server(self, "primary");
    char *svg = drawn(self, &all);
    ck_assert_ptr_nonnull(strstr(svg, "0 of 0 events are drawn"));
    ck_assert_str_eq(svg + strlen(svg) - 7, "</svg>\n");
    free(svg);
    ladder_free(self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ladder");
    TCase *tests = tcase_create("ladder");
    tcase_add_test(tests, the_story_is_drawn_as_it_always_was);
    tcase_add_test(tests, the_same_ladder_is_the_same_bytes);
    tcase_add_loop_test(tests, texts_never_overlap_and_time_goes_down, 0, 40);
    tcase_add_test(tests, the_storys_texts_do_not_overlap_and_are_all_there);
    tcase_add_test(tests, of_too_many_events_those_around_the_fault_are_drawn);
    tcase_add_test(tests, of_many_clients_the_one_that_the_story_is_about_is_drawn);
    tcase_add_test(tests, an_empty_ladder_is_a_drawing);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
