/* A separate folder for a test's files, and functions for whole files that use only the C library. */
#ifndef TESTS_TEMPDIR_H
#define TESTS_TEMPDIR_H

#include <stddef.h>

typedef struct {
    char path[64];
    char file[320]; /* result of the last temp_path */
} TempDir;

TempDir temp_make(void);
void temp_remove(TempDir *d);                        /* with all files in it (no folders) */
const char *temp_path(TempDir *d, const char *name); /* valid until the next call */
int temp_count(const TempDir *d);                    /* files in it */

void raw_write(const char *path, const void *data, size_t size);
/* Reads at most `capacity` bytes; returns the file's size, or -1. */
long raw_read(const char *path, void *data, size_t capacity);

#endif
