/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay - runs a fuzz target over its stored inputs, or over the files named. fuzz_NAME has them in
 * tests/fuzz/corpus/NAME. An input that fails ends the program, as under libFuzzer; its name has been told then.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned inputs;

static void run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    size_t size = (size_t)ftell(file);
    uint8_t *data = malloc(size + 1); /* exactly as much as there is: reading beyond is seen */
    rewind(file);
    data = data != NULL ? realloc(data, size > 0 ? size : 1) : NULL;
    if (data == NULL || fread(data, 1, size, file) != size) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fclose(file);
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    inputs++;
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void run_directory(const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, is_shown, alphasort);
    for (int i = 0; i < count; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        run_file(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

int main(int argc, char **argv)
{
    const char *name = strstr(argv[0], "fuzz_");
    char directory[200];
    snprintf(directory, sizeof directory, "tests/fuzz/corpus/%s", name ? name + 5 : "");
    if (argc == 1)
        run_directory(directory);
    for (int i = 1; i < argc; i++)
        run_file(argv[i]);
    if (inputs == 0)
        fprintf(stderr, "no input in %s\n", directory);
    printf("%d%%: Checks: %u, Failures: %d, Errors: 0\n", inputs > 0 ? 100 : 0,
           inputs > 0 ? inputs : 1, inputs == 0);
    return inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
