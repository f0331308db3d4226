/* Manifests as TSV and as JSON Lines. Cases that were read and written as TSV read back the same. */
#include <string.h>

#include "data/manifest.h"
#include "nn/base/bytes.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/targets.h"

/* The picture that seeds name. */
static void make_picture(void) {
    static int made;
    if (!made) harness_file("a.png", "P5 1 1 255\n.", 12);
    made = 1;
}

static void put_text(Buffer *b, const char *s) {
    for (; *s; s++) {
        const char *escape = *s == '\t'   ? "\\t"
                             : *s == '\n' ? "\\n"
                             : *s == '\r' ? "\\r"
                             : *s == '\\' ? "\\\\"
                                          : NULL;
        buffer_add(b, escape ? escape : s, escape ? 2 : 1);
    }
}

static void put_case(Buffer *b, const Manifest *m, int i) {
    const Case *c = &m->cases[i];
    const uint8_t *label = m->labels + (size_t)i * (size_t)m->n_labels;
    const char *const field[] = {c->id, c->image, c->text, m->group_names[c->group],
                                 c->set == SET_NONE ? "" : set_name(c->set)};
    for (int f = 0; f < 5; f++) {
        put_text(b, field[f]);
        buffer_add(b, "\t", 1);
    }
    int n = 0;
    for (int l = 0; l < m->n_labels; l++) {
        if (!label[l]) continue;
        if (n++) buffer_add(b, "|", 1);
        put_text(b, m->label_names[l]);
    }
    buffer_add(b, "\n", 1);
}

static void check_same(const Manifest *a, const Manifest *b) {
    FUZZ_CHECK(a->n == b->n && a->n_labels == b->n_labels);
    for (int i = 0; i < a->n; i++) {
        const Case *x = &a->cases[i], *y = &b->cases[i];
        FUZZ_CHECK(strcmp(x->id, y->id) == 0 && strcmp(x->text, y->text) == 0);
        FUZZ_CHECK(strcmp(x->image, y->image) == 0 && x->set == y->set);
        FUZZ_CHECK(strcmp(a->group_names[x->group], b->group_names[y->group]) == 0);
        FUZZ_CHECK(manifest_find(b, x->id) == i);
    }
    for (int l = 0; l < a->n_labels; l++) FUZZ_CHECK(strcmp(a->label_names[l], b->label_names[l]) == 0);
    if (a->n_labels) FUZZ_CHECK(memcmp(a->labels, b->labels, (size_t)a->n * (size_t)a->n_labels) == 0);
}

static void write_and_read(const Manifest *m) {
    static const ManifestOptions open = {.skip_bad = false};
    Buffer b = {0};
    Manifest again;
    Error err = {0};
    buffer_printf(&b, "id\timage\ttext\tgroup\tsplit\tlabels\n");
    for (int i = 0; i < m->n; i++) put_case(&b, m, i);
    FUZZ_CHECK(!b.failed);
    Status s = manifest_read(&again, harness_file("written.tsv", b.data, b.size), &open, NULL, &err);
    if (s != STATUS_OK) fprintf(stderr, "%s\n", err.message);
    FUZZ_CHECK(s == STATUS_OK);
    check_same(m, &again);
    manifest_free(&again);
    buffer_free(&b);
}

static void read(const char *path, const ManifestOptions *o) {
    Manifest m;
    Error err = {0};
    Status s = manifest_read(&m, path, o, NULL, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && err.message[0]));
    if (s == STATUS_OK && !o->mask_labels) write_and_read(&m);
    manifest_free(&m);
}

static void some_way(const char *path, const uint8_t *data, size_t size) {
    static const ManifestOptions strict = {.need_labels = true, .need_images = true, .need_texts = true},
                                 loose = {.skip_bad = true}, masked = {.skip_bad = true, .mask_labels = true},
                                 plain = {0};
    static const ManifestOptions *const ways[] = {&strict, &loose, &masked, &plain};
    make_picture();
    read(path, ways[harness_choice(data, size, 4)]);
}

void fuzz_manifest(const uint8_t *data, size_t size) {
    some_way(harness_file("input.tsv", data, size), data, size);
}

void fuzz_jsonl(const uint8_t *data, size_t size) {
    some_way(harness_file("input.jsonl", data, size), data, size);
}
