#define _POSIX_C_SOURCE 200809L
#include "train/table.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "nn/base/alloc.h"
#include "train/table_output.h"
#include "train/table_rows.h"

/* ---- One progress line for the whole table ---- */

/* What the trainings inside a cell tell becomes a share of this cell's effort. */
typedef struct {
    const Log *outer;
    Log log; /* given to the trainings */
    double total, done, cell, begun;
    int cells, finished;
} Meter;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void meter_progress(void *ctx, const char *what, long done, long total) {
    Meter *m = ctx;
    int epoch, epochs, stage;
    double share = 0;
    if (sscanf(what, "stage %d, epoch %d/%d", &stage, &epoch, &epochs) == 3 && epochs > 0 && total > 0)
        share = (epoch - 1 + (double)done / (double)total) / epochs;
    log_progress(m->outer, "table, thousandths", (long)(1000 * (m->done + share * m->cell) / m->total), 1000);
}

static void meter_warn(void *ctx, const char *text) {
    log_warn(((Meter *)ctx)->outer, "%s", text);
}

static void meter_begin(Meter *m, const Plan *p, const Log *outer) {
    *m = (Meter){.outer = outer, .begun = now(), .cells = p->n};
    m->log = (Log){.ctx = m, .warn = meter_warn, .progress = meter_progress};
    for (int i = 0; i < p->n; i++) {
        m->finished += p->cell[i].done;
        if (!p->cell[i].done) m->total += plan_effort(&p->cell[i]);
    }
    for (int i = 0; i < p->n; i++) /* stage 1 of each split */
        if (!p->cell[i].done && (i == 0 || !plan_same_split(&p->cell[i], &p->cell[i - 1]))) m->total += 36;
    if (m->finished) log_line(outer, "%d of %d cells are finished already", m->finished, p->n);
}

static void meter_tell(Meter *m, const TableOptions *o, const PlannedCell *c, double begun) {
    char name[160];
    double spent = now() - m->begun, left = m->done > 0 ? spent * (m->total - m->done) / m->done : 0;
    plan_describe(o, c, name, sizeof name);
    const TableScore *s = c->cell.row[0].score[0];
    log_line(m->outer, "[%d/%d] %s: MAP %.3f, %.3f (%.0f s; about %.0f min left)", m->finished, m->cells,
             name, s[0].map.expected, s[1].map.expected, now() - begun, left > 0 ? left / 60 : 0);
}

/* ---- The cells of one split ---- */

/* A method that the data do not allow (BATCH needs more cases than bits) leaves the others alone. */
static Status leave_out(PlannedCell *c, const TableOptions *o, Meter *m, Error *err) {
    char name[160];
    plan_describe(o, c, name, sizeof name);
    log_warn(m->outer, "%s is left out: %s", name, err ? err->message : "");
    if (err) *err = (Error){0};
    table_cell_free(&c->cell);
    c->skipped = true;
    m->done += m->cell;
    return STATUS_OK;
}

static Status one_cell(PlannedCell *c, Bench *b, const TableOptions *o, Meter *m, Pool *pool, Error *err) {
    double begun = now();
    m->cell = plan_effort(c);
    Status s = rows_compute(c, b, o, pool, &m->log, err);
    if (s == STATUS_INPUT && c->kind == CELL_SHALLOW) return leave_out(c, o, m, err);
    TRY(s);
    if (c->cell.rows == 0) return STATUS_OK; /* stopped */
    TRY(table_cell_write(&c->cell, c->key, c->path, err));
    c->done = true;
    m->done += m->cell;
    m->finished++;
    meter_tell(m, o, c, begun);
    return STATUS_OK;
}

static bool stopped(const TableOptions *o) {
    return o->stop && *o->stop;
}

/* Stage 1 first where any cell of the split needs it: its time is then told as its own. */
static Status cells_of_split(PlannedCell *c, int n, Bench *b, const TableOptions *o, Meter *m, Pool *pool,
                             Error *err) {
    m->cell = 36;
    TRY(bench_train(b, err));
    m->done += m->cell;
    for (int i = 0; i < n && !stopped(o); i++)
        if (!c[i].done) TRY(one_cell(&c[i], b, o, m, pool, err));
    return STATUS_OK;
}

static Status one_split(const Plan *p, PlannedCell *c, int n, const TableOptions *o, Meter *m, Pool *pool,
                        Error *err) {
    Bench b;
    Status s = bench_open(&b, p, o, c, pool, &m->log, err);
    if (s == STATUS_INPUT && c->split == TABLE_UNSEEN) {
        log_warn(m->outer, "the unseen split is left out: %s", err ? err->message : "");
        if (err) *err = (Error){0};
        for (int i = 0; i < n; i++) c[i].skipped = !c[i].done;
        s = STATUS_OK;
    } else if (s == STATUS_OK) {
        s = cells_of_split(c, n, &b, o, m, pool, err);
    }
    bench_close(&b);
    return s;
}

static Status run_cells(Plan *p, const TableOptions *o, Pool *pool, const Log *log, Error *err) {
    Meter m;
    meter_begin(&m, p, log);
    for (int first = 0, end; first < p->n && !stopped(o); first = end) {
        int open = 0;
        for (end = first; end < p->n && plan_same_split(&p->cell[first], &p->cell[end]); end++)
            open += !p->cell[end].done;
        if (open == 0) continue;
        TRY(one_split(p, p->cell + first, end - first, o, &m, pool, err));
        TRY(output_write(p, o, err));
    }
    return STATUS_OK;
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
    if (s == STATUS_OK) s = run_cells(&p, o, pool, log, err);
    if (s == STATUS_OK) s = output_write(&p, o, err);
    int open = 0;
    for (int i = 0; i < p.n; i++) open += !p.cell[i].done && !p.cell[i].skipped;
    *end = open ? TABLE_STOPPED : TABLE_FINISHED;
    plan_free(&p);
    return s;
}
