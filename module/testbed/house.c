/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * house - built with iproute2 inside the machines; configuration files are written into their /run.
 */
#include "module/testbed/house.h"

#include "module/testbed/parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Some super-packets of 64 KB from each of many senders at once. */
enum { QUEUE_LEAST_BYTES = 4 << 20 };
enum { READY_TRIES = 500, READY_STEP_US = 10000, CONFIG_ROOM = 6000, RTO_MARGIN_US = 5000 };
enum { LOG_PORT = 7080 }; /* of understudyd */

static const char *const server_names[HOUSE_SERVERS] = {"primary", "backup"};

static bool fail(struct house *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct house *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(self->error, sizeof self->error, format, arguments);
    va_end(arguments);
    return false;
}

/* --- what there must be ------------------------------------------------------------------------------------------ */

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

/* Without them nothing stands in the packets' way. */
static bool needs_wiring(const struct config *config)
{
    return config->fault_count > 0 || config->network.impairment.loss > 0 ||
           config->network.impairment.duplicate > 0;
}

static bool counts_segments(const struct config *config)
{
    for (size_t i = 0; i < config->fault_count; i++) {
        if (config->faults[i].when == NOTICE_REPLY_SEGMENT_SENT)
            return true;
    }
    return false;
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
    return fail(self, "no apache2 in PATH (install apache2-bin)");
}

static bool is_root(struct house *self)
{
    return geteuid() == 0 || fail(self, "namespaces and eBPF need root (run as root)");
}

static bool find_modules(struct house *self)
{
    return parts_folder(self->modules, sizeof self->modules) ||
           fail(self, "%s lacks what runs for real: `make module` builds it", self->modules);
}

/* --- machines and cables ----------------------------------------------------------------------------------------- */

static bool start_machine(struct house *self, struct machine *machine, const char *name)
{
    if (!machine_start(machine, name))
        return fail(self, "no machine can be made of namespaces: %s (run as root)",
                    strerror(errno));
    return machine_net(machine, -1, "ip link set lo up") == 0 ||
           fail(self, "%s: `ip` does not work there (install iproute2)", name);
}

/* Both ends of a cable send at its rate; what waits is bounded as in the scenario, but a whole super-packet must fit. */
static bool shape(struct house *self, struct machine *machine, const char *interface, int64_t rate)
{
    int64_t queue = self->config->network.queue_bytes;
    if (rate == 0)
        return true; /* as fast as it goes */
    if (queue < QUEUE_LEAST_BYTES)
        queue = QUEUE_LEAST_BYTES;
    return machine_net(machine, -1,
                       "tc qdisc add dev %s root tbf rate %lldbit burst 262144 limit %lld",
                       interface, (long long)rate, (long long)queue) == 0;
}

static uint32_t chance(double probability)
{
    return probability < 1 ? (uint32_t)(probability * 0x1p32) : UINT32_MAX;
}

/* The log's LAN has no impairment of its own. */
static bool wire(struct house *self, const char *port, unsigned number)
{
    if (!wiring_attach(&self->wiring, port, number))
        return false;
    struct cable *cable = &self->wiring.memory->cables[number];
    if (number < CABLE_LOG) {
        cable->loss = chance(self->config->network.impairment.loss);
        cable->duplicate = chance(self->config->network.impairment.duplicate);
    }
    return true;
}

/* A cable from a machine's interface to a bridge of the exchange, whose end is called after the machine. */
static bool cable(struct house *self, struct machine *machine, const char *interface,
                  const char *bridge, uint32_t ip, unsigned number)
{
    char port[MACHINE_NAME_MAX];
    snprintf(port, sizeof port, "%.7s-%.4s", machine->name, interface);
    bool made =
        machine_net(
            &self->exchange, -1,
            "ip link add %s type veth peer name %s address 02:00:%02x:%02x:%02x:%02x netns %d",
            port, interface, ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255,
            machine->init) == 0 &&
        machine_net(&self->exchange, -1, "ip link set %s master %s up", port, bridge) == 0 &&
        machine_net(machine, -1, "ip addr add %u.%u.%u.%u/24 dev %s", ip >> 24, ip >> 16 & 255,
                    ip >> 8 & 255, ip & 255, interface) == 0 &&
        machine_net(machine, -1, "ip link set %s up", interface) == 0;
    if (!made)
        return fail(
            self, "%s: a veth cable could not be made (is the kernel built with VETH and BRIDGE?)",
            machine->name);
    if (counts_segments(self->config) &&
        machine_net(machine, -1, "ip link set dev %s gso_max_segs 1", interface) != 0)
        return fail(self, "%s: segments cannot be sent one by one", machine->name);
    if (self->wiring.memory != NULL && !wire(self, port, number))
        return fail(self, "%s: no TC programs (is the kernel built with NET_CLS_BPF?)", port);
    int64_t rate =
        number < CABLE_LOG ? self->config->network.rate_bps : self->config->log_network.rate_bps;
    return (shape(self, machine, interface, rate) && shape(self, &self->exchange, port, rate)) ||
           fail(self, "%s: no rate limit (is the kernel built with NET_SCH_TBF?)", machine->name);
}

static bool open_wiring(struct house *self)
{
    char program[PATH_MAX];
    if (!needs_wiring(self->config))
        return true;
    snprintf(program, sizeof program, "%s/understudy-cables", self->modules);
    if (!wiring_open(&self->wiring, &self->exchange, program, STDERR_FILENO))
        return fail(self,
                    "%s does not load its TC programs (`make module` builds it; it needs Linux 6.9 "
                    "with BTF)",
                    program);
    struct cables_memory *memory = self->wiring.memory;
    memory->service_ip = htonl(self->service.ip);
    memory->service_port = self->service.port;
    memory->log_port = LOG_PORT;
    return true;
}

static bool build_exchange(struct house *self)
{
    return start_machine(self, &self->exchange, "exchange") && open_wiring(self) &&
           ((machine_net(&self->exchange, -1, "ip link add service type bridge") == 0 &&
             machine_net(&self->exchange, -1, "ip link set service up") == 0 &&
             machine_net(&self->exchange, -1, "ip link add log type bridge") == 0 &&
             machine_net(&self->exchange, -1, "ip link set log up") == 0) ||
            fail(self, "no bridge can be made (is the kernel built with BRIDGE?)"));
}

/* What the packet path asks of a server's TCP (core/ft_isn.h), and retransmissions that come soon after a takeover: if the backup's
 * timer fires before it, in vain, the next time is twice as far; so its least is a little more than the time-out of heartbeats, and
 * tail loss probes, which push it back, are off. A connection that was created without a handshake has no round trip yet, and
 * then Linux waits 3 s for the first acknowledgement of data (tcp_init_metrics(): TCP_TIMEOUT_FALLBACK), but no longer than the
 * largest time-out; module/httpd/hold.c says how that is kept rare. */
static bool tune(struct house *self, struct machine *machine)
{
    static const char settings[] =
        "net.ipv4.tcp_timestamps=0 net.ipv4.tcp_ecn=0 net.ipv4.tcp_early_retrans=0 "
        "net.ipv4.tcp_rto_max_ms=1000 net.ipv4.conf.all.arp_ignore=1 "
        "net.ipv4.conf.all.arp_announce=2 net.ipv4.conf.all.rp_filter=0 "
        "net.ipv4.conf.eth0.rp_filter=0 net.core.somaxconn=4096 net.ipv4.tcp_max_syn_backlog=4096";
    long long rto_us = self->config->replication.timeout_ns / 1000 + RTO_MARGIN_US;
    return machine_net(machine, -1, "sysctl -qw %s net.ipv4.tcp_rto_min_us=%lld", settings,
                       rto_us) == 0 ||
           fail(self, "the kernel has not all of %s net.ipv4.tcp_rto_min_us (Linux 6.15 has)",
                settings);
}

static bool build_server(struct house *self, unsigned index)
{
    struct house_server *server = &self->servers[index];
    server->ip = 10 << 24 | (index + 1);
    if (!start_machine(self, &server->machine, server_names[index]) ||
        !cable(self, &server->machine, "eth0", "service", server->ip, CABLE_SERVICE + index))
        return false;
    if (self->scheme->log == LOG_OWN_LAN &&
        !cable(self, &server->machine, "eth1", "log", 10 << 24 | 1 << 8 | (index + 1),
               CABLE_LOG + index))
        return false;
    if (!tune(self, &server->machine))
        return false;
    server->log = getenv("UNDERSTUDY_DEBUG") != NULL
                      ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
                      : machine_open(&server->machine, "log", O_RDWR | O_CREAT | O_APPEND);
    return server->log >= 0 ||
           fail(self, "%s: no file can be made in its /run", server->machine.name);
}

/* --- configuration ----------------------------------------------------------------------------------------------- */

static bool write_httpd(struct house *self, unsigned index)
{
    const struct config *config = self->config;
    char text[CONFIG_ROOM], replication[400] = "";
    if (self->scheme->message_path)
        snprintf(
            replication, sizeof replication,
            "LoadModule understudy_module %s/mod_understudy.so\nUnderstudyControl /run/control\n",
            self->modules);
    long long workers = config->server.workers;
    int size = snprintf(
        text, sizeof text,
        "ServerRoot /run\nPidFile /run/httpd.pid\nServerName service\nListen %u.%u.%u.%u:%u\n"
        "ListenBacklog %lld\n"
        "LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n"
        "LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n"
        "LoadModule rehearsal_module %s/mod_rehearsal.so\nRehearsalJournal 3\nRehearsalTrap "
        "4\nRehearsalHost %u\n%s"
        "ServerLimit 1\nStartServers 1\nThreadLimit %lld\nThreadsPerChild %lld\n"
        "MaxRequestWorkers %lld\nMaxConnectionsPerChild 0\nMaxKeepAliveRequests 0\n"
        "KeepAliveTimeout %lld\nTimeout 600\nErrorLog /run/error\nLogLevel warn\n"
        "DocumentRoot /run\n<Location /rehearsal>\nSetHandler rehearsal\n</Location>\n"
        "User www-data\nGroup www-data\n",
        self->service.ip >> 24, self->service.ip >> 16 & 255, self->service.ip >> 8 & 255,
        self->service.ip & 255, self->service.port, (long long)config->server.backlog,
        self->modules, index, replication, workers, workers, workers,
        (long long)(config->server.keep_alive_ns / 1000000000));
    return size < (int)sizeof text &&
           (machine_write(&self->servers[index].machine, "httpd.conf", text) ||
            fail(self, "%s: httpd.conf: %s", server_names[index], strerror(errno)));
}

static bool draw_key(struct house *self)
{
    unsigned char bytes[16];
    if (getentropy(bytes, sizeof bytes) != 0)
        return fail(self, "no random key: %s", strerror(errno));
    for (unsigned i = 0; i < sizeof bytes; i++)
        snprintf(self->key + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

static bool write_key(struct house *self, unsigned index)
{
    return machine_write(&self->servers[index].machine, "key", self->key) ||
           fail(self, "%s: key: %s", server_names[index], strerror(errno));
}

/* --- programs ---------------------------------------------------------------------------------------------------- */

static bool start_httpd(struct house *self, unsigned index)
{
    struct house_server *server = &self->servers[index];
    const char *const argv[] = {"apache2", "-f", "/run/httpd.conf", NULL};
    const int keep[] = {self->journal, self->trap_file, -1};
    return machine_spawn(&server->machine, server->log, keep, argv) ||
           fail(self, "%s: apache2 does not start (install apache2-bin)", server_names[index]);
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

/* `options`: more of them, between blanks, or NULL. */
static bool start_daemon(struct house *self, unsigned index, const char *options)
{
    const struct config *config = self->config;
    struct house_server *server = &self->servers[index];
    bool alone = self->server_count == 1;
    unsigned peer = 1 - index;
    struct words words = {.used = 0};
    add_word(&words, "%s/understudyd", self->modules);
    add_word(&words, "--host=%u", index);
    if (alone)
        add_word(&words, "--alone");
    add_word(&words, "--interface=eth0");
    add_word(&words, "--service=10.0.0.%u:%u", self->service.ip & 255, self->service.port);
    add_word(&words, "--own=10.0.0.%u", index + 1);
    add_word(&words, "--peer=10.0.0.%u", peer + 1);
    if (self->scheme->log == LOG_OWN_LAN) {
        add_word(&words, "--own-log=10.0.1.%u", index + 1);
        add_word(&words, "--peer-log=10.0.1.%u", peer + 1);
    }
    add_word(&words, "--key=/run/key");
    add_word(&words, "--control=/run/control");
    add_word(&words, "--heartbeat=%.6f", (double)config->replication.heartbeat_ns / 1e6);
    add_word(&words, "--timeout=%.6f", (double)config->replication.timeout_ns / 1e6);
    add_word(&words, "--lease=%.6f", (double)config->replication.lease_ns / 1e6);
    add_word(&words, "--log-timeout=%.6f", (double)config->replication.log_timeout_ns / 1e6);
    add_word(&words, "--log-bytes=%.6f", (double)config->replication.log_bytes / 1e6);
    add_word(&words, "--body-bytes=%.6f", (double)config->replication.body_bytes / 1e6);
    add_word(&words, "--log-cut=%s",
             config->replication.log_policy == FT_LOG_CUT_STOP ? "stop" : "simplex");
    if (!config->replication.ack_gate)
        add_word(&words, "--no-ack-gate");
    for (size_t size; options != NULL && *options != '\0';
         options += size + (options[size] == ' ')) {
        size = strcspn(options, " ");
        add_word(&words, "%.*s", (int)size, options);
    }
    return machine_spawn(&server->machine, server->log, NULL, words.argv) ||
           fail(self, "%s: understudyd does not start", server_names[index]);
}

/* --- ready ------------------------------------------------------------------------------------------------------- */

/* A descriptor of the machine's /run that stays valid if the machine is built anew meanwhile; -1: there is none. */
static int look_into(struct house *self, unsigned index)
{
    struct house_server *server = &self->servers[index];
    pthread_mutex_lock(&self->lock);
    int run = server->present ? fcntl(server->machine.run, F_DUPFD_CLOEXEC, 3) : -1;
    pthread_mutex_unlock(&self->lock);
    return run;
}

static void set_present(struct house *self, unsigned index, bool present)
{
    pthread_mutex_lock(&self->lock);
    self->servers[index].present = present;
    pthread_mutex_unlock(&self->lock);
}

bool house_status(struct house *self, unsigned index, char *out, size_t room)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    int run = look_into(self, index);
    snprintf(path.sun_path, sizeof path.sun_path, "/proc/self/fd/%d/control", run);
    int daemon = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_usec = 200000};
    setsockopt(daemon, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t got = -1;
    if (run >= 0 && connect(daemon, (struct sockaddr *)&path, sizeof path) == 0 &&
        send(daemon, "?", 1, MSG_NOSIGNAL) == 1)
        got = recv(daemon, out, room - 1, 0);
    out[got > 0 ? got : 0] = '\0';
    close(daemon);
    if (run >= 0)
        close(run);
    return got > 0;
}

enum ft_role house_role(struct house *self, unsigned index, char *status, size_t room)
{
    static const char *const names[] = {"out", "primary", "backup", "solo", NULL};
    char text[32];
    status[0] = '\0';
    if (!self->scheme->packet_path && self->servers[index].present)
        return FT_ROLE_SOLO;
    if (!house_status(self, index, status, room))
        return FT_ROLE_OUT;
    for (int role = 0; names[role] != NULL; role++) {
        snprintf(text, sizeof text, "\"role\":\"%s\"", names[role]);
        if (strstr(status, text) != NULL)
            return (enum ft_role)role;
    }
    return FT_ROLE_OUT;
}

static bool server_is_ready(struct house *self, unsigned index)
{
    char status[8192];
    enum ft_role wanted = self->server_count == 1 ? FT_ROLE_SOLO
                          : index == 0            ? FT_ROLE_PRIMARY
                                                  : FT_ROLE_BACKUP;
    if (self->scheme->packet_path)
        return house_role(self, index, status, sizeof status) == wanted &&
               strstr(status, "\"channel\":true") != NULL;
    int pid = machine_open(&self->servers[index].machine, "httpd.pid", O_RDONLY);
    if (pid >= 0)
        close(pid);
    return pid >= 0;
}

static void tell_log(struct house *self, unsigned index)
{
    char text[8192] = "";
    if (house_status(self, index, text, sizeof text))
        fprintf(stderr, "%s is:\n%s\n", server_names[index], text);
    memset(text, 0, sizeof text);
    ssize_t got = pread(self->servers[index].log, text, sizeof text - 1, 0);
    if (got > 0)
        fprintf(stderr, "%s said:\n%s\n", server_names[index], text);
    int file = machine_open(&self->servers[index].machine, "error", O_RDONLY);
    got = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (got > 0)
        fprintf(stderr, "%.*s\n", (int)got, text);
    if (file >= 0)
        close(file);
}

static bool await_ready(struct house *self)
{
    for (unsigned i = 0; i < self->server_count; i++) {
        unsigned tries = 0;
        while (!server_is_ready(self, i) && tries < READY_TRIES) {
            usleep(READY_STEP_US);
            tries++;
        }
        if (tries == READY_TRIES) {
            tell_log(self, i);
            return fail(self, "%s does not get ready (see above what its programs say)",
                        server_names[i]);
        }
    }
    return true;
}

/* A daemon that answers has set the service's address, which the server binds. */
static bool await_daemon(struct house *self, unsigned index)
{
    char status[8192];
    for (unsigned i = 0; i < READY_TRIES; i++) {
        if (house_status(self, index, status, sizeof status))
            return true;
        usleep(READY_STEP_US);
    }
    tell_log(self, index);
    return fail(self, "%s: understudyd does not answer (see above)", server_names[index]);
}

static bool start_server(struct house *self, unsigned index)
{
    struct house_server *server = &self->servers[index];
    set_present(self, index, true);
    if (!write_key(self, index) || !write_httpd(self, index))
        return false;
    if (self->scheme->packet_path)
        return start_daemon(self, index, NULL) && await_daemon(self, index) &&
               start_httpd(self, index);
    return (machine_net(&server->machine, -1, "ip addr add 10.0.0.%u/32 dev eth0",
                        self->service.ip & 255) == 0 ||
            fail(self, "the service's address cannot be set")) &&
           start_httpd(self, index);
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

/* Memory that the servers share with us. */
static bool set_trap(struct house *self)
{
    self->trap_file = memfd_create("trap", MFD_CLOEXEC);
    if (self->trap_file < 0 || ftruncate(self->trap_file, sizeof *self->trap) != 0)
        return fail(self, "no memory to share: %s", strerror(errno));
    void *memory =
        mmap(NULL, sizeof *self->trap, PROT_READ | PROT_WRITE, MAP_SHARED, self->trap_file, 0);
    self->trap = memory != MAP_FAILED ? memory : NULL;
    return self->trap != NULL || fail(self, "no memory to share: %s", strerror(errno));
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
        !build_exchange(self) || !start_machine(self, &self->client, "client") ||
        !cable(self, &self->client, "eth0", "service", 10 << 24 | 11, CABLE_CLIENT))
        return false;
    for (unsigned i = 0; i < self->server_count; i++) {
        if (!build_server(self, i))
            return false;
    }
    if (!draw_key(self))
        return false;
    for (unsigned i = self->server_count; i-- > 0;) {
        if (!start_server(self, i))
            return false;
    }
    return await_ready(self);
}

void house_crash(struct house *self, unsigned index)
{
    if (self->wiring.memory != NULL) {
        self->wiring.memory->cables[CABLE_SERVICE + index].cut = 1;
        self->wiring.memory->cables[CABLE_LOG + index].cut = 1;
    }
    set_present(self, index, false);
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
    set_present(self, index, false);
    machine_stop(&server->machine, false);
    if (server->log > 0)
        close(server->log);
    /* The kernel takes the dead machine's cables out when it gets round to it. */
    machine_net(&self->exchange, -1, "ip link del %.7s-eth0", server_names[index]);
    if (self->scheme->log == LOG_OWN_LAN)
        machine_net(&self->exchange, -1, "ip link del %.7s-eth1", server_names[index]);
    return build_server(self, index) && start_server(self, index);
}

bool house_restart(struct house *self, unsigned index)
{
    struct house_server *server = &self->servers[index];
    server->killed = false;
    if (!server->machine.alive)
        return rebuild(self, index);
    unlinkat(server->machine.run, "httpd.pid", 0);
    return start_httpd(self, index);
}

bool house_replace_daemon(struct house *self, unsigned index, const char *options)
{
    struct machine *machine = &self->servers[index].machine;
    machine_signal(machine, "understudyd", SIGKILL);
    for (unsigned i = 0; i < READY_TRIES && machine_signal(machine, "understudyd", 0) > 0; i++)
        usleep(READY_STEP_US); /* it has its addresses until it has ended */
    return start_daemon(self, index, options) && await_daemon(self, index);
}

void house_close(struct house *self)
{
    for (unsigned i = 0; i < self->server_count && getenv("UNDERSTUDY_DEBUG") != NULL; i++)
        tell_log(self, i);
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
