/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judge - the promises as far as they can be seen from outside, and the report.
 *
 * Clients know which execution each reply was of; the servers' journal knows all executions, and whether a request's body
 * was whole. So: P1, no executed request had a damaged body; P3, every request got one whole reply of one execution that
 * is in the journal; P4, once the execution whose reply arrived had been made, no server began another; P6, no connection was reset or
 * cut under a client; P7, every request ended in time; P8, no log held more than its limit whenever its host was asked. And on
 * the cables: P2, no reply left before the log had acknowledged it; P5, no two hosts spoke for the service in turn.
 */
#include "module/testbed/testbed_state.h"

#include "module/testbed/stamp.h"
#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void judged(struct observer *observer, const struct notice *notice)
{
    struct testbed *self = container_of(observer, struct testbed, judge);
    self->judged =
        grown(self->judged, self->judged_count, &self->judged_room, sizeof *self->judged);
    self->judged[self->judged_count++] = (struct judged){
        .request = notice->request->number,
        .opened_at_ns = notice->request->opened_at_ns,
        .nonce = notice->reply != NULL ? notice->reply->nonce : 0,
        .outcome = (uint8_t)notice->value,
    };
}

void testbed_judge_start(struct testbed *self)
{
    self->judge = (struct observer){.notice = judged, .kinds = 1u << NOTICE_REPLY_DONE};
    notice_subscribe(&self->notices, &self->judge);
}

/* --- the journal ------------------------------------------------------------------------------------------------- */

struct journal {
    struct stamp_execution *rows;
    size_t count;
};

static int by_request(const void *a, const void *b)
{
    const struct stamp_execution *x = a, *y = b;
    if (x->request != y->request)
        return x->request < y->request ? -1 : 1;
    return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

static struct journal read_journal(const struct testbed *self)
{
    struct journal journal = {0};
    off_t size = lseek(self->house.journal, 0, SEEK_END);
    journal.rows = malloc((size_t)size + 1);
    if (journal.rows == NULL || pread(self->house.journal, journal.rows, (size_t)size, 0) != size)
        abort();
    journal.count = (size_t)size / sizeof *journal.rows;
    qsort(journal.rows, journal.count, sizeof *journal.rows, by_request);
    return journal;
}

/* The executions of a request, oldest first. */
static struct journal executions_of(const struct journal *self, uint64_t request)
{
    size_t low = 0, high = self->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (self->rows[middle].request < request)
            low = middle + 1;
        else
            high = middle;
    }
    struct journal found = {.rows = self->rows + low};
    while (low + found.count < self->count && self->rows[low + found.count].request == request)
        found.count++;
    return found;
}

/* --- promises ---------------------------------------------------------------------------------------------------- */

static void check(struct verdict *self, bool ok, const char *what, uint64_t request)
{
    self->checks++;
    if (!ok && self->violations++ == 0)
        snprintf(self->first, sizeof self->first, "request %llu: %s", (unsigned long long)request,
                 what);
}

/* Lost with the only host that had its connection, which was opened before the other one was back: no promise was made. */
static bool is_exposed(const struct testbed *self, const struct watch *seen,
                       const struct judged *judged)
{
    return (judged->outcome == OUTCOME_CUT || judged->outcome == OUTCOME_LOST) &&
           self->wire.epoch_ns + judged->opened_at_ns < seen->exposed_before_ns;
}

static bool is_whole(const struct judged *judged)
{
    return judged->outcome == OUTCOME_RIGHT || judged->outcome == OUTCOME_LATE;
}

/* A server that sleeps in the middle of a request goes on with it when it wakes up, and nobody hears of that: it has begun before. */
static bool is_begun_after(const struct journal *executions, int64_t at_ns)
{
    bool begun = false;
    for (size_t i = 0; i < executions->count; i++)
        begun = begun || executions->rows[i].begun_ns > at_ns;
    return begun;
}

static void judge_reply(const struct journal *journal, const struct judged *judged,
                        struct verdict *one_reply, struct verdict *no_reexecution)
{
    struct journal executions = executions_of(journal, judged->request);
    const struct stamp_execution *its = NULL;
    for (size_t i = 0; i < executions.count && its == NULL; i++) {
        if (executions.rows[i].nonce == judged->nonce)
            its = &executions.rows[i];
    }
    bool noted = its != NULL;
    check(one_reply, is_whole(judged) && noted,
          is_whole(judged) ? "its reply is of an execution that no server noted"
                           : "lost, cut, mixed or doubled",
          judged->request);
    if (is_whole(judged) && noted)
        check(no_reexecution, !is_begun_after(&executions, its->at_ns),
              "executed again after the execution whose reply arrived", judged->request);
}

static void judge_all(const struct testbed *self, const struct watch *seen,
                      const struct journal *journal, struct verdict verdicts[TESTBED_PROMISES])
{
    for (size_t i = 0; i < self->judged_count; i++) {
        const struct judged *judged = &self->judged[i];
        if (is_exposed(self, seen, judged))
            continue;
        judge_reply(journal, judged, &verdicts[2], &verdicts[3]);
        check(&verdicts[5], judged->outcome != OUTCOME_CUT && judged->outcome != OUTCOME_LOST,
              "the connection broke", judged->request);
        check(&verdicts[6], judged->outcome == OUTCOME_RIGHT, "not answered in time",
              judged->request);
    }
    for (size_t i = 0; i < journal->count; i++)
        check(&verdicts[0], journal->rows[i].body_good, "its body was damaged",
              journal->rows[i].request);
}

static void judge_logs(const struct testbed *self, const struct watch *seen,
                       struct verdict *bounded)
{
    uint64_t limit = (uint64_t)self->config->replication.log_bytes;
    for (unsigned i = 0; i < self->house.server_count; i++) {
        bounded->checks += seen->servers[i].asked;
        if (seen->servers[i].log_peak > limit && bounded->violations++ == 0)
            snprintf(bounded->first, sizeof bounded->first, "%llu bytes were in a log of %llu",
                     (unsigned long long)seen->servers[i].log_peak, (unsigned long long)limit);
    }
}

/* What the cables saw (cables.h). */
static void judge_cables(const struct testbed *self, struct verdict *commit,
                         struct verdict *speaker)
{
    const struct cables_memory *seen = self->house.wiring.memory;
    *commit = (struct verdict){.checks = seen->replies, .violations = seen->unlogged};
    *speaker = (struct verdict){.checks = seen->words, .violations = seen->overlaps};
    snprintf(commit->first, sizeof commit->first,
             "reply %u to port %u left for its client at %.3f s, and the log had acknowledged %u",
             seen->first_unlogged.ordinal, seen->first_unlogged.port,
             (double)(seen->first_unlogged.at_ns - self->wire.epoch_ns) / 1e9,
             seen->first_unlogged.logged);
    snprintf(
        speaker->first, sizeof speaker->first,
        "host %u spoke at %.3f s, %.1f ms after the other one had begun to (flags %02x, %u bytes)",
        seen->first_overlap.server, (double)(seen->first_overlap.at_ns - self->wire.epoch_ns) / 1e9,
        (double)seen->first_overlap.since_ns / 1e6, seen->first_overlap.flags,
        seen->first_overlap.payload);
}

void testbed_judge(const struct testbed *self, const struct watch *seen,
                   struct verdict verdicts[TESTBED_PROMISES])
{
    static const char *const why_not[TESTBED_PROMISES] = {
        [1] = "nobody looks at the cables of a run without faults, or there is no log",
        [4] = "nobody looks at the cables of a run without faults, or there is one server",
        [7] = "there is no log",
    };
    struct journal journal = read_journal(self);
    memset(verdicts, 0, TESTBED_PROMISES * sizeof *verdicts);
    if (self->house.server_count > 1 && self->house.wiring.memory != NULL)
        judge_cables(self, &verdicts[1], &verdicts[4]);
    judge_all(self, seen, &journal, verdicts);
    if (self->house.server_count > 1)
        judge_logs(self, seen, &verdicts[7]);
    for (unsigned i = 0; i < TESTBED_PROMISES; i++) {
        verdicts[i].promise = promises[i]->name;
        verdicts[i].title = promises[i]->title;
        verdicts[i].binding = self->house.server_count > 1;
        if (verdicts[i].checks == 0 && why_not[i] != NULL)
            snprintf(verdicts[i].first, sizeof verdicts[i].first, "%s", why_not[i]);
    }
    free(journal.rows);
}

/* --- metrics ----------------------------------------------------------------------------------------------------- */

static uint64_t count_reexecuted(const struct journal *journal)
{
    uint64_t count = 0;
    for (size_t i = 1; i < journal->count; i++) {
        bool again = journal->rows[i].request == journal->rows[i - 1].request;
        bool first = i < 2 || journal->rows[i].request != journal->rows[i - 2].request;
        count += again && first;
    }
    return count;
}

static uint64_t count_unprotected(const struct testbed *self, const struct watch *seen)
{
    uint64_t count = 0;
    for (size_t i = 0; i < self->judged_count; i++)
        count += is_exposed(self, seen, &self->judged[i]);
    return count;
}

static void report_pair(const struct testbed *self, const struct watch *seen,
                        struct results *results)
{
    results_add(results, "takeovers", "", seen->takeovers);
    if (self->house.server_count < 2)
        return;
    results_add(results, "unprotected", "", (double)seen->unprotected_ns / 1e9);
    if (seen->reintegrations > 0)
        results_add(results, "reintegration", "", (double)seen->reintegration_ns / 1e9);
    results_add(results, "requests_unprotected", "", (double)count_unprotected(self, seen));
    for (unsigned i = 0; i < self->house.server_count; i++)
        results_add(results, "log_peak", i == 0 ? "primary" : "backup",
                    (double)seen->servers[i].log_peak);
}

static void report_usage(const struct testbed *self, struct results *results)
{
    double requests = (double)client_group_latency(self->clients)->count;
    double all_user = 0, all_kernel = 0;
    for (unsigned i = 0; i < self->house.server_count && requests > 0; i++) {
        const char *host = i == 0 ? "primary" : "backup";
        double user = (double)self->usage[i].user_ns, kernel = (double)self->usage[i].kernel_ns;
        results_add(results, "cpu_time_user", host, user / requests / 1e9);
        results_add(results, "cpu_time_kernel", host, kernel / requests / 1e9);
        if (self->measures_programs)
            results_add(results, "bpf_time", host,
                        (double)self->usage[i].programs_ns / requests / 1e9);
        all_user += user;
        all_kernel += kernel;
    }
    if (requests > 0)
        results_add(results, "cpu_time", "servers", (all_user + all_kernel) / requests / 1e9);
}

void testbed_report(struct testbed *self, struct results *results)
{
    struct journal journal = read_journal(self);
    struct watch seen = watch_read(&self->watch);
    struct verdict verdicts[TESTBED_PROMISES];
    client_group_report(self->clients, results);
    if (self->faults_struck == 0)
        report_usage(self, results);
    results_add(results, "requests_reexecuted", "", (double)count_reexecuted(&journal));
    results_add(results, "faults", "", (double)self->faults_struck);
    results_add(results, "crashes", "", (double)self->crashes);
    report_pair(self, &seen, results);
    testbed_judge(self, &seen, verdicts);
    for (unsigned i = 0; i < TESTBED_PROMISES; i++)
        results_add_verdict(results, &verdicts[i]);
    free(journal.rows);
}
