/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * promise - the table of promises and what all checkers share.
 */
#include "models/oracle/promise.h"

#include "models/oracle/checkers.h"
#include "sim/trace.h"

#include <stdarg.h>
#include <stdio.h>

const struct promise_type *const promises[] = {
    &promise_input_survives, &promise_output_commit, &promise_one_reply,
    &promise_no_reexecution, &promise_one_speaker,   &promise_transparency,
    &promise_liveness,       &promise_bounded_log,   NULL,
};

static void notice(struct observer *observer, const struct notice *notice)
{
    struct promise *self = container_of(observer, struct promise, observer);
    self->subject = notice;
    self->type->notice(self, notice);
    self->subject = NULL;
}

void promise_init(struct promise *self, const struct promise_type *type, const struct stage *stage)
{
    *self = (struct promise){
        .observer = {.notice = notice, .kinds = type->kinds},
        .type = type,
        .stage = stage,
    };
}

void promise_check(struct promise *self, bool ok, const char *format, ...)
{
    self->checks++;
    if (ok)
        return;
    if (self->violations++ > 0)
        return;
    self->first_at_ns = self->stage->simulation->now_ns;
    int used = snprintf(self->first, sizeof self->first,
                        "at %.6f s: ", (double)self->stage->simulation->now_ns / 1e9);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(self->first + used, sizeof self->first - (size_t)used, format, arguments);
    va_end(arguments);
    const struct notice *subject = self->subject;
    TRACE(
        self->stage->simulation, self->type->name, "broken", TRACE_TEXT("text", self->first),
        TRACE_TEXT("host", subject && subject->host ? subject->host->settings.name : ""),
        TRACE_INT("client", subject && subject->request ? (int64_t)subject->request->client : -1));
}
