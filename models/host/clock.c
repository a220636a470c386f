/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock - a host's own clock: it began at some other time and runs a little fast or slow, always by the same rate.
 *
 * Not modelled: clocks that are stepped or slewed. TCP's and the server's timers run on simulated time: they are too coarse
 * for some parts per million to matter.
 */
#include "models/host/host.h"

enum { PPM = 1000000 };

int64_t host_clock_ns(const struct host *self)
{
    int64_t now_ns = self->simulation->now_ns;
    int64_t gained_ns =
        now_ns / PPM * self->settings.clock_ppm + now_ns % PPM * self->settings.clock_ppm / PPM;
    return now_ns + gained_ns + self->settings.clock_offset_ns;
}

int64_t host_clock_reaches_ns(const struct host *self, int64_t clock_ns)
{
    int64_t now_ns = self->simulation->now_ns, left_ns = clock_ns - host_clock_ns(self);
    if (left_ns <= 0)
        return now_ns;
    /* A clock that is fast by 100 ppm shows a second after 0.9999 s; one more nanosecond makes up for what is rounded. */
    double true_ns = (double)left_ns * PPM / (double)(PPM + self->settings.clock_ppm);
    return now_ns + (int64_t)true_ns + (self->settings.clock_ppm != 0);
}
