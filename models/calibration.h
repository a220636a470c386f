/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calibration - the cost profile with which simulated hosts spend what real ones were measured to spend.
 *
 * How often a request takes each operation is what the simulator counts: every point is simulated once for each constant, on
 * hosts that pay for nothing but that. So CPU time is a sum of constants, and least squares finds them (sim/fit.h). The ratios
 * in which constants stay that the points do not tell apart are those of the points' own configs.
 *
 * Points with many clients say what CPU time is; points with one client, for whom nobody else waits, say what a message's way
 * takes: the time that waking up an idle host takes is time on the cable here (network.delay), and so is what clients
 * themselves compute, as simulated clients are free.
 */
#ifndef MODELS_CALIBRATION_H
#define MODELS_CALIBRATION_H

#include "models/config.h"
#include "sim/fit.h"
#include "sim/param.h"

enum { CALIBRATION_CONSTANTS_MAX = 40 };

/* What a run of one server was measured to spend, in seconds a request. */
struct calibration_cost {
    double user, kernel;
    double programs; /* of the kernel's: the packet path's; NAN: not known */
    double latency;  /* median */
};

struct calibration_point {
    const struct config *config;
    struct calibration_cost measured;
    struct calibration_cost simulated; /* found: with the profile; `programs` is NAN */
};

struct calibration {
    struct calibration_point *points;
    size_t point_count;
    double hz;
    unsigned requests; /* about so many are simulated to count by */
    /* Called now and then; false: give up. May be NULL. */
    bool (*go_on)(void *context, size_t done, size_t total);
    void *context;

    const struct param *constants[CALIBRATION_CONSTANTS_MAX]; /* the rows costs.* */
    struct fit_column
        columns[CALIBRATION_CONSTANTS_MAX]; /* in cycles; `known`: measured directly */
    const char *kin
        [CALIBRATION_CONSTANTS_MAX]; /* found: by whose factor one that no point has was scaled; else NULL */
    size_t constant_count;
    struct fit fit; /* found; what it points to is gone */
    struct config
        profile; /* found: cpu, costs, network.delay, log_network.delay; the rest is the first point's */
    double delay_error_ns; /* found */
    size_t light_count;    /* points with one client */
};

/* Of these points. What is measured directly may be set before calibration_solve(). */
void calibration_init(struct calibration *self, struct calibration_point *points,
                      size_t point_count, double hz);
/* False if it gave up (go_on), or if the points say too little; `why` then has a text for people, else "". */
bool calibration_solve(struct calibration *self, char *why, size_t room);
/* The constant of that name ("system_call"); NULL: there is none. */
struct fit_column *calibration_constant(struct calibration *self, const char *name);
/* One client, for whom nobody waits: its latency counts, not its CPU time. */
bool calibration_is_light(const struct config *config);

#endif
