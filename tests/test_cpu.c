/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_cpu - who runs when, what is booked, and that no part of a cycle is lost.
 */
#include "sim/cpu.h"

#include <string.h>

#include "sim/simulation.h"
#include "tests/suite.h"

enum { JOBS = 8, NO_RESTART = 0 };

struct job {
    struct cpu_work work;
    int64_t done_at_ns;
    int completions, restarts;
    uint64_t cycles;
};

static struct simulation simulation;
static struct cpu cpu;
static struct job jobs[JOBS];

static void start(struct job *job)
{
    cpu_charge(&job->work, CPU_KERNEL, 3, job->cycles);
    cpu_start(&job->work, &cpu);
}

static void done(struct cpu_work *work)
{
    struct job *job = container_of(work, struct job, work);
    job->done_at_ns = simulation.now_ns;
    job->completions++;
    if (job->restarts-- > 0)
        start(job);
}

static void setup(uint64_t hz, unsigned cores)
{
    simulation_init(&simulation, 1);
    cpu_init(&cpu, &simulation, hz, cores);
    memset(jobs, 0, sizeof jobs);
}

static struct job *begin(int i, enum cpu_level level, uint64_t cycles, int restarts)
{
    struct job *job = &jobs[i];
    cpu_work_init(&job->work, level, done);
    job->cycles = cycles;
    job->restarts = restarts;
    start(job);
    return job;
}

START_TEST(works_of_a_level_are_served_first_come_first_served)
{
    setup(1000000000, 1);
    begin(0, CPU_PROCESS, 100, NO_RESTART);
    begin(1, CPU_PROCESS, 50, NO_RESTART);
    begin(2, CPU_PROCESS, 10, NO_RESTART);
    ck_assert_uint_eq(simulation_run(&simulation, 1000), 3);
    ck_assert_int_eq(jobs[0].done_at_ns, 100);
    ck_assert_int_eq(jobs[1].done_at_ns, 150);
    ck_assert_int_eq(jobs[2].done_at_ns, 160);
    ck_assert_int_eq(cpu_busy_ns(&cpu), 160);
    ck_assert_uint_eq(cpu_account(&cpu)->cycles[CPU_KERNEL][3], 160);
}
END_TEST

START_TEST(an_interrupt_preempts_a_process_which_then_goes_on)
{
    setup(1000000000, 1);
    begin(0, CPU_PROCESS, 100, NO_RESTART);
    begin(1, CPU_PROCESS, 10, NO_RESTART);
    simulation_run(&simulation, 40);
    begin(2, CPU_SOFTIRQ, 20, NO_RESTART);
    simulation_run(&simulation, 50);
    begin(3, CPU_INTERRUPT, 5, NO_RESTART);
    ck_assert(cpu_busy(&cpu, CPU_INTERRUPT));
    simulation_run(&simulation, 1000);
    ck_assert_int_eq(jobs[3].done_at_ns, 55);
    ck_assert_int_eq(jobs[2].done_at_ns, 65);
    ck_assert_int_eq(jobs[0].done_at_ns, 125);
    ck_assert_int_eq(jobs[1].done_at_ns, 135);
    ck_assert(!cpu_busy(&cpu, CPU_PROCESS));
}
END_TEST

START_TEST(with_two_cores_the_last_come_is_preempted_first)
{
    setup(1000000000, 2);
    begin(0, CPU_PROCESS, 100, NO_RESTART);
    begin(1, CPU_PROCESS, 100, NO_RESTART);
    begin(2, CPU_PROCESS, 100, NO_RESTART);
    simulation_run(&simulation, 10);
    begin(3, CPU_SOFTIRQ, 30, NO_RESTART);
    simulation_run(&simulation, 1000);
    ck_assert_int_eq(jobs[0].done_at_ns, 100);
    ck_assert_int_eq(jobs[3].done_at_ns, 40);
    ck_assert_int_eq(jobs[1].done_at_ns, 130);
    ck_assert_int_eq(jobs[2].done_at_ns, 200);
    ck_assert_int_eq(cpu_busy_ns(&cpu), 330);
}
END_TEST

START_TEST(a_million_odd_works_in_a_row_do_not_drift)
{
    setup(350000000, 1);
    begin(0, CPU_PROCESS, 1, 1000000 - 1);
    simulation_run(&simulation, INT64_C(1000000000));
    ck_assert_int_eq(jobs[0].completions, 1000000);
    ck_assert_int_eq(jobs[0].done_at_ns, 2857143); /* 1e6 / 350 MHz, rounded up */
    ck_assert_int_eq(cpu_busy_ns(&cpu), 2857143);
}
END_TEST

START_TEST(preemption_loses_no_part_of_a_cycle)
{
    setup(350000000, 1);
    begin(0, CPU_PROCESS, 3500000, NO_RESTART); /* 10 ms */
    for (int i = 0; i < 100000; i++) {
        simulation_run(&simulation, simulation.now_ns + 13);
        begin(1, CPU_INTERRUPT, 7, NO_RESTART); /* 20 ns */
        simulation_run(&simulation, simulation.now_ns + 20);
        ck_assert_int_eq(jobs[1].done_at_ns, simulation.now_ns);
    }
    simulation_run(&simulation, INT64_C(1000000000));
    ck_assert_int_eq(jobs[0].done_at_ns, 12000000);
    ck_assert_uint_eq(cpu_account(&cpu)->cycles[CPU_KERNEL][3], 4200000);
}
END_TEST

START_TEST(a_work_without_cycles_completes_at_once_and_costs_no_event)
{
    setup(350000000, 1);
    begin(0, CPU_PROCESS, 0, 5);
    ck_assert_int_eq(jobs[0].completions, 6);
    ck_assert_uint_eq(simulation_run(&simulation, 100), 0);
}
END_TEST

START_TEST(a_paused_cpu_does_nothing_and_forgets_nothing)
{
    setup(1000000000, 1);
    begin(0, CPU_PROCESS, 100, NO_RESTART);
    begin(1, CPU_PROCESS, 10, NO_RESTART);
    simulation_run(&simulation, 30);
    cpu_pause(&cpu);
    begin(2, CPU_INTERRUPT, 5, NO_RESTART);
    begin(3, CPU_SOFTIRQ, 0, NO_RESTART);
    ck_assert_uint_eq(simulation_run(&simulation, 500), 0);
    simulation.now_ns = 500;
    cpu_resume(&cpu);
    simulation_run(&simulation, 1000);
    ck_assert_int_eq(jobs[2].done_at_ns, 505);
    ck_assert_int_eq(jobs[3].done_at_ns, 505);
    ck_assert_int_eq(jobs[0].done_at_ns, 575);
    ck_assert_int_eq(jobs[1].done_at_ns, 585);
    ck_assert_int_eq(cpu_busy_ns(&cpu), 115);
}
END_TEST

START_TEST(a_halted_cpu_drops_all_work_but_keeps_its_accounts)
{
    setup(1000000000, 2);
    begin(0, CPU_PROCESS, 10, NO_RESTART);
    simulation_run(&simulation, 20);
    for (int i = 1; i < 6; i++)
        begin(i, (enum cpu_level)(i % CPU_LEVELS), 100, NO_RESTART);
    cpu_halt(&cpu);
    simulation_run(&simulation, 1000);
    for (int i = 1; i < 6; i++)
        ck_assert_int_eq(jobs[i].completions, 0);
    ck_assert_uint_eq(cpu_account(&cpu)->cycles[CPU_KERNEL][3], 10);
    begin(1, CPU_PROCESS, 10, NO_RESTART);
    simulation_run(&simulation, 2000);
    ck_assert_int_eq(jobs[1].completions, 1);
    ck_assert_uint_eq(cpu_account(&cpu)->cycles[CPU_KERNEL][3], 20);
}
END_TEST

static int dropped_works;

static void dropped(struct cpu_work *work)
{
    (void)work;
    dropped_works++;
}

START_TEST(a_halted_cpu_tells_the_works_it_drops)
{
    setup(1000000000, 2);
    for (int i = 0; i < 5; i++) {
        begin(i, (enum cpu_level)(i % CPU_LEVELS), 100, NO_RESTART);
        if (i != 3)
            jobs[i].work.dropped = dropped;
    }
    cpu_cancel(&jobs[4].work);
    dropped_works = 0;
    cpu_halt(&cpu);
    ck_assert_int_eq(dropped_works, 3);
    simulation_run(&simulation, 1000);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(jobs[i].completions, 0);
}
END_TEST

START_TEST(a_cancelled_work_is_not_booked_and_the_next_one_runs)
{
    setup(1000000000, 1);
    for (int i = 0; i < 3; i++)
        begin(i, CPU_PROCESS, 100, NO_RESTART);
    simulation_run(&simulation, 30);
    cpu_cancel(&jobs[0].work);
    cpu_cancel(&jobs[2].work);
    cpu_cancel(&jobs[2].work);
    simulation_run(&simulation, 1000);
    ck_assert_int_eq(jobs[1].done_at_ns, 130);
    ck_assert_int_eq(jobs[0].completions + jobs[2].completions, 0);
    ck_assert_uint_eq(cpu_account(&cpu)->cycles[CPU_KERNEL][3], 100);
}
END_TEST

START_TEST(charges_go_to_their_accounts)
{
    setup(1000000000, 1);
    struct cpu_work *work = &jobs[0].work;
    cpu_work_init(work, CPU_PROCESS, done);
    cpu_charge(work, CPU_USER, 1, 10);
    cpu_charge(work, CPU_KERNEL, 1, 20);
    cpu_charge(work, CPU_USER, 1, 5);
    cpu_start(work, &cpu);
    simulation_run(&simulation, 100);
    ck_assert_int_eq(jobs[0].done_at_ns, 35);
    ck_assert_uint_eq(cpu_account(&cpu)->cycles[CPU_USER][1], 15);
    ck_assert_uint_eq(cpu_account(&cpu)->cycles[CPU_KERNEL][1], 20);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpu");
    TCase *tests = tcase_create("cpu");
    tcase_add_test(tests, works_of_a_level_are_served_first_come_first_served);
    tcase_add_test(tests, an_interrupt_preempts_a_process_which_then_goes_on);
    tcase_add_test(tests, with_two_cores_the_last_come_is_preempted_first);
    tcase_add_test(tests, a_million_odd_works_in_a_row_do_not_drift);
    tcase_add_test(tests, preemption_loses_no_part_of_a_cycle);
    tcase_add_test(tests, a_work_without_cycles_completes_at_once_and_costs_no_event);
    tcase_add_test(tests, a_paused_cpu_does_nothing_and_forgets_nothing);
    tcase_add_test(tests, a_halted_cpu_drops_all_work_but_keeps_its_accounts);
    tcase_add_test(tests, a_halted_cpu_tells_the_works_it_drops);
    tcase_add_test(tests, a_cancelled_work_is_not_booked_and_the_next_one_runs);
    tcase_add_test(tests, charges_go_to_their_accounts);
    suite_add_tcase(suite, tests);
    return suite_main(suite);
}
