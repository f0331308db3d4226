#include "train/table/table.h"

#include <pthread.h>
#include <stdio.h>

#include "nn/base/alloc.h"
#include "train/table/table_output.h"
#include "train/table/table_page.h"
#include "train/table/table_rows.h"

/* One call of table_run. The mutex guards log and the states of cells, since cells run in parallel. */
typedef struct {
    const TableOptions *o;
    Plan plan;
    Pool *pool;
    const Log *log;
    Log inner; /* of trainings within a cell: progress only */
    pthread_mutex_t mutex;
    int wanted, finished; /* cells of this call; of those, done or left out */
} Table;

static bool stopped(const Table *t) {
    return t->o->stop && *t->o->stop;
}

/* ---- One cell ---- */

/* Sets the cell's state and reports it. failure: why the data do not allow the cell, or NULL. */
static void close_cell(Table *t, PlannedCell *c, const char *failure, double seconds) {
    char name[160];
    const double *image = c->cell.row[0].score[0][MODALITY_IMAGE].map,
                 *text = c->cell.row[0].score[0][MODALITY_TEXT].map;
    plan_describe(t->o, c, name, sizeof name);
    pthread_mutex_lock(&t->mutex);
    t->finished++;
    if (failure)
        log_warn(t->log, "%s is left out: %s", name, failure);
    else
        log_line(t->log, "cell %d of %d, %s: MAP %.3f image to text, %.3f text to image (%.0f s)",
                 t->finished, t->wanted, name, image[MAP_EXPECTED], text[MAP_EXPECTED], seconds);
    log_progress(t->log, "cells", t->finished, t->wanted);
    c->done = !failure;
    c->skipped = failure != NULL;
    pthread_mutex_unlock(&t->mutex);
}

/* A method that the data do not allow (BATCH needs more cases than bits) is left out. b: NULL for a cell that runs alone. */
static Status run_cell(Table *t, PlannedCell *c, Bench *b, Error *err) {
    double begun = log_clock();
    Status s = rows_compute(c, b, t->o, t->pool, &t->inner, err);
    if (s == STATUS_INPUT && c->kind == CELL_SHALLOW) {
        table_cell_free(&c->cell);
        close_cell(t, c, err->message, 0);
        *err = (Error){0};
        return STATUS_OK;
    }
    if (s != STATUS_OK || c->cell.rows == 0) return s; /* 0: stopped */
    TRY(table_cell_write(&c->cell, c->key, c->path, err));
    close_cell(t, c, NULL, log_clock() - begun);
    return STATUS_OK;
}

/* ---- The cells of one split, in parallel ---- */

typedef struct {
    Table *table;
    PlannedCell **cell;
    Status *status;
    Error *error;
    const Bench *bench;
} Side;

/* Every cell has its own copy of the bench; the arrays are shared and only read. */
static void side_item(void *ctx, int i, int worker) {
    Side *side = ctx;
    (void)worker;
    if (stopped(side->table)) return;
    Bench own = *side->bench;
    own.session.pool = NULL;
    own.session.log = NULL;
    side->status[i] = run_cell(side->table, side->cell[i], &own, &side->error[i]);
}

/* The first error in the order of the cells. */
static Status side_by_side(Table *t, PlannedCell **cell, int n, const Bench *b, Error *err) {
    Side side = {.table = t, .cell = cell, .bench = b};
    side.status = mem_calloc((size_t)n, sizeof *side.status);
    side.error = mem_calloc((size_t)n, sizeof *side.error);
    Status s = side.status && side.error ? STATUS_OK : mem_error(err, "the cells of a split");
    if (s == STATUS_OK) pool_for(t->pool, n, side_item, &side);
    for (int i = 0; s == STATUS_OK && i < n; i++) {
        s = side.status[i];
        if (s != STATUS_OK && err) *err = side.error[i];
    }
    mem_free(side.status);
    mem_free(side.error);
    return s;
}

/* Shared values are computed before the cells run in parallel. */
static Status prepare(const Table *t, PlannedCell *const *cell, int n, Bench *b, Error *err) {
    bool learned = false, raw = false;
    int views = 0;
    for (int i = 0; i < n; i++) {
        const PlannedCell *c = cell[i];
        bool on_raw = c->kind == CELL_SHALLOW && c->features == FEATURES_RAW;
        raw |= on_raw;
        learned |= !on_raw && c->kind != CELL_RANDOM && c->kind != CELL_ORACLE && c->kind != CELL_CODES;
        if (c->kind == CELL_MSACH) views = t->o->config.views;
    }
    if (learned) TRY(bench_learned(b, views, err));
    if (raw && !stopped(t)) TRY(bench_raw(b, err));
    return STATUS_OK;
}

/* cell (n): the open cells of one split that use its stage 1 or its labels. */
static Status run_split(Table *t, PlannedCell **cell, int n, Error *err) {
    Bench b;
    Log log = t->inner;
    log.warn = t->log ? t->log->warn : NULL;
    Status s = bench_open(&b, &t->plan, t->o, cell[0], t->pool, &log, err);
    if (s == STATUS_INPUT && cell[0]->split == TABLE_UNSEEN) {
        for (int i = 0; i < n; i++) close_cell(t, cell[i], err ? err->message : "", 0);
        if (err) *err = (Error){0};
        s = STATUS_OK;
    } else if (s == STATUS_OK) {
        s = prepare(t, cell, n, &b, err);
        if (s == STATUS_OK && !stopped(t)) s = side_by_side(t, cell, n, &b, err);
    }
    bench_close(&b);
    return s;
}

/* ---- Results ---- */

static Status write_file(const TableOptions *o, const char *name, const Buffer *b, Error *err) {
    char *path = path_join(o->out, name);
    Status s = path && !b->failed ? file_write(path, b->data, b->size, err) : mem_error(err, "the table");
    mem_free(path);
    return s;
}

static Status write_results(const Table *t, Error *err) {
    static const char *const names[] = {"table.tsv", "table.csv", "table.md", "table.tex", "table.html"};
    enum { FILES = sizeof names / sizeof *names };
    Summary sum;
    Buffer b[FILES] = {{0}};
    char *figures = path_join(t->o->out, "figures");
    if (!figures) return mem_error(err, "the table");
    Status s = summary_make(&sum, &t->plan, err);
    if (s == STATUS_OK) output_tsv(&b[0], t->o, &sum);
    if (s == STATUS_OK) output_csv(&b[1], t->o, &sum);
    if (s == STATUS_OK) s = output_markdown(&b[2], &t->plan, t->o, &sum, err);
    if (s == STATUS_OK) s = output_latex(&b[3], &t->plan, t->o, &sum, err);
    if (s == STATUS_OK) s = table_page(&b[4], figures, &t->plan, t->o, &sum, err);
    mem_free(figures);
    for (int i = 0; i < FILES; i++) {
        if (s == STATUS_OK) s = write_file(t->o, names[i], &b[i], err);
        buffer_free(&b[i]);
    }
    summary_free(&sum);
    return s;
}

/* ---- All cells ---- */

/* open: room for one pointer a cell. */
static Status run_cells(Table *t, PlannedCell **open, Error *err) {
    Plan *p = &t->plan;
    for (int first = 0, end; first < p->n && !stopped(t); first = end) {
        int n = 0, alone = 0;
        for (end = first; end < p->n && plan_same_split(&p->cell[first], &p->cell[end]); end++)
            if (plan_open(&p->cell[end]) && !plan_runs_alone(p->cell[end].kind)) open[n++] = &p->cell[end];
        if (n > 0) TRY(run_split(t, open, n, err));
        for (int i = first; i < end && !stopped(t); i++)
            if (plan_open(&p->cell[i]) && plan_runs_alone(p->cell[i].kind)) {
                TRY(run_cell(t, &p->cell[i], NULL, err));
                alone++;
            }
        if (n > 0 || alone > 0) TRY(write_results(t, err));
    }
    return write_results(t, err);
}

static Status run_plan(Table *t, TableEnd *end, Error *err) {
    Plan *p = &t->plan;
    PlannedCell **open = mem_calloc((size_t)p->n + 1, sizeof(PlannedCell *));
    if (!open) return mem_error(err, "the table");
    for (int i = 0; i < p->n; i++) {
        t->wanted += p->cell[i].wanted;
        t->finished += p->cell[i].wanted && p->cell[i].done;
    }
    if (t->finished) log_line(t->log, "%d of %d cells are finished already", t->finished, t->wanted);
    Status s = run_cells(t, open, err);
    *end = TABLE_FINISHED;
    for (int i = 0; i < p->n; i++)
        if (plan_open(&p->cell[i])) *end = TABLE_STOPPED;
    mem_free(open);
    return s;
}

static const char *const FOLDERS[] = {"cells", "work", "figures"};

static Status make_folder(const TableOptions *o, const char *name, Error *err) {
    char *path = path_join(o->out, name);
    Status s = path ? dir_make(path, err) : mem_error(err, "the table");
    mem_free(path);
    return s;
}

Status table_run(const TableOptions *o, Pool *pool, const Log *log, TableEnd *end, Error *err) {
    NN_REQUIRE(o->manifest.need_labels, "a table needs labels");
    Table t = {.o = o, .pool = pool, .log = log};
    if (log) t.inner = (Log){.ctx = log->ctx, .progress = log->progress};
    pthread_mutex_init(&t.mutex, NULL);
    Status s = plan_make(&t.plan, o, log, err);
    for (int i = 0; s == STATUS_OK && i < 3; i++) s = make_folder(o, FOLDERS[i], err);
    if (s == STATUS_OK) s = run_plan(&t, end, err);
    plan_free(&t.plan);
    pthread_mutex_destroy(&t.mutex);
    return s;
}
