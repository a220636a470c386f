/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * manual - the program about itself: its man page, its commands' help as a page, its shell completion.
 */
#ifndef CMD_MANUAL_H
#define CMD_MANUAL_H

#include <stdio.h>

extern const char manual_summary[]; /* two lines */

struct manual_example {
    const char *command; /* NULL ends the table */
    const char *what;    /* what it does */
};
extern const struct manual_example manual_examples[];

void manual_man(FILE *stream);        /* understudy.1, for man(1) */
void manual_commands(FILE *stream);   /* commands.md: every --help */
void manual_completion(FILE *stream); /* for bash */

#endif
