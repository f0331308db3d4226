/* The explanation as a page, of the batch: its targets, its gradients, its losses and every op. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/page/svg.h"
#include "nn/base/alloc.h"
#include "train/pages/explain_parts.h"

enum { SHOWN = 8, BARS = 40, NAME = 64 };

/* ---- Targets ---- */

static int first_label(const Explain *e, int i) {
    int k = 0, c = session_classes(&e->session);
    const uint8_t *own = e->session.manifest.labels + (size_t)e->which[i] * (size_t)c;
    while (k < c && !own[k]) k++;
    return k;
}

/* The followed case and the first others of the batch, in the order of their first labels, so that equal labels stand together. */
static int choose_shown(const Explain *e, int shown[SHOWN]) {
    int n = e->b < SHOWN ? e->b : SHOWN;
    for (int i = 0; i < n; i++) {
        int at = i;
        for (; at > 0 && first_label(e, shown[at - 1]) > first_label(e, i); at--) shown[at] = shown[at - 1];
        shown[at] = i;
    }
    return n;
}

static void name_case(char name[NAME], const Explain *e, int i, ExplainScratch *s) {
    size_t labels = explain_labels(e, e->which[i], s);
    snprintf(name, NAME, "%s%.40s%s", i == 0 ? "* " : "", labels ? s->labels[0] : "no label",
             labels > 1 ? ", ..." : "");
}

static const char *const PAIR[EXPLAIN_PAIRS] = {"pictures with pictures", "texts with texts",
                                                "pictures with texts"};

/* G of the shown cases, with their pictures; then of the whole batch. uri: a picture each, from offset at[]. */
static void draw_targets(Buffer *b, const Explain *e, const int *shown, int n, const char *const *picture,
                         const char *const *name, double *value) {
    size_t batch = (size_t)e->b, few = (size_t)n;
    html_grid_begin(b);
    for (int p = 0; p < EXPLAIN_PAIRS && e->target[p]; p++) {
        for (size_t k = 0; k < few * few; k++)
            value[k] = (double)e->target[p][(size_t)shown[k / few] * batch + (size_t)shown[k % few]];
        SvgFrame f = {.title = PAIR[p], .width = 460};
        SvgHeat h = {.value = value,
                     .rows = few,
                     .columns = few,
                     .low = -1,
                     .high = 1,
                     .row_name = name,
                     .picture = picture};
        html_figure_begin(b);
        svg_heat(b, &f, &h);
        html_figure_end(b, "G of %s. * marks the followed case.", PAIR[p]);
    }
    html_grid_end(b);
    html_details_begin(b, "The whole batch");
    html_grid_begin(b);
    for (int p = 0; p < EXPLAIN_PAIRS && e->target[p]; p++) {
        for (size_t k = 0; k < batch * batch; k++) value[k] = (double)e->target[p][k];
        SvgFrame f = {.title = PAIR[p], .x_label = "case of the batch", .y_label = "case of the batch"};
        html_figure_begin(b);
        svg_heat(b, &f, &(SvgHeat){.value = value, .rows = batch, .columns = batch, .low = -1, .high = 1});
        html_figure_end(b, "Row and column 0 are the followed case.");
    }
    html_grid_end(b);
    html_details_end(b);
}

static Status fill_pictures(Buffer uri[SHOWN], const char *picture[SHOWN], const Explain *e, const int *shown,
                            int n, ExplainScratch *s, Error *err) {
    for (int i = 0; i < n; i++) {
        TRY(explain_picture(&uri[i], e, e->which[shown[i]], s, err));
        picture[i] = (const char *)uri[i].data;
    }
    return STATUS_OK;
}

Status explain_targets(Buffer *b, const Explain *e, ExplainScratch *s, Error *err) {
    int shown[SHOWN] = {0}, n = choose_shown(e, shown);
    char label[SHOWN][NAME];
    const char *name[SHOWN], *picture[SHOWN];
    Buffer uri[SHOWN] = {0};
    html_section_begin(b, "5. The target of the batch");
    if (!e->target[0]) {
        html_text(b, "These settings have no manifold term, so there is no target.");
        html_section_end(b);
        return STATUS_OK;
    }
    if (e->trust <= 0)
        html_text(b,
                  "This run does not train on G: equation trust leaves L_man out. Section 8 says why, below "
                  "its losses.");
    html_text(b, "Look for blue squares on the diagonal: cases of one label, whose codes should be near. "
                 "Orange: far.");
    html_text(b,
              "G = (1-a)((1+t0)(omega Yn Yn' + (1-omega) S) - t0) + a((1+t0) R - t0) with omega %g, rho %g, "
              "t0 %.4g, a %g.",
              e->stage2.walk.omega, e->stage2.walk.rho, e->stage2.walk.t0, e->stage2.posterior);
    double *value = mem_calloc((size_t)e->b * (size_t)e->b, sizeof *value);
    Status status = value ? fill_pictures(uri, picture, e, shown, n, s, err) : mem_error(err, "the targets");
    for (int i = 0; i < n; i++) name_case(label[i], e, shown[i], s), name[i] = label[i];
    if (status == STATUS_OK) draw_targets(b, e, shown, n, picture, name, value);
    for (int i = 0; i < n; i++) buffer_free(&uri[i]);
    mem_free(value);
    html_section_end(b);
    return status;
}

/* ---- Gradients ---- */

/* One bar for all calls of an op in one equation: the norm of their gradients together. Returns how many. */
static int collect_bars(const Explain *e, int stage, SvgBar bar[BARS], char name[BARS][NAME]) {
    int n = 0;
    for (size_t i = 0; i < e->flow.n; i++) {
        const Flow *f = &e->flow.row[i];
        char own[NAME];
        int at = 0;
        if (f->stage != stage || f->scalar || !(f->gradient > 0)) continue;
        snprintf(own, sizeof own, "%s: %s", f->eq, f->op);
        while (at < n && strcmp(name[at], own) != 0) at++;
        if (at == BARS) continue;
        if (at == n) {
            memcpy(name[n], own, sizeof own);
            bar[n] = (SvgBar){.name = name[n]};
            n++;
        }
        bar[at].value = hypot(bar[at].value, f->gradient);
    }
    return n;
}

static void draw_gradients(Buffer *b, const Explain *e, int stage) {
    SvgBar bar[BARS];
    char name[BARS][NAME];
    int n = collect_bars(e, stage, bar, name);
    if (n == 0) return;
    SvgFrame f = {.title = stage == 1 ? "Stage 1: |dL_1/d(value)|" : "Stage 2: |dL_2/d(value)|",
                  .x_log = true};
    f.x_min = f.x_max = bar[0].value;
    for (int i = 0; i < n; i++) {
        f.x_min = fmin(f.x_min, bar[i].value), f.x_max = fmax(f.x_max, bar[i].value);
        bar[i].low = bar[i].high = bar[i].value;
    }
    f.x_min = pow(10, floor(log10(f.x_min) - 0.01));
    f.x_max = pow(10, ceil(log10(f.x_max)));
    html_figure_begin(b);
    svg_bars(b, &f, bar, (size_t)n);
    html_figure_end(b, "In the order of the forward pass, on a logarithmic axis; the calls of an op in one "
                       "equation together.");
}

void explain_gradients(Buffer *b, const Explain *e) {
    html_section_begin(b, "7. The gradients");
    html_text(b, "Look for a bar that is a hundred times longer or shorter than its neighbours: there the "
                 "gradient explodes or "
                 "vanishes.");
    html_grid_begin(b);
    draw_gradients(b, e, 1);
    draw_gradients(b, e, 2);
    html_grid_end(b);
    html_section_end(b);
}

/* ---- Losses and ops ---- */

static void write_terms(Buffer *b, const Explain *e, int stage) {
    static const char *const head[] = {"term", "equation", "value", "weight", "weight x value"};
    HtmlTable t = html_table_begin(b, stage == 1 ? "Stage 1" : "Stage 2", "llrrr", head);
    double sum = 0;
    for (int i = 0; i < e->terms[stage - 1]; i++) {
        const ExplainTerm *term = &e->term[stage - 1][i];
        sum += term->weight * term->value;
        html_cell(&t, false, "%s", term->symbol);
        html_cell(&t, false, "%s", term->eq);
        html_cell(&t, false, "%.6g", term->value);
        html_cell(&t, false, "%.4g", term->weight);
        html_cell(&t, false, "%.6g", term->weight * term->value);
    }
    html_cell(&t, true, stage == 1 ? "L_1" : "L_2");
    html_cell(&t, false, stage == 1 ? "stage1" : "total");
    html_cell(&t, false, "%.6g", e->total[stage - 1]);
    html_cell(&t, false, "%s", "");
    html_cell(&t, true, "%.6g", sum);
    html_table_end(&t);
}

static void norm_cell(HtmlTable *t, double v, bool is_there) {
    if (is_there)
        html_cell(t, false, "%.5g", v);
    else
        html_cell(t, false, "%s", "");
}

static void write_flow(Buffer *b, const Explain *e, int stage) {
    static const char *const head[] = {"symbol",  "equation",    "op",         "shape",
                                       "|value|", "of the case", "|gradient|", "weights"};
    html_details_begin(b, stage == 1 ? "Every op of stage 1" : "Every op of stage 2");
    HtmlTable t = html_table_begin(
        b,
        stage == 1 ? "Stage 1, in order: norms of the batch, of the followed case, of dL_1/d(value)"
                   : "Stage 2, in order: norms of the batch, of the followed case, of dL_2/d(value)",
        "llllrrrl", head);
    for (size_t i = 0; i < e->flow.n; i++) {
        const Flow *f = &e->flow.row[i];
        if (f->stage != stage) continue;
        html_cell(&t, false, "%s", f->symbol);
        html_cell(&t, false, "%s", f->eq);
        html_cell(&t, false, "%s", f->op);
        html_cell(&t, false, "%s", f->shape);
        norm_cell(&t, f->value, f->value >= 0 || f->own < 0);
        norm_cell(&t, f->own, f->own >= 0);
        norm_cell(&t, f->gradient, f->gradient >= 0);
        html_cell(&t, false, "%s", f->weight ? f->weight : "");
    }
    html_table_end(&t);
    html_details_end(b);
}

void explain_losses(Buffer *b, const Explain *e) {
    char trust[800];
    html_section_begin(b, "8. The losses, and every op");
    html_text(b, "Look at the last column: which term the training works for most.");
    html_text(
        b, "%sEquations by id: make trace shows the line, the test and the oracle of each.",
        e->step
            ? ""
            : "No augmentation, mixup, dropout or noise; running statistics: the values that encode gives. ");
    for (int stage = 1; stage <= 2; stage++)
        if (e->terms[stage - 1]) write_terms(b, e, stage);
    explain_trust(e, trust, sizeof trust);
    if (*trust) html_text(b, "%s", trust);
    for (int stage = 1; stage <= 2; stage++)
        if (e->terms[stage - 1]) write_flow(b, e, stage);
    html_section_end(b);
}
