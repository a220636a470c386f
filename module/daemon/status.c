/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * status - what a host is and has been doing, as one JSON object; and the program that asks for it.
 */
#include "core/ft_reason_name.h"
#include "module/daemon/daemon.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { STATUS_MAX = 8192 };

struct text {
    char *at;
    size_t left;
};

static void put(struct text *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(self->at, self->left, format, arguments);
    va_end(arguments);
    size_t used = (size_t)size < self->left ? (size_t)size : self->left;
    self->at += used;
    self->left -= used;
}

static void put_reasons(struct text *text, const struct daemon *self)
{
    uint64_t counts[FT_REASONS];
    const char *comma = "";
    datapath_counts(&self->datapath, counts);
    put(text, ",\"reasons\":{");
    for (unsigned i = 0; i < FT_REASONS; i++) {
        if (counts[i] == 0)
            continue;
        put(text, "%s\"%s\":%llu", comma, ft_reason_texts[i].name, (unsigned long long)counts[i]);
        comma = ",";
    }
    put(text, "}");
}

/* What the packet path goes by, asked of the kernel. */
static void put_packet_path(struct text *text, const struct daemon *self)
{
    struct understudy_config config;
    datapath_ask(&self->datapath, &config);
    put(text,
        ",\"packet_path\":{\"counter\":%u,\"listens\":%u,\"peer_listens\":%u,\"table_full\":%u,"
        "\"flows\":%u,"
        "\"own_mac\":\"" MAC_FORMAT "\",\"peer_mac\":\"" MAC_FORMAT "\"}",
        config.host.counter, config.host.listening, config.host.peer_listening,
        config.host.table_full, self->datapath.flows, MAC_PARTS(config.own_mac),
        MAC_PARTS(config.peer_mac));
}

static void put_peer(struct text *text, const struct ft_group *group)
{
    put(text,
        ",\"peer\":{\"timeout_ms\":%.3f,\"log_bytes\":%llu,\"full\":%s,\"refused\":%s,\"refuses_"
        "us\":%s}",
        (double)group->peer_timeout_ns / 1e6, (unsigned long long)group->peer_log_bytes,
        group->peer_full ? "true" : "false", group->refuses ? "true" : "false",
        group->refused_by_peer ? "true" : "false");
}

static void put_server(struct text *text, const struct link_report *report)
{
    put(text,
        ",\"server\":{\"channel\":%s,\"view\":%llu,\"log_bytes\":%llu,\"body_bytes\":%llu,"
        "\"stuck_ms\":%.1f,\"logged\":%llu,\"replayed\":%llu,\"executed\":%llu,"
        "\"unprotected\":%llu,\"bodies_refused\":%llu,\"left\":%llu,\"refused\":%llu}",
        report->channel ? "true" : "false", (unsigned long long)report->view,
        (unsigned long long)report->log_bytes, (unsigned long long)report->body_bytes,
        (double)report->stuck_ns / 1e6, (unsigned long long)report->logged,
        (unsigned long long)report->replayed, (unsigned long long)report->executed,
        (unsigned long long)report->unprotected, (unsigned long long)report->bodies_refused,
        (unsigned long long)report->left, (unsigned long long)report->refused);
}

size_t daemon_status(const struct daemon *self, char *room, size_t size)
{
    static const char *const roles[] = {"out", "primary", "backup", "solo"};
    struct text text = {.at = room, .left = size};
    const struct daemon_client *server = daemon_server(self);
    int64_t now_ns = daemon_now_ns();
    put(&text,
        "{\"role\":\"%s\",\"view\":%llu,\"started\":%s,\"server_listens\":%s,\"peer_known\":%s,"
        "\"stranded\":%s,\"silence_ms\":%.1f,\"lease_left_ms\":%.1f,\"role_changes\":%llu,\"in_"
        "role_s\":%.3f,"
        "\"heartbeats_out\":%llu,\"heartbeats_in\":%llu,\"strangers\":%llu,\"lives\":%llu,"
        "\"buried\":%llu,\"heartbeats_refused\":%llu,\"forgeries_told\":%llu",
        roles[self->group.role], (unsigned long long)self->group.view,
        self->started ? "true" : "false", server != NULL ? "true" : "false",
        self->peer_known ? "true" : "false", ft_group_stranded(&self->group) ? "true" : "false",
        (double)self->group.detect.silence_ns / 1e6,
        (double)(ft_group_speak_until_ns(&self->group) - now_ns) / 1e6,
        (unsigned long long)self->role_changes, (double)(now_ns - self->changed_ns) / 1e9,
        (unsigned long long)self->heartbeats_out, (unsigned long long)self->heartbeats_in,
        (unsigned long long)self->strangers, (unsigned long long)self->lives,
        (unsigned long long)self->buried, (unsigned long long)daemon_heartbeats_refused(self),
        (unsigned long long)self->forgeries_told);
    if (server != NULL)
        put_server(&text, &server->report);
    put_peer(&text, &self->group);
    put_packet_path(&text, self);
    put_reasons(&text, self);
    put(&text, "}\n");
    return (size_t)(text.at - room);
}

int status_main(const char *control_path)
{
    char text[STATUS_MAX];
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    strncpy(path.sun_path, control_path, sizeof path.sun_path - 1);
    int daemon = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connect(daemon, (struct sockaddr *)&path, sizeof path) != 0 ||
        send(daemon, "?", 1, MSG_NOSIGNAL) != 1) {
        fprintf(stderr, "understudyd: nobody answers at %s: is understudyd running?\n",
                control_path);
        return 1;
    }
    ssize_t got = recv(daemon, text, sizeof text, 0);
    close(daemon);
    if (got <= 0)
        return 1;
    return fwrite(text, 1, (size_t)got, stdout) == (size_t)got ? 0 : 1;
}
