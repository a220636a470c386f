/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quantity - numbers with units, as people write them: "5ms", "10KB", "100Mbps", "350MHz", "2.5%".
 *
 * Base units: ns, bytes, bit/s, Hz. kB MB GB are powers of 1000; KB KiB MiB GiB powers of 1024 (KB is what the literature
 * on web servers means by it). A number of a kind that has units must show one, unless it is 0.
 */
#ifndef SIM_QUANTITY_H
#define SIM_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>

enum quantity_kind {
    QUANTITY_NUMBER, /* none, or % */
    QUANTITY_DURATION,
    QUANTITY_SIZE,
    QUANTITY_RATE,
    QUANTITY_FREQUENCY,
    QUANTITY_KINDS
};

struct quantity_unit {
    const char *name; /* NULL ends a table */
    double factor;    /* to the base unit */
};
/* By kind; the first unit is the base unit's name. */
extern const struct quantity_unit *const quantity_units[QUANTITY_KINDS];
extern const char *const quantity_kind_names[QUANTITY_KINDS]; /* "a duration" */

/* Parses one quantity that is the whole text; on failure a message with its remedy. */
bool quantity_parse(const char *text, enum quantity_kind kind, double *value, char *error,
                    size_t room);
/* Parses at *text and moves it behind the quantity; nothing is demanded of what follows. */
bool quantity_scan(const char **text, enum quantity_kind kind, double *value, char *error,
                   size_t room);
/* Writes the value so that quantity_parse() gives it back: in the largest unit that leaves a whole number, else in the base
 * unit. Returns what snprintf returns. */
int quantity_print(double value, enum quantity_kind kind, char *out, size_t room);

#endif
