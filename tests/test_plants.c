/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every planted bug is noticed, by the checker of the promise that it breaks: tests/plants/NAME.yaml breaks it with the plant
 * and keeps all promises without. A bug that no checker sees means a checker that is too weak.
 */
#include "models/params.h"
#include "models/plants.h"
#include "models/world.h"
#include "sim/scenario.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

static struct scenario *load(const struct plant_type *plant, bool planted)
{
    char path[200], set[100];
    snprintf(path, sizeof path, "tests/plants/%s.yaml", plant->name);
    snprintf(set, sizeof set, "plant=%s", planted ? plant->name : "none");
    const char *const sets[] = {set, NULL};
    struct scenario *scenario =
        scenario_load(path, &understudy_schema, understudy_metrics, sets, stderr);
    ck_assert_msg(scenario != NULL, "%s", path);
    ck_assert_uint_eq(scenario->point_count, 1);
    return scenario;
}

static const struct promise *promise_named(const struct world *world, const char *name)
{
    const struct promise *promise;
    for (unsigned i = 0; (promise = world_promise(world, i)) != NULL; i++) {
        if (strcmp(promise->type->name, name) == 0)
            return promise;
    }
    ck_abort_msg("no promise %s", name);
}

static struct world *run(const struct scenario *scenario)
{
    struct world *world = world_new(scenario->points[0].config, 1);
    world_run_all(world);
    return world;
}

START_TEST(a_planted_bug_breaks_its_promise)
{
    struct scenario *scenario = load(&plants[_i], true);
    struct world *world = run(scenario);
    const struct promise *promise = promise_named(world, plants[_i].promise);
    ck_assert_msg(promise->violations > 0, "%s: %s holds in all of %llu checks", plants[_i].name,
                  promise->type->name, (unsigned long long)promise->checks);
    world_free(world);
    scenario_free(scenario);
}
END_TEST

START_TEST(without_the_bug_all_promises_hold)
{
    struct scenario *scenario = load(&plants[_i], false);
    struct world *world = run(scenario);
    const struct promise *promise;
    for (unsigned i = 0; (promise = world_promise(world, i)) != NULL; i++)
        ck_assert_msg(promise->violations == 0, "%s: %s: %s", plants[_i].name, promise->type->name,
                      promise->first);
    ck_assert_uint_gt(promise_named(world, plants[_i].promise)->checks, 0);
    world_free(world);
    scenario_free(scenario);
}
END_TEST

START_TEST(a_plant_stays_in_its_own_world)
{
    struct scenario *planted = load(&plants[0], true), *clean = load(&plants[0], false);
    struct world *bad = world_new(planted->points[0].config, 1);
    struct world *good = world_new(clean->points[0].config, 1);
    bool goes_on = true;
    while (goes_on) {
        goes_on = world_run_events(bad, 100);
        goes_on |= world_run_events(good, 100);
    }
    ck_assert_uint_gt(promise_named(bad, plants[0].promise)->violations, 0);
    ck_assert_uint_eq(promise_named(good, plants[0].promise)->violations, 0);
    world_free(bad);
    world_free(good);
    scenario_free(planted);
    scenario_free(clean);
}
END_TEST

static int plant_count(void)
{
    int count = 0;
    while (plants[count].name != NULL)
        count++;
    return count;
}

int main(void)
{
    Suite *suite = suite_create("plants");
    TCase *tests = tcase_create("checkers");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_planted_bug_breaks_its_promise, 0, plant_count());
    tcase_add_loop_test(tests, without_the_bug_all_promises_hold, 0, plant_count());
    tcase_add_test(tests, a_plant_stays_in_its_own_world);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
