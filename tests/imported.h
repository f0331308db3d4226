/* Small data sets through `msach import`. */
#ifndef TESTS_IMPORTED_H
#define TESTS_IMPORTED_H

#define HEADER "id\timage\ttext\tgroup\tlabels\n"

/* A fixture file of any name that holds a 16 x 16 PNG, each with different pixels. */
void picture(const char *name);

/* Imports the sources (words of a command line, fixture names) and returns the manifest, which the manifest reader accepts; ""
 * where `code` is not 0. said: expected part of the output, or NULL. Valid until the next call. The output is the fixture folder
 * out0, out1, ... */
const char *imported(const char *layout, const char *sources, const char *options, int code,
                     const char *said);

#endif
