/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * build - which program this is: the linker's digest of all that is in it (the ELF note NT_GNU_BUILD_ID). A commit is too
 * little to tell one program from another: the same one is built with other flags, and from files not yet committed.
 */
#ifndef SIM_BUILD_H
#define SIM_BUILD_H

/* In hexadecimal; NULL if the program was linked without one. The text lives as long as the process. */
const char *build_id(void);

#endif
