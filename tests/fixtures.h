/* Shared by several tests: a temporary folder, small files in it, pictures as bytes, and a log that stores its messages. */
#ifndef TESTS_FIXTURES_H
#define TESTS_FIXTURES_H

#include <stddef.h>
#include <stdint.h>

#include "nn/base/bytes.h"
#include "nn/base/log.h"

/* The process's temporary folder, under $TMPDIR or /tmp, which is removed when the process ends. This path and those below are
 * valid until then. */
const char *fixture_dir(void);
const char *fixture_path(const char *name);
/* Writes a file there, with the folders of its name, and returns its path. */
const char *fixture_file(const char *name, const void *data, size_t size);
const char *fixture_text(const char *name, const char *text);

/* A gray PNG of 8 bits, pixel (height, width). */
const char *fixture_png(const char *name, int width, int height, const uint8_t *pixel);

/* Appends a PNG of any kind, with stored blocks and valid checksums. rows: in the format's layout, each of row_bytes. colour: 0
 * gray, 2 RGB, 4 gray and alpha, 6 RGB and alpha. */
void fixture_png_bytes(Buffer *out, int width, int height, int depth, int colour, const uint8_t *rows,
                       size_t row_bytes);

/* 16 x 16 JPEGs: gray with restart markers, pixel (x,y) near 12 x + 4 y; and progressive colour, all (200,
 * 100, 50). */
extern const uint8_t fixture_jpeg_gray[182];
extern const uint8_t fixture_jpeg_progressive[503];

/* A log that stores its messages, one a line. log.ctx is the fixture itself. */
typedef struct {
    Log log;
    char text[4096];
    int warnings, lines;
} FixtureLog;
void fixture_log(FixtureLog *l);

/* The message and status of a call that must fail; for cr_assert(fixture_says(&err, STATUS_INPUT, "part of
 * the message")). */
int fixture_says(const Error *err, Status status, const char *part);

/* The fixture `name`: a sparse file of 300 frames of 1024 x 1024, more bytes than IMAGE_MAX_BYTES; all black except pixel 5 of
 * the middle frame, which is 77. */
const char *fixture_long_dicom(const char *name);

#endif
