/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * machine - clone(2) for the init, setns(2) by its pidfd for everything that runs in it.
 */
#include "module/testbed/machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK_BYTES = 65536, EXIT_NO_PROGRAM = 127, PATH_ROOM = 300 };
enum { SPACES = CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS };

/* --- the init ---------------------------------------------------------------------------------------------------- */

struct birth {
    const char *name;
    int ready; /* one byte is written when all is set up; the error, if it could not be */
};

static int set_up(const char *name)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0 ||
        mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0)
        return errno;
    return sethostname(name, strlen(name)) == 0 ? 0 : errno;
}

/* Process 1 of the machine: takes in orphans. */
static int live(void *context)
{
    const struct birth *birth = context;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "machine");
    unsigned char error = (unsigned char)set_up(birth->name);
    (void)!write(birth->ready, &error, 1);
    close(birth->ready);
    if (error != 0)
        return 1;
    signal(SIGINT, SIG_IGN);
    for (;;) {
        if (waitpid(-1, NULL, 0) < 0)
            usleep(10000);
    }
}

static bool await_birth(struct machine *self, int ready)
{
    unsigned char error = ECHILD;
    if (read(ready, &error, 1) != 1)
        error = ECHILD;
    close(ready);
    if (error == 0)
        return true;
    machine_stop(self, true);
    errno = error;
    return false;
}

bool machine_start(struct machine *self, const char *name)
{
    static _Alignas(16) char stack[STACK_BYTES];
    int ready[2];
    *self = (struct machine){.pidfd = -1, .run = -1, .root = -1};
    snprintf(self->name, sizeof self->name, "%s", name);
    if (pipe2(ready, O_CLOEXEC) != 0)
        return false;
    struct birth birth = {.name = self->name, .ready = ready[1]};
    self->init =
        clone(live, stack + STACK_BYTES, SPACES | SIGCHLD | CLONE_PIDFD, &birth, &self->pidfd);
    close(ready[1]);
    if (self->init < 0) {
        self->init = 0;
        close(ready[0]);
        return false;
    }
    if (!await_birth(self, ready[0]))
        return false;
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "/proc/%d/root", self->init);
    self->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    self->run = openat(self->root, "run", O_PATH | O_DIRECTORY | O_CLOEXEC);
    self->alive = true;
    return self->run >= 0;
}

void machine_kill(struct machine *self)
{
    if (self->init > 0)
        kill(self->init, SIGKILL);
    self->alive = false;
}

void machine_stop(struct machine *self, bool wait)
{
    if (self->name[0] == '\0')
        return; /* never started */
    machine_kill(self);
    if (self->init > 0)
        waitpid(self->init, NULL, wait ? 0 : WNOHANG);
    self->init = 0;
    if (self->pidfd >= 0)
        close(self->pidfd);
    if (self->run >= 0)
        close(self->run);
    if (self->root >= 0)
        close(self->root);
    self->pidfd = self->run = self->root = -1;
}

/* --- programs ---------------------------------------------------------------------------------------------------- */

static void place(int file, int number)
{
    if (file == number)
        fcntl(file, F_SETFD, 0);
    else
        dup2(file, number);
}

static void become(int log, const int *keep, const char *const *argv)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 0; keep != NULL && keep[i] >= 0; i++)
        place(keep[i], 3 + i);
    dup2(null, 0);
    dup2(log >= 0 ? log : null, 1);
    dup2(log >= 0 ? log : null, 2);
    execvp(argv[0], (char *const *)argv);
    dprintf(2, "%s: %s\n", argv[0], strerror(errno));
    _exit(EXIT_NO_PROGRAM);
}

/* In the forked child: into the machine, and there fork again, for only children are born into a process namespace. */
static void enter_and_run(const struct machine *self, int log, const int *keep,
                          const char *const *argv, bool stay)
{
    int status = 0;
    /* setns() leads to the root of the mount namespace, which is not ours if we run in a chroot(2). */
    if (setns(self->pidfd, SPACES) != 0 || fchdir(self->root) != 0 || chroot(".") != 0)
        _exit(EXIT_NO_PROGRAM);
    pid_t child = fork();
    if (child == 0) {
        setsid();
        become(log, keep, argv);
    }
    if (stay)
        waitpid(child, &status, 0);
    _exit(child < 0 ? EXIT_NO_PROGRAM : WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static int exit_code(pid_t child)
{
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int start(struct machine *self, int log, const int *keep, const char *const *argv, bool stay)
{
    if (!self->alive)
        return -1;
    pid_t child = fork();
    if (child == 0)
        enter_and_run(self, log, keep, argv, stay);
    return exit_code(child);
}

int machine_run(struct machine *self, int log, const char *const *argv)
{
    return start(self, log, NULL, argv, true);
}

bool machine_spawn(struct machine *self, int log, const int *keep, const char *const *argv)
{
    return start(self, log, keep, argv, false) == 0;
}

int machine_net(struct machine *self, int log, const char *format, ...)
{
    char text[1000], *rest = text, *word;
    const char *argv[MACHINE_ARGUMENTS_MAX + 1];
    unsigned count = 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    while (count < MACHINE_ARGUMENTS_MAX && (word = strsep(&rest, " ")) != NULL) {
        if (*word != '\0')
            argv[count++] = word;
    }
    argv[count] = NULL;
    if (!self->alive)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        if (!machine_enter_network(self))
            _exit(EXIT_NO_PROGRAM);
        become(log, NULL, argv);
    }
    return exit_code(child);
}

/* --- processes by name ------------------------------------------------------------------------------------------- */

static bool is_named(int proc, const char *pid, const char *program)
{
    char path[PATH_ROOM], name[64] = "";
    snprintf(path, sizeof path, "%s/comm", pid);
    int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, name, sizeof name - 1) : 0;
    if (file >= 0)
        close(file);
    if (got > 0)
        name[got - 1] = '\0';
    return program == NULL || strcmp(name, program) == 0;
}

/* Does to every process of the machine but its init what `each` says. Pids are those of the machine, so the signal is sent
 * from inside. */
static unsigned signal_each(const struct machine *self, const char *program, int number)
{
    unsigned count = 0;
    if (setns(self->pidfd, CLONE_NEWPID | CLONE_NEWNS) != 0 || fchdir(self->root) != 0 ||
        chroot(".") != 0)
        return 0;
    pid_t child = fork();
    if (child != 0) {
        int answer = exit_code(child);
        return answer > 0 ? (unsigned)answer : 0;
    }
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fdopendir(proc);
    const struct dirent *entry;
    while (list != NULL && (entry = readdir(list)) != NULL) {
        pid_t pid = atoi(entry->d_name);
        if (pid <= 1 || pid == getpid() || !is_named(proc, entry->d_name, program))
            continue;
        count += kill(pid, number) == 0;
    }
    _exit(count < 255 ? (int)count : 255);
}

unsigned machine_signal(struct machine *self, const char *program, int number)
{
    if (!self->alive)
        return 0;
    pid_t child = fork();
    if (child == 0)
        _exit((int)signal_each(self, program, number));
    int count = exit_code(child);
    return count > 0 ? (unsigned)count : 0;
}

void machine_pause(struct machine *self, bool paused)
{
    machine_signal(self, NULL, paused ? SIGSTOP : SIGCONT);
}

/* --- from outside ------------------------------------------------------------------------------------------------ */

bool machine_enter_network(const struct machine *self)
{
    return setns(self->pidfd, CLONE_NEWNET) == 0;
}

int machine_open(const struct machine *self, const char *path, int flags)
{
    return openat(self->run, path, flags | O_CLOEXEC, 0600);
}

bool machine_write(const struct machine *self, const char *path, const char *text)
{
    int file = machine_open(self, path, O_WRONLY | O_CREAT | O_TRUNC);
    size_t size = strlen(text);
    bool written = file >= 0 && write(file, text, size) == (ssize_t)size;
    if (file >= 0)
        close(file);
    return written;
}
