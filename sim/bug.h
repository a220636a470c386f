/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bug - what happens when the program itself is wrong: it ends, unless its thread has left a way out. A hunt through thousands
 * of runs does: it reports the run that failed and goes on. What that run was made of is lost.
 *
 * Include it instead of <assert.h>. Nobody may assert with a lock in his hands.
 */
#ifndef SIM_BUG_H
#define SIM_BUG_H

#include <setjmp.h>

/* Where this thread goes on, by longjmp, when it has met a bug; NULL: nowhere. Returns what it was before. */
jmp_buf *bug_survive(jmp_buf *where);

/* Once it has been told: takes the way out, or aborts. */
__attribute__((cold, noreturn)) void bug_end(void);

__attribute__((cold, noreturn)) void bug_assertion(const char *condition, const char *file,
                                                   int line, const char *function);

#undef assert /* a library's header may have brought it */
#define assert(condition)                                                                          \
    ((condition) ? (void)0 : bug_assertion(#condition, __FILE__, __LINE__, __func__))

#endif
