/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * one_speaker - P5: never do two hosts answer as the service address in overlapping lease periods.
 *
 * Seen from the wire: once a host has spoken in a view, no other host may speak in the same view, and nobody in an older
 * one. A view has one speaker, and speakers only ever move on to newer views.
 */
#include "models/oracle/checkers.h"

static void notice(struct promise *self, const struct notice *notice)
{
    unsigned host = notice->host->id;
    uint64_t view = notice->value;
    if (!self->speaker.anybody || view > self->speaker.view) {
        self->speaker.anybody = true;
        self->speaker.view = view;
        self->speaker.host = host;
    }
    promise_check(self, view == self->speaker.view && host == self->speaker.host,
                  "%s speaks as the service in view %llu, but host %u has spoken in view %llu",
                  notice->host->settings.name, (unsigned long long)view, self->speaker.host,
                  (unsigned long long)self->speaker.view);
}

const struct promise_type promise_one_speaker = {
    .name = "P5",
    .title = "one speaker",
    .help = "never do two hosts answer as the service address in overlapping lease periods",
    .kinds = 1u << NOTICE_SERVICE_SEGMENT,
    .notice = notice,
};
