/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * machine - a host of the testbed: a network, process, mount and host-name namespace of its own, and what runs in it.
 *
 * The namespaces have no name. They hang on one process, the machine's init, which the kernel ends when the testbed's process
 * ends, however that happens; with the init go all processes of the machine, its file system in memory, its interfaces and
 * their programs. So there is nothing to clean up, and any number of testbeds can run side by side.
 *
 * In a machine, /run is an empty file system of its own and /proc shows its own processes. Needs CAP_SYS_ADMIN.
 */
#ifndef MODULE_TESTBED_MACHINE_H
#define MODULE_TESTBED_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { MACHINE_NAME_MAX = 16, MACHINE_ARGUMENTS_MAX = 48 };

struct machine {
    char name[MACHINE_NAME_MAX];
    pid_t init; /* 0: none */
    int pidfd;
    int root; /* its init's root directory */
    int run;  /* its /run, readable also after its death */
    bool alive;
};

/* errno says why not. */
bool machine_start(struct machine *self, const char *name);
/* All its processes die, as when the power fails, and its interfaces with them; does not wait until they are gone. */
void machine_kill(struct machine *self);
/* The init is left alone, everything else is stopped, or goes on (SIGSTOP and SIGCONT to each). */
void machine_pause(struct machine *self, bool paused);
/* machine_kill(), and frees what it takes here. `wait`: until the kernel has taken everything down, which may be a second. */
void machine_stop(struct machine *self, bool wait);

/* Runs a program to its end; its exit code, or -1. Its output goes to `log` (a descriptor; -1: /dev/null). */
int machine_run(struct machine *self, int log, const char *const *argv);
/* The same for a program that sees our own processes and files, but the machine's network; from words in one text ("ip link set
 * lo up"), no quoting. */
int machine_net(struct machine *self, int log, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Starts a program and leaves it running. The descriptors in `keep` (-1 ends them) stay open in it, from 3 on. */
bool machine_spawn(struct machine *self, int log, const int *keep, const char *const *argv);
/* Sends a signal to every process whose program has this name; how many there were. */
unsigned machine_signal(struct machine *self, const char *program, int signal);

/* This thread's sockets are made in the machine from now on. */
bool machine_enter_network(const struct machine *self);
/* Opens a file below the machine's /run (flags as of open(), creates with 0644). -1 and errno. */
int machine_open(const struct machine *self, const char *path, int flags);
bool machine_write(const struct machine *self, const char *path, const char *text);

#endif
