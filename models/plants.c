/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plants - the table, from the core's list.
 */
#include "models/plants.h"

#include "core/ft_plant.h"

const struct plant_type plants[] = {
#define ROW(id_, name_, promise_, where_, help_)                                                   \
    {.name = name_, .help = help_, .where = where_, .promise = promise_},
    FT_PLANT_TABLE(ROW)
#undef ROW
        {.name = NULL},
};

const char *const plant_names[] = {
    "none",
#define NAME(id_, name_, promise_, where_, help_) name_,
    FT_PLANT_TABLE(NAME)
#undef NAME
        NULL,
};
