/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * house - opened and closed as a whole; what dies in it and is built anew. Built with iproute2 inside the machines.
 */
#include "module/testbed/house_parts.h"
#include "module/testbed/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char *const house_server_names[HOUSE_SERVERS] = {"primary", "backup"};

bool house_fail(struct house *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(self->error, sizeof self->error, format, arguments);
    va_end(arguments);
    return false;
}

const char *house_obstacle(const struct config *config)
{
    const struct scheme *scheme = &schemes[config->scheme];
    if (scheme->proxies)
        return "user-level proxies are only simulated";
    if (config->plant != 0)
        return "planted bugs are in the simulator only";
    if (config->network.impairment.corrupt > 0 || config->network.impairment.reorder > 0)
        return "packets cannot be damaged or reordered for real yet";
    return NULL;
}

static bool find_apache(struct house *self)
{
    char list[PATH_MAX], file[PATH_MAX + 32];
    snprintf(list, sizeof list, "%s", getenv("PATH") != NULL ? getenv("PATH") : "");
    for (char *rest = list, *folder; (folder = strsep(&rest, ":")) != NULL;) {
        snprintf(file, sizeof file, "%s/apache2", folder);
        if (access(file, X_OK) == 0)
            return true;
    }
    return house_fail(self, "no apache2 in PATH (install apache2-bin)");
}

static bool is_root(struct house *self)
{
    return geteuid() == 0 || house_fail(self, "namespaces and eBPF need root (run as root)");
}

static bool find_modules(struct house *self)
{
    return parts_folder(self->modules, sizeof self->modules) ||
           house_fail(self, "%s lacks what runs for real: `make module` builds it", self->modules);
}

static bool start_server(struct house *self, unsigned index)
{
    house_set_present(self, index, true);
    bool addressed = self->scheme->packet_path ? house_start_daemon(self, index, NULL)
                                               : house_set_address(self, index);
    return addressed && house_start_httpd(self, index);
}

/* Memory that the servers share with us. */
static bool set_trap(struct house *self)
{
    self->trap_file = memfd_create("trap", MFD_CLOEXEC);
    if (self->trap_file < 0 || ftruncate(self->trap_file, sizeof *self->trap) != 0)
        return house_fail(self, "no memory to share: %s", strerror(errno));
    void *memory =
        mmap(NULL, sizeof *self->trap, PROT_READ | PROT_WRITE, MAP_SHARED, self->trap_file, 0);
    self->trap = memory != MAP_FAILED ? memory : NULL;
    return self->trap != NULL || house_fail(self, "no memory to share: %s", strerror(errno));
}

bool house_open(struct house *self, const struct config *config)
{
    *self = (struct house){
        .config = config,
        .scheme = &schemes[config->scheme],
        .service = {.ip = 10 << 24 | 100, .port = 80},
        .journal = memfd_create("journal", MFD_CLOEXEC),
    };
    pthread_mutex_init(&self->lock, NULL);
    self->trap_file = -1;
    self->server_count = self->scheme->servers;
    fcntl(self->journal, F_SETFL, O_APPEND);
    if (!is_root(self) || !find_apache(self) || !find_modules(self) || !set_trap(self) ||
        !house_build_exchange(self) || !house_build_client(self))
        return false;
    for (unsigned i = 0; i < self->server_count; i++) {
        if (!house_build_server(self, i))
            return false;
    }
    if (!house_draw_key(self))
        return false;
    for (unsigned i = self->server_count; i-- > 0;) {
        if (!start_server(self, i))
            return false;
    }
    return house_await_ready(self);
}

void house_crash(struct house *self, unsigned index)
{
    if (self->wiring.memory != NULL) {
        self->wiring.memory->cables[CABLE_SERVICE + index].cut = 1;
        self->wiring.memory->cables[CABLE_LOG + index].cut = 1;
    }
    house_set_present(self, index, false);
    machine_kill(&self->servers[index].machine);
}

void house_kill_server(struct house *self, unsigned index)
{
    self->servers[index].killed = true;
    machine_signal(&self->servers[index].machine, "apache2", SIGKILL);
}

static bool rebuild(struct house *self, unsigned index)
{
    struct house_server *server = &self->servers[index];
    house_set_present(self, index, false);
    machine_stop(&server->machine, false);
    if (server->log > 0)
        close(server->log);
    house_unplug(self, index);
    return house_build_server(self, index) && start_server(self, index);
}

bool house_restart(struct house *self, unsigned index)
{
    struct house_server *server = &self->servers[index];
    server->killed = false;
    if (!server->machine.alive)
        return rebuild(self, index);
    unlinkat(server->machine.run, "httpd.pid", 0);
    return house_start_httpd(self, index);
}

void house_close(struct house *self)
{
    for (unsigned i = 0; i < self->server_count && getenv("UNDERSTUDY_DEBUG") != NULL; i++)
        house_tell_log(self, i);
    /* All at once, then wait: the kernel takes its time for each. */
    machine_kill(&self->exchange);
    machine_kill(&self->client);
    for (unsigned i = 0; i < self->server_count; i++)
        machine_kill(&self->servers[i].machine);
    for (unsigned i = 0; i < self->server_count; i++) {
        machine_stop(&self->servers[i].machine, true);
        if (self->servers[i].log > 0)
            close(self->servers[i].log);
    }
    machine_stop(&self->client, true);
    machine_stop(&self->exchange, true);
    wiring_close(&self->wiring);
    if (self->trap != NULL)
        munmap(self->trap, sizeof *self->trap);
    if (self->trap_file >= 0)
        close(self->trap_file);
    close(self->journal);
}
