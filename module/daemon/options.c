/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * options - argp, and the key's file.
 */
#include "module/daemon/options.h"

#include <argp.h>
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { EXIT_USER = 2, KEY_DIGITS = 32 };

enum {
    KEY_HOST = 256,
    KEY_ALONE,
    KEY_INTERFACE,
    KEY_SERVICE,
    KEY_OWN,
    KEY_PEER,
    KEY_OWN_LOG,
    KEY_PEER_LOG,
    KEY_KEY,
    KEY_CONTROL,
    KEY_SERVER_USER,
    KEY_HEARTBEAT,
    KEY_TIMEOUT,
    KEY_LEASE,
    KEY_LOG_TIMEOUT,
    KEY_LOG_BYTES,
    KEY_BODY_BYTES,
    KEY_LOG_CUT,
    KEY_KEEP,
    KEY_STATUS,
    KEY_NO_REAL_TIME,
    KEY_NO_ACK_GATE,
};

static const struct argp_option options[] = {
    {"host", KEY_HOST, "0|1", 0, "This host's number; the other one is the peer's", 0},
    {"alone", KEY_ALONE, 0, 0, "There is no peer: serve without replication", 0},
    {"interface", KEY_INTERFACE, "NAME", 0, "The interface to the clients and the peer", 0},
    {"service", KEY_SERVICE, "IP:PORT", 0, "The advertised address", 0},
    {"own", KEY_OWN, "IP", 0, "This host's own address on the interface", 0},
    {"peer", KEY_PEER, "IP", 0, "The peer's", 0},
    {"own-log", KEY_OWN_LOG, "IP", 0, "This host's address on the LAN for the log (default: --own)",
     0},
    {"peer-log", KEY_PEER_LOG, "IP", 0, "The peer's", 0},
    {"key", KEY_KEY, "FILE", 0,
     "32 hexadecimal digits, the same on both hosts; nobody else may be able to open it", 0},
    {"control", KEY_CONTROL, "PATH", 0,
     "Unix socket for the server's module (default /run/understudy/control)", 0},
    {"server-user", KEY_SERVER_USER, "NAME", 0,
     "Whom the server's processes run as: nobody else but root may use the socket (default "
     "www-data)",
     0},
    {"heartbeat", KEY_HEARTBEAT, "MS", 0, "Interval of heartbeats (default 5)", 0},
    {"timeout", KEY_TIMEOUT, "MS", 0, "Silence after which the peer is dead (default 50)", 0},
    {"lease", KEY_LEASE, "MS", 0, "How long the primary may speak without an echo (default 40)", 0},
    {"log-timeout", KEY_LOG_TIMEOUT, "MS", 0,
     "Replies that wait so long for the log: it is cut (default 1000)", 0},
    {"log-bytes", KEY_LOG_BYTES, "MB", 0, "Limit of the log (default 64)", 0},
    {"body-bytes", KEY_BODY_BYTES, "MB", 0,
     "Limit of request bodies kept until their replies are logged; a larger one is refused "
     "(default 64)",
     0},
    {"log-cut", KEY_LOG_CUT, "simplex|stop", 0, "What a cut log channel does (default simplex)", 0},
    {"keep", KEY_KEEP, "MS", 0,
     "How long a connection that has ended is remembered: TIME_WAIT and a little more (default "
     "70000)",
     0},
    {"status", KEY_STATUS, 0, 0, "Print the running daemon's status as JSON, and end", 0},
    {"no-real-time", KEY_NO_REAL_TIME, 0, 0, "Do not ask for SCHED_FIFO and locked memory", 0},
    {"no-ack-gate", KEY_NO_ACK_GATE, 0, 0,
     "Acknowledge client bytes that the backup may not have (the paper's first design)", 0},
    {0},
};

static uint16_t port_number(struct argp_state *state, const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != '\0' || value == 0 || value > UINT16_MAX)
        argp_error(state, "'%s' is not a port", text);
    return (uint16_t)value;
}

static uint32_t address(struct argp_state *state, const char *text, uint16_t *port)
{
    char ip[INET_ADDRSTRLEN];
    struct in_addr out;
    const char *colon = strchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    snprintf(ip, sizeof ip, "%.*s", (int)length, text);
    if (length >= sizeof ip || inet_pton(AF_INET, ip, &out) != 1 ||
        (colon != NULL) != (port != NULL))
        argp_error(state, "'%s' is not %s", text, port != NULL ? "IP:PORT" : "an IPv4 address");
    if (port != NULL)
        *port = port_number(state, colon + 1);
    return ntohl(out.s_addr);
}

/* In millionths of the unit: nanoseconds, bytes. */
static int64_t millions(struct argp_state *state, const char *text, const char *unit)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0) || value > 1e6)
        argp_error(state, "'%s' is not a number of %s", text, unit);
    return (int64_t)(value * 1e6);
}

static int choice(struct argp_state *state, const char *text, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0)
            return i;
    }
    argp_error(state, "'%s' is not one of those that --help lists", text);
    return 0;
}

/* Where an option's time goes; NULL: it is no time. */
static int64_t *time_of(struct daemon_settings *settings, int key)
{
    switch (key) {
    case KEY_HEARTBEAT:
        return &settings->group.heartbeat_ns;
    case KEY_TIMEOUT:
        return &settings->group.timeout_ns;
    case KEY_LEASE:
        return &settings->group.lease_ns;
    case KEY_LOG_TIMEOUT:
        return &settings->log_timeout_ns;
    case KEY_KEEP:
        return &settings->keep_ns;
    default:
        return NULL;
    }
}

struct command {
    struct daemon_settings *settings;
    enum options_wish wish;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct command *command = state->input;
    struct daemon_settings *out = command->settings;
    int64_t *time_ns = time_of(out, key);
    if (time_ns != NULL) {
        *time_ns = millions(state, text, "milliseconds");
        return 0;
    }
    switch (key) {
    case KEY_HOST:
        out->group.self = (uint8_t)(choice(state, text, (const char *const[]){"0", "1", NULL}));
        out->group.peer = (uint8_t)(1 - out->group.self);
        return 0;
    case KEY_ALONE:
        out->alone = true;
        return 0;
    case KEY_INTERFACE:
        out->interface = text;
        return 0;
    case KEY_SERVICE:
        out->service_ip = address(state, text, &out->service_port);
        return 0;
    case KEY_OWN:
    case KEY_OWN_LOG:
        out->own_ip[key == KEY_OWN_LOG] = address(state, text, NULL);
        return 0;
    case KEY_PEER:
    case KEY_PEER_LOG:
        out->peer_ip[key == KEY_PEER_LOG] = address(state, text, NULL);
        return 0;
    case KEY_KEY:
        out->key_path = text;
        return 0;
    case KEY_CONTROL:
        out->control_path = text;
        return 0;
    case KEY_SERVER_USER:
        out->server_user = text;
        return 0;
    case KEY_LOG_BYTES:
        out->log_bytes = millions(state, text, "megabytes");
        return 0;
    case KEY_BODY_BYTES:
        out->body_bytes = millions(state, text, "megabytes");
        return 0;
    case KEY_LOG_CUT:
        out->group.log_policy =
            (enum ft_log_policy)choice(state, text, (const char *const[]){"simplex", "stop", NULL});
        return 0;
    case KEY_STATUS:
        command->wish = OPTIONS_STATUS;
        return 0;
    case KEY_NO_REAL_TIME:
        out->real_time = false;
        return 0;
    case KEY_NO_ACK_GATE:
        out->ack_gate = false;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc =
        "Makes this host primary or backup of a replicated web service: loads the packet path into "
        "the kernel, exchanges "
        "heartbeats with the peer, takes over when it dies.\v"
        "Examples:\n"
        "  understudyd --host 0 --interface eth0 --service 10.0.0.100:80 --own "
        "10.0.0.1 --peer 10.0.0.2 "
        "--key /etc/understudy/key\n"
        "  understudyd --status\n\n"
        "Exit codes: 0 stopped by a signal; 1 the machine is at fault; 2 the command is wrong.\n",
};

static const char *missing(const struct daemon_settings *settings)
{
    if (settings->interface == NULL)
        return "--interface is missing";
    if (settings->service_ip == 0)
        return "--service is missing";
    if (settings->own_ip[0] == 0 || (settings->peer_ip[0] == 0 && !settings->alone))
        return "--own and --peer are missing";
    if ((settings->own_ip[1] == 0) != (settings->peer_ip[1] == 0) && !settings->alone)
        return "--own-log and --peer-log go together";
    if (settings->key_path == NULL)
        return "--key is missing (make one: `openssl rand -hex 16`)";
    if (!ft_group_settings_sound(&settings->group))
        return "--lease must be shorter than --timeout, and at least two heartbeats long";
    return NULL;
}

static bool find_user(struct daemon_settings *settings)
{
    const struct passwd *user = getpwnam(settings->server_user);
    if (user == NULL)
        return false;
    settings->server_uid = user->pw_uid;
    settings->server_gid = user->pw_gid;
    return true;
}

static void insist(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void insist(bool good, const char *format, ...)
{
    va_list arguments;
    if (good)
        return;
    va_start(arguments, format);
    fputs("understudyd: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_USER);
}

/* Whoever has the key speaks for the group: it must be nobody else's to read. */
static void read_key(const char *path, struct ft_key *key)
{
    FILE *file = fopen(path, "re");
    insist(file != NULL, "%s: %s", path, strerror(errno));
    struct stat about;
    insist(fstat(fileno(file), &about) == 0 && (about.st_mode & (S_IRWXG | S_IRWXO)) == 0,
           "%s: others than its owner may open it (`chmod 600 %s`)", path, path);
    char text[KEY_DIGITS + 3] = "";
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    if (length == KEY_DIGITS + 1 && text[KEY_DIGITS] == '\n')
        length--;
    insist(length == KEY_DIGITS && strspn(text, "0123456789abcdefABCDEF") == KEY_DIGITS,
           "%s: 32 hexadecimal digits are wanted (make them: `openssl rand -hex 16`)", path);
    for (unsigned i = 0; i < KEY_DIGITS / 2; i++) {
        const char digits[] = {text[2 * i], text[2 * i + 1], '\0'};
        key->word[i / 8] |= (uint64_t)strtoul(digits, NULL, 16) << i % 8 * 8;
    }
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static const struct daemon_settings defaults = {
    .control_path = "/run/understudy/control",
    .server_user = "www-data",
    .control_port = 7081,
    .log_port = 7080,
    .window = 64240,
    .window_scale = 7,
    .group = {.heartbeat_ns = 5000000,
              .timeout_ns = 50000000,
              .lease_ns = 40000000,
              .peer = 1,
              .incarnation = 1 /* every life draws its own */},
    .log_timeout_ns = 1000000000,
    .log_bytes = 64000000,
    .body_bytes = 64000000,
    .fragment_bytes = 65536,
    .keep_ns = 70000000000,
    .ack_gate = true,
    .real_time = true,
};

enum options_wish options_read(struct daemon_settings *settings, int argc, char **argv)
{
    struct command command = {.settings = settings};
    *settings = defaults;
    argp_err_exit_status = EXIT_USER;
    argp_parse(&argp, argc, argv, 0, NULL, &command);
    if (command.wish == OPTIONS_STATUS)
        return command.wish;
    settings->group.log_bytes = (uint64_t)settings->log_bytes;
    const char *wrong = missing(settings);
    insist(wrong == NULL, "%s (--help)", wrong);
    insist(find_user(settings), "--server-user: there is no user '%s' here", settings->server_user);
    read_key(settings->key_path, &settings->group.key);
    return command.wish;
}
