/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calibrate - the cost profile of this machine: what the sub-command's files ask of each other.
 */
#ifndef CMD_CALIBRATE_H
#define CMD_CALIBRATE_H

#include "models/calibration.h"

#include <stdio.h>

/* Of the machine that is calibrated; no names of it. */
struct machine_facts {
    char cpu[120], kernel[200];
    bool hypervisor;
    long cores;
    double hz; /* of the time stamp counter, as the kernel tells it; 0: it does not */
};

/* calibrate_report.c */
void calibrate_learn_facts(struct machine_facts *out);
/* Measured against simulated; constants; what could not be told apart. */
void calibrate_print(const struct calibration *self, FILE *stream);
/* The profile as a file to be included by scenarios. */
void calibrate_write(const struct calibration *self, const struct machine_facts *facts,
                     FILE *stream);

#endif
