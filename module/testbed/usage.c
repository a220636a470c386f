/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage - CPU time of a server: what the kernel booked to the processes in its process namespace, and for how long its TC programs ran.
 *
 * User and system time of all of them, finished children included. Work at interrupt level is booked to whoever happens to run,
 * also to processes of other machines, and therefore not told apart here. The programs' time is the kernel's own statistics
 * (BPF_ENABLE_STATS), which are on for the measured time only: reading the clock twice a run costs a little itself. It is part
 * of what is booked to somebody, not more.
 */
#include "module/testbed/testbed_state.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ROOM = 1024, FIELD_USER = 14 };

static bool same_space(const char *pid, ino_t space)
{
    char path[300];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%s/ns/pid", pid);
    return stat(path, &status) == 0 && status.st_ino == space;
}

/* The beginning of a file; empty: it cannot be read. */
static void read_text(const char *path, char text[ROOM])
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, text, ROOM - 1) : 0;
    if (file >= 0)
        close(file);
    text[got > 0 ? got : 0] = '\0';
}

/* Of the BPF programs that a process has open. */
static void add_programs(const char *pid, struct usage *usage)
{
    char path[600], text[ROOM];
    snprintf(path, sizeof path, "/proc/%s/fdinfo", pid);
    DIR *list = opendir(path);
    const struct dirent *entry;
    while (list != NULL && (entry = readdir(list)) != NULL) {
        snprintf(path, sizeof path, "/proc/%s/fdinfo/%s", pid, entry->d_name);
        read_text(path, text);
        const char *time = strstr(text, "\nrun_time_ns:");
        if (time != NULL)
            usage->programs_ns += strtoll(time + strlen("\nrun_time_ns:"), NULL, 10);
    }
    if (list != NULL)
        closedir(list);
}

/* Adds utime, stime, cutime and cstime of /proc/PID/stat, in clock ticks; the daemon has the TC programs. */
static void add_process(const char *pid, struct usage *usage)
{
    char path[300], text[ROOM];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    read_text(path, text);
    if (strstr(text, "(understudyd)") != NULL)
        add_programs(pid, usage);
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

/* As long as the descriptor is open the kernel counts; -1: it does not. */
static int start_statistics(void)
{
    union bpf_attr attr = {.enable_stats.type = BPF_STATS_RUN_TIME};
    int file = (int)syscall(SYS_bpf, BPF_ENABLE_STATS, &attr, sizeof attr);
    if (file < 0)
        perror("understudy: bpf_time is not measured: BPF_ENABLE_STATS");
    return file;
}

void testbed_usage_begin(struct testbed *self)
{
    self->statistics = self->house.scheme->packet_path ? start_statistics() : -1;
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
        self->usage[i].programs_ns = now.programs_ns - self->usage[i].programs_ns;
    }
    self->measures_programs = self->statistics >= 0;
    if (self->measures_programs)
        close(self->statistics);
    self->usage_ns = self->clock.now_ns - self->usage_ns;
}
