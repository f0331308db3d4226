#include "data/vocab.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "data/words.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

/* ---- Counting ---- */

/* count: occurrences of the word; groups: number of groups that hold it; last: the latest of them. */
typedef struct {
    const char *word;
    long count;
    int groups, last;
} Counted;

typedef struct {
    Names words;
    Counted *of; /* (words.n) */
    size_t capacity;
} Counts;

static void counts_free(Counts *c) {
    names_free(&c->words);
    mem_free(c->of);
}

/* Texts of one group come one after the other. */
static Status count_text(Counts *c, const Vocab *v, const char *text, int group, Error *err) {
    Words w;
    TRY(vocab_split(v, &w, text, INT_MAX, "a training text", err));
    Status s = STATUS_OK;
    for (int i = 0; s == STATUS_OK && i < w.n; i++) {
        int before = c->words.n;
        int k = names_add(&c->words, w.words[i], strlen(w.words[i]));
        if (k < 0 || !mem_grow(&c->of, &c->capacity, (size_t)k + 1, sizeof *c->of)) {
            s = mem_error(err, "the vocabulary");
            break;
        }
        Counted *of = &c->of[k];
        if (k == before) *of = (Counted){0};
        if (k == before || of->last != group) of->groups++;
        of->last = group;
        of->count++;
    }
    words_free(&w);
    return s;
}

static int by_falling_count(const void *a, const void *b) {
    const Counted *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return strcmp(x->word, y->word);
}

/* Fills v->words from v->table. */
static Status list_words(Vocab *v, Error *err) {
    v->words = names_list(&v->table);
    v->n = v->table.n;
    return v->words ? STATUS_OK : mem_error(err, "the vocabulary");
}

static Status keep_most_frequent(Vocab *v, const Counts *c, const VocabOptions *o, Error *err) {
    Counted *all = c->of;
    v->groups = mem_alloc((size_t)c->words.n * sizeof *v->groups);
    if (!v->groups) return mem_error(err, "the vocabulary");
    for (int i = 0; i < c->words.n; i++) all[i].word = names_at(&c->words, i);
    if (c->words.n) qsort(all, (size_t)c->words.n, sizeof *all, by_falling_count);
    for (int i = 0; i < c->words.n && v->table.n < o->max_words && all[i].count >= o->min_count; i++) {
        if (all[i].groups < o->min_groups) continue;
        v->groups[v->table.n] = all[i].groups;
        if (names_add(&v->table, all[i].word, strlen(all[i].word)) < 0)
            return mem_error(err, "the vocabulary");
    }
    return list_words(v, err);
}

static void vocab_init(Vocab *v, const VocabOptions *o) {
    NN_REQUIRE(o->buckets >= 0 && o->length > 0, "%d buckets, length %d", o->buckets, o->length);
    *v = (Vocab){.buckets = o->buckets, .length = o->length, .fold = o->fold};
}

/* A text and its group. */
typedef struct {
    int group, text;
} Member;

static int by_group(const void *a, const void *b) {
    const Member *x = a, *y = b;
    return x->group != y->group ? (x->group < y->group ? -1 : 1) : x->text - y->text;
}

Status vocab_build(Vocab *v, const char *const *texts, const int *group, int n, const VocabOptions *o,
                   Error *err) {
    vocab_init(v, o);
    Counts c = {{0}, NULL, 0};
    Member *order = mem_alloc((size_t)n * sizeof *order);
    Status s = order ? STATUS_OK : mem_error(err, "the vocabulary");
    for (int i = 0; order && i < n; i++) order[i] = (Member){group ? group[i] : i, i};
    if (order && n) qsort(order, (size_t)n, sizeof *order, by_group);
    for (int i = 0; s == STATUS_OK && i < n; i++)
        s = count_text(&c, v, texts[order[i].text], order[i].group, err);
    if (s == STATUS_OK) s = keep_most_frequent(v, &c, o, err);
    mem_free(order);
    counts_free(&c);
    if (s != STATUS_OK) vocab_free(v);
    return s;
}

Status vocab_split(const Vocab *v, Words *w, const char *text, int most, const char *what, Error *err) {
    return (v->fold ? words_split_folded : words_split)(w, text, most, what, err);
}

/* ---- As text ---- */

static Status parse_groups(Vocab *v, const char *lines, Error *err) {
    v->groups = mem_alloc((size_t)v->n * sizeof *v->groups);
    if (!v->groups) return mem_error(err, "the vocabulary");
    for (int i = 0; i <= v->n; i++) {
        char *end;
        long groups = i < v->n ? strtol(lines, &end, 10) : 0;
        if (i == v->n ? *lines != 0 : *lines < '1' || *lines > '9' || *end != '\n' || groups > INT_MAX)
            return error_set(
                err, STATUS_INPUT,
                "vocabulary: the number of groups of word %d is missing or wrong; %d numbers, one a "
                "line, were expected",
                i + 1, v->n);
        if (i < v->n) v->groups[i] = (int)groups, lines = end + 1;
    }
    return STATUS_OK;
}

Status vocab_parse(Vocab *v, const char *lines, const char *groups, const VocabOptions *o, Error *err) {
    vocab_init(v, o);
    Status s = STATUS_OK;
    for (int line = 1; s == STATUS_OK && *lines; line++) {
        size_t size = strcspn(lines, "\n");
        int k = size ? names_add(&v->table, lines, size) : 0;
        if (k < 0)
            s = mem_error(err, "the vocabulary");
        else if (size == 0 || k != line - 1)
            s = error_set(err, STATUS_INPUT,
                          "vocabulary: line %d %s; one word a line, each once, was expected", line,
                          size ? "holds a word that was there before" : "is empty");
        lines += size + (lines[size] == '\n');
    }
    if (s == STATUS_OK) s = list_words(v, err);
    if (s == STATUS_OK && groups) s = parse_groups(v, groups, err);
    if (s != STATUS_OK) vocab_free(v);
    return s;
}

char *vocab_print(const Vocab *v) {
    char *lines = mem_alloc(v->table.text_size + 1);
    if (!lines) return NULL;
    char *at = lines;
    for (int i = 0; i < v->n; i++) {
        size_t size = strlen(v->words[i]);
        memcpy(at, v->words[i], size);
        at[size] = '\n';
        at += size + 1;
    }
    *at = 0;
    return lines;
}

char *vocab_print_groups(const Vocab *v) {
    Buffer b = {0};
    for (int i = 0; i < v->n; i++) buffer_printf(&b, "%d\n", v->groups[i]);
    buffer_add(&b, "", 1);
    if (b.failed) buffer_free(&b);
    return (char *)b.data;
}

int vocab_find(const Vocab *v, const char *word) {
    int k = names_find(&v->table, word, strlen(word));
    return k < 0 ? TOKEN_UNKNOWN : TOKEN_FIRST_WORD + k;
}

void vocab_free(Vocab *v) {
    mem_free(v->words);
    mem_free(v->groups);
    names_free(&v->table);
    memset(v, 0, sizeof *v);
}
