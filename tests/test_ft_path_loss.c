/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_path under loss and reordering: a client posts a request to two hosts, reads the reply and closes, while any
 * packet on any way (also copies and reports) may be lost or late, and one host may die at any moment.
 *
 * What must hold: the client is never told of a byte that a live host lacks, never sees a reset or an acknowledgement go
 * back, and the conversation always ends. The TCPs are as simple as can be: go-back-N, a fixed window, no congestion.
 */
#include "tests/path_world.h"

enum { CHANNEL_MAX = 512, TICKS_MAX = 60000, RTO = 40, FLIGHT = 6000, SEGMENT = 1000 };

enum place { AT_CLIENT, AT_SERVICE, AT_PRIMARY_COPY, AT_PRIMARY_REPORT, AT_BACKUP_DETOUR };

struct flying {
    struct wire wire;
    enum place to;
    uint32_t at; /* tick of arrival; 0: free */
};

/* A TCP; numbers are absolute. */
struct end {
    bool open, finish, peer_finished, must_ack;
    uint32_t una, nxt, sent, limit; /* limit: behind the last byte to send */
    uint32_t rcv, told;             /* told: highest acknowledgement it got */
    uint32_t timer;
};

static struct flying air[CHANNEL_MAX];
static struct end client, ends[2]; /* 0: primary's, 1: backup's */
static struct side *const SIDES[2] = {&primary, &backup};
static bool alive[2];
static uint32_t tick, loss, random_state, request_bytes, reply_bytes;

/* When a newcomer stands by, when the one that serves alone is its primary, when the client hears where the address is. */
static struct {
    uint32_t stands_by, paired, heard;
} join;

static uint32_t draw(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

static void launch(const struct wire *wire, enum place to)
{
    if (draw(100) < loss)
        return;
    for (size_t i = 0; i < CHANNEL_MAX; i++) {
        if (air[i].at != 0)
            continue;
        air[i] = (struct flying){.wire = *wire, .to = to, .at = tick + 1 + draw(4)};
        return;
    }
    ck_abort_msg("more packets in flight than expected");
}

/* --- TCPs --------------------------------------------------------------------------------------------------------- */

static void host_output(int which, struct wire wire);
static void host_receive(int which, const struct ft_segment *segment);

static void emit(struct end *end, uint8_t flags, uint32_t seq, uint32_t payload)
{
    bool from = end == &client;
    struct wire wire = packet(from, flags, seq, end->rcv, payload, WINDOW);
    end->must_ack = false;
    if (from)
        launch(&wire, AT_SERVICE);
    else
        host_output(end == &ends[1], wire);
}

static void push(struct end *end)
{
    while (end->open && end->nxt - end->una < FLIGHT) {
        uint32_t bytes = ft_seq_before(end->nxt, end->limit) ? end->limit - end->nxt : 0;
        bool fin = end->finish && end->nxt + bytes == end->limit && bytes <= SEGMENT;
        if (bytes > SEGMENT)
            bytes = SEGMENT;
        if (bytes == 0 && !fin)
            break;
        uint32_t seq = end->nxt;
        end->nxt += bytes + fin;
        end->sent = ft_seq_max(end->sent, end->nxt);
        if (end->timer == 0)
            end->timer = RTO;
        emit(end, (uint8_t)(FT_ACK | (fin ? FT_FIN : 0)), seq, bytes);
    }
}

static void end_receive(struct end *end, const struct ft_segment *segment)
{
    uint32_t after = ft_segment_end(segment);
    ck_assert_uint_eq(segment->flags & FT_RST, 0);
    if (!end->open || ft_seq_after(segment->ack, end->sent))
        return; /* as Linux does with an ACK of what was not sent */
    if (ft_seq_after(segment->ack, end->una)) {
        end->una = segment->ack;
        end->nxt = ft_seq_max(end->nxt, end->una);
        end->timer = end->una == end->sent ? 0 : RTO;
    }
    end->told = ft_seq_max(end->told, segment->ack);
    if (after == segment->seq)
        return;
    end->must_ack = true;
    if (ft_seq_after(segment->seq, end->rcv) || !ft_seq_after(after, end->rcv))
        return;
    end->rcv = after;
    if ((segment->flags & FT_FIN) != 0)
        end->peer_finished = true;
}

static void end_tick(struct end *end)
{
    if (!end->open)
        return;
    if (end->timer > 0 && --end->timer == 0)
        end->nxt = end->una;
    push(end);
    if (end->must_ack && draw(3) == 0) /* delayed by chance */
        emit(end, FT_ACK, end->nxt, 0);
}

/* --- hosts -------------------------------------------------------------------------------------------------------- */

static void create(int which)
{
    const struct ft_assign *assign = &SIDES[which]->flow.assign;
    uint32_t first = assign->server_isn + 1;
    if (ends[which].open)
        return;
    ends[which] = (struct end){.open = true,
                               .una = first,
                               .nxt = first,
                               .sent = first,
                               .limit = first,
                               .rcv = assign->client_isn + 1,
                               .told = first};
}

static void host_output(int which, struct wire wire)
{
    struct side *side = SIDES[which];
    struct ft_segment segment = parse(&wire);
    struct wire made = wire;
    uint32_t actions = out(side, wire);
    if ((actions & FT_REPORT) != 0) {
        made.length = ft_path_report(&segment, made.bytes, &side->host, &side->verdict);
        made.payload_sum = 0;
        if (alive[0])
            launch(&made, AT_PRIMARY_REPORT);
    }
    segment = parse(&wire);
    if ((actions & FT_LOCAL_ACK) != 0) {
        ft_path_local_ack(&segment, wire.bytes, &side->verdict);
        host_receive(which, &segment);
    } else if ((actions & FT_PASS) != 0) {
        ft_path_pass(&segment, wire.bytes, &side->verdict);
        launch(&wire, AT_CLIENT);
    }
}

/* To the host's TCP and, above it, the application: the whole request read, the whole reply written. */
static void host_receive(int which, const struct ft_segment *segment)
{
    struct end *end = &ends[which];
    end_receive(end, segment);
    if (end->open && !end->finish && end->rcv - (uint32_t)CLIENT_ISN - 1 >= request_bytes) {
        end->limit += reply_bytes;
        end->finish = true;
    }
}

static void host_input(int which, const struct wire *arrived, unsigned how)
{
    struct side *side = SIDES[which];
    struct wire wire = *arrived;
    struct ft_segment segment = parse(arrived);
    uint32_t actions = in(side, *arrived, how | (ends[which].open ? HAS_SOCKET : 0));
    if ((actions & FT_ASSIGN) != 0)
        create(which);
    if ((actions & FT_COPY) != 0)
        launch(arrived, which == 0 ? AT_BACKUP_DETOUR : AT_PRIMARY_COPY);
    if ((actions & (FT_ANSWER | FT_FORWARD)) != 0) {
        if ((actions & FT_ANSWER) != 0)
            wire.length = ft_path_answer(&segment, wire.bytes, &side->host, &side->verdict);
        else
            wire.length = ft_path_forward(&segment, wire.bytes, &side->verdict);
        launch(&wire, AT_CLIENT);
    } else if ((actions & FT_PASS) != 0) {
        ft_path_pass(&segment, wire.bytes, &side->verdict);
        host_receive(which, &segment);
    }
}

/* Both hosts of the view that a connection began in have to have it. */
static bool holds(int which)
{
    return which == 0 || !primary.known || primary.flow.assign.view == backup.host.view;
}

/* --- the client --------------------------------------------------------------------------------------------------- */

static void client_input(const struct wire *wire)
{
    struct ft_segment segment = parse(wire);
    if (!client.open && (segment.flags & FT_SYN) != 0) {
        uint32_t first = segment.ack;
        server_isn = segment.seq;
        client = (struct end){.open = true,
                              .una = first,
                              .nxt = first,
                              .sent = first,
                              .limit = first + request_bytes,
                              .rcv = server_isn + 1,
                              .told = first};
        emit(&client, FT_ACK, client.nxt, 0);
        return;
    }
    if (!client.open || (segment.flags & FT_SYN) != 0)
        return;
    ck_assert(!ft_seq_after(segment.ack, client.sent));
    for (int i = 0; i < 2; i++) /* P1: a live host has what the client was told of */
        ck_assert(!alive[i] || !holds(i) || !ft_seq_after(segment.ack, ends[i].rcv));
    end_receive(&client, &segment);
    if (client.peer_finished && !client.finish)
        client.finish = true;
}

static bool finished(void)
{
    return client.peer_finished && client.finish && client.told == client.limit + 1;
}

/* --- the run ------------------------------------------------------------------------------------------------------ */

static void die(int which)
{
    struct side *other = SIDES[1 - which];
    alive[which] = false;
    takeover(other);
    join.heard = 0;           /* it says that the address is here */
    if (ends[1 - which].open) /* what a takeover kicks */
        ends[1 - which].nxt = ends[1 - which].una;
}

static void deliver(struct flying *flying)
{
    struct wire wire = flying->wire;
    enum place to = flying->to;
    flying->at = 0;
    if (to == AT_CLIENT)
        client_input(&wire);
    else if (to == AT_SERVICE && alive[1] && tick >= join.heard)
        host_input(1, &wire, 0);
    else if (to == AT_SERVICE && alive[0])
        host_input(0, &wire, DIRECT);
    else if (to == AT_BACKUP_DETOUR && alive[1])
        host_input(1, &wire, FROM_PEER);
    else if ((to == AT_PRIMARY_COPY || to == AT_PRIMARY_REPORT) && alive[0])
        host_input(0, &wire, FROM_PEER);
}

static void step(void)
{
    for (size_t i = 0; i < CHANNEL_MAX; i++) {
        if (air[i].at == tick)
            deliver(&air[i]);
    }
    if (!client.open && tick % RTO == 1) {
        struct wire wire = syn(CLIENT_ISN, MSS);
        launch(&wire, AT_SERVICE);
    }
    end_tick(&client);
    for (int i = 0; i < 2; i++) {
        SIDES[i]->host.now_ns += 5000000;
        if (alive[i])
            end_tick(&ends[i]);
    }
}

static void begin(uint32_t seed)
{
    random_state = seed;
    loss = (seed % 4) * 7;
    request_bytes = 1 + draw(seed % 3 == 0 ? 20000 : 300);
    reply_bytes = 1 + draw(seed % 2 == 0 ? 30000 : 500);
    memset(air, 0, sizeof air);
    memset(ends, 0, sizeof ends);
    memset(&join, 0, sizeof join);
    client = (struct end){0};
    alive[0] = alive[1] = true;
    setup();
    primary.host.lease_until_ns = INT64_MAX;
}

static void end(uint32_t seed, int victim)
{
    ck_assert_msg(finished(), "seed %u, victim %d: still not finished", seed, victim);
    ck_assert_uint_eq(client.rcv, server_isn + 1 + reply_bytes + 1);
}

static void run(uint32_t seed, int victim)
{
    uint32_t death = 1 + (seed * 37) % 300;
    begin(seed);
    for (tick = 1; tick < TICKS_MAX && !finished(); tick++) {
        if (tick == death && victim >= 0)
            die(victim);
        step();
    }
    end(seed, victim);
}

/* The primary serves alone at first; a newcomer joins at any moment. Then the primary may die: that is survived by what began
 * in the new view, and the rest has no promise. */
static void run_join(uint32_t seed, bool dies)
{
    begin(seed);
    takeover(&primary);
    alive[1] = false;
    backup.host.role = FT_ROLE_OUT;
    join.stands_by = 1 + draw(seed % 2 == 0 ? 300 : 20);
    join.paired = join.stands_by + 1 + draw(30);
    join.heard = join.stands_by + 1 + draw(100);
    uint32_t death = join.paired + 1 + draw(200);
    for (tick = 1; tick < TICKS_MAX && !finished(); tick++) {
        bool is_protected = primary.known && primary.flow.assign.view == backup.host.view;
        if (backup.known && primary.known && !is_protected && alive[0])
            ck_abort_msg("seed %u: the newcomer has a connection that is not its own", seed);
        if (tick == join.stands_by) {
            alive[1] = true;
            ft_path_set_role(&backup.host, FT_ROLE_BACKUP, primary.host.view + 1);
        }
        if (tick == join.paired)
            ft_path_set_role(&primary.host, FT_ROLE_PRIMARY, backup.host.view);
        if (dies && tick == death) {
            if (!is_protected && (primary.known || client.open))
                return;
            die(0);
        }
        step();
    }
    end(seed, dies ? 0 : -1);
}

START_TEST(every_conversation_ends_and_no_acknowledged_byte_is_lost)
{
    for (uint32_t seed = 1; seed <= 60; seed++)
        run(seed + 1000 * (uint32_t)_i, _i % 3 - 1);
}
END_TEST

START_TEST(
    a_conversation_goes_on_whenever_a_newcomer_joins_and_is_protected_by_it_if_it_began_later)
{
    for (uint32_t seed = 1; seed <= 30; seed++)
        run_join(seed + 1000 * (uint32_t)_i, _i % 2 == 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ft_path_loss");
    TCase *tcase = tcase_create("loss");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, every_conversation_ends_and_no_acknowledged_byte_is_lost, 0, 6);
    tcase_add_loop_test(
        tcase,
        a_conversation_goes_on_whenever_a_newcomer_joins_and_is_protected_by_it_if_it_began_later,
        0, 6);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
