/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of sim/store: what was written is found, as it was, by its identity alone; databases of others are left alone.
 */
#include "sim/store.h"
#include "tests/suite.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <signal.h>

static const struct metric_type TYPES[] = {
    {.name = "latency", .unit = "s", .help = "mean time"},
    {.name = "cycles", .unit = "cycles", .help = "per request", .by_host = true},
    {.name = NULL}};

static char directory[64], path[128], error[400];
static struct store *store;
static struct results results, found;

static const struct store_run RUN = {
    .scenario = "crash",
    .scenario_text = "title: crash\n",
    .backend = "sim",
    .point = "{\"scheme\":\"duplex\"}",
    .parameters = "scheme: duplex\n",
    .seed = UINT64_MAX,
    .replication = 1,
    .version = "0.1",
    .commit = "abc",
    .build = "0123",
    .host_facts = "{\"cores\":2}",
    .started_at_s = 1700000000,
    .wall_time_s = 0.5,
};

static void reopen(void)
{
    store_close(store);
    store = store_open(path, error, sizeof error);
    ck_assert_msg(store != NULL, "%s", error);
}

static void setup(void)
{
    snprintf(directory, sizeof directory, "/tmp/test_store_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/results.db", directory);
    results_init(&results, TYPES);
    results_init(&found, TYPES);
    store = NULL;
    reopen();
}

static void teardown(void)
{
    char name[160];
    static const char *const ends[] = {"", "-wal", "-shm"};
    results_fini(&results);
    results_fini(&found);
    store_close(store);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    rmdir(directory);
}

static void fill(double latency)
{
    struct histogram histogram;
    histogram_init(&histogram);
    histogram_add(&histogram, 1000);
    histogram_add(&histogram, 5000000);
    results_add_interval(&results, "latency", "",
                         (struct interval){.mean = latency, .low = 0.1, .high = 0.3, .n = 10});
    results_add_histogram(&results, "latency", "", &histogram);
    results_add(&results, "cycles", "primary", 123456789);
    results_add(&results, "cycles", "backup", NAN);
    results_add_verdict(&results, &(struct verdict){.promise = "P1",
                                                    .title = "acknowledged input survives",
                                                    .checks = 7,
                                                    .violations = 2,
                                                    .binding = true,
                                                    .first = "at 1 s: 'quoted'"});
    histogram_fini(&histogram);
}

/* One number or text out of the database, through a connection of its own. */
static const char *ask(const char *sql)
{
    static char answer[200];
    sqlite3 *other;
    sqlite3_stmt *statement;
    ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(other, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(other));
    int code = sqlite3_step(statement);
    const unsigned char *text = code == SQLITE_ROW ? sqlite3_column_text(statement, 0) : NULL;
    snprintf(answer, sizeof answer, "%s", text ? (const char *)text : "nothing");
    sqlite3_finalize(statement);
    sqlite3_close(other);
    return answer;
}

START_TEST(what_is_written_is_found_as_it_was)
{
    fill(0.2);
    ck_assert(store_write(store, &RUN, &results));
    reopen();
    ck_assert_int_eq(store_find(store, &RUN, &found), 1);
    const struct metric *latency = results_find(&found, "latency", "");
    ck_assert_double_eq(latency->value.mean, 0.2);
    ck_assert_double_eq(latency->value.low, 0.1);
    ck_assert_double_eq(latency->value.high, 0.3);
    ck_assert_uint_eq(latency->value.n, 10);
    ck_assert_uint_eq(latency->histogram->count, 2);
    ck_assert_double_eq(results_find(&found, "cycles", "primary")->value.mean, 123456789);
    ck_assert(isnan(results_find(&found, "cycles", "backup")->value.mean));
    ck_assert_uint_eq(found.verdict_count, 1);
    ck_assert_uint_eq(found.verdicts[0].checks, 7);
    ck_assert_uint_eq(found.verdicts[0].violations, 2);
    ck_assert(found.verdicts[0].binding);
    ck_assert_str_eq(found.verdicts[0].first, "at 1 s: 'quoted'");
}
END_TEST

START_TEST(all_that_determines_a_result_is_in_the_identity_and_nothing_else)
{
    const uint64_t identity = store_identity(&RUN);
    for (unsigned field = 0; field < 12; field++) {
        struct store_run other = RUN;
        if (field == 0)
            other.scenario = "crasj";
        if (field == 1)
            other.backend = "testbed";
        if (field == 2)
            other.point = "{}";
        if (field == 3)
            other.parameters = "scheme: duplez\n";
        if (field == 4)
            other.commit = "abd";
        if (field == 5)
            other.seed--;
        if (field == 6)
            other.replication++;
        if (field == 7)
            other.build = "0124";
        if (field == 8)
            other.started_at_s++;
        if (field == 9)
            other.wall_time_s++;
        if (field == 10)
            other.host_facts = "{}";
        if (field == 11)
            other.scenario_text = "# a comment\n";
        ck_assert_msg((store_identity(&other) != identity) == (field <= 7), "field %u", field);
    }
}
END_TEST

START_TEST(a_run_of_other_parameters_is_not_found_and_takes_the_place_when_written)
{
    fill(0.2);
    ck_assert(store_write(store, &RUN, &results));
    struct store_run changed = RUN;
    changed.parameters = "scheme: duplex\nnetwork.rate: 1Gbps\n";
    ck_assert_int_eq(store_find(store, &changed, &found), 0);
    ck_assert(store_write(store, &changed, &results));
    ck_assert_str_eq(ask("SELECT count(*) FROM run"), "1");
    ck_assert_str_eq(ask("SELECT count(*) FROM metric"), "3"); /* the old ones went with it */
    ck_assert_int_eq(store_find(store, &RUN, &found), 0);
    struct store_run next = changed;
    next.replication++;
    ck_assert(store_write(store, &next, &results));
    ck_assert_str_eq(ask("SELECT count(*) FROM run"), "2");
}
END_TEST

START_TEST(a_run_of_an_unknown_program_is_never_found_but_kept_once)
{
    struct store_run unknown = RUN;
    unknown.build = NULL;
    fill(0.2);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert(store_write(store, &unknown, &results));
        ck_assert_int_eq(store_find(store, &unknown, &found), 0);
    }
    ck_assert_str_eq(ask("SELECT count(*) FROM run"), "1");
}
END_TEST

START_TEST(the_view_has_a_row_for_each_metric_with_the_columns_of_the_design)
{
    fill(0.2);
    ck_assert(store_write(store, &RUN, &results));
    ck_assert_str_eq(ask("SELECT group_concat(name) FROM pragma_table_info('result')"),
                     "run,scenario,backend,point,metric,host,value,unit,ci_low,ci_high,n");
    ck_assert_str_eq(ask("SELECT count(*) FROM result"), "3");
    ck_assert_str_eq(ask("SELECT value FROM result WHERE metric = 'latency' AND "
                         "point ->> 'scheme' = 'duplex'"),
                     "0.2");
    ck_assert_str_eq(ask("SELECT seed FROM run"), "18446744073709551615");
}
END_TEST

/* The interval in the database is the one that the program prints. */
START_TEST(the_summary_has_the_interval_over_replications)
{
    struct moments moments = {0};
    unsigned count = (unsigned)_i;
    for (unsigned i = 0; i < count; i++) {
        struct store_run run = RUN;
        run.replication = i;
        fill(0.2 + 0.01 * (double)(i * i));
        moments_add(&moments, 0.2 + 0.01 * (double)(i * i));
        ck_assert(store_write(store, &run, &results));
        results_fini(&results);
        results_init(&results, TYPES);
    }
    struct interval wanted = moments_interval(&moments, 0.95);
    if (count == 1) /* the run's own */
        wanted.low = 0.1, wanted.high = 0.3;
    char wanted_count[20];
    snprintf(wanted_count, sizeof wanted_count, "%u", count);
    double half = (wanted.high - wanted.low) / 2;
    ck_assert_str_eq(ask("SELECT replications FROM summary WHERE metric = 'latency'"),
                     wanted_count);
    ck_assert_double_eq_tol(atof(ask("SELECT value FROM summary WHERE metric = 'latency'")),
                            wanted.mean, 1e-9);
    ck_assert_double_eq_tol(atof(ask("SELECT ci_low FROM summary WHERE metric = 'latency'")),
                            wanted.low, 5e-3 * half);
    ck_assert_double_eq_tol(atof(ask("SELECT ci_high FROM summary WHERE metric = 'latency'")),
                            wanted.high, 5e-3 * half);
    ck_assert_str_eq(ask("SELECT count(*) FROM summary WHERE metric = 'cycles' AND ci_low IS NULL"),
                     count == 1 ? "2" : "1"); /* the backup has no value at all */
}
END_TEST

START_TEST(a_single_value_has_no_interval)
{
    fill(0.2);
    ck_assert(store_write(store, &RUN, &results));
    ck_assert_str_eq(
        ask("SELECT value IS NOT NULL AND ci_low IS NULL AND ci_high IS NULL AND n = 1 "
            "FROM result WHERE host = 'primary'"),
        "1");
    ck_assert_int_eq(store_find(store, &RUN, &found), 1);
    const struct metric *cycles = results_find(&found, "cycles", "primary");
    ck_assert(cycles->value.low == -INFINITY && cycles->value.high == INFINITY);
}
END_TEST

START_TEST(tables_are_strict_and_the_journal_is_a_wal)
{
    ck_assert_str_eq(ask("PRAGMA journal_mode"), "wal");
    ck_assert_str_eq(ask("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND "
                         "type = 'table' AND NOT strict AND name NOT LIKE 'sqlite%'"),
                     "0");
}
END_TEST

/* --- databases of others ------------------------------------------------------------------------------------------ */

static void refuse(const char *said)
{
    store_close(store);
    store = store_open(path, error, sizeof error);
    ck_assert_ptr_null(store);
    ck_assert_msg(strstr(error, said) != NULL, "%s", error);
    ck_assert_msg(strstr(error, path) != NULL, "%s", error);
}

START_TEST(a_database_of_another_program_is_not_touched)
{
    store_close(store);
    store = NULL;
    unlink(path);
    ask("SELECT 1");
    sqlite3 *other;
    ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
    sqlite3_exec(other, "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)", NULL, NULL, NULL);
    sqlite3_close(other);
    refuse("a database of another program");
    ck_assert_str_eq(ask("SELECT count(*) FROM sqlite_schema"), "1");
}
END_TEST

START_TEST(an_empty_database_that_another_program_marked_is_not_touched)
{
    store_close(store);
    store = NULL;
    unlink(path);
    ask("PRAGMA application_id = 42");
    refuse("a database of another program");
}
END_TEST

START_TEST(a_newer_format_is_not_touched)
{
    ask("PRAGMA user_version = 99");
    refuse("made by another version");
}
END_TEST

START_TEST(a_file_that_is_no_database_is_told)
{
    store_close(store);
    store = NULL;
    FILE *file = fopen(path, "w");
    for (unsigned i = 0; i < 200; i++)
        fputs("this is not a database\n", file);
    fclose(file);
    refuse("not a database");
}
END_TEST

START_TEST(a_directory_and_a_missing_directory_are_told)
{
    char wrong[200];
    ck_assert_ptr_null(store_open(directory, error, sizeof error));
    ck_assert_msg(strstr(error, "cannot be opened") != NULL, "%s", error);
    snprintf(wrong, sizeof wrong, "%s/no/such/results.db", directory);
    ck_assert_ptr_null(store_open(wrong, error, sizeof error));
    ck_assert_msg(strstr(error, "No such file") != NULL, "%s", error);
}
END_TEST

START_TEST(a_full_disk_is_told_and_what_was_there_stays)
{
    fill(0.2);
    ck_assert(store_write(store, &RUN, &results));
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_IGN);
    struct stat status;
    char wal[160];
    snprintf(wal, sizeof wal, "%s-wal", path);
    stat(wal, &status);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){(rlim_t)status.st_size + 100, limit.rlim_max});
    struct store_run next = RUN;
    next.replication = 2;
    bool wrote = store_write(store, &next, &results);
    setrlimit(RLIMIT_FSIZE, &limit);
    ck_assert(!wrote);
    ck_assert_msg(strstr(store_error(store), "disk") != NULL, "%s", store_error(store));
    reopen();
    ck_assert_int_eq(store_find(store, &RUN, &found), 1);
    ck_assert_int_eq(store_find(store, &next, &found), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *tcase = tcase_create("store");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_is_written_is_found_as_it_was);
    tcase_add_test(tcase, all_that_determines_a_result_is_in_the_identity_and_nothing_else);
    tcase_add_test(tcase, a_run_of_other_parameters_is_not_found_and_takes_the_place_when_written);
    tcase_add_test(tcase, a_run_of_an_unknown_program_is_never_found_but_kept_once);
    tcase_add_test(tcase, the_view_has_a_row_for_each_metric_with_the_columns_of_the_design);
    tcase_add_loop_test(tcase, the_summary_has_the_interval_over_replications, 1, 31);
    tcase_add_test(tcase, a_single_value_has_no_interval);
    tcase_add_test(tcase, tables_are_strict_and_the_journal_is_a_wal);
    tcase_add_test(tcase, a_database_of_another_program_is_not_touched);
    tcase_add_test(tcase, an_empty_database_that_another_program_marked_is_not_touched);
    tcase_add_test(tcase, a_newer_format_is_not_touched);
    tcase_add_test(tcase, a_file_that_is_no_database_is_told);
    tcase_add_test(tcase, a_directory_and_a_missing_directory_are_told);
    tcase_add_test(tcase, a_full_disk_is_told_and_what_was_there_stays);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
