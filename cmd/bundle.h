/* The checksums of an audit bundle: a folder whose file SHA256SUMS lists every other file, in the form that sha256sum -c reads. */
#ifndef CMD_BUNDLE_H
#define CMD_BUNDLE_H

#include "nn/base/error.h"

#define BUNDLE_SUMS "SHA256SUMS"

/* Checksums of the named files (NULL-terminated, below the folder) that exist. Written last: a folder with SHA256SUMS is complete. */
Status bundle_seal(const char *folder, const char *const *names, Error *err);
/* STATUS_CHECK at the first listed file that is missing or has other bytes. Files that the list lacks are not looked at. *files: how many it
 * lists. */
Status bundle_verify(const char *folder, int *files, Error *err);
/* The SHA-256 of a file as 64 hexadecimal digits. */
Status bundle_hash_file(const char *path, char text[65], Error *err);

extern const unsigned char EQUATIONS[]; /* tests/equations.txt, compiled in by cmd/embed_text.sh */
extern const unsigned long EQUATIONS_SIZE;

#endif
