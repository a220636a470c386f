/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * house_programs - Apache and understudyd of a server: how each is told what the config wants, and started.
 */
#include "module/testbed/house_parts.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CONFIG_ROOM = 6000 };

/* clang-format off: a line of the file each */
static const char httpd_conf[] =
    "ServerRoot /run\n"
    "PidFile /run/httpd.pid\n"
    "ServerName service\n"
    "Listen %u.%u.%u.%u:%u\n"
    "ListenBacklog %lld\n"
    "LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n"
    "LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n"
    "LoadModule rehearsal_module %s/mod_rehearsal.so\n"
    "RehearsalJournal 3\n"
    "RehearsalTrap 4\n"
    "RehearsalHost %u\n"
    "%s" /* the replication module */
    "ServerLimit 1\n"
    "StartServers 1\n"
    "ThreadLimit %lld\n"
    "ThreadsPerChild %lld\n"
    "MaxRequestWorkers %lld\n"
    "MaxConnectionsPerChild 0\n"
    "MaxKeepAliveRequests 0\n"
    "KeepAliveTimeout %lld\n"
    "Timeout 600\n"
    "ErrorLog /run/error\n"
    "LogLevel warn\n"
    "DocumentRoot /run\n"
    "<Location /rehearsal>\nSetHandler rehearsal\n</Location>\n"
    "User www-data\n"
    "Group www-data\n";
static const char module_conf[] = "LoadModule understudy_module %s/mod_understudy.so\n"
                                  "UnderstudyControl /run/control\n";
/* clang-format on */

static bool write_httpd(struct house *self, unsigned index)
{
    const struct config *config = self->config;
    const struct tcp_address *service = &self->service;
    char text[CONFIG_ROOM], replication[400] = "";
    long long workers = config->server.workers;
    if (self->scheme->message_path)
        snprintf(replication, sizeof replication, module_conf, self->modules);
    int size =
        snprintf(text, sizeof text, httpd_conf, service->ip >> 24, service->ip >> 16 & 255,
                 service->ip >> 8 & 255, service->ip & 255, service->port,
                 (long long)config->server.backlog, self->modules, index, replication, workers,
                 workers, workers, (long long)(config->server.keep_alive_ns / 1000000000));
    if (size >= (int)sizeof text)
        return house_fail(self, "httpd.conf does not fit into %d bytes", CONFIG_ROOM);
    return machine_write(&self->servers[index].machine, "httpd.conf", text) ||
           house_fail(self, "%s: httpd.conf: %s", house_server_names[index], strerror(errno));
}

bool house_draw_key(struct house *self)
{
    unsigned char bytes[16];
    if (getentropy(bytes, sizeof bytes) != 0)
        return house_fail(self, "no random key: %s", strerror(errno));
    for (unsigned i = 0; i < sizeof bytes; i++)
        snprintf(self->key + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

static bool write_key(struct house *self, unsigned index)
{
    return machine_write(&self->servers[index].machine, "key", self->key) ||
           house_fail(self, "%s: key: %s", house_server_names[index], strerror(errno));
}

bool house_start_httpd(struct house *self, unsigned index)
{
    struct house_server *server = &self->servers[index];
    const char *const argv[] = {"apache2", "-f", "/run/httpd.conf", NULL};
    const int keep[] = {self->journal, self->trap_file, -1};
    if (!write_httpd(self, index))
        return false;
    return machine_spawn(&server->machine, server->log, keep, argv) ||
           house_fail(self, "%s: apache2 does not start (install apache2-bin)",
                      house_server_names[index]);
}

struct words {
    char text[2000];
    size_t used;
    const char *argv[MACHINE_ARGUMENTS_MAX + 1];
    unsigned count;
};

static void add_word(struct words *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_word(struct words *self, const char *format, ...)
{
    va_list arguments;
    char *word = self->text + self->used;
    va_start(arguments, format);
    self->used += (size_t)vsnprintf(word, sizeof self->text - self->used, format, arguments) + 1;
    va_end(arguments);
    self->argv[self->count++] = word;
}

/* Parameters of the config, as understudyd names them (milliseconds, megabytes). */
static void add_replication(struct words *words, const struct config *config)
{
    add_word(words, "--heartbeat=%.6f", (double)config->replication.heartbeat_ns / 1e6);
    add_word(words, "--timeout=%.6f", (double)config->replication.timeout_ns / 1e6);
    add_word(words, "--lease=%.6f", (double)config->replication.lease_ns / 1e6);
    add_word(words, "--log-timeout=%.6f", (double)config->replication.log_timeout_ns / 1e6);
    add_word(words, "--log-bytes=%.6f", (double)config->replication.log_bytes / 1e6);
    add_word(words, "--body-bytes=%.6f", (double)config->replication.body_bytes / 1e6);
    add_word(words, "--log-cut=%s",
             config->replication.log_policy == FT_LOG_CUT_STOP ? "stop" : "simplex");
    if (!config->replication.ack_gate)
        add_word(words, "--no-ack-gate");
}

static void add_places(struct words *words, const struct house *self, unsigned index)
{
    unsigned own = index + 1, peer = 2 - index;
    add_word(words, "--host=%u", index);
    if (self->server_count == 1)
        add_word(words, "--alone");
    add_word(words, "--interface=eth0");
    add_word(words, "--service=10.0.0.%u:%u", self->service.ip & 255, self->service.port);
    add_word(words, "--own=10.0.0.%u", own);
    add_word(words, "--peer=10.0.0.%u", peer);
    if (self->scheme->log == LOG_OWN_LAN) {
        add_word(words, "--own-log=10.0.1.%u", own);
        add_word(words, "--peer-log=10.0.1.%u", peer);
    }
    add_word(words, "--key=/run/key");
    add_word(words, "--control=/run/control");
}

bool house_start_daemon(struct house *self, unsigned index, const char *options)
{
    struct house_server *server = &self->servers[index];
    struct words words = {.used = 0};
    add_word(&words, "%s/understudyd", self->modules);
    add_places(&words, self, index);
    add_replication(&words, self->config);
    for (size_t size; options != NULL && *options != '\0';
         options += size + (options[size] == ' ')) {
        size = strcspn(options, " ");
        add_word(&words, "%.*s", (int)size, options);
    }
    if (!write_key(self, index))
        return false;
    if (!machine_spawn(&server->machine, server->log, NULL, words.argv))
        return house_fail(self, "%s: understudyd does not start", house_server_names[index]);
    return house_await_daemon(self, index);
}

bool house_replace_daemon(struct house *self, unsigned index, const char *options)
{
    struct machine *machine = &self->servers[index].machine;
    machine_signal(machine, "understudyd", SIGKILL);
    for (unsigned i = 0; i < HOUSE_TRIES && machine_signal(machine, "understudyd", 0) > 0; i++)
        usleep(HOUSE_STEP_US); /* it has its addresses until it has ended */
    return house_start_daemon(self, index, options);
}
