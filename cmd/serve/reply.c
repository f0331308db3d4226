#include "cmd/serve/reply.h"
#include "cmd/finder_filter.h"
#include "cmd/finder_groups.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/hit_json.h"
#include "cmd/json_out.h"
#include "data/names.h"
#include "data/picture/image.h"
#include "data/picture/png_write.h"
#include "nn/base/alloc.h"

enum { HTTP_OK = 200, HTTP_BAD_REQUEST = 400, HTTP_NOT_FOUND = 404, HTTP_GONE = 410, HTTP_INTERNAL = 500 };

uint64_t reply_check(const char *id) {
    uint64_t hash = fnv1a(FNV1A_START, id, strlen(id));
    return hash ? hash : 1;
}

/* ---- Opening ---- */

static void note(void *ctx, const char *text) {
    Buffer *notes = ctx;
    if (notes->size) buffer_add(notes, ",", 1);
    json_add_text(notes, text);
}

Status desk_open(Desk *d, const char *model, const char *index, Error *err) {
    struct stat file = {0};
    if (stat(index, &file) != 0) return error_from_errno(err, index, "read");
    Finder *f = mem_calloc(1, sizeof *f);
    d->notes_log = (Log){.ctx = &d->notes, .warn = note};
    Status s = f ? finder_open(f, model, index, &d->notes_log, err) : mem_error(err, "the index");
    if (s == STATUS_OK) {
        desk_close(d);
        d->finder = f;
        d->file = file;
        return s;
    }
    if (f) finder_close(f);
    mem_free(f);
    return s;
}

static void forget_filter(KeptFilter *k) {
    mem_free(k->key);
    filter_free(&k->filter);
    buffer_free(&k->notes);
    *k = (KeptFilter){0};
}

void desk_close(Desk *d) {
    for (size_t i = 0; i < KEPT_FILTERS; i++) forget_filter(&d->kept[i]);
    answer_free(&d->answer);
    buffer_free(&d->about);
    buffer_free(&d->notes);
    if (d->finder) finder_close(d->finder);
    mem_free(d->finder);
    d->finder = NULL;
}

/* Behind its new end, the last page of a file that was cut off gives zeros without SIGBUS. */
bool desk_is_cut(const Desk *d) {
    struct stat file;
    return stat(d->finder->index_path, &file) == 0 && file.st_dev == d->file.st_dev &&
           file.st_ino == d->file.st_ino && file.st_size < d->file.st_size;
}

/* ---- Jobs and JSON ---- */

void job_free(Job *job) {
    if (!job) return;
    ask_free(&job->ask);
    mem_free(job->body);
    buffer_free(&job->out);
    mem_free(job);
}

void job_fail(Job *job, int code, const char *message) {
    job->code = code;
    job->type = "application/json";
    buffer_free(&job->out);
    buffer_printf(&job->out, "{\"error\":");
    json_add_text(&job->out, message);
    buffer_printf(&job->out, "}\n");
}

static Status add_hit(Buffer *b, const Desk *d, size_t i, Error *err) {
    char image[64] = "";
    IndexCase c;
    TRY(index_case(d->finder->index, d->answer.hit[i].row, &c, err));
    if (c.image && c.image[0])
        snprintf(image, sizeof image, "/picture/%lld?c=%016llx", (long long)d->answer.hit[i].row,
                 (unsigned long long)reply_check(c.id));
    return hit_json(b, d->finder, &d->answer, i, NULL, image, err);
}

static void add_facts(Buffer *b, const Desk *d, const Ask *ask, int64_t passed) {
    static const char *const kinds[] = {"text", "image", "id", "code", "filter"}; /* by QueryKind */
    const Answer *a = &d->answer;
    bool coded = ask->query.kind != ASK_FILTER, full = a->n == ask->options.k;
    buffer_printf(b, "{\"question\":\"%s\",\"asked\":", kinds[ask->query.kind]);
    buffer_printf(b, coded ? "\"%s\",\"found\":\"%s\"" : "null,\"found\":null", modality_name(a->asked),
                  modality_name(a->found));
    buffer_printf(b, ",\"bits\":%d,\"cases\":%lld,\"passed\":%lld,\"page\":%d,\"next\":%s",
                  index_bits(d->finder->index), (long long)index_live(d->finder->index), (long long)passed,
                  ask->page, full && ask->page < ASK_PAGES && (int64_t)a->n < passed ? "true" : "false");
    buffer_printf(b, ",\"within\":%d,\"ties\":%lld,\"chance_from\":%d,\"chance\":", a->within,
                  (long long)a->ties, a->chance_from);
    buffer_printf(b, isfinite(a->chance) ? "%.9g" : "null", a->chance);
    buffer_printf(b, ",\"unlike\":%s,\"unknown_words\":", a->unlike ? "true" : "false");
    json_add_texts(b, (const char *const *)a->unknown, a->n_unknown);
    buffer_printf(b, ",\"notes\":[");
    buffer_add(b, d->notes.data, d->notes.size);
    buffer_printf(b, "],\"hits\":[");
}

static Status add_answer(Buffer *b, const Desk *d, const Ask *ask, int64_t passed, Error *err) {
    add_facts(b, d, ask, passed);
    for (size_t i = (size_t)(ask->page - 1) * ASK_PAGE, first = i; i < d->answer.n; i++) {
        if (i > first) buffer_add(b, ",", 1);
        TRY(add_hit(b, d, i, err));
    }
    buffer_printf(b, "]}\n");
    return STATUS_OK;
}

/* ---- Searches ---- */

static Status no_case(Job *job, Error *err, const char *id) {
    job->code = HTTP_NOT_FOUND;
    return error_set(err, STATUS_INPUT, "there is no case '%.200s'", id);
}

/* The filter of a question, as long as it is kept; its warnings go to d->notes. */
static Status filter_of(Desk *d, const FilterOptions *o, const Filter **filter, Error *err) {
    Buffer key = {0};
    const char *words =
        o->words ? o->words : ""; /* may hold any character: each text stands behind its length */
    buffer_printf(&key, "%d %zu:%s", o->unseen, strlen(words), words);
    for (int i = 0; i < o->n_labels; i++) buffer_printf(&key, " %zu:%s", strlen(o->labels[i]), o->labels[i]);
    const char *text = buffer_text(&key);
    KeptFilter *k = d->kept;
    while (k < d->kept + KEPT_FILTERS && !(k->key && strcmp(k->key, text) == 0)) k++;
    Status s = key.failed ? mem_error(err, "the filter") : STATUS_OK;
    if (s == STATUS_OK && k == d->kept + KEPT_FILTERS) {
        k = &d->kept[d->next_kept++ % KEPT_FILTERS];
        forget_filter(k);
        s = finder_filter(d->finder, o, &k->filter, err);
        if (s == STATUS_OK && !(k->key = mem_strdup(text))) s = mem_error(err, "the filter");
        buffer_add(&k->notes, d->notes.data, d->notes.size);
        d->notes.size = 0;
        if (s != STATUS_OK) forget_filter(k);
    }
    buffer_free(&key);
    if (s == STATUS_OK) buffer_add(&d->notes, k->notes.data, k->notes.size);
    *filter = &k->filter;
    return s;
}

static Status search(Desk *d, Job *job, Error *err) {
    Ask *ask = &job->ask;
    Query q = ask->query;
    d->notes.size = 0;
    TRY(ask_set_radius(ask, index_bits(d->finder->index), err));
    SearchOptions o = ask->options;
    if (!d->finder->has_model && (q.kind == ASK_TEXT || q.kind == ASK_IMAGE))
        return error_set(err, STATUS_USAGE,
                         "the server runs without --model; only a case or a filter can be asked");
    if (q.kind == ASK_ID && index_find(d->finder->index, q.value) < 0) return no_case(job, err, q.value);
    if (q.kind == ASK_IMAGE) q.data = job->body, q.size = job->body_size;
    Status s = ask->filtered ? filter_of(d, &ask->filter, &o.filter, err) : STATUS_OK;
    if (s == STATUS_OK) s = finder_ask(d->finder, &q, &o, &d->answer, err);
    if (s == STATUS_OK && q.kind != ASK_FILTER) s = finder_check_found(d->finder, &o, &d->answer, err);
    if (s == STATUS_OK)
        s = add_answer(&job->out, d, ask, ask->filtered ? o.filter->passed : index_live(d->finder->index),
                       err);
    return s;
}

/* The case as the only hit of the filter of its id. */
static Status one_case(Desk *d, Job *job, Error *err) {
    const char *id = job->ask.query.value;
    int64_t row = index_find(d->finder->index, id), count = index_count(d->finder->index);
    if (row < 0) return no_case(job, err, id);
    uint8_t *allowed = mem_calloc((size_t)count + 1, 1);
    if (!allowed) return mem_error(err, "a case");
    allowed[row] = 1;
    Filter filter = {.allowed = {allowed, allowed}, .passed = 1};
    SearchOptions o = SEARCH_DEFAULT;
    o.filter = &filter;
    Status s = finder_ask(d->finder, &(Query){.kind = ASK_FILTER}, &o, &d->answer, err);
    if (s == STATUS_OK) s = add_hit(&job->out, d, 0, err);
    buffer_printf(&job->out, "\n");
    mem_free(allowed);
    return s;
}

/* ---- About the archive ---- */

static const char *file_name(const char *path) {
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash && slash[1] ? slash + 1 : path;
}

/* Counts the cases of each label: *count (labels->n), owned by the caller. */
static Status count_labels(const Index *x, Names *labels, int64_t **count, Error *err) {
    size_t room = 0;
    for (int64_t row = 0; row < index_count(x); row++) {
        IndexCase c;
        if (index_deleted(x, row)) continue;
        TRY(index_case(x, row, &c, err));
        for (int k = 0; k < c.n_labels; k++) {
            int known = labels->n, i = names_add(labels, c.labels[k], strlen(c.labels[k]));
            if (i < 0 || !mem_grow(count, &room, (size_t)labels->n, sizeof **count))
                return mem_error(err, "labels");
            if (i == known) (*count)[i] = 0;
            (*count)[i]++;
        }
    }
    return STATUS_OK;
}

static Status write_about(Desk *d, Error *err) {
    Buffer *b = &d->about;
    const Finder *f = d->finder;
    Names labels = {0};
    int64_t *count = NULL;
    Status s = count_labels(f->index, &labels, &count, err);
    buffer_printf(b, "{\"version\":\"%s\",\"model\":", MSACH_VERSION);
    f->has_model ? json_add_text(b, file_name(f->model_path)) : buffer_printf(b, "null");
    buffer_printf(b, ",\"index\":");
    json_add_text(b, file_name(f->index_path));
    buffer_printf(b, ",\"cases\":%lld,\"groups\":%zu,\"bits\":%d,\"labels\":[",
                  (long long)index_live(f->index), index_groups_live(f->index, &f->groups),
                  index_bits(f->index));
    for (int i = 0; s == STATUS_OK && i < labels.n; i++) {
        buffer_printf(b, "%s{\"name\":", i ? "," : "");
        json_add_text(b, names_at(&labels, i));
        buffer_printf(b, ",\"cases\":%lld}", (long long)count[i]);
    }
    buffer_printf(b, "]}\n");
    mem_free(count);
    names_free(&labels);
    if (s != STATUS_OK) buffer_free(b);
    return s;
}

static Status about(Desk *d, Job *job, Error *err) {
    if (!d->about.size) TRY(write_about(d, err));
    buffer_add(&job->out, d->about.data, d->about.size);
    return STATUS_OK;
}

/* ---- Pictures ---- */

/* Square and small, or as large as the picture is; very large ones are made smaller too. */
static Status draw(Job *job, const Image *im, Error *err) {
    bool whole =
        job->kind == JOB_PICTURE && (int64_t)im->width * im->height <= (int64_t)REPLY_PICTURE * REPLY_PICTURE;
    int side = job->kind == JOB_PICTURE ? REPLY_PICTURE : REPLY_THUMB;
    if (whole) {
        png_encode_gray(&job->out, im->pixel, im->width, im->height);
        return STATUS_OK;
    }
    uint8_t *square = mem_alloc((size_t)side * (size_t)side);
    Status s = square ? image_square(im, side, square, err) : mem_error(err, "a picture");
    if (s == STATUS_OK) png_encode_gray(&job->out, square, side, side);
    mem_free(square);
    return s;
}

/* The path comes from the index, never from the client. */
static Status picture(const Desk *d, Job *job, Error *err) {
    IndexCase c;
    Image im = {0};
    char *path = NULL;
    job->code = HTTP_NOT_FOUND;
    if (job->row >= index_count(d->finder->index) || index_deleted(d->finder->index, job->row))
        return error_set(err, STATUS_INPUT, "there is no such row");
    TRY(index_case(d->finder->index, job->row, &c, err));
    if (job->check && job->check != reply_check(c.id)) {
        job->code = HTTP_GONE;
        return error_set(err, STATUS_INPUT, "the index was read again since; search again");
    }
    TRY(finder_picture(d->finder, &c, &path, err));
    if (!path) return error_set(err, STATUS_INPUT, "the case has no picture");
    Status s = image_read(&im, path, err);
    if (s == STATUS_INPUT) error_set(err, s, "the picture is missing or damaged");
    if (s == STATUS_OK) s = draw(job, &im, err);
    image_free(&im);
    mem_free(path);
    job->type = "image/png";
    return s;
}

/* ---- Any job ---- */

void desk_answer(Desk *d, Job *job, const Log *log) {
    static Status (*const answer[])(Desk *, Job *, Error *) = {search, one_case, about};
    Error err = {0};
    job->code = 0;
    job->type = "application/json";
    Status s = job->kind <= JOB_ABOUT ? answer[job->kind](d, job, &err) : picture(d, job, &err);
    if (s == STATUS_OK && job->out.failed) s = mem_error(&err, "an answer");
    if (s == STATUS_OK) {
        job->code = HTTP_OK;
    } else if ((s == STATUS_USAGE || s == STATUS_INPUT) && !strstr(err.message, d->finder->index_path)) {
        job_fail(job, job->code ? job->code : HTTP_BAD_REQUEST, err.message);
    } else {
        log_warn(log, "a request failed: %s", err.message);
        job_fail(job, HTTP_INTERNAL, "the server could not answer; its log says why");
    }
}
