/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view - a run to look at: what happens in a world, written into a directory.
 *
 *     struct view *view = view_new(&settings, error, sizeof error);
 *     trial_run(&trial, config, seed, view_watch(view));
 *     bool written = view_free(view, error, sizeof error);
 *
 * events.jsonl has every event (models/view/events.h), <network>-<host>.pcap the packets of a cable (models/view/capture.h),
 * ladder.svg is a diagram (models/view/ladder.h). A view only looks: a run that is watched is the run that is not.
 */
#ifndef MODELS_VIEW_VIEW_H
#define MODELS_VIEW_VIEW_H

#include "models/explore/trial.h"
#include "models/view/ladder.h"

struct view;

enum view_files { VIEW_EVENTS = 1, VIEW_CAPTURES = 2, VIEW_LADDER = 4 };

struct view_settings {
    const char *directory;   /* made, with those above it, if it is not there */
    unsigned files;          /* of enum view_files; 0: all */
    const char *ladder_name; /* of its file; NULL: ladder.svg */
    struct ladder_settings ladder;
};

/* NULL, with the reason, if the directory cannot be written to. */
struct view *view_new(const struct view_settings *settings, char *error, size_t room);
/* For the one trial_run() that is to be seen. */
struct trial_watch *view_watch(struct view *self);
/* Completes the files. False, with the reason, if they are not whole (a full disk). */
bool view_free(struct view *self, char *error, size_t room);

#endif
