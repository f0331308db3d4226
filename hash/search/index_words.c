#include "hash/search/index_words.h"
#include "hash/search/index_filter.h"

#include <stdlib.h>
#include <string.h>

#include "hash/search/index_build.h"
#include "hash/search/index_file.h"
#include "hash/search/name_table.h"
#include "nn/base/alloc.h"

enum { NUMBER_BYTES = 5 }; /* of a number in PART_ROWS: up to 2^33 */

/* ---- Reading ---- */

bool word_begin(WordPlaces *p, const Columns *c, uint64_t word) {
    uint64_t first, end;
    const Part *rows = &c->part[PART_ROWS];
    if (!columns_span(c, PART_ROW_OFFSET, word, rows->size, &first, &end)) return false;
    *p = (WordPlaces){.at = rows->data + first, .end = rows->data + end, .rows = c->rows};
    return true;
}

static bool read_number(WordPlaces *p, uint64_t *v) {
    *v = 0;
    for (unsigned shift = 0; p->at < p->end && shift < 7 * NUMBER_BYTES; shift += 7) {
        unsigned char byte = *p->at++;
        *v |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128)) return true;
    }
    return false;
}

bool word_next(WordPlaces *p, bool *more) {
    uint64_t v;
    *more = p->at < p->end;
    if (!*more) return true;
    if (!read_number(p, &v)) return false;
    if (v & 1) {
        p->row = p->next + v / 2;
        p->next = p->row + 1;
        if (!read_number(p, &p->place)) return false;
    } else {
        p->place += v / 2;
    }
    return p->next && p->row < p->rows && p->place < INT32_MAX;
}

/* False for a segment of version 2, whose words have no places. */
static bool has_words(const Columns *c) {
    return c->part[PART_WORD_OFFSET].size && !c->part[PART_ROWS_ONLY].size;
}

bool words_whole(const Columns *c) {
    const char *before = "";
    for (uint64_t i = 0; has_words(c) && i < columns_entries(c, PART_WORD_OFFSET); i++) {
        const char *word = columns_string(c, PART_WORD_OFFSET, i);
        WordPlaces p;
        if (!word || strcmp(before, word) >= 0 || !word_begin(&p, c, i)) return false;
        before = word;
        for (bool more = true; more;)
            if (!word_next(&p, &more)) return false;
    }
    return true;
}

bool index_has_words(const Index *x) {
    for (size_t i = 0; i < x->n_segments; i++) {
        const Segment *s = &x->segment[i];
        if (s->header.kind == SEGMENT_CASES && s->header.rows && !has_words(&s->columns)) return false;
    }
    return true;
}

/* The number of a word, or -1: there is none. False where damaged. */
static bool find_word(const Columns *c, const char *word, int64_t *number) {
    uint64_t low = 0, high = columns_entries(c, PART_WORD_OFFSET);
    *number = -1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        const char *there = columns_string(c, PART_WORD_OFFSET, middle);
        if (!there) return false;
        int order = strcmp(there, word);
        if (order == 0) *number = (int64_t)middle;
        if (order == 0) return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return true;
}

/* Reads the first occurrence of each word; *all is false where the segment lacks one of them. False where damaged. */
static bool find_words(const Columns *c, const char *const *words, int n, WordPlaces *p, bool *all) {
    *all = true;
    for (int i = 0; i < n && *all; i++) {
        int64_t number;
        if (!find_word(c, words[i], &number)) return false;
        *all = number >= 0;
        if (*all && (!word_begin(&p[i], c, (uint64_t)number) || !word_next(&p[i], all))) return false;
    }
    return true;
}

/* Where a phrase of n words begins whose word i stands at p: one number that grows with row and place, and is the same for all words of one
 * occurrence of the phrase. */
static uint64_t phrase_start(const WordPlaces *p, int i, int n) {
    return (p->row << 32) + p->place + (uint64_t)(n - i);
}

/* The words in turn move on to the furthest start so far. Where all n have reached the same start, the phrase occurs. */
static bool mark_rows(WordPlaces *p, int n, uint8_t *mark) {
    uint64_t furthest = 0;
    bool more = true;
    for (int i = 0, same = 0;; i = (i + 1) % n) {
        while (phrase_start(&p[i], i, n) < furthest) {
            if (!word_next(&p[i], &more)) return false;
            if (!more) return true;
        }
        uint64_t start = phrase_start(&p[i], i, n);
        same = start == furthest ? same + 1 : 1;
        furthest = start;
        if (same < n) continue;
        mark[p[i].row] = 1;
        furthest = (p[i].row + 1) << 32;
        same = 0;
    }
}

static Status damaged(Error *err) {
    return error_set(err, STATUS_INPUT, "the words of the index are damaged; build it again or copy it anew");
}

Status index_mark_words(const Index *x, const char *const *words, int n, uint8_t *mark, Error *err) {
    WordPlaces *p = mem_calloc((size_t)n + 1, sizeof *p);
    Status status = p ? STATUS_OK : mem_error(err, "the words of an index");
    for (size_t i = 0; status == STATUS_OK && n && i < x->n_segments; i++) {
        const Segment *s = &x->segment[i];
        bool all = false;
        if (s->header.kind == SEGMENT_CASES && (!find_words(&s->columns, words, n, p, &all) ||
                                                (all && !mark_rows(p, n, mark + s->header.first_row))))
            status = damaged(err);
    }
    mem_free(p);
    return status;
}

/* ---- Building ---- */

static const char *word_name(const void *builder, uint32_t number) {
    Columns c;
    index_builder_columns(builder, &c);
    return columns_string(&c, PART_WORD_OFFSET, number);
}

static void add_offset(Buffer *b, uint64_t v) {
    unsigned char bytes[8];
    put_u64(bytes, v);
    buffer_add(b, bytes, sizeof bytes);
}

/* The posting of a word, which is added where it is new. NULL where memory ran out. */
static Posting *posting_of(IndexBuilder *b, const char *word) {
    int64_t number = name_table_find(b->word_table.data, b->word_table.size / 4, word, word_name, b);
    if (number >= 0) return &b->posting[number];
    if (!mem_grow(&b->posting, &b->posting_capacity, (size_t)b->words + 1, sizeof *b->posting)) return NULL;
    buffer_add(&b->part[PART_WORDS], word, strlen(word) + 1);
    add_offset(&b->part[PART_WORD_OFFSET], b->part[PART_WORDS].size);
    if (b->part[PART_WORDS].failed || b->part[PART_WORD_OFFSET].failed) return NULL;
    name_table_add(&b->word_table, b->words, b->words, word_name, b);
    b->posting[b->words] = (Posting){0};
    return b->word_table.failed ? NULL : &b->posting[b->words++];
}

static void add_number(Buffer *b, uint64_t v) {
    unsigned char bytes[NUMBER_BYTES];
    size_t n = 0;
    for (; v > 127; v >>= 7) bytes[n++] = (unsigned char)(v | 128);
    bytes[n++] = (unsigned char)v;
    buffer_add(b, bytes, n);
}

void index_builder_post(IndexBuilder *b, const char *word, uint64_t row, uint64_t place) {
    Posting *p = posting_of(b, word);
    if (p && row < p->next) {
        add_number(&p->rows, 2 * (place - p->place));
    } else if (p) {
        add_number(&p->rows, 2 * (row - p->next) + 1);
        add_number(&p->rows, place);
        p->next = row + 1;
    }
    if (p) p->place = place;
    b->failed |= !p || p->rows.failed;
}

Status index_builder_add_words(IndexBuilder *b, const char *const *words, int n, Error *err) {
    NN_REQUIRE(b->rows == b->worded + 1, "words of case %llu of %llu", (unsigned long long)b->worded + 1,
               (unsigned long long)b->rows);
    for (int i = 0; i < n && !b->failed; i++) index_builder_post(b, words[i], b->rows - 1, (uint64_t)i);
    b->worded++;
    return b->failed ? mem_error(err, "the words of an index") : STATUS_OK;
}

static bool copy_word(IndexBuilder *b, const Segment *s, uint64_t word, const uint32_t *moved) {
    const char *name = columns_string(&s->columns, PART_WORD_OFFSET, word);
    WordPlaces p;
    if (!name || !word_begin(&p, &s->columns, word)) return false;
    for (bool more = true; !b->failed;) {
        if (!word_next(&p, &more)) return false;
        if (!more) break;
        uint32_t to = moved[s->header.first_row + p.row];
        if (to != UINT32_MAX) index_builder_post(b, name, to, p.place);
    }
    return true;
}

Status index_builder_copy_words(IndexBuilder *b, const Index *x, const uint32_t *moved, Error *err) {
    for (size_t i = 0; i < x->n_segments; i++)
        for (uint64_t word = 0; word < columns_entries(&x->segment[i].columns, PART_WORD_OFFSET); word++)
            if (!copy_word(b, &x->segment[i], word, moved)) return damaged(err);
    b->worded = b->rows;
    return b->failed ? mem_error(err, "the words of an index") : STATUS_OK;
}

/* ---- Writing ---- */

typedef struct {
    const char *name;
    const Posting *posting;
} Word;

static int by_name(const void *a, const void *b) {
    return strcmp(((const Word *)a)->name, ((const Word *)b)->name);
}

/* The parts from PART_WORD_OFFSET on. */
enum {
    WORD_OFFSET,
    WORDS,
    ROW_OFFSET = PART_ROW_OFFSET - PART_WORD_OFFSET,
    ROWS = PART_ROWS - PART_WORD_OFFSET
};

Status index_builder_sort_words(const IndexBuilder *b, Columns *c, Buffer parts[WORD_PARTS], Error *err) {
    bool failed = false;
    Word *word = mem_calloc((size_t)b->words + 1, sizeof *word);
    if (!word) return mem_error(err, "the words of an index");
    for (uint32_t i = 0; i < b->words; i++) word[i] = (Word){word_name(b, i), &b->posting[i]};
    qsort(word, b->words, sizeof *word, by_name);
    add_offset(&parts[WORD_OFFSET], 0);
    add_offset(&parts[ROW_OFFSET], 0);
    for (uint32_t i = 0; i < b->words; i++) {
        buffer_add(&parts[WORDS], word[i].name, strlen(word[i].name) + 1);
        add_offset(&parts[WORD_OFFSET], parts[WORDS].size);
        buffer_add(&parts[ROWS], word[i].posting->rows.data, word[i].posting->rows.size);
        add_offset(&parts[ROW_OFFSET], parts[ROWS].size);
    }
    mem_free(word);
    for (int i = 0; i < WORD_PARTS; i++) {
        failed |= parts[i].failed;
        c->part[PART_WORD_OFFSET + i] = (Part){parts[i].data, parts[i].size};
    }
    return failed ? mem_error(err, "the words of an index") : STATUS_OK;
}
