/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * names - tables by value.
 */
#include "models/view/names.h"

#include "core/ft_path_verdict.h"
#include "models/tcp/tcp.h"
#include "models/web/exchange.h"

#include <inttypes.h>
#include <stdio.h>

const char *const view_outcome_names[] = {
    [OUTCOME_PENDING] = "pending", [OUTCOME_RIGHT] = "right",
    [OUTCOME_LOST] = "lost",       [OUTCOME_CUT] = "cut",
    [OUTCOME_MIXED] = "mixed",     [OUTCOME_DUPLICATED] = "duplicated",
    [OUTCOME_LATE] = "late",       [OUTCOME_ABANDONED] = "abandoned",
};
_Static_assert(sizeof view_outcome_names / sizeof *view_outcome_names == OUTCOMES, "one each");

const char *const view_role_names[] = {
    [FT_ROLE_OUT] = "out",
    [FT_ROLE_PRIMARY] = "primary",
    [FT_ROLE_BACKUP] = "backup",
    [FT_ROLE_SOLO] = "alone",
};

const char *const view_reason_names[] = {
    [TCP_CLOSED] = "closed",
    [TCP_RESET] = "reset",
    [TCP_TIMED_OUT] = "timed_out",
    [TCP_REFUSED] = "refused",
};

const char *view_fault_text(const struct fault *fault, char *text, size_t room)
{
    const struct {
        const char *name;
        int target;
    } kinds[] = {
        {"crash", fault->crash}, {"kill", fault->kill}, {"restart", fault->restart},
        {"pause", fault->pause}, {"cut", fault->cut},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].target == TARGET_NONE)
            continue;
        snprintf(text, room, "%s %s", kinds[i].name, fault_target_names[kinds[i].target]);
        return text;
    }
    if (fault->fate != FATE_NONE)
        snprintf(text, room, "packet %" PRId64 " %s", fault->packet, fault_fate_names[fault->fate]);
    else
        snprintf(text, room, "loss %g on %s", fault->loss, fault_target_names[fault->on]);
    return text;
}

const char *view_action_text(uint64_t actions, char *text, size_t room)
{
    static const struct {
        enum ft_action action;
        const char *name;
    } names[] = {
        {FT_PASS, "PASS"},     {FT_COPY, "COPY"},           {FT_ANSWER, "ANSWER"},
        {FT_ASSIGN, "ASSIGN"}, {FT_REPORT, "REPORT"},       {FT_FORWARD, "FORWARD"},
        {FT_CLEAR, "CLEAR"},   {FT_LOCAL_ACK, "LOCAL_ACK"}, {FT_FORGET, "FORGET"},
    };
    size_t used = (size_t)snprintf(text, room, "%s", actions == FT_DROP ? "DROP" : "");
    for (size_t i = 0; i < sizeof names / sizeof *names && used < room; i++) {
        if (actions & names[i].action)
            used +=
                (size_t)snprintf(text + used, room - used, "%s%s", used ? " " : "", names[i].name);
    }
    return text;
}

const char *view_duration_text(int64_t duration_ns, char *text, size_t room)
{
    static const struct {
        const char *unit;
        double ns;
    } units[] = {{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}};
    unsigned i = 0;
    while (i < 3 && (double)duration_ns < units[i].ns)
        i++;
    snprintf(text, room, "%.4g %s", (double)duration_ns / units[i].ns, units[i].unit);
    return text;
}
