/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/build: the program says of itself what readelf says of its file.
 */
#include "sim/build.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

START_TEST(the_program_knows_the_build_id_that_readelf_finds_in_its_file)
{
    char command[80], found[200] = "";
    snprintf(command, sizeof command, "readelf -n /proc/%d/exe 2>&1 | sed -n 's/.*Build ID: //p'",
             (int)getpid());
    FILE *readelf = popen(command, "r");
    ck_assert_ptr_nonnull(readelf);
    ck_assert_ptr_nonnull(fgets(found, sizeof found, readelf));
    pclose(readelf);
    found[strcspn(found, "\n")] = '\0';
    ck_assert_str_eq(build_id(), found);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("build");
    TCase *tcase = tcase_create("id");
    tcase_add_test(tcase, the_program_knows_the_build_id_that_readelf_finds_in_its_file);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
