/* Reads cases that a peer made and prints what msach makes of each, one a line: differential KIND FILE. A case in FILE is its size, a
 * little-endian number of four bytes, and its bytes. tests/peers/differential.py makes the cases and compares.
 *   image    WIDTH HEIGHT PIXELS        of a JPEG, PNG, PNM or DICOM file
 *   npy      TYPE DIM,DIM... BYTES      little-endian, in C order
 *   text     BYTES                      as UTF-8; the first byte: 1 where GB18030 is asked for, 0 by evidence
 *   csv      FIELD,FIELD;FIELD,...      rows
 *   ap       PESSIMISTIC EXPECTED OPTIMISTIC   of pairs (items, relevant ones) of four bytes each
 * Bytes are in hexadecimal. A case that is refused is printed as "refused REASON". */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "data/csv.h"
#include "data/picture/image.h"
#include "eval/average_precision.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "tests/fuzz/harness.h"

enum { MOST_BYTES = 1 << 30, MOST_GROUPS = 256, MOST_ITEMS = 1 << 16 };

static void put_hex(const void *data, size_t size) {
    const unsigned char *b = data;
    for (size_t i = 0; i < size; i++) printf("%02x", b[i]);
}

static Status show_image(const unsigned char *data, size_t size, Error *err) {
    Image im;
    TRY(image_decode(&im, "case", data, size, err));
    printf("%d %d ", im.width, im.height);
    put_hex(im.pixel, (size_t)im.width * (size_t)im.height);
    image_free(&im);
    return STATUS_OK;
}

static Status show_npy(const unsigned char *data, size_t size, Error *err) {
    Npy a;
    TRY(npy_read(&a, harness_file("case.npy", data, size), MOST_BYTES, err));
    printf("%s ", npy_type_name(a.type));
    for (int k = 0; k < a.rank; k++) printf("%s%" PRId64, k ? "," : "", a.dim[k]);
    numbers_convert(a.data, a.data, npy_entries(&a) * a.width, a.width);
    putchar(' ');
    put_hex(a.data, npy_entries(&a) * a.width);
    npy_free(&a);
    return STATUS_OK;
}

static Status show_text(const unsigned char *data, size_t size, Error *err) {
    TextEncoding encoding = {.wanted = size && data[0] ? "GB18030" : NULL};
    char *text;
    size_t n;
    TRY(text_decode("case", data + 1, size - 1, &text, &n, &encoding, err));
    put_hex(text, n);
    mem_free(text);
    return STATUS_OK;
}

static Status show_rows(Csv *c, Buffer *out, Error *err) {
    for (bool more = true;;) {
        TRY(csv_next(c, &more, err));
        if (!more) return STATUS_OK;
        for (int i = 0; i < c->n; i++) {
            if (i) buffer_add(out, ",", 1);
            for (const char *s = c->field[i]; *s; s++) buffer_printf(out, "%02x", (unsigned char)*s);
        }
        buffer_add(out, ";", 1);
    }
}

static Status show_csv(const unsigned char *data, size_t size, Error *err) {
    Buffer out = {0};
    Csv c;
    Status s = csv_open(&c, harness_file("case.csv", data, size), CSV_QUOTED, false, err);
    if (s == STATUS_OK) s = show_rows(&c, &out, err);
    csv_close(&c);
    if (s == STATUS_OK) fputs(buffer_text(&out), stdout);
    buffer_free(&out);
    return s;
}

static Status show_ap(const unsigned char *data, size_t size, Error *err) {
    static double harmonic[MOST_ITEMS + 1];
    uint32_t all[MOST_GROUPS], relevant[MOST_GROUPS];
    size_t groups = size / 8;
    if (groups > MOST_GROUPS) return error_set(err, STATUS_INPUT, "has more than %d groups", MOST_GROUPS);
    for (size_t i = 0; i < groups; i++)
        all[i] = get_u32(data + 8 * i), relevant[i] = get_u32(data + 8 * i + 4);
    harmonic_fill(harmonic, MOST_ITEMS);
    Bounds b = average_precision(&(Ties){groups, all, relevant}, harmonic);
    printf("%.17g %.17g %.17g", b.pessimistic, b.expected, b.optimistic);
    return STATUS_OK;
}

typedef Status ShowFn(const unsigned char *data, size_t size, Error *err);

static ShowFn *show_of(const char *kind) {
    static const struct {
        const char *name;
        ShowFn *show;
    } kinds[] = {
        {"image", show_image}, {"npy", show_npy}, {"text", show_text}, {"csv", show_csv}, {"ap", show_ap}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kind, kinds[i].name) == 0) return kinds[i].show;
    return NULL;
}

int main(int argc, char **argv) {
    unsigned char *all;
    size_t size;
    Error err = {0};
    ShowFn *show = argc == 3 ? show_of(argv[1]) : NULL;
    if (!show) {
        fprintf(stderr, "differential: image, npy, text, csv or ap and a file of cases were expected\n");
        return 2;
    }
    if (file_read(argv[2], MOST_BYTES, &all, &size, &err) != STATUS_OK) {
        fprintf(stderr, "differential: %s\n", err.message);
        return 3;
    }
    for (size_t at = 0; at + 4 <= size;) {
        size_t n = get_u32(all + at);
        if (n == 0 || n > size - at - 4) break;
        if (show(all + at + 4, n, &err) != STATUS_OK) printf("refused %s", err.message);
        putchar('\n');
        at += 4 + n;
    }
    mem_free(all);
    return 0;
}
