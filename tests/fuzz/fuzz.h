/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz - what a fuzz target is: libFuzzer's entry point. It is linked with libFuzzer (`make fuzz`) or with replay.c (`make
 * test`), which runs the stored inputs.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
