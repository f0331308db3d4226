/* Small phantoms in separate folders, for the tests of the phantom. */
#ifndef TESTS_PHANTOM_ARCHIVE_H
#define TESTS_PHANTOM_ARCHIVE_H

#include "data/manifest.h"
#include "data/phantom/phantom.h"
#include "data/picture/image.h"

typedef struct {
    char dir[64];
    PhantomOptions options;
    Manifest manifest;
} PhantomArchive;

typedef struct {
    char id[32], group[32], organ[32], finding[32];
    double x_mm, depth_mm, long_mm, short_mm, mm_per_pixel;
    int left, top, right, bottom;
} PhantomTruth;

void archive_make_dir(PhantomArchive *a);
void archive_write(PhantomArchive *a, int cases, int size, PhantomLang lang, uint64_t seed, Pool *pool);
/* Writes a phantom and reads it with the manifest reader of training. */
void archive_open(PhantomArchive *a, int cases, int size, PhantomLang lang, uint64_t seed);
void archive_close(PhantomArchive *a);
/* Removes all files of a phantom; asserts that there were no others. */
void archive_remove(const PhantomArchive *a);

char *archive_path(const PhantomArchive *a, const char *name); /* mem_free it */
int archive_same_file(const PhantomArchive *a, const PhantomArchive *b, const char *name);
int archive_has_label(const Manifest *m, int i, PhantomLabel label);
Image archive_image(const Case *c); /* image_free it */

/* Rows of truth.tsv without those of normal cases, which are checked to be empty. Returns their number. */
int archive_truth(const PhantomArchive *a, PhantomTruth *rows, int most);

#endif
