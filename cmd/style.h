/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * style - colours, on terminals that want them (https://no-color.org).
 */
#ifndef CMD_STYLE_H
#define CMD_STYLE_H

#include <stdbool.h>
#include <stdio.h>

struct style {
    const char *bold, *good, *bad, *faint, *plain; /* all "" without colours */
    bool colours;
};

struct style style_of(FILE *stream);

#endif
