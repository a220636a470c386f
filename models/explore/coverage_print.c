/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * coverage_print - what was covered, as numbers and tables, and what was not, with what would reach it.
 */
#include "models/explore/coverage.h"
#include "models/explore/coverage_tables.h"

#include <inttypes.h>
#include <string.h>

static bool makes_sense(unsigned situation, unsigned event, unsigned fault)
{
    const struct fault_row *row = &fault_rows[fault];
    return (row->situations >> situation & 1) && !(event_rows[event].never >> situation & 1) &&
           row->on_packet == (event_rows[event].packet != 0);
}

unsigned coverage_possible(void)
{
    unsigned count = 0;
    for (unsigned s = 0; s < COVERAGE_SITUATIONS; s++) {
        for (unsigned e = 0; e < COVERAGE_EVENTS; e++) {
            for (unsigned f = 0; f < COVERAGE_FAULTS; f++)
                count += makes_sense(s, e, f);
        }
    }
    return count;
}

unsigned coverage_reached(const struct coverage *self)
{
    unsigned count = 0;
    for (unsigned s = 0; s < COVERAGE_SITUATIONS; s++) {
        for (unsigned e = 0; e < COVERAGE_EVENTS; e++) {
            for (unsigned f = 0; f < COVERAGE_FAULTS; f++)
                count += makes_sense(s, e, f) && self->cells[s][e][f] > 0;
        }
    }
    return count;
}

static uint64_t over_situations(const struct coverage *self, unsigned event, unsigned fault)
{
    uint64_t sum = 0;
    for (unsigned s = 0; s < COVERAGE_SITUATIONS; s++)
        sum += self->cells[s][event][fault];
    return sum;
}

static uint64_t over_events(const struct coverage *self, unsigned situation, unsigned fault)
{
    uint64_t sum = 0;
    for (unsigned e = 0; e < COVERAGE_EVENTS; e++)
        sum += self->cells[situation][e][fault];
    return sum;
}

/* Names of faults upright above their columns, a word a line. */
static void print_head(FILE *stream, bool on_packet, bool both)
{
    for (int line = 0; line < 2; line++) {
        fprintf(stream, "%-22s", "");
        for (unsigned f = 0; f < COVERAGE_FAULTS; f++) {
            if (!both && fault_rows[f].on_packet != on_packet)
                continue;
            const char *name = fault_rows[f].name, *space = strchr(name, ' ');
            int first = space != NULL ? (int)(space - name) : 0;
            if (line == 0)
                fprintf(stream, "%12.*s", first, name);
            else
                fprintf(stream, "%12s", space != NULL ? space + 1 : name);
        }
        fputc('\n', stream);
    }
}

static void print_count(FILE *stream, uint64_t count, bool possible)
{
    if (count > 0)
        fprintf(stream, "%12" PRIu64, count);
    else
        fprintf(stream, "%12s", possible ? "-" : "");
}

static void print_events(const struct coverage *self, FILE *stream, bool packets)
{
    print_head(stream, packets, false);
    for (unsigned e = 0; e < COVERAGE_EVENTS; e++) {
        if ((event_rows[e].packet != 0) != packets)
            continue;
        fprintf(stream, "%-22s", event_rows[e].name);
        for (unsigned f = 0; f < COVERAGE_FAULTS; f++) {
            if (fault_rows[f].on_packet == packets)
                print_count(stream, over_situations(self, e, f), true);
        }
        fputc('\n', stream);
    }
    fputc('\n', stream);
}

static void print_situations(const struct coverage *self, FILE *stream)
{
    print_head(stream, false, true);
    for (unsigned s = 0; s < COVERAGE_SITUATIONS; s++) {
        fprintf(stream, "%-22s", situation_rows[s].name);
        for (unsigned f = 0; f < COVERAGE_FAULTS; f++)
            print_count(stream, over_events(self, s, f), fault_rows[f].situations >> s & 1);
        fputc('\n', stream);
    }
    fputc('\n', stream);
}

/* --- what was never reached --------------------------------------------------------------------------------------- */

/* Rows of an axis without a single hit: whatever is missing is missing for that reason. */
struct blanks {
    bool situations[COVERAGE_SITUATIONS], events[COVERAGE_EVENTS], faults[COVERAGE_FAULTS];
};

static void find_blanks(struct blanks *self, const struct coverage *coverage)
{
    memset(self, true, sizeof *self);
    for (unsigned s = 0; s < COVERAGE_SITUATIONS; s++) {
        for (unsigned e = 0; e < COVERAGE_EVENTS; e++) {
            for (unsigned f = 0; f < COVERAGE_FAULTS; f++) {
                if (coverage->cells[s][e][f] > 0)
                    self->situations[s] = self->events[e] = self->faults[f] = false;
            }
        }
    }
}

static void print_blank(FILE *stream, const char *axis, const char *name, const char *needs)
{
    fprintf(stream, "  %s %s", axis, name);
    if (needs != NULL)
        fprintf(stream, " (%s)", needs);
    fputc('\n', stream);
}

/* Whether any fault was dealt that an event of this kind could meet. */
static bool were_dealt(const struct blanks *self, bool on_packet)
{
    for (unsigned f = 0; f < COVERAGE_FAULTS; f++) {
        if (fault_rows[f].on_packet == on_packet && !self->faults[f])
            return true;
    }
    return false;
}

static void print_blanks(const struct blanks *self, FILE *stream)
{
    fprintf(stream, "Never reached at all (and what does):\n");
    for (unsigned f = 0; f < COVERAGE_FAULTS; f++) {
        if (self->faults[f])
            print_blank(stream, "no fault", fault_rows[f].name, fault_rows[f].needs);
    }
    for (unsigned s = 0; s < COVERAGE_SITUATIONS; s++) {
        if (self->situations[s] && situation_rows[s].needs != NULL)
            print_blank(stream, "no fault while the servers are", situation_rows[s].name,
                        situation_rows[s].needs);
    }
    for (unsigned e = 0; e < COVERAGE_EVENTS; e++) {
        bool packet = event_rows[e].packet != 0;
        if (self->events[e] && were_dealt(self, packet))
            print_blank(stream, packet ? "no fault on" : "no fault at", event_rows[e].name,
                        event_rows[e].needs);
    }
}

static bool is_missing(const struct coverage *self, const struct blanks *blanks, unsigned s,
                       unsigned e, unsigned f)
{
    return makes_sense(s, e, f) && self->cells[s][e][f] == 0 && !blanks->situations[s] &&
           !blanks->events[e] && !blanks->faults[f];
}

/* The faults that are missing where it is about: a bit each. */
static unsigned missing_at(const struct coverage *self, const struct blanks *blanks, unsigned s,
                           unsigned e)
{
    unsigned faults = 0;
    for (unsigned f = 0; f < COVERAGE_FAULTS; f++)
        faults |= (unsigned)is_missing(self, blanks, s, e, f) << f;
    return faults;
}

/* One line for all events of a situation that lack the same faults. */
static void print_line(const struct coverage *self, const struct blanks *blanks, FILE *stream,
                       unsigned s, unsigned first)
{
    const char *separator = "";
    unsigned faults = missing_at(self, blanks, s, first);
    fprintf(stream, "  %s: ", situation_rows[s].name);
    for (unsigned e = first; e < COVERAGE_EVENTS; e++) {
        if (missing_at(self, blanks, s, e) != faults)
            continue;
        fprintf(stream, "%s%s", separator, event_rows[e].name);
        separator = ", ";
    }
    separator = ": ";
    for (unsigned f = 0; f < COVERAGE_FAULTS; f++) {
        if (!(faults >> f & 1))
            continue;
        fprintf(stream, "%s%s", separator, fault_rows[f].name);
        separator = ", ";
    }
    fputc('\n', stream);
}

static void print_missing(const struct coverage *self, FILE *stream)
{
    struct blanks blanks;
    find_blanks(&blanks, self);
    print_blanks(&blanks, stream);
    fprintf(stream, "Of what is left, never together (situation: events: faults):\n");
    for (unsigned s = 0; s < COVERAGE_SITUATIONS; s++) {
        for (unsigned e = 0; e < COVERAGE_EVENTS; e++) {
            unsigned faults = missing_at(self, &blanks, s, e);
            bool told = faults == 0;
            for (unsigned before = 0; before < e && !told; before++)
                told = missing_at(self, &blanks, s, before) == faults;
            if (!told)
                print_line(self, &blanks, stream, s, e);
        }
    }
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

void coverage_print(const struct coverage *self, FILE *stream, bool missing)
{
    fprintf(stream, "Faults by the stage of the requests that they met\n");
    print_events(self, stream, false);
    fprintf(stream, "Faults by the packet that they met\n");
    print_events(self, stream, true);
    fprintf(stream, "Faults by the situation of the two servers\n");
    print_situations(self, stream);
    fprintf(stream, "%u of %u combinations reached\n", coverage_reached(self), coverage_possible());
    if (missing)
        print_missing(self, stream);
}
