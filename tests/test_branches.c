/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Branches: whatever the last fault is, and whatever struck before, a run that was branched off says what a whole run says.
 */
#include "models/explore/branches.h"

#include "models/explore/crash_points.h"
#include "models/params.h"
#include "sim/scenario.h"
#include "tests/suite.h"

#include <string.h>

static struct config config;

static void read_config(const char *file, const char *set)
{
    const char *sets[] = {set, NULL};
    struct scenario *scenario =
        scenario_load(file, &understudy_schema, understudy_metrics, sets, stderr);
    ck_assert_ptr_nonnull(scenario);
    config = *(const struct config *)scenario->points[0].config;
    config.clients.requests = 2;
    scenario_free(scenario);
}

/* Every so many of what can go wrong from some event on. */
struct plan {
    struct branch *list;
    size_t count;
};

static struct plan crashes(const struct crash_points *points, size_t step)
{
    struct plan plan = {.list = calloc(points->crash_count + 1, sizeof *plan.list)};
    for (size_t i = 0; i < points->crash_count; i += step) {
        const struct crash_point *point = &points->crashes[i];
        plan.list[plan.count++] = (struct branch){
            .event = point->event,
            .fault = {.crash = point->target,
                      .event = (int64_t)point->event,
                      .client = -1,
                      .count = 1,
                      .survivable = true},
        };
    }
    return plan;
}

static struct plan losses(const struct crash_points *points, size_t step)
{
    struct plan plan = {.list = calloc(points->packet_count + 1, sizeof *plan.list)};
    for (size_t i = 0; i < points->packet_count; i += step) {
        const struct sent_packet *packet = &points->packets[i];
        plan.list[plan.count++] = (struct branch){
            .event = packet->event - 1,
            .fault =
                {
                    .fate = FATE_LOST,
                    .packet = (int64_t)packet->number,
                    .client = -1,
                    .count = 1,
                },
        };
    }
    return plan;
}

struct comparison {
    struct coverage branched, whole;
    size_t done, broken, enough;
};

static bool compare(void *context, const struct branch *branch, const struct config *with,
                    const struct trial *trial)
{
    struct comparison *self = context;
    struct trial whole;
    ck_assert_uint_eq(with->fault_count, config.fault_count + 1);
    ck_assert_mem_eq(&with->faults[config.fault_count], &branch->fault, sizeof branch->fault);
    coverage_trial(&self->whole, &whole, with, 1);
    ck_assert_int_eq(trial->promise, whole.promise);
    ck_assert_uint_eq(trial->broken, whole.broken);
    ck_assert_int_eq(trial->broken_at_ns, whole.broken_at_ns);
    ck_assert_uint_eq(trial->events, whole.events);
    ck_assert_uint_eq(trial->packets, whole.packets);
    ck_assert_int_eq(trial->ended_at_ns, whole.ended_at_ns);
    ck_assert(trial->quiet == whole.quiet);
    ck_assert_mem_eq(trial->texts, whole.texts, sizeof whole.texts);
    self->broken += trial->promise >= 0;
    return ++self->done == self->enough;
}

static size_t run(struct plan plan, struct comparison *comparison)
{
    struct branches branches = {
        .config = &config,
        .seed = 1,
        .list = plan.list,
        .count = plan.count,
        .coverage = &comparison->branched,
        .context = comparison,
        .done = compare,
    };
    ck_assert_uint_gt(plan.count, 10);
    branches_run(&branches);
    free(plan.list);
    return plan.count;
}

static void record(struct crash_points *points, uint64_t after)
{
    struct trial trial;
    crash_points_record(points, &config, 1, after, false, &trial);
    ck_assert(trial.promise < 0 || config.plant != 0);
}

START_TEST(a_run_that_branched_off_is_the_whole_run)
{
    static const char *const files[] = {"scenarios/explore/keep-alive.yaml",
                                        "scenarios/explore/per-request.yaml"};
    static struct comparison comparison;
    struct crash_points points;
    read_config(files[_i / 2], NULL);
    record(&points, 0);
    size_t count = run(_i % 2 == 0 ? crashes(&points, 3) : losses(&points, 5), &comparison);
    ck_assert_uint_eq(comparison.done, count);
    ck_assert_mem_eq(&comparison.branched, &comparison.whole, sizeof comparison.whole);
    crash_points_fini(&points);
}
END_TEST

/* A loss before a crash, as in pairs: its effects belong to what is in common. */
START_TEST(so_it_is_behind_another_fault)
{
    static struct comparison comparison;
    struct crash_points points, after;
    read_config("scenarios/explore/per-request.yaml", NULL);
    record(&points, 0);
    const struct sent_packet *packet = &points.packets[points.packet_count / 3];
    config.faults[config.fault_count++] = (struct fault){
        .fate = FATE_LOST, .packet = (int64_t)packet->number, .client = -1, .count = 1};
    record(&after, packet->event);
    ck_assert_uint_eq(run(crashes(&after, 5), &comparison), comparison.done);
    crash_points_fini(&points);
    crash_points_fini(&after);
}
END_TEST

START_TEST(a_broken_promise_is_found_on_a_branch)
{
    static struct comparison comparison;
    struct crash_points points;
    read_config("scenarios/explore/large-reply.yaml", "plant=reply-before-log");
    config.clients.requests = 1;
    record(&points, 0);
    run(crashes(&points, 29), &comparison);
    ck_assert_uint_gt(comparison.broken, 0);
    crash_points_fini(&points);
}
END_TEST

START_TEST(it_ends_when_it_was_enough)
{
    static struct comparison comparison = {.enough = 2};
    struct crash_points points;
    read_config("scenarios/explore/keep-alive.yaml", NULL);
    record(&points, 0);
    run(crashes(&points, 3), &comparison);
    ck_assert_uint_eq(comparison.done, 2);
    crash_points_fini(&points);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("branches");
    TCase *tcase = tcase_create("branches");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_run_that_branched_off_is_the_whole_run, 0, 4);
    tcase_add_test(tcase, so_it_is_behind_another_fault);
    tcase_add_test(tcase, a_broken_promise_is_found_on_a_branch);
    tcase_add_test(tcase, it_ends_when_it_was_enough);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
