/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/dist, dist_table and dist_text: draws against GSL's and textbook moments and quantiles, texts in and out, and
 * what is refused.
 */
#include "sim/dist_text.h"
#include "sim/dist_table.h"
#include "tests/suite.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { DRAWS = 200000 };

static char error[300];
static struct random stream;

static void setup(void)
{
    random_init(&stream, 42, random_entity("test", 0));
}

static struct dist parse(const char *text, enum quantity_kind kind)
{
    struct dist dist;
    ck_assert_msg(dist_parse(text, kind, NULL, &dist, error, sizeof error), "%s: %s", text, error);
    return dist;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double draws[DRAWS];

static void draw_all(const struct dist *dist)
{
    for (unsigned i = 0; i < DRAWS; i++)
        draws[i] = dist_draw(dist, &stream);
    qsort(draws, DRAWS, sizeof *draws, ascending);
}

/* --- quantiles ---------------------------------------------------------------------------------------------------- */

static double exp_inverse(double p)
{
    return gsl_cdf_exponential_Pinv(p, 5e6);
}

static double uniform_inverse(double p)
{
    return gsl_cdf_flat_Pinv(p, 1e6, 9e6);
}

static double lognormal_inverse(double p)
{
    return gsl_cdf_lognormal_Pinv(p, log(5e6) - 0.5 * 0.8 * 0.8, 0.8);
}

static double normal_inverse(double p)
{
    return gsl_cdf_gaussian_Pinv(p, 1e6) + 10e6;
}

static double pareto_inverse(double p)
{
    return gsl_cdf_pareto_Pinv(p, 2.5, 1e6);
}

static double weibull_inverse(double p)
{
    return gsl_cdf_weibull_Pinv(p, 5e6, 0.7);
}

static const struct {
    const char *text;
    double (*inverse)(double p);
    double mean;
} continuous[] = {
    {"exp(5ms)", exp_inverse, 5e6},
    {"uniform(1ms, 9ms)", uniform_inverse, 5e6},
    {"lognormal(5ms, 0.8)", lognormal_inverse, 5e6},
    {"normal(10ms, 1ms)", normal_inverse, 10e6},
    {"pareto(1ms, 2.5)", pareto_inverse, 1e6 * 2.5 / 1.5},
    {"weibull(5ms, 0.7)", weibull_inverse, 5e6 * 1.2658235060572},
};

START_TEST(draws_have_the_quantiles_that_gsl_computes)
{
    struct dist dist = parse(continuous[_i].text, QUANTITY_DURATION);
    draw_all(&dist);
    for (double p = 0.05; p < 0.96; p += 0.05) {
        /* Five standard deviations of the number of draws below the quantile. */
        double below = 0, slack = 5 * sqrt(p * (1 - p) / DRAWS);
        for (unsigned low = 0, high = DRAWS; low < high;) {
            unsigned middle = (low + high) / 2;
            if (draws[middle] < continuous[_i].inverse(p))
                low = middle + 1;
            else
                high = middle;
            below = low;
        }
        ck_assert_msg(fabs(below / DRAWS - p) < slack, "%s at %.2f: %.5f", continuous[_i].text, p,
                      below / DRAWS);
    }
}
END_TEST

START_TEST(means_are_those_of_the_textbook)
{
    struct dist dist = parse(continuous[_i].text, QUANTITY_DURATION);
    double sum = 0, squares = 0;
    draw_all(&dist);
    for (unsigned i = 0; i < DRAWS; i++) {
        sum += draws[i];
        squares += draws[i] * draws[i];
    }
    double mean = sum / DRAWS, deviation = sqrt(squares / DRAWS - mean * mean);
    ck_assert_double_eq_tol(dist_mean(&dist), continuous[_i].mean, continuous[_i].mean * 1e-9);
    ck_assert_double_eq_tol(mean, continuous[_i].mean, 5 * deviation / sqrt(DRAWS));
}
END_TEST

/* --- tables ------------------------------------------------------------------------------------------------------- */

START_TEST(choice_draws_by_weight)
{
    struct dist dist = parse("choice(1KB: 45, 10KB: 30, 50KB: 22, 1MB: 3)", QUANTITY_SIZE);
    static const double values[] = {1024, 10240, 51200, 1e6}, weights[] = {0.45, 0.3, 0.22, 0.03};
    double mean = 0;
    draw_all(&dist);
    for (unsigned v = 0; v < 4; v++) {
        unsigned count = 0;
        for (unsigned i = 0; i < DRAWS; i++)
            count += draws[i] == values[v];
        double slack = 5 * sqrt(weights[v] * (1 - weights[v]) / DRAWS);
        ck_assert_double_eq_tol((double)count / DRAWS, weights[v], slack);
        mean += values[v] * weights[v];
    }
    ck_assert_double_eq_tol(dist_mean(&dist), mean, 1e-6);
    ck_assert_double_eq(dist_max(&dist), 1e6);
}
END_TEST

START_TEST(zipf_falls_as_its_power_says)
{
    struct dist dist = parse("zipf(100, 1)", QUANTITY_SIZE);
    double harmonic = 0;
    unsigned ones = 0, tens = 0;
    for (unsigned i = 1; i <= 100; i++)
        harmonic += 1.0 / i;
    draw_all(&dist);
    for (unsigned i = 0; i < DRAWS; i++) {
        ones += draws[i] == 1;
        tens += draws[i] == 10;
    }
    ck_assert_double_eq_tol((double)ones / DRAWS, 1 / harmonic, 0.01);
    ck_assert_double_eq_tol((double)tens / DRAWS, 0.1 / harmonic, 0.003);
    ck_assert_double_eq_tol(dist_mean(&dist), 100 / harmonic, 1e-6);
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(empirical_reads_values_and_weights_from_a_file)
{
    char directory[] = "/tmp/test_dist_XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/sizes.txt", directory);
    write_file(path, "1KB 3\n2KB 1\n");
    struct dist dist;
    bool good =
        dist_parse("empirical(sizes.txt)", QUANTITY_SIZE, directory, &dist, error, sizeof error);
    ck_assert_msg(good, "%s", error);
    ck_assert_double_eq_tol(dist_mean(&dist), 1280, 1e-9);
    write_file(path, "1KB 3\nrubbish\n");
    good = dist_parse("empirical(sizes.txt)", QUANTITY_SIZE, directory, &dist, error, sizeof error);
    ck_assert(!good);
    ck_assert_msg(strstr(error, "sizes.txt:2:") != NULL, "%s", error);
    unlink(path);
    good = dist_parse("empirical(sizes.txt)", QUANTITY_SIZE, directory, &dist, error, sizeof error);
    ck_assert(!good);
    ck_assert_msg(strstr(error, "cannot read") != NULL, "%s", error);
    rmdir(directory);
}
END_TEST

/* Two scenarios may each have a sizes.txt in a directory of their own. */
START_TEST(files_of_one_name_are_told_apart_by_what_is_in_them)
{
    struct dist one, other, again;
    char directory[] = "/tmp/test_dist_XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/sizes.txt", directory);
    static const char text[] = "empirical(sizes.txt)";
    write_file(path, "1KB 1\n2KB 3\n");
    ck_assert(dist_parse(text, QUANTITY_SIZE, directory, &one, error, sizeof error));
    ck_assert(dist_parse(text, QUANTITY_SIZE, directory, &again, error, sizeof error));
    write_file(path, "1KB 3\n2KB 1\n");
    ck_assert(dist_parse(text, QUANTITY_SIZE, directory, &other, error, sizeof error));
    unlink(path);
    rmdir(directory);
    ck_assert_double_eq_tol(dist_mean(&one), 1792, 1e-9);
    ck_assert_double_eq_tol(dist_mean(&other), 1280, 1e-9);
    ck_assert_ptr_eq(one.table, again.table);
    ck_assert(dist_table_digest(one.table) != dist_table_digest(other.table));
}
END_TEST

START_TEST(a_wrong_file_is_told_with_its_line)
{
    static const char *const rows[][2] = {
        {"1KB\n2\n", ":2: '2' has no unit (write 2KB)"},
        {"1KB\n1KB -3\n", ":2: values and weights must not be negative"},
        {"1KB many\n", ":1: 'many' is not a number"}, /* without the line's end */
        {"# nothing\n\n", "no value has a weight above 0"},
        {"1KB 0\n", "no value has a weight above 0"},
    };
    char directory[] = "/tmp/test_dist_XXXXXX", path[64], endless[300];
    struct dist dist;
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/f", directory);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_file(path, rows[i][0]);
        ck_assert(
            !dist_parse("empirical(f)", QUANTITY_SIZE, directory, &dist, error, sizeof error));
        size_t size = strlen(error), wanted = strlen(rows[i][1]);
        ck_assert_msg(size >= wanted && strcmp(error + size - wanted, rows[i][1]) == 0, "%s",
                      error);
    }
    snprintf(endless, sizeof endless, "1KB%*s\n2KB\n", 250, ""); /* not to be taken for two lines */
    write_file(path, endless);
    ck_assert(!dist_parse("empirical(f)", QUANTITY_SIZE, directory, &dist, error, sizeof error));
    ck_assert_msg(strstr(error, ":1: the line is longer than 198 bytes") != NULL, "%s", error);
    ck_assert(!dist_parse("empirical(.)", QUANTITY_SIZE, directory, &dist, error, sizeof error));
    ck_assert_msg(strstr(error, "Is a directory") != NULL, "%s", error);
    unlink(path);
    rmdir(directory);
}
END_TEST

/* --- texts -------------------------------------------------------------------------------------------------------- */

START_TEST(a_plain_quantity_is_a_constant)
{
    struct dist dist = parse("5ms", QUANTITY_DURATION);
    ck_assert(dist_is_constant(&dist));
    ck_assert_double_eq(dist_draw(&dist, &stream), 5e6);
    ck_assert_double_eq(dist_mean(&dist), 5e6);
}
END_TEST

START_TEST(what_is_printed_is_parsed_to_the_same)
{
    static const char *const texts[] = {"5ms",
                                        "exp(5ms)",
                                        "uniform(0, 20ms)",
                                        "lognormal(5ms, 0.8)",
                                        "normal(10ms, 1ms)",
                                        "pareto(1ms, 1.2)",
                                        "weibull(5ms, 0.382)",
                                        "choice(1ms: 1, 2ms: 3)",
                                        "zipf(10, 0.8)"};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[200];
        struct dist dist = parse(texts[i], QUANTITY_DURATION);
        dist_print(&dist, QUANTITY_DURATION, text, sizeof text);
        struct dist again = parse(text, QUANTITY_DURATION);
        ck_assert_msg(memcmp(&dist, &again, sizeof dist) == 0, "%s became %s", texts[i], text);
    }
}
END_TEST

START_TEST(what_is_wrong_is_told)
{
    static const char *const rows[][2] = {
        {"gamma(1ms, 2)", "unknown distribution 'gamma' (known: constant uniform exp"},
        {"exp(5)", "has no unit"},
        {"exp(5ms", "')' is missing"},
        {"exp 5ms", "'(' is missing"},
        {"exp(5ms) and more", "too much"},
        {"exp(-5ms)", "must not be negative"},
        {"uniform(2ms, 1ms)", "low <= high"},
        {"uniform(2ms)", "',' is missing"},
        {"pareto(0, 1.2)", "above 0"},
        {"pareto(1ms, 0)", "above 0"},
        {"weibull(1ms, 0)", "above 0"},
        {"zipf(0, 1)", "1 to"},
        {"lognormal(1ms, 101)", "a sigma of at most 100"},
        {"lognormal(1ms, 2ms)", "'ms' is not a unit of a number"},
        {"choice()", "is not a duration"},
        {"choice(1ms: 0, 2ms: 0)", "no value has a weight above 0"},
        {"choice(1ms: -1)", "must not be negative"},
        {"empirical()", "needs the name of a file"},
        {"empirical(/nowhere/at/all)", "cannot read"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dist dist;
        bool good = dist_parse(rows[i][0], QUANTITY_DURATION, NULL, &dist, error, sizeof error);
        ck_assert_msg(!good, "%s passed", rows[i][0]);
        ck_assert_msg(strstr(error, rows[i][1]) != NULL, "%s: %s", rows[i][0], error);
    }
}
END_TEST

START_TEST(heavy_tails_have_no_mean_and_no_maximum)
{
    struct dist dist = parse("pareto(1ms, 1)", QUANTITY_DURATION);
    ck_assert(isinf(dist_mean(&dist)));
    ck_assert(isinf(dist_max(&dist)));
}
END_TEST

/* Whoever takes a draw makes a 64-bit integer of it. */
START_TEST(the_wildest_distribution_stays_a_number)
{
    static const char *const texts[] = {"weibull(1ms, 0.001)", "weibull(1000h, 1e-300)",
                                        "pareto(1ms, 1e-9)",   "lognormal(1ms, 100)",
                                        "exp(1e300ns)",        "normal(0, 1e300ns)"};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct dist dist = parse(texts[i], QUANTITY_DURATION);
        ck_assert(!isnan(dist_mean(&dist)));
        for (unsigned d = 0; d < 1000; d++) {
            double value = dist_draw(&dist, &stream);
            if (!(value >= 0 && value <= DIST_DRAW_MAX))
                ck_abort_msg("%s: %g", texts[i], value);
        }
    }
}
END_TEST

START_TEST(no_draw_is_negative_and_equal_streams_draw_equally)
{
    struct dist dist = parse("normal(1ms, 2ms)", QUANTITY_DURATION);
    struct random other;
    random_init(&other, 42, random_entity("test", 0));
    for (unsigned i = 0; i < 10000; i++) {
        double value = dist_draw(&dist, &stream);
        if (value < 0 || value != dist_draw(&dist, &other))
            ck_abort_msg("draw %u: %g", i, value);
    }
}
END_TEST

int main(void)
{
    const int rows = sizeof continuous / sizeof *continuous;
    Suite *suite = suite_create("dist");
    TCase *tcase = tcase_create("dist");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, draws_have_the_quantiles_that_gsl_computes, 0, rows);
    tcase_add_loop_test(tcase, means_are_those_of_the_textbook, 0, rows);
    tcase_add_test(tcase, choice_draws_by_weight);
    tcase_add_test(tcase, zipf_falls_as_its_power_says);
    tcase_add_test(tcase, empirical_reads_values_and_weights_from_a_file);
    tcase_add_test(tcase, a_plain_quantity_is_a_constant);
    tcase_add_test(tcase, what_is_printed_is_parsed_to_the_same);
    tcase_add_test(tcase, what_is_wrong_is_told);
    tcase_add_test(tcase, heavy_tails_have_no_mean_and_no_maximum);
    tcase_add_test(tcase, files_of_one_name_are_told_apart_by_what_is_in_them);
    tcase_add_test(tcase, a_wrong_file_is_told_with_its_line);
    tcase_add_test(tcase, the_wildest_distribution_stays_a_number);
    tcase_add_test(tcase, no_draw_is_negative_and_equal_streams_draw_equally);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
