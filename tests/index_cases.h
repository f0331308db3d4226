/* Synthetic cases and their files, for the tests of the index. Needs POSIX (getpid, access). */
#ifndef TESTS_INDEX_CASES_H
#define TESTS_INDEX_CASES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash/code.h"
#include "hash/search/index.h"
#include "hash/search/index_change.h"
#include "nn/base/rng.h"
#include "tests/check.h"

enum { BITS = 64, BYTES = BITS / 8 };

/* A separate file for each test's process, in a file system in memory where there is one, since these tests sync thousands of
 * times. */
static inline const char *path_of(char name[64]) {
    snprintf(name, 64, "%s/msach-index-%ld.idx", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
             (long)getpid());
    return name;
}

static inline void remove_all(const char *path) {
    char name[96];
    remove(path);
    snprintf(name, sizeof name, "%s.lock", path);
    remove(name);
    snprintf(name, sizeof name, "%s.tmp%ld", path, (long)getpid());
    remove(name);
}

/* Case number i: every sixth lacks its image, every sixth its text code; labels 0 to 2 of five; three cases a group, every seventh without.
 * Its words: "w0 report w0" to "w6 report w6". */
enum { MADE_WORDS = 3 };
typedef struct {
    char id[32], image[32], text[32], label[2][16], group[32], word[8];
    const char *words[MADE_WORDS];
    const char *labels[2];
    uint8_t code[2][BYTES];
    IndexCase c;
} Made;

static inline void make_case(Made *m, int i) {
    Rng rng = rng_stream(11, RNG_TEST, (uint32_t)i);
    snprintf(m->id, sizeof m->id, "case-%d", i);
    snprintf(m->image, sizeof m->image, "images/%d.png", i);
    m->text[0] = 0;
    if (i % 4) snprintf(m->text, sizeof m->text, "a report %d", i);
    for (int j = 0; j < 2; j++)
        snprintf(m->label[j], sizeof m->label[j], "label%d", (i + j) % 5), m->labels[j] = m->label[j];
    for (int j = 0; j < BYTES; j++)
        m->code[0][j] = (uint8_t)rng_u32(&rng), m->code[1][j] = (uint8_t)rng_u32(&rng);
    snprintf(m->group, sizeof m->group, "patient %d", i / 3);
    snprintf(m->word, sizeof m->word, "w%d", i % 7);
    m->words[0] = m->words[2] = m->word;
    m->words[1] = "report";
    m->c = (IndexCase){m->id,
                       i % 6 ? m->image : NULL,
                       m->text,
                       m->labels,
                       i % 3,
                       {m->code[0], m->code[1]},
                       i % 7 ? m->group : NULL};
    if (i % 6 == 0) m->c.code[0] = NULL;
    if (i % 6 == 3) m->c.code[1] = NULL, m->c.text = NULL;
}

static inline IndexBuilder *builder_of(int first, int n) {
    IndexBuilder *b;
    Error err;
    cr_assert_eq(index_builder_create(&b, BITS, "0badcafe", &err), STATUS_OK);
    for (int i = first; i < first + n; i++) {
        Made m;
        make_case(&m, i);
        cr_assert_eq(index_builder_add(b, &m.c, &err), STATUS_OK, "%s", err.message);
        cr_assert_eq(index_builder_add_words(b, m.words, MADE_WORDS, &err), STATUS_OK, "%s", err.message);
    }
    return b;
}

static inline void write_cases(const char *path, int first, int n) {
    IndexBuilder *b = builder_of(first, n);
    Error err;
    cr_assert_eq(index_builder_write(b, path, &err), STATUS_OK, "%s", err.message);
    index_builder_free(b);
}

static inline Status append_cases(const char *path, int first, int n, Error *err) {
    IndexBuilder *b = builder_of(first, n);
    Status s = index_append(b, path, err);
    index_builder_free(b);
    return s;
}

static inline int same_string(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static inline int same_case(const IndexCase *a, const IndexCase *b) {
    int same = same_string(a->id, b->id) && same_string(a->image, b->image) &&
               same_string(a->text, b->text) && same_string(a->group, b->group) && a->n_labels == b->n_labels;
    for (int i = 0; same && i < a->n_labels; i++) same = same_string(a->labels[i], b->labels[i]);
    for (int m = 0; same && m < 2; m++)
        same =
            a->code[m] && b->code[m] ? memcmp(a->code[m], b->code[m], BYTES) == 0 : a->code[m] == b->code[m];
    return same;
}

/* Row r of the index is case number r + shift. */
static inline void check_rows(const Index *x, int64_t first, int64_t end, int shift) {
    for (int64_t row = first; row < end; row++) {
        Made m;
        IndexCase c;
        Error err;
        make_case(&m, (int)row + shift);
        cr_assert_eq(index_case(x, row, &c, &err), STATUS_OK, "row %d: %s", (int)row, err.message);
        cr_assert(same_case(&c, &m.c), "row %d", (int)row);
        cr_assert_eq(index_find(x, m.id), index_deleted(x, row) ? -1 : row);
        for (int k = 0; k < 2; k++) {
            const uint8_t *code = index_codes(x, (Modality)k) + row * BYTES;
            cr_assert_eq(index_allowed(x, (Modality)k)[row], m.c.code[k] != NULL && !index_deleted(x, row));
            if (m.c.code[k]) cr_assert_eq(memcmp(code, m.code[k], BYTES), 0);
        }
    }
}

static inline Index *opened(const char *path) {
    Index *x;
    Error err;
    cr_assert_eq(index_open(&x, path, &err), STATUS_OK, "%s", err.message);
    return x;
}

#endif
