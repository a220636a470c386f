/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of module/daemon where it can only be seen at work: two daemons with real servers, and what their kernels were told.
 */
#include "module/link.h"
#include "tests/real_service.h"

#include <grp.h>
#include <pwd.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { PRIMARY = 0, BACKUP = 1, COUNTER_STEP_S = 64 };

/* A number in a status becomes what it should be, soon. */
static void comes_to(unsigned server, const char *name, long long value)
{
    for (unsigned i = 0; i < 500 && service_status(server, name) != value; i++)
        usleep(10000);
    ck_assert_msg(service_status(server, name) == value, "%s of host %u is %lld, not %lld", name,
                  server, service_status(server, name), value);
}

/* Nothing that the group decides has changed: the role is the same, and a backup's lease always is. */
static void the_backups_kernel_hears_of_what_is_not_the_groups(void)
{
    long long changes = service_status(BACKUP, "role_changes");
    long long counter = service_status(BACKUP, "counter"), now = time(NULL) / COUNTER_STEP_S;
    ck_assert(counter == now || counter == now - 1);
    comes_to(BACKUP, "listens", 1);
    house_kill_server(&house, BACKUP);
    comes_to(BACKUP, "listens", 0);
    ck_assert_int_eq(service_status(BACKUP, "role_changes"), changes);
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
        _exit((int)say_hello(house.servers[BACKUP].machine.run, uid, gid));
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
    ck_assert_int_eq(service_status(BACKUP, "strangers"), 0);
    ck_assert_int_eq(access_of(65534, server->pw_gid), CUT);
    comes_to(BACKUP, "strangers", 1);
}

START_TEST(two_daemons)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    service_defaults();
    service_config.replication.timeout_ns = 5000000000; /* nobody is missed meanwhile */
    service_open();
    nobody_but_root_and_the_server_is_told_the_key();
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
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
