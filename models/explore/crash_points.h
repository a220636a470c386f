/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crash_points - where in a run something can go wrong: between which events each server can die, which packets can be lost.
 *
 * A server can die between any two events of the simulation. Two such moments are the same for everybody else if the server
 * has put no packet on a wire between them: all that it did in between dies with it (docs/explore.md argues this). So one
 * moment stands for all of them: the last before the server's next packet.
 */
#ifndef MODELS_EXPLORE_CRASH_POINTS_H
#define MODELS_EXPLORE_CRASH_POINTS_H

#include "models/explore/trial.h"

struct crash_point {
    uint64_t event;      /* so many events have fired */
    uint64_t stands_for; /* moments that are the same for everybody else, this one included */
    int target;          /* enum fault_target: who dies */
};

struct crash_points {
    struct crash_point *crashes; /* of servers that the service must survive; in order of events */
    size_t crash_count, crash_room;
    struct sent_packet {
        uint64_t number, event; /* event: the one it was sent in */
    } * packets;                /* as their senders put them on the first link */
    size_t packet_count, packet_room;
    uint64_t every_moment; /* of every server: what the crashes stand for */
};

/* Runs the config and notes its moments behind event `after`. `every`: no moment stands for another. */
void crash_points_record(struct crash_points *self, const struct config *config, uint64_t seed,
                         uint64_t after, bool every, struct trial *trial);
void crash_points_fini(struct crash_points *self);

#endif
