#include "hash/search/index_words.h"

#include <stdlib.h>
#include <string.h>

#include "hash/search/index_build.h"
#include "hash/search/index_file.h"
#include "hash/search/name_table.h"
#include "nn/base/alloc.h"

/* ---- Reading ---- */

bool word_rows_begin(WordRows *r, const Columns *c, uint64_t word) {
    uint64_t first, end;
    const Part *rows = &c->part[PART_ROWS];
    if (!columns_span(c, PART_ROW_OFFSET, word, rows->size, &first, &end)) return false;
    *r = (WordRows){.at = rows->data + first, .end = rows->data + end, .rows = c->rows};
    return true;
}

bool word_rows_next(WordRows *r, uint64_t *row, bool *more) {
    uint64_t step = 0;
    *more = r->at < r->end;
    if (!*more) return true;
    for (unsigned shift = 0;; shift += 7) {
        if (r->at == r->end || shift > 28) return false;
        unsigned char byte = *r->at++;
        step |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128)) break;
    }
    *row = r->next + step;
    r->next = *row + 1;
    return *row < r->rows;
}

bool words_whole(const Columns *c) {
    const char *before = "";
    for (uint64_t i = 0; i < columns_entries(c, PART_WORD_OFFSET); i++) {
        const char *word = columns_string(c, PART_WORD_OFFSET, i);
        WordRows r;
        uint64_t row;
        if (!word || strcmp(before, word) >= 0 || !word_rows_begin(&r, c, i)) return false;
        before = word;
        for (bool more = true; more;)
            if (!word_rows_next(&r, &row, &more)) return false;
    }
    return true;
}

bool index_has_words(const Index *x) {
    for (size_t i = 0; i < x->n_segments; i++) {
        const Segment *s = &x->segment[i];
        if (s->header.kind == SEGMENT_CASES && s->header.rows && s->columns.part[PART_WORD_OFFSET].size == 0)
            return false;
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

static bool mark_word(const Segment *s, const char *word, uint8_t *mark) {
    int64_t number;
    WordRows r;
    uint64_t row;
    if (!find_word(&s->columns, word, &number)) return false;
    if (number < 0) return true;
    if (!word_rows_begin(&r, &s->columns, (uint64_t)number)) return false;
    for (bool more = true; more;) {
        if (!word_rows_next(&r, &row, &more)) return false;
        if (more) mark[s->header.first_row + row] = 1;
    }
    return true;
}

static Status damaged(Error *err) {
    return error_set(err, STATUS_INPUT, "the words of the index are damaged; build it again or copy it anew");
}

Status index_mark_word(const Index *x, const char *word, uint8_t *mark, Error *err) {
    for (size_t i = 0; i < x->n_segments; i++)
        if (x->segment[i].header.kind == SEGMENT_CASES && !mark_word(&x->segment[i], word, mark))
            return damaged(err);
    return STATUS_OK;
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
    b->posting[b->words] = (Posting){{0}, 0};
    return b->word_table.failed ? NULL : &b->posting[b->words++];
}

void index_builder_post(IndexBuilder *b, const char *word, uint64_t row) {
    Posting *p = posting_of(b, word);
    if (p && row < p->next) return; /* the word occurs again in the same text */
    for (uint64_t step = p ? row - p->next : 0, more = 1; p && more; step >>= 7) {
        more = step > 127;
        unsigned char byte = (unsigned char)((step & 127) | (more ? 128 : 0));
        buffer_add(&p->rows, &byte, 1);
    }
    if (p) p->next = row + 1;
    b->failed |= !p || p->rows.failed;
}

Status index_builder_add_words(IndexBuilder *b, const char *const *words, int n, Error *err) {
    NN_REQUIRE(b->rows == b->worded + 1, "words of case %llu of %llu", (unsigned long long)b->worded + 1,
               (unsigned long long)b->rows);
    for (int i = 0; i < n && !b->failed; i++) index_builder_post(b, words[i], b->rows - 1);
    b->worded++;
    return b->failed ? mem_error(err, "the words of an index") : STATUS_OK;
}

static bool copy_word(IndexBuilder *b, const Segment *s, uint64_t word, const uint32_t *moved) {
    const char *name = columns_string(&s->columns, PART_WORD_OFFSET, word);
    WordRows r;
    uint64_t row;
    if (!name || !word_rows_begin(&r, &s->columns, word)) return false;
    for (bool more = true; more && !b->failed;) {
        if (!word_rows_next(&r, &row, &more)) return false;
        uint32_t to = more ? moved[s->header.first_row + row] : UINT32_MAX;
        if (to != UINT32_MAX) index_builder_post(b, name, to);
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

Status index_builder_sort_words(const IndexBuilder *b, Columns *c, Buffer parts[WORD_PARTS], Error *err) {
    bool failed = false;
    Word *word = mem_calloc((size_t)b->words + 1, sizeof *word);
    if (!word) return mem_error(err, "the words of an index");
    for (uint32_t i = 0; i < b->words; i++) word[i] = (Word){word_name(b, i), &b->posting[i]};
    qsort(word, b->words, sizeof *word, by_name);
    add_offset(&parts[0], 0);
    add_offset(&parts[2], 0);
    for (uint32_t i = 0; i < b->words; i++) {
        buffer_add(&parts[1], word[i].name, strlen(word[i].name) + 1);
        add_offset(&parts[0], parts[1].size);
        buffer_add(&parts[3], word[i].posting->rows.data, word[i].posting->rows.size);
        add_offset(&parts[2], parts[3].size);
    }
    mem_free(word);
    for (int i = 0; i < WORD_PARTS; i++) {
        failed |= parts[i].failed;
        c->part[PART_WORD_OFFSET + i] = (Part){parts[i].data, parts[i].size};
    }
    return failed ? mem_error(err, "the words of an index") : STATUS_OK;
}
