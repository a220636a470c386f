/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * datapath - the packet path in this host's kernel: loads the TC programs, hangs them on the interface, tells them who we are.
 *
 * Errors are described in a text for people, with the remedy, and returned as false. Everything is taken down again by
 * datapath_close(), also when opening failed half-way.
 */
#ifndef MODULE_DAEMON_DATAPATH_H
#define MODULE_DAEMON_DATAPATH_H

#include "module/bpf/understudy_bpf.h"
#include "module/daemon/sockets.h"

enum { DATAPATH_ERROR_MAX = 256 };

struct understudy_bpf; /* the skeleton */

struct datapath_flow {
    struct ft_flow_key key;
    struct ft_flow flow;
};

struct datapath {
    struct understudy_bpf *programs;
    struct understudy_config config; /* what the kernel is to know */
    struct understudy_config told;   /* what it was last told */
    const char *interface;
    int ifindex;
    int readable; /* descriptor of the settings that the kernel goes by, for the server's module: it cannot write them */
    bool attached;
    unsigned flows;      /* entries of the table, when it was last swept */
    unsigned left;       /* so far, in the sweep that is under way */
    uint32_t sweep_from; /* where it goes on */
    bool sweeping;
    char error[DATAPATH_ERROR_MAX];
};

/* `config`: everything but the interfaces' numbers and own MAC, which are found out. Needs CAP_BPF and CAP_NET_ADMIN. */
bool datapath_open(struct datapath *self, const char *interface,
                   const struct understudy_config *config);
void datapath_close(struct datapath *self);
/* Looks again at the interface's own MAC; true: it is another one now. */
bool datapath_refresh(struct datapath *self);
/* Gives self->config to the kernel, if anything in it is new. */
void datapath_tell(struct datapath *self);
/* What the kernel goes by. */
void datapath_ask(const struct datapath *self, struct understudy_config *out);
/* The flow table, for the server's module. */
int datapath_flows(const struct datapath *self);
/* Goes on through the table, by some entries at a time, and deletes those that nobody needs any more. True: it has been through all
 * of them, and self->flows are left. */
bool datapath_sweep(struct datapath *self, struct sockets *sockets, int64_t now_ns,
                    int64_t keep_ns);
/* Connections whose clients were heard since; how many of `max` were written. */
unsigned datapath_heard_since(const struct datapath *self, int64_t since_ns,
                              struct datapath_flow *out, unsigned max);
/* SYNs that went to the primary since, of clients that have no connection yet. */
unsigned datapath_syns_since(const struct datapath *self, int64_t since_ns,
                             struct understudy_syn *out, unsigned max);
/* Forgets all connections. */
void datapath_forget(struct datapath *self);
/* By enum ft_reason, summed over processors. */
void datapath_counts(const struct datapath *self, uint64_t counts[FT_REASONS]);

#endif
