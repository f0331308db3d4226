/* The table of cmd/LIMITS.md: each number is that of its constant; the command accepts a value at a bound and refuses one beyond
 * it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash/search/index.h"
#include "hash/search/index_change.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/run_command.h"

/* ---- The table against the code ---- */

/* A product or a shift of whole numbers, as in `16 << 20`, behind "NAME = "; -1 where there is none. */
static double constant(const char *source, const char *name) {
    char wanted[80], *end;
    snprintf(wanted, sizeof wanted, " %s = ", name);
    const char *at = strstr(source, wanted);
    if (!at) return -1;
    at += strlen(wanted);
    if (strncmp(at, "(size_t)", 8) == 0) at += 8;
    double value = strtod(at, &end);
    for (at = end; strncmp(at, " * ", 3) == 0 || strncmp(at, " << ", 4) == 0; at = end) {
        double next = strtod(at + 4 - (at[1] == '*'), &end);
        for (; at[1] == '<' && next > 0; next--) value *= 2;
        if (at[1] == '*') value *= next;
    }
    return value;
}

/* The cell after a row's `column`-th |, without blanks, backticks and commas. */
static void cell(const char *row, int column, char *out, size_t size) {
    size_t n = 0;
    for (; column > 0; row++) column -= *row == '|';
    for (; *row && *row != '|'; row++)
        if (!strchr("`, ", *row) && n + 1 < size) out[n++] = *row;
    out[n] = 0;
}

static char *read_whole(const char *path) {
    unsigned char *text;
    size_t size;
    cr_assert_eq(file_read(path, 1 << 20, &text, &size, NULL), STATUS_OK, "%s", path);
    return (char *)text;
}

Test(limits, the_table_has_the_numbers_of_the_code) {
    int rows = 0;
    char *table = read_whole("cmd/LIMITS.md");
    for (char *row = strtok(table, "\n"); row; row = strtok(NULL, "\n")) {
        char value[40], name[60], file[80];
        if (row[0] != '|' || !strstr(row, "` | `")) continue;
        cell(row, 2, value, sizeof value);
        cell(row, 3, name, sizeof name);
        cell(row, 4, file, sizeof file);
        char *source = read_whole(file);
        cr_assert(constant(source, name) == strtod(value, NULL), "%s in %s is %.0f, the table has %s", name,
                  file, constant(source, name), value);
        mem_free(source);
        rows++;
    }
    cr_assert_geq(rows, 30);
    mem_free(table);
}

/* ---- At a bound and one past it ---- */

enum { OTHERS = 2 /* rows of a manifest besides the tested one */, GALLERY = 1000000 };

static void end_manifest(Buffer *b, const char *name) {
    cr_assert(!b->failed);
    fixture_file(name, b->data, b->size);
    buffer_free(b);
}

/* columns */
static void wide_manifest(long n) {
    Buffer b = {0};
    buffer_printf(&b, "id\ttext");
    for (long i = 2; i < n; i++) buffer_printf(&b, "\tmore%ld", i);
    for (int row = 0; row < 1 + OTHERS; row++) {
        buffer_printf(&b, "\nc%d\ttext", row);
        for (long i = 2; i < n; i++) buffer_add(&b, "\t", 1);
    }
    buffer_add(&b, "\n", 1);
    end_manifest(&b, "m.tsv");
}

/* bytes of a line without its newline */
static void long_manifest(long n) {
    Buffer b = {0};
    buffer_printf(&b, "id\ttext\nc0\t");
    for (long i = 3; i < n; i++) buffer_add(&b, i % 8 ? "a" : " ", 1);
    buffer_printf(&b, "\nc1\ttext\nc2\ttext\n");
    end_manifest(&b, "m.tsv");
}

/* labels of a case */
static void labelled_manifest(long n) {
    Buffer b = {0};
    buffer_printf(&b, "id\ttext\tlabels\nc1\tx\ta\nc2\tx\ta\nc0\tx\tl0");
    for (long i = 1; i < n; i++) buffer_printf(&b, "|l%ld", i);
    buffer_add(&b, "\n", 1);
    end_manifest(&b, "m.tsv");
}

/* labels in all, 200 a case */
static void many_labels_manifest(long n) {
    Buffer b = {0};
    buffer_printf(&b, "id\ttext\tlabels");
    for (long i = 0; i < n; i++)
        if (i % 200)
            buffer_printf(&b, "|l%ld", i);
        else
            buffer_printf(&b, "\nc%ld\tx\tl%ld", i / 200, i);
    buffer_add(&b, "\n", 1);
    end_manifest(&b, "m.tsv");
}

static void codes_of(long rows, long bits) {
    int8_t *x = mem_calloc((size_t)(rows * bits), 1);
    for (long i = 0; i < rows * bits; i++) x[i] = i % 3 ? 1 : -1;
    cr_assert_eq(npy_write(fixture_path("F.npy"), NPY_I8, 2, (const int64_t[]){rows, bits}, x, NULL),
                 STATUS_OK);
    mem_free(x);
}

/* columns of a code */
static void long_code(long n) {
    fixture_text("m.tsv", "id\ttext\nc0\tx\nc1\tx\nc2\tx\n");
    codes_of(1 + OTHERS, n);
}

/* columns of a CSV table */
static void wide_csv(long n) {
    const uint8_t pixel[16 * 16] = {0};
    Buffer b = {0};
    fixture_png("p.png", 16, 16, pixel);
    buffer_printf(&b, "name,report,kind,picture");
    for (long i = 4; i < n; i++) buffer_printf(&b, ",more%ld", i);
    for (int row = 0; row < 1 + OTHERS; row++) {
        buffer_printf(&b, "\nc%d,text of it,a,p.png", row);
        for (long i = 4; i < n; i++) buffer_add(&b, ",", 1);
    }
    buffer_add(&b, "\n", 1);
    end_manifest(&b, "t.csv");
}

/* A file that begins as given and goes on with zeros; they take no room on the disk. */
static void sparse(const char *name, const void *head, size_t size, off_t whole) {
    const char *path = fixture_file(name, head, size);
    cr_assert_eq(truncate(path, whole), 0);
}

/* bytes of a manifest, of a file of texts */
static void large_manifest(long n) {
    sparse("m.tsv", "", 0, n);
}
static void large_texts(long n) {
    sparse("t.csv", "", 0, n);
}

/* bytes of a picture's file, its pixels: what an import checks */
static void pictured(const char *head, off_t whole) {
    fixture_text("t.csv", "name,report,kind,picture\nc0,text of it,a,p.png\n");
    sparse("p.png", head, strlen(head), whole);
}
static void large_picture(long n) {
    pictured("P5 1 1 255\n.", n);
}
static void many_pixels(long n) {
    char head[40];
    snprintf(head, sizeof head, "P5 %ld 1 255\n", n);
    pictured(head, (off_t)strlen(head) + n);
}

/* nesting of JSON: n objects around a case's text */
static void nested_json(long n) {
    Buffer b = {0};
    buffer_printf(&b, "[");
    for (int row = 0; row <= OTHERS; row++) {
        buffer_printf(&b, "%s{\"name\":\"c%d\",\"kind\":\"a\",\"picture\":\"p.png\",\"a\":", row ? "," : "",
                      row);
        for (long i = 1; i < n; i++) buffer_printf(&b, "{\"a\":");
        buffer_printf(&b, "\"text of it\"");
        for (long i = 1; i < n; i++) buffer_printf(&b, "}");
        buffer_printf(&b, "}");
    }
    buffer_printf(&b, "]");
    fixture_text("p.png", "P5 1 1 255\n.");
    end_manifest(&b, "t.json");
}

/* folders within each other, a case in the innermost */
static void deep_folders(long n) {
    char name[200];
    snprintf(name, sizeof name, "deep%ld", n);
    for (long i = 0; i < n; i++) strcat(name, "/d");
    strcat(name, "/p.png");
    fixture_text(name, "P5 1 1 255\n.");
    strcpy(name + strlen(name) - 3, "txt");
    fixture_text(name, "text of it");
}

/* bytes of an Open-i report */
static void long_report(long n) {
    static const char report[] =
        "<eCitation><uId id=\"CXR1\"/><AbstractText Label=\"FINDINGS\">Clear.</AbstractText>"
        "<MeSH><major>normal</major></MeSH><parentImage id=\"p\"/>";
    Buffer b = {0};
    buffer_printf(&b, "%s", report);
    while (b.size < (size_t)n - strlen("</eCitation>")) buffer_add(&b, " ", 1);
    buffer_printf(&b, "</eCitation>");
    fixture_text("openi/images/p.png", "P5 1 1 255\n.");
    end_manifest(&b, "openi/ecgen-radiology/1.xml");
}

/* bytes of a list of masked words */
static void masked_words(long n) {
    Buffer b = {0};
    while (b.size + 8 <= (size_t)n) buffer_add(&b, "a word\n\n", 8);
    while (b.size < (size_t)n) buffer_add(&b, "\n", 1);
    end_manifest(&b, "words.txt");
    fixture_text("m.tsv", "id\ttext\tlabels\nc0\tx\ta\nc1\tx\tb\n");
}

/* bytes of a line of --queries, which an index of codes is asked */
static void long_query(long n) {
    Buffer b = {0};
    long_code(16);
    expect_msach(0, NULL, "index -q --data %s/m.tsv --text-codes %s/F.npy --out %s/x.idx", fixture_dir(),
                 fixture_dir(), fixture_dir());
    buffer_printf(&b, "@id ");
    while (b.size < (size_t)n) buffer_add(&b, "a", 1);
    end_manifest(&b, "lines.txt");
}

/* bytes of a safetensors header */
static void long_safetensors(long n) {
    unsigned char head[9];
    put_u64(head, (uint64_t)n);
    head[8] = '{';
    sparse("w.safetensors", head, sizeof head, 8 + (off_t)n);
}

/* An array of float32 or int8 in one of the two versions of the format; padding: bytes of its header. */
static void array_file(const char *name, const char *type, const char *shape, size_t padding, size_t data) {
    Buffer b = {0};
    unsigned char length[4];
    put_u32(length, (uint32_t)padding);
    buffer_add(&b, "\x93NUMPY\x02", 8);
    buffer_add(&b, length, 4);
    buffer_printf(&b, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type, shape);
    while (b.size < 12 + padding) buffer_add(&b, " ", 1);
    for (size_t i = 0; i < data; i++) buffer_add(&b, "", 1);
    end_manifest(&b, name);
}
static void long_array_header(long n) {
    array_file("a.npy", "<f4", "1,", (size_t)n, 4);
}
static void deep_array(long n) {
    array_file("a.npy", "<f4", n == 4 ? "1, 1, 1, 1" : "1, 1, 1, 1, 1", 100, 4);
}
/* n blocks of 4 KiB that the file does not hold, which is found after the bound */
static void large_features(long n) {
    char shape[40];
    fixture_text("m.tsv", "id\ttext\tlabels\nc0\tx\ta\nc1\tx\tb\n");
    snprintf(shape, sizeof shape, "%ld, 1024", n);
    array_file("F.npy", "<f4", shape, 100, 0);
}
static void large_codes(long n) {
    char shape[40];
    fixture_text("m.tsv", "id\ttext\nc0\tx\n");
    snprintf(shape, sizeof shape, "%ld, 1024", n);
    array_file("F.npy", "|i1", shape, 100, 0);
}

/* labels of an evaluation, as numbers from 0 */
static void many_classes(long n) {
    const int32_t label[2] = {0, (int32_t)n - 1};
    codes_of(2, 16);
    cr_assert_eq(npy_write(fixture_path("L.npy"), NPY_I32, 1, (const int64_t[]){2}, label, NULL), STATUS_OK);
}

/* cases of a gallery; one more is appended */
static void large_index(long n) {
    const uint8_t code[2] = {1, 2};
    const char *path = fixture_path("x.idx");
    bool more = n > GALLERY;
    IndexBuilder *b;
    cr_assert_eq(index_builder_create(&b, 16, INDEX_OWN_CODES, NULL), STATUS_OK);
    index_builder_set_tables(b, -1, NULL);
    for (long i = more ? GALLERY : 0; i < n; i++) {
        char id[24];
        snprintf(id, sizeof id, "%ld", i);
        cr_assert_eq(index_builder_add(b, &(IndexCase){.id = id, .code = {NULL, code}}, NULL), STATUS_OK);
    }
    cr_assert_eq(more ? index_append(b, path, NULL) : index_builder_write(b, path, NULL), STATUS_OK);
    index_builder_free(b);
}

/* an index of fewer cases than shards */
static void few_cases(long n) {
    (void)n;
    large_index(8);
}

static void nothing(long n) {
    (void)n;
}

typedef struct {
    const char *what;
    long bound;
    void (*make)(long n);
    int past;                      /* exit code one past it */
    const char *message, *command; /* %1$s: the folder; %2$ld: n, where there is one */
    int at;                        /* exit code at the bound: what is missing is found behind it */
    const char *space;             /* at the bound, so that no gigabytes are read: memory runs out, exit 4 */
} Bound;

#define INDEX "index -q --data %1$s/m.tsv --text-codes %1$s/F.npy --out %1$s/x.idx"
#define IMPORT_FILE(file, text)                                                                              \
    "import table %1$s/" file " --out %1$s/t --columns id=name,text=" text ",labels=kind,image=picture -q "  \
    "--dry-run"
#define IMPORT IMPORT_FILE("t.csv", "report")
#define AUDIT                                                                                                \
    "audit --threads 1 --query-codes %1$s/F.npy --database-codes %1$s/F.npy --query-labels %1$s/L.npy "      \
    "--database-labels %1$s/L.npy --labels classes"

static const Bound BOUNDS[] = {
    {"bytes of a manifest", 1 << 30, large_manifest, 3, "holds 1073741825 bytes", INDEX, 4, "space 600000"},
    {"columns of a manifest", 256, wide_manifest, 3, "m.tsv:1: has 257 columns; at most 256", INDEX, 0, NULL},
    {"bytes of a line of a manifest", 1 << 20, long_manifest, 3, "m.tsv:2: ", INDEX, 0, NULL},
    {"labels of a case", 256, labelled_manifest, 3, "m.tsv:4: ", INDEX, 0, NULL},
    {"labels in all", 4096, many_labels_manifest, 3, "m.tsv:22: ", INDEX, 0, NULL},
    {"labels of an evaluation", 4096, many_classes, 3, "is 4096; class numbers", AUDIT, 0, NULL},
    {"columns of a CSV table", 256, wide_csv, 3, "t.csv:1: ", IMPORT, 0, NULL},
    {"nesting of JSON", 8, nested_json, 2, "no column 'a.a", NULL, 0, NULL},
    {"folders within each other", 16, deep_folders, 3, "is a folder more than 16 deep",
     "import folder %1$s/deep%2$ld --out %1$s/t -q --dry-run", 0, NULL},
    {"bytes of a file of texts", 1 << 30, large_texts, 3, "holds 1073741825 bytes", IMPORT, 4,
     "space 600000"},
    {"bytes of an Open-i report", 4 << 20, long_report, 3, "holds 4194305 bytes",
     "import openi %1$s/openi --out %1$s/t -q --dry-run", 0, NULL},
    {"bytes of a list of masked words", 16 << 20, masked_words, 3, "holds 16777217 bytes",
     "train -q --data %1$s/m.tsv --mask-words %1$s/words.txt --out %1$s/run", 3, NULL},
    {"bytes of a line of --queries", 1 << 20, long_query, 3, "lines.txt:1: the line is longer",
     "search -q --index %1$s/x.idx --queries %1$s/lines.txt", 3, NULL},
    {"bytes of a picture's file", 256 << 20, large_picture, 3, "holds 268435457 bytes", IMPORT, 0, NULL},
    {"pixels of a picture", 64 << 20, many_pixels, 3, "is 67108865 x 1; ", IMPORT, 0, NULL},
    {"bytes of a safetensors header", 100000000, long_safetensors, 3, "header is longer than",
     "inspect %1$s/w.safetensors", 3, NULL},
    {"bytes of a .npy header", 65535, long_array_header, 3, "ends within its header", "inspect %1$s/a.npy", 0,
     NULL},
    {"dimensions of an array", 4, deep_array, 3, "over four dimensions", "inspect %1$s/a.npy", 0, NULL},
    {"bytes of own features", 1 << 24, large_features, 3, "more than the 68719476736 bytes",
     "train -q --data %1$s/m.tsv --text-features %1$s/F.npy --out %1$s/run", 3, NULL},
    {"bytes of a file of codes", 1 << 21, large_codes, 3, "more than the 2147483648 bytes", INDEX, 3, NULL},
    {"bits of a code", 1024, long_code, 3, "F.npy: ", INDEX, 0, NULL},
    {"cases of a gallery", GALLERY, large_index, 2, "1000001 rows",
     "browse -q --index %1$s/x.idx --out %1$s/g", 2, NULL},
    {"cases of a phantom archive", 100000, nothing, 2, "from 1 to 100000",
     "phantom -q --out /dev/null/p --cases %2$ld", 3, NULL},
    {"side of a phantom", 512, nothing, 2, "512", "phantom -q --out %1$s/p --cases 1 --size %2$ld", 0, NULL},
    {"shards of an export", 1024, few_cases, 2, "from 1 to 1024",
     "export -q --index %1$s/x.idx --to pgcopy --shards %2$ld --out %1$s/e", 2, NULL},
    {"threads", 256, nothing, 2, "256", "phantom -q --out %1$s/p --cases 1 --size 32 --threads %2$ld", 0,
     NULL},
};

/* The command of a bound, with the text of a case in the n-th member. */
static void print_command(char *line, size_t size, const Bound *b, long n) {
    char deep[40] = "a";
    for (long i = 1; i < n && !b->command; i++) strcat(deep, ".a");
    char *format = mem_strdup(b->command ? b->command : IMPORT_FILE("t.json", "%2$s"));
    if (b->command)
        snprintf(line, size, format, fixture_dir(), n);
    else
        snprintf(line, size, format, fixture_dir(), deep);
    mem_free(format);
}

static void try_bound(const Bound *b, long n, bool past) {
    char line[1200];
    bool many = b->make == many_labels_manifest;
    codes_of(many ? (n + 199) / 200 : 1 + OTHERS, 16);
    b->make(n);
    print_command(line, sizeof line, b, n);
    Ran r = b->space && !past ? run_faulty("MSACH_FAULT", b->space, "%s", line) : run_msach("%s", line);
    int code = past ? b->past : b->at;
    cr_assert_eq(r.code, code, "%s, %ld: exit %d\n%s", b->what, n, r.code, r.err);
    cr_assert_eq(strstr(r.err, b->message) != NULL, past, "%s, %ld: %s", b->what, n, r.err);
    ran_free(&r);
}

Test(limits, each_bound_holds_and_one_past_it_is_refused) {
    for (size_t i = 0; i < sizeof BOUNDS / sizeof *BOUNDS; i++) {
        if (!BOUNDS[i].space || !SANITIZED) try_bound(&BOUNDS[i], BOUNDS[i].bound, false);
        try_bound(&BOUNDS[i], BOUNDS[i].bound + 1, true);
    }
}
