/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calibrate_report - what a calibration found: tables for people, and the profile.
 */
#include "cmd/calibrate.h"
#include "models/scheme.h"
#include "sim/quantity.h"
#include "sim/table.h"
#include "version.h"

#include <math.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* --- the machine ------------------------------------------------------------------------------------------------- */

/* The value behind "key   : value" in /proc/cpuinfo, of the first processor. */
static bool cpu_says(const char *key, char *out, size_t room)
{
    char line[4096];
    bool found = false;
    FILE *stream = fopen("/proc/cpuinfo", "re");
    while (stream != NULL && !found && fgets(line, sizeof line, stream) != NULL) {
        const char *colon = strchr(line, ':');
        found = colon != NULL && strncmp(line, key, strlen(key)) == 0;
        if (found)
            snprintf(out, room, "%s", colon + 1 + strspn(colon + 1, " "));
    }
    if (stream != NULL)
        fclose(stream);
    out[found ? strcspn(out, "\n") : 0] = '\0';
    return found;
}

void calibrate_learn_facts(struct machine_facts *out)
{
    char text[4000];
    struct utsname name = {.sysname = "unknown"};
    uname(&name);
    *out = (struct machine_facts){.cores = sysconf(_SC_NPROCESSORS_ONLN)};
    if (!cpu_says("model name", out->cpu, sizeof out->cpu))
        snprintf(out->cpu, sizeof out->cpu, "unknown CPU (%s)", name.machine);
    name.release[strcspn(name.release, "-")] = '\0'; /* who built it is nobody's business */
    snprintf(out->kernel, sizeof out->kernel, "%s %s", name.sysname, name.release);
    out->hypervisor = cpu_says("flags", text, sizeof text) && strstr(text, " hypervisor") != NULL;
    if (cpu_says("cpu MHz", text, sizeof text))
        sscanf(text, "%lf", &out->hz);
    out->hz *= 1e6;
}

/* --- what became of a constant ----------------------------------------------------------------------------------- */

static const char *name_of(const struct calibration *self, size_t constant)
{
    return strchr(self->constants[constant]->name, '.') + 1;
}

static void list_companions(const struct calibration *self, size_t constant, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < self->constant_count && used < room; i++) {
        const struct fit_column *other = &self->columns[i];
        if (i == constant || other->state != FIT_SHARED ||
            other->group != self->columns[constant].group)
            continue;
        used += (size_t)snprintf(out + used, room - used, "%s%s", used > 0 ? ", " : "",
                                 name_of(self, i));
    }
}

static void tell(const struct calibration *self, size_t constant, char *out, size_t room)
{
    const struct fit_column *column = &self->columns[constant];
    char companions[400];
    double percent = column->value > 0 ? 100 * column->error / column->value : 0;
    switch (column->state) {
    case FIT_ALONE:
        snprintf(out, room, "fitted, +-%.0f %%", percent);
        break;
    case FIT_SHARED:
        list_companions(self, constant, companions, sizeof companions);
        snprintf(out, room, "fitted, +-%.0f %%, in the ratio given to what is not told apart: %s",
                 percent, companions);
        break;
    case FIT_KNOWN:
        snprintf(out, room, "measured directly");
        break;
    case FIT_ABSENT:
        if (self->kin[constant] != NULL)
            snprintf(out, room, "not measured, too rare in these runs: in the ratio given to %s",
                     self->kin[constant]);
        else
            snprintf(out, room,
                     column->ratio > 0 ? "not measured, too rare in these runs" : "0 was given");
        break;
    }
}

static bool is_whole(const struct param *constant)
{
    return constant->kind == PARAM_CYCLES;
}

static void print_value(const struct calibration *self, size_t constant, char *out, size_t room)
{
    snprintf(out, room, is_whole(self->constants[constant]) ? "%.0f" : "%.4f",
             param_number(self->constants[constant], &self->profile));
}

/* --- tables ------------------------------------------------------------------------------------------------------ */

static const char *describe(const struct config *config, char *out, size_t room)
{
    char reply[60], body[70] = "";
    quantity_print(dist_mean(&config->clients.reply), QUANTITY_SIZE, reply, sizeof reply);
    if (config->clients.post > 0) {
        size_t used = (size_t)snprintf(body, sizeof body, ", POST ");
        quantity_print(dist_mean(&config->clients.body), QUANTITY_SIZE, body + used,
                       sizeof body - used);
    }
    snprintf(out, room, "%s%s%s", reply, body,
             config->clients.connection == CONNECTION_KEEP_ALIVE ? "" : ", one connection each");
    return out;
}

static void set_number(struct table *table, size_t row, size_t column, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.1f", value);
    table_set(table, row, column, text);
}

static void set_percent(struct table *table, size_t row, size_t column, double is, double should)
{
    char text[40];
    snprintf(text, sizeof text, "%+.0f %%", 100 * (is / should - 1));
    table_set(table, row, column, text);
}

static void print_points(const struct calibration *self, bool light, FILE *stream)
{
    struct table *table = table_new();
    table_add_column(table, &(struct table_column){.name = "scheme", .left = true, .key = true});
    table_add_column(table, &(struct table_column){.name = "a request", .left = true, .key = true});
    static const char *const cpu[] = {"user", "kernel", "both"}, *const way[] = {"latency"};
    const char *const *names = light ? way : cpu;
    size_t count = light ? 1 : 3, difference = 2 + 2 * count;
    for (size_t i = 0; i < 2 * count; i++)
        table_add_column(table,
                         &(struct table_column){.group = i < count ? "measured" : "simulated",
                                                .name = names[i % count],
                                                .unit = "us"});
    table_add_column(table, &(struct table_column){.name = "off by"});
    for (size_t p = 0; p < self->point_count; p++) {
        const struct calibration_point *point = &self->points[p];
        const struct calibration_cost *costs[] = {&point->measured, &point->simulated};
        char text[200];
        if (calibration_is_light(point->config) != light)
            continue;
        size_t row = table_add_row(table);
        table_set(table, row, 0, schemes[point->config->scheme].name);
        table_set(table, row, 1, describe(point->config, text, sizeof text));
        for (size_t i = 0; i < 2; i++) {
            double cells[] = {costs[i]->user, costs[i]->kernel, costs[i]->user + costs[i]->kernel};
            for (size_t c = 0; c < count; c++)
                set_number(table, row, 2 + i * count + c,
                           1e6 * (light ? costs[i]->latency : cells[c]));
        }
        if (light)
            set_percent(table, row, difference, costs[1]->latency, costs[0]->latency);
        else
            set_percent(table, row, difference, costs[1]->user + costs[1]->kernel,
                        costs[0]->user + costs[0]->kernel);
    }
    fprintf(stream, light ? "\nMedian latency of one client\n\n" : "CPU time a request\n\n");
    table_print(table, stream, table_room(stream), false);
    table_free(table);
}

static void print_constants(const struct calibration *self, FILE *stream)
{
    struct table *table = table_new();
    table_add_column(table, &(struct table_column){.name = "constant", .left = true, .key = true});
    table_add_column(table, &(struct table_column){.name = "cycles"});
    table_add_column(table, &(struct table_column){.name = "ns"});
    table_add_column(table, &(struct table_column){.name = "how sure", .left = true});
    for (size_t i = 0; i < self->constant_count; i++) {
        char value[40], ns[40], state[500];
        size_t row = table_add_row(table);
        print_value(self, i, value, sizeof value);
        tell(self, i, state, sizeof state);
        snprintf(ns, sizeof ns, is_whole(self->constants[i]) ? "%.0f" : "%.3f",
                 param_number(self->constants[i], &self->profile) / self->hz * 1e9);
        table_set(table, row, 0, name_of(self, i));
        table_set(table, row, 1, value);
        table_set(table, row, 2, ns);
        table_set(table, row, 3, state);
    }
    fputs("\nConstants\n\n", stream);
    table_print(table, stream, 400, false); /* reasons are not to be cut into parts */
    table_free(table);
}

void calibrate_print(const struct calibration *self, FILE *stream)
{
    print_points(self, false, stream);
    if (self->light_count > 0)
        print_points(self, true, stream);
    print_constants(self, stream);
    fprintf(stream,
            "\n%zu factors for the constants; condition number %.3g, of all constants apart %.3g\n"
            "residuals are %.1f times what was expected of the measurement (3 %% of "
            "CPU time, 10 %% of BPF time)\n",
            self->fit.factors, self->fit.condition, self->fit.condition_first, self->fit.spread);
    if (self->light_count > 0)
        fprintf(stream, "a cable's delay: %.1f us +-%.1f, with waking up an idle host in it\n",
                (double)self->profile.network.delay_ns / 1e3, self->delay_error_ns / 1e3);
    else
        fputs("no point has one client: network.delay is not fitted\n", stream);
}

/* --- the profile ------------------------------------------------------------------------------------------------- */

static void write_facts(const struct calibration *self, const struct machine_facts *facts,
                        FILE *stream)
{
    char date[20];
    time_t now = time(NULL);
    struct tm utc;
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &utc));
    fprintf(stream,
            "# Cost profile, measured by `understudy calibrate` (%s) on %s.\n"
            "# Machine: %s, %ld cores%s, %s.\n"
            "# Method: CPU time that the kernel books to the server's processes (/proc/PID/stat; "
            "its ticks divide it into user\n"
            "# and kernel), what they do at interrupt level for others included; as cycles of a "
            "clock of %.4g GHz. %zu points of\n"
            "# schemes with one server; %zu factors fitted by least squares, condition number "
            "%.2g, residuals %.1f times\n"
            "# the expected 3 %%. docs/calibrate.md says what each remark means.\n"
            "# To repeat: understudy calibrate scenarios/calibrate/*.yaml --out FILE\n",
            UNDERSTUDY_VERSION, date, facts->cpu, facts->cores,
            facts->hypervisor ? " of a virtual machine" : "", facts->kernel, self->hz / 1e9,
            self->point_count, self->fit.factors, self->fit.condition, self->fit.spread);
}

void calibrate_write(const struct calibration *self, const struct machine_facts *facts,
                     FILE *stream)
{
    write_facts(self, facts, stream);
    fprintf(stream, "cpu: {hz: %lldHz, cores: %ld}\n", (long long)self->profile.cpu.hz,
            facts->cores);
    fputs("tcp: {profile: linux-6}\n", stream);
    if (self->light_count > 0)
        fprintf(stream,
                "# +-%.0f ns; from the latency of one client, so idle hosts that wake up and the "
                "client itself are in it\n"
                "network: {delay: %lldns}\nlog_network: {delay: %lldns}\n",
                self->delay_error_ns, (long long)self->profile.network.delay_ns,
                (long long)self->profile.log_network.delay_ns);
    fputs("\ncosts:\n", stream);
    for (size_t i = 0; i < self->constant_count; i++) {
        char value[40], state[500];
        print_value(self, i, value, sizeof value);
        tell(self, i, state, sizeof state);
        fprintf(stream, "  %s: %-*s # %s\n", name_of(self, i), (int)(22 - strlen(name_of(self, i))),
                value, state);
    }
}
