/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view - a run to look at: what happens in a world, written into a directory.
 *
 * events.jsonl has every event (models/view/events.h), <network>-<host>.pcap the packets of a cable (models/view/capture.h),
 * ladder.svg is a diagram (models/view/ladder.h). A view only looks: a run that is watched is the run that is not.
 */
#ifndef MODELS_VIEW_VIEW_H
#define MODELS_VIEW_VIEW_H

#include "models/explore/trial.h"
#include "models/view/ladder.h"

enum view_files { VIEW_EVENTS = 1, VIEW_CAPTURES = 2, VIEW_LADDER = 4 };

struct view_settings {
    const char *directory;   /* made, with those above it, if it is not there */
    unsigned files;          /* of enum view_files; 0: all */
    const char *ladder_name; /* of its file; NULL: ladder.svg */
    struct ladder_settings ladder;
};

/* trial_run() that is looked at. False, with the reason, if the directory cannot be written to (then nothing was run) or the
 * files are not whole (a full disk). */
bool view_run(const struct view_settings *settings, const struct config *config, uint64_t seed,
              struct trial *trial, char *error, size_t room);

#endif
