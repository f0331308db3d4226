#include "eval/audit/audit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/retrieval.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"

const char *audit_kind_name(AuditKind k) {
    static const char *const name[AUDIT_KINDS] = {"self-retrieval", "shared-group",  "sorted-database",
                                                  "sign-zero",      "constant-bits", "duplicate-bits",
                                                  "divisors"};
    return name[k];
}

bool audit_is_defect(AuditKind k) {
    return k != AUDIT_CONSTANT_BITS && k != AUDIT_DUPLICATE_BITS;
}

static char *add_finding(AuditReport *r, AuditKind kind, size_t count) {
    AuditFinding *f = &r->finding[r->n++];
    r->defects += audit_is_defect(kind);
    f->kind = kind;
    f->count = count;
    return f->message;
}

enum { MESSAGE = sizeof((AuditFinding *)0)->message };

static bool bit_of(const AuditCodes *c, size_t i, int j) {
    return (c->code[i * code_bytes(c->bits) + (size_t)j / 8] >> (j % 8)) & 1;
}

/* ---- Zeros and bits ---- */

static void check_zeros(AuditReport *r, const AuditData *d) {
    size_t zeros = d->query.zeros + d->database.zeros, rows = d->query.zero_rows + d->database.zero_rows;
    if (zeros == 0) return;
    snprintf(add_finding(r, AUDIT_SIGN_ZERO, zeros), MESSAGE,
             "%zu entries of %zu codes are 0. sign(0) = 0 is neither bit, and 0.5 * (bits - product) then "
             "gives half "
             "distances, which no Hamming search has. Take s >= 0 as +1.",
             zeros, rows);
}

static bool is_constant(const AuditCodes *c, int j) {
    for (size_t i = 1; i < c->n; i++)
        if (bit_of(c, i, j) != bit_of(c, 0, j)) return false;
    return true;
}

static void check_constant_bits(AuditReport *r, const AuditData *d) {
    size_t constant = 0;
    int first = -1;
    for (int j = 0; j < d->database.bits; j++) {
        if (!is_constant(&d->database, j)) continue;
        constant++;
        if (first < 0) first = j;
    }
    if (constant == 0 || d->database.n < 2) return;
    snprintf(add_finding(r, AUDIT_CONSTANT_BITS, constant), MESSAGE,
             "%zu of %d bits are the same in the whole database (the first: bit %d). They change no ranking, "
             "but the code "
             "is one of %zu bits. Report it as that, or balance the bits.",
             constant, d->database.bits, first, (size_t)d->database.bits - constant);
}

/* Whether bits j and k are equal in all codes, or differ in all. */
static bool repeats(const AuditCodes *c, int j, int k, bool differ) {
    for (size_t i = 0; i < c->n; i++)
        if ((bit_of(c, i, j) != bit_of(c, i, k)) != differ) return false;
    return true;
}

static bool repeats_earlier(const AuditData *d, int j, int *earlier) {
    for (int k = 0; k < j; k++) {
        bool differ = bit_of(&d->database, 0, j) != bit_of(&d->database, 0, k);
        if (repeats(&d->database, j, k, differ) && repeats(&d->query, j, k, differ)) {
            *earlier = k;
            return true;
        }
    }
    return false;
}

static void check_duplicate_bits(AuditReport *r, const AuditData *d) {
    size_t copies = 0;
    int first = -1, of = -1, earlier;
    for (int j = 1; j < d->database.bits; j++) {
        if (is_constant(&d->database, j) || !repeats_earlier(d, j, &earlier)) continue;
        copies++;
        if (first < 0) {
            first = j;
            of = earlier;
        }
    }
    if (copies == 0) return;
    snprintf(add_finding(r, AUDIT_DUPLICATE_BITS, copies), MESSAGE,
             "%zu of %d bits repeat or invert another bit in every code (the first: bit %d is bit %d). They "
             "count it twice "
             "and add nothing. Report the number of bits that differ, or decorrelate them.",
             copies, d->database.bits, first, of);
}

/* ---- Names on both sides ---- */

static int by_string(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* *queries: queries whose name is in the database; *shared: different names among them; *example: one of them. */
static Status match_names(const AuditNames *query, const AuditNames *database, size_t *queries,
                          size_t *shared, const char **example, Error *err) {
    *queries = *shared = 0;
    size_t size = sizeof(char *);
    const char **q = mem_calloc(query->n + 1, size), **d = mem_calloc(database->n + 1, size);
    Status status = q && d ? STATUS_OK : mem_error(err, "names to compare");
    if (status == STATUS_OK) {
        memcpy(q, query->line, query->n * size);
        memcpy(d, database->line, database->n * size);
        qsort(q, query->n, size, by_string);
        qsort(d, database->n, size, by_string);
        for (size_t i = 0; i < query->n; i++) {
            if (!bsearch(&q[i], d, database->n, size, by_string)) continue;
            *shared += *queries == 0 || strcmp(*example, q[i]) != 0;
            *example = q[i];
            ++*queries;
        }
    }
    mem_free(q);
    mem_free(d);
    return status;
}

static Status check_groups(AuditReport *r, const AuditData *d, Error *err) {
    if (d->query_groups.n == 0) return STATUS_OK;
    size_t queries, shared;
    const char *example = "";
    TRY(match_names(&d->query_groups, &d->database_groups, &queries, &shared, &example, err));
    if (queries == 0) return STATUS_OK;
    snprintf(add_finding(r, AUDIT_SHARED_GROUP, shared), MESSAGE,
             "%zu groups (e.g. \"%.60s\") have cases among the queries and in the database, %zu queries. "
             "Finding another "
             "picture of the same patient is easier than finding the disease. Split by group.",
             shared, example, queries);
    return STATUS_OK;
}

/* ---- Queries in the database ---- */

static uint64_t hash_bytes(uint64_t h, const uint8_t *data, size_t size) {
    h = fnv1a(h, data, size);
    return h ^ (h >> 31);
}

/* A hash of code and labels of each case, or only of the labels where codes is NULL. */
static uint64_t *hash_cases(const AuditCodes *codes, const uint8_t *labels, size_t n, int classes) {
    uint64_t *key = mem_calloc(n + 1, sizeof *key);
    for (size_t i = 0; key && i < n; i++) {
        key[i] = hash_bytes(FNV1A_START, labels + i * (size_t)classes, (size_t)classes);
        if (codes)
            key[i] = hash_bytes(key[i], codes->code + i * code_bytes(codes->bits), code_bytes(codes->bits));
    }
    return key;
}

static int by_key(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* hits: queries with a database item that has the query's code and labels. pairs: database items for which another item has. Where
 * queries are new cases, both shares agree for any codes (leave-one-out; Good, Biometrika 1953). */
typedef struct {
    size_t hits, pairs;
    double z;
} Coverage;

static Coverage measure_coverage(const uint64_t *query, size_t n, uint64_t *database, size_t items) {
    Coverage c = {0, 0, 0.0};
    qsort(database, items, sizeof *database, by_key);
    for (size_t i = 0; i < n; i++)
        c.hits += bsearch(&query[i], database, items, sizeof *database, by_key) != NULL;
    for (size_t i = 0; i < items; i++)
        c.pairs +=
            (i > 0 && database[i] == database[i - 1]) || (i + 1 < items && database[i] == database[i + 1]);
    double p = (double)(c.hits + c.pairs) / (double)(n + items),
           excess = (double)c.hits / (double)n - (double)c.pairs / (double)items;
    double error = sqrt(p * (1.0 - p) * (1.0 / (double)n + 1.0 / (double)items));
    c.z = error > 0.0 ? excess / error : 0.0;
    return c;
}

/* Information of a sequence of labels, in bits: -log2(p) for each change to a label of share p. A repetition counts 0,
 * because sorted labels repeat anyway. */
static double sequence_bits(const uint64_t *label, size_t n) {
    double bits = 0.0;
    for (size_t i = 1; i < n; i++) {
        if (label[i] == label[i - 1]) continue;
        size_t same = 0;
        for (size_t k = 0; k < n; k++) same += label[k] == label[i];
        bits -= log2((double)same / (double)n);
        if (bits > 1000.0) break;
    }
    return bits;
}

/* First row of the database from which its labels are those of all queries in their order; -1 where there is none. */
static long find_block(const uint64_t *query, size_t n, const uint64_t *database, size_t items) {
    for (size_t first = 0; first + n <= items; first++)
        if (memcmp(query, database + first, n * sizeof *query) == 0) return (long)first;
    return -1;
}

static bool report_ids(AuditReport *r, size_t queries, const char *example) {
    if (queries == 0) return false;
    snprintf(add_finding(r, AUDIT_SELF_RETRIEVAL, queries), MESSAGE,
             "%zu queries (e.g. \"%.60s\") are items of the database: they find themselves. Take the queries "
             "out of the "
             "database.",
             queries, example);
    return true;
}

static bool report_coverage(AuditReport *r, const AuditData *d, Coverage c) {
    if (c.hits < 3 || c.z <= 4.0) return false;
    snprintf(add_finding(r, AUDIT_SELF_RETRIEVAL, c.hits), MESSAGE,
             "%zu of %zu queries have a database item of exactly their code and labels, %.1f %% of them. Of "
             "database items "
             "only %.1f %% have another such item (z = %.1f): queries stand in the database and find "
             "themselves. Take "
             "them out.",
             c.hits, d->query.n, 100.0 * (double)c.hits / (double)d->query.n,
             100.0 * (double)c.pairs / (double)d->database.n, c.z);
    return true;
}

static void report_block(AuditReport *r, const uint64_t *query, size_t n, const uint64_t *database,
                         size_t items) {
    long first = find_block(query, n, database, items);
    if (first < 0 || sequence_bits(query, n) < 40.0 + log2((double)items)) return;
    snprintf(add_finding(r, AUDIT_SELF_RETRIEVAL, n), MESSAGE,
             "The labels of all %zu queries stand in turn in rows %ld to %ld of the database: the queries "
             "are part of it and "
             "find themselves, or their own other half. Take them out.",
             n, first + 1, first + (long)n);
}

static Status check_self(AuditReport *r, const AuditData *d, Error *err) {
    size_t queries = 0, shared, n = d->query.n, items = d->database.n;
    const char *example = "";
    if (d->query_ids.n > 0)
        TRY(match_names(&d->query_ids, &d->database_ids, &queries, &shared, &example, err));
    if (report_ids(r, queries, example)) return STATUS_OK;
    uint64_t *query = hash_cases(&d->query, d->query_labels, n, d->classes);
    uint64_t *database = hash_cases(&d->database, d->database_labels, items, d->classes);
    uint64_t *query_label = hash_cases(NULL, d->query_labels, n, d->classes);
    uint64_t *label = hash_cases(NULL, d->database_labels, items, d->classes);
    bool complete = query && database && query_label && label;
    if (complete && !report_coverage(r, d, measure_coverage(query, n, database, items)))
        report_block(r, query_label, n, label, items);
    mem_free(query);
    mem_free(database);
    mem_free(query_label);
    mem_free(label);
    return complete ? STATUS_OK : mem_error(err, "cases to compare");
}

/* ---- A sorted database ---- */

/* Neighbouring rows with different labels: their number, its expectation in random order, and its standard deviation. */
typedef struct {
    double changes, expected, deviation;
} Runs;

/* In random order each of n-1 neighbours differs with probability 1 - sum_c n_c (n_c - 1) / (n (n - 1)). The deviation assumes
 * independent neighbours, which is accurate enough for a threshold of five deviations. */
static Runs count_runs(const uint64_t *label, uint64_t *sorted, size_t n) {
    Runs runs = {0.0, 0.0, 0.0};
    for (size_t i = 1; i < n; i++) runs.changes += label[i] != label[i - 1];
    qsort(sorted, n, sizeof *sorted, by_key);
    double same = 0.0, count = 1.0, items = (double)n;
    for (size_t i = 1; i <= n; i++) {
        if (i < n && sorted[i] == sorted[i - 1]) {
            count += 1.0;
            continue;
        }
        same += count * (count - 1.0) / (items * (items - 1.0));
        count = 1.0;
    }
    runs.expected = (items - 1.0) * (1.0 - same);
    runs.deviation = sqrt((items - 1.0) * same * (1.0 - same));
    return runs;
}

static bool is_sorted(const AuditReport *r, const Runs *runs) {
    if (runs->changes > runs->expected - 5.0 * runs->deviation) return false;
    bool few = runs->changes < 0.25 * runs->expected;
    return few || (runs->changes < 0.5 * runs->expected && r->map_constant > r->map_random + 0.05);
}

static Status check_sorted(AuditReport *r, const AuditData *d, Error *err) {
    size_t n = d->database.n;
    if (n < 3) return STATUS_OK;
    uint64_t *label = hash_cases(NULL, d->database_labels, n, d->classes);
    uint64_t *sorted = hash_cases(NULL, d->database_labels, n, d->classes);
    Runs runs = label && sorted ? count_runs(label, sorted, n) : (Runs){0.0, 0.0, 0.0};
    Status status = label && sorted ? STATUS_OK : mem_error(err, "labels to compare");
    mem_free(label);
    mem_free(sorted);
    if (status == STATUS_OK && runs.expected > 0.0 && is_sorted(r, &runs))
        snprintf(add_finding(r, AUDIT_SORTED_DATABASE, (size_t)runs.changes), MESSAGE,
                 "The database is sorted by class: %.0f neighbours have other labels; in random order %.0f "
                 "would. A stable "
                 "sort keeps that order among equal distances. Here constant codes score %.3f (chance %.3f), "
                 "and these "
                 "codes %.3f instead of %.3f. Average over ties, or shuffle.",
                 runs.changes, runs.expected, r->map_constant, r->map_random, r->compat[COMPAT_DCMH],
                 r->map.expected);
    return status;
}

/* ---- Figures and divisors ---- */

/* MAP of a constant code under a stable sort, which depends only on the order of the database. */
static Status measure_constant(AuditReport *r, const CaseSet *query, const CaseSet *database, Pool *pool,
                               Error *err) {
    CaseSet q = *query, d = *database;
    uint8_t *zeros = mem_calloc(q.n > d.n ? q.n : d.n, 1);
    if (!zeros) return mem_error(err, "constant codes");
    q.bits = d.bits = 8;
    q.code[MODALITY_IMAGE] = d.code[MODALITY_TEXT] = zeros;
    Status status = compat_map(COMPAT_DCMH, &(RetrievalTask){&q, &d, MODALITY_IMAGE, false}, 0,
                               &r->map_constant, pool, err);
    mem_free(zeros);
    return status;
}

static Status measure(AuditReport *r, const AuditData *d, Pool *pool, Error *err) {
    CaseSet query = {.n = d->query.n, .bits = d->query.bits, .classes = d->classes},
            database = {.n = d->database.n, .bits = query.bits, .classes = d->classes};
    query.code[MODALITY_IMAGE] = d->query.code, query.labels = d->query_labels;
    database.code[MODALITY_TEXT] = d->database.code, database.labels = d->database_labels;
    RetrievalTask t = {.query = &query, .database = &database, .from = MODALITY_IMAGE};
    Retrieval all;
    Status status = evaluate_codes(&all, &t, pool, err);
    r->map = all.map;
    r->map_random = all.map_random;
    r->without_relevant = all.without_relevant;
    size_t with = d->query.n - all.without_relevant;
    r->map_relevant = with ? all.map.expected * (double)d->query.n / (double)with : 0.0;
    retrieval_free(&all);
    TRY(status);
    for (int c = 0; c < COMPAT_COUNT; c++) TRY(compat_map((Compat)c, &t, 0, &r->compat[c], pool, err));
    return measure_constant(r, &query, &database, pool, err);
}

static void check_divisors(AuditReport *r) {
    if (r->without_relevant == 0) return;
    snprintf(add_finding(r, AUDIT_DIVISORS, r->without_relevant), MESSAGE,
             "%zu of %zu queries have no relevant item in the database. MAP is %.4f over all queries (they "
             "count 0) and %.4f "
             "over the others; public code does both. State which, or take them out of the queries.",
             r->without_relevant, r->queries, r->map.expected, r->map_relevant);
}

Status audit_run(AuditReport *r, const AuditData *d, Pool *pool, Error *err) {
    *r = (AuditReport){.bits = d->query.bits, .queries = d->query.n, .database = d->database.n};
    TRY(measure(r, d, pool, err));
    TRY(check_self(r, d, err));
    TRY(check_groups(r, d, err));
    TRY(check_sorted(r, d, err));
    check_zeros(r, d);
    check_constant_bits(r, d);
    check_duplicate_bits(r, d);
    check_divisors(r);
    return STATUS_OK;
}
