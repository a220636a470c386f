/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * understudy - the packet path as TC programs on clsact, for every role: they ask core/ft_path and do what it says.
 *
 * understudy_ingress and understudy_egress go on every interface that carries the service or the way to the peer. Packets made
 * here carry a mark, so that they are not judged again. Dropped output counts as sent (TC_ACT_STOLEN), or TCP would try
 * again at once. Needs Linux 6.9 (bpf_sk_assign_tcp_reqsk).
 *
 * Not done here: verifying TCP checksums that the interface has not verified; IPv6; VLAN tags; taking closed entries out
 * of the table (the daemon does that).
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "module/bpf/understudy_bpf.h"

enum { ETHERTYPE_IPV4 = 0x0800, SOCKET_TIME_WAIT = 6, SOCKET_LISTEN = 10, CHECKSUM_PARTIAL = 3 };

/* The kernel's, as far as we look at them. */
struct sk_buff {
    __u8 ip_summed : 2;
} __attribute__((preserve_access_index));

struct bpf_tcp_req_attrs {
    __u32 rcv_tsval;
    __u32 rcv_tsecr;
    __u16 mss;
    __u8 rcv_wscale;
    __u8 snd_wscale;
    __u8 ecn_ok;
    __u8 wscale_ok;
    __u8 sack_ok;
    __u8 tstamp_ok;
    __u8 usec_ts_ok;
    __u8 reserved[3];
};

struct sock {
    int empty;
} __attribute__((preserve_access_index));

extern void *bpf_cast_to_kern_ctx(void *context) __ksym;
extern int bpf_sk_assign_tcp_reqsk(struct __sk_buff *skb, struct sock *sk,
                                   struct bpf_tcp_req_attrs *attrs, int attrs__sz) __ksym;

/* Off in tests that run the programs on packets without a network: connections are not created. */
const volatile bool understudy_assigns = true;

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct understudy_config);
} understudy_config SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, UNDERSTUDY_FLOWS_MAX);
    __type(key, struct ft_flow_key);
    __type(value, struct ft_flow);
} understudy_flows SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, UNDERSTUDY_SYNS_MAX);
    __type(key, struct ft_flow_key);
    __type(value, struct understudy_syn);
} understudy_syns SEC(".maps");

/* Who was last about to create a connection, by a hash of it: the connection and the time (claims()). */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, UNDERSTUDY_CLAIMS);
    __type(key, __u32);
    __type(value, __u64);
} understudy_claims SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, FT_REASONS);
    __type(key, __u32);
    __type(value, __u64);
} understudy_reasons SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct understudy_work);
} understudy_work SEC(".maps");

FT_INLINE void count(__u32 reason)
{
    __u64 *counter = bpf_map_lookup_elem(&understudy_reasons, &reason);
    if (counter != NULL)
        (*counter)++;
}

/* --- sockets --------------------------------------------------------------------------------------------------- */

FT_INLINE void socket_tuple(const struct ft_segment *segment, struct bpf_sock_tuple *tuple)
{
    tuple->ipv4.saddr = bpf_htonl(segment->source_ip);
    tuple->ipv4.daddr = bpf_htonl(segment->destination_ip);
    tuple->ipv4.sport = bpf_htons(segment->source_port);
    tuple->ipv4.dport = bpf_htons(segment->destination_port);
}

/* The state of what TCP has there, be it the listener; 0: nothing. */
FT_INLINE __u32 socket_state(struct __sk_buff *skb, const struct ft_segment *segment)
{
    struct bpf_sock_tuple tuple = {};
    socket_tuple(segment, &tuple);
    struct bpf_sock *socket =
        bpf_skc_lookup_tcp(skb, &tuple, sizeof tuple.ipv4, BPF_F_CURRENT_NETNS, 0);
    if (socket == NULL)
        return 0;
    __u32 state = socket->state;
    bpf_sk_release(socket);
    return state;
}

FT_INLINE bool is_connection(__u32 state)
{
    return state != 0 && state != SOCKET_LISTEN && state != SOCKET_TIME_WAIT;
}

FT_INLINE bool has_socket(struct __sk_buff *skb, const struct ft_segment *segment)
{
    return is_connection(socket_state(skb, segment));
}

/* Has the kernel's TCP create the connection when this packet reaches it. */
FT_INLINE bool assign(struct __sk_buff *skb, const struct ft_segment *segment,
                      const struct ft_assign *what)
{
    bool scaled = what->client_scale != FT_NO_SCALE;
    struct bpf_tcp_req_attrs attrs = {
        .mss = what->mss,
        .wscale_ok = scaled,
        .snd_wscale = scaled ? what->client_scale : 0,
        .rcv_wscale = scaled ? what->own_scale : 0,
        .sack_ok = what->sack,
    };
    struct bpf_sock_tuple tuple = {};
    int error = -1;
    socket_tuple(segment, &tuple);
    tuple.ipv4.saddr = 0; /* no client: the listener, whatever else there is */
    tuple.ipv4.sport = 0;
    struct bpf_sock *listener =
        bpf_skc_lookup_tcp(skb, &tuple, sizeof tuple.ipv4, BPF_F_CURRENT_NETNS, 0);
    if (listener == NULL)
        return false;
    struct sock *socket = (struct sock *)bpf_skc_to_tcp_sock(listener);
    if (socket != NULL)
        error = bpf_sk_assign_tcp_reqsk(skb, socket, &attrs, sizeof attrs);
    bpf_sk_release(listener);
    return error == 0;
}

/* --- packets --------------------------------------------------------------------------------------------------- */

/* Reads and parses the header; false: nothing for us. */
FT_INLINE bool read(struct __sk_buff *skb, struct understudy_work *work)
{
    enum ft_reason why = FT_REASON_TRUNCATED;
    struct sk_buff *kernel = bpf_cast_to_kern_ctx(skb);
    bool partial = BPF_CORE_READ_BITFIELD(kernel, ip_summed) == CHECKSUM_PARTIAL;
    __u32 length = skb->len - UNDERSTUDY_ETHERNET_BYTES;
    __u32 size = length < FT_HEADER_MAX ? length : FT_HEADER_MAX;
    FT_KEEP(size);
    if (size < FT_IP_BYTES || size > FT_HEADER_MAX ||
        bpf_skb_load_bytes(skb, UNDERSTUDY_ETHERNET_BYTES, work->bytes, size) != 0 ||
        !ft_segment_parse(&work->segment, work->bytes, size, length, partial, &why)) {
        count(why);
        return false;
    }
    return true;
}

/* Starts a packet from the one that came. */
FT_INLINE void make(struct understudy_work *work)
{
    __builtin_memcpy(work->made, work->bytes, sizeof work->made);
    work->made_segment = work->segment;
}

/* Replaces the packet by the header that was made. */
FT_INLINE int replace(struct __sk_buff *skb, struct understudy_work *work)
{
    __u32 length = work->made_length;
    FT_KEEP(length);
    if (length < FT_HEADER_MIN || length > FT_HEADER_MAX)
        return -1;
    int error = bpf_skb_change_tail(skb, UNDERSTUDY_ETHERNET_BYTES + length, 0);
    if (error == 0)
        error = bpf_skb_store_bytes(skb, UNDERSTUDY_ETHERNET_BYTES, work->made, length, 0);
    return error;
}

/* Sends a copy of the packet, as it is now, to the peer. */
FT_INLINE void send_peer(struct __sk_buff *skb, const struct understudy_config *config)
{
    __u8 macs[12], saved[12];
    __u32 mark = skb->mark;
    __builtin_memcpy(macs, config->peer_mac, 6);
    __builtin_memcpy(macs + 6, config->own_mac, 6);
    if (bpf_skb_load_bytes(skb, 0, saved, sizeof saved) != 0 ||
        bpf_skb_store_bytes(skb, 0, macs, sizeof macs, 0) != 0)
        return;
    skb->mark = UNDERSTUDY_MARK;
    bpf_clone_redirect(skb, config->peer_ifindex, 0);
    skb->mark = mark;
    bpf_skb_store_bytes(skb, 0, saved, sizeof saved, 0);
}

/* Output turns round: the link layer's addresses as well, or it would not be taken for ours. */
FT_INLINE int to_own_tcp(struct __sk_buff *skb)
{
    __u8 macs[12], turned[12];
    if (bpf_skb_load_bytes(skb, 0, macs, sizeof macs) != 0)
        return TC_ACT_STOLEN;
    __builtin_memcpy(turned, macs + 6, 6);
    __builtin_memcpy(turned + 6, macs, 6);
    bpf_skb_store_bytes(skb, 0, turned, sizeof turned, 0);
    skb->mark = UNDERSTUDY_MARK;
    return (int)bpf_redirect(skb->ifindex, BPF_F_INGRESS);
}

FT_INLINE int to_client(struct __sk_buff *skb, const struct understudy_config *config)
{
    skb->mark = UNDERSTUDY_MARK;
    return (int)bpf_redirect_neigh(config->service_ifindex, NULL, 0, 0);
}

/* The segment that created the connection may still be on its way through another processor. To the listener, where data would now
 * go, it says nothing: the client would have to send it again, 200 ms later. So it goes behind what waits for this
 * processor, and is looked at again. */
FT_INLINE int put_back(struct __sk_buff *skb, __u32 times)
{
    skb->mark = UNDERSTUDY_EARLY + times + 1;
    return (int)bpf_redirect(skb->ifindex, BPF_F_INGRESS);
}

/* There may never be a connection: a listener, or nobody in its place, would reset the client, which will send this again. What is left
 * of an earlier one must see it, though, and will be cleared away for that (ft_path_replaced()). */
FT_INLINE int put_back_again(struct __sk_buff *skb)
{
    __u32 times = skb->mark - UNDERSTUDY_EARLY;
    struct understudy_work *work;
    __u32 zero = 0;
    skb->mark = 0;
    work = bpf_map_lookup_elem(&understudy_work, &zero);
    if (work == NULL || !read(skb, work))
        return TC_ACT_OK;
    __u32 state = socket_state(skb, &work->segment);
    if (is_connection(state))
        return TC_ACT_OK;
    if (times < UNDERSTUDY_EARLY_MAX)
        return put_back(skb, times);
    return state == SOCKET_TIME_WAIT ? TC_ACT_OK : TC_ACT_STOLEN;
}

/* --- verdicts -------------------------------------------------------------------------------------------------- */

/* The end of a handshake and the data behind it may be here at once, on two processors. TCP throws away the second segment that is to
 * create a connection, data and all. So only one of them may: whoever puts it down first. False: another one has, just now. */
FT_INLINE bool claims(const struct understudy_work *work)
{
    const struct ft_segment *segment = &work->segment;
    __u64 ends = (__u64)segment->source_ip << 16 | segment->source_port;
    __u64 who = ends * 0x9e3779b97f4a7c15 ^ work->verdict.assign.client_isn * 0xbf58476d1ce4e5b9;
    __u64 mine = who << 16 | (__u16)(work->host.now_ns >> UNDERSTUDY_CLAIM_SHIFT);
    __u32 slot = (__u32)(who >> 32) % UNDERSTUDY_CLAIMS;
    __u64 *claim = bpf_map_lookup_elem(&understudy_claims, &slot);
    if (claim == NULL)
        return true;
    __u64 before = __sync_lock_test_and_set(claim, mine);
    return before >> 16 != mine >> 16 || (__u16)(mine - before) > 1;
}

FT_INLINE int pass(struct __sk_buff *skb, struct understudy_work *work)
{
    const struct ft_path_edit *edit = &work->verdict.edit;
    if (edit->seq == work->segment.seq && edit->ack == work->segment.ack &&
        edit->window == work->segment.window && edit->flags == work->segment.flags)
        return TC_ACT_OK;
    make(work);
    ft_path_pass(&work->made_segment, work->made, &work->verdict);
    bpf_skb_store_bytes(skb, UNDERSTUDY_ETHERNET_BYTES + FT_IP_BYTES, work->made + FT_IP_BYTES,
                        FT_TCP_BYTES, 0);
    return TC_ACT_OK;
}

FT_INLINE bool begin(struct __sk_buff *skb, const struct ft_flow_key *key,
                     struct understudy_work *work)
{
    ft_path_open(&work->host, &work->segment, &work->verdict, &work->flow);
    if (bpf_map_update_elem(&understudy_flows, key, &work->flow, BPF_ANY) != 0) {
        count(FT_REASON_TABLE_FULL);
        return false;
    }
    if (!understudy_assigns || assign(skb, &work->segment, &work->verdict.assign))
        return true;
    bpf_map_delete_elem(&understudy_flows, key); /* the client tries again */
    return false;
}

FT_INLINE void remember_syn(const struct ft_flow_key *key, struct understudy_work *work)
{
    work->syn.at_ns = work->host.now_ns;
    work->syn.size = FT_IP_BYTES + work->segment.tcp_bytes;
    __builtin_memcpy(work->syn.bytes, work->bytes, sizeof work->syn.bytes);
    bpf_map_update_elem(&understudy_syns, key, &work->syn, BPF_ANY);
}

FT_INLINE int ingress_act(struct __sk_buff *skb, const struct understudy_config *config,
                          const struct ft_flow_key *key, struct understudy_work *work)
{
    __u32 actions = work->verdict.actions;
    if ((actions & FT_ASSIGN) != 0) {
        if (!begin(skb, key, work))
            return TC_ACT_STOLEN;
        bpf_map_delete_elem(&understudy_syns, key); /* another answer would have another number */
    }
    if ((actions & FT_FORGET) != 0)
        bpf_map_delete_elem(&understudy_flows, key);
    if (ft_path_syn_waits(&work->segment, &work->verdict))
        remember_syn(key, work);
    if ((actions & FT_COPY) != 0)
        send_peer(skb, config);
    if ((actions & FT_CLEAR) != 0) {
        make(work);
        work->made_length = ft_path_clear(&work->made_segment, work->made, &work->verdict);
        if (replace(skb, work) != 0)
            return TC_ACT_STOLEN;
        if ((actions & FT_ANSWER) == 0)
            return TC_ACT_OK;
        skb->mark = UNDERSTUDY_MARK;
        bpf_clone_redirect(skb, skb->ifindex, BPF_F_INGRESS);
    }
    if ((actions & (FT_ANSWER | FT_FORWARD)) != 0) {
        make(work);
        if ((actions & FT_ANSWER) != 0)
            work->made_length =
                ft_path_answer(&work->made_segment, work->made, &work->host, &work->verdict);
        else
            work->made_length = ft_path_forward(&work->made_segment, work->made, &work->verdict);
        return replace(skb, work) == 0 ? to_client(skb, config) : TC_ACT_STOLEN;
    }
    return (actions & FT_PASS) != 0 ? pass(skb, work) : TC_ACT_STOLEN;
}

FT_INLINE int egress_act(struct __sk_buff *skb, const struct understudy_config *config,
                         struct understudy_work *work)
{
    __u32 actions = work->verdict.actions;
    if ((actions & FT_REPORT) != 0) {
        make(work);
        work->made_length =
            ft_path_report(&work->made_segment, work->made, &work->host, &work->verdict);
        if (replace(skb, work) == 0)
            send_peer(skb, config);
    }
    if ((actions & FT_LOCAL_ACK) != 0) {
        make(work);
        work->made_length = ft_path_local_ack(&work->made_segment, work->made, &work->verdict);
        return replace(skb, work) == 0 ? to_own_tcp(skb) : TC_ACT_STOLEN;
    }
    return (actions & FT_PASS) != 0 ? pass(skb, work) : TC_ACT_STOLEN;
}

/* --- programs -------------------------------------------------------------------------------------------------- */

/* From the peer, on the way to it: a report, a copy or a detour. */
FT_INLINE bool from_peer(struct __sk_buff *skb, const struct understudy_config *config)
{
    __u8 source[6];
    if (skb->ifindex != config->peer_ifindex ||
        bpf_skb_load_bytes(skb, 6, source, sizeof source) != 0)
        return false;
    __u32 differ = 0;
    for (int i = 0; i < 6; i++)
        differ |= source[i] ^ config->peer_mac[i];
    return differ == 0;
}

FT_INLINE int decide(struct __sk_buff *skb, bool ingress)
{
    __u32 zero = 0;
    struct ft_flow_key key;
    const struct understudy_config *config = bpf_map_lookup_elem(&understudy_config, &zero);
    struct understudy_work *work = bpf_map_lookup_elem(&understudy_work, &zero);
    if (config == NULL || work == NULL || skb->protocol != bpf_htons(ETHERTYPE_IPV4) ||
        !read(skb, work))
        return TC_ACT_OK;
    work->host = config->host;
    enum ft_path_direction direction = ft_path_match(&work->host, &work->segment);
    if (direction == FT_PATH_ELSEWHERE || (!ingress && direction != FT_PATH_FROM_SERVICE)) {
        count(FT_REASON_NOT_OURS);
        return TC_ACT_OK;
    }
    bool early = false, second = false;
    work->host.now_ns = (int64_t)bpf_ktime_get_boot_ns();
    ft_path_key(&work->segment, direction, &key);
    struct ft_flow *flow = bpf_map_lookup_elem(&understudy_flows, &key);
    if (ingress) {
        bool peer = from_peer(skb, config), report = peer && direction == FT_PATH_FROM_SERVICE;
        bool socket = !report && ft_path_needs_socket(flow) && has_socket(skb, &work->segment);
        ft_path_ingress(&work->host, &work->segment, flow, peer, socket, &work->verdict);
        early = flow != NULL && !flow->alive && !socket && work->segment.payload > 0;
    } else {
        ft_path_egress(&work->host, &work->segment, flow, &work->verdict);
    }
    count(work->verdict.reason);
    if (!ingress)
        return egress_act(skb, config, work);
    if ((work->verdict.actions & FT_ASSIGN) != 0 && understudy_assigns && !claims(work)) {
        work->verdict.actions &= ~(__u32)FT_ASSIGN;
        second = true;
    }
    int action = ingress_act(skb, config, &key, work);
    bool waits = (early || second) && action == TC_ACT_OK &&
                 (work->verdict.actions & FT_ASSIGN) == 0 && understudy_assigns;
    return waits ? put_back(skb, 0) : action;
}

FT_INLINE bool made_by_us(struct __sk_buff *skb)
{
    if (skb->mark != UNDERSTUDY_MARK)
        return false;
    skb->mark = 0;
    return true;
}

SEC("tc")
int understudy_ingress(struct __sk_buff *skb)
{
    if (skb->mark - UNDERSTUDY_EARLY <= UNDERSTUDY_EARLY_MAX)
        return put_back_again(skb);
    return made_by_us(skb) ? TC_ACT_OK : decide(skb, true);
}

SEC("tc")
int understudy_egress(struct __sk_buff *skb)
{
    return made_by_us(skb) ? TC_ACT_OK : decide(skb, false);
}

char understudy_license[] SEC("license") = "Dual BSD/GPL";
