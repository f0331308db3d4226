/* Out of memory at any request is reported as STATUS_IO; the address sanitizer finds no leak and no invalid access. */
#include <stdlib.h>
#include <string.h>

#include "eval/audit/audit.h"
#include "eval/bootstrap.h"
#include "eval/compat.h"
#include "eval/dump.h"
#include "eval/embed.h"
#include "eval/health.h"
#include "eval/retrieval.h"
#include "nn/base/alloc.h"
#include "tests/case_sets.h"
#include "tests/check.h"
#include "tests/tempdir.h"

enum { N = 12, BITS = 16, CLASSES = 3 };

static uint8_t codes[N * BITS / 8], labels[N * CLASSES];
static float vectors[N * BITS];
static const char *ids[N];
static TempDir folder;

static void prepare(void) {
    static const char *const name[N] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"};
    for (int i = 0; i < N; i++) {
        codes[2 * i] = (uint8_t)(i * 37);
        codes[2 * i + 1] = (uint8_t)(i * 91);
        labels[i * CLASSES + i % CLASSES] = 1;
        ids[i] = name[i];
        for (int j = 0; j < BITS; j++) vectors[i * BITS + j] = (float)((i * 7 + j * 3) % 5);
    }
}

static CaseSet cases(void) {
    CaseSet c = case_set(N, BITS, codes, CLASSES, labels);
    c.id = c.group_name = ids;
    return c;
}

static Status evaluate(Error *err) {
    CaseSet c = cases();
    Retrieval r;
    Status status = evaluate_codes(&r, &(RetrievalTask){&c, &c, MODALITY_IMAGE, false}, NULL, err);
    retrieval_free(&r);
    return status;
}

static Status evaluate_real(Error *err) {
    CaseSet c = vector_set(N, BITS, vectors, CLASSES, labels);
    Retrieval r;
    Status status = evaluate_vectors(&r, &(RetrievalTask){&c, &c, MODALITY_IMAGE, false}, NULL, err);
    retrieval_free(&r);
    return status;
}

static Status rate_compat(Error *err) {
    CaseSet c = cases();
    double map;
    return compat_map(COMPAT_DCMH, &(RetrievalTask){&c, &c, MODALITY_IMAGE, false}, 0, &map, NULL, err);
}

static Status find_partners(Error *err) {
    CaseSet c = cases();
    const int cut = 1;
    double at;
    return partner_recall(&(RetrievalTask){&c, &c, MODALITY_IMAGE, false}, &cut, 1, &at, NULL, err);
}

static Status bootstrap(Error *err) {
    double a[N] = {0.5, 0.2}, b[N] = {0};
    Interval v;
    return bootstrap_difference(&v, a, b, &(BootstrapSample){NULL, NULL, NULL, N}, 0.95, 1, err);
}

static Status measure_health(Error *err) {
    CodeHealth h;
    return code_health(&h, codes, N, BITS, err);
}

static Status draw_map(Error *err) {
    double xy[2 * N];
    return embed_tsne(vectors, N, BITS, &(TsneOptions){0, 2, 1}, xy, NULL, NULL, err);
}

static Status dump(Error *err) {
    CaseSet c = cases();
    Retrieval r[MODALITIES] = {{0}, {0}};
    Dump d = {.query = &c, .database = &c, .direction = r};
    Status status = STATUS_OK;
    for (Modality k = 0; status == STATUS_OK && k < MODALITIES; k++)
        status = evaluate_codes(&r[k], &(RetrievalTask){&c, &c, k, false}, NULL, err);
    if (status == STATUS_OK) status = dump_write(folder.path, &d, err);
    for (int k = 0; k < MODALITIES; k++) retrieval_free(&r[k]);
    return status;
}

static Status audit(Error *err) {
    char codes_file[320], labels_file[320], groups_file[320];
    strcpy(codes_file, temp_path(&folder, "image_codes_query.npy"));
    strcpy(labels_file, temp_path(&folder, "labels_query.npy"));
    strcpy(groups_file, temp_path(&folder, "groups_query.txt"));
    AuditSource paths = {codes_file, codes_file, labels_file,     labels_file,      groups_file, groups_file,
                         NULL,       NULL,       CODES_BY_VALUES, LABELS_BY_VALUES, NULL};
    AuditData data;
    AuditReport r;
    Status status = audit_read(&data, &paths, err);
    if (status == STATUS_OK) status = audit_run(&r, &data, NULL, err);
    audit_free(&data);
    return status;
}

/* Fails the first, second, ... request until a run has no failure. */
static void fail_each_request(Status (*run)(Error *), int requests_at_least) {
    long n = 1;
    Status status = STATUS_IO;
    for (; status != STATUS_OK; n++) {
        Error err = {0};
        cr_assert_lt(n, 500);
        mem_fail_at(n, 0);
        status = run(&err);
        mem_fail_at(0, 0);
        cr_assert(status == STATUS_OK || status == STATUS_IO);
        cr_assert(status == STATUS_OK || strstr(err.message, "memory") != NULL, "%s", err.message);
    }
    cr_assert_gt(n, requests_at_least, "%ld", n);
}

Test(eval_memory, that_runs_out_is_told_wherever_it_does) {
    prepare();
    folder = temp_make();
    fail_each_request(evaluate, 8);
    fail_each_request(evaluate_real, 8);
    fail_each_request(rate_compat, 6);
    fail_each_request(find_partners, 2);
    fail_each_request(bootstrap, 2);
    fail_each_request(measure_health, 4);
    fail_each_request(draw_map, 1);
    fail_each_request(dump, 15);
    fail_each_request(audit, 15);
    temp_remove(&folder);
}
