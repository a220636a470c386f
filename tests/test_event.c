/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_event - the order of events, held to a naive reference: a plain array searched for the smallest (time, number).
 */
#include "sim/event.h"

#include <signal.h>

#include "sim/simulation.h"
#include "tests/suite.h"

enum { EVENTS = 100 };

/* The reference: what is pending, and since which scheduling. */
struct model {
    struct simulation simulation;
    uint64_t state, schedulings, fired;
    int64_t spread_ns;
    bool coarse;
    struct item {
        struct event event;
        struct model *model;
        bool pending;
        int64_t at_ns;
        uint64_t number;
    } items[EVENTS];
};

static uint64_t draw(struct model *model)
{
    model->state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    uint64_t z = model->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int64_t draw_time(struct model *model)
{
    int64_t now_ns = model->simulation.now_ns;
    uint64_t bits = draw(model);
    int64_t ahead_ns = (int64_t)(draw(model) >> 1);
    switch (bits % 8) {
    case 0:
        ahead_ns = 0;
        break;
    case 1:
        ahead_ns %= 4;
        break;
    case 2:
        ahead_ns >>= bits >> 8 & 63; /* any magnitude */
        break;
    case 3:
        return bits >> 8 & 7 ? now_ns : INT64_MAX;
    default:
        ahead_ns %= model->spread_ns;
        if (model->coarse)
            ahead_ns = ahead_ns / 64 * 64;
    }
    return ahead_ns > INT64_MAX - now_ns ? INT64_MAX : now_ns + ahead_ns;
}

static void schedule(struct model *model, struct item *item)
{
    item->at_ns = draw_time(model);
    item->number = model->schedulings++;
    item->pending = true;
    event_schedule(&item->event, &model->simulation, item->at_ns);
}

static void cancel(struct model *model, struct item *item)
{
    item->pending = false;
    event_cancel(&item->event, &model->simulation);
}

static struct item *expected(struct model *model)
{
    struct item *best = NULL;
    for (struct item *item = model->items; item < model->items + EVENTS; item++) {
        if (!item->pending)
            continue;
        if (best == NULL || item->at_ns < best->at_ns ||
            (item->at_ns == best->at_ns && item->number < best->number))
            best = item;
    }
    return best;
}

/* What can be said of the time of the first event without taking it. */
static void check_not_before(struct model *model)
{
    struct item *next = expected(model);
    unsigned pending = 0;
    for (struct item *item = model->items; item < model->items + EVENTS; item++)
        pending += item->pending;
    int64_t told_ns = event_queue_not_before(&model->simulation.queue);
    int64_t first_ns = next != NULL ? next->at_ns : INT64_MAX;
    if (told_ns > first_ns || told_ns < model->simulation.queue.base_ns)
        ck_abort_msg("told %lld ns for %lld", (long long)told_ns, (long long)first_ns);
    if (pending <= 8 && told_ns != first_ns)
        ck_abort_msg("told %lld ns for %lld, of %u", (long long)told_ns, (long long)first_ns,
                     pending);
}

static void fire(struct event *event, struct simulation *simulation)
{
    struct item *item = container_of(event, struct item, event);
    struct model *model = item->model;
    if (item != expected(model)) /* ck_assert() itself is slow: it reports every pass */
        ck_abort_msg("out of order at %lld ns", (long long)simulation->now_ns);
    if (simulation->now_ns != item->at_ns || event_pending(event))
        ck_abort_msg("wrong clock or state at %lld ns", (long long)simulation->now_ns);
    item->pending = false;
    model->fired++;
    for (uint64_t actions = draw(model) % 4; actions-- > 0;) {
        struct item *other = &model->items[draw(model) % EVENTS];
        if (draw(model) % 3 == 0)
            cancel(model, other);
        else
            schedule(model, other);
        if (other->pending != event_pending(&other->event))
            ck_abort_msg("pending or not at %lld ns", (long long)simulation->now_ns);
    }
}

static struct model *model_new(int seed)
{
    static const int64_t spreads_ns[] = {10, 1000, 100000, 1000000000, INT64_C(1) << 50};
    struct model *model = calloc(1, sizeof *model);
    simulation_init(&model->simulation, (uint64_t)seed);
    model->state = (uint64_t)seed;
    model->spread_ns = spreads_ns[seed % 5];
    model->coarse = seed % 2;
    for (int i = 0; i < EVENTS; i++) {
        model->items[i].model = model;
        event_init(&model->items[i].event, fire);
    }
    return model;
}

START_TEST(events_fire_by_time_then_by_order_of_scheduling)
{
    struct model *model = model_new(_i);
    unsigned population = _i % 3 == 0 ? 5 : EVENTS;
    for (int round = 0; round < 1000 && model->fired < 3000; round++) {
        for (unsigned i = 0; i < population; i++)
            if (!model->items[i].pending)
                schedule(model, &model->items[i]);
        int64_t room_ns = INT64_MAX - model->simulation.now_ns;
        int64_t step_ns = (int64_t)(draw(model) >> 1) % (2 * model->spread_ns);
        if (round % 64 == 63) /* now and then far ahead, so that far events fire too */
            step_ns = (int64_t)(draw(model) >> 8);
        int64_t until_ns = model->simulation.now_ns + (step_ns < room_ns ? step_ns : room_ns);
        check_not_before(model);
        simulation_run(&model->simulation, until_ns);
        check_not_before(model);
        struct item *next = expected(model);
        ck_assert(next == NULL || (next->at_ns > until_ns && model->simulation.now_ns == until_ns));
    }
    ck_assert_uint_eq(model->fired, model->simulation.events);
    simulation_fini(&model->simulation);
    free(model);
}
END_TEST

struct probe {
    struct event event;
    int *log, *logged, name;
};

static void write_down(struct event *event, struct simulation *simulation)
{
    (void)simulation;
    struct probe *probe = container_of(event, struct probe, event);
    probe->log[(*probe->logged)++] = probe->name;
}

static void probe_init(struct probe *self, int name, int *log, int *logged)
{
    *self = (struct probe){.log = log, .logged = logged, .name = name};
    event_init(&self->event, write_down);
}

START_TEST(a_rescheduled_event_goes_behind_the_others_of_its_new_time)
{
    struct simulation simulation;
    simulation_init(&simulation, 1);
    int log[8], logged = 0;
    struct probe probes[3];
    for (int i = 0; i < 3; i++) {
        probe_init(&probes[i], i, log, &logged);
        event_schedule(&probes[i].event, &simulation, 100);
    }
    event_schedule(&probes[0].event, &simulation, 100);
    ck_assert_uint_eq(simulation_run(&simulation, 100), 3);
    ck_assert_int_eq(log[0], 1);
    ck_assert_int_eq(log[1], 2);
    ck_assert_int_eq(log[2], 0);
}
END_TEST

START_TEST(ten_thousand_events_of_one_time_fire_in_order)
{
    enum { N = 10000 };
    struct simulation simulation;
    simulation_init(&simulation, 1);
    static int log[N];
    static struct probe probes[N];
    int logged = 0;
    for (int i = 0; i < N; i++) {
        probe_init(&probes[i], i, log, &logged);
        event_schedule(&probes[i].event, &simulation, 123456789);
    }
    simulation_run(&simulation, INT64_MAX);
    ck_assert_int_eq(logged, N);
    for (int i = 0; i < N; i++)
        if (log[i] != i)
            ck_abort_msg("%d fired as number %d", log[i], i);
}
END_TEST

START_TEST(a_cancelled_event_does_not_fire_and_cancelling_an_idle_one_is_allowed)
{
    struct simulation simulation;
    simulation_init(&simulation, 1);
    int log[4], logged = 0;
    struct probe probe;
    probe_init(&probe, 0, log, &logged);
    event_cancel(&probe.event, &simulation);
    event_schedule(&probe.event, &simulation, 5);
    ck_assert(event_pending(&probe.event));
    event_cancel(&probe.event, &simulation);
    ck_assert(!event_pending(&probe.event));
    ck_assert_uint_eq(simulation_run(&simulation, 10), 0);
    ck_assert_int_eq(logged, 0);
}
END_TEST

static void free_owner(struct event *event, struct simulation *simulation)
{
    (void)simulation;
    free(container_of(event, struct probe, event));
}

START_TEST(a_callback_may_free_the_owner_of_its_event)
{
    struct simulation simulation;
    simulation_init(&simulation, 1);
    for (int i = 0; i < 20; i++) {
        struct probe *probe = calloc(1, sizeof *probe);
        event_init(&probe->event, free_owner);
        event_schedule(&probe->event, &simulation, i / 2 * 1000);
    }
    ck_assert_uint_eq(simulation_run(&simulation, INT64_MAX), 20);
}
END_TEST

static void stop(struct event *event, struct simulation *simulation)
{
    (void)event;
    simulation_stop(simulation);
}

START_TEST(the_clock_ends_at_the_limit_unless_stopped_or_out_of_events)
{
    struct simulation simulation;
    simulation_init(&simulation, 1);
    struct event first, last;
    event_init(&first, stop);
    event_init(&last, stop);
    event_schedule(&first, &simulation, 10);
    event_schedule(&last, &simulation, 1000);
    simulation_run(&simulation, 100);
    ck_assert_int_eq(simulation.now_ns, 10);
    simulation_run(&simulation, 100);
    ck_assert_int_eq(simulation.now_ns, 100);
    simulation_run(&simulation, 5000);
    ck_assert_int_eq(simulation.now_ns, 1000);
    simulation_run(&simulation, 5000);
    ck_assert_int_eq(simulation.now_ns, 1000);
}
END_TEST

START_TEST(scheduling_in_the_past_is_a_bug)
{
    struct simulation simulation;
    simulation_init(&simulation, 1);
    struct event event;
    event_init(&event, stop);
    event_schedule(&event, &simulation, 10);
    simulation_run(&simulation, 10);
    event_schedule(&event, &simulation, 9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event");
    TCase *tests = tcase_create("event");
    tcase_add_loop_test(tests, events_fire_by_time_then_by_order_of_scheduling, 0, 40);
    tcase_add_test(tests, a_rescheduled_event_goes_behind_the_others_of_its_new_time);
    tcase_add_test(tests, ten_thousand_events_of_one_time_fire_in_order);
    tcase_add_test(tests, a_cancelled_event_does_not_fire_and_cancelling_an_idle_one_is_allowed);
    tcase_add_test(tests, a_callback_may_free_the_owner_of_its_event);
    tcase_add_test(tests, the_clock_ends_at_the_limit_unless_stopped_or_out_of_events);
    tcase_add_test_raise_signal(tests, scheduling_in_the_past_is_a_bug, SIGABRT);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
