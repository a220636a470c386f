/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_base - what every header of the core stands on: fixed-width types, byte order, sequence numbers.
 *
 * The core is one text for the simulator, an eBPF program, an Apache module and a daemon, so it may use no library. This
 * is the only header that knows whether it is compiled for BPF. Numbers are in host order everywhere but in packets.
 */
#ifndef CORE_FT_BASE_H
#define CORE_FT_BASE_H

#ifdef __bpf__
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
/* The verifier follows pointers through inlined code best. */
#define FT_INLINE static inline __attribute__((always_inline))
/* Holds a number in a register, so that the compiler cannot take a bounds check apart that the verifier has to see. */
#define FT_KEEP(number) __asm__ volatile("" : "+r"(number))
#else
#include <stdint.h>
#define FT_INLINE static inline
#define FT_KEEP(number) ((void)(number))
#endif
#include <stdbool.h>
#include <stddef.h>

/* Sequence numbers are compared modulo 2^32 (RFC 9293, 3.4): right while the two are less than 2^31 apart. */
FT_INLINE bool ft_seq_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

FT_INLINE bool ft_seq_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

FT_INLINE uint32_t ft_seq_max(uint32_t a, uint32_t b)
{
    return ft_seq_after(a, b) ? a : b;
}

FT_INLINE uint32_t ft_seq_min(uint32_t a, uint32_t b)
{
    return ft_seq_before(a, b) ? a : b;
}

/* Big-endian numbers in bytes that need not be aligned. */
FT_INLINE uint16_t ft_get16(const uint8_t *bytes)
{
    return (uint16_t)((uint32_t)bytes[0] << 8 | bytes[1]);
}

FT_INLINE uint32_t ft_get32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

FT_INLINE void ft_put16(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

FT_INLINE void ft_put32(uint8_t *bytes, uint32_t value)
{
    ft_put16(bytes, value >> 16);
    ft_put16(bytes + 2, value & 0xffff);
}

FT_INLINE uint64_t ft_get64(const uint8_t *bytes)
{
    return (uint64_t)ft_get32(bytes) << 32 | ft_get32(bytes + 4);
}

FT_INLINE void ft_put64(uint8_t *bytes, uint64_t value)
{
    ft_put32(bytes, (uint32_t)(value >> 32));
    ft_put32(bytes + 4, (uint32_t)value);
}

#endif
