/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_control - any bytes as heartbeats and requests to join, at any time, to a host in any role.
 *
 * The first byte says what the host is. Then steps follow, each behind a byte: time passes, a message of 64 bytes comes (most are
 * sealed with the right key, some echo what the host has just sent, as only a peer could), the log is stuck, the server is
 * ill. What a group may never do is checked after each.
 */
#include "tests/fuzz/fuzz.h"

#include "core/ft_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 64, MAC_AT = 56, SELF = 1, PEER = 0 };
enum { TIME = 1, FORGED = 2, PROVEN = 4, STUCK = 8, ILL = 16, SHORT = 32 };
#define MS 1000000LL

static const struct ft_key KEY = {.word = {7, 11}};

static struct ft_group group;
static int64_t now_ns;

static void insist(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void put64(uint8_t *bytes, uint64_t value)
{
    ft_put32(bytes, (uint32_t)(value >> 32));
    ft_put32(bytes + 4, (uint32_t)value);
}

/* As ft_control.h lays it out; an echo of our last heartbeat is what proves that a peer lives. */
static void seal(uint8_t bytes[FT_CONTROL_BYTES], bool proven)
{
    uint64_t words[MAC_AT / 8];
    bytes[0] = 0x55;
    bytes[1] = 0x48;
    bytes[3] = PEER;
    if (proven) {
        put64(bytes + 40, group.settings.incarnation);
        put64(bytes + 48, (uint64_t)group.sent_ns);
    }
    for (unsigned i = 0; i < MAC_AT / 8; i++)
        words[i] = (uint64_t)ft_get32(bytes + 8 * i) << 32 | ft_get32(bytes + 8 * i + 4);
    put64(bytes + MAC_AT, ft_siphash(&KEY, words, MAC_AT / 8));
}

static void check_actions(const struct ft_group_action *actions, unsigned count)
{
    insist(count <= FT_GROUP_ACTIONS_MAX, "more actions than there is room for");
    for (unsigned i = 0; i < count; i++) {
        struct ft_control message;
        if (actions[i].kind != FT_GROUP_SEND)
            continue;
        /* Behind the last view that a peer may name there is one more to answer it with, which is the end of the pair. */
        enum ft_control_error error =
            ft_control_read(actions[i].bytes, FT_CONTROL_BYTES, &KEY, &message);
        insist(error == FT_CONTROL_OK || error == FT_CONTROL_VIEW,
               "a heartbeat that nobody could read");
    }
}

static uint64_t refusals(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < FT_CONTROL_ERRORS; i++)
        sum += group.refused[i];
    return sum;
}

static void take_message(const uint8_t *data, size_t size, unsigned what)
{
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    uint8_t bytes[FT_CONTROL_BYTES] = {0};
    memcpy(bytes, data, size);
    if ((what & FORGED) == 0)
        seal(bytes, (what & PROVEN) != 0);
    uint8_t *exact = malloc(FT_CONTROL_BYTES);
    struct ft_group before = group;
    size_t length = (what & SHORT) != 0 ? size : FT_CONTROL_BYTES;
    if (exact == NULL)
        abort();
    memcpy(exact, bytes, FT_CONTROL_BYTES);
    unsigned count = ft_group_input(&group, now_ns, exact, length, actions);
    free(exact);
    check_actions(actions, count);
    if (group.refused[FT_CONTROL_MAC] + group.refused[FT_CONTROL_SIZE] ==
        before.refused[FT_CONTROL_MAC] + before.refused[FT_CONTROL_SIZE]) {
        insist((what & FORGED) == 0, "a forged message was not counted");
        return;
    }
    memcpy(before.refused, group.refused, sizeof before.refused);
    insist(memcmp(&before, &group, sizeof group) == 0, "what was refused has changed something");
}

static void step(const uint8_t *data, size_t size, unsigned what)
{
    struct ft_group_action actions[FT_GROUP_ACTIONS_MAX];
    uint64_t view = group.view;
    enum ft_role role = group.role;
    uint64_t refused = refusals();
    if ((what & TIME) != 0)
        now_ns += (what >> 1) * MS / 2;
    else if ((what & STUCK) != 0)
        check_actions(actions, ft_group_log_stuck(&group, now_ns, actions));
    else if ((what & ILL) != 0)
        ft_group_set_healthy(&group, (what & PROVEN) != 0);
    else
        take_message(data, size, what);
    check_actions(actions, 0);
    unsigned count = ft_group_tick(&group, now_ns, actions);
    check_actions(actions, count);
    insist(group.view >= view, "a view was taken back");
    insist(group.role == role || group.view != view, "two roles in one view");
    insist(role != FT_ROLE_OUT || group.role != FT_ROLE_PRIMARY, "from nothing to primary");
    insist(refusals() >= refused, "a refusal was forgotten");
    bool speaks = ft_group_speak_until_ns(&group) > now_ns;
    insist(!speaks || group.role == FT_ROLE_PRIMARY || group.role == FT_ROLE_SOLO,
           "one speaks who must not");
}

static void begin(unsigned what)
{
    static const enum ft_role roles[] = {FT_ROLE_OUT, FT_ROLE_PRIMARY, FT_ROLE_BACKUP,
                                         FT_ROLE_SOLO};
    struct ft_group_settings settings = {.heartbeat_ns = 5 * MS,
                                         .timeout_ns = 50 * MS,
                                         .lease_ns = 40 * MS,
                                         .log_policy =
                                             (what & 4) != 0 ? FT_LOG_CUT_STOP : FT_LOG_CUT_SIMPLEX,
                                         .self = SELF,
                                         .peer = PEER,
                                         .incarnation = 99,
                                         .key = KEY,
                                         .networks = 1 + (what >> 3 & 1)};
    now_ns = 1000 * MS;
    enum ft_role role = roles[what & 3];
    ft_group_init(&group, &settings, now_ns, role, role == FT_ROLE_OUT ? 0 : 256);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    begin(data[0]);
    data++;
    size--;
    for (unsigned i = 0; i < STEPS_MAX && size > 0; i++) {
        unsigned what = data[0];
        bool message = (what & (TIME | STUCK | ILL)) == 0;
        size_t left = size - 1, part = message ? (left < MAC_AT ? left : MAC_AT) : 0;
        step(data + 1, part, what);
        data += 1 + part;
        size -= 1 + part;
    }
    return 0;
}
