/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_poison - makes the compiler refuse what the core may not use: allocation, I/O, clocks, random numbers.
 *
 * The last include of every core/ft_*.c. It cannot refuse floating point; the BPF build of the packet path does.
 */
#ifndef CORE_FT_POISON_H
#define CORE_FT_POISON_H

#pragma GCC poison malloc calloc realloc free alloca
#pragma GCC poison printf fprintf snprintf sprintf puts fopen fwrite fread
#pragma GCC poison time clock_gettime gettimeofday rand random getrandom
#pragma GCC poison abort exit

#endif
