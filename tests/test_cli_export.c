/* The verbs export and bench through the binary; exports are loaded by their target programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hash/search/index.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "tests/check.h"
#include "tests/fixtures.h"
#include "tests/index_cases.h"
#include "tests/run_command.h"

enum { NOT_HERE = 77, CASES = 400 };

/* A separate archive for the test, with many ties, since its codes have few bits set. */
static const char *archive(char name[64]) {
    const char *path = path_of(name);
    Error err;
    IndexBuilder *b;
    static const char *const labels[2] = {"cyst", "b\\c"};
    cr_assert_eq(index_builder_create(&b, 16, "0badcafe", &err), STATUS_OK);
    for (int i = 0; i < CASES; i++) {
        char id[32];
        snprintf(id, sizeof id, "case-%d", i);
        const uint8_t image[2] = {(uint8_t)(i * 37), (uint8_t)(i / 9)},
                      text[2] = {(uint8_t)(i * 11), (uint8_t)(i / 5)};
        IndexCase c = {.id = id, .code = {i % 7 ? image : NULL, i % 5 ? text : NULL}};
        if (i == 3) c.labels = labels, c.n_labels = 2, c.group = "p 1", c.text = "shadow \\ \"dense\"";
        cr_assert_eq(index_builder_add(b, &c, &err), STATUS_OK);
    }
    cr_assert_eq(index_builder_write(b, path, &err), STATUS_OK, "%s", err.message);
    index_builder_free(b);
    return path;
}

static int shell(char *out, size_t size, const char *command) {
    FILE *f = popen(command, "r");
    cr_assert_not_null(f);
    size_t n = fread(out, 1, size - 1, f);
    out[n] = 0;
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void clean(const char *path, const char *folder) {
    char command[256], out[256];
    remove_all(path);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_assert_eq(shell(out, sizeof out, command), 0);
}

Test(cli_export, every_format_is_written_with_ids_and_commands) {
    static const char *const formats[] = {"npy", "faiss", "pgcopy", "milvus", "elastic"};
    static const char *const commands[] = {"load.py", "load.py", "load.sql", "load.py", "load.sh"};
    char name[64], folder[96], file[160];
    const char *path = archive(name);
    for (int f = 0; f < 5; f++) {
        snprintf(folder, sizeof folder, "%s.%s", path, formats[f]);
        expect_msach(0, commands[f], "export --index %s --to %s --out %s", path, formats[f], folder);
        snprintf(file, sizeof file, "%s/ids.tsv", folder);
        cr_assert_eq(access(file, R_OK), 0, "%s", file);
        snprintf(file, sizeof file, "%s/%s", folder, commands[f]);
        cr_assert_eq(access(file, R_OK), 0, "%s", file);
        clean("/nonexistent", folder);
    }
    expect_msach(2, "npy", "export --index %s --to nyp --out %s", path, folder);
    expect_msach(2, "did you mean 'text'", "export --index %s --to npy --out %s --without texd", path,
                 folder);
    expect_msach(3, "/nonexistent.idx", "export --index /nonexistent.idx --to npy --out %s", folder);
    expect_msach(2, "--to", "export --index %s --out %s", path, folder);
    remove_all(path);
}

/* Whether a file of an export holds these bytes. */
static bool holds(const char *folder, const char *name, const char *part) {
    char path[160];
    unsigned char *data;
    size_t size, n = strlen(part);
    bool found = false;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(file_read(path, 1 << 20, &data, &size, NULL), STATUS_OK);
    for (size_t i = 0; !found && i + n <= size; i++) found = memcmp(data + i, part, n) == 0;
    mem_free(data);
    return found;
}

Test(cli_export, a_field_that_is_left_out_is_nowhere_in_the_export) {
    static const char *const field[] = {"text", "labels", "group"}, *const held[] = {"shadow", "cyst", "p 1"};
    char name[64], folder[96];
    const char *path = archive(name);
    snprintf(folder, sizeof folder, "%s.pg", path);
    for (int left = -1; left < 3; left++) {
        expect_msach(0, NULL, "export -q --index %s --to pgcopy --out %s %s %s", path, folder,
                     left < 0 ? "" : "--without", left < 0 ? "" : field[left]);
        for (int k = 0; k < 3; k++)
            cr_assert_eq(holds(folder, "cases.pgcopy", held[k]), k != left, "%s", field[k]);
    }
    expect_msach(0, NULL, "export -q --index %s --to pgcopy --out %s --without text labels group image", path,
                 folder);
    for (int k = 0; k < 3; k++) cr_assert(!holds(folder, "cases.pgcopy", held[k]));
    clean(path, folder);
}

static uint64_t big_endian(const unsigned char *at, int bytes) {
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++) v = v << 8 | at[i];
    return v;
}

/* The ids of a file of rows (id bigint, code bit(16)) of COPY BINARY: counts them in seen, and each is from first to end - 1. */
static void count_rows(const char *folder, int shard, const char *name, int first, int end, int *seen) {
    enum { HEAD = 19, ROW = 24 };
    char path[200];
    unsigned char *data;
    size_t size;
    snprintf(path, sizeof path, "%s/shard%d/%s", folder, shard, name);
    cr_assert_eq(file_read(path, 1 << 20, &data, &size, NULL), STATUS_OK, "%s", path);
    cr_assert_eq((size - HEAD - 2) % ROW, 0);
    for (size_t at = HEAD; at + 2 < size; at += ROW) {
        int id = (int)big_endian(data + at + 6, 8);
        cr_assert(first <= id && id < end, "%s: %d", path, id);
        seen[id]++;
    }
    mem_free(data);
}

Test(cli_export, every_code_is_in_exactly_one_shard) {
    enum { SHARDS = 7 };
    char name[64], folder[96];
    int seen[2][CASES] = {{0}};
    const char *path = archive(name);
    snprintf(folder, sizeof folder, "%s.shards", path);
    expect_msach(0, NULL, "export -q --index %s --to pgcopy --shards %d --out %s", path, SHARDS, folder);
    for (int i = 0; i < SHARDS; i++) {
        count_rows(folder, i, "image_codes.pgcopy", i * CASES / SHARDS, (i + 1) * CASES / SHARDS, seen[0]);
        count_rows(folder, i, "text_codes.pgcopy", i * CASES / SHARDS, (i + 1) * CASES / SHARDS, seen[1]);
    }
    for (int i = 0; i < CASES; i++) {
        cr_assert_eq(seen[0][i], i % 7 != 0, "%d", i);
        cr_assert_eq(seen[1][i], i % 5 != 0, "%d", i);
    }
    expect_msach(2, "for --to pgcopy alone", "export --index %s --to npy --shards 2 --out %s", path, folder);
    expect_msach(2, "some would be empty", "export --index %s --to pgcopy --shards 401 --out %s", path,
                 folder);
    const char *const other[] = {"", "--shards 3"};
    for (int i = 0; i < 2; i++)
        expect_msach(3, "another number of shards", "export --index %s --to pgcopy %s --out %s", path,
                     other[i], folder);
    expect_msach(0, NULL, "export -q --index %s --to pgcopy --shards %d --out %s", path, SHARDS, folder);
    clean(path, folder);
}

/* The ten nearest images of the first text, as "number distance" lines. */
static void our_answer(const char *path, char *wanted, size_t size) {
    Index *x = opened(path);
    Hit hits[10];
    size_t found, at = 0;
    int64_t row = 0;
    while (!index_allowed(x, MODALITY_TEXT)[row]) row++;
    const uint8_t *query = index_codes(x, MODALITY_TEXT) + row * 2;
    cr_assert_eq(index_search(x, MODALITY_IMAGE, query, 1, 10, -1, NULL, hits, &found, NULL, NULL, NULL),
                 STATUS_OK);
    cr_assert_eq(found, 10);
    for (size_t i = 0; i < found; i++)
        at += (size_t)snprintf(wanted + at, size - at, "%d|%d\n", (int)hits[i].row, hits[i].distance);
    index_close(x);
}

Test(cli_export, postgres_loads_the_rows_and_one_table_and_three_shards_answer_as_we_do) {
    static const char row[] = "case-3|{cyst,\"b\\\\c\"}|p 1|shadow \\ \"dense\"|\n400\n";
    char name[64], folder[96], sharded[96], command[512], wanted[256], twice[700], out[4096];
    const char *path = archive(name);
    snprintf(folder, sizeof folder, "%s.pg", path);
    snprintf(sharded, sizeof sharded, "%s.shards", path);
    expect_msach(0, "load.sql", "export --index %s --to pgcopy --out %s", path, folder);
    expect_msach(0, "load.sql", "export --index %s --to pgcopy --shards 3 --out %s", path, sharded);
    our_answer(path, wanted, sizeof wanted);
    snprintf(twice, sizeof twice, "%s%s%s%s", wanted, wanted, row, row);
    snprintf(command, sizeof command, "sh tests/peers/postgres.sh '%s' '%s' 2>&1", folder, sharded);
    int code = shell(out, sizeof out, command);
    clean(path, sharded);
    clean("/nonexistent", folder);
    if (code == NOT_HERE) cr_skip("PostgreSQL is not installed, or may not run here: %s", out);
    cr_assert_eq(code, 0, "%s", out);
    cr_assert_str_eq(out, twice);
}

Test(cli_bench, search_tells_both_methods_for_every_k_in_the_fixed_fields) {
    static const char *const fields[] = {"\"n\":",
                                         "\"bits\":32",
                                         "\"k\":",
                                         "\"codes\":\"random\"",
                                         "\"method\":",
                                         "\"batch_queries_per_s\":",
                                         "\"one_query_ms\":",
                                         "\"threads\":",
                                         "\"memory_gb_per_s\":"};
    Ran r = run_msach("bench search --n 30000 --bits 32 --queries 20 --rounds 1 --json");
    cr_assert_eq(r.code, 0, "%s", r.err);
    int lines = 0;
    for (char *line = strtok(r.out, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        for (int i = 0; i < 9; i++)
            cr_assert_not_null(strstr(line, fields[i]), "%s lacks %s", line, fields[i]);
        const char *share = strstr(line, "\"one_query_share_of_memory\":");
        cr_assert_eq(share != NULL, strstr(line, "\"scan\"") != NULL, "%s", line);
        cr_assert(!share || strtod(strchr(share, ':') + 1, NULL) > 0, "%s", line);
        const char *lines_share = strstr(line, "\"one_query_lines_share_of_memory\":");
        cr_assert_eq(lines_share != NULL, strstr(line, "\"mih\"") != NULL, "%s", line);
        cr_assert(!lines_share || strtod(strchr(lines_share, ':') + 1, NULL) >= 0, "%s",
                  line); /* 0: scanned */
    }
    cr_assert_eq(lines, 6);
    ran_free(&r);
    expect_msach(2, "search", "bench serch");
    expect_msach(2, "random or near", "bench search --codes random.npy");
    expect_msach(2, "multiple of 8", "bench search --bits 33");
    expect_msach(3, "/nonexistent.npy", "bench search --codes near:/nonexistent.npy");
}

Test(cli_bench, codes_near_a_file_differ_from_its_codes_in_a_twentieth_of_their_bits) {
    char folder[64], path[128];
    snprintf(folder, sizeof folder, "%s/msach-bench-%ld", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm",
             (long)getpid());
    expect_msach(0, "mih", "bench search --n 1 --bits 64 --queries 1 --rounds 1 --dump %s", folder);
    snprintf(path, sizeof path, "%s/codes.npy", folder);
    unsigned char base[8], near[128 + 8 * 20000];
    FILE *f = fopen(path, "rb");
    cr_assert(f && fseek(f, -8, SEEK_END) == 0 && fread(base, 1, 8, f) == 8);
    fclose(f);
    char copy[128];
    snprintf(copy, sizeof copy, "%s/base.npy", folder);
    cr_assert_eq(rename(path, copy), 0);
    expect_msach(0, "mih", "bench search --n 20000 --queries 1 --rounds 1 --codes near:%s --dump %s", copy,
                 folder);
    f = fopen(path, "rb");
    cr_assert(f && fseek(f, -8 * 20000, SEEK_END) == 0 && fread(near, 1, 8 * 20000, f) == 8 * 20000);
    fclose(f);
    int64_t flips = 0;
    for (int i = 0; i < 8 * 20000; i++) flips += __builtin_popcount((unsigned)(near[i] ^ base[i % 8]));
    cr_assert_float_eq((double)flips / (64 * 20000), 0.05, 0.001); /* five deviations */
    clean("/nonexistent", folder);
}

Test(cli_bench, a_page_is_drawn_from_lines_and_other_files_are_refused_by_line) {
    char folder[64], lines[128], page[160];
    snprintf(folder, sizeof folder, "%s/msach-page-%ld", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm",
             (long)getpid());
    snprintf(lines, sizeof lines, "%s.jsonl", folder);
    snprintf(page, sizeof page, "%s.html", folder);
    FILE *f = fopen(lines, "w");
    cr_assert_not_null(f);
    for (int n = 1000; n <= 4000; n *= 2) {
        Ran r = run_msach("bench search --n %d --queries 4 --rounds 1 --name mine --json", n);
        cr_assert_eq(r.code, 0, "%s", r.err);
        fputs(r.out, f);
        ran_free(&r);
    }
    fclose(f);
    expect_msach(0, page, "bench page --from %s --html %s", lines, page);
    char command[512], out[64];
    snprintf(command, sizeof command,
             "grep -c '<svg' '%s'; grep -c 'mine, mih' '%s' >/dev/null && echo named", page, page);
    cr_assert_eq(shell(out, sizeof out, command), 0);
    cr_assert_str_eq(out, "1\nnamed\n", "no candidates, so no chart of them");
    char counted[800];
    snprintf(counted, sizeof counted,
             "sed 's/\"candidates\":0[.0]*,/\"candidates\":7,/' '%s' >'%s.7' && mv '%s.7' '%s'", lines, lines,
             lines, lines);
    cr_assert_eq(system(counted), 0);
    expect_msach(0, page, "bench page --from %s --html %s", lines, page);
    cr_assert_eq(shell(out, sizeof out, command), 0);
    cr_assert_str_eq(out, "2\nnamed\n");
    f = fopen(lines, "a");
    fputs("{}\n", f);
    fclose(f);
    expect_msach(3, ":19: the line is no result", "bench page --from %s --html %s", lines, page);
    remove(lines);
    remove(page);
}

Test(cli_index, the_number_of_substrings_can_be_set) {
    TinyRun r = tiny_run("substrings");
    char name[64];
    const char *path = path_of(name);
    expect_msach(0, path, "index --model %s --data %s --out %s --substrings 5", r.run, r.manifest, path);
    Index *x = opened(path);
    cr_assert_not_null(index_tables(x, MODALITY_IMAGE));
    cr_assert_eq(mih_m(index_tables(x, MODALITY_IMAGE)), 5);
    index_close(x);
    expect_msach(0, path, "index --model %s --data %s --out %s --substrings=-1", r.run, r.manifest, path);
    x = opened(path);
    cr_assert_null(index_tables(x, MODALITY_IMAGE));
    index_close(x);
    expect_msach(2, "substrings", "index --model %s --data %s --out %s --substrings 99", r.run, r.manifest,
                 path);
    remove_all(path);
}
