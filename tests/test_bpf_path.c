/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_bpf_path - the kernel's verifier takes the TC programs, and they decide and edit exactly as the native build does.
 *
 * Random packets, plausible and mangled, run through BPF_PROG_TEST_RUN and through core/ft_path; verdict, return code, frame,
 * flow entry and counters are compared after each. In a network namespace of its own: no socket exists there and nothing
 * gets out. Needs root and BTF, else SKIP. The object comes from `make` (or $UNDERSTUDY_BPF).
 *
 * Not covered: partial checksums, creation of connections in the kernel, redirection: the testbed has them.
 */
#include "core/ft_reason_name.h"
#include "module/bpf/understudy_bpf.h"
#include "tests/suite.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

enum { PACKETS = 60000, FRAME_MAX = 400, CLIENTS = 4, PROCESSORS_MAX = 256 };
enum { ACT_OK = 0, ACT_STOLEN = 4, ACT_REDIRECT = 7, LOOPBACK = 1 };
enum { SERVICE_IP = 0x0a000064, SERVICE_PORT = 80, CLIENT_IP = 0x0a000001, CLIENT_PORT = 40000 };
enum { VIEW = 3, COUNTER = 9 };

static const uint8_t OWN_MAC[6] = {2, 0, 0, 0, 0, 1}, PEER_MAC[6] = {2, 0, 0, 0, 0, 2},
                     CLIENT_MAC[6] = {2, 0, 0, 0, 0, 3};

struct frame {
    uint8_t bytes[FRAME_MAX];
    uint32_t size;
};

/* The native side. */
struct entry {
    struct ft_flow_key key;
    struct ft_flow flow;
    bool used;
};

static struct understudy_config config;
static struct entry entries[CLIENTS + 64];
static uint64_t counts[FT_REASONS];
static struct ft_verdict verdict;
static uint32_t server_isns[CLIENTS], client_isns[CLIENTS];
static uint32_t state;

/* The kernel's side. */
static struct bpf_object *object;
static int ingress_program, egress_program, config_map, flow_map, reason_map, work_map;

static uint32_t next(void)
{
    state = state * 1664525 + 1013904223;
    return state ^ state >> 15;
}

static uint32_t below(uint32_t limit)
{
    return (next() >> 8) % limit;
}

/* --- the native shell: what module/bpf/understudy.bpf.c does ------------------------------------------------------ */

static struct entry *find(const struct ft_flow_key *key, bool make)
{
    struct entry *unused = NULL;
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        struct entry *entry = &entries[i];
        if (entry->used && memcmp(&entry->key, key, sizeof *key) == 0)
            return entry;
        if (!entry->used && unused == NULL)
            unused = entry;
    }
    if (!make)
        return NULL;
    ck_assert_ptr_nonnull(unused);
    unused->used = true;
    unused->key = *key;
    return unused;
}

static void put_header(struct frame *frame, const uint8_t *bytes, uint32_t length)
{
    memcpy(frame->bytes + 14, bytes, length);
    frame->size = 14 + length;
}

static void turn_macs(struct frame *frame)
{
    uint8_t macs[12];
    memcpy(macs, frame->bytes, 12);
    memcpy(frame->bytes, macs + 6, 6);
    memcpy(frame->bytes + 6, macs, 6);
}

static int act(struct frame *frame, const struct ft_segment *parsed, const uint8_t *header,
               const struct ft_path_host *host)
{
    struct ft_segment segment = *parsed;
    uint8_t bytes[FT_HEADER_MAX];
    uint32_t actions = verdict.actions, length;
    memcpy(bytes, header, sizeof bytes);
    if ((actions & FT_REPORT) != 0) {
        length = ft_path_report(&segment, bytes, host, &verdict);
        put_header(frame, bytes, length);
        segment = *parsed;
        memcpy(bytes, header, sizeof bytes);
    }
    if ((actions & FT_LOCAL_ACK) != 0) {
        length = ft_path_local_ack(&segment, bytes, &verdict);
        put_header(frame, bytes, length);
        turn_macs(frame);
        return ACT_REDIRECT;
    }
    if ((actions & (FT_ANSWER | FT_FORWARD)) != 0) {
        length = (actions & FT_ANSWER) != 0 ? ft_path_answer(&segment, bytes, host, &verdict)
                                            : ft_path_forward(&segment, bytes, &verdict);
        put_header(frame, bytes, length);
        return ACT_REDIRECT;
    }
    if ((actions & FT_CLEAR) != 0) {
        length = ft_path_clear(&segment, bytes, &verdict);
        put_header(frame, bytes, length);
        return ACT_OK;
    }
    if ((actions & FT_PASS) == 0)
        return ACT_STOLEN;
    ft_path_pass(&segment, bytes, &verdict);
    memcpy(frame->bytes + 14, bytes, FT_HEADER_MIN);
    return ACT_OK;
}

/* Judges the frame; changes it and the entries. `key`: whose entry to look at afterwards; false: nobody's. */
static bool judge(struct frame *frame, bool ingress, int64_t now_ns, struct ft_flow_key *key,
                  int *code)
{
    struct ft_path_host host = config.host;
    struct ft_segment segment;
    uint8_t bytes[FT_HEADER_MAX] = {0};
    uint32_t length = frame->size - 14;
    uint32_t size = length < FT_HEADER_MAX ? length : FT_HEADER_MAX;
    enum ft_reason why = FT_REASON_TRUNCATED;
    *code = ACT_OK;
    memcpy(bytes, frame->bytes + 14, size);
    memset(&segment, 0, sizeof segment);
    if (!ft_segment_parse(&segment, bytes, size, length, false, &why)) {
        counts[why]++;
        return false;
    }
    enum ft_path_direction direction = ft_path_match(&host, &segment);
    if (direction == FT_PATH_ELSEWHERE || (!ingress && direction == FT_PATH_TO_SERVICE)) {
        counts[FT_REASON_NOT_OURS]++;
        return false;
    }
    host.now_ns = now_ns;
    ft_path_key(&segment, direction, key);
    struct entry *entry = find(key, false);
    struct ft_flow *flow = entry != NULL ? &entry->flow : NULL;
    bool peer = memcmp(frame->bytes + 6, PEER_MAC, 6) == 0;
    if (ingress)
        ft_path_ingress(&host, &segment, flow, peer, false, &verdict);
    else
        ft_path_egress(&host, &segment, flow, &verdict);
    counts[verdict.reason]++;
    if ((verdict.actions & FT_ASSIGN) != 0)
        ft_path_open(&host, &segment, &verdict, &find(key, true)->flow);
    if ((verdict.actions & FT_FORGET) != 0 && entry != NULL)
        entry->used = false;
    *code = act(frame, &segment, bytes, &host);
    return true;
}

/* --- packets ------------------------------------------------------------------------------------------------------ */

static void seal(struct frame *frame)
{
    uint8_t *bytes = frame->bytes + 14;
    ft_put16(bytes + FT_AT_LENGTH, frame->size - 14);
    ft_put16(bytes + FT_AT_IP_CHECKSUM, ft_segment_ip_checksum(bytes));
    ft_put16(bytes + FT_AT_CHECKSUM, next());
}

/* Near something that the entry knows: where the mistakes would be. */
static uint32_t near(const uint32_t *values, uint32_t count)
{
    static const int32_t STEPS[] = {0, 0, 0, 1, -1, 100, 1460, -1460, 70000, 1 << 21, -(1 << 21)};
    uint32_t step = (uint32_t)STEPS[below(sizeof STEPS / sizeof STEPS[0])];
    return below(40) == 0 ? next() : values[below(count)] + step;
}

static void fill_numbers(uint8_t *bytes, unsigned client, bool to_service)
{
    struct ft_flow_key key = {.client_ip = CLIENT_IP,
                              .client_port = (uint16_t)(CLIENT_PORT + client)};
    struct entry *entry = find(&key, false);
    struct ft_flow *flow = entry != NULL ? &entry->flow : NULL;
    uint32_t theirs[5] = {client_isns[client] + 1}, ours[6] = {server_isns[client] + 1};
    uint32_t count = 1;
    if (flow != NULL) {
        memcpy(theirs + 1,
               (uint32_t[]){flow->own_acked, flow->reported_ack, flow->client_fin + 1,
                            flow->assign.client_isn + 1},
               16);
        memcpy(ours + 1,
               (uint32_t[]){flow->own_sent, flow->client_acked, flow->own_fin, flow->own_fin + 1,
                            flow->reported_fin},
               20);
        count = 5;
    }
    uint32_t their = near(theirs, count), our = near(ours, count);
    if (below(6) == 0) { /* the first segment */
        their = flow != NULL ? flow->assign.client_isn + 1 : theirs[0];
        our = flow != NULL ? flow->assign.server_isn + 1 : ours[0];
    }
    ft_put32(bytes + FT_AT_SEQ, to_service ? their : our);
    ft_put32(bytes + FT_AT_ACK, to_service ? our : their);
}

static void make_syn(uint8_t *bytes, unsigned client)
{
    struct ft_syn_options options = {
        .mss = below(8) == 0 ? (uint16_t)below(600) : 1460,
        .scale = below(4) == 0 ? FT_NO_SCALE : (uint8_t)below(16),
        .sack = below(2) == 0,
    };
    struct ft_isn_ends ends = {.client_ip = CLIENT_IP,
                               .service_ip = SERVICE_IP,
                               .client_port = (uint16_t)(CLIENT_PORT + client),
                               .service_port = SERVICE_PORT};
    struct ft_syn_options agreed = options;
    client_isns[client] = next();
    if (config.host.scale == FT_NO_SCALE)
        agreed.scale = FT_NO_SCALE;
    if (agreed.scale != FT_NO_SCALE && agreed.scale > FT_SCALE_MAX)
        agreed.scale = FT_SCALE_MAX;
    server_isns[client] = ft_isn_make(&config.host.key, &ends, VIEW + below(2), client_isns[client],
                                      COUNTER, &agreed);
    ft_segment_put_options(bytes, &options);
    bytes[FT_AT_FLAGS] = 0x80;
    bytes[FT_AT_FLAGS + 1] = FT_SYN;
    ft_put32(bytes + FT_AT_SEQ, client_isns[client]);
}

static void mangle(struct frame *frame)
{
    for (uint32_t flips = 1 + below(3); flips > 0; flips--)
        frame->bytes[14 + below(frame->size - 14)] ^= (uint8_t)(1U << below(8));
    if (below(2) == 0)
        ft_put16(frame->bytes + 24, ft_segment_ip_checksum(frame->bytes + 14));
    if (below(4) == 0)
        frame->size = 14 + FT_IP_BYTES + below(frame->size - 14 - FT_IP_BYTES);
}

/* What the frame says, as the peer would report it. */
static void prove(struct frame *frame, unsigned client)
{
    struct ft_flow_key key = {.client_ip = CLIENT_IP,
                              .client_port = (uint16_t)(CLIENT_PORT + client)};
    struct entry *entry = find(&key, false);
    struct ft_segment segment;
    enum ft_reason why;
    uint8_t bytes[FT_HEADER_MAX] = {0};
    uint32_t length = frame->size - 14;
    memcpy(bytes, frame->bytes + 14, length);
    if (entry == NULL || !ft_segment_parse(&segment, bytes, length, length, false, &why))
        return;
    ft_report_write(&config.host.key, &entry->flow.assign, &segment, bytes);
    frame->size = 14 + ft_segment_length(&segment);
    memcpy(frame->bytes + 14, bytes, frame->size - 14);
}

static void make_packet(struct frame *frame, bool ingress, bool report)
{
    static const uint8_t FLAGS[] = {FT_ACK,          FT_ACK,          FT_ACK | FT_PSH,
                                    FT_ACK | FT_FIN, FT_RST | FT_ACK, FT_RST,
                                    FT_SYN | FT_ACK, FT_FIN,          0xff};
    bool to_service = ingress && !report;
    unsigned client = below(CLIENTS);
    uint8_t *bytes = frame->bytes + 14;
    uint32_t options = below(3) == 0 ? below(11) * 4 : 0;
    uint32_t payload = report || below(2) == 0 ? 0 : 1 + below(200);
    for (unsigned i = 0; i < FRAME_MAX; i++)
        frame->bytes[i] = (uint8_t)(next() >> 8);
    memcpy(frame->bytes, OWN_MAC, 6);
    memcpy(frame->bytes + 6, report || below(2) == 0 ? PEER_MAC : CLIENT_MAC, 6);
    ft_put16(frame->bytes + 12, 0x0800);
    ft_put16(bytes, 0x4500);
    ft_put16(bytes + FT_AT_ID, below(8) == 0 ? VIEW + 1 : config.host.view);
    ft_put16(bytes + FT_AT_FRAGMENT, 0x4000);
    ft_put16(bytes + FT_AT_TTL, 0x4006);
    ft_put32(bytes + FT_AT_SOURCE_IP, to_service ? CLIENT_IP : SERVICE_IP);
    ft_put32(bytes + FT_AT_DESTINATION_IP, to_service ? SERVICE_IP : CLIENT_IP);
    ft_put16(bytes + (to_service ? FT_AT_SOURCE_PORT : FT_AT_DESTINATION_PORT),
             CLIENT_PORT + client);
    ft_put16(bytes + (to_service ? FT_AT_DESTINATION_PORT : FT_AT_SOURCE_PORT),
             below(50) == 0 ? 443 : SERVICE_PORT);
    bytes[FT_AT_FLAGS] = (uint8_t)((20 + options) << 2);
    bytes[FT_AT_FLAGS + 1] = FLAGS[below(below(2) == 0 ? 3 : sizeof FLAGS)];
    fill_numbers(bytes, client, to_service);
    frame->size = 14 + 40 + options + payload;
    if (to_service && below(5) == 0) {
        make_syn(bytes, client);
        frame->size = 14 + 52;
    }
    seal(frame);
    if (report && below(8) != 0)
        prove(frame, client);
    if (below(8) == 0)
        mangle(frame);
}

static void change_host(void)
{
    struct ft_path_host *host = &config.host;
    static const uint8_t ROLES[] = {FT_ROLE_PRIMARY, FT_ROLE_PRIMARY, FT_ROLE_BACKUP,
                                    FT_ROLE_BACKUP,  FT_ROLE_SOLO,    FT_ROLE_OUT};
    host->role = ROLES[below(sizeof ROLES)];
    host->view = below(6) == 0 ? VIEW + 1 : VIEW;
    host->old_view = below(2) == 0 ? 0 : VIEW;
    host->lease_until_ns = below(8) == 0 ? 0 : INT64_MAX;
    host->ack_gate = below(4) != 0;
    host->listening = below(8) != 0;
    host->peer_listening = below(8) != 0;
    host->table_full = below(16) == 0;
    host->counter = COUNTER + (below(8) == 0);
    host->scale = below(8) == 0 ? FT_NO_SCALE : 7;
}

/* --- comparison --------------------------------------------------------------------------------------------------- */

static void read_work(struct understudy_work *out)
{
    static struct understudy_work works[PROCESSORS_MAX];
    uint32_t zero = 0;
    ck_assert_int_eq(bpf_map_lookup_elem(work_map, &zero, works), 0);
    *out = works[sched_getcpu()];
}

static void compare_flow(const struct ft_flow_key *key)
{
    struct ft_flow kernel;
    struct entry *entry = find(key, false);
    int missing = bpf_map_lookup_elem(flow_map, key, &kernel);
    ck_assert_int_eq(missing != 0, entry == NULL);
    if (entry != NULL)
        ck_assert_mem_eq(&kernel, &entry->flow, sizeof kernel);
}

static void run_packet(void)
{
    static const uint32_t EDITS = FT_REPORT | FT_PASS;
    static struct understudy_work work;
    struct frame frame, in, result;
    struct ft_flow_key key;
    int code;
    bool ingress = below(2) == 0;
    make_packet(&frame, ingress, ingress && below(3) == 0);
    in = frame;
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = in.bytes, .data_size_in = in.size,
                .data_out = result.bytes, .data_size_out = FRAME_MAX, .repeat = 1);
    int error = bpf_prog_test_run_opts(ingress ? ingress_program : egress_program, &options);
    ck_assert_int_eq(error, 0);
    read_work(&work);
    bool judged = judge(&frame, ingress, work.host.now_ns, &key, &code);
    ck_assert_int_eq((int)options.retval, code);
    if (judged) {
        ck_assert_mem_eq(&work.verdict, &verdict, sizeof verdict);
        compare_flow(&key);
    }
    if (code != ACT_STOLEN || (verdict.actions & EDITS) != 0) {
        ck_assert_uint_eq(options.data_size_out, frame.size);
        ck_assert_mem_eq(result.bytes, frame.bytes, frame.size);
    }
}

/* As if TCP had shown no sign of the connection for long. */
static void age(void)
{
    struct entry *entry = &entries[below(CLIENTS)];
    if (!entry->used)
        return;
    entry->flow.opened_ns = 0;
    entry->flow.alive = 0;
    ck_assert_int_eq(bpf_map_update_elem(flow_map, &entry->key, &entry->flow, BPF_EXIST), 0);
}

static void compare_counts(void)
{
    for (uint32_t reason = 0; reason < FT_REASONS; reason++) {
        uint64_t values[PROCESSORS_MAX], sum = 0;
        ck_assert_int_eq(bpf_map_lookup_elem(reason_map, &reason, values), 0);
        for (int i = 0; i < libbpf_num_possible_cpus(); i++)
            sum += values[i];
        ck_assert_msg(sum == counts[reason], "%s", ft_reason_texts[reason].name);
    }
}

/* --- set-up ------------------------------------------------------------------------------------------------------- */

static int map_of(const char *name)
{
    return bpf_object__find_map_fd_by_name(object, name);
}

/* With room for so many connections. */
static void load(uint32_t flows)
{
    const char *path = getenv("UNDERSTUDY_BPF");
    object = bpf_object__open_file(path != NULL ? path : "build/bpf/understudy.bpf.o", NULL);
    ck_assert_msg(object != NULL, "no build/bpf/understudy.bpf.o: make builds it");
    struct bpf_map *constants = bpf_object__find_map_by_name(object, ".rodata");
    size_t size;
    const void *before = bpf_map__initial_value(constants, &size);
    ck_assert_uint_eq(size, 1); /* understudy_assigns alone */
    ck_assert_uint_eq(*(const uint8_t *)before, 1);
    ck_assert_int_eq(bpf_map__set_initial_value(constants, &(uint8_t){0}, 1), 0);
    struct bpf_map *map = bpf_object__find_map_by_name(object, "understudy_flows");
    ck_assert_int_eq(bpf_map__set_max_entries(map, flows), 0);
    ck_assert_msg(bpf_object__load(object) == 0, "the verifier refuses the programs");
    ingress_program =
        bpf_program__fd(bpf_object__find_program_by_name(object, "understudy_ingress"));
    egress_program = bpf_program__fd(bpf_object__find_program_by_name(object, "understudy_egress"));
    config_map = map_of("understudy_config");
    flow_map = map_of("understudy_flows");
    reason_map = map_of("understudy_reasons");
    work_map = map_of("understudy_work");
}

static void pin(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((unsigned)sched_getcpu(), &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    ck_assert_int_le(libbpf_num_possible_cpus(), PROCESSORS_MAX);
}

static bool can_run(void)
{
    return geteuid() == 0 && access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

static void init_config(void)
{
    config = (struct understudy_config){
        .host = {.key = {.word = {0x123456789, 0xabcdef}},
                 .view = VIEW,
                 .service_ip = SERVICE_IP,
                 .service_port = SERVICE_PORT,
                 .mss = 1460,
                 .window = 64240,
                 .sack = 1},
        .peer_ifindex = LOOPBACK,
        .service_ifindex = LOOPBACK,
    };
    memcpy(config.own_mac, OWN_MAC, 6);
    memcpy(config.peer_mac, PEER_MAC, 6);
}

START_TEST(the_programs_decide_as_the_native_build_does)
{
    uint32_t zero = 0;
    if (!can_run())
        SKIP("needs root and /sys/kernel/btf/vmlinux");
    if (unshare(CLONE_NEWNET) != 0)
        SKIP("no network namespaces");
    pin();
    load(UNDERSTUDY_FLOWS_MAX);
    init_config();
    state = 1;
    for (unsigned i = 0; i < PACKETS; i++) {
        if (i % 8 == 0) {
            change_host();
            ck_assert_int_eq(bpf_map_update_elem(config_map, &zero, &config, BPF_ANY), 0);
        }
        if (below(50) == 0)
            age();
        run_packet();
    }
    compare_counts();
    for (unsigned reason = 0; reason < FT_REASONS; reason++)
        ck_assert_msg(counts[reason] > 0 || reason == FT_REASON_TABLE_FULL, "never: %s",
                      ft_reason_texts[reason].name);
    bpf_object__close(object);
}
END_TEST

/* The client's segment that completes its handshake. */
static void make_first(struct frame *frame, uint16_t port)
{
    uint8_t *bytes = frame->bytes + 14;
    struct ft_isn_ends ends = {.client_ip = CLIENT_IP,
                               .service_ip = SERVICE_IP,
                               .client_port = port,
                               .service_port = SERVICE_PORT};
    struct ft_syn_options options = {.mss = 1460, .scale = 7, .sack = 1};
    *frame = (struct frame){.size = 14 + 40};
    memcpy(frame->bytes, OWN_MAC, 6);
    memcpy(frame->bytes + 6, CLIENT_MAC, 6);
    ft_put16(frame->bytes + 12, 0x0800);
    ft_put16(bytes, 0x4500);
    ft_put16(bytes + FT_AT_TTL, 0x4006);
    ft_put32(bytes + FT_AT_SOURCE_IP, CLIENT_IP);
    ft_put32(bytes + FT_AT_DESTINATION_IP, SERVICE_IP);
    ft_put16(bytes + FT_AT_SOURCE_PORT, port);
    ft_put16(bytes + FT_AT_DESTINATION_PORT, SERVICE_PORT);
    ft_put32(bytes + FT_AT_SEQ, 1001);
    ft_put32(bytes + FT_AT_ACK,
             1 + ft_isn_make(&config.host.key, &ends, VIEW, 1000, COUNTER, &options));
    ft_put16(bytes + FT_AT_FLAGS, 0x5010);
    seal(frame);
}

START_TEST(a_full_table_drops_the_connection_and_counts_it)
{
    enum { ROOM = 16, MORE = 5 };
    uint32_t zero = 0, full = FT_REASON_TABLE_FULL, taken = 0;
    uint64_t values[PROCESSORS_MAX];
    if (!can_run())
        SKIP("needs root and /sys/kernel/btf/vmlinux");
    if (unshare(CLONE_NEWNET) != 0)
        SKIP("no network namespaces");
    pin();
    load(ROOM);
    init_config();
    config.host.role = FT_ROLE_SOLO;
    config.host.lease_until_ns = INT64_MAX;
    config.host.counter = COUNTER;
    config.host.scale = 7;
    config.host.listening = 1;
    ck_assert_int_eq(bpf_map_update_elem(config_map, &zero, &config, BPF_ANY), 0);
    for (uint16_t i = 0; i < ROOM + MORE; i++) {
        struct frame frame, result;
        make_first(&frame, (uint16_t)(CLIENT_PORT + i));
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.bytes, .data_size_in = frame.size,
                    .data_out = result.bytes, .data_size_out = FRAME_MAX, .repeat = 1);
        ck_assert_int_eq(bpf_prog_test_run_opts(ingress_program, &options), 0);
        ck_assert_int_eq((int)options.retval, i < ROOM ? ACT_OK : ACT_STOLEN);
    }
    struct ft_flow_key key, *previous = NULL;
    for (; bpf_map_get_next_key(flow_map, previous, &key) == 0; previous = &key)
        taken++;
    ck_assert_uint_eq(taken, ROOM);
    ck_assert_int_eq(bpf_map_lookup_elem(reason_map, &full, values), 0);
    ck_assert_uint_eq(values[sched_getcpu()], MORE);
    bpf_object__close(object);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bpf_path");
    TCase *tcase = tcase_create("bpf_path");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, the_programs_decide_as_the_native_build_does);
    tcase_add_test(tcase, a_full_table_drops_the_connection_and_counts_it);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
