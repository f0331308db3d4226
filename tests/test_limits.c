/* The table of cmd/LIMITS.md: each number is that of its constant; the command accepts a value at a bound and refuses one beyond
 * it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

enum { OTHERS = 2 }; /* rows of a manifest besides the tested one */

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

static void nothing(long n) {
    (void)n;
}

typedef struct {
    const char *what;
    long bound;
    void (*make)(long n);
    int past;                      /* exit code one past it */
    const char *message, *command; /* %s: the folder; %ld: n, where there is one */
} Bound;

#define INDEX "index -q --data %1$s/m.tsv --text-codes %1$s/F.npy --out %1$s/x.idx"
#define IMPORT                                                                                               \
    "import table %1$s/t.csv --out %1$s/t --columns id=name,text=report,labels=kind,image=picture -q "       \
    "--dry-run"

static const Bound BOUNDS[] = {
    {"columns of a manifest", 256, wide_manifest, 3, "m.tsv:1: has 257 columns; at most 256", INDEX},
    {"bytes of a line of a manifest", 1 << 20, long_manifest, 3, "m.tsv:2: ", INDEX},
    {"labels of a case", 256, labelled_manifest, 3, "m.tsv:4: ", INDEX},
    {"labels in all", 4096, many_labels_manifest, 3, "m.tsv:22: ", INDEX},
    {"bits of a code", 1024, long_code, 3, "F.npy: ", INDEX},
    {"columns of a CSV table", 256, wide_csv, 3, "t.csv:1: ", IMPORT},
    {"side of a phantom", 512, nothing, 2, "512", "phantom -q --out %1$s/p --cases 1 --size %2$ld"},
    {"threads", 256, nothing, 2, "256", "phantom -q --out %1$s/p --cases 1 --size 32 --threads %2$ld"},
};

static void try_bound(const Bound *b, long n, int code, const char *message) {
    char line[1200];
    bool many = b->make == many_labels_manifest;
    if (b->make != long_code) codes_of(many ? (n + 199) / 200 : 1 + OTHERS, 16);
    b->make(n);
    char *format = mem_strdup(b->command);
    snprintf(line, sizeof line, format, fixture_dir(), n);
    mem_free(format);
    Ran r = run_msach("%s", line);
    cr_assert_eq(r.code, code, "%s, %ld: exit %d\n%s", b->what, n, r.code, r.err);
    if (message) cr_assert_not_null(strstr(r.err, message), "%s: %s", b->what, r.err);
    ran_free(&r);
}

Test(limits, each_bound_holds_and_one_past_it_is_refused) {
    for (size_t i = 0; i < sizeof BOUNDS / sizeof *BOUNDS; i++) {
        try_bound(&BOUNDS[i], BOUNDS[i].bound, 0, NULL);
        try_bound(&BOUNDS[i], BOUNDS[i].bound + 1, BOUNDS[i].past, BOUNDS[i].message);
    }
}
