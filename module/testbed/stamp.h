/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stamp - bytes that tell who made them: 8-byte word k of a body is a mix of the body's seed and k.
 *
 * A reply's seed is the nonce of its execution, a request's is its id, so a mixed, shifted or foreign body shows at the first
 * word. Little-endian. The mix is the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
 */
#ifndef MODULE_TESTBED_STAMP_H
#define MODULE_TESTBED_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t stamp_word(uint64_t seed, uint64_t k)
{
    uint64_t z = seed + (k + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* Writes bytes [offset, offset + size) of a body. */
static inline void stamp_write(uint64_t seed, uint64_t offset, char *out, size_t size)
{
    for (size_t done = 0; done < size;) {
        uint64_t word = stamp_word(seed, (offset + done) / 8);
        size_t from = (offset + done) % 8, part = 8 - from;
        if (part > size - done)
            part = size - done;
        memcpy(out + done, (const char *)&word + from, part);
        done += part;
    }
}

/* How many bytes from `offset` on are as they should be. */
static inline size_t stamp_check(uint64_t seed, uint64_t offset, const char *in, size_t size)
{
    for (size_t done = 0; done < size;) {
        uint64_t word = stamp_word(seed, (offset + done) / 8);
        size_t from = (offset + done) % 8, part = 8 - from;
        if (part > size - done)
            part = size - done;
        if (memcmp(in + done, (const char *)&word + from, part) != 0)
            return done;
        done += part;
    }
    return size;
}

/* What the server notes of an execution, in the journal that all hosts append to. */
struct stamp_execution {
    uint64_t request, nonce;
    int64_t begun_ns, at_ns;  /* CLOCK_MONOTONIC: the server had the request's head; it executed */
    uint32_t host, body_good; /* body_good: the request's body was as it should be */
};

#endif
