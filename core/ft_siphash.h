/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_siphash - SipHash-2-4, a keyed hash for short inputs (Aumasson and Bernstein, INDOCRYPT 2012).
 *
 * Works on whole 64-bit words, which is what header fields come as; the result is that of the byte-string function over
 * the words' little-endian bytes. Not a hash for secrets longer than the 128-bit key.
 */
#ifndef CORE_FT_SIPHASH_H
#define CORE_FT_SIPHASH_H

#include "core/ft_base.h"

enum { FT_SIPHASH_WORDS_MAX = 31 };

struct ft_key {
    uint64_t word[2]; /* the 16 key bytes, little-endian */
};

struct ft_siphash {
    uint64_t v0, v1, v2, v3;
};

FT_INLINE uint64_t ft_rotate_left(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

FT_INLINE void ft_siphash_round(struct ft_siphash *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = ft_rotate_left(s->v1, 13) ^ s->v0;
    s->v3 = ft_rotate_left(s->v3, 16) ^ s->v2;
    s->v0 = ft_rotate_left(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = ft_rotate_left(s->v1, 17) ^ s->v2;
    s->v3 = ft_rotate_left(s->v3, 21) ^ s->v0;
    s->v2 = ft_rotate_left(s->v2, 32);
}

FT_INLINE void ft_siphash_add(struct ft_siphash *s, uint64_t word)
{
    s->v3 ^= word;
    ft_siphash_round(s);
    ft_siphash_round(s);
    s->v0 ^= word;
}

/* Hash of `count` words (known when compiling, so that the loop unrolls for the verifier). */
FT_INLINE uint64_t ft_siphash(const struct ft_key *key, const uint64_t *words, unsigned count)
{
    struct ft_siphash s = {
        .v0 = key->word[0] ^ 0x736f6d6570736575,
        .v1 = key->word[1] ^ 0x646f72616e646f6d,
        .v2 = key->word[0] ^ 0x6c7967656e657261,
        .v3 = key->word[1] ^ 0x7465646279746573,
    };
    for (unsigned i = 0; i < count; i++)
        ft_siphash_add(&s, words[i]);
    ft_siphash_add(&s, (uint64_t)count * 8 << 56); /* the length ends the input */
    s.v2 ^= 0xff;
    for (unsigned i = 0; i < 4; i++)
        ft_siphash_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* The code that authenticates a message of `count` words, which are in network byte order. */
FT_INLINE uint64_t ft_siphash_bytes(const struct ft_key *key, const uint8_t *bytes, unsigned count)
{
    uint64_t words[FT_SIPHASH_WORDS_MAX];
    for (unsigned i = 0; i < count; i++)
        words[i] = ft_get64(bytes + 8 * i);
    return ft_siphash(key, words, count);
}

#endif
