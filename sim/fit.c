/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fit - columns are joined until what is left can be told apart; GSL's singular values and least squares.
 */
#include "sim/fit.h"

#include "sim/memory.h"

#include <gsl/gsl_linalg.h>
#include <gsl/gsl_multifit.h>
#include <math.h>

/* --- groups: columns that share a factor ------------------------------------------------------------------------- */

static bool is_fitted(const struct fit_column *column)
{
    return column->state == FIT_ALONE || column->state == FIT_SHARED;
}

static double in_row(const struct fit *self, size_t row, size_t column)
{
    return self->design[row * self->columns + column];
}

/* The largest part that a constant has in any row, if all are as their ratios say. */
static double largest_part(const struct fit *self, size_t column)
{
    double most = 0;
    for (size_t row = 0; row < self->rows; row++) {
        double all = 0, its = in_row(self, row, column) * self->column[column].ratio;
        for (size_t c = 0; c < self->columns; c++)
            all += fabs(in_row(self, row, c) * self->column[c].ratio);
        most = all > 0 ? fmax(most, fabs(its) / all) : most;
    }
    return most;
}

static void sort_out(struct fit *self)
{
    self->factors = 0;
    for (size_t c = 0; c < self->columns; c++) {
        struct fit_column *column = &self->column[c];
        column->value = column->error = 0;
        column->state = FIT_ABSENT;
        if (!isnan(column->known)) {
            column->state = FIT_KNOWN;
            column->value = column->known;
        } else if (largest_part(self, c) > self->least) {
            column->state = FIT_ALONE;
            column->group = (unsigned)self->factors++;
        }
    }
}

static void join(struct fit *self, unsigned a, unsigned b)
{
    unsigned kept = a < b ? a : b, gone = a < b ? b : a;
    self->factors--;
    for (size_t c = 0; c < self->columns; c++) {
        struct fit_column *column = &self->column[c];
        if (!is_fitted(column))
            continue;
        if (column->group == gone)
            column->group = kept;
        else if (column->group > gone)
            column->group--;
        if (column->group == kept)
            column->state = FIT_SHARED;
    }
}

/* One column a group, every row divided by its error; zeroes below, if there are more groups than rows. To be freed. */
static gsl_matrix *weighed(const struct fit *self)
{
    size_t rows = self->rows > self->factors ? self->rows : self->factors;
    gsl_matrix *x = must(gsl_matrix_calloc(rows, self->factors));
    for (size_t row = 0; row < self->rows; row++) {
        for (size_t c = 0; c < self->columns; c++) {
            const struct fit_column *column = &self->column[c];
            if (is_fitted(column))
                *gsl_matrix_ptr(x, row, column->group) +=
                    in_row(self, row, c) * column->ratio / self->errors[row];
        }
    }
    return x;
}

static double length_of(const gsl_matrix *x, size_t column)
{
    double squares = 0;
    for (size_t row = 0; row < x->size1; row++)
        squares += gsl_pow_2(gsl_matrix_get(x, row, column));
    return sqrt(squares);
}

static void scale(gsl_matrix *x)
{
    for (size_t c = 0; c < x->size2; c++) {
        gsl_vector_view column = gsl_matrix_column(x, c);
        gsl_vector_scale(&column.vector, 1 / length_of(x, c));
    }
}

/* The condition number, and the two groups that have most part in its being large. */
static double condition(const struct fit *self, unsigned *a, unsigned *b)
{
    size_t n = self->factors;
    gsl_matrix *x = weighed(self), *v = must(gsl_matrix_alloc(n, n));
    gsl_vector *s = must(gsl_vector_alloc(n)), *room = must(gsl_vector_alloc(n));
    scale(x);
    gsl_linalg_SV_decomp(x, v, s, room);
    double largest = gsl_vector_get(s, 0), least = gsl_vector_get(s, n - 1);
    gsl_vector_view last = gsl_matrix_column(v, n - 1);
    for (size_t i = 0; i < n; i++)
        gsl_vector_set(room, i, fabs(gsl_vector_get(&last.vector, i)));
    *a = (unsigned)gsl_vector_max_index(room);
    gsl_vector_set(room, *a, -1);
    *b = (unsigned)gsl_vector_max_index(room);
    gsl_matrix_free(x);
    gsl_matrix_free(v);
    gsl_vector_free(s);
    gsl_vector_free(room);
    return least > 0 ? largest / least : INFINITY;
}

static unsigned most_alike(const struct fit *self, unsigned group)
{
    gsl_matrix *x = weighed(self);
    double best = -INFINITY;
    unsigned found = group;
    scale(x);
    gsl_vector_view its = gsl_matrix_column(x, group);
    for (unsigned other = 0; other < self->factors; other++) {
        double cosine;
        gsl_vector_view theirs = gsl_matrix_column(x, other);
        gsl_blas_ddot(&its.vector, &theirs.vector, &cosine);
        if (other == group || cosine <= best)
            continue;
        best = cosine;
        found = other;
    }
    gsl_matrix_free(x);
    return found;
}

/* --- factors ----------------------------------------------------------------------------------------------------- */

static gsl_vector *left_to_explain(const struct fit *self)
{
    gsl_vector *y = must(gsl_vector_alloc(self->rows));
    for (size_t row = 0; row < self->rows; row++) {
        double left = self->measured[row];
        for (size_t c = 0; c < self->columns; c++) {
            if (self->column[c].state == FIT_KNOWN)
                left -= in_row(self, row, c) * self->column[c].value;
        }
        gsl_vector_set(y, row, left / self->errors[row]);
    }
    return y;
}

static void set_values(struct fit *self, const gsl_vector *factors, const gsl_matrix *covariance)
{
    for (size_t c = 0; c < self->columns; c++) {
        struct fit_column *column = &self->column[c];
        if (!is_fitted(column))
            continue;
        unsigned group = column->group;
        column->value = column->ratio * gsl_vector_get(factors, group);
        column->error =
            column->ratio * sqrt(gsl_matrix_get(covariance, group, group)) * self->spread;
    }
}

/* The group with the least factor, if that is negative; else `factors`. */
static unsigned solve(struct fit *self)
{
    size_t n = self->factors;
    gsl_matrix *x = weighed(self), *covariance = must(gsl_matrix_alloc(n, n));
    gsl_vector *y = left_to_explain(self), *factors = must(gsl_vector_alloc(n));
    gsl_multifit_linear_workspace *room = must(gsl_multifit_linear_alloc(self->rows, n));
    double squares;
    gsl_multifit_linear(x, y, factors, covariance, &squares, room);
    /* gsl_multifit_linear() has scaled the covariance by the residuals; we say so with `spread` */
    double freedom = (double)(self->rows - n);
    self->spread = freedom > 0 ? sqrt(squares / freedom) : 0;
    if (self->spread > 0)
        gsl_matrix_scale(covariance, 1 / gsl_pow_2(self->spread));
    set_values(self, factors, covariance);
    unsigned least = (unsigned)gsl_vector_min_index(factors);
    bool negative = gsl_vector_get(factors, least) < 0;
    gsl_matrix_free(x);
    gsl_matrix_free(covariance);
    gsl_vector_free(y);
    gsl_vector_free(factors);
    gsl_multifit_linear_free(room);
    return negative ? least : (unsigned)n;
}

bool fit_solve(struct fit *self)
{
    unsigned a, b, negative;
    sort_out(self);
    if (self->factors == 0 || self->rows == 0)
        return false;
    self->condition_first = self->condition = condition(self, &a, &b);
    while (self->condition > self->limit && self->factors > 1) {
        join(self, a, b);
        self->condition = condition(self, &a, &b);
    }
    if (self->rows <= self->factors)
        return false;
    while ((negative = solve(self)) < self->factors) {
        if (self->factors == 1)
            return false;
        join(self, negative, most_alike(self, negative));
        self->condition = condition(self, &a, &b);
    }
    return true;
}

double fit_says(const struct fit *self, size_t row)
{
    double sum = 0;
    for (size_t c = 0; c < self->columns; c++)
        sum += in_row(self, row, c) * self->column[c].value;
    return sum;
}
