/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fit - least squares for constants of which measured values are sums, and an admission of what the values cannot tell.
 *
 *     measured[row] = sum over columns of design[row, column] * value[column]
 *
 * Constants that the rows do not tell apart (the condition number of the design, its columns scaled to the same length, is
 * above `limit`: Belsley, Kuh and Welsch, 1980) are given one factor together: they keep the proportions of `ratios`. So are a
 * constant that would become negative, and the one whose column is most like its own. A constant that is in no row is not
 * fitted at all. Nothing is invented: every constant says what became of it.
 *
 * Not done: errors that are not independent, robustness against outliers.
 */
#ifndef SIM_FIT_H
#define SIM_FIT_H

#include <stdbool.h>
#include <stddef.h>

enum fit_state {
    FIT_ALONE,  /* told apart from all others */
    FIT_SHARED, /* one factor for all of its group */
    FIT_KNOWN,  /* given */
    FIT_ABSENT, /* in no row, or in none that it matters to; or its ratio is 0 */
};

struct fit_column {
    double ratio; /* what it is likely to be, in any unit that is the same for all */
    double known; /* NAN: to be fitted */
    /* found: */
    enum fit_state state;
    unsigned group;      /* SHARED: the same number in those that share a factor */
    double value, error; /* error: standard error */
};

struct fit {
    size_t rows, columns;
    const double *design;   /* by row, then column */
    const double *measured; /* by row */
    const double *errors;   /* by row: how far a value may be off, > 0 */
    double limit;           /* of the condition number */
    double
        least; /* a constant that has no larger part in any row, if all are as their ratios, is not fitted; 0: all are */
    struct fit_column *column;
    /* found: */
    size_t factors;
    double condition_first, condition; /* of the design as given, and of what was fitted */
    double spread; /* root of chi square over the degrees of freedom: 1 if `errors` were right */
};

/* False if nothing can be fitted: fewer rows than factors even if all that cannot be told apart shares one, or no column. */
bool fit_solve(struct fit *self);
/* What the found constants say of a row. */
double fit_says(const struct fit *self, size_t row);

#endif
