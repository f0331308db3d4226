/* Tables with a separator, and texts as they come: UTF-8, GB18030, gzip, headings, words. */
#include <iconv.h>
#include <string.h>

#include "data/characters.h"
#include "data/csv.h"
#include "data/sections.h"
#include "data/text_read.h"
#include "data/tokens.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/targets.h"

/* ---- Tables ---- */

static void put_field(Buffer *b, const char *s) {
    buffer_add(b, "\"", 1);
    for (; *s; s++) buffer_add(b, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    buffer_add(b, "\"", 1);
}

/* The row that was read, quoted and read again, is the same. */
static void write_and_read(const Csv *t) {
    Buffer b = {0};
    Csv again;
    bool more;
    for (int i = 0; i < t->n; i++) {
        if (i) buffer_add(&b, ",", 1);
        put_field(&b, t->field[i]);
    }
    buffer_add(&b, "\n", 1);
    FUZZ_CHECK(!b.failed);
    FUZZ_CHECK(csv_open(&again, harness_file("written.csv", b.data, b.size), CSV_QUOTED, false, NULL) ==
               STATUS_OK);
    FUZZ_CHECK(csv_next(&again, &more, NULL) == STATUS_OK && more && again.n == t->n);
    for (int i = 0; i < t->n; i++) FUZZ_CHECK(strcmp(t->field[i], again.field[i]) == 0);
    csv_close(&again);
    buffer_free(&b);
}

static void read_table(const char *path, CsvKind kind, bool header) {
    Csv t;
    Error err = {0};
    int column, rows = 0;
    Status s = csv_open(&t, path, kind, header, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && err.message[0]));
    if (s == STATUS_OK && header) csv_need(&t, "text", &column, &err);
    for (bool more = s == STATUS_OK; more;) {
        s = csv_next(&t, &more, &err);
        FUZZ_CHECK(s == STATUS_OK || s == STATUS_INPUT);
        if (s != STATUS_OK || !more) continue;
        FUZZ_CHECK(t.n > 0 && t.n <= CSV_MAX_FIELDS && (!header || t.n == t.columns));
        if (rows++ == 0) write_and_read(&t);
    }
    csv_close(&t);
}

void fuzz_csv(const uint8_t *data, size_t size) {
    const char *path = harness_file("input.csv", data, size);
    static const struct {
        CsvKind kind;
        bool header;
    } ways[] = {{CSV_QUOTED, true}, {CSV_QUOTED, false}, {CSV_TABS, false}, {CSV_BARS, true}};
    unsigned way = harness_choice(data, size, 4);
    read_table(path, ways[way].kind, ways[way].header);
}

/* ---- Texts ---- */

static void look_at(const char *text, size_t size) {
    SectionPart part[SECTIONS_MOST];
    int n = sections_find(text, size, part);
    FUZZ_CHECK(n >= 1 && n <= SECTIONS_MOST && part[0].heading == text && part[n - 1].end == text + size);
    for (int i = 0; i < n; i++) FUZZ_CHECK(part[i].heading <= part[i].body && part[i].body <= part[i].end);

    Vocab v, again;
    int32_t id[8], gram[8 * TOKEN_NGRAMS];
    int kept;
    const VocabOptions o = {.max_words = 50, .buckets = 64, .length = 8, .fold = size % 2};
    if (vocab_build(&v, &text, NULL, 1, &o, NULL) != STATUS_OK) return;
    FUZZ_CHECK(tokens_encode(&v, text, "input", id, gram, &kept, NULL) == STATUS_OK && kept <= 8);
    for (int i = 0; i < 8; i++) FUZZ_CHECK(id[i] >= 0 && id[i] < TOKEN_FIRST_WORD + v.n);
    char *words = vocab_print(&v), *groups = vocab_print_groups(&v);
    FUZZ_CHECK(words && groups && vocab_parse(&again, words, groups, &o, NULL) == STATUS_OK &&
               again.n == v.n);
    mem_free(words);
    mem_free(groups);
    vocab_free(&again);
    vocab_free(&v);
}

static void read_text(const char *path, const char *wanted) {
    char *text = NULL;
    size_t size = 0;
    Error err = {0};
    TextEncoding encoding = {.wanted = wanted};
    Status s = text_read(path, &text, &size, &encoding, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && err.message[0]));
    if (s == STATUS_OK) {
        FUZZ_CHECK(strlen(text) == size && encoding.found && utf8_valid(text, size) == size);
        look_at(text, size);
    }
    mem_free(text);
}

/* A vocabulary as it stands in a model's metadata. */
static void read_words(const uint8_t *data, size_t size) {
    char *lines = malloc(size + 1);
    FUZZ_CHECK(lines != NULL);
    if (size) memcpy(lines, data, size);
    lines[size] = 0;
    Vocab v;
    if (vocab_parse(&v, lines, NULL, &(VocabOptions){.buckets = 64, .length = 8}, NULL) == STATUS_OK) {
        char *again = vocab_print(&v);
        size_t n = strlen(lines);
        FUZZ_CHECK(again && strncmp(again, lines, n) == 0);
        mem_free(again);
        vocab_free(&v);
    }
    free(lines);
}

static const char *const wanted[5] = {NULL, NULL, "GB18030", "WINDOWS-1252", "UTF-16LE"};

/* iconv loads a library for an encoding and unloads it behind the last user: one stays open, so that no input waits for that. */
static void keep_encodings_loaded(void) {
    static iconv_t kept[5];
    for (int i = 2; i < 5 && !kept[i]; i++) kept[i] = iconv_open("UTF-8", wanted[i]);
}

void fuzz_text(const uint8_t *data, size_t size) {
    keep_encodings_loaded();
    if (size > 1 && data[0] == 0x1F && data[1] == 0x8B)
        read_text(harness_file("input.gz", data, size), NULL);
    else if (harness_choice(data, size, 4) == 0)
        read_words(data, size);
    else
        read_text(harness_file("input.txt", data, size), wanted[harness_choice(data, size, 5)]);
}
