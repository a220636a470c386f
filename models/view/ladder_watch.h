/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ladder_watch - a ladder of a world: told of its packets, notices and broken promises, it fills the diagram.
 */
#ifndef MODELS_VIEW_LADDER_WATCH_H
#define MODELS_VIEW_LADDER_WATCH_H

#include "models/view/ladder.h"
#include "models/view/reading.h"
#include "models/view/tap.h"

struct ladder_watch;

struct ladder_watch *ladder_watch_new(const struct tap *tap, const struct world *world);
/* The diagram is the caller's from now on. */
struct ladder *ladder_watch_free(struct ladder_watch *self);

void ladder_watch_passage(struct ladder_watch *self, int64_t now_ns, const struct passage *passage,
                          const struct reading *reading);
void ladder_watch_notice(struct ladder_watch *self, int64_t now_ns, const struct notice *notice);
/* `host` NULL: nowhere in particular; `client` -1: nobody's. */
void ladder_watch_broken(struct ladder_watch *self, int64_t now_ns, const char *promise,
                         const char *text, int client);

#endif
