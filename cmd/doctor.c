/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * understudy doctor - what this machine can do of what the program can use, and how to get the rest.
 *
 * Every row tries the thing itself, in namespaces of its own that end with the try; nothing of the machine is changed.
 */
#include "cmd/command.h"
#include "module/testbed/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

struct ability {
    const char *name, *use, *remedy;
    bool (*try)(char *found, size_t room);
    bool needed; /* without it the testbed cannot run; else something is only less good */
};

/* --- trying ------------------------------------------------------------------------------------------------------ */

/* Runs a shell command; its first line of output is what was found. In a network of its own, if it is to touch one. */
static bool run(const char *command, bool apart, char *found, size_t room)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        if (apart && unshare(CLONE_NEWNET) != 0)
            _exit(126);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], found, room - 1);
    found[got > 0 ? got : 0] = '\0';
    found[strcspn(found, "\n")] = '\0';
    close(ends[0]);
    int status = 1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static bool try_root(char *found, size_t room)
{
    snprintf(found, room, "user %u", geteuid());
    return geteuid() == 0;
}

static bool try_kernel(char *found, size_t room)
{
    struct utsname name;
    unsigned major = 0, minor = 0;
    if (uname(&name) != 0)
        return false;
    snprintf(found, room, "%.40s", name.release);
    sscanf(name.release, "%u.%u", &major, &minor);
    return major > 6 || (major == 6 && minor >= 11);
}

static bool try_btf(char *found, size_t room)
{
    snprintf(found, room, "/sys/kernel/btf/vmlinux");
    return access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

static bool try_kfunc(char *found, size_t room)
{
    snprintf(found, room, "bpf_sk_assign_tcp_reqsk");
    return run("grep -q ' bpf_sk_assign_tcp_reqsk$' /proc/kallsyms", false, found, room);
}

static bool try_namespaces(char *found, size_t room)
{
    return run("exit 0", true, found, room);
}

static bool try_cables(char *found, size_t room)
{
    return run(
        "ip link add name one type veth peer name two && ip link add name three type bridge && "
        "ip link set one master three",
        true, found, room);
}

static bool try_rates(char *found, size_t room)
{
    return run("ip link add name one type veth peer name two && tc qdisc add dev one root tbf rate "
               "1gbit burst "
               "256kb limit 4mb",
               true, found, room);
}

static bool try_clsact(char *found, size_t room)
{
    return run("ip link add name one type veth peer name two && tc qdisc add dev one clsact", true,
               found, room);
}

static bool try_rto(char *found, size_t room)
{
    return run("sysctl -qw net.ipv4.tcp_rto_min_us=40000", true, found, room);
}

static bool try_destroy(char *found, size_t room)
{
    return run("ip link set lo up && ss -4 -t -K dst 127.0.0.9", true, found, room);
}

static bool try_apache(char *found, size_t room)
{
    return run("apache2 -v", false, found, room) &&
           access("/usr/lib/apache2/modules/mod_mpm_event.so", R_OK) == 0;
}

static bool try_modules(char *found, size_t room)
{
    return parts_folder(found, room);
}

static bool try_netem(char *found, size_t room)
{
    return run(
        "ip link add name one type veth peer name two && tc qdisc add dev one root netem delay 1ms",
        true, found, room);
}

static bool try_counters(char *found, size_t room)
{
    struct perf_event_attr attr = {
        .size = sizeof attr, .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES};
    long file = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
    snprintf(found, room, "%s", file >= 0 ? "cycles" : strerror(errno));
    if (file >= 0)
        close((int)file);
    return file >= 0;
}

static bool try_gnuplot(char *found, size_t room)
{
    return run("gnuplot --version", false, found, room);
}

static const struct ability abilities[] = {
    {"root", "testbed: namespaces, eBPF", "run as root", try_root, true},
    {"kernel", "testbed: Linux 6.11 or newer (tcp_rto_min_us)", "boot a newer kernel", try_kernel,
     true},
    {"btf", "testbed: eBPF that fits the running kernel", "a kernel with CONFIG_DEBUG_INFO_BTF",
     try_btf, true},
    {"kfunc", "testbed: identical connections on both hosts",
     "a kernel of 6.9 or newer with BPF_JIT and SYN_COOKIES", try_kfunc, true},
    {"namespaces", "testbed: hosts", "a kernel with NET_NS, and root", try_namespaces, true},
    {"cables", "testbed: veth and bridge",
     "apt-get install iproute2; VETH and BRIDGE in the kernel", try_cables, true},
    {"rates", "testbed: rate limits", "NET_SCH_TBF in the kernel", try_rates, true},
    {"clsact", "testbed: the packet path's place", "NET_CLS_ACT and NET_SCH_INGRESS in the kernel",
     try_clsact, true},
    {"rto", "testbed: short retransmission time-outs", "Linux 6.11 or newer", try_rto, true},
    {"destroy", "understudyd: a host that was out comes back by itself",
     "INET_DIAG_DESTROY in the kernel", try_destroy, false},
    {"apache", "testbed: the server", "apt-get install apache2-bin", try_apache, true},
    {"modules", "testbed: mod_understudy, understudyd", "make module", try_modules, true},
    {"netem", "testbed: delay (it runs without)", "NET_SCH_NETEM in the kernel", try_netem, false},
    {"counters", "testbed: cycles (else CPU time)", "a machine that gives its counters to guests",
     try_counters, false},
    {"gnuplot", "figures", "apt-get install gnuplot-nox", try_gnuplot, false},
    {.name = NULL},
};

/* --- the command ------------------------------------------------------------------------------------------------- */

const struct argp doctor_argp = {
    .parser = command_takes_none,
    .help_filter = command_exit_codes,
    .doc =
        "Says what this machine can do of what the program can use, and how to get the rest. Tries "
        "everything in namespaces of its own; changes nothing.\v"
        "Exit code 1 if the testbed cannot run here. The simulator needs none of this.\n\n"
        "Examples:\n"
        "  understudy doctor\n",
};

int doctor_main(int argc, char **argv)
{
    argp_parse(&doctor_argp, argc, argv, 0, NULL, NULL);
    bool runs = true;
    for (const struct ability *row = abilities; row->name != NULL; row++) {
        char found[80] = "";
        bool able = row->try(found, sizeof found);
        printf("%-4s  %-11s %s%s%s%s\n",
               able          ? "yes"
               : row->needed ? "NO"
                             : "no",
               row->name, row->use, able ? "" : ": ", able ? "" : row->remedy, "");
        if (!able && found[0] != '\0')
            printf("      %-11s (%s)\n", "", found);
        runs = runs && (able || !row->needed);
    }
    printf("\nthe testbed %s here\n", runs ? "can run" : "can NOT run");
    return runs ? EXIT_OK : EXIT_ENVIRONMENT;
}
