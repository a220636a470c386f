/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * style - whether a stream gets colours.
 */
#include "cmd/style.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool wants_colours(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(fileno(stream)) && (no_color == NULL || no_color[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

struct style style_of(FILE *stream)
{
    if (!wants_colours(stream))
        return (struct style){"", "", "", "", "", false};
    return (struct style){"\033[1m", "\033[32m", "\033[1;31m", "\033[2m", "\033[0m", true};
}
