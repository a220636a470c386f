/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage - CPU time of a server: what the kernel booked to the processes in its process namespace.
 *
 * User and system time of all of them, finished children included. Work at interrupt level is booked to whoever happens to run,
 * also to processes of other machines, and therefore not told apart here.
 */
#include "module/testbed/testbed_state.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOM = 1024, FIELD_USER = 14 };

static bool same_space(const char *pid, ino_t space)
{
    char path[300];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%s/ns/pid", pid);
    return stat(path, &status) == 0 && status.st_ino == space;
}

/* Adds utime, stime, cutime and cstime of /proc/PID/stat, in clock ticks. */
static void add_process(const char *pid, struct usage *usage)
{
    char path[300], text[ROOM];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        close(file);
    text[got > 0 ? got : 0] = '\0';
    const char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < FIELD_USER; field++)
        at = strchr(at + 1, ' ');
    long long user, kernel, child_user, child_kernel;
    if (at == NULL ||
        sscanf(at, " %lld %lld %lld %lld", &user, &kernel, &child_user, &child_kernel) != 4)
        return;
    int64_t tick_ns = 1000000000 / sysconf(_SC_CLK_TCK);
    usage->user_ns += (user + child_user) * tick_ns;
    usage->kernel_ns += (kernel + child_kernel) * tick_ns;
}

static struct usage usage_of(const struct machine *machine)
{
    struct usage usage = {0};
    struct stat space;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/pid", machine->init);
    if (!machine->alive || stat(path, &space) != 0)
        return usage;
    DIR *list = opendir("/proc");
    const struct dirent *entry;
    while (list != NULL && (entry = readdir(list)) != NULL) {
        if (isdigit((unsigned char)entry->d_name[0]) && same_space(entry->d_name, space.st_ino))
            add_process(entry->d_name, &usage);
    }
    if (list != NULL)
        closedir(list);
    return usage;
}

void testbed_usage_begin(struct testbed *self)
{
    for (unsigned i = 0; i < self->house.server_count; i++)
        self->usage[i] = usage_of(&self->house.servers[i].machine);
    self->usage_ns = self->clock.now_ns;
}

void testbed_usage_end(struct testbed *self)
{
    for (unsigned i = 0; i < self->house.server_count; i++) {
        if (!self->house.servers[i].machine.alive)
            continue; /* what it has used cannot be asked any more */
        struct usage now = usage_of(&self->house.servers[i].machine);
        self->usage[i].user_ns = now.user_ns - self->usage[i].user_ns;
        self->usage[i].kernel_ns = now.kernel_ns - self->usage[i].kernel_ns;
    }
    self->usage_ns = self->clock.now_ns - self->usage_ns;
}
