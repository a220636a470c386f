/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server - the software of a server host: put on it, told of its role, taken off it.
 */
#include "models/world_state.h"

#include "core/ft_plant.h"

enum { BEHIND_PORT = 8080 };

const struct ft_key server_key = {{0x756e646572737475, 0x6479207365727669}};

struct server *world_server_of(struct world *world, const struct host *host)
{
    for (unsigned i = 0; i < world->server_count; i++) {
        if (&world->servers[i].host == host)
            return &world->servers[i];
    }
    return NULL;
}

static struct server *with_role(struct world *world, enum ft_role one, enum ft_role other)
{
    for (unsigned i = 0; i < world->server_count; i++) {
        struct server *server = &world->servers[i];
        if (server->host.alive && (server->role == one || server->role == other))
            return server;
    }
    return NULL;
}

struct server *world_speaker(struct world *world)
{
    return with_role(world, FT_ROLE_PRIMARY, FT_ROLE_SOLO);
}

struct server *world_backup(struct world *world)
{
    return with_role(world, FT_ROLE_BACKUP, FT_ROLE_BACKUP);
}

static struct world *world_of(struct server *self)
{
    return container_of(self->host.simulation, struct world, simulation);
}

/* --- roles ------------------------------------------------------------------------------------------------------ */

static void kick(struct tcp_socket *socket, void *context)
{
    struct tcp_facts facts;
    tcp_facts(socket, &facts);
    if (facts.local.ip == *(const uint32_t *)context)
        tcp_kick(socket);
}

static void role_changed(void *context, enum ft_role role, uint64_t view)
{
    struct server *self = context;
    self->role = role;
    self->host.view = view;
    NOTICE(self->host.notices, .kind = NOTICE_ROLE, .host = &self->host, .value = role,
           .limit = view);
    if (self->kernel_path != NULL)
        kernel_path_set_role(self->kernel_path, role, view);
    if (role == FT_ROLE_OUT) {
        server_retire(world_of(self), self);
        return;
    }
    if (self->message_path != NULL)
        message_path_set_role(self->message_path, role, view);
    if (role == FT_ROLE_SOLO && !ft_planted(FT_PLANT_NO_KICK))
        tcp_each(self->host.tcp, kick, &self->host.service_ip);
}

/* --- on and off ------------------------------------------------------------------------------------------------- */

/* Reached by nobody but the proxy in front of it, which also says how long idle connections stay. */
static void install_behind(struct world *world, struct server *self)
{
    struct server_settings settings = world->config->server;
    struct tcp_address address = {.ip = HOST_LOOPBACK_IP, .port = BEHIND_PORT};
    settings.keep_alive_ns = 0;
    self->behind = apache_new(&settings, &self->host, address, world->exchanges, &world->notices);
    apache_serve_proxy(self->behind);
    apache_start(self->behind);
    apache_relay_to(self->apache, address);
}

static void install_message_path(struct world *world, struct server *self, enum ft_role role)
{
    enum host_network network = world->scheme->log == LOG_OWN_LAN ? NETWORK_LOG : NETWORK_SERVICE;
    struct message_settings settings = {
        .log_bytes = world->config->replication.log_bytes,
        .fragment_bytes = world->config->replication.fragment_bytes,
        .key = server_key,
        .packet_path = self->kernel_path,
        .own_ip = self->host.nics[network].ip,
    };
    for (unsigned i = 0; i < world->server_count; i++) {
        if (&world->servers[i] != self)
            settings.peer_ip = world->servers[i].host.nics[network].ip;
    }
    self->message_path = message_path_new(&settings, self->apache, role, self->host.view);
    apache_install(self->apache, self->message_path);
}

static void install_kernel_path(struct world *world, struct server *self, enum ft_role role)
{
    struct kernel_path_settings settings = {
        .key = server_key,
        .service = world->service,
        .ack_gate = world->config->replication.ack_gate,
        .user_level = world->scheme->packet_path == LEVEL_USER,
        .tcp = &world->tcp,
        .day_ns = world->config->clocks.day_ns,
    };
    for (unsigned i = 0; i < world->server_count; i++) {
        if (&world->servers[i] != self)
            settings.peer_mac = world->servers[i].host.nics[NETWORK_SERVICE].mac;
    }
    self->kernel_path = kernel_path_new(&settings, &self->host, role, self->host.view);
}

static void install_replica(struct world *world, struct server *self, enum ft_role role)
{
    unsigned index = (unsigned)(self - world->servers), other = 1 - index;
    struct replica_settings settings = {
        .group =
            {
                .heartbeat_ns = world->config->replication.heartbeat_ns,
                .timeout_ns = world->config->replication.timeout_ns,
                .lease_ns = world->config->replication.lease_ns,
                .log_policy = (enum ft_log_policy)world->config->replication.log_policy,
                .self = (uint8_t)index,
                .peer = (uint8_t)other,
                .incarnation = ++world->incarnations,
                .key = server_key,
                .networks = world->log_lan != NULL ? 2 : 1,
            },
        .log_timeout_ns = world->config->replication.log_timeout_ns,
        .peer_ip = {world->servers[other].host.nics[NETWORK_SERVICE].ip,
                    world->servers[other].host.nics[NETWORK_LOG].ip},
        .changed = role_changed,
        .context = self,
    };
    self->replica = replica_new(&settings, &self->host, self->kernel_path, self->message_path, role,
                                self->host.view);
}

void server_start(struct world *world, struct server *self, enum ft_role role)
{
    const struct scheme *scheme = world->scheme;
    self->role = role;
    self->host.serves = true;
    self->host.service_ip = world->service.ip;
    self->host.view = role == FT_ROLE_OUT ? 0 : 1;
    NOTICE(&world->notices, .kind = NOTICE_ROLE, .host = &self->host, .value = role,
           .limit = self->host.view);
    self->apache = apache_new(&world->config->server, &self->host, world->service, world->exchanges,
                              &world->notices);
    if (scheme->proxies)
        install_behind(world, self);
    apache_start(self->apache);
    if (scheme->packet_path != LEVEL_NONE)
        install_kernel_path(world, self, role);
    if (scheme->message_path)
        install_message_path(world, self, role);
    if (scheme->servers > 1)
        install_replica(world, self, role);
}

static void uninstall_server(struct server *self)
{
    if (self->message_path != NULL)
        message_path_free(self->message_path);
    if (self->apache != NULL)
        apache_free(self->apache);
    if (self->behind != NULL)
        apache_free(self->behind);
    self->message_path = NULL;
    self->apache = self->behind = NULL;
}

static void uninstall(struct server *self)
{
    if (self->replica != NULL)
        replica_free(self->replica);
    self->replica = NULL;
    uninstall_server(self);
}

void server_crash(struct world *world, struct server *self)
{
    (void)world;
    host_crash(&self->host);
    self->role = FT_ROLE_OUT;
    uninstall(self);
    if (self->kernel_path != NULL)
        kernel_path_free(self->kernel_path);
    self->kernel_path = NULL;
}

/* The packet path stays and keeps the host silent. What waits for the CPU would still touch the software that goes, so the
 * CPU is emptied as well. */
void server_retire(struct world *world, struct server *self)
{
    (void)world;
    cpu_halt(&self->host.cpu);
    tcp_stack_crash(self->host.tcp);
    self->host.udp = NULL;
    self->role = FT_ROLE_OUT;
    uninstall(self);
}

/* What Linux does with the sockets of a process that ends: a reset if bytes of the peer are unread, else FIN behind what is
 * queued (tcp_close()). */
static void let_go(struct tcp_socket *socket, void *context)
{
    (void)context;
    tcp_set_owner(socket, NULL, NULL);
    if (tcp_receivable(socket) > 0)
        tcp_abort(socket);
    else
        tcp_close(socket);
}

/* What waits for the CPU would still touch the software that goes, so the CPU is emptied: packets in it are lost. */
void server_kill(struct world *world, struct server *self)
{
    if (self == NULL || !self->host.alive || self->apache == NULL)
        return;
    stage_gone(&world->stage, &self->host);
    cpu_halt(&self->host.cpu);
    tcp_each(self->host.tcp, let_go, NULL);
    if (self->kernel_path != NULL)
        kernel_path_set_listening(self->kernel_path, false);
    if (self->replica != NULL)
        replica_server_gone(self->replica);
    uninstall_server(self);
}
