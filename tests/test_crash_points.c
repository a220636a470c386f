/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Crash points: that one moment may stand for others. Every moment of a run is tried; whatever the clients' machines and the
 * other server put on a wire must be the same, to the nanosecond, for all moments that one crash point stands for.
 */
#include "models/explore/crash_points.h"

#include "models/params.h"
#include "models/world_state.h"
#include "sim/scenario.h"
#include "tests/suite.h"

#include <string.h>
#include <xxhash.h>

static struct config config;

static void read_config(const char *file)
{
    struct scenario *scenario =
        scenario_load(file, &understudy_schema, understudy_metrics, NULL, stderr);
    ck_assert_ptr_nonnull(scenario);
    config = *(const struct config *)scenario->points[0].config;
    config.clients.requests = 2;
    scenario_free(scenario);
}

/* What everybody but the dead can have seen. */
struct outside {
    struct trial_watch watch;
    struct packet_watch packets;
    struct world *world;
    XXH64_hash_t digest;
    uint64_t sent;
};

static void add(struct outside *self, uint64_t value)
{
    self->digest = XXH64(&value, sizeof value, self->digest);
}

/* Headers whole, but without their checksums: these are of payload patterns, which the number of the execution is part of. */
static void see(struct packet_watch *watch, const struct link *link, const struct packet *packet,
                const struct link_fate *fate)
{
    (void)fate;
    struct outside *self = container_of(watch, struct outside, packets);
    struct packet copy = *packet;
    add(self, (uint64_t)self->world->simulation.now_ns);
    add(self, packet->payload_bytes);
    add(self, packet->mac_to);
    add(self, (uint64_t)(link->settings.rate_bps));
    if (packet->header[9] == 6)
        memset(copy.header + 36, 0, 2);
    self->digest = XXH64(copy.header, copy.header_bytes, self->digest);
    self->sent++;
}

static void begins(struct trial_watch *watch, struct world *world)
{
    struct outside *self = container_of(watch, struct outside, watch);
    self->world = world;
    fates_watch(world, &self->packets);
}

/* So that all runs end at the very event after which nothing more can happen. */
static bool step(struct trial_watch *watch, struct world *world)
{
    (void)watch;
    return world_run_events(world, 1);
}

static XXH64_hash_t outcome_of(int target, uint64_t event)
{
    struct trial trial;
    struct outside outside = {.watch = {.begins = begins, .step = step}, .packets = {.sent = see}};
    config.fault_count = 1;
    config.faults[0] =
        (struct fault){.crash = target, .event = (int64_t)event, .client = -1, .count = 1};
    trial_run(&trial, &config, 1, &outside.watch);
    ck_assert_int_eq(trial.promise, -1);
    ck_assert_uint_gt(outside.sent, 100);
    return outside.digest;
}

static void record(struct crash_points *points, bool every)
{
    struct trial trial;
    config.fault_count = 0;
    crash_points_record(points, &config, 1, 0, every, &trial);
    ck_assert_int_eq(trial.promise, -1);
    ck_assert(trial.quiet);
}

/* The digest of the crash point that stands for a moment: the first of its server that is not before it. */
static size_t representative(const struct crash_points *points, const struct crash_point *moment)
{
    size_t best = points->crash_count;
    for (size_t i = 0; i < points->crash_count; i++) {
        const struct crash_point *point = &points->crashes[i];
        if (point->target == moment->target && point->event >= moment->event &&
            (best == points->crash_count || point->event < points->crashes[best].event))
            best = i;
    }
    ck_assert_uint_lt(best, points->crash_count);
    return best;
}

static const char *const files[] = {"scenarios/explore/keep-alive.yaml",
                                    "scenarios/explore/per-request.yaml"};

START_TEST(moments_that_a_crash_point_stands_for_are_the_same_for_everybody_else)
{
    struct crash_points few, all;
    read_config(files[_i]);
    record(&few, false);
    record(&all, true);
    ck_assert_uint_eq(few.every_moment, all.crash_count);
    ck_assert_uint_lt(few.crash_count * 3, all.crash_count);
    XXH64_hash_t *digests = calloc(few.crash_count, sizeof *digests);
    size_t distinct = 1;
    for (size_t i = 0; i < few.crash_count; i++) {
        digests[i] = outcome_of(few.crashes[i].target, few.crashes[i].event);
        distinct += i > 0 && digests[i] != digests[i - 1];
    }
    ck_assert_uint_gt(distinct, few.crash_count / 2); /* the digest sees differences at all */
    for (size_t i = 0; i < all.crash_count; i++)
        ck_assert_uint_eq(outcome_of(all.crashes[i].target, all.crashes[i].event),
                          digests[representative(&few, &all.crashes[i])]);
    free(digests);
    crash_points_fini(&few);
    crash_points_fini(&all);
}
END_TEST

START_TEST(every_event_of_the_run_is_a_moment_of_both_servers)
{
    struct crash_points all;
    struct trial trial;
    read_config(files[0]);
    config.fault_count = 0;
    crash_points_record(&all, &config, 1, 0, true, &trial);
    ck_assert_uint_eq(all.crash_count, 2 * (trial.events - 1));
    ck_assert_uint_gt(all.packet_count, 100);
    ck_assert_uint_lt(all.packet_count, trial.packets); /* a switch sends each a second time */
    crash_points_fini(&all);
}
END_TEST

START_TEST(only_moments_behind_the_given_event_are_noted)
{
    struct crash_points late;
    struct trial trial;
    read_config(files[0]);
    config.fault_count = 0;
    crash_points_record(&late, &config, 1, 300, true, &trial);
    ck_assert_uint_eq(late.crash_count, 2 * (trial.events - 301));
    for (size_t i = 0; i < late.packet_count; i++)
        ck_assert_uint_gt(late.packets[i].event, 300);
    crash_points_fini(&late);
}
END_TEST

/* Whoever serves alone need not be survived. */
START_TEST(nobody_dies_a_second_time)
{
    struct crash_points none;
    struct trial trial;
    read_config(files[0]);
    config.fault_count = 1;
    config.faults[0] =
        (struct fault){.crash = TARGET_PRIMARY, .event = 50, .client = -1, .count = 1};
    crash_points_record(&none, &config, 1, 50, true, &trial);
    ck_assert_uint_eq(none.crash_count, 0);
    ck_assert_uint_gt(none.packet_count, 50);
    crash_points_fini(&none);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crash_points");
    TCase *tcase = tcase_create("crash_points");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(
        tcase, moments_that_a_crash_point_stands_for_are_the_same_for_everybody_else, 0, 2);
    tcase_add_test(tcase, every_event_of_the_run_is_a_moment_of_both_servers);
    tcase_add_test(tcase, only_moments_behind_the_given_event_are_noted);
    tcase_add_test(tcase, nobody_dies_a_second_time);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
