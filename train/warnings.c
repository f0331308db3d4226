#include "train/warnings.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "data/words.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

/* Below these numbers, splits and MAP are unreliable. */
enum { FEW_GROUPS = 50, FEW_OF_LABEL = 12 };

/* ---- Test cases that are training cases under another name ---- */

typedef enum { KEY_PATH, KEY_PICTURE, KEY_REPORT, KEYS } KeyKind;

/* A case by one of its keys; key 0: it has none. */
typedef struct {
    uint64_t key;
    int group;
} Keyed;

static Status report_key(const Case *c, uint64_t *key, Error *err) {
    Words w;
    TRY(words_split(&w, c->text, INT_MAX, c->id, err));
    for (int k = 0; w.n >= REPORT_WORDS && k < w.n; k++)
        *key = fnv1a(k ? *key : FNV1A_START, w.words[k], strlen(w.words[k]) + 1);
    words_free(&w);
    return STATUS_OK;
}

static Status key_of(const Session *s, int i, KeyKind kind, Keyed *k, Error *err) {
    const Case *c = &s->manifest.cases[i];
    size_t pixels = (size_t)s->data.side * (size_t)s->data.side;
    *k = (Keyed){0, c->group};
    if (kind == KEY_PATH && pixels && c->image_path)
        k->key = fnv1a(FNV1A_START, c->image_path, strlen(c->image_path));
    if (kind == KEY_PICTURE && pixels && s->data.picture[i])
        k->key = fnv1a(FNV1A_START, s->data.picture[i], pixels);
    return kind == KEY_REPORT && !s->own[MODALITY_TEXT].x ? report_key(c, &k->key, err) : STATUS_OK;
}

static int by_key(const void *a, const void *b) {
    const Keyed *x = a, *y = b;
    return x->key != y->key ? (x->key < y->key ? -1 : 1) : (x->group > y->group) - (x->group < y->group);
}

/* Whether one of the n cases at k, in the order of by_key, has the key of `one` and is of another group. */
static bool is_elsewhere(const Keyed *k, int n, const Keyed *one) {
    int low = 0, high = n;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (k[middle].key < one->key)
            low = middle + 1;
        else
            high = middle;
    }
    while (low < n && k[low].key == one->key && k[low].group == one->group) low++;
    return one->key && low < n && k[low].key == one->key;
}

/* found (manifest.n): sets a bit `mark` for each test case with the key of a training case of another group. */
static Status find_copies(const Session *s, KeyKind kind, uint8_t mark, uint8_t *found, Error *err) {
    int n = s->count[SET_TRAIN];
    Keyed *known = mem_calloc((size_t)n + 1, sizeof *known), one;
    Status status = known ? STATUS_OK : mem_error(err, "the cases");
    for (int i = 0; status == STATUS_OK && i < n; i++)
        status = key_of(s, s->index[SET_TRAIN][i], kind, &known[i], err);
    if (status == STATUS_OK) qsort(known, (size_t)n, sizeof *known, by_key);
    for (Set set = SET_QUERY; status == STATUS_OK && set <= SET_DATABASE; set++)
        for (int i = 0; status == STATUS_OK && i < s->count[set]; i++) {
            status = key_of(s, s->index[set][i], kind, &one, err);
            if (status == STATUS_OK && is_elsewhere(known, n, &one)) found[s->index[set][i]] |= mark;
        }
    mem_free(known);
    return status;
}

static Status warn_of_copies(const Session *s, Error *err) {
    enum { PICTURE = 1, REPORT = 2 };
    const Manifest *m = &s->manifest;
    int tests = s->count[SET_QUERY] + s->count[SET_DATABASE], pictures = 0, reports = 0, first = -1;
    uint8_t *found = mem_calloc((size_t)m->n + 1, 1);
    Status status = found ? STATUS_OK : mem_error(err, "the cases");
    for (KeyKind k = 0; status == STATUS_OK && k < KEYS; k++)
        status = find_copies(s, k, k == KEY_REPORT ? REPORT : PICTURE, found, err);
    for (int i = m->n - 1; status == STATUS_OK && i >= 0; i--) {
        pictures += (found[i] & PICTURE) != 0;
        reports += (found[i] & REPORT) != 0;
        if (found[i] && (first < 0 || found[i] >= found[first])) first = i;
    }
    mem_free(found);
    if (status == STATUS_OK && (pictures || reports * REPORT_SHARE > tests))
        log_warn(
            s->log,
            "%s:%d: of %d test cases, %d have the picture and %d the whole report (%d words or more) of a "
            "training case of another group, '%.60s' among them; where they show the same patient, give "
            "them the same 'group', or every figure is too good",
            m->path, m->cases[first].line, tests, pictures, reports, REPORT_WORDS, m->cases[first].id);
    return status;
}

/* ---- All warnings ---- */

Status warn_of_data(const Session *s, Error *err) {
    const Manifest *m = &s->manifest;
    int rare = 0, first = -1;
    for (int k = 0; k < m->n_labels; k++) {
        int cases = 0;
        for (int i = 0; i < m->n; i++) cases += m->labels[(size_t)i * (size_t)m->n_labels + (size_t)k];
        if (cases < FEW_OF_LABEL && rare++ == 0) first = k;
    }
    if (m->n_groups == m->n)
        log_warn(s->log,
                 "%s: no two cases share a group; if patients have several pictures, add a column 'group', "
                 "or near-copies "
                 "of training cases become queries and every figure is too good",
                 m->path);
    if (m->n_groups < FEW_GROUPS)
        log_warn(s->log,
                 "%s: %d groups; below %d a split leaves few patients to learn from and to ask, and MAP is "
                 "uncertain",
                 m->path, m->n_groups, FEW_GROUPS);
    if (rare)
        log_warn(s->log,
                 "%s: %d labels have fewer than %d cases, '%s' among them; such a label is hardly learned",
                 m->path, rare, FEW_OF_LABEL, m->label_names[first]);
    return warn_of_copies(s, err);
}
