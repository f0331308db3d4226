#include "train/table/table.h"

#include "nn/base/alloc.h"
#include "train/table/table_meter.h"
#include "train/table/table_output.h"
#include "train/table/table_rows.h"

static bool stopped(const TableOptions *o) {
    return o->stop && *o->stop;
}

/* ---- One cell ---- */

/* A method that the data do not allow (BATCH needs more cases than bits) leaves the others alone. */
static Status leave_out(PlannedCell *c, const TableOptions *o, Meter *m, const Log *log, Error *err) {
    char name[160];
    plan_describe(o, c, name, sizeof name);
    log_warn(log, "%s is left out: %s", name, err->message);
    *err = (Error){0};
    table_cell_free(&c->cell);
    meter_close(m, &c->skipped);
    return STATUS_OK;
}

/* bench: NULL for a training of its own. */
static Status one_cell(PlannedCell *c, Bench *bench, const TableOptions *o, Meter *m, int thread, Pool *pool,
                       Error *err) {
    const Log *log = &m->gauge[thread].log;
    meter_piece(m, thread, c, false);
    Status s = rows_compute(c, bench, o, pool, log, err);
    if (s == STATUS_INPUT && c->kind == CELL_SHALLOW) s = leave_out(c, o, m, log, err);
    if (s == STATUS_OK && c->cell.rows > 0) { /* 0: stopped */
        s = table_cell_write(&c->cell, c->key, c->path, err);
        if (s == STATUS_OK) meter_close(m, &c->done);
    }
    meter_piece_end(m, thread, c, false);
    return s;
}

/* ---- The cells of one split, side by side ---- */

typedef struct {
    PlannedCell **cell;
    Status *status;
    Error *error;
    int n;
    const Bench *bench;
    const TableOptions *options;
    Meter *meter;
} Side;

/* Every cell has a bench of its own, whose arrays are all of the split's: nothing of them is written any more. */
static void side_item(void *ctx, int i, int worker) {
    Side *side = ctx;
    if (stopped(side->options)) return;
    Bench own = *side->bench;
    own.session.pool = NULL;
    own.session.log = &side->meter->gauge[worker].log;
    side->status[i] =
        one_cell(side->cell[i], &own, side->options, side->meter, worker, NULL, &side->error[i]);
}

/* The first error in the order of the cells. */
static Status side_by_side(Side *side, Pool *pool, Error *err) {
    pool_for(pool, side->n, side_item, side);
    for (int i = 0; i < side->n; i++)
        if (side->status[i] != STATUS_OK) {
            if (err) *err = side->error[i];
            return side->status[i];
        }
    return STATUS_OK;
}

/* What the open cells stand on, made before they part: nothing that is shared is made by any of them. */
static Status prepare(Bench *b, PlannedCell *const *cell, int n, const TableOptions *o, Meter *m,
                      Error *err) {
    bool learned = false, raw = false;
    for (int i = 0; i < n; i++) {
        const PlannedCell *c = cell[i];
        raw |= c->kind == CELL_SHALLOW && c->raw;
        learned |=
            c->kind == CELL_CLASSIFIER || c->kind == CELL_MSACH || (c->kind == CELL_SHALLOW && !c->raw);
        if (c->kind == CELL_MSACH) b->views = o->config.views;
    }
    meter_piece(m, 0, cell[0], true);
    Status s = learned ? bench_train(b, err) : STATUS_OK;
    if (s == STATUS_OK && learned && !stopped(o)) s = bench_features(b, err);
    if (s == STATUS_OK && raw && !stopped(o)) s = bench_raw(b, err);
    meter_piece_end(m, 0, cell[0], true);
    return s;
}

static Status cells_of_split(PlannedCell **cell, int n, Bench *b, const TableOptions *o, Meter *m, Pool *pool,
                             Error *err) {
    TRY(prepare(b, cell, n, o, m, err));
    if (stopped(o)) return STATUS_OK;
    Side side = {.cell = cell, .n = n, .bench = b, .options = o, .meter = m};
    side.status = mem_calloc((size_t)n, sizeof *side.status);
    side.error = mem_calloc((size_t)n, sizeof *side.error);
    Status s =
        side.status && side.error ? side_by_side(&side, pool, err) : mem_error(err, "the cells of a split");
    mem_free(side.status);
    mem_free(side.error);
    return s;
}

/* The cells of one split that stand on its stage 1 or its labels. */
static Status one_split(const Plan *p, PlannedCell **cell, int n, const TableOptions *o, Meter *m, Pool *pool,
                        Error *err) {
    Bench b;
    Status s = bench_open(&b, p, o, cell[0], pool, &m->gauge[0].log, err);
    if (s == STATUS_INPUT && cell[0]->split == TABLE_UNSEEN) {
        log_warn(m->outer, "the unseen split is left out: %s", err ? err->message : "");
        if (err) *err = (Error){0};
        for (int i = 0; i < n; i++) cell[i]->skipped = true;
        s = STATUS_OK;
    } else if (s == STATUS_OK) {
        s = cells_of_split(cell, n, &b, o, m, pool, err);
    }
    bench_close(&b);
    return s;
}

/* ---- All of them ---- */

/* open: room for one pointer a cell. */
static Status run_cells(Plan *p, const TableOptions *o, Meter *m, PlannedCell **open, Pool *pool,
                        Error *err) {
    for (int first = 0, end; first < p->n && !stopped(o); first = end) {
        int n = 0, alone = 0;
        for (end = first; end < p->n && plan_same_split(&p->cell[first], &p->cell[end]); end++)
            if (plan_open(&p->cell[end]) && !plan_runs_alone(p->cell[end].kind)) open[n++] = &p->cell[end];
        if (n > 0) TRY(one_split(p, open, n, o, m, pool, err));
        for (int i = first; i < end && !stopped(o); i++)
            if (plan_open(&p->cell[i]) && plan_runs_alone(p->cell[i].kind)) {
                TRY(one_cell(&p->cell[i], NULL, o, m, 0, pool, err));
                alone++;
            }
        if (n > 0 || alone > 0) TRY(output_write(p, o, err));
    }
    return STATUS_OK;
}

static Status run_plan(Plan *p, const TableOptions *o, Pool *pool, const Log *log, Error *err) {
    Meter m;
    PlannedCell **open =
        mem_calloc((size_t)p->n + 1, sizeof *open); /* NOLINT(bugprone-sizeof-expression): pointers */
    Status s = open ? meter_begin(&m, p, o, pool_threads(pool), log, err) : mem_error(err, "the table");
    if (s == STATUS_OK) s = run_cells(p, o, &m, open, pool, err);
    if (open) meter_end(&m);
    mem_free(open);
    return s;
}

static Status make_folders(const TableOptions *o, Error *err) {
    static const char *const names[] = {"cells", "work"};
    for (int i = 0; i < 2; i++) {
        char *path = path_join(o->out, names[i]);
        Status s = path ? dir_make(path, err) : mem_error(err, "the table");
        mem_free(path);
        TRY(s);
    }
    return STATUS_OK;
}

Status table_run(const TableOptions *o, Pool *pool, const Log *log, TableEnd *end, Error *err) {
    Plan p;
    TRY(make_folders(o, err));
    Status s = plan_make(&p, o, log, err);
    if (s == STATUS_OK) s = run_plan(&p, o, pool, log, err);
    if (s == STATUS_OK) s = output_write(&p, o, err);
    int open = 0;
    for (int i = 0; i < p.n; i++) open += plan_open(&p.cell[i]);
    *end = open ? TABLE_STOPPED : TABLE_FINISHED;
    plan_free(&p);
    return s;
}
