/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of module/daemon where it can only be seen at work: two daemons with real servers, and what their kernels were told.
 */
#include "tests/real_service.h"

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

START_TEST(two_daemons)
{
    if (!service_possible())
        SKIP("needs root and a kernel with BTF");
    service_defaults();
    service_config.replication.timeout_ns = 5000000000; /* nobody is missed meanwhile */
    service_open();
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
