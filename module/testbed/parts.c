/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parts - two folders are tried.
 */
#include "module/testbed/parts.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static bool complete(const char *folder)
{
    static const char *const parts[] = {"mod_understudy.so", "mod_rehearsal.so", "understudyd",
                                        "understudy-cables"};
    char file[PATH_MAX + 32];
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(file, sizeof file, "%s/%s", folder, parts[i]);
        if (access(file, R_OK) != 0)
            return false;
    }
    return true;
}

bool parts_folder(char *out, size_t room)
{
    static const char *const folders[] = {"../module", "../lib/understudy"};
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    path[size < 0 ? 0 : size] = '\0';
    const char *bin = dirname(path);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(out, room, "%s/%s", bin, folders[i]);
        if (complete(out))
            return true;
    }
    snprintf(out, room, "%s/%s", bin, folders[0]);
    return false;
}
