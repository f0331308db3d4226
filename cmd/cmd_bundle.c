/* One folder that shows what a run did and that its figures are those of its codes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/bundle.h"
#include "cmd/verbs.h"
#include "eval/audit/audit_folder.h"
#include "eval/audit/recompute.h"
#include "eval/dump.h"
#include "nn/base/alloc.h"
#include "nn/base/bytes.h"
#include "nn/base/parts.h"
#include "nn/base/sha256.h"
#include "train/run.h"
#if PART_PAGES
#include "eval/page/html.h"
#endif

#ifndef MSACH_COMMIT
#define MSACH_COMMIT "unknown"
#endif

static const Option OPTIONS[] = {
    {"run", 'r', "RUN", NULL, "directory of a finished run", NEEDED},
    {"out", 'o', "DIR", NULL, "the folder to write; it must not hold a bundle yet", NEEDED},
    {"data", 'd', "MANIFEST", NULL, "where the cases are [the manifest of the run]", PLAIN},
    {"gradients", 0, "FILE", NULL, "the report of `make gradients` of this build, to include", PLAIN},
    OPTION_IMAGE_FEATURES,
    OPTION_TEXT_FEATURES,
    OPTION_MASK_WORDS,
    OPTION_SKIP_BAD,
    OPTION_ALLOW_OUTSIDE,
    OPTION_THREADS,
    OPTION_LAST};

/* Every file that a bundle may hold, in the order of SHA256SUMS. */
static const char *const FILES[] = {"audit.html",
                                    "build.txt",
                                    "config.txt",
                                    "data.txt",
                                    "split.tsv",
                                    "metrics.tsv",
                                    "model.safetensors",
                                    "equations.txt",
                                    "gradients.txt",
                                    "results.tsv",
                                    "codes/image_codes_query.npy",
                                    "codes/text_codes_query.npy",
                                    "codes/image_codes_database.npy",
                                    "codes/text_codes_database.npy",
                                    "codes/labels_query.npy",
                                    "codes/labels_database.npy",
                                    "codes/ids_query.txt",
                                    "codes/ids_database.txt",
                                    "codes/groups_query.txt",
                                    "codes/groups_database.txt",
                                    "codes/label_names.txt",
                                    "codes/per_query.tsv",
                                    "codes/qrels.txt",
                                    "codes/run_image_to_text.txt",
                                    "codes/run_text_to_image.txt",
                                    NULL};

/* How far the two ways to MAP may lie apart: rounding of sums of doubles. */
static const double AGREE = 1e-9;

/* One direction: of the model's metadata ("" where it has none), of the evaluation, of the stored codes. */
typedef struct {
    const char *recorded;
    double evaluated, low, high;
    Recomputed again;
} BundleFigures;

typedef struct {
    const char *run, *out, *gradients;
    char *codes; /* out/codes */
    Buffer data; /* data.txt */
    BundleFigures of[MODALITIES];
    Session session;
    ModelFile model;
} Bundle;

static Status write_in(const Bundle *b, const char *name, const void *data, size_t size, Error *err) {
    char *path = path_join(b->out, name);
    Status s = path ? file_write(path, data, size, err) : mem_error(err, name);
    mem_free(path);
    return s;
}

static Status copy_file(const Bundle *b, const char *from, const char *name, Error *err) {
    FileMap map;
    TRY(file_map(from, &map, err));
    Status s = write_in(b, name, map.data, map.size, err);
    file_unmap(&map);
    return s;
}

static Status copy_of_run(const Bundle *b, const char *name, Error *err) {
    char *path = path_join(b->run, name);
    Status s = path ? copy_file(b, path, name, err) : mem_error(err, name);
    mem_free(path);
    return s;
}

/* ---- The data ---- */

/* One sum over the sums of all pictures, in the order of the manifest. */
static Status hash_pictures(const Manifest *m, char text[SHA256_TEXT], int *n, Error *err) {
    Sha256 all;
    sha256_begin(&all);
    *n = 0;
    for (int i = 0; i < m->n; i++) {
        char one[SHA256_TEXT];
        if (!m->cases[i].image[0]) continue;
        TRY(bundle_hash_file(m->cases[i].image_path, one, err));
        sha256_add(&all, one, SHA256_TEXT - 1);
        ++*n;
    }
    sha256_end(&all, text);
    return STATUS_OK;
}

static Status describe_data(Bundle *b, const Args *a, Error *err) {
    static const char *const own[] = {"image-features", "text-features"};
    const Session *s = &b->session;
    char sum[SHA256_TEXT];
    int pictures;
    TRY(bundle_hash_file(s->manifest.path, sum, err));
    buffer_printf(&b->data, "manifest\t%s\n", sum);
    TRY(hash_pictures(&s->manifest, sum, &pictures, err));
    buffer_printf(&b->data, "pictures\t%s\t%d files\n", sum, pictures);
    for (int k = 0; k < MODALITIES; k++) {
        if (!args_has(a, own[k])) continue;
        TRY(bundle_hash_file(args_get(a, own[k]), sum, err));
        buffer_printf(&b->data, "%s\t%s\n", own[k], sum);
    }
    buffer_printf(&b->data, "split\t%08x\n", (unsigned)s->split.hash);
    for (Set set = 0; set < SET_COUNT; set++)
        buffer_printf(&b->data, "%s\t%d cases\n", set_name(set), s->count[set]);
    return b->data.failed ? mem_error(err, "data.txt")
                          : write_in(b, "data.txt", b->data.data, b->data.size, err);
}

/* ---- The figures ---- */

static Status dump_codes(Bundle *b, const Evaluation *e, Error *err) {
    Dump d = {.query = &e->query,
              .database = &e->database,
              .label_name = (const char *const *)b->session.manifest.label_names,
              .direction = e->direction};
    return dump_write(b->codes, &d, err);
}

/* The files that were just written are read again. */
static Status recompute(Bundle *b, Error *err) {
    CodesFolder f;
    Status s = codes_folder_read(&f, b->codes, CODES_PACKED, "--form", LABELS_ONEHOT, NULL, err);
    for (Modality k = 0; s == STATUS_OK && k < MODALITIES; k++)
        s = recompute_map(&b->of[k].again, &f.query, &f.database, k, err);
    codes_folder_free(&f);
    return s;
}

static const char *direction_name(int k) {
    return k ? "text to image" : "image to text";
}

static Status compare(Bundle *b, Error *err) {
    Buffer rows = {0};
    buffer_printf(&rows, "direction\trecorded\tevaluated\trecomputed\tpessimistic\toptimistic\n");
    for (int k = 0; k < MODALITIES; k++) {
        const BundleFigures *f = &b->of[k];
        buffer_printf(&rows, "%s\t%s\t%.12f\t%.12f\t%.12f\t%.12f\n", direction_name(k), f->recorded,
                      f->evaluated, f->again.expected, f->again.pessimistic, f->again.optimistic);
    }
    Status s =
        rows.failed ? mem_error(err, "results.tsv") : write_in(b, "results.tsv", rows.data, rows.size, err);
    buffer_free(&rows);
    for (int k = 0; s == STATUS_OK && k < MODALITIES; k++) {
        const BundleFigures *f = &b->of[k];
        if (fabs(f->evaluated - f->again.expected) > AGREE || fabs(f->low - f->again.pessimistic) > AGREE ||
            fabs(f->high - f->again.optimistic) > AGREE)
            s = error_set(err, STATUS_CHECK, "%s: MAP of %s is %.12f by eval and %.12f by the codes in %s",
                          b->run, direction_name(k), f->evaluated, f->again.expected, b->codes);
    }
    return s;
}

static Status measure(Bundle *b, Error *err) {
    static const char *const keys[] = {"map_image_to_text", "map_text_to_image"};
    Evaluation e = {0};
    Status s = evaluation_run(&e, &b->session, &b->model.model, SET_QUERY, PROTOCOL_HONEST, err);
    for (int k = 0; s == STATUS_OK && k < MODALITIES; k++) {
        const char *recorded = st_get(&b->model.file, keys[k]);
        b->of[k] = (BundleFigures){.recorded = recorded ? recorded : "",
                                   .evaluated = e.direction[k].map.expected,
                                   .low = e.direction[k].map.pessimistic,
                                   .high = e.direction[k].map.optimistic};
    }
    if (s == STATUS_OK) s = dump_codes(b, &e, err);
    evaluation_free(&e);
    if (s == STATUS_OK) s = recompute(b, err);
    return s == STATUS_OK ? compare(b, err) : s;
}

/* ---- The page ---- */

#if PART_PAGES
static Status write_page(const Bundle *b, const char *build, Error *err) {
    static const char *const head[] = {"direction", "recorded", "evaluated", "recomputed",
                                       "worst and best order of ties"};
    Buffer p = {0};
    Buffer data = b->data;
    html_begin(&p, "MSACH: audit bundle",
               "What a run did, on which data, and that its figures are those of its codes.");
    html_section_begin(&p, "Mean average precision");
    HtmlTable t = html_table_begin(
        &p, "By the training, by eval, and from the files in codes/ by a sort of every ranking", "lrrrr",
        head);
    for (int k = 0; k < MODALITIES; k++) {
        const BundleFigures *f = &b->of[k];
        html_cell(&t, false, "%s", direction_name(k));
        html_cell(&t, false, "%s", f->recorded);
        html_cell(&t, false, "%.6f", f->evaluated);
        html_cell(&t, false, "%.6f", f->again.expected);
        html_cell(&t, false, "%.6f to %.6f", f->again.pessimistic, f->again.optimistic);
    }
    html_table_end(&t);
    html_section_end(&p);
    html_section_begin(&p, "Build, data and split");
    html_pre(&p, build);
    html_pre(&p, buffer_text(&data));
    html_section_end(&p);
    html_section_begin(&p, "Files");
    html_text(&p,
              "config.txt: every setting. split.tsv: the set of each case. metrics.tsv: every epoch. "
              "model.safetensors: the model. "
              "equations.txt: every equation of the method with its line, its tests and its oracle. "
              "gradients.txt: %s. codes/: codes, labels "
              "and rankings, for any other program.",
              b->gradients ? "the error of every derivative" : "not included; `make gradients` writes it");
    html_text(&p, "SHA256SUMS lists all of them. Check: msach verify DIR, or sha256sum -c SHA256SUMS. Sign "
                  "that one file: gpg --detach-sign "
                  "SHA256SUMS.");
    html_section_end(&p);
    html_note(&p, "A research model. Not a medical device; not for diagnosis or treatment.");
    html_end(&p);
    Status s = p.failed ? mem_error(err, "audit.html") : write_in(b, "audit.html", p.data, p.size, err);
    buffer_free(&p);
    return s;
}
#endif

/* ---- The verb ---- */

static Status write_bundle(Bundle *b, const Args *a, Error *err) {
    static const char *const of_run[] = {"config.txt", "split.tsv", "metrics.tsv", "model.safetensors"};
    static const char build[] =
        "msach\t" MSACH_VERSION "\nbuild\t" MSACH_BUILD "\ncommit\t" MSACH_COMMIT "\n";
    TRY(dir_make(b->out, err));
    TRY(measure(b, err));
    for (int i = 0; i < 4; i++) TRY(copy_of_run(b, of_run[i], err));
    TRY(describe_data(b, a, err));
    TRY(write_in(b, "build.txt", build, sizeof build - 1, err));
    TRY(write_in(b, "equations.txt", EQUATIONS, EQUATIONS_SIZE, err));
    if (b->gradients) TRY(copy_file(b, b->gradients, "gradients.txt", err));
#if PART_PAGES
    TRY(write_page(b, build, err));
#endif
    return bundle_seal(b->out, FILES, err);
}

static Status open_and_write(Args *a, Bundle *b, const char *data, Error *err) {
    ManifestOptions o = args_manifest(a);
    o.need_labels = true;
    bool was_there = path_exists(b->out);
    Status s = run_open(&b->model, &b->session, b->run, data, &o, a->pool, &a->log, err);
    if (s == STATUS_OK && !model_is_of(&b->model, b->session.manifest.crc))
        s = error_set(err, STATUS_INPUT,
                      "%s: is not the manifest that %s was trained on, and a bundle is of that one; give its "
                      "place with "
                      "--data",
                      data, b->run);
    if (s == STATUS_OK) s = write_bundle(b, a, err);
    if (s != STATUS_OK && !was_there) dir_remove(b->out);
    for (int k = 0; s == STATUS_OK && k < MODALITIES; k++)
        printf("%s: MAP %.6f by eval, %.6f from the stored codes\n", direction_name(k), b->of[k].evaluated,
               b->of[k].again.expected);
    if (s == STATUS_OK) printf("%s\n", b->out);
    session_close(&b->session);
    model_close(&b->model);
    buffer_free(&b->data);
    return s;
}

static Status run(Args *a, Error *err) {
    Bundle b = {.run = args_get(a, "run"), .out = args_get(a, "out"), .gradients = args_get(a, "gradients")};
    char *config = path_join(b.run, "config.txt"), *sums = path_join(b.out, BUNDLE_SUMS), *data = NULL;
    b.codes = path_join(b.out, "codes");
    Status s = config && sums && b.codes ? args_pool(a, err) : mem_error(err, "the bundle");
    if (s == STATUS_OK && path_exists(sums))
        s = error_set(err, STATUS_INPUT, "%s: holds a bundle already; name another folder", b.out);
    if (s == STATUS_OK && !args_has(a, "data")) s = config_data(config, &data, err);
    if (s == STATUS_OK) s = open_and_write(a, &b, data ? data : args_get(a, "data"), err);
    mem_free(config);
    mem_free(sums);
    mem_free(data);
    mem_free(b.codes);
    return s;
}

const Verb VERB_BUNDLE = {"bundle",
                          "one folder that shows what a run did, with its figures computed once more",
                          "msach bundle --run runs/first --out audit-first",
                          NULL,
                          OPTIONS,
                          run,
                          "The folder holds settings, split, checksums of the data, the build, the table of "
                          "equations, the model, codes and rankings, MAP by two\n"
                          "ways, and SHA256SUMS over all. `msach verify DIR` checks it later. To sign it: "
                          "gpg --detach-sign DIR/SHA256SUMS.\n"
                          "It holds ids, groups and labels of cases, no reports and no pictures.",
                          STOP_AT_PROGRESS};
