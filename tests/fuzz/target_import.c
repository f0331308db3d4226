/* What an import reads besides pictures and texts: any table with its columns, lists of label words, the journal. */
#include <stdlib.h>
#include <string.h>

#include "data/characters.h"
#include "data/import/journal.h"
#include "data/import/label_words.h"
#include "data/import/table_columns.h"
#include "nn/base/alloc.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/targets.h"

/* ---- Tables: a spec may stand before the first 0 byte ---- */

static void use_columns(const Table *t, const char *spec, bool ours) {
    Columns c;
    Error err = {0};
    Buffer out = {0};
    Status s = columns_parse(&c, t, 1, spec, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_USAGE && err.message[0]));
    FUZZ_CHECK(s == STATUS_OK || !ours);
    const JoinedRow row = {{t->rows - 1, -1, -1, -1}};
    for (int k = 0; s == STATUS_OK && k < COLUMN_KEYS; k++)
        for (size_t i = 0; i < c.spec[k].n; i++) term_put(&out, &c, &c.spec[k].term[i], &row);
    buffer_free(&out);
    columns_free(&c);
}

void fuzz_table(const uint8_t *data, size_t size) {
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    size_t skip = zero ? (size_t)(zero - data) + 1 : 0;
    bool json = harness_choice(data, size, 2);
    const char *path = harness_file(json ? "table.json" : "table.csv", data + skip, size - skip);
    Table t;
    TextEncoding encoding = {0};
    Error err = {0};
    Status s = table_read(&t, path, &encoding, NULL, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && err.message[0]));
    if (s == STATUS_OK) {
        Buffer spec = {0};
        size_t bytes = 0;
        FUZZ_CHECK(t.rows > 0 && encoding.found);
        for (int row = 0; row < t.rows; row++)
            for (int k = 0; k < t.columns.n; k++) bytes += strlen(table_cell(&t, row, k)) + 1;
        FUZZ_CHECK(bytes <= t.text.size + (size_t)t.rows * (size_t)t.columns.n);
        for (int k = 0; k < t.columns.n; k++) {
            const char *name = names_at(&t.columns, k);
            FUZZ_CHECK(table_column(&t, name, strlen(name)) == k);
        }
        bool found = !columns_propose(&spec, &t, 1);
        /* A name with braces cannot stand in a spec. */
        for (int k = 0; k < t.columns.n; k++) found &= !strpbrk(names_at(&t.columns, k), "{}");
        buffer_add(&spec, "", 1);
        FUZZ_CHECK(!spec.failed);
        use_columns(&t, (char *)spec.data, found);
        if (zero) use_columns(&t, (const char *)data, false);
        buffer_free(&spec);
    }
    table_free(&t);
}

/* ---- Lists of label words: the report stands behind the first empty line; or a report alone, for a shipped list ---- */

/* list: the text of w. */
static void find_words(const LabelWords *w, const char *list, const char *text) {
    Error err = {0};
    int n = label_words_count(w);
    WordsFound *found = calloc((size_t)n + 1, sizeof *found);
    const char **phrase = calloc((size_t)n + 1, sizeof *phrase);
    FUZZ_CHECK(found && phrase);
    Status s = label_words_find(w, text, found, phrase, &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_INPUT && utf8_valid(text, strlen(text)) < strlen(text)));
    for (int i = 0; s == STATUS_OK && i < n; i++) {
        FUZZ_CHECK((found[i] != WORDS_NONE) == (phrase[i] != NULL));
        FUZZ_CHECK(*label_words_name(w, i) && (!phrase[i] || strstr(list, phrase[i])));
    }
    free(found);
    free(phrase);
}

static void use_shipped(const char *text) {
    static LabelWords *w;
    const char *list = label_list("chest-xray");
    FUZZ_CHECK(w || label_words_parse(&w, "chest-xray", list, NULL) == STATUS_OK);
    find_words(w, list, text);
}

static void use_list(char *list) {
    char *text = strstr(list, "\n\n");
    if (text) *text = 0, text += 2;
    LabelWords *w;
    Error err = {0};
    Status s = label_words_parse(&w, "input", list, &err);
    FUZZ_CHECK((s == STATUS_OK) == (w != NULL) && (s == STATUS_OK || (s == STATUS_INPUT && err.message[0])));
    if (w && text) find_words(w, list, text);
    label_words_free(w);
}

void fuzz_words(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);
    if (size) memcpy(text, data, size);
    text[size] = 0;
    if (harness_choice(data, size, 2))
        use_shipped(text);
    else
        use_list(text);
    free(text);
}

/* ---- The journal of an unfinished import ---- */

void fuzz_journal(const uint8_t *data, size_t size) {
    Journal j = {0}, again = {0};
    Error err = {0};
    harness_file("journal.tsv", data, size);
    Status s = journal_open(&j, harness_folder(), "options", &err);
    FUZZ_CHECK(s == STATUS_OK || (s == STATUS_USAGE && err.message[0]));
    int found = j.found;
    if (s == STATUS_OK) {
        const PictureFacts facts = {.size = 7, .time = 8, .to = 1, .ending = ".png", .name = "new.png"};
        for (int i = 0; i < found; i++) {
            const PictureFacts *f = &j.facts[i];
            FUZZ_CHECK(f->from >= 0 && f->from < f->to);
            FUZZ_CHECK(journal_find(&j, names_at(&j.paths, i), f) == f);
        }
        FUZZ_CHECK(journal_add(&j, "/a path of its own", &facts, &err) == STATUS_OK);
        journal_close(&j, false);
        FUZZ_CHECK(journal_open(&again, harness_folder(), "options", &err) == STATUS_OK);
        const PictureFacts *f = journal_find(&again, "/a path of its own", &facts);
        FUZZ_CHECK(f && strcmp(f->name, "new.png") == 0 && f->to == 1 && again.found >= found);
    }
    journal_close(&j, false);
    journal_close(&again, false);
}
