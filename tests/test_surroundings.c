/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of a real service on hosts that have not all that a host may have: cards that segment, join and sum nothing, and disks
 * with room. Need root and a kernel that can; else they are skipped. (Needs ethtool.)
 */
#include "tests/real_service.h"

#include <fcntl.h>

enum { REPLY = 4000000, BODY = 900000 };

static void await_role(unsigned server, enum ft_role role)
{
    char status[8192];
    for (unsigned i = 0; i < 1000 && house_role(&house, server, status, sizeof status) != role; i++)
        usleep(10000);
    ck_assert_int_eq(house_role(&house, server, status, sizeof status), role);
}

/* A body goes up; then the primary dies while a reply comes down, of which the client has read nothing yet. */
static void the_service_outlives(unsigned primary, unsigned id)
{
    int file = dial();
    ck_assert(ask(file,
                  "POST /rehearsal?id=%u&bytes=1000 HTTP/1.1\r\nHost: service\r\n"
                  "Content-Length: %u\r\n\r\n",
                  id, BODY));
    ck_assert(say_body(file, id, 0, BODY));
    ck_assert(hear(file).whole);
    ck_assert_uint_eq(executions_of(id), 1);
    ck_assert(get(file, id + 1, REPLY));
    char first;
    ck_assert_int_eq(recv(file, &first, 1, MSG_PEEK), 1);
    house_crash(&house, primary);
    struct answer answer = hear(file);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_uint_eq(answer.length, REPLY);
    ck_assert(answer.whole);
    ck_assert_uint_eq(executions_of(id + 1), 1);
    close(file);
}

/* Both ends of every cable: of the hosts, of the clients, and of the switch. */
static void set_offloads(const char *what)
{
    struct machine *hosts[] = {&house.servers[0].machine, &house.servers[1].machine, &house.client};
    for (unsigned i = 0; i < 3; i++) {
        int own = machine_net(hosts[i], -1, "ethtool -K eth0 %s", what);
        int other =
            machine_net(&house.exchange, -1, "ethtool -K %.7s-eth0 %s", hosts[i]->name, what);
        ck_assert_msg(own == 0 && other == 0, "ethtool -K eth0 %s: exit codes %d, %d", what, own,
                      other);
    }
}

/* No byte more fits on a host's disk. */
static void fill_disk(struct machine *machine)
{
    char bytes[4096] = {0};
    const char *const smaller[] = {"mount", "-o", "remount,size=256k", "/run", NULL};
    ck_assert_int_eq(machine_run(machine, -1, smaller), 0);
    int file = machine_open(machine, "filling", O_CREAT | O_WRONLY);
    ck_assert_int_ge(file, 0);
    while (write(file, bytes, sizeof bytes) > 0)
        ;
    ck_assert_int_eq(errno, ENOSPC);
    close(file);
}

static void full_disks(void)
{
    fill_disk(&house.servers[0].machine);
    fill_disk(&house.servers[1].machine);
    int file = dial();
    for (unsigned i = 0; i < 20; i++) { /* each would be a line in Apache's log */
        ck_assert(ask(file, "GET /%%00 HTTP/1.1\r\nHost: service\r\n\r\n"));
        ck_assert_int_eq(hear(file).status, 404);
    }
    close(file);
}

/* One house for all: whoever died comes back between two of them, as a host that has everything. */
START_TEST(connections_outlive_the_primary_whatever_its_host_has_not)
{
    static const char *const offloads[] = {"tso off", "gso off tso off", "gro off",
                                           "tx off rx off tso off gso off gro off"};
    enum { TRIES = sizeof offloads / sizeof *offloads + 1 };
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    service_defaults();
    service_config.replication.log_bytes = 8 << 20;
    service_open();
    for (unsigned i = 0; i < TRIES; i++) {
        if (i == TRIES - 1)
            full_disks();
        else
            set_offloads(offloads[i]);
        the_service_outlives(i % 2, 10 * i + 1);
        if (i == TRIES - 1)
            break;
        ck_assert(house_restart(&house, i % 2));
        await_role(i % 2, FT_ROLE_BACKUP);
    }
    house_close(&house);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("surroundings");
    TCase *tcase = tcase_create("surroundings");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, connections_outlive_the_primary_whatever_its_host_has_not);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
