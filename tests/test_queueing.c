/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_queueing - queues whose truth is known: the event loop, the CPU, the random streams and the statistics together,
 * held against Pollaczek-Khinchine, Erlang C and preemptive priorities (Kleinrock, "Queueing Systems", volumes 1 and 2).
 *
 * A station is a struct cpu: customers are works, service times are cycles at 1 GHz, arrivals are Poisson. The formula has to
 * lie inside a 99.9 % confidence interval over replications; the formula of a similar but wrong queue has to lie outside,
 * or the interval would be too wide to prove anything. Times are in units of the mean service, SERVICE_NS.
 */
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "sim/cpu.h"
#include "sim/histogram.h"
#include "sim/random.h"
#include "sim/simulation.h"
#include "sim/stats.h"
#include "tests/suite.h"

enum { SERVICE_NS = 1000000, REPLICATIONS = 20, WARM_UP = 1000, CUSTOMERS = 11000, CLASSES = 2 };
#define CONFIDENCE 0.999

/* --- a station ------------------------------------------------------------------------------------------------ */

struct customer {
    struct cpu_work work;
    struct customer *next; /* free */
    struct class *class;
    int64_t arrived_at_ns;
};

struct class
{
    struct station *station;
    struct event arrival;
    struct random arrivals, services;
    double rate; /* per mean service; 0: nobody comes */
    double (*draw_service)(struct random *);
    struct moments sojourn;
    struct batch_means batches;
    struct histogram *histogram; /* NULL: not wanted */
};

struct station {
    struct simulation simulation;
    struct cpu cpu;
    struct class classes[CLASSES]; /* a class of higher index is preempted by those before it */
    struct customer *free;
    struct time_average number;
    uint64_t arrived, served, waited, warm_up, customers, present;
    int64_t began_at_ns, busy_at_begin_ns;
};

static void served(struct cpu_work *work)
{
    struct customer *customer = container_of(work, struct customer, work);
    struct class *class = customer->class;
    struct station *station = class->station;
    int64_t now_ns = station->simulation.now_ns;
    time_average_set(&station->number, now_ns, (double)--station->present);
    station->served++;
    if (station->served > station->warm_up) {
        int64_t sojourn_ns = now_ns - customer->arrived_at_ns;
        moments_add(&class->sojourn, (double)sojourn_ns / SERVICE_NS);
        batch_means_add(&class->batches, (double)sojourn_ns / SERVICE_NS);
        if (class->histogram != NULL)
            histogram_add(class->histogram, sojourn_ns);
    } else if (station->served == station->warm_up) {
        station->began_at_ns = now_ns;
        station->busy_at_begin_ns = cpu_busy_ns(&station->cpu);
        station->arrived = station->waited = 0;
        time_average_reset(&station->number, now_ns);
    }
    customer->next = station->free;
    station->free = customer;
    if (station->served == station->warm_up + station->customers)
        simulation_stop(&station->simulation);
}

static struct customer *customer_new(struct station *station)
{
    struct customer *customer = station->free;
    if (customer == NULL)
        return calloc(1, sizeof *customer);
    station->free = customer->next;
    return customer;
}

static void schedule_arrival(struct class *class)
{
    struct simulation *simulation = &class->station->simulation;
    double ahead_ns = random_exponential(&class->arrivals, SERVICE_NS / class->rate);
    event_schedule(&class->arrival, simulation, simulation->now_ns + llround(ahead_ns));
}

static void arrive(struct event *event, struct simulation *simulation)
{
    struct class *class = container_of(event, struct class, arrival);
    struct station *station = class->station;
    struct customer *customer = customer_new(station);
    customer->class = class;
    customer->arrived_at_ns = simulation->now_ns;
    station->arrived++;
    station->waited += station->present >= station->cpu.cores;
    time_average_set(&station->number, simulation->now_ns, (double)++station->present);
    enum cpu_level level = class == station->classes ? CPU_SOFTIRQ : CPU_PROCESS;
    cpu_work_init(&customer->work, level, served);
    uint64_t cycles = (uint64_t)llround(class->draw_service(&class->services) * SERVICE_NS);
    cpu_charge(&customer->work, CPU_USER, 0, cycles > 0 ? cycles : 1);
    cpu_start(&customer->work, &station->cpu);
    schedule_arrival(class);
}

static void station_init(struct station *self, uint64_t seed, unsigned servers)
{
    memset(self, 0, sizeof *self);
    simulation_init(&self->simulation, seed);
    cpu_init(&self->cpu, &self->simulation, 1000000000, servers);
    time_average_init(&self->number, 0, 0);
    self->warm_up = WARM_UP;
    self->customers = CUSTOMERS;
}

static struct class *station_add_class(struct station *self, unsigned i, double rate,
                                       double (*draw_service)(struct random *))
{
    struct class *class = &self->classes[i];
    class->station = self;
    class->rate = rate;
    class->draw_service = draw_service;
    random_init(&class->arrivals, self->simulation.seed, random_entity("arrivals", i));
    random_init(&class->services, self->simulation.seed, random_entity("services", i));
    event_init(&class->arrival, arrive);
    schedule_arrival(class);
    batch_means_init(&class->batches, 10000);
    return class;
}

static void station_run(struct station *self)
{
    simulation_run(&self->simulation, INT64_MAX);
    ck_assert_uint_eq(self->served, self->warm_up + self->customers);
}

static void free_customer(struct cpu_work *work)
{
    free(container_of(work, struct customer, work));
}

static void station_fini(struct station *self)
{
    for (unsigned level = 0; level < CPU_LEVELS; level++) {
        struct cpu_queue *queue = &self->cpu.queues[level];
        while (queue->running != NULL || queue->waiting != NULL) {
            struct cpu_work *work = queue->running != NULL ? queue->running : queue->waiting;
            cpu_cancel(work);
            free_customer(work);
        }
    }
    while (self->free != NULL) {
        struct customer *next = self->free->next;
        free(self->free);
        self->free = next;
    }
}

/* --- service times of mean 1 ---------------------------------------------------------------------------------- */

static double exponential(struct random *random)
{
    return random_exponential(random, 1);
}

static double constant(struct random *random)
{
    (void)random;
    return 1;
}

enum { HYPEREXPONENTIAL_SCV = 4, LOGNORMAL_SCV = 2 };

/* Two exponential phases with balanced means. */
static double hyperexponential(struct random *random)
{
    double p = (1 + sqrt((HYPEREXPONENTIAL_SCV - 1.0) / (HYPEREXPONENTIAL_SCV + 1.0))) / 2;
    double share = random_uniform(random) < p ? p : 1 - p;
    return random_exponential(random, 1 / (2 * share));
}

static double lognormal(struct random *random)
{
    double variance = log(1.0 + LOGNORMAL_SCV);
    return gsl_ran_lognormal(random_gsl(random), -variance / 2, sqrt(variance));
}

/* --- formulas ------------------------------------------------------------------------------------------------- */

/* Mean wait in M/G/1; scv: squared coefficient of variation of the service time. */
static double pollaczek_khinchine(double utilisation, double scv)
{
    return utilisation * (1 + scv) / 2 / (1 - utilisation);
}

/* Probability of waiting in M/M/c, by the recurrence of Erlang B. */
static double erlang_c(unsigned servers, double utilisation)
{
    double load = servers * utilisation, b = 1;
    for (unsigned i = 1; i <= servers; i++)
        b = load * b / (i + load * b);
    return b / (1 - utilisation * (1 - b));
}

static double wait_with_servers(unsigned servers, double utilisation)
{
    return erlang_c(servers, utilisation) / (servers * (1 - utilisation));
}

START_TEST(the_formulas_give_printed_values)
{
    ck_assert_double_eq_tol(erlang_c(1, 0.7), 0.7, 1e-12);
    ck_assert_double_eq_tol(erlang_c(2, 0.75), 0.6428571, 1e-6); /* 2 rho^2 / (1 + rho) */
    ck_assert_double_eq_tol(erlang_c(5, 0.8), 0.5541130, 1e-6);
    ck_assert_double_eq_tol(pollaczek_khinchine(0.5, 1), wait_with_servers(1, 0.5), 1e-12);
}
END_TEST

/* --- experiments ---------------------------------------------------------------------------------------------- */

struct experiment {
    const char *name;
    unsigned servers;
    double utilisation;
    double (*draw_service)(struct random *);
    double scv;
    double wrong_wait; /* of a queue one might confuse it with */
};

struct findings {
    struct moments sojourn, waited, number, utilisation;
};

static void check_inside(const char *name, const char *what, const struct moments *moments,
                         double truth)
{
    struct interval interval = moments_interval(moments, CONFIDENCE);
    if (!(interval.low <= truth && truth <= interval.high))
        ck_abort_msg("%s: %s should be %.5f but is %.5f (%.5f .. %.5f)", name, what, truth,
                     interval.mean, interval.low, interval.high);
}

static void check_outside(const char *name, const char *what, const struct moments *moments,
                          double falsehood)
{
    struct interval interval = moments_interval(moments, CONFIDENCE);
    if (interval.low <= falsehood && falsehood <= interval.high)
        ck_abort_msg("%s: %s could be %.5f (%.5f .. %.5f)", name, what, falsehood, interval.low,
                     interval.high);
}

static void replicate(const struct experiment *experiment, uint64_t seed, struct findings *findings)
{
    static struct station station;
    station_init(&station, seed, experiment->servers);
    double rate = experiment->utilisation * experiment->servers;
    struct class *class = station_add_class(&station, 1, rate, experiment->draw_service);
    station_run(&station);
    int64_t now_ns = station.simulation.now_ns;
    double elapsed_ns = (double)(now_ns - station.began_at_ns);
    double busy_ns = (double)(cpu_busy_ns(&station.cpu) - station.busy_at_begin_ns);
    moments_add(&findings->sojourn, class->sojourn.mean);
    moments_add(&findings->waited, (double)station.waited / (double)station.arrived);
    moments_add(&findings->number, time_average_mean(&station.number, now_ns));
    moments_add(&findings->utilisation, busy_ns / elapsed_ns / experiment->servers);
    station_fini(&station);
}

#define WAIT_MM1(utilisation) ((utilisation) / (1 - (utilisation)))

static const struct experiment experiments[] = {
    {"M/M/1 at 0.5", 1, 0.5, exponential, 1, WAIT_MM1(0.5) / 2 /* M/D/1 */},
    {"M/M/1 at 0.8", 1, 0.8, exponential, 1, WAIT_MM1(0.8) / 2},
    {"M/D/1 at 0.7", 1, 0.7, constant, 0, WAIT_MM1(0.7)},
    {"M/H2/1 at 0.6", 1, 0.6, hyperexponential, HYPEREXPONENTIAL_SCV, WAIT_MM1(0.6)},
    {"M/LN/1 at 0.5", 1, 0.5, lognormal, LOGNORMAL_SCV, WAIT_MM1(0.5)},
    {"M/M/2 at 0.75", 2, 0.75, exponential, 1, WAIT_MM1(0.75) / 2 /* one server twice as fast */},
    {"M/M/8 at 0.8", 8, 0.8, exponential, 1, WAIT_MM1(0.8) / 8},
};

static double true_wait(const struct experiment *experiment)
{
    if (experiment->servers == 1)
        return pollaczek_khinchine(experiment->utilisation, experiment->scv);
    return wait_with_servers(experiment->servers, experiment->utilisation);
}

START_TEST(a_station_waits_as_the_formula_says_and_not_as_a_wrong_one)
{
    const struct experiment *experiment = &experiments[_i];
    struct findings findings = {0};
    for (uint64_t seed = 1; seed <= REPLICATIONS; seed++)
        replicate(experiment, seed, &findings);
    double sojourn = true_wait(experiment) + 1;
    double rate = experiment->utilisation * experiment->servers;
    double waiting_chance = erlang_c(experiment->servers, experiment->utilisation);
    check_inside(experiment->name, "time in system", &findings.sojourn, sojourn);
    check_outside(experiment->name, "time in system", &findings.sojourn,
                  experiment->wrong_wait + 1);
    check_inside(experiment->name, "chance of waiting", &findings.waited, waiting_chance);
    check_outside(experiment->name, "chance of waiting", &findings.waited, waiting_chance * 0.9);
    check_inside(experiment->name, "number in system", &findings.number, rate * sojourn);
    check_outside(experiment->name, "number in system", &findings.number, sojourn / rate);
    check_inside(experiment->name, "utilisation", &findings.utilisation, experiment->utilisation);
    check_outside(experiment->name, "utilisation", &findings.utilisation,
                  experiment->utilisation * 0.97);
}
END_TEST

START_TEST(the_time_in_mm1_is_exponential)
{
    static struct station station;
    struct histogram histogram;
    histogram_init(&histogram);
    for (uint64_t seed = 1; seed <= REPLICATIONS; seed++) {
        station_init(&station, seed, 1);
        station_add_class(&station, 1, 0.6, exponential)->histogram = &histogram;
        station_run(&station);
        station_fini(&station);
    }
    double mean_ns = SERVICE_NS / (1 - 0.6);
    for (double q = 0.1; q < 0.99; q += 0.1) {
        double exact_ns = -mean_ns * log(1 - q);
        ck_assert_double_eq_tol((double)histogram_quantile(&histogram, q), exact_ns,
                                0.03 * exact_ns);
    }
    double far_ns = -mean_ns * log(1 - 0.99);
    ck_assert_double_eq_tol((double)histogram_quantile(&histogram, 0.99), far_ns, 0.05 * far_ns);
    histogram_fini(&histogram);
}
END_TEST

START_TEST(batch_means_of_one_long_run_agree_with_the_formula)
{
    static struct station station;
    station_init(&station, 7, 1);
    station.customers = 300000;
    struct class *class = station_add_class(&station, 1, 0.7, exponential);
    station_run(&station);
    ck_assert_uint_eq(class->batches.batches.n, 30);
    check_inside("M/M/1, batches", "time in system", &class->batches.batches, 1 / (1 - 0.7));
    check_outside("M/M/1, batches", "time in system", &class->batches.batches,
                  1 + WAIT_MM1(0.7) / 2);
    station_fini(&station);
}
END_TEST

/* Preemptive resume (Kleinrock, volume 2, section 3.4): the first class does not notice the second, exponential services of
 * mean 1 in both. */
START_TEST(preemptive_priorities_wait_as_the_formula_says)
{
    enum { FIRST, SECOND };
    static struct station station;
    const double rates[CLASSES] = {0.3, 0.4};
    struct moments found[CLASSES] = {0};
    for (uint64_t seed = 1; seed <= REPLICATIONS; seed++) {
        station_init(&station, seed, 1);
        for (unsigned i = 0; i < CLASSES; i++)
            station_add_class(&station, i, rates[i], exponential);
        station_run(&station);
        for (unsigned i = 0; i < CLASSES; i++)
            moments_add(&found[i], station.classes[i].sojourn.mean);
        station_fini(&station);
    }
    double all =
        rates[FIRST] + rates[SECOND]; /* also the mean remaining work of both: E[S^2] / 2 = 1 */
    double second = 1 / (1 - rates[FIRST]) + all / ((1 - rates[FIRST]) * (1 - all));
    double not_preempted = 1 + all / ((1 - rates[FIRST]) * (1 - all));
    check_inside("priorities", "time of the first", &found[FIRST], 1 / (1 - rates[FIRST]));
    check_outside("priorities", "time of the first", &found[FIRST], 1 + all / (1 - rates[FIRST]));
    check_inside("priorities", "time of the second", &found[SECOND], second);
    check_outside("priorities", "time of the second", &found[SECOND], not_preempted);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queueing");
    TCase *tests = tcase_create("queueing");
    tcase_add_test(tests, the_formulas_give_printed_values);
    tcase_add_loop_test(tests, a_station_waits_as_the_formula_says_and_not_as_a_wrong_one, 0,
                        sizeof experiments / sizeof experiments[0]);
    tcase_add_test(tests, the_time_in_mm1_is_exponential);
    tcase_add_test(tests, batch_means_of_one_long_run_agree_with_the_formula);
    tcase_add_test(tests, preemptive_priorities_wait_as_the_formula_says);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
