/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * build - looks for the note in the program as it was loaded.
 */
#include "sim/build.h"

#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { BUILD_ID_BYTES_MAX = 64 };

static char id[2 * BUILD_ID_BYTES_MAX + 1];

static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

static void write_id(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size && i < BUILD_ID_BYTES_MAX; i++)
        snprintf(id + 2 * i, 3, "%02x", bytes[i]);
}

static void look_through_notes(const uint8_t *notes, size_t size)
{
    ElfW(Nhdr) note;
    while (size >= sizeof note) {
        memcpy(&note, notes, sizeof note);
        const uint8_t *name = notes + sizeof note, *content = name + padded(note.n_namesz);
        size_t whole = sizeof note + padded(note.n_namesz) + padded(note.n_descsz);
        if (whole > size)
            return;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof "GNU" &&
            memcmp(name, "GNU", sizeof "GNU") == 0)
            write_id(content, note.n_descsz);
        notes += whole;
        size -= whole;
    }
}

/* The first object is the program itself; the others are its libraries. */
static int visit(struct dl_phdr_info *object, size_t size, void *context)
{
    (void)size, (void)context;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type == PT_NOTE)
            look_through_notes((const uint8_t *)(object->dlpi_addr + segment->p_vaddr),
                               segment->p_memsz);
    }
    return 1;
}

static void look(void)
{
    dl_iterate_phdr(visit, NULL);
}

const char *build_id(void)
{
    static pthread_once_t looked = PTHREAD_ONCE_INIT;
    pthread_once(&looked, look);
    return id[0] != '\0' ? id : NULL;
}
