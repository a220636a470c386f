/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * datapath - libbpf around the skeleton of module/bpf/understudy.bpf.c.
 */
#include "module/daemon/datapath.h"

#include "understudy.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* At a time: heartbeats must not wait. */
enum { SWEEP_MAX = 64 };

static bool fail(struct datapath *self, int error, const char *what, const char *remedy)
{
    snprintf(self->error, sizeof self->error, "%s: %s (%s)", what, strerror(error), remedy);
    return false;
}

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
    return level == LIBBPF_WARN && getenv("UNDERSTUDY_DEBUG") != NULL
               ? vfprintf(stderr, format, arguments)
               : 0;
}

static bool find_mac(const char *interface, uint8_t mac[6])
{
    struct ifreq request = {0};
    int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    bool found = socket_fd >= 0 && ioctl(socket_fd, SIOCGIFHWADDR, &request) == 0;
    if (socket_fd >= 0)
        close(socket_fd);
    memcpy(mac, request.ifr_hwaddr.sa_data, 6);
    return found;
}

static int attach(int ifindex, enum bpf_tc_attach_point point, int program)
{
    DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = point);
    DECLARE_LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program, .handle = 1, .priority = 1,
                        .flags = BPF_TC_F_REPLACE);
    return -bpf_tc_attach(&hook, &options);
}

static void detach(int ifindex)
{
    DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
                        .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
    bpf_tc_hook_destroy(&hook);
}

static bool attach_both(struct datapath *self)
{
    DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = self->ifindex,
                        .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
    int error = -bpf_tc_hook_create(&hook);
    if (error != 0 && error != EEXIST)
        return fail(self, error, "no clsact on the interface",
                    "is the kernel built with NET_CLS_ACT and NET_SCH_INGRESS?");
    self->attached = true;
    error = attach(self->ifindex, BPF_TC_INGRESS,
                   bpf_program__fd(self->programs->progs.understudy_ingress));
    if (error == 0)
        error = attach(self->ifindex, BPF_TC_EGRESS,
                       bpf_program__fd(self->programs->progs.understudy_egress));
    return error == 0 || fail(self, error, "the TC programs cannot be attached",
                              "is the kernel built with NET_CLS_BPF?");
}

static bool open_readable(struct datapath *self)
{
    DECLARE_LIBBPF_OPTS(bpf_get_fd_by_id_opts, options, .open_flags = BPF_F_RDONLY);
    struct bpf_map_info info = {0};
    uint32_t size = sizeof info;
    int map = bpf_map__fd(self->programs->maps.understudy_config);
    if (bpf_obj_get_info_by_fd(map, &info, &size) == 0)
        self->readable = bpf_map_get_fd_by_id_opts(info.id, &options);
    return self->readable >= 0 ||
           fail(self, errno, "the TC programs' settings cannot be shared", "needs CAP_SYS_ADMIN");
}

bool datapath_open(struct datapath *self, const char *interface,
                   const struct understudy_config *config)
{
    *self = (struct datapath){.config = *config, .interface = interface, .readable = -1};
    self->ifindex = (int)if_nametoindex(interface);
    if (self->ifindex == 0 || !find_mac(interface, self->config.own_mac))
        return fail(self, errno, interface, "no such interface; `ip link` lists them");
    self->config.service_ifindex = self->config.peer_ifindex = (uint32_t)self->ifindex;
    libbpf_set_print(silent);
    self->programs = understudy_bpf__open_and_load();
    if (self->programs == NULL)
        return fail(self, errno, "the kernel does not take the TC programs",
                    "needs root, Linux 6.9 or newer with BTF; UNDERSTUDY_DEBUG=1 shows the "
                    "verifier's words");
    datapath_tell(self);
    return open_readable(self) && attach_both(self);
}

void datapath_close(struct datapath *self)
{
    if (self->attached)
        detach(self->ifindex);
    if (self->readable >= 0)
        close(self->readable);
    understudy_bpf__destroy(self->programs);
    self->programs = NULL;
    self->attached = false;
}

bool datapath_refresh(struct datapath *self)
{
    uint8_t mac[6];
    if (!find_mac(self->interface, mac) || memcmp(mac, self->config.own_mac, 6) == 0)
        return false;
    memcpy(self->config.own_mac, mac, 6);
    return true;
}

void datapath_tell(struct datapath *self)
{
    uint32_t zero = 0;
    int map = bpf_map__fd(self->programs->maps.understudy_config);
    if (memcmp(&self->told, &self->config, sizeof self->told) != 0 &&
        bpf_map_update_elem(map, &zero, &self->config, BPF_ANY) == 0)
        self->told = self->config;
}

void datapath_ask(const struct datapath *self, struct understudy_config *out)
{
    uint32_t zero = 0;
    memset(out, 0, sizeof *out);
    bpf_map_lookup_elem(bpf_map__fd(self->programs->maps.understudy_config), &zero, out);
}

int datapath_flows(const struct datapath *self)
{
    return bpf_map__fd(self->programs->maps.understudy_flows);
}

/* TCP gives up silently on a client that vanished: only asking tells. */
static bool is_over(struct sockets *sockets, const struct ft_flow_key *key,
                    const struct ft_flow *flow, int64_t now_ns, int64_t keep_ns)
{
    return ft_flow_expired(flow, now_ns, keep_ns, false) &&
           (flow->closed || !sockets_have(sockets, key->client_ip, key->client_port));
}

bool datapath_sweep(struct datapath *self, struct sockets *sockets, int64_t now_ns, int64_t keep_ns)
{
    static struct ft_flow_key keys[SWEEP_MAX];
    static struct ft_flow flows[SWEEP_MAX];
    int map = datapath_flows(self);
    uint32_t next, count = SWEEP_MAX;
    int error = bpf_map_lookup_batch(map, self->sweeping ? &self->sweep_from : NULL, &next, keys,
                                     flows, &count, NULL);
    bool over = error != 0; /* the last ones */
    if (error != 0 && errno != ENOENT)
        count = 0;
    if (!self->sweeping)
        self->left = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (is_over(sockets, &keys[i], &flows[i], now_ns, keep_ns))
            bpf_map_delete_elem(map, &keys[i]);
        else
            self->left++;
    }
    self->sweep_from = next;
    self->sweeping = !over;
    if (over)
        self->flows = self->left;
    return over;
}

unsigned datapath_heard_since(const struct datapath *self, int64_t since_ns,
                              struct datapath_flow *out, unsigned max)
{
    int map = datapath_flows(self);
    struct ft_flow_key *previous = NULL, key;
    unsigned count = 0;
    while (count < max && bpf_map_get_next_key(map, previous, &key) == 0) {
        out[count].key = key;
        previous = &key;
        if (bpf_map_lookup_elem(map, &key, &out[count].flow) == 0 &&
            out[count].flow.heard_ns >= since_ns)
            count++;
    }
    return count;
}

unsigned datapath_syns_since(const struct datapath *self, int64_t since_ns,
                             struct understudy_syn *out, unsigned max)
{
    int map = bpf_map__fd(self->programs->maps.understudy_syns);
    struct ft_flow_key *previous = NULL, key;
    struct ft_flow flow;
    unsigned count = 0;
    while (count < max && bpf_map_get_next_key(map, previous, &key) == 0) {
        previous = &key;
        if (bpf_map_lookup_elem(map, &key, &out[count]) != 0 || out[count].at_ns < since_ns)
            continue;
        bool connected = bpf_map_lookup_elem(datapath_flows(self), &key, &flow) == 0 &&
                         flow.opened_ns >= out[count].at_ns;
        count += !connected;
    }
    return count;
}

void datapath_forget(struct datapath *self)
{
    struct ft_flow_key key;
    while (bpf_map_get_next_key(datapath_flows(self), NULL, &key) == 0)
        bpf_map_delete_elem(datapath_flows(self), &key);
}

void datapath_counts(const struct datapath *self, uint64_t counts[FT_REASONS])
{
    int map = bpf_map__fd(self->programs->maps.understudy_reasons);
    size_t processors = (size_t)libbpf_num_possible_cpus();
    uint32_t reasons[FT_REASONS], next, count = FT_REASONS;
    uint64_t *values = calloc(FT_REASONS * processors, sizeof *values);
    if (values == NULL)
        abort();
    int error = bpf_map_lookup_batch(map, NULL, &next, reasons, values, &count, NULL);
    memset(counts, 0, FT_REASONS * sizeof counts[0]);
    for (size_t i = 0; i < (error == 0 || errno == ENOENT ? count * processors : 0); i++)
        counts[reasons[i / processors]] += values[i];
    free(values);
}
