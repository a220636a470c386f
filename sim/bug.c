/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bug - the end of the program, or only of a run.
 */
#include "sim/bug.h"

#include <stdio.h>
#include <stdlib.h>

static _Thread_local jmp_buf *way_out;

jmp_buf *bug_survive(jmp_buf *where)
{
    jmp_buf *before = way_out;
    way_out = where;
    return before;
}

void bug_end(void)
{
    if (way_out == NULL)
        abort();
    longjmp(*way_out, 1);
}

void bug_assertion(const char *condition, const char *file, int line, const char *function)
{
    fprintf(stderr, "bug: %s:%d: %s: not so: %s\n", file, line, function, condition);
    bug_end();
}
