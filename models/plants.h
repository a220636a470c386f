/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plants - the planted bugs of this build (core/ft_plant.h) as a table; empty where there are none.
 */
#ifndef MODELS_PLANTS_H
#define MODELS_PLANTS_H

struct plant_type {
    const char *name; /* NULL ends the table */
    const char *help;
    const char *where;   /* the file with the bug */
    const char *promise; /* that it breaks: "P5" */
};
extern const struct plant_type plants[];
/* "none" and their names: the values of the parameter `plant`; NULL-ended. The index is what ft_plant_use() takes. */
extern const char *const plant_names[];

#endif
