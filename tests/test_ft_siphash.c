/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tests of core/ft_siphash: libsodium's crypto_shorthash is the same function.
 */
#include "core/ft_siphash.h"
#include "tests/suite.h"

#include <sodium.h>
#include <string.h>

enum { WORDS_MAX = 8 };

static uint64_t reference(const struct ft_key *key, const uint64_t *words, unsigned count)
{
    uint8_t out[crypto_shorthash_BYTES], key_bytes[crypto_shorthash_KEYBYTES], in[WORDS_MAX * 8];
    uint64_t hash;
    memcpy(key_bytes, key->word, sizeof key_bytes);
    memcpy(in, words, count * 8);
    crypto_shorthash(out, in, count * 8, key_bytes);
    memcpy(&hash, out, sizeof hash);
    return hash;
}

START_TEST(it_is_the_function_libsodium_computes)
{
    struct ft_key key;
    uint64_t words[WORDS_MAX];
    for (unsigned i = 0; i < 1000; i++) {
        randombytes_buf_deterministic(&key, sizeof key,
                                      (uint8_t[randombytes_SEEDBYTES]){(uint8_t)i, 1});
        randombytes_buf_deterministic(
            words, sizeof words,
            (uint8_t[randombytes_SEEDBYTES]){(uint8_t)i, (uint8_t)(i >> 8), 2});
        for (unsigned count = 0; count <= WORDS_MAX; count++)
            ck_assert_uint_eq(ft_siphash(&key, words, count), reference(&key, words, count));
    }
}
END_TEST

START_TEST(every_bit_of_key_and_input_matters)
{
    const struct ft_key key = {.word = {1, 2}};
    const uint64_t words[3] = {3, 4, 5}, hash = ft_siphash(&key, words, 3);
    for (unsigned bit = 0; bit < 5 * 64; bit++) {
        struct ft_key other_key = key;
        uint64_t other[3] = {3, 4, 5}, flip = (uint64_t)1 << bit % 64;
        if (bit < 128)
            other_key.word[bit / 64] ^= flip;
        else
            other[bit / 64 - 2] ^= flip;
        ck_assert_uint_ne(ft_siphash(&other_key, other, 3), hash);
    }
}
END_TEST

int main(void)
{
    if (sodium_init() < 0)
        return EXIT_FAILURE;
    Suite *suite = suite_create("ft_siphash");
    TCase *tcase = tcase_create("siphash");
    tcase_add_test(tcase, it_is_the_function_libsodium_computes);
    tcase_add_test(tcase, every_bit_of_key_and_input_matters);
    suite_add_tcase(suite, tcase);
    return suite_main(suite);
}
