/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of module/daemon where it can only be seen at work: two daemons with real servers, and what their kernels were told.
 */
#include "module/link.h"
#include "tests/real_service.h"

#include <grp.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { COUNTER_STEP_S = 64 };

/* Whether a status says that something is so; -1: it says nothing of it. */
static int service_flag(unsigned server, const char *name)
{
    char status[8192], text[64];
    if (!house_status(&house, server, status, sizeof status))
        return -1;
    snprintf(text, sizeof text, "\"%s\":true", name);
    if (strstr(status, text) != NULL)
        return 1;
    snprintf(text, sizeof text, "\"%s\":false", name);
    return strstr(status, text) != NULL ? 0 : -1;
}

static void flag_comes_to(unsigned server, const char *name, int value)
{
    for (unsigned i = 0; i < 500 && service_flag(server, name) != value; i++)
        usleep(10000);
    ck_assert_msg(service_flag(server, name) == value, "%s of host %u is %d, not %d", name, server,
                  service_flag(server, name), value);
}

/* A number in a status becomes what it should be, soon. */
static void comes_to(unsigned server, const char *name, long long value)
{
    for (unsigned i = 0; i < 500 && service_status(server, name) != value; i++)
        usleep(10000);
    ck_assert_msg(service_status(server, name) == value, "%s of host %u is %lld, not %lld", name,
                  server, service_status(server, name), value);
}

/* The server in a role, when there is one. */
static unsigned the(enum ft_role role)
{
    char status[8192];
    for (unsigned i = 0; i < 1000; i++) {
        if (house_role(&house, i % 2, status, sizeof status) == role)
            return i % 2;
        usleep(10000);
    }
    ck_abort_msg("nobody is in role %d", role);
}

/* Nothing that the group decides has changed: the role is the same, and a backup's lease always is. */
static void the_backups_kernel_hears_of_what_is_not_the_groups(void)
{
    unsigned backup = the(FT_ROLE_BACKUP);
    long long changes = service_status(backup, "role_changes");
    long long counter = service_status(backup, "counter"), now = time(NULL) / COUNTER_STEP_S;
    ck_assert(counter == now || counter == now - 1);
    comes_to(backup, "listens", 1);
    house_kill_server(&house, backup);
    comes_to(backup, "listens", 0);
    ck_assert_int_eq(service_status(backup, "role_changes"), changes);
}

/* --- who may speak with a daemon ---------------------------------------------------------------------------------- */

enum access { ANSWERED, CUT, FORBIDDEN };

/* In a process of its own: says hello at the control socket, as the server's module would. */
static enum access say_hello(int run, uid_t uid, gid_t gid)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX, .sun_path = "control"};
    struct link_report hello = {.version = LINK_VERSION};
    struct link_state state;
    int daemon = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fchdir(run) != 0 || setgroups(0, NULL) != 0 || setgid(gid) != 0 || setuid(uid) != 0 ||
        connect(daemon, (struct sockaddr *)&path, sizeof path) != 0)
        return FORBIDDEN;
    send(daemon, &hello, sizeof hello, MSG_NOSIGNAL);
    return recv(daemon, &state, sizeof state, 0) > 0 ? ANSWERED : CUT;
}

static enum access access_of(uid_t uid, gid_t gid)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit((int)say_hello(house.servers[1].machine.run, uid, gid));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return (enum access)WEXITSTATUS(status);
}

static void nobody_but_root_and_the_server_is_told_the_key(void)
{
    const struct passwd *server = getpwnam("www-data");
    ck_assert_ptr_nonnull(server);
    ck_assert_int_eq(access_of(server->pw_uid, server->pw_gid), ANSWERED);
    ck_assert_int_eq(access_of(0, 0), ANSWERED);
    ck_assert_int_eq(access_of(65534, 65534), FORBIDDEN);
    ck_assert_int_eq(service_status(1, "strangers"), 0);
    ck_assert_int_eq(access_of(65534, server->pw_gid), CUT);
    comes_to(1, "strangers", 1);
}

/* --- earlier lives ------------------------------------------------------------------------------------------------ */

enum { CROWD = 100, ESTABLISHED = 1 };

/* In a process of its own: how many connections of the service a host's kernel has. */
static unsigned count_connections(unsigned server)
{
    unsigned count = 0, local, state;
    char line[300];
    FILE *table = machine_enter_network(&house.servers[server].machine)
                      ? fopen("/proc/thread-self/net/tcp", "re")
                      : NULL;
    while (table != NULL && fgets(line, sizeof line, table) != NULL)
        count += sscanf(line, "%*u: %*x:%x %*x:%*x %x", &local, &state) == 2 &&
                 local == house.service.port && state == ESTABLISHED;
    return count;
}

static unsigned connections_of(unsigned server)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit((int)count_connections(server));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return (unsigned)WEXITSTATUS(status);
}

static void a_daemon_that_is_restarted_ends_what_it_left_behind(void)
{
    unsigned primary = the(FT_ROLE_PRIMARY);
    int files[CROWD];
    for (unsigned i = 0; i < CROWD; i++)
        files[i] = dial();
    while (connections_of(primary) < CROWD)
        usleep(10000);
    ck_assert(house_replace_daemon(&house, primary, NULL));
    comes_to(primary, "lives", 1);
    comes_to(primary, "buried", CROWD);
    ck_assert_uint_eq(connections_of(primary), 0);
    ck_assert_uint_ge(connections_of(1 - primary), CROWD); /* it serves on */
    for (unsigned i = 0; i < CROWD; i++) {
        ck_assert(get(files[i], 100 + i, 100));
        ck_assert_int_eq(hear(files[i]).status, 200);
        close(files[i]);
    }
}

/* --- addresses ---------------------------------------------------------------------------------------------------- */

/* As when the card is replaced. */
static void a_host_that_has_another_link_layer_address_is_found_there(void)
{
    static const char peer[] = "\"peer_mac\":\"02:00:00:12:34:56\"";
    char status[8192] = "";
    unsigned primary = the(FT_ROLE_PRIMARY);
    struct machine *machine = &house.servers[primary].machine;
    machine_net(machine, -1, "sysctl -qw net.ipv4.conf.eth0.arp_notify=1");
    ck_assert_int_eq(machine_net(machine, -1, "ip link set eth0 address 02:00:00:12:34:56"), 0);
    for (unsigned i = 0; i < 500 && strstr(status, peer) == NULL; i++) {
        usleep(10000);
        house_status(&house, 1 - primary, status, sizeof status);
    }
    ck_assert_msg(strstr(status, peer) != NULL, "the peer is not found: %s", status);
    service_is_well();
}

/* --- the log channel ---------------------------------------------------------------------------------------------- */

/* The log's LAN alone is cut while the hosts find each other: the primary knocks in vain at first. */
static void the_primary_knocks_until_the_log_channel_is_there(void)
{
    house_kill_server(&house, 1);
    the(FT_ROLE_SOLO);
    machine_net(&house.servers[0].machine, -1, "sysctl -qw net.ipv4.neigh.eth1.retrans_time_ms=10");
    machine_net(&house.exchange, -1, "ip link set backup-eth1 down");
    machine_net(&house.servers[0].machine, -1, "ip neigh flush dev eth1");
    ck_assert(house_restart(&house, 1));
    ck_assert_uint_eq(the(FT_ROLE_PRIMARY), 0);
    usleep(300000); /* the neighbour is given up after three tries */
    ck_assert_int_eq(service_flag(0, "channel"), 0);
    machine_net(&house.exchange, -1, "ip link set backup-eth1 up");
    flag_comes_to(0, "channel", 1);
    service_is_well();
}

/* --- hosts of unlike settings ------------------------------------------------------------------------------------- */

/* The lease is 400 ms. */
static void a_daemon_that_would_not_outwait_the_others_lease_stays_out_and_both_say_why(void)
{
    unsigned backup = the(FT_ROLE_BACKUP), primary = 1 - backup;
    ck_assert(house_replace_daemon(&house, backup, "--timeout=400 --lease=300"));
    flag_comes_to(primary, "refused", 1);
    flag_comes_to(backup, "refuses_us", 1);
    ck_assert_uint_eq(the(FT_ROLE_OUT), backup);
    ck_assert_uint_eq(the(FT_ROLE_SOLO), primary);
    ck_assert(house_replace_daemon(&house, backup, "--log-bytes=0.5"));
    ck_assert_uint_eq(the(FT_ROLE_PRIMARY), primary);
    flag_comes_to(primary, "refused", 0);
}

/* --- a server that dies ------------------------------------------------------------------------------------------- */

/* By a supervisor that is quicker than the other host's patience: the new process has none of the connections. */
static void a_server_that_is_at_once_another_one_is_taken_over_from(void)
{
    unsigned primary = the(FT_ROLE_PRIMARY);
    int file = dial();
    ck_assert(get(file, 60, 1000));
    ck_assert_int_eq(hear(file).status, 200);
    house_kill_server(&house, primary);
    ck_assert(house_restart(&house, primary));
    ck_assert(get(file, 61, 1000));
    ck_assert_int_eq(hear(file).status, 200);
    ck_assert_uint_eq(the(FT_ROLE_PRIMARY), 1 - primary);
    ck_assert_uint_eq(the(FT_ROLE_BACKUP), primary);
    close(file);
}

/* --- nobody speaks ------------------------------------------------------------------------------------------------ */

/* How often the client has had to repeat itself on this connection. */
static unsigned repetitions(int file)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    ck_assert_int_eq(getsockopt(file, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    return info.tcpi_total_retrans;
}

/* Its backup's server is dead, and it waits to be sure of that. Clients would ask again after a second. */
static void who_asks_for_a_primary_that_may_not_speak_yet_is_answered_when_it_may(void)
{
    unsigned backup = the(FT_ROLE_BACKUP), primary = 1 - backup;
    house_kill_server(&house, backup);
    while (service_status(primary, "lease_left_ms") >= 0)
        usleep(1000);
    int file = dial();
    ck_assert_int_ge(service_status(primary, "lease_expired"), 1);
    ck_assert_uint_eq(repetitions(file), 0);
    close(file);
    ck_assert(house_restart(&house, backup));
    ck_assert_uint_eq(the(FT_ROLE_BACKUP), backup);
}

/* --- a kernel that is slow ---------------------------------------------------------------------------------------- */

/* Under this one the next daemons run; NULL: under the real one. */
static void put_before(const char *library)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    ck_assert(size > 0);
    path[size] = '\0';
    snprintf(strrchr(path, '/') + 1, 32, "%s", library != NULL ? library : "");
    if (library == NULL)
        unsetenv("LD_PRELOAD");
    else
        setenv("LD_PRELOAD", path, true);
}

/* Else the one that serves would miss its heartbeats, be silent, and take the newcomer for dead. */
static void a_newcomer_that_waits_for_its_kernel_to_change_addresses_is_heard_meanwhile(void)
{
    unsigned backup = the(FT_ROLE_BACKUP), primary = 1 - backup;
    long long changes = service_status(primary, "role_changes");
    put_before("slow_kernel.so");
    ck_assert(house_replace_daemon(&house, backup, NULL));
    put_before(NULL);
    ck_assert_uint_eq(the(FT_ROLE_PRIMARY), primary);
    long long heard = service_status(primary, "heartbeats_in"), networks = 2, timeouts = 2;
    service_await(primary, "heartbeats_in",
                  heard + networks * timeouts * service_config.replication.timeout_ns /
                              service_config.replication.heartbeat_ns);
    ck_assert_int_eq(service_status(primary, "role_changes"), changes + 2); /* solo, primary */
    ck_assert_uint_eq(the(FT_ROLE_BACKUP), backup);
}

/* --- clients that vanish ------------------------------------------------------------------------------------------ */

/* From an address that the client has only until it vanishes with it, and with a reply under way. */
static int begin_to_vanish(void)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(10 << 24 | 12)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(house.service.port),
                             .sin_addr.s_addr = htonl(house.service.ip)};
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), little = 4096;
    setsockopt(file, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    machine_net(&house.client, -1, "ip addr add 10.0.0.12/24 dev eth0");
    ck_assert_int_eq(bind(file, (struct sockaddr *)&own, sizeof own), 0);
    ck_assert_int_eq(connect(file, (struct sockaddr *)&to, sizeof to), 0);
    ck_assert(get(file, 50, 900000));
    ck_assert_int_gt(recv(file, &little, sizeof little, MSG_PEEK), 0);
    return file;
}

static void a_client_that_vanished_is_forgotten_and_one_that_is_idle_is_not(void)
{
    unsigned backup = the(FT_ROLE_BACKUP), primary = 1 - backup;
    ck_assert(house_replace_daemon(&house, backup, "--keep=100"));
    ck_assert_uint_eq(the(FT_ROLE_BACKUP), backup);
    for (unsigned i = 0; i < 2; i++)
        machine_net(&house.servers[i].machine, -1, "sysctl -qw net.ipv4.tcp_retries2=1");
    int idle = dial();
    ck_assert(get(idle, 51, 100));
    ck_assert_int_eq(hear(idle).status, 200);
    int vanishes = begin_to_vanish();
    comes_to(backup, "flows", 2);
    machine_net(&house.client, -1, "ip addr del 10.0.0.12/24 dev eth0");
    comes_to(backup, "flows", 1);
    ck_assert_uint_eq(connections_of(primary), 1);
    ck_assert(get(idle, 52, 100));
    ck_assert_int_eq(hear(idle).status, 200);
    close(idle);
    close(vanishes);
}

/* --- a server that ends ------------------------------------------------------------------------------------------- */

/* Its process lives as long as a request keeps it, and accepts nobody any more. */
static void a_server_that_is_stopping_does_not_listen(void)
{
    static const char *const stop[] = {"sh", "-c", "kill -WINCH $(cat /run/httpd.pid)", NULL};
    unsigned backup = the(FT_ROLE_BACKUP), primary = 1 - backup;
    int file = dial();
    ask(file,
        "POST /rehearsal?id=9&bytes=100 HTTP/1.1\r\nHost: service\r\nContent-Length: 10\r\n\r\n");
    while (connections_of(primary) == 0 || connections_of(backup) == 0)
        usleep(10000);
    ck_assert_int_eq(service_flag(backup, "server_listens"), 1);
    ck_assert_int_eq(machine_run(&house.servers[backup].machine, house.servers[backup].log, stop),
                     0);
    flag_comes_to(backup, "server_listens", 0);
    ck_assert_uint_gt(connections_of(backup), 0); /* it is not that its process is gone */
    close(file);
}

START_TEST(a_log_of_its_own)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    service_defaults();
    while (strcmp(schemes[service_config.scheme].name, "duplex-mi") != 0)
        service_config.scheme++;
    service_open();
    the_primary_knocks_until_the_log_channel_is_there();
    a_client_that_vanished_is_forgotten_and_one_that_is_idle_is_not();
    a_daemon_that_would_not_outwait_the_others_lease_stays_out_and_both_say_why();
    who_asks_for_a_primary_that_may_not_speak_yet_is_answered_when_it_may();
    a_newcomer_that_waits_for_its_kernel_to_change_addresses_is_heard_meanwhile();
    a_server_that_is_stopping_does_not_listen();
    house_close(&house);
}
END_TEST

START_TEST(two_daemons)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    service_defaults();
    service_config.replication.timeout_ns = 5000000000; /* nobody is missed meanwhile */
    service_open();
    nobody_but_root_and_the_server_is_told_the_key();
    a_host_that_has_another_link_layer_address_is_found_there();
    a_daemon_that_is_restarted_ends_what_it_left_behind();
    a_server_that_is_at_once_another_one_is_taken_over_from();
    the_backups_kernel_hears_of_what_is_not_the_groups();
    house_close(&house);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("daemon");
    TCase *tcase = tcase_create("pair");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, two_daemons);
    tcase_add_test(tcase, a_log_of_its_own);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
