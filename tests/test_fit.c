/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_fit - constants that are known come out again, within their own errors; those that nothing tells apart are not told apart.
 */
#include "sim/fit.h"

#include <gsl/gsl_randist.h>
#include <math.h>

#include "sim/random.h"
#include "tests/suite.h"

enum { ROWS = 12, COLUMNS = 4 };

/* Sizes, a constant for everyone, one for every other row, and one that is the sum of two others. */
struct bed {
    double design[ROWS * COLUMNS], measured[ROWS], errors[ROWS];
    struct fit_column column[COLUMNS];
    struct fit fit;
};

static void init(struct bed *self, size_t columns, const double *truth)
{
    *self = (struct bed){.fit = {.rows = ROWS,
                                 .columns = columns,
                                 .design = self->design,
                                 .measured = self->measured,
                                 .errors = self->errors,
                                 .limit = 30,
                                 .column = self->column}};
    for (size_t row = 0; row < ROWS; row++) {
        double cells[COLUMNS] = {(double)(row / 2), 1, (double)(row % 2)};
        cells[3] = cells[0] + cells[1];
        self->errors[row] = 1;
        for (size_t c = 0; c < columns; c++) {
            self->design[row * columns + c] = cells[c];
            self->measured[row] += cells[c] * truth[c];
        }
    }
    for (size_t c = 0; c < columns; c++)
        self->column[c] = (struct fit_column){.ratio = 1, .known = NAN};
}

START_TEST(known_constants_are_recovered)
{
    struct bed bed;
    init(&bed, 3, (double[]){3, 50, 7});
    ck_assert(fit_solve(&bed.fit));
    ck_assert_double_eq_tol(bed.column[0].value, 3, 1e-9);
    ck_assert_double_eq_tol(bed.column[1].value, 50, 1e-9);
    ck_assert_double_eq_tol(bed.column[2].value, 7, 1e-9);
    for (size_t c = 0; c < 3; c++)
        ck_assert_int_eq(bed.column[c].state, FIT_ALONE);
    ck_assert_double_eq_tol(fit_says(&bed.fit, 5), 3 * 2 + 50 + 7, 1e-9);
}
END_TEST

/* Over 400 draws, so that the share that lies within two standard errors (t with 9 degrees of freedom: 0.923) is told well. */
START_TEST(standard_errors_are_what_they_say)
{
    int within = 0;
    double spread = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct bed bed;
        struct random random;
        random_init(&random, seed + 1, 1);
        init(&bed, 3, (double[]){3, 50, 7});
        for (size_t row = 0; row < ROWS; row++) {
            bed.errors[row] = 0.5;
            bed.measured[row] += gsl_ran_gaussian(random_gsl(&random), 1.0);
        }
        ck_assert(fit_solve(&bed.fit));
        within += fabs(bed.column[2].value - 7) < 2 * bed.column[2].error;
        spread += bed.fit.spread / 400;
    }
    ck_assert_int_gt(within, 400 * 0.88);
    ck_assert_int_lt(within, 400 * 0.96);
    ck_assert_double_eq_tol(spread, 2, 0.15); /* the errors were twice what was said */
}
END_TEST

START_TEST(what_cannot_be_told_apart_keeps_its_ratio)
{
    struct bed bed;
    init(&bed, 3, (double[]){3, 50, 0});
    for (size_t row = 0; row < ROWS; row++)
        bed.design[row * 3 + 2] = 2 * bed.design[row * 3]; /* as the first, twice as often */
    bed.column[0].ratio = 10;
    bed.column[2].ratio = 20;
    ck_assert(fit_solve(&bed.fit));
    ck_assert(isinf(bed.fit.condition_first) || bed.fit.condition_first > 1e9);
    ck_assert_int_eq(bed.column[0].state, FIT_SHARED);
    ck_assert_int_eq(bed.column[2].state, FIT_SHARED);
    ck_assert_uint_eq(bed.column[0].group, bed.column[2].group);
    ck_assert_int_eq(bed.column[1].state, FIT_ALONE);
    ck_assert_double_eq_tol(bed.column[0].value + 2 * bed.column[2].value, 3, 1e-9);
    ck_assert_double_eq_tol(bed.column[2].value, 2 * bed.column[0].value, 1e-9);
    ck_assert_uint_eq(bed.fit.factors, 2);
}
END_TEST

START_TEST(a_sum_of_two_others_is_noticed)
{
    struct bed bed;
    init(&bed, 4, (double[]){3, 50, 7, 0});
    ck_assert(fit_solve(&bed.fit));
    ck_assert_uint_lt(bed.fit.factors, 4);
    ck_assert_double_le(bed.fit.condition, 30);
    ck_assert_double_gt(bed.fit.condition_first, 1e6);
}
END_TEST

START_TEST(nothing_becomes_negative)
{
    struct bed bed;
    init(&bed, 3, (double[]){3, 50, -4});
    ck_assert(fit_solve(&bed.fit));
    for (size_t c = 0; c < 3; c++)
        ck_assert_double_ge(bed.column[c].value, 0);
    ck_assert_int_eq(bed.column[2].state, FIT_SHARED);
    ck_assert_double_gt(bed.fit.spread, 0.1); /* it does not fit any more, and says so */
}
END_TEST

START_TEST(what_is_known_is_left_alone)
{
    struct bed bed;
    init(&bed, 3, (double[]){3, 50, 7});
    bed.column[1].known = 48;
    ck_assert(fit_solve(&bed.fit));
    ck_assert_int_eq(bed.column[1].state, FIT_KNOWN);
    ck_assert_double_eq(bed.column[1].value, 48);
    ck_assert_double_gt(bed.column[0].value, 3);
}
END_TEST

START_TEST(what_is_in_no_row_is_not_invented)
{
    struct bed bed;
    init(&bed, 3, (double[]){3, 50, 7});
    for (size_t row = 0; row < ROWS; row++) {
        bed.measured[row] -= 7 * bed.design[row * 3 + 2];
        bed.design[row * 3 + 2] = 0;
    }
    ck_assert(fit_solve(&bed.fit));
    ck_assert_int_eq(bed.column[2].state, FIT_ABSENT);
    ck_assert_double_eq(bed.column[2].value, 0);
    ck_assert_double_eq_tol(bed.column[1].value, 50, 1e-9);
}
END_TEST

START_TEST(what_is_too_rare_to_be_seen_is_not_fitted)
{
    struct bed bed;
    init(&bed, 3, (double[]){3, 50, 7});
    bed.column[2].ratio = 1e-3;
    bed.fit.least = 0.01;
    ck_assert(fit_solve(&bed.fit));
    ck_assert_int_eq(bed.column[2].state, FIT_ABSENT);
    ck_assert_int_eq(bed.column[0].state, FIT_ALONE);
}
END_TEST

START_TEST(a_design_that_says_nothing_is_refused)
{
    struct bed bed;
    init(&bed, 3, (double[]){3, 50, 7});
    bed.fit.rows = 1;
    ck_assert(!fit_solve(&bed.fit)); /* even a factor for all would leave nothing to judge it by */
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        bed.design[i] = 0;
    bed.fit.rows = ROWS;
    ck_assert(!fit_solve(&bed.fit));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fit");
    TCase *cases = tcase_create("fit");
    tcase_add_test(cases, known_constants_are_recovered);
    tcase_add_test(cases, standard_errors_are_what_they_say);
    tcase_add_test(cases, what_cannot_be_told_apart_keeps_its_ratio);
    tcase_add_test(cases, a_sum_of_two_others_is_noticed);
    tcase_add_test(cases, nothing_becomes_negative);
    tcase_add_test(cases, what_is_known_is_left_alone);
    tcase_add_test(cases, what_is_in_no_row_is_not_invented);
    tcase_add_test(cases, what_is_too_rare_to_be_seen_is_not_fitted);
    tcase_add_test(cases, a_design_that_says_nothing_is_refused);
    suite_add_tcase(suite, cases);
    return suite_main(suite);
}
