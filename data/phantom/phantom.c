/* Plans the cases, writes their pictures in parallel, block by block, and the two tables in order. */
#include "data/phantom/phantom.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/phantom/phantom_scene.h"
#include "data/picture/png_write.h"
#include "nn/base/alloc.h"

enum { BLOCK = 32 };

/* One block: item i writes row[i], truth[i] and status[i] only. */
typedef struct {
    const char *dir;
    const PhantomOptions *options;
    const PhantomCase *cases;
    int first;
    Buffer row[BLOCK], truth[BLOCK];
    Error status[BLOCK];
} Block;

PhantomOptions phantom_defaults(void) {
    PhantomOptions o = {.cases = 600, .size = 96, .lang = PHANTOM_MIXED, .seed = 1};
    return o;
}

static double to_mm(const Frame *f, double length) {
    return length * f->depth_mm;
}

static void put_labels(Buffer *b, const PhantomCase *c) {
    if (c->findings == 0) buffer_printf(b, "%s", phantom_label_name(PHANTOM_NORMAL));
    for (int i = 0; i < c->findings; i++)
        buffer_printf(b, "%s%s", i ? "|" : "", phantom_label_name(c->finding[i]));
}

static void put_truth(Buffer *b, int index, const PhantomCase *c, const Scene *s) {
    const Frame *f = &s->frame;
    double mm_per_pixel = f->depth_mm / f->scale;
    if (c->findings == 0)
        buffer_printf(b, "case%04d\tpatient%04d\t%s\tnormal\t\t\t\t\t\t\t\t\t%.3f\n", index + 1,
                      c->patient + 1, phantom_organ_name(c->organ), mm_per_pixel);
    for (int i = 0; i < s->placed_count; i++) {
        const Placed *p = &s->placed[i];
        double x = f->left + p->x * f->scale, y = f->top + p->z * f->scale;
        double w = p->half_x * f->scale, h = p->half_z * f->scale;
        buffer_printf(b, "case%04d\tpatient%04d\t%s\t%s\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t%d\t%d\t%d\t%.3f\n",
                      index + 1, c->patient + 1, phantom_organ_name(c->organ), phantom_label_name(p->label),
                      to_mm(f, p->x), to_mm(f, p->z), to_mm(f, p->long_axis), to_mm(f, p->short_axis),
                      (int)fmax(0, floor(x - w)), (int)fmax(0, floor(y - h)),
                      (int)fmin(f->size - 1, ceil(x + w)), (int)fmin(f->size - 1, ceil(y + h)), mm_per_pixel);
    }
}

static void put_row(Buffer *b, int index, const PhantomCase *c, const Scene *s, const PhantomOptions *o) {
    Rng rng = phantom_case_rng(o->seed, index, PHANTOM_RNG_REPORT);
    buffer_printf(b, "case%04d\timages/case%04d.png\t", index + 1, index + 1);
    phantom_report(b, c, s, o->lang, &rng);
    buffer_printf(b, "\t");
    put_labels(b, c);
    buffer_printf(b, "\tpatient%04d\n", c->patient + 1);
}

static Status write_image(const char *dir, int index, const Scene *s, const PhantomOptions *o, Error *err) {
    char name[64];
    snprintf(name, sizeof name, "images/case%04d.png", index + 1);
    char *path = path_join(dir, name);
    unsigned char *pixels = mem_alloc((size_t)o->size * (size_t)o->size);
    Rng rng = phantom_case_rng(o->seed, index, PHANTOM_RNG_SPECKLE);
    Status status;
    if (!path || !pixels || !phantom_image(s, &rng, pixels))
        status = mem_error(err, "a phantom image");
    else
        status = png_write_gray(path, pixels, o->size, o->size, err);
    mem_free(pixels);
    mem_free(path);
    return status;
}

static void block_item(void *ctx, int item, int worker) {
    (void)worker;
    Block *b = ctx;
    int index = b->first + item;
    const PhantomCase *c = &b->cases[index];
    Scene *s = mem_alloc(sizeof *s);
    if (!s) {
        mem_error(&b->status[item], "a phantom scene");
        return;
    }
    phantom_scene(s, c, index, b->options);
    put_row(&b->row[item], index, c, s, b->options);
    put_truth(&b->truth[item], index, c, s);
    write_image(b->dir, index, s, b->options, &b->status[item]);
    mem_free(s);
}

/* Appends the rows of a block to the tables. The first failure, in the order of the cases, is the error of the block. */
static Status block_flush(Block *b, int items, FileWriter *manifest, FileWriter *truth, Error *err) {
    for (int i = 0; i < items; i++) {
        if (b->status[i].status != STATUS_OK)
            return error_set(err, b->status[i].status, "%s", b->status[i].message);
        if (b->row[i].failed || b->truth[i].failed) return mem_error(err, "a phantom report");
        file_put(manifest, b->row[i].data, b->row[i].size);
        file_put(truth, b->truth[i].data, b->truth[i].size);
        b->row[i].size = b->truth[i].size = 0;
    }
    return STATUS_OK;
}

static Status write_cases(Block *b, FileWriter *manifest, FileWriter *truth, Pool *pool, const Log *log,
                          Error *err) {
    file_printf(manifest, "id\timage\ttext\tlabels\tgroup\n");
    file_printf(truth,
                "id\tgroup\torgan\tfinding\tx_mm\tdepth_mm\tlong_mm\tshort_mm\tleft\ttop\tright\tbottom\t"
                "mm_per_pixel\n");
    int count = b->options->cases;
    for (b->first = 0; b->first < count; b->first += BLOCK) {
        int items = count - b->first < BLOCK ? count - b->first : BLOCK;
        pool_for(pool, items, block_item, b);
        TRY(block_flush(b, items, manifest, truth, err));
        log_progress(log, "phantom", b->first + items, count);
        if (b->options->stop && *b->options->stop)
            return error_set(err, STATUS_CHECK, "stopped: %d of %d pictures, and no manifest, were written",
                             b->first + items, count);
    }
    return STATUS_OK;
}

/* Writes both tables to temporary files and renames them at the end, the manifest last. */
static Status write_tables(Block *b, const char *manifest_path, const char *truth_path, Pool *pool,
                           const Log *log, Error *err) {
    FileWriter manifest, truth;
    TRY(file_begin(&manifest, manifest_path, err));
    Status s = file_begin(&truth, truth_path, err);
    if (s == STATUS_OK) {
        s = write_cases(b, &manifest, &truth, pool, log, err);
        if (s == STATUS_OK)
            s = file_commit(&truth, err);
        else
            file_abort(&truth);
    }
    if (s == STATUS_OK) return file_commit(&manifest, err);
    file_abort(&manifest);
    return s;
}

static Status check_options(const PhantomOptions *o, Error *err) {
    if (o->cases < 1 || o->cases > PHANTOM_MAX_CASES)
        return error_set(err, STATUS_USAGE, "phantom: %d cases; 1 to %d were expected; give another number",
                         o->cases, PHANTOM_MAX_CASES);
    if (o->size < PHANTOM_MIN_SIZE || o->size > PHANTOM_MAX_SIZE)
        return error_set(err, STATUS_USAGE,
                         "phantom: size %d; %d to %d pixels were expected; give another size", o->size,
                         PHANTOM_MIN_SIZE, PHANTOM_MAX_SIZE);
    return STATUS_OK;
}

/* Creates dir/images. Refuses a folder that holds the manifest of another data set. */
static Status prepare(const char *dir, const char *images, const char *manifest, const char *truth,
                      Error *err) {
    if (path_exists(manifest) && !path_exists(truth))
        return error_set(
            err, STATUS_INPUT,
            "%s: is not the manifest of a phantom (no truth.tsv is beside it); an empty directory was "
            "expected; choose another one than %s",
            manifest, dir);
    return dir_make(images, err);
}

Status phantom_write(const char *dir, const PhantomOptions *options, Pool *pool, const Log *log, Error *err) {
    TRY(check_options(options, err));
    char *images = path_join(dir, "images"), *manifest = path_join(dir, "manifest.tsv");
    char *truth = path_join(dir, "truth.tsv");
    PhantomCase *cases = mem_calloc((size_t)options->cases, sizeof *cases);
    Block *block = mem_calloc(1, sizeof *block);
    Status s;
    if (!images || !manifest || !truth || !cases || !block) {
        s = mem_error(err, "the phantom");
    } else {
        phantom_plan(cases, options->cases, options->seed);
        block->dir = dir, block->options = options, block->cases = cases;
        s = prepare(dir, images, manifest, truth, err);
        if (s == STATUS_OK) s = write_tables(block, manifest, truth, pool, log, err);
    }
    for (int i = 0; block && i < BLOCK; i++) {
        buffer_free(&block->row[i]);
        buffer_free(&block->truth[i]);
    }
    mem_free(block);
    mem_free(cases);
    mem_free(truth);
    mem_free(manifest);
    mem_free(images);
    return s;
}
