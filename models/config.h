/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config - one run, fully decided: what the rows of models/params.c fill and models/world.c builds.
 */
#ifndef MODELS_CONFIG_H
#define MODELS_CONFIG_H

#include "models/fault.h"
#include "models/host/costs.h"
#include "models/net/lan.h"
#include "models/web/apache.h"
#include "models/web/client.h"

enum { CONFIG_FAULTS_MAX = 64 };

struct config {
    int scheme; /* index in schemes[] */
    int plant;  /* index in plant_names[] */
    struct {
        int64_t rate_bps, delay_ns, queue_bytes, host_queue_bytes, switch_latency_ns;
        struct link_impairment impairment;
        bool direct, ppp;
        int64_t client_machines;
    } network;
    struct {
        int64_t rate_bps, delay_ns, queue_bytes;
    } log_network;
    struct {
        int profile; /* index in tcp_profiles[] */
        int64_t rto_min_ns, initial_window, receive_buffer, send_buffer, time_wait_ns,
            delayed_ack_ns; /* 0: the profile's */
        bool checksum;
    } tcp;
    struct {
        int64_t hz, cores, ring_packets;
    } cpu;
    struct {
        int64_t offset_ns[2], ppm[2]; /* of the servers' clocks, by what they begin as */
        int64_t day_ns;
    } clocks;
    struct host_costs costs;
    struct client_settings clients;
    struct server_settings server;
    struct {
        int64_t heartbeat_ns, timeout_ns, lease_ns, log_timeout_ns, log_bytes, body_bytes,
            fragment_bytes;
        bool ack_gate;
        int log_policy; /* what a cut log channel does: enum ft_log_policy */
    } replication;
    struct {
        int64_t warmup_ns, duration_ns, drain_ns, replications, batches;
        int64_t seed; /* 0: the command's */
    } run;
    struct fault faults[CONFIG_FAULTS_MAX];
    size_t fault_count;
};

/* How long a message between the servers and its answer travel, on the faster LAN, as long as nothing else is on it. */
int64_t config_round_trip_ns(const struct config *config);

#endif
