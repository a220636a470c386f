/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * suite - what every test program shares: run one libcheck suite, say aloud what was skipped.
 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* Ends the present test as skipped: a missing kernel feature or tool is said aloud, and `make test` counts the lines. */
#define SKIP(reason)                                                                               \
    do {                                                                                           \
        printf("SKIP: %s: %s\n", __func__, reason);                                                \
        fflush(stdout);                                                                            \
        return;                                                                                    \
    } while (0)

/* Runs the suite; returns the exit code for main(). A suite without a test fails. */
static inline int suite_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    int run = srunner_ntests_run(runner);
    srunner_free(runner);
    return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
