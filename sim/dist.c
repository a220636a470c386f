/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dist - the table of distributions. Names and parameters as in the GSL manual, where it draws.
 */
#include "sim/dist_table.h"

#include <gsl/gsl_randist.h>
#include <math.h>

static double at_least_0(double value)
{
    return value > 0 ? value : 0;
}

static double constant_draw(const struct dist *self, struct random *random)
{
    (void)random;
    return self->arguments[0];
}

static double constant_mean(const struct dist *self)
{
    return self->arguments[0];
}

static double uniform_draw(const struct dist *self, struct random *random)
{
    double low = self->arguments[0], high = self->arguments[1];
    return low + (high - low) * random_uniform(random);
}

static double uniform_mean(const struct dist *self)
{
    return (self->arguments[0] + self->arguments[1]) / 2;
}

static double exp_draw(const struct dist *self, struct random *random)
{
    return self->arguments[0] > 0 ? gsl_ran_exponential(random_gsl(random), self->arguments[0]) : 0;
}

/* Given by its mean and sigma of the logarithm, as measured file sizes are: mu = ln(mean) - sigma^2 / 2. */
static double lognormal_draw(const struct dist *self, struct random *random)
{
    double sigma = self->arguments[1];
    if (self->arguments[0] <= 0)
        return 0;
    return gsl_ran_lognormal(random_gsl(random), log(self->arguments[0]) - sigma * sigma / 2,
                             sigma);
}

/* Cut at 0: the mean is a little more than what is given when sigma is large. */
static double normal_draw(const struct dist *self, struct random *random)
{
    return at_least_0(self->arguments[0] +
                      gsl_ran_gaussian(random_gsl(random), self->arguments[1]));
}

static double pareto_draw(const struct dist *self, struct random *random)
{
    return gsl_ran_pareto(random_gsl(random), self->arguments[1], self->arguments[0]);
}

static double pareto_mean(const struct dist *self)
{
    double scale = self->arguments[0], shape = self->arguments[1];
    return shape > 1 ? scale * shape / (shape - 1) : INFINITY;
}

static double weibull_draw(const struct dist *self, struct random *random)
{
    return gsl_ran_weibull(random_gsl(random), self->arguments[0], self->arguments[1]);
}

static double weibull_mean(const struct dist *self)
{
    return self->arguments[0] * tgamma(1 + 1 / self->arguments[1]);
}

static double table_draw(const struct dist *self, struct random *random)
{
    return dist_table_draw(self->table, random_uniform(random));
}

static double table_mean(const struct dist *self)
{
    return dist_table_mean(self->table);
}

const struct dist_type dist_types[] = {
    {"constant", "q", "always the same", constant_draw, constant_mean},
    {"uniform", "qq", "uniform(low, high)", uniform_draw, uniform_mean},
    {"exp", "q", "exp(mean): exponential", exp_draw, constant_mean},
    {"lognormal", "qn", "lognormal(mean, sigma): sigma of the logarithm", lognormal_draw,
     constant_mean},
    {"normal", "qq", "normal(mean, sigma), cut at 0", normal_draw, constant_mean},
    {"pareto", "qn", "pareto(scale, shape)", pareto_draw, pareto_mean},
    {"weibull", "qn", "weibull(scale, shape)", weibull_draw, weibull_mean},
    {"zipf", "qn", "zipf(n, s): rank 1 … n (in base units) with weight rank^-s", table_draw,
     table_mean},
    {"choice", "*", "choice(value: weight, …)", table_draw, table_mean},
    {"empirical", "f", "empirical(file): a value, perhaps a weight, on each line", table_draw,
     table_mean},
    {0},
};

double dist_draw(const struct dist *self, struct random *random)
{
    double value = dist_types[self->type].draw(self, random);
    return value < DIST_DRAW_MAX ? value : DIST_DRAW_MAX;
}

double dist_mean(const struct dist *self)
{
    return dist_types[self->type].mean(self);
}

bool dist_is_constant(const struct dist *self)
{
    return self->type == DIST_CONSTANT;
}

double dist_max(const struct dist *self)
{
    switch (self->type) {
    case DIST_CONSTANT:
        return self->arguments[0];
    case DIST_UNIFORM:
        return self->arguments[1];
    case DIST_ZIPF:
    case DIST_CHOICE:
    case DIST_EMPIRICAL:
        return dist_table_max(self->table);
    default:
        return INFINITY;
    }
}
