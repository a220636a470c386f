/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_calibration - a simulated machine whose costs are known is measured, and its costs come out again, as far as they can.
 */
#include "models/calibration.h"

#include "models/params.h"
#include "models/scheme.h"
#include "models/world.h"

#include <math.h>
#include <string.h>

#include "tests/suite.h"

enum { POINTS = 9, HEAVY = 8 };
#define HZ 3e9

struct bench {
    struct config configs[POINTS];
    struct calibration_point points[POINTS];
    struct calibration calibration;
};

/* In the era's proportions, as far as they matter. */
static const struct host_costs ratios = {
    .interrupt = 1335,
    .receive_data = 5500,
    .receive_ack = 4500,
    .transmit_data = 6200,
    .transmit_ack = 4000,
    .connection_open = 170000,
    .connection_close = 114700,
    .system_call = 700,
    .context_switch = 2500,
    .copy_per_byte = 2,
    .request_kernel = 144400,
    .request_user = 149000,
    .generate_per_byte = 1,
    .path_lookup = 600,
    .path_forward = 1500,
    .record_user = 2000,
};

static const struct host_costs truth = {
    .receive_data = 3000,
    .receive_ack = 1500,
    .transmit_data = 4000,
    .transmit_ack = 2000,
    .connection_open = 60000,
    .connection_close = 50000,
    .system_call = 400,
    .context_switch = 4000,
    .copy_per_byte = 0.2,
    .request_kernel = 90000,
    .request_user = 30000,
    .generate_per_byte = 2.5,
    .path_lookup = 700,
    .record_user = 3000,
};
enum { TRUE_DELAY_NS = 12000 };

static void set_up(struct config *config, unsigned point)
{
    static const double replies[] = {1024, 10240, 40960, 2048};
    param_defaults(understudy_schema.params, config);
    config->scheme = point % 2;
    config->costs = ratios;
    config->cpu.hz = (int64_t)HZ;
    config->cpu.cores = 2;
    config->network.rate_bps = 10000000000;
    config->tcp.profile = 1;
    config->clients.count = point < HEAVY ? 3 : 1;
    config->clients.connection = point % 4 < 2 ? CONNECTION_KEEP_ALIVE : CONNECTION_PER_REQUEST;
    config->clients.reply = dist_constant(replies[point / 2 % 4]);
    config->run.duration_ns = 12000000;
    config->run.warmup_ns = 3000000;
}

static double found(const struct results *results, const char *metric, const char *host)
{
    return results_find(results, metric, host)->value.mean;
}

/* What the testbed would have measured, if it were of these costs. */
static void measure(const struct config *config, struct calibration_cost *out)
{
    struct config real = *config;
    struct results results;
    real.costs = truth;
    real.network.delay_ns = TRUE_DELAY_NS;
    results_init(&results, understudy_metrics);
    world_run(&real, 7, &results);
    *out = (struct calibration_cost){
        .user = found(&results, "cycles_user", "servers") / HZ,
        .kernel = found(&results, "cycles_kernel", "servers") / HZ,
        .programs = NAN,
        .latency = found(&results, "latency_p50", ""),
    };
    if (schemes[config->scheme].packet_path)
        out->programs = found(&results, "cycles_packet_path", "primary") / HZ;
    results_fini(&results);
}

static void init(struct bench *self)
{
    *self = (struct bench){0};
    for (unsigned i = 0; i < POINTS; i++) {
        set_up(&self->configs[i], i);
        self->points[i].config = &self->configs[i];
        measure(&self->configs[i], &self->points[i].measured);
    }
    calibration_init(&self->calibration, self->points, POINTS, HZ);
    self->calibration.requests = 250;
    calibration_constant(&self->calibration, "system_call")->known = (double)truth.system_call;
    calibration_constant(&self->calibration, "context_switch")->known =
        (double)truth.context_switch;
    calibration_constant(&self->calibration, "copy_per_byte")->known = truth.copy_per_byte;
}

static void comes_near(double value, double should, double part)
{
    ck_assert_msg(fabs(value - should) <= part * should, "%g is not %g", value, should);
}

/* Measured and solved once for all. */
static struct bench bench;
static bool solved;
static char reason[200];

static void solve(void)
{
    init(&bench);
    solved = calibration_solve(&bench.calibration, reason, sizeof reason);
}

START_TEST(a_machine_of_known_costs_is_recognised)
{
    ck_assert_msg(solved, "%s", reason);
    const struct host_costs *costs = &bench.calibration.profile.costs;
    comes_near((double)costs->request_user, (double)truth.request_user, 0.08);
    comes_near(costs->generate_per_byte, truth.generate_per_byte, 0.05);
    comes_near((double)costs->path_lookup, (double)truth.path_lookup, 0.1);
    comes_near((double)costs->request_kernel, (double)truth.request_kernel, 0.1);
    comes_near((double)(costs->connection_open + costs->connection_close),
               (double)(truth.connection_open + truth.connection_close), 0.1);
    comes_near((double)bench.calibration.profile.network.delay_ns, TRUE_DELAY_NS, 0.1);
    ck_assert_int_eq(costs->system_call, truth.system_call);
}
END_TEST

/* Few requests are counted here, so that those under way at the beginning and the end show. */
START_TEST(simulated_with_the_profile_it_spends_what_was_measured)
{
    ck_assert_msg(solved, "%s", reason);
    for (unsigned i = 0; i < HEAVY; i++) {
        const struct calibration_point *point = &bench.points[i];
        comes_near(point->simulated.user, point->measured.user, 0.15);
        comes_near(point->simulated.kernel, point->measured.kernel, 0.2);
    }
    comes_near(bench.points[HEAVY].simulated.latency, bench.points[HEAVY].measured.latency, 0.02);
}
END_TEST

START_TEST(what_cannot_be_told_apart_is_said)
{
    ck_assert_msg(solved, "%s", reason);
    struct calibration *self = &bench.calibration;
    const struct fit_column *open = calibration_constant(self, "connection_open");
    const struct fit_column *close = calibration_constant(self, "connection_close");
    ck_assert_int_eq(open->state, FIT_SHARED); /* whoever opens one closes it */
    ck_assert_uint_eq(open->group, close->group);
    comes_near(open->value / close->value, 170000.0 / 114700, 0.001);
    ck_assert_int_eq(calibration_constant(self, "system_call")->state, FIT_KNOWN);
    /* No run has a backup. */
    const struct fit_column *forward = calibration_constant(self, "path_forward");
    ck_assert_int_eq(forward->state, FIT_ABSENT);
    comes_near(forward->value, 1500 * calibration_constant(self, "path_lookup")->value / 600,
               0.001);
}
END_TEST

START_TEST(points_that_say_too_little_are_refused)
{
    char why[200];
    struct calibration other, *self = &other;
    calibration_init(self, &bench.points[HEAVY], 1, HZ); /* one client alone */
    ck_assert(!calibration_solve(self, why, sizeof why));
    ck_assert(strstr(why, "too little") != NULL);
    calibration_init(self, bench.points, 0, HZ);
    ck_assert(!calibration_solve(self, why, sizeof why));
    ck_assert_str_ne(why, "");
}
END_TEST

static bool give_up(void *context, size_t done, size_t total)
{
    (void)context;
    return done < total / 2;
}

START_TEST(who_gives_up_is_not_told_a_reason)
{
    char why[200];
    struct calibration other;
    calibration_init(&other, bench.points, POINTS, HZ);
    other.requests = 10;
    other.go_on = give_up;
    ck_assert(!calibration_solve(&other, why, sizeof why));
    ck_assert_str_eq(why, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calibration");
    TCase *cases = tcase_create("calibration");
    tcase_add_unchecked_fixture(cases, solve, NULL);
    tcase_add_test(cases, a_machine_of_known_costs_is_recognised);
    tcase_add_test(cases, simulated_with_the_profile_it_spends_what_was_measured);
    tcase_add_test(cases, what_cannot_be_told_apart_is_said);
    tcase_add_test(cases, points_that_say_too_little_are_refused);
    tcase_add_test(cases, who_gives_up_is_not_told_a_reason);
    tcase_set_timeout(cases, 30);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
