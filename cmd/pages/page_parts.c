#include "cmd/pages/page_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "data/picture/image.h"
#include "data/picture/png_write.h"
#include "nn/base/alloc.h"

enum { AS_IT_IS = 300 << 10 /* most bytes of a file that goes into the page unchanged */, SIDE = 384 };

const unsigned char PAGE_NO_PICTURE[1];
const char PAGE_NOT_A_DEVICE[] =
    "Hits of a research model. Not a medical device; not for diagnosis or treatment.";

/* A gray PNG of SIDE x SIDE: large files would make the page heavy, and browsers do not show PNM. */
static Status shrink(Buffer *out, const char *path, const unsigned char *data, size_t size, Error *err) {
    Image im;
    uint8_t *square = mem_alloc((size_t)SIDE * SIDE);
    if (!square) return mem_error(err, "a picture of the page");
    Status s = image_decode(&im, path, data, size, err);
    if (s == STATUS_OK) s = image_square(&im, SIDE, square, err);
    if (s == STATUS_OK) png_encode_gray(out, square, SIDE, SIDE);
    image_free(&im);
    mem_free(square);
    return s;
}

Status page_picture(Buffer *out, const char *path, Error *err) {
    unsigned char *data = NULL;
    size_t size = 0;
    Status s = file_read(path, IMAGE_MAX_BYTES, &data, &size, err);
    ImageKind kind = s == STATUS_OK ? image_kind(data, size) : IMAGE_PNG;
    if (s == STATUS_OK && size <= AS_IT_IS && (kind == IMAGE_PNG || kind == IMAGE_JPEG))
        buffer_add(out, data, size);
    else if (s == STATUS_OK)
        s = shrink(out, path, data, size, err);
    mem_free(data);
    if (out->failed) s = mem_error(err, path);
    return s == STATUS_INPUT ? STATUS_OK : s;
}

double page_picture_size(const char *path) {
    struct stat file;
    if (stat(path, &file) != 0) return 0;
    return file.st_size <= AS_IT_IS ? (double)file.st_size : 0.6 * SIDE * SIDE;
}

const char *page_file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

Status page_copy_labels(const IndexCase *c, const char ***own, Error *err) {
    *own = mem_calloc((size_t)c->n_labels + 1, sizeof **own);
    if (!*own) return mem_error(err, "the labels of a case");
    for (int k = 0; k < c->n_labels; k++) (*own)[k] = c->labels[k];
    return STATUS_OK;
}

bool page_shares_label(const char *const *own, int n, const IndexCase *c) {
    for (int i = 0; i < n; i++)
        for (int k = 0; k < c->n_labels; k++)
            if (strcmp(own[i], c->labels[k]) == 0) return true;
    return false;
}

HtmlHit page_card(const Finder *f, const IndexCase *c, const AnswerHit *hit, int rank, const char *words,
                  int match) {
    Trained trained =
        hit ? hit->trained_on
            : (f->has_model ? (Trained)calibration_trained_on(&f->model.calibration, c->id, c->text)
                            : TRAINED_UNKNOWN);
    bool ranged = hit && hit->range[1] > 0;
    return (HtmlHit){.rank = rank,
                     .distance = hit ? hit->distance : -1,
                     .bits = index_bits(f->index),
                     .trained = trained == TRAINED_YES,
                     .share = hit && hit->confidence > 0 ? hit->confidence : 0,
                     .range = {ranged ? hit->range[0] : 0, ranged ? hit->range[1] : 0},
                     .more = hit ? (long long)hit->more : 0,
                     .words = words,
                     .id = c->id,
                     .label = c->labels,
                     .labels = (size_t)c->n_labels,
                     .text = c->text ? c->text : "",
                     .match = match};
}

void page_answer_facts(Buffer *b, const Finder *f, const Answer *a) {
    if (a->within >= 0 && a->ties > (int64_t)a->n)
        html_text(
            b,
            "%lld cases lie within %d of %d bits, so that the last hits stand for others that are as near.",
            (long long)a->ties, a->within, index_bits(f->index));
    if (a->scored && a->n && isfinite(a->hit[0].score))
        html_text(b, "The nearest cases are ordered by the question's scores, then by bits, then by id; all "
                     "others by bits.");
    if (a->n && a->hit[0].range[1] > 0)
        html_text(b, "In brackets: the share among other patients (95 %% interval).");
    if (f->groups.n == 0)
        html_text(b, "The index names no groups: hits of one patient are not put together.");
    if (a->chance_from >= 0)
        html_text(b, "From %d bits on, hits share a finding no more often than chance.", a->chance_from);
}

void page_source(Buffer *b, const Finder *f, const char *command) {
    char day[16];
    html_day(day);
    html_section_begin(b, "This page");
    if (!command) b->failed = 1; /* there was no memory for it */
    if (command) html_pre(b, command);
    html_facts_begin(b);
    html_fact(b, "archive", "%s, %lld cases", page_file_name(f->index_path), (long long)index_live(f->index));
    html_fact(b, "model", "%s, checksum %s", f->has_model ? page_file_name(f->model_path) : "not read",
              index_model_hash(f->index));
    const char *data = f->has_model ? st_get(&f->model.file, "data") : NULL,
               *crc = f->has_model ? st_get(&f->model.file, "data_crc32") : NULL;
    if (crc) html_fact(b, "trained on", "%s, manifest crc32 %s", data ? data : "a data set", crc);
    if (*day) html_fact(b, "made", "%s (UTC)", day);
    html_fact(b, "msach", "%s", MSACH_VERSION);
    html_facts_end(b);
    if (!f->has_model)
        html_text(
            b, "No model was named (--model), so that training cases are not marked and shares of findings "
               "are not shown.");
    html_section_end(b);
}

const char *page_size_text(double bytes, char text[16]) {
    snprintf(text, 16, bytes < 1e9 ? "%.0f MB" : "%.1f GB", bytes < 1e9 ? bytes / 1e6 + 0.5 : bytes / 1e9);
    return text;
}

Status page_check_size(const Args *a, const char *what, double bytes, double most, Error *err) {
    char size[16], limit[16];
    if (bytes <= most || args_has(a, "yes")) return STATUS_OK;
    return args_wrong(
        a, err,
        "%s would take about %s; more than %s needs --yes (`msach serve` shows an archive of any "
        "size and writes nothing)",
        what, page_size_text(bytes, size), page_size_text(most, limit));
}
