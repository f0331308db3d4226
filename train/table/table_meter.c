#include "train/table/table_meter.h"

#include <stdio.h>
#include <time.h>

#include "nn/base/alloc.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- Time left ---- */

/* Seconds a case by kind, before any was measured: only their ratios matter. */
static const double GUESS[METER_KINDS] = {
    [CELL_RANDOM] = 1e-4,  [CELL_ORACLE] = 1e-4,   [CELL_CLASSIFIER] = 1e-4,
    [CELL_SHALLOW] = 2e-3, [METER_RAW] = 5e-3,     [CELL_MSACH] = 1e-2,
    [CELL_DCMH] = 0.1,     [CELL_RETRAINED] = 0.1, [METER_STAGE1] = 0.1};

static int kind_of(const PlannedCell *c, bool stage1) {
    return stage1 ? METER_STAGE1 : c->kind == CELL_SHALLOW && c->raw ? METER_RAW : (int)c->kind;
}

static double rate(const Meter *m, int kind) {
    if (m->done[kind] > 0) return m->spent[kind] / m->done[kind];
    double spent = 0, guessed = 0;
    for (int k = 0; k < METER_KINDS; k++) {
        spent += m->spent[k];
        guessed += GUESS[k] * m->done[k];
    }
    return guessed > 0 ? GUESS[kind] * spent / guessed : GUESS[kind];
}

/* Cells that share a split run one a thread. */
static double weight(const Meter *m, int kind) {
    return plan_runs_alone((CellKind)kind) || kind == METER_STAGE1 ? 1 : 1.0 / m->threads;
}

static double seconds_left(const Meter *m) {
    const Plan *p = m->plan;
    double left = 0;
    bool stands = false; /* the stage 1 of this split is counted */
    for (int i = 0; i < p->n; i++) {
        const PlannedCell *c = &p->cell[i];
        if (i == 0 || !plan_same_split(c, c - 1)) stands = false;
        if (!plan_open(c)) continue;
        double cases = p->cases[c->data];
        int kind = kind_of(c, false);
        left += cases * rate(m, kind) * weight(m, kind);
        if (plan_runs_alone(c->kind) || stands) continue;
        stands = true;
        if (!m->split || !plan_same_split(c, m->split)) left += cases * rate(m, METER_STAGE1);
    }
    for (int i = 0; i < m->threads; i++) {
        const Gauge *g = &m->gauge[i];
        if (g->kind < 0) continue;
        double todo = g->kind == METER_STAGE1 ? 1 - g->share : -g->share; /* cells are counted above */
        left += todo * g->cases * rate(m, g->kind) * weight(m, g->kind);
    }
    return left > 0 ? left : 0;
}

/* ---- What trainings tell ---- */

static void tell_progress(void *ctx, const char *what, long done, long total) {
    Gauge *g = ctx;
    Meter *m = g->meter;
    int epoch, epochs, stage;
    if (sscanf(what, "stage %d, epoch %d/%d", &stage, &epoch, &epochs) != 3 || epochs <= 0 || total <= 0)
        return;
    pthread_mutex_lock(&m->mutex);
    g->share = (epoch - 1 + (double)done / (double)total) / epochs;
    double spent = now() - m->begun, left = seconds_left(m);
    log_progress(m->outer, "table, thousandths", (long)(1000 * spent / (spent + left + 1e-9)), 1000);
    pthread_mutex_unlock(&m->mutex);
}

static void tell_warning(void *ctx, const char *text) {
    Meter *m = ((Gauge *)ctx)->meter;
    pthread_mutex_lock(&m->mutex);
    log_warn(m->outer, "%s", text);
    pthread_mutex_unlock(&m->mutex);
}

/* ---- Pieces ---- */

Status meter_begin(Meter *m, const Plan *p, const TableOptions *o, int threads, const Log *outer,
                   Error *err) {
    *m = (Meter){.outer = outer, .options = o, .plan = p, .threads = threads, .begun = now(), .cells = p->n};
    pthread_mutex_init(&m->mutex, NULL);
    m->gauge = mem_calloc((size_t)threads, sizeof *m->gauge);
    if (!m->gauge) return mem_error(err, "the table");
    for (int i = 0; i < threads; i++) {
        m->gauge[i] = (Gauge){.meter = m, .kind = -1};
        m->gauge[i].log = (Log){.ctx = &m->gauge[i], .warn = tell_warning, .progress = tell_progress};
    }
    for (int i = 0; i < p->n; i++) m->finished += p->cell[i].done;
    if (m->finished) log_line(outer, "%d of %d cells are finished already", m->finished, p->n);
    return STATUS_OK;
}

void meter_end(Meter *m) {
    pthread_mutex_destroy(&m->mutex);
    mem_free(m->gauge);
}

void meter_piece(Meter *m, int thread, const PlannedCell *c, bool stage1) {
    Gauge *g = &m->gauge[thread];
    pthread_mutex_lock(&m->mutex);
    g->kind = kind_of(c, stage1);
    g->cases = m->plan->cases[c->data];
    g->begun = now();
    g->share = 0;
    if (stage1) m->split = c;
    pthread_mutex_unlock(&m->mutex);
}

void meter_close(Meter *m, bool *flag) {
    pthread_mutex_lock(&m->mutex);
    *flag = true;
    pthread_mutex_unlock(&m->mutex);
}

void meter_piece_end(Meter *m, int thread, const PlannedCell *c, bool stage1) {
    Gauge *g = &m->gauge[thread];
    pthread_mutex_lock(&m->mutex);
    double took = now() - g->begun;
    m->spent[g->kind] += took;
    m->done[g->kind] += g->cases;
    g->kind = -1;
    if (!stage1 && c->done) {
        char name[160];
        double left = seconds_left(m) / 60;
        const TableScore *s = c->cell.row[0].score[0];
        plan_describe(m->options, c, name, sizeof name);
        m->finished++;
        log_line(m->outer, "[%d/%d] %s: MAP %.3f, %.3f (%.0f s; about %.0f min left)", m->finished, m->cells,
                 name, s[0].map.expected, s[1].map.expected, took, left);
    }
    pthread_mutex_unlock(&m->mutex);
}
