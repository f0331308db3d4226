#include "hash/export/export.h"
#include "hash/search/index_change.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/npy.h"
#include "tests/index_cases.h"

/* Twelve cases of which number 2 is deleted: 0 and 6 lack the image, 3 and 9 the text. Exported as `format`. */
typedef struct {
    char path[64], folder[96];
    Index *x;
} Exported;

static Exported exported(ExportFormat format) {
    Exported e;
    Error err;
    const char *ids[] = {"case-2"};
    path_of(e.path);
    snprintf(e.folder, sizeof e.folder, "%s.export", e.path);
    write_cases(e.path, 0, 12);
    cr_assert_eq(index_delete(e.path, ids, 1, &err), STATUS_OK);
    e.x = opened(e.path);
    cr_assert_eq(export_index(e.x, format, 0, 1, e.folder, &err), STATUS_OK, "%s", err.message);
    return e;
}

static void finish(Exported *e) {
    char command[128];
    index_close(e->x);
    remove_all(e->path);
    snprintf(command, sizeof command, "rm -rf '%s'", e->folder);
    cr_assert_eq(system(command), 0);
}

static char *in_folder(const Exported *e, const char *name, char path[160]) {
    snprintf(path, 160, "%s/%s", e->folder, name);
    return path;
}

static unsigned char *contents(const Exported *e, const char *name, size_t *size) {
    char path[160];
    unsigned char *bytes;
    Error err;
    cr_assert_eq(file_read(in_folder(e, name, path), 1 << 20, &bytes, size, &err), STATUS_OK, "%s",
                 err.message);
    return bytes;
}

/* Rows of the index whose code must be exported, and their numbers. */
static const int image_rows[9] = {1, 3, 4, 5, 7, 8, 9, 10, 11},
                 image_numbers[9] = {1, 2, 3, 4, 6, 7, 8, 9, 10};
static const int text_rows[9] = {0, 1, 4, 5, 6, 7, 8, 10, 11}, text_numbers[9] = {0, 1, 3, 4, 5, 6, 7, 9, 10};

static void check_codes(const uint8_t *codes, int modality) {
    for (int i = 0; i < 9; i++) {
        Made m;
        make_case(&m, (modality ? text_rows : image_rows)[i]);
        cr_assert_eq(memcmp(codes + i * BYTES, m.code[modality], BYTES), 0, "code %d", i);
    }
}

static void check_npy(const Exported *e, const char *codes, const char *numbers, int modality) {
    char path[160];
    Npy a;
    Error err;
    cr_assert_eq(npy_read(&a, in_folder(e, codes, path), 1 << 20, &err), STATUS_OK, "%s", err.message);
    cr_assert(a.type == NPY_U8 && a.rank == 2 && a.dim[0] == 9 && a.dim[1] == BYTES);
    check_codes(a.data, modality);
    npy_free(&a);
    cr_assert_eq(npy_read(&a, in_folder(e, numbers, path), 1 << 20, &err), STATUS_OK, "%s", err.message);
    cr_assert(a.type == NPY_I64 && a.rank == 1 && a.dim[0] == 9);
    for (int i = 0; i < 9; i++)
        cr_assert_eq(((int64_t *)a.data)[i], (modality ? text_numbers : image_numbers)[i]);
    npy_free(&a);
}

Test(export, npy_holds_the_codes_and_whose_they_are) {
    Exported e = exported(EXPORT_NPY);
    check_npy(&e, "image_codes.npy", "image_numbers.npy", 0);
    check_npy(&e, "text_codes.npy", "text_numbers.npy", 1);
    finish(&e);
}

Test(export, milvus_files_are_named_after_the_fields) {
    Exported e = exported(EXPORT_MILVUS);
    check_npy(&e, "image_codes/code.npy", "image_codes/id.npy", 0);
    check_npy(&e, "text_codes/code.npy", "text_codes/id.npy", 1);
    finish(&e);
}

Test(export, ids_are_numbered_over_the_cases_that_are_left_and_stand_as_given) {
    Exported e = exported(EXPORT_NPY);
    size_t size;
    unsigned char *ids = contents(&e, "ids.tsv", &size);
    cr_assert_str_eq(
        (char *)ids,
        "0\tcase-0\n1\tcase-1\n2\tcase-3\n3\tcase-4\n4\tcase-5\n5\tcase-6\n6\tcase-7\n7\tcase-8\n"
        "8\tcase-9\n9\tcase-10\n10\tcase-11\n");
    mem_free(ids);
    IndexBuilder *b;
    Error err;
    IndexCase c = {.id = "a\\tb\\\\c"};
    index_builder_create(&b, 16, "", &err);
    cr_assert_eq(index_builder_add(b, &c, &err), STATUS_OK);
    cr_assert_eq(index_builder_write(b, e.path, &err), STATUS_OK);
    index_builder_free(b);
    Index *x = opened(e.path);
    for (int f = 0; f < N_EXPORTS; f++) /* neither modality has a code: empty files, no error */
        cr_assert_eq(export_index(x, (ExportFormat)f, 0, 1, e.folder, &err), STATUS_OK, "%s: %s",
                     export_names[f], err.message);
    index_close(x);
    ids = contents(&e, "ids.tsv", &size);
    cr_assert_str_eq((char *)ids, "0\ta\\tb\\\\c\n");
    mem_free(ids);
    finish(&e);
}

Test(export, faiss_file_is_a_flat_binary_index_byte_for_byte) {
    Exported e = exported(EXPORT_FAISS);
    static const unsigned char header[33] = {'I', 'B', 'x', 'F', 64, 0, 0, 0, 8,  0, 0, 0, 9, 0, 0, 0, 0,
                                             0,   0,   0,   1,   1,  0, 0, 0, 72, 0, 0, 0, 0, 0, 0, 0};
    size_t size;
    unsigned char *bytes = contents(&e, "image_codes.faiss", &size);
    cr_assert_eq(size, 33 + 9 * BYTES);
    cr_assert_eq(memcmp(bytes, header, 33), 0);
    check_codes(bytes + 33, 0);
    mem_free(bytes);
    bytes = contents(&e, "text_codes.faiss", &size);
    check_codes(bytes + 33, 1);
    mem_free(bytes);
    finish(&e);
}

/* The output of a shell command, at most size - 1 bytes; its exit status, or -1. */
static int output_of(const char *command, char *out, size_t size) {
    FILE *f = popen(command, "r");
    if (!f) return -1;
    size_t n = fread(out, 1, size - 1, f);
    out[n] = 0;
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum { NOT_INSTALLED = 77 };

Test(export, faiss_opens_its_file_and_finds_the_same_distances) {
    char out[4096], command[768], wanted[512] = "";
    Exported e = exported(EXPORT_FAISS);
    snprintf(command, sizeof command,
             "cd '%s' && OMP_NUM_THREADS=1 /usr/bin/python3 -c \"import sys\n"
             "try: import faiss\n"
             "except ImportError: sys.exit(%d)\n"
             "i = faiss.read_index_binary('image_codes.faiss')\n"
             "t = faiss.read_index_binary('text_codes.faiss')\n"
             "q = faiss.vector_to_array(t.xb).reshape(-1, 8)[:1]\n"
             "print(i.ntotal, i.d, *i.search(q, 9)[0][0])\n"
             "import os, runpy\n"
             "here = os.getcwd(); os.chdir('/')\n" /* it finds its files from any folder */
             "runpy.run_path(here + '/load.py')\" 2>&1",
             e.folder, NOT_INSTALLED);
    int status = output_of(command, out, sizeof out);
    Hit hits[9];
    size_t found;
    cr_assert_eq(index_search(e.x, MODALITY_IMAGE, index_codes(e.x, MODALITY_TEXT), 1, 9, -1, NULL, hits,
                              &found, NULL, NULL, NULL),
                 STATUS_OK);
    size_t at = (size_t)snprintf(wanted, sizeof wanted, "9 64");
    for (size_t i = 0; i < found; i++)
        at += (size_t)snprintf(wanted + at, sizeof wanted - at, " %d", hits[i].distance);
    at += (size_t)snprintf(wanted + at, sizeof wanted - at, "\n");
    for (size_t i = 0; i < found; i++) { /* then load.py's lines: nine of ten, since there are nine images */
        IndexCase c;
        cr_assert_eq(index_case(e.x, hits[i].row, &c, NULL), STATUS_OK);
        at += (size_t)snprintf(wanted + at, sizeof wanted - at, "%d %s\n", hits[i].distance, c.id);
    }
    finish(&e);
    if (status == NOT_INSTALLED || status == 127 || status == -1)
        cr_skip("python3-faiss is not installed: its file is compared byte for byte only");
    cr_assert_eq(status, 0, "%s", out);
    cr_assert_str_eq(out, wanted);
}

/* Only the first case has a text; without: no case at all. */
static void small_archive(Exported *e, int cases, ExportFormat format) {
    const uint8_t code[BYTES] = {1};
    IndexBuilder *b;
    Error err;
    path_of(e->path);
    snprintf(e->folder, sizeof e->folder, "%s.export", e->path);
    cr_assert_eq(index_builder_create(&b, BITS, "", &err), STATUS_OK);
    for (int i = 0; i < cases; i++) {
        char id[16];
        snprintf(id, sizeof id, "few-%d", i);
        IndexCase c = {.id = id, .code = {code, i ? NULL : code}};
        cr_assert_eq(index_builder_add(b, &c, &err), STATUS_OK);
    }
    cr_assert_eq(index_builder_write(b, e->path, &err), STATUS_OK);
    index_builder_free(b);
    e->x = opened(e->path);
    cr_assert_eq(export_index(e->x, format, 0, 1, e->folder, &err), STATUS_OK, "%s", err.message);
}

Test(export, the_commands_for_python_print_no_more_cases_than_there_are) {
    static const ExportFormat formats[2] = {EXPORT_NPY, EXPORT_FAISS};
    for (int f = 0; f < 2; f++)
        for (int cases = 0; cases < 3; cases++) {
            char out[4096], command[256];
            Exported e;
            small_archive(&e, cases, formats[f]);
            snprintf(command, sizeof command, "OMP_NUM_THREADS=1 /usr/bin/python3 '%s/load.py' 2>&1",
                     e.folder);
            int status = output_of(command, out, sizeof out);
            finish(&e);
            if (status == 127 || strstr(out, "ModuleNotFoundError"))
                cr_skip("python3-numpy or python3-faiss is not installed: load.py is not run");
            cr_assert_eq(status, 0, "%s", out);
            cr_assert_str_eq(out, cases == 0 ? "" : cases == 1 ? "0 few-0\n" : "0 few-0\n0 few-1\n");
        }
}

/* A curl that prints the files it would send. */
Test(export, the_commands_for_elasticsearch_send_files_that_are_there) {
    char out[4096], command[1024];
    for (int cases = 0; cases < 3; cases += 2) {
        Exported e;
        small_archive(&e, cases, EXPORT_ELASTIC);
        snprintf(
            command, sizeof command,
            "cd '%s' && printf '%%s\\n' '#!/bin/sh' 'for a; do case $a in @*) ls \"${a#@}\";; esac; done' "
            "'[ $2 = POST ] && echo sent >>log' >curl && chmod +x curl && touch log && "
            "PATH=\"$PWD:$PATH\" sh load.sh 2>&1 && grep -c sent log",
            e.folder);
        int status = output_of(command, out, sizeof out);
        finish(&e);
        cr_assert_eq(strstr(out, "cannot access"), NULL, "%s", out);
        cr_assert_eq(status, cases ? 0 : 1, "%s", out); /* grep: 1 where nothing was sent */
    }
}

Test(export, the_npy_commands_find_what_the_index_finds) {
    char out[4096], command[256], wanted[512] = "";
    Exported e = exported(EXPORT_NPY);
    Hit hits[9];
    size_t found, at = 0;
    index_search(e.x, MODALITY_IMAGE, index_codes(e.x, MODALITY_TEXT), 1, 9, -1, NULL, hits, &found, NULL,
                 NULL, NULL);
    for (size_t i = 0; i < found; i++) {
        IndexCase c;
        cr_assert_eq(index_case(e.x, hits[i].row, &c, NULL), STATUS_OK);
        at += (size_t)snprintf(wanted + at, sizeof wanted - at, "%d %s\n", hits[i].distance, c.id);
    }
    snprintf(command, sizeof command, "cd / && /usr/bin/python3 '%s/load.py' 2>&1", e.folder);
    int status = output_of(command, out, sizeof out);
    finish(&e);
    if (status == 127 || strstr(out, "ModuleNotFoundError"))
        cr_skip("python3-numpy is not installed: load.py is not run");
    cr_assert_eq(status, 0, "%s", out);
    cr_assert_str_eq(out, wanted);
}

Test(export, postgres_rows_are_copy_binary_byte_for_byte) {
    IndexBuilder *b;
    Error err;
    char path[64], folder[96];
    const uint8_t codes[2][2] = {{0x01, 0x80}, {0xF0, 0x13}};
    IndexCase first = {.id = "x", .code = {codes[0], NULL}},
              second = {.id = "y", .code = {codes[1], codes[0]}};
    path_of(path);
    snprintf(folder, sizeof folder, "%s.export", path);
    cr_assert_eq(index_builder_create(&b, 16, "", &err), STATUS_OK);
    cr_assert_eq(index_builder_add(b, &first, &err), STATUS_OK);
    cr_assert_eq(index_builder_add(b, &second, &err), STATUS_OK);
    cr_assert_eq(index_builder_write(b, path, &err), STATUS_OK);
    index_builder_free(b);
    Exported e = {.x = opened(path)};
    strcpy(e.path, path), strcpy(e.folder, folder);
    cr_assert_eq(export_index(e.x, EXPORT_PGCOPY, 0, 1, folder, &err), STATUS_OK, "%s", err.message);
    static const unsigned char wanted[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
                                          "\0\2\0\0\0\x8\0\0\0\0\0\0\0\0\0\0\0\6\0\0\0\x10\x80\x01"
                                          "\0\2\0\0\0\x8\0\0\0\0\0\0\0\1\0\0\0\6\0\0\0\x10\x0F\xC8"
                                          "\377\377";
    size_t size;
    unsigned char *bytes = contents(&e, "image_codes.pgcopy", &size);
    cr_assert_eq(size, sizeof wanted - 1);
    cr_assert_eq(memcmp(bytes, wanted, size), 0);
    mem_free(bytes);
    bytes = contents(&e, "text_codes.pgcopy", &size);
    cr_assert_eq(size, 19 + 24 + 2);
    cr_assert_eq(memcmp(bytes + 19, "\0\2\0\0\0\x8\0\0\0\0\0\0\0\1\0\0\0\6\0\0\0\x10\x80\x01\377\377", 26),
                 0);
    mem_free(bytes);
    bytes = contents(&e, "load.sql", &size);
    cr_assert_not_null(strstr((char *)bytes, "code bit(16) NOT NULL"));
    mem_free(bytes);
    finish(&e);
}

Test(export, elastic_lines_hold_hex_and_signed_bytes) {
    Exported e = exported(EXPORT_ELASTIC);
    size_t size, lines = 0;
    unsigned char *bytes = contents(&e, "text_codes.elasticsearch.ndjson", &size);
    Made m;
    char wanted[256];
    make_case(&m, 0);
    const uint8_t *c = m.code[1];
    snprintf(wanted, sizeof wanted,
             "{\"index\":{\"_id\":\"0\"}}\n{\"case\":0,\"code\":\"%02x%02x%02x%02x%02x%02x%02x%02x\"}\n",
             c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]);
    cr_assert_eq(strncmp((char *)bytes, wanted, strlen(wanted)), 0, "%.200s", bytes);
    for (size_t i = 0; i < size; i++) lines += bytes[i] == '\n';
    cr_assert_eq(lines, 18);
    cr_assert_eq(bytes[size - 1], '\n');
    mem_free(bytes);
    bytes = contents(&e, "text_codes.opensearch.ndjson", &size);
    snprintf(wanted, sizeof wanted,
             "{\"index\":{\"_id\":\"0\"}}\n{\"case\":0,\"code\":[%d,%d,%d,%d,%d,%d,%d,%d]}\n", (int8_t)c[0],
             (int8_t)c[1], (int8_t)c[2], (int8_t)c[3], (int8_t)c[4], (int8_t)c[5], (int8_t)c[6],
             (int8_t)c[7]);
    cr_assert_eq(strncmp((char *)bytes, wanted, strlen(wanted)), 0, "%.200s", bytes);
    mem_free(bytes);
    bytes = contents(&e, "image_codes.elasticsearch.mapping.json", &size);
    cr_assert_str_eq(
        (char *)bytes,
        "{\"mappings\":{\"properties\":{\"case\":{\"type\":\"long\"},\"code\":{\"type\":\"dense_vector\","
        "\"element_type\":\"bit\",\"index\":false,\"dims\":64}}}}\n");
    mem_free(bytes);
    bytes = contents(&e, "image_codes.opensearch.mapping.json", &size);
    cr_assert_str_eq(
        (char *)bytes,
        "{\"mappings\":{\"properties\":{\"case\":{\"type\":\"long\"},\"code\":{\"type\":\"knn_vector\","
        "\"data_type\":\"binary\",\"space_type\":\"hamming\",\"dimension\":64}}}}\n");
    mem_free(bytes);
    finish(&e);
}

Test(export, a_folder_that_cannot_be_made_is_an_error) {
    char name[64];
    const char *path = path_of(name);
    Error err;
    write_cases(path, 0, 2);
    Index *x = opened(path);
    Status s = export_index(x, EXPORT_NPY, 0, 1, path, &err); /* a file */
    cr_assert(s == STATUS_INPUT || s == STATUS_IO);
    index_close(x);
    remove_all(path);
}
